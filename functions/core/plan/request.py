"""What a sweep can be asked for: the input of the state machine, refused as a whole when any of it is wrong.

Every field is optional; `{}` sweeps the own account, every enabled region, every resource type. `plan.py` checks what needs AWS (which
regions are enabled, which accounts an organization has); everything else is checked here, by the CLI before it starts anything and by
Plan again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from functions.core import registry, run_ids
from functions.core.errors import InvalidInput

KEPT_DAYS = 455
"""CloudWatch's hours are kept so long, its five minutes for 63 days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
AHEAD_DAYS = 366
"""Ages can be looked at ahead of time, in a fleet that will not be the same for ever."""
MOMENT = "must be a time in ISO 8601 such as 2026-11-24T02:00:00Z"


def _an_account(account: str) -> str:
    if not account.strip("0"):
        raise ValueError(f"{account} is no account")
    return account


def _each_once(names: Any) -> Any:
    """The same question is the same list."""
    return list(dict.fromkeys(names)) if isinstance(names, list) else names


def _a_number(given: Any) -> Any:
    if isinstance(given, bool):
        raise ValueError(f"must be a number, not {str(given).lower()}")
    return given


def _moment(given: Any) -> datetime:
    """Only from text: a number would be taken for seconds since 1970."""
    try:
        moment = datetime.fromisoformat(given)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(MOMENT) from None
    return moment


AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$"), AfterValidator(_an_account)]
Names = Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")]], Field(min_length=1)]
Types = Annotated[list[str], Field(min_length=1)]
UnitId = Annotated[str, Field(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$")]
"""An organizational unit's or a root's. https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html"""
RUN_ID = rf"^{run_ids.PATTERN}$"
SAME_START = r"^[A-Za-z0-9_.:/+=@-]+$"
"""Times, ARNs and UUIDs are; a context attribute of Scheduler that nobody replaced is not: all starts would be one."""
OF_STEP_FUNCTIONS = "AWS_STEP_FUNCTIONS_"
"""How the keys begin that Step Functions' users put into the input of a nested execution, to have it linked with the one that started it.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-nested-workflows.html"""
COMMENT = "comment"
"""What people write into an input for other people, as the console's and the guide's own examples do ("Comment")."""
WITH_RESUME = ("resume", "min_coverage", "analyze", "notify")
"""What may be asked of a resumed run; the rest was asked when it began."""
ACCOUNTS = (
    'must be "self", a list of 12-digit account ids, or {"organization": {"ous": ["ou-…"], "exclude": ["111122223333"]}}, '
    "where both keys may be left out"
)


def _known_types(types: list[str] | str) -> list[str] | str:
    unknown = [] if isinstance(types, str) else [name for name in types if name not in registry.resource_types()]
    if unknown:
        raise ValueError(f'{unknown[0]!r} is no resource type; allowed are "all" or a list of: {", ".join(registry.resource_types())}')
    return types


class Organization(BaseModel):
    """The accounts under these organizational units (or roots), and under those in them; all accounts without any. Less `exclude`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ous: Annotated[list[UnitId], Field(min_length=1), AfterValidator(_each_once)] | None = None
    exclude: Annotated[list[AccountId], AfterValidator(_each_once)] = []


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

    accounts: (
        Literal["self"] | Annotated[list[AccountId | Literal["self"]], Field(min_length=1), AfterValidator(_each_once)] | Organized
    ) = "self"
    regions: Annotated[Literal["all"] | Names, AfterValidator(_each_once)] = "all"
    resource_types: Annotated[Literal["all"] | Types, AfterValidator(_known_types), AfterValidator(_each_once)] = "all"
    analysis_period_days: Annotated[int, Field(ge=1, le=365), BeforeValidator(_a_number)] | None = None
    as_of: Annotated[datetime, BeforeValidator(_moment)] | None = None
    min_coverage: Annotated[float, Field(ge=0, le=1), BeforeValidator(_a_number)] = 0.95
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


def parse(given: Any, now: datetime | None = None) -> SweepRequest:
    """The request, or InvalidInput that names each wrong key and what is allowed there. A comment and Step Functions' own keys pass.

    `now`: when it is asked, if that matters.
    """
    if not isinstance(given, dict):
        raise InvalidInput(f"the input must be a JSON object such as {{}}, not {type(given).__name__}")
    try:
        asked = SweepRequest.model_validate({key: value for key, value in given.items() if not _says_nothing_to_us(key)})
    except ValidationError as error:
        problems = sorted(error.errors(), key=lambda problem: problem["type"] == "value_error")  # last, as it says most
        one_each = {problem["loc"][:1]: _sentence(problem) for problem in problems}  # a list has a problem for each of its items
        raise InvalidInput("; ".join(one_each.values())) from None
    if now is not None and asked.as_of is not None:
        _within_reach(asked.as_of, asked.analysis_period_days or 0, now)
    return asked


def _within_reach(as_of: datetime, days: int, now: datetime) -> None:
    """Refuses a moment at which nothing can be seen: a sweep of it would find nothing, and look like one that is clean."""
    if as_of - now > timedelta(days=AHEAD_DAYS):
        raise InvalidInput(f"as_of: must be at most {AHEAD_DAYS} days ahead (got {as_of.isoformat()})")
    if now - as_of > timedelta(days=KEPT_DAYS - days):
        period = f", and analysis_period_days looks back {days} days more" if days else ""
        raise InvalidInput(f"as_of: CloudWatch keeps metrics for {KEPT_DAYS} days{period} (got {as_of.isoformat()})")


def _says_nothing_to_us(key: Any) -> bool:
    """Keys that any state machine may be started with, and that ask for nothing."""
    return isinstance(key, str) and (key.startswith(OF_STEP_FUNCTIONS) or key.lower() == COMMENT)


def _sentence(problem: Any) -> str:
    key = str(problem["loc"][0]) if problem["loc"] else "input"
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        return f"unknown key {key!r}; allowed keys are: {', '.join(SweepRequest.model_fields)}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    if key == "accounts" and problem["type"] != "value_error":
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
