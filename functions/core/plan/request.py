"""What a sweep can be asked for: the input of the state machine, refused as a whole when any of it is wrong.

Every field is optional; `{}` sweeps the own account, every enabled region, every resource type. `plan.py` checks what needs AWS (which
regions are enabled, which accounts an organization has); everything else is checked here, by the CLI before it starts anything and by
Plan again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from functions.core import registry
from functions.core.errors import InvalidInput

AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
Names = Annotated[list[str], Field(min_length=1)]
UnitId = Annotated[str, Field(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$")]
"""An organizational unit's or a root's. https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""
RUN_ID = r"^\d{8}T\d{6}Z-[0-9a-f]{6}$"
SAME_START = r"^[A-Za-z0-9_.:/+=@-]+$"
"""Times, ARNs and UUIDs are; a context attribute of Scheduler that nobody replaced is not: all starts would be one."""
WITH_RESUME = ("resume", "min_coverage", "analyze", "notify")
"""What may be asked of a resumed run; the rest was asked when it began."""
ACCOUNTS = (
    'must be "self", a list of 12-digit account ids, or {"organization": {"ous": ["ou-…"], "exclude": ["111122223333"]}}, '
    "where both keys may be left out"
)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _known_types(types: list[str] | str) -> list[str] | str:
    unknown = [] if isinstance(types, str) else [name for name in types if name not in registry.resource_types()]
    if unknown:
        raise ValueError(f'{unknown[0]!r} is no resource type; allowed are "all" or a list of: {", ".join(registry.resource_types())}')
    return types


class Organization(BaseModel):
    """The accounts under these organizational units (or roots), and under those in them; all accounts without any. Less `exclude`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ous: Annotated[list[UnitId], Field(min_length=1)] | None = None
    exclude: list[AccountId] = []


class Organized(BaseModel):
    """`accounts` when it is an organization that says which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organization: Organization


class SweepRequest(BaseModel):
    """The input contract.

    `resume`: a run's id; its units without a good outcome are scanned, and its report is made anew. `analyze`: whether a Bedrock model
    writes the advice; without it, rules do. `skip_regions_without_spend`: leave out what bills nothing.
    `notify`: whether the result is reported to people; unset: of every sweep but a what-if, one that looks at another time than its own.
    `idempotency_token`: starts with the same one, within hours, are one sweep: who starts it may deliver the start more than once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: Literal["self"] | Annotated[list[AccountId | Literal["self"]], Field(min_length=1)] | Organized = "self"
    regions: Literal["all"] | Names = "all"
    resource_types: Annotated[Literal["all"] | Names, AfterValidator(_known_types)] = "all"
    analysis_period_days: Annotated[int, Field(ge=1, le=365)] | None = None
    as_of: Annotated[datetime, AfterValidator(_aware)] | None = None
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.95
    analyze: Annotated[bool, Field(strict=True)] = True
    skip_regions_without_spend: Annotated[bool, Field(strict=True)] = False
    notify: Annotated[bool, Field(strict=True)] | None = None
    resume: Annotated[str, Field(pattern=RUN_ID)] | None = None
    idempotency_token: Annotated[str, Field(max_length=256, pattern=SAME_START)] | None = None

    @model_validator(mode="after")
    def _resumes_what_was_asked(self) -> Self:
        more = sorted(self.model_fields_set - set(WITH_RESUME)) if self.resume else []
        if more:
            raise ValueError(
                f"resume: goes on with what the run was asked, so it cannot be combined with {', '.join(more)}; "
                f"allowed beside it are: {', '.join(WITH_RESUME[1:])}"
            )
        return self

    @property
    def scope(self) -> dict[str, list[str]]:
        """What is asked to be looked at, in words: the same for the same question, whatever accounts and regions there are today."""
        accounts = [self.accounts] if isinstance(self.accounts, str) else self.accounts
        if isinstance(accounts, Organized):
            of = accounts.organization
            accounts = ["organization", *(of.ous or ()), *(f"without {account}" for account in of.exclude)]
        regions = [self.regions] if isinstance(self.regions, str) else self.regions
        types = [self.resource_types] if isinstance(self.resource_types, str) else self.resource_types
        return {"accounts": list(accounts), "regions": list(regions), "resource_types": list(types)}


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
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        return f"unknown key {key!r}; allowed keys are: {', '.join(SweepRequest.model_fields)}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    if key == "accounts":
        message = ACCOUNTS
    if key == "resume":
        message = "must be a run's id such as 20261124T160402Z-1f3c9a, as `finops runs` lists them"
    if key == "idempotency_token":
        message = "must be 1 to 256 letters, digits or any of _ . : / + = @ -, another one for each start"
    if key == "regions":
        message = 'must be "all" or a list of region names such as ["us-east-1"]'
    if key == "resource_types" and problem["type"] != "value_error":
        message = f'must be "all" or a list of: {", ".join(registry.resource_types())}'
    return f"{key}: {message}" + ("" if isinstance(problem["input"], (dict, list)) else f" (got {problem['input']!r})")
