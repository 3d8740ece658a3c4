"""What a sweep can be asked for: the input of the state machine, refused as a whole when any of it is wrong.

Every field is optional; `{}` sweeps the own account, every enabled region, every resource type. `plan.py` checks what needs AWS (which
regions are enabled); everything else is checked here, by the CLI before it starts anything and by Plan again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from functions.core import registry
from functions.core.errors import InvalidInput

AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
Names = Annotated[list[str], Field(min_length=1)]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _known_types(types: list[str] | str) -> list[str] | str:
    unknown = [] if isinstance(types, str) else [name for name in types if name not in registry.resource_types()]
    if unknown:
        raise ValueError(f'{unknown[0]!r} is no resource type; allowed are "all" or a list of: {", ".join(registry.resource_types())}')
    return types


class SweepRequest(BaseModel):
    """The input contract. `resume` and organizations come with the parts that need them; until then they are unknown keys.

    `analyze`: whether a Bedrock model writes the advice; without it, rules do. `skip_regions_without_spend`: leave out what bills nothing.
    `notify`: whether people are told of the result; unset: of every sweep but a what-if, one that looks at another time than its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: Literal["self"] | Annotated[list[AccountId | Literal["self"]], Field(min_length=1)] = "self"
    regions: Literal["all"] | Names = "all"
    resource_types: Annotated[Literal["all"] | Names, AfterValidator(_known_types)] = "all"
    analysis_period_days: Annotated[int, Field(ge=1, le=365)] | None = None
    as_of: Annotated[datetime, AfterValidator(_aware)] | None = None
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.95
    analyze: Annotated[bool, Field(strict=True)] = True
    skip_regions_without_spend: Annotated[bool, Field(strict=True)] = False
    notify: Annotated[bool, Field(strict=True)] | None = None


def parse(given: Any) -> SweepRequest:
    """The request, or InvalidInput that names each wrong key and what is allowed there."""
    if not isinstance(given, dict):
        raise InvalidInput(f"the input must be a JSON object such as {{}}, not {type(given).__name__}")
    try:
        return SweepRequest.model_validate(given)
    except ValidationError as error:
        one_each = {problem["loc"][:1]: _sentence(problem) for problem in error.errors()}  # a list has a problem for each of its items
        raise InvalidInput("; ".join(one_each.values())) from None


def _sentence(problem: Any) -> str:
    key = str(problem["loc"][0]) if problem["loc"] else "input"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}; allowed keys are: {', '.join(SweepRequest.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ")
    if key == "accounts":
        message = 'must be "self" or a list of 12-digit account ids'
    if key == "regions":
        message = 'must be "all" or a list of region names such as ["us-east-1"]'
    if key == "resource_types" and problem["type"] != "value_error":
        message = f'must be "all" or a list of: {", ".join(registry.resource_types())}'
    return f"{key}: {message}" + ("" if isinstance(problem["input"], (dict, list)) else f" (got {problem['input']!r})")
