"""The settings that have keys of their own: the size of a function, and how often the state machine tries again."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LAMBDA_MAX_SECONDS = 900
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FunctionSettings(Strict):
    """The size of each function, and how long it may run."""

    memory: Annotated[int, Field(ge=128, le=10_240)]
    disk: Annotated[int, Field(ge=512, le=10_240)] = 512
    timeout: Annotated[int, Field(ge=1, le=LAMBDA_MAX_SECONDS)]


class Retry(Strict):
    """The deployment guide's RETRY_MAX_ATTEMPTS, RETRY_BASE_DELAY and RETRY_MAX_DELAY; the state machine does the retrying. While Lambda or
    EC2 makes a function ready it waits 25 s instead, up to five times."""

    max_attempts: Annotated[int, Field(ge=0, le=10)] = 3
    base_delay: Annotated[int, Field(ge=1, le=60)] = 1
    max_delay: Annotated[int, Field(ge=2, le=3600)] = 10
