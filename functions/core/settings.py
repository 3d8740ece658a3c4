"""The environment variables of the functions, read once, typed. A wrong value fails the cold start with the variable's name.

The names are the deployment guide's. `AWS_REGION` is set by Lambda itself. What is a matter of the whole deployment (retry numbers,
schedule) lives in cdk.json, because the state machine owns it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json, ValidationError

from functions.core.errors import FinOpsError
from functions.core.outside.export_address import PATTERN as EXPORT_ADDRESS
from functions.core.outside.mail_addresses import Address, Addresses, OwnerMails
from functions.core.ownership.owners import OWNER_FROM, OWNER_KEYS, Keys, Sources

DEFAULT_MODEL = "global.anthropic.claude-haiku-5-5"
"""The cheapest current Claude on Bedrock on 2026-11-24: Converse, and a tool that it must use. Claude Haiku 4.5 is legacy at Anthropic,
and Bedrock keeps it "no sooner than" until 2026-10-01; Claude Opus 5.5 and Sonnet 5.5 refuse a tool that they must use.
https://platform.claude.com/docs/en/models/haiku-5-5/whats-new-haiku-5-5 and
https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html
"""


def _listed(given: object) -> object:
    """ "us-west-1, sa-east-1" as well as a list."""
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


BILLING_VIEW = r"^arn:aws[a-z-]*:billing::[0-9]{12}:billingview/[-a-zA-Z0-9/:_+=.@]{1,43}$"
"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html"""
RegionName = Annotated[str, Field(pattern=r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$")]


FREE = "this sweep was to be free"
"""What is said of everything that was not asked because `paid_requests` is false."""


class InvalidSetting(FinOpsError):
    """An environment variable has a value that cannot be used."""


class Settings(BaseModel):
    """One field for each variable; the variable's name is the field's in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    aws_account_id: Annotated[str, Field(pattern=r"^[0-9]{12}$", description="the account the analyzer is deployed in")]
    aws_region: Annotated[str, Field(min_length=1, description="the region the analyzer is deployed in; Lambda sets it")]
    s3_bucket_name: Annotated[str, Field(min_length=3, description="where runs, reports and the dataset are kept")]
    s3_region: Annotated[str | None, Field(description="the bucket's region; default: aws_region")] = None
    state_table_name: Annotated[str, Field(min_length=3, description="the DynamoDB state table")]
    scan_function_prefix: Annotated[str, Field(description="a scanner's function name is this and its service")] = "FinOpsAnalyzer-scan-"
    member_role_name: Annotated[str, Field(description="the read-only role in the other scanned accounts")] = "FinOpsAnalyzerReader"
    member_external_id: Annotated[str | None, Field(description="the ExternalId that role asks for")] = None
    denied_regions: Annotated[
        tuple[RegionName, ...], BeforeValidator(_listed), Field(description="regions that the organization denies, by commas: left out")
    ] = ()
    scan_reserved_concurrency: Annotated[int | None, Field(ge=1, description="what is reserved for each scan function; unset: nothing")] = (
        None
    )
    unit_seconds: Annotated[int | None, Field(ge=30, description="what all attempts at one unit may take together; unset: no limit")] = None
    analysis_period_days: Annotated[int, Field(ge=1, le=365, description="days looked back; unset: each check's own window")] | None = None
    thresholds: Annotated[Json[dict[str, float]], Field(description='JSON of overrides, {"check-id.threshold": number}')] = {}
    bedrock_model_id: Annotated[str, Field(min_length=1, description="the model or inference profile that writes the advice")] = (
        DEFAULT_MODEL
    )
    bedrock_timeout_seconds: Annotated[float, Field(ge=1, le=120, description="timeout of one call of Bedrock")] = 10
    circuit_breaker_threshold: Annotated[int, Field(ge=1, le=1000, description="failures in a row that open the circuit breaker")] = 5
    circuit_breaker_timeout_seconds: Annotated[float, Field(ge=1, le=3600, description="how long it stays open before a probe")] = 60
    max_advice_groups: Annotated[int, Field(ge=0, le=100, description="most groups of findings that a sweep asks Bedrock about")] = 20
    cost_cache_ttl_minutes: Annotated[
        int, Field(ge=1, le=1440, description="how long an answer of Cost Explorer about an unfinished day, or a refusal, is kept")
    ] = 30
    max_metric_usd: Annotated[float | None, Field(gt=0, description="what a sweep may spend on CloudWatch's metrics; unset: any sum")] = (
        None
    )
    paid_requests: Annotated[
        bool, Field(description="false: ask nothing that AWS bills a request for: Cost Explorer, the metrics of CloudWatch, S3")
    ] = True
    read_as: Annotated[
        str | None,
        Field(description="who looks at the accounts, where the flow runs on somebody's own machine: the report says it"),
    ] = None
    billing_account: Annotated[
        str | None, Field(pattern=r"^[0-9]{12}$", description="whose Cost Explorer is asked, through the member role; default: our own")
    ] = None
    billing_view_arn: Annotated[
        str | None, Field(pattern=BILLING_VIEW, description="the billing view that Cost Explorer is asked about; unset: the account's own")
    ] = None
    billing_export: Annotated[
        str | None, Field(pattern=EXPORT_ADDRESS, description="the folder of a Data Export, s3://BUCKET/PREFIX/NAME; unset: none is read")
    ] = None
    athena_database: Annotated[str, Field(description="the Glue database of the findings, and of the export's tables")] = ""
    athena_workgroup: Annotated[str, Field(description="the workgroup in which the export is asked")] = ""
    enable_cloudwatch_metrics: Annotated[bool, Field(description="write embedded metrics to the log")] = True
    metric_namespace: Annotated[str, Field(min_length=1, description="namespace of our metrics")] = "FinOpsAnalyzer"
    email_from: Annotated[Address | None, Field(description="sender of the mails, an identity verified in SES; unset: no mail")] = None
    email_to: Annotated[Addresses, Field(description="recipients of the mails, separated by commas; unset: no mail")] = ()
    email_configuration_set: Annotated[str | None, Field(description="the configuration set of SES that mails name; unset: none")] = None
    send_email_on_error: Annotated[bool, Field(description="a mail when a sweep fails, times out or is aborted")] = True
    report_link_hours: Annotated[int, Field(ge=1, le=12, description="how long a mail's link opens the report, at most")] = 12
    owner_from: Annotated[Sources, Field(description="who owns a resource: the first that answers of tags, stack, account")] = OWNER_FROM
    owner_tags: Annotated[Keys, Field(description="the tags that name an owner, by commas, the first one that is there")] = OWNER_KEYS
    owner_mails: Annotated[Json[OwnerMails], Field(description='JSON of who gets a digest of their own, {"web": "web@example.com"}')] = {}
    sns_topic_arn: Annotated[str | None, Field(pattern=r"^arn:", description="where each sweep is announced; unset: nowhere")] = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Annotated[Literal["json", "text"], Field(description="json for CloudWatch, text for a terminal")] = "json"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who may get a mail."""
        return tuple(dict.fromkeys((*self.email_to, *self.owner_mails.values())))

    @property
    def bucket_region(self) -> str:
        return self.s3_region or self.aws_region


def parse(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment; empty values count as not set. InvalidSetting names each wrong variable and what is wrong."""
    given = {name: environment[name.upper()] for name in Settings.model_fields if environment.get(name.upper())}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors())
        raise InvalidSetting(f"environment variables: {wrong}") from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return parse(os.environ)
