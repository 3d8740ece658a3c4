"""The settings with keys of their own: their limits, which AWS sets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cdk_app.settings.parts import LAMBDA_MAX_SECONDS, FunctionSettings, Retry


@pytest.mark.parametrize(
    ("memory", "disk", "timeout"), [(127, 512, 60), (10_241, 512, 60), (512, 511, 60), (512, 512, 0), (512, 512, LAMBDA_MAX_SECONDS + 1)]
)
def test_a_function_stays_within_lambda_s_limits(memory: int, disk: int, timeout: int) -> None:
    assert FunctionSettings(memory=128, timeout=LAMBDA_MAX_SECONDS).disk == 512
    with pytest.raises(ValidationError):
        FunctionSettings(memory=memory, disk=disk, timeout=timeout)


def test_a_key_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="attempts"):
        Retry.model_validate({"attempts": 3})
