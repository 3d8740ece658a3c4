"""What can be set for a deployment: the context "finops" in cdk.json, typed. A value that cannot be used is refused with its key.

Times are seconds, memory and disk (/tmp) are MiB. The defaults here, the literals in statemachine/finops_sweep.asl.json and the state
machine that is deployed with an empty context are the same; a test holds them together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from cdk_app.settings import refusals, schedule_times, timing
from cdk_app.settings.mailing import Mailing
from cdk_app.settings.parts import FunctionSettings, Retry
from cdk_app.settings.regions import Regions
from cdk_app.settings.vpc import Vpc
from functions.core.errors import FinOpsError
from functions.core.settings import BILLING_VIEW, DEFAULT_MODEL

ROOT = Path(__file__).parents[2]
CONTEXT_KEY = "finops"
DEFAULT_STACK = "FinOpsAnalyzer"
STACK_NAME = r"^[A-Za-z][A-Za-z0-9-]{0,31}$"
"""As CloudFormation has it, and short enough for the names of the roles that begin with it: IAM takes 64 characters."""
Expression = Annotated[str, AfterValidator(timing.expression), Field(json_schema_extra={"pattern": "schedule"})]
KEY = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"
"""https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN"""
OU = r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html"""

EXPRESS_MAX_SECONDS = 300
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
STATE_MARGIN_SECONDS = 10
"""A task waits this much longer than its function may run, so that the function's own end is what is seen."""
ANALYZE_MARGIN_SECONDS = 10
"""What analyze does before and after its one call of Bedrock."""
CATCH_MARGIN_SECONDS = 20
"""Kept free at the end of an EXPRESS child, to write down a failure."""


class InvalidContext(FinOpsError):
    """The context "finops" has a key that does not exist, or a value that cannot be used."""


_FUNCTIONS = ("plan", "cost", "scan", "rank", "analyze", "aggregate", "notify", "prices")
_PARTS: Mapping[str, type[BaseModel]] = {**dict.fromkeys(_FUNCTIONS, FunctionSettings), "retry": Retry, "vpc": Vpc}
"""The settings that have keys of their own."""


