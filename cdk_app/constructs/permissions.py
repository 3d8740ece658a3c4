"""IAM statements, each for one need. No action has a wildcard; a resource has one only where AWS or the keys leave no choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from functions.core.advice import model_ids
from functions.core.costs import explorer
from functions.core.plan import enabled_regions, organization
from functions.core.prices import price_list

RUNS, HISTORY, DATASET, RATES = "runs/*", "history/*", "findings/*", "rates/*"
SUPPRESSIONS, CHECKS = "config/suppressions.toml", "config/checks.toml"
UNITS, GROUPS, ADVICE, METERS = "runs/*/units/*", "runs/*/groups/*", "runs/*/advice/*", "runs/*/meter/*"
COST_CACHE, USUAL = "cache/cost/*", "usual/*"
SCOPES, PRICES = "runs/*/scope.json", "prices/*"
"""What lies in the bucket: functions/core/store/run_folder.py knows the keys of runs and the dataset; costs/cache.py, prices/refreshed.py,
rank/history.py, rank/suppressions, tuning/file.py and meter/usual_resources.py each know their own."""


def allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources))


def only_for(stack: Stack, service: str, sources: Sequence[str]) -> iam.ServicePrincipal:
    """The service as a principal, for these ARNs of the stack's own account only: another customer's cannot make it use what trusts it.

    Not every service says whom it works for: Lambda does not when it takes on a function's role.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention and
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    conditions: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": list(sources)}}
    return iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=conditions)


def machine_arn(stack: Stack, name: str) -> str:
    """A state machine's ARN from its name."""
    return stack.format_arn(service="states", resource="stateMachine", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME)


def write_own_log(group: logs.ILogGroup) -> iam.PolicyStatement:
    return allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [group.log_group_arn])


def keep_what_failed(dead: sqs.IQueue) -> iam.PolicyStatement:
    return allow("KeepWhatFailed", ["sqs:SendMessage"], [dead.queue_arn])


def trace() -> iam.PolicyStatement:
    """X-Ray knows no resource for what is sent to it: "*".

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    """
    return allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])


def write(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Big objects are uploaded in parts, and a broken upload is given up: with PutObject goes AbortMultipartUpload."""
    return allow("Write", ["s3:PutObject", "s3:AbortMultipartUpload"], [bucket.arn_for_objects(key) for key in keys])


def read(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    return allow("Read", ["s3:GetObject"], [bucket.arn_for_objects(key) for key in keys])


def check_config(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Plan looks at the files that people write, so that a mistake in one is known before anything is scanned."""
    return allow("CheckConfig", ["s3:GetObject"], [bucket.arn_for_objects(key) for key in (SUPPRESSIONS, CHECKS)])


def list_keys(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Also what makes S3 say of a missing object that it is missing (404), not that it is forbidden (403).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    return allow("ListKeys", ["s3:ListBucket"], [bucket.bucket_arn])


def read_failures(table: dynamodb.ITable) -> iam.PolicyStatement:
    return allow("ReadFailures", ["dynamodb:Query"], [table.table_arn])


def ask_bill() -> iam.PolicyStatement:
    """Cost Explorer knows no resources but saved views and the like: "*" for what we ask.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscostexplorerservice.html
    """
    return allow("AskBill", sorted(explorer.IAM), ["*"])


def ask_prices() -> iam.PolicyStatement:
    """The Price List knows no resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awspricelist.html"""
    return allow("AskPrices", sorted(price_list.IAM), ["*"])


def count_metrics(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Of the table only the items of runs: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    statement = allow("CountMetrics", ["dynamodb:UpdateItem"], [table.table_arn])
    statement.add_condition("ForAllValues:StringLike", {"dynamodb:LeadingKeys": ["run#*"]})
    return statement


def cache_bill(table: dynamodb.ITable) -> iam.PolicyStatement:
    return allow("CacheBill", ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], [table.table_arn])


def scan(actions: Sequence[str]) -> iam.PolicyStatement:
    """What scanning calls: most of it accepts no other resource than "*", and the rest is asked about whatever there is.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    return allow("Scan", sorted(actions), ["*"])


def find_regions() -> iam.PolicyStatement:
    """Which regions an account has enabled; EC2 knows no resource for that.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    return allow("FindRegions", enabled_regions.IAM, ["*"])


def plan_sweep() -> iam.PolicyStatement:
    """What Plan asks beside the regions: an organization's accounts, and how many functions may run at the same time.

    Organizations knows resources for two of them, units and roots, but which is an input of the sweep, and its id is the organization's.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    """
    return allow(
        "PlanSweep",
        ["lambda:GetAccountSettings", *organization.IAM],
        ["*"],
    )


def machine_name(stack: Stack) -> str:
    """What the state machine is called: a role that referred to the machine that refers to the role would be a circle."""
    return f"{stack.stack_name}-sweep"


def executions(stack: Stack) -> str:
    """The ARNs of the machine's own executions, those of its maps' children not among them."""
    return stack.format_arn(
        service="states", resource="execution", resource_name=f"{machine_name(stack)}:*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def see_executions(stack: Stack) -> iam.PolicyStatement:
    """Whether another execution of a run is over is asked of Step Functions, see functions/core/plan/begun.py."""
    return allow("SeeExecutions", ["states:DescribeExecution"], [executions(stack)])


def join_vpc(function_arn: str) -> list[iam.PolicyStatement]:
    """Lambda makes a function's network interfaces with the function's role, which AWS wants to be able to do everywhere; the function's
    own code may not, so that it still only reads.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    make = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
    not_by_code = iam.PolicyStatement(sid="NotByItsCode", effect=iam.Effect.DENY, actions=make, resources=["*"])
    not_by_code.add_condition("ArnEquals", {"lambda:SourceFunctionArn": function_arn})
    return [allow("JoinVpc", [*make, "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], ["*"]), not_by_code]


def assume_member(role_name: str) -> iam.PolicyStatement:
    """The read-only role in whichever account is scanned; that account's trust policy has the last word."""
    return allow("AssumeMemberRole", ["sts:AssumeRole"], [f"arn:{Aws.PARTITION}:iam::*:role/{role_name}"])


def put(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Small objects, written whole."""
    return allow("Put", ["s3:PutObject"], [bucket.arn_for_objects(key) for key in keys])


def share_answers_and_breaker(table: dynamodb.ITable) -> iam.PolicyStatement:
    return allow("ShareAnswersAndBreaker", ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [table.table_arn])


def model_arns(stack: Stack, model_id: str) -> list[str]:
    """What calling a model takes: the model, and when the id is an inference profile's ("global.…", "us.…") the profile and the model
    in every region that it may send the call to; a global profile also calls the model by an ARN without a region.

    https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html
    """
    scope, model = model_ids.split(model_id)
    if not scope:
        return [stack.format_arn(service="bedrock", account="", resource="foundation-model", resource_name=model_id)]
    regions = ["*", ""] if scope == "global" else ["*"]
    return [
        stack.format_arn(service="bedrock", resource="inference-profile", resource_name=model_id),
        *(
            stack.format_arn(service="bedrock", region=region, account="", resource="foundation-model", resource_name=model)
            for region in regions
        ),
    ]


def invoke_model(stack: Stack, model_id: str) -> iam.PolicyStatement:
    """Converse is allowed by InvokeModel."""
    return allow("InvokeModel", ["bedrock:InvokeModel"], model_arns(stack, model_id))
