"""The state machine: statemachine/finops_sweep.asl.json with this deployment's numbers, its role and its log.

The file is complete as it is, so that Workflow Studio opens it; names of resources and the partition are placeholders inside quotes.
Numbers cannot be placeholders there: the file has the defaults, and `definition` writes the deployment's own over them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aws_cdk import ArnFormat, Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.constructs import permissions
from cdk_app.constructs.functions import Functions
from cdk_app.constructs.storage import Storage, retention
from cdk_app.settings.settings import ROOT, STATE_MARGIN_SECONDS, DeploymentSettings

ASL = ROOT / "statemachine" / "finops_sweep.asl.json"
INTEGRATION = re.compile(r"arn:\$\{Partition\}:states:::(\w+):(\w+)")
"""What a state calls by itself: "arn:${Partition}:states:::lambda:invoke"."""
NOT_READY = "Lambda.ResourceNotReadyException"
"""One of the errors of a function that Lambda, or EC2 for it, makes ready: minutes pass, whatever the settings say. They have a retrier of
their own, without jitter: it would mostly come too early."""
COOL_DOWN_SPREAD_SECONDS = 15
"""The groups that met an open circuit breaker come back over so many seconds after its recovery time."""


def definition(settings: DeploymentSettings) -> dict[str, Any]:
    """The flow with the settings' timeouts, retries and concurrency. With default settings it equals the file."""
    flow: dict[str, Any] = json.loads(ASL.read_text(encoding="utf-8"))
    flow["TimeoutSeconds"] = settings.sweep_timeout
    states = flow["States"]
    cost, scan = (branch["States"] for branch in states["Gather"]["Branches"])
    scan = scan["Scan"]
    if settings.max_concurrency is not None:
        del scan["MaxConcurrencyPath"]
        scan["MaxConcurrency"] = min(settings.max_concurrency, settings.scan_reserved_concurrency or settings.max_concurrency)
    scan["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = settings.children
    unit = scan["ItemProcessor"]["States"]
    analyze = states["Analyze"]
    analyze["MaxConcurrency"] = settings.analyze_concurrency
    recovery = settings.circuit_breaker_timeout_seconds
    analyze["ItemSelector"]["cool_down_seconds.$"] = f"States.MathRandom({recovery}, {recovery + COOL_DOWN_SPREAD_SECONDS})"
    group = analyze["ItemProcessor"]["States"]
    for state, size in (
        (states["Plan"], settings.plan),
        (cost["Cost"], settings.cost),
        (unit["ScanUnit"], settings.scan),
        (states["Rank"], settings.rank),
        (states["Aggregate"], settings.aggregate),
        (states["Notify"], settings.notify),
        (group["AnalyzeGroup"], settings.analyze),
        (group["AnalyzeGroupAgain"], settings.analyze),
    ):
        state["TimeoutSeconds"] = size.timeout + STATE_MARGIN_SECONDS
    for state in (*states.values(), *cost.values(), *unit.values(), *group.values()):
        for retrier in (one for one in state.get("Retry", ()) if NOT_READY not in one["ErrorEquals"]):
            retrier["IntervalSeconds"] = settings.retry.base_delay
            retrier["MaxAttempts"] = settings.retry.max_attempts
            retrier["MaxDelaySeconds"] = settings.retry.max_delay
    return flow


def whole_placeholders(text: str) -> tuple[str, dict[str, str]]:
    """The flow with a placeholder for each integration's whole ARN, "${LambdaInvoke}", and what stands for them in the deployed partition.

    As AWS's own samples have it; cfn-lint takes a part of a string for no placeholder.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-sam-sfn.html#sam-definition-substitution-eg
    """
    arns = {
        f"{service.capitalize()}{action[0].upper()}{action[1:]}": f"arn:{Aws.PARTITION}:states:::{service}:{action}"
        for service, action in INTEGRATION.findall(text)
    }
    return INTEGRATION.sub(lambda found: f"${{{found[1].capitalize()}{found[2][0].upper()}{found[2][1:]}}}", text), arns


class Flow(Construct):
    """`machine`: the sweep. `children`: what the ARNs of its executions look like, and of its map's children."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings, storage: Storage, functions: Functions) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        name = self.name = permissions.machine_name(stack)
        self.children = tuple(
            stack.format_arn(
                service="states", resource="execution", resource_name=f"{name}{rest}", arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for rest in (":*", "/*")
        )
        log = logs.LogGroup(
            self,
            "Log",
            # Step Functions adds to a resource policy of limited size unless the name starts so:
            # https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=retention(settings),
            removal_policy=RemovalPolicy.DESTROY,
        )
        # Its own ARN and those of its maps' children, "…:<name>/<label>"; put together, because the machine refers to the role.
        # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
        machines = [permissions.machine_arn(stack, f"{name}{rest}") for rest in ("", "/*")]
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=permissions.only_for(stack, "states", machines),
            inline_policies={"Needs": iam.PolicyDocument(statements=self._needs(stack, name, storage, functions))},
        )
        text, integrations = whole_placeholders(json.dumps(definition(settings)))
        self.machine = sfn.StateMachine(
            self,
            "Sweep",
            state_machine_name=name,
            role=self.role,
            timeout=Duration.seconds(settings.sweep_timeout),
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions={
                **integrations,
                "PlanFunction": functions.plan.function_arn,
                "CostFunction": functions.cost.function_arn,
                "RankFunction": functions.rank.function_arn,
                "AnalyzeFunction": functions.analyze.function_arn,
                "AggregateFunction": functions.aggregate.function_arn,
                "NotifyFunction": functions.notify.function_arn,
                "StateTable": storage.table.table_name,
            },
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
            tracing_enabled=True,
        )

    def _needs(self, stack: Stack, name: str, storage: Storage, functions: Functions) -> list[iam.PolicyStatement]:
        """What the flow's states call: `from_string` derives no grants.

        A Distributed Map starts and watches executions of its own machine; the machine's ARN is put together from its name, because a
        role that refers to the machine that refers to the role is a circle.
        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        machine = permissions.machine_arn(stack, name)
        return [
            permissions.allow("InvokeFunctions", ["lambda:InvokeFunction"], [function.function_arn for function in functions.all]),
            permissions.allow("NoteFailures", ["dynamodb:PutItem"], [storage.table.table_arn]),
            permissions.allow("StartChildren", ["states:StartExecution"], [machine]),
            permissions.allow(
                "WatchChildren", ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"], list(self.children)
            ),
            permissions.allow(
                "ReadPlanWriteResults",
                ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
                [storage.bucket.arn_for_objects(permissions.RUNS)],
            ),
        ]
