"""The Lambda functions: one asset, one layer, one role each. The scanners, and what each may do, come from the registry."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import ArnFormat, Duration, IgnoreMode, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.constructs import billing_export, dead_letters, notifications, permissions
from cdk_app.constructs.layer import ARCHITECTURE, RUNTIME, libraries
from cdk_app.constructs.network import Network
from cdk_app.constructs.permissions import (
    ADVICE,
    COST_CACHE,
    DATASET,
    GROUPS,
    HISTORY,
    METERS,
    PRICES,
    RATES,
    RUNS,
    SCOPES,
    SUPPRESSIONS,
    UNITS,
    USUAL,
)
from cdk_app.constructs.storage import Storage, retention
from cdk_app.settings.parts import FunctionSettings
from cdk_app.settings.settings import ROOT, DeploymentSettings
from functions.core import registry
from functions.core.aws import partitions

HANDLERS = {name: f"functions.{name}.handler" for name in ("plan", "cost", "scan", "rank", "analyze", "aggregate", "notify", "prices")}
ASK_BILL = ("plan", "cost")
"""The functions that ask Cost Explorer: Plan does to leave out regions without spend."""
ASSET = ("*", "!/functions", "!/functions/**", "__pycache__", "*.pyc")
"""What the asset leaves out, as .gitignore would say it: everything but functions/, so that imports read `functions.core…` everywhere."""


def scan_function_prefix(stack: Stack) -> str:
    """A scanner's function is called this and its service: the plan names the function of each unit."""
    return f"{stack.stack_name}-scan-"


def member_steps(settings: DeploymentSettings) -> tuple[str, ...]:
    """The steps that assume the role in other accounts: to scan them, to ask for their regions, and for the billing account's costs."""
    return ("scan", *ASK_BILL) if settings.billing_account else ("scan", "plan")