class DeploymentSettings(Mailing):
    """One field for each key of the context "finops"; those about owners and mails are of `Mailing`."""

    plan: FunctionSettings = FunctionSettings(memory=512, timeout=300)
    cost: FunctionSettings = FunctionSettings(memory=512, timeout=300)
    scan: FunctionSettings = FunctionSettings(memory=512, timeout=240)
    rank: FunctionSettings = FunctionSettings(memory=1024, disk=2048, timeout=900)
    analyze: FunctionSettings = FunctionSettings(memory=512, timeout=60)
    aggregate: FunctionSettings = FunctionSettings(memory=1024, disk=2048, timeout=900)
    notify: FunctionSettings = FunctionSettings(memory=256, timeout=60)
    prices: FunctionSettings = FunctionSettings(memory=512, timeout=900)
    retry: Retry = Retry()
    max_concurrency: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="units scanned at the same time, `scan_reserved_concurrency` at most; null: Plan decides, from Lambda's quota",
        ),
    ] = None
    children: Annotated[Literal["EXPRESS", "STANDARD"], Field(description="how the map runs its units; STANDARD allows 900 s each")] = (
        "EXPRESS"
    )
    sweep_timeout: Annotated[int, Field(ge=600, le=7 * 86_400, description="timeout of the whole state machine")] = 6 * 3600

    stack_name: Annotated[
        str, Field(pattern=STACK_NAME, description="the analyzer's stack, with which all its names begin; another one is another analyzer")
    ] = DEFAULT_STACK
    analyzer_account: Annotated[
        str | None, Field(pattern=r"^[0-9]{12}$", description="the account that the member role trusts; default: this account")
    ] = None
    member_role_name: Annotated[
        str,
        Field(max_length=64, pattern=r"^[\w+=,.@-]+$", description="the role in a scanned account; default: `stack_name` and Reader"),
    ] = f"{DEFAULT_STACK}Reader"
    member_external_id: Annotated[
        str | None,
        Field(min_length=2, max_length=1224, pattern=r"^[\w+=,.@:/-]+$", description="the ExternalId that role requires; null: none"),
    ] = None
    member_ous: Annotated[
        tuple[Annotated[str, Field(pattern=OU)], ...],
        Field(description="organizational units, or the root, whose accounts get the member role with `make deploy ARGS=--members`"),
    ] = ()
    member_call_as: Annotated[
        Literal["SELF", "DELEGATED_ADMIN"],
        Field(description="who deploys it: the management account, or a delegated administrator of StackSets"),
    ] = "SELF"

    analysis_period_days: Annotated[int, Field(ge=1, le=365, description="days to look back; unset: each check's own window")] | None = None
    thresholds: Annotated[
        dict[str, float], AfterValidator(refusals.undeclared), Field(description='overrides, {"check-id.threshold": number}')
    ] = Field(default={})
    bedrock_model_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$", description="id of a model or an inference profile")] = (
        DEFAULT_MODEL
    )
    bedrock_timeout_seconds: Annotated[int, Field(ge=1, le=120, description="timeout of one call")] = 10
    circuit_breaker_threshold: Annotated[int, Field(ge=1, le=1000, description="failures in a row that open the breaker")] = 5
    circuit_breaker_timeout_seconds: Annotated[int, Field(ge=1, le=3600, description="how long it stays open before a probe")] = 60
    max_advice_groups: Annotated[int, Field(ge=0, le=100, description="most groups of findings that a sweep asks Bedrock about")] = 20
    analyze_concurrency: Annotated[int, Field(ge=1, le=40, description="groups asked about at the same time")] = 4
    cost_cache_ttl_minutes: Annotated[
        int, Field(ge=1, le=1440, description="how long Cost Explorer's answers about an unfinished day, and its refusals, are kept")
    ] = 30
    max_metric_usd: Annotated[
        float | None, Field(gt=0, description="what a sweep may spend on CloudWatch's metrics, the dearest resources first; null: any sum")
    ] = None
    billing_account: Annotated[
        str | None, Field(pattern=r"^[0-9]{12}$", description="whose Cost Explorer is asked, through its member role; default: our own")
    ] = None
    billing_view_arn: Annotated[
        str | None,
        Field(
            pattern=BILLING_VIEW, description="the ARN of a billing view that Cost Explorer is asked about; null: the account's own view"
        ),
    ] = None
    billing_export: Annotated[
        Annotated[str, AfterValidator(refusals.no_export)] | None,
        Field(
            description="the folder of a Data Export of AWS, CUR 2.0 or FOCUS, `s3://BUCKET/PREFIX/NAME`: says what each resource cost; "
            "null: none is read",
        ),
    ] = None
    billing_export_key: Annotated[
        str | None, Field(pattern=KEY, description="the ARN of the KMS key that the export's bucket is encrypted with; null: S3's own")
    ] = None
    schedule: Annotated[Expression | None, Field(description=schedule_times.MEANING)] = "cron(0 2 * * ? *)"
    schedule_timezone: Annotated[str, AfterValidator(timing.zone), Field(description="the IANA's time zone of `schedule`")] = "UTC"
    schedule_input: Annotated[dict[str, Any], AfterValidator(refusals.no_input), Field(description="the input of a scheduled sweep")] = (
        Field(default={})
    )
    prices_schedule: Annotated[Expression | None, Field(description="when list prices are refreshed; null: never")] = "rate(7 days)"
    sweep_cost_limit_usd: Annotated[float, Field(gt=0, description="an alarm when a sweep costs more")] = 1.0
    savings_alarm_usd: Annotated[float | None, Field(gt=0, description="an alarm when this much a month can be saved; null: none")] = None
    bill_limit_usd: Annotated[
        float | None, Field(gt=0, description="an alarm when the month's bill so far is more, in its own currency; null: none")
    ] = None
    scan_reserved_concurrency: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="executions reserved for each scan function, one a service, taken from the account's; null: none. It is a limit "
            "too: a sweep scans no more units at once, of all services together",
        ),
    ] = None
    denied_regions: Annotated[
        Regions, Field(description="regions that the organization denies on purpose: they are left out, and count as skipped")
    ] = ()
    vpc: Annotated[Vpc | None, Field(description="an existing VPC that the functions run in; null: no VPC of yours")] = None
    enable_cloudwatch_metrics: Annotated[bool, Field(description="whether sweeps write metrics; most alarms need them")] = True
    metric_namespace: Annotated[
        str, AfterValidator(refusals.reserved), Field(min_length=1, max_length=255, description="their namespace; default: `stack_name`")
    ] = DEFAULT_STACK
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], Field(description="the lowest level that is logged")] = (
        "INFO"
    )
    log_format: Annotated[Literal["json", "text"], Field(description="`text` is for reading by eye")] = "json"
    log_retention_days: Annotated[
        Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653], Field(description="how long logs are kept")
    ] = 90
    run_retention_days: Annotated[int, Field(ge=7, le=36_500, description="how long runs/, with the reports, and findings/ are kept")] = 400
    athena_bytes_limit: Annotated[
        int, Field(ge=10_000_000, le=7_000_000_000_000_000, description="bytes that one Athena query may read; it is stopped beyond that")
    ] = 10 * 1024**3

    @model_validator(mode="before")
    @classmethod
    def _keep_the_rest(cls, given: Any) -> Any:
        """{"scan": {"timeout": 100}} changes the timeout, and leaves the scanners' memory as it is. Names follow the stack's."""
        if not isinstance(given, dict):
            return given
        if isinstance(stack := given.get("stack_name"), str):
            given = {"member_role_name": f"{stack}Reader", "metric_namespace": stack, **given}
        defaults = {name: cls.model_fields[name].default.model_dump() for name in _FUNCTIONS}
        merged = {name: {**values, **given[name]} for name, values in defaults.items() if isinstance(given.get(name), dict)}
        return {**given, **merged}

    @model_validator(mode="after")
    def _scan_fits_its_child(self) -> Self:
        longest = EXPRESS_MAX_SECONDS - CATCH_MARGIN_SECONDS - STATE_MARGIN_SECONDS
        if self.children == "EXPRESS" and self.scan.timeout > longest:
            raise ValueError(
                f'scan.timeout: {self.scan.timeout} s is too long for EXPRESS children: at most {longest}, or set children to "STANDARD"'
            )
        if self.analyze.timeout < self.bedrock_timeout_seconds + ANALYZE_MARGIN_SECONDS:
            raise ValueError(f"analyze.timeout: must be bedrock_timeout_seconds and {ANALYZE_MARGIN_SECONDS} s more, at least")
        if self.retry.max_delay <= self.retry.base_delay:
            raise ValueError(f"retry.max_delay: must be more than retry.base_delay ({self.retry.base_delay})")
        return self

    @property
    def unit_seconds(self) -> int | None:
        """What all attempts at one unit may take together; None: nothing bounds them."""
        return EXPRESS_MAX_SECONDS - CATCH_MARGIN_SECONDS if self.children == "EXPRESS" else None


def parse(given: Any) -> DeploymentSettings:
    """Settings from the context "finops" (a mapping, or JSON text as `-c finops=…` gives it). InvalidContext names each wrong key."""
    try:
        if isinstance(given, str):
            given = json.loads(given)
        return DeploymentSettings.model_validate(given or {})
    except json.JSONDecodeError as error:
        raise InvalidContext(f'context "finops": not JSON: {error}') from None
    except ValidationError as error:
        raise InvalidContext('context "finops": ' + "; ".join(_sentence(problem) for problem in error.errors())) from None


def _sentence(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        inside = _PARTS.get(problem["loc"][0], DeploymentSettings) if len(problem["loc"]) > 1 else DeploymentSettings
        return f"unknown key {key!r}; there are: {', '.join(inside.model_fields)}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix(f"{key}: ")
    return f"{key}: {message} (got {problem['input']!r})" if key else message


def cdk_context() -> Mapping[str, Any]:
    """The context in cdk.json: the feature flags, and "finops"."""
    try:
        context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    except json.JSONDecodeError as error:
        raise InvalidContext(f"cdk.json is not JSON: {error}") from None
    return context