class Functions(Construct):
    """`plan`, `cost`, `rank`, …; `scanners` by service. `roles` by what follows the stack's name: "plan", "scan-ebs"."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: DeploymentSettings,
        storage: Storage,
        topic: notifications.Topic,
        dead: sqs.IQueue,
        network: Network | None,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._storage = storage
        self._topic = topic
        self._network = network
        self._stack = Stack.of(self)
        self._traced = not partitions.lacks(self._stack.region, partitions.Feature.TRACES)
        self._code = lambda_.Code.from_asset(str(ROOT), exclude=list(ASSET), ignore_mode=IgnoreMode.GIT)
        self._layer = libraries(self, "Libraries")
        self.roles: dict[str, iam.Role] = {}
        bucket, table = storage.bucket, storage.table

        bill = [
            permissions.ask_bill(),
            permissions.cache_bill(table),
            permissions.list_keys(bucket),
            permissions.read(bucket, RUNS, COST_CACHE, PRICES),
            permissions.write(bucket, RUNS, COST_CACHE),
        ]
        member = permissions.assume_member(settings.member_role_name)
        begins = [permissions.find_regions(), permissions.plan_sweep(), permissions.see_executions(self._stack)]
        self.plan = self._function("plan", settings.plan, [*begins, permissions.check_config(bucket), member, *bill])
        asks = [member, *bill] if settings.billing_account else bill
        self.cost = self._function("cost", settings.cost, [*asks, *billing_export.statements(self._stack, bucket, settings)])
        self.scanners = {
            service: self._function(
                "scan",
                settings.scan,
                [
                    permissions.list_keys(bucket),
                    permissions.read(bucket, PRICES, UNITS),
                    permissions.write(bucket, RUNS),
                    permissions.scan(registry.iam_actions(service)),
                    member,
                    *([permissions.count_metrics(table)] if settings.max_metric_usd else ()),
                ],
                service,
            )
            for service in registry.services()
        }
        self.rank = self._function(
            "rank",
            settings.rank,
            [
                permissions.list_keys(bucket),
                permissions.read(bucket, RUNS, HISTORY, SUPPRESSIONS, *([billing_export.RESULTS] if settings.billing_export else ())),
                permissions.write(bucket, RUNS, HISTORY, DATASET, RATES),
                permissions.read_failures(table),
            ],
        )
        self.analyze = self._function(
            "analyze",
            settings.analyze,
            [
                permissions.read(bucket, GROUPS),
                permissions.put(bucket, ADVICE, METERS),
                permissions.share_answers_and_breaker(table),
                permissions.invoke_model(self._stack, settings.bedrock_model_id),
            ],
        )
        self.aggregate = self._function(
            "aggregate",
            settings.aggregate,
            [
                permissions.list_keys(bucket),
                permissions.read(bucket, RUNS, USUAL),
                permissions.write(bucket, RUNS, USUAL),
                permissions.read_failures(table),
            ],
        )
        keep_failed = permissions.keep_what_failed(dead)
        self.notify = self._function(
            "notify", settings.notify, [*notifications.needs(self._stack, settings, bucket, table, topic), keep_failed]
        )
        self.prices = self._function(
            "prices",
            settings.prices,
            [
                permissions.ask_prices(),
                permissions.list_keys(bucket),
                permissions.read(bucket, PRICES, SCOPES),
                permissions.put(bucket, PRICES),
                keep_failed,
            ],
        )
        for invoked_asynchronously in (self.notify, self.prices):
            dead_letters.keep_failed(invoked_asynchronously, dead)

    @property
    def all(self) -> list[lambda_.Function]:
        """Those that the flow invokes."""
        return [self.plan, self.cost, *self.scanners.values(), self.rank, self.analyze, self.aggregate, self.notify]

    def _function(
        self, step: str, size: FunctionSettings, statements: Sequence[iam.PolicyStatement], service: str | None = None
    ) -> lambda_.Function:
        name = f"{step}-{service}" if service else step
        logical = "".join(part.capitalize() for part in name.split("-"))
        log = logs.LogGroup(
            self,
            f"{logical}Log",
            retention=retention(self._settings),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.roles[name] = role = iam.Role(
            self,
            f"{logical}Role",
            # A name where another account's member role has to recognise it.
            role_name=f"{self._stack.stack_name}-{name}-{self._stack.region}" if step in member_steps(self._settings) else None,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Needs": iam.PolicyDocument(statements=[*self._every_functions(name, log), *statements])},
        )
        function = lambda_.Function(
            self,
            logical,
            function_name=f"{self._stack.stack_name}-{name}",
            description=f"FinOps Analyzer: {step}" + (f" {service}" if service else ""),
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=HANDLERS[step],
            code=self._code,
            layers=[self._layer],
            role=role.without_policy_updates(),  # what it may do is said above, and nowhere else
            log_group=log,
            tracing=lambda_.Tracing.ACTIVE if self._traced else lambda_.Tracing.DISABLED,
            memory_size=size.memory,
            ephemeral_storage_size=Size.mebibytes(size.disk),
            timeout=Duration.seconds(size.timeout),
            reserved_concurrent_executions=self._settings.scan_reserved_concurrency if step == "scan" else None,
            environment=self._environment(step),
        )
        if self._network:
            self._network.join(function)
        return function

    def _every_functions(self, name: str, log: logs.ILogGroup) -> list[iam.PolicyStatement]:
        """What each function's role allows, whatever the function does."""
        arn = self._stack.format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{self._stack.stack_name}-{name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        in_vpc = permissions.join_vpc(arn) if self._network else []
        traces = [permissions.trace()] if self._traced else []
        return [permissions.write_own_log(log), *traces, *in_vpc]

    def _environment(self, step: str) -> dict[str, str]:
        """The variables of functions/core/settings.py; AWS_REGION is Lambda's own to set."""
        settings = self._settings
        variables = {
            "AWS_ACCOUNT_ID": self._stack.account,
            "S3_BUCKET_NAME": self._storage.bucket.bucket_name,
            "S3_REGION": self._stack.region,
            "STATE_TABLE_NAME": self._storage.table.table_name,
            "SCAN_FUNCTION_PREFIX": scan_function_prefix(self._stack),
            "MEMBER_ROLE_NAME": settings.member_role_name,
            "DENIED_REGIONS": ",".join(settings.denied_regions),
            "SCAN_RESERVED_CONCURRENCY": str(settings.scan_reserved_concurrency or ""),
            "MEMBER_EXTERNAL_ID": settings.member_external_id or "",
            "ANALYSIS_PERIOD_DAYS": str(settings.analysis_period_days or ""),
            "THRESHOLDS": json.dumps(settings.thresholds) if settings.thresholds else "",
            "BEDROCK_MODEL_ID": settings.bedrock_model_id,
            "BEDROCK_TIMEOUT_SECONDS": str(settings.bedrock_timeout_seconds),
            "CIRCUIT_BREAKER_THRESHOLD": str(settings.circuit_breaker_threshold),
            "CIRCUIT_BREAKER_TIMEOUT_SECONDS": str(settings.circuit_breaker_timeout_seconds),
            "MAX_ADVICE_GROUPS": str(settings.max_advice_groups),
            "COST_CACHE_TTL_MINUTES": str(settings.cost_cache_ttl_minutes),
            "BILLING_ACCOUNT": settings.billing_account or "",
            "BILLING_VIEW_ARN": settings.billing_view_arn or "",
            "ENABLE_CLOUDWATCH_METRICS": "true" if settings.enable_cloudwatch_metrics else "false",
            "METRIC_NAMESPACE": settings.metric_namespace,
            "LOG_LEVEL": settings.log_level,
            "LOG_FORMAT": settings.log_format,
            "MAX_METRIC_USD": str(settings.max_metric_usd or "") if step == "scan" else "",
            "UNIT_SECONDS": str(settings.unit_seconds or "") if step in ("scan", "aggregate") else "",
            **settings.owners_for(step),
            **(billing_export.environment(self._stack, settings) if step == "cost" else {}),
            **(notifications.environment(settings, self._topic) if step == "notify" else {}),
            **(self._network.environment if self._network and step == "analyze" else {}),
        }
        return {name: value for name, value in variables.items() if value}
