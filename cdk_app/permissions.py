"""IAM statements, each for one need. No action has a wildcard; a resource has one only where AWS or the keys leave no choice."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

RUNS = "runs/*"


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], **more: object) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), **more)  # type: ignore[arg-type]  # `conditions`


def write_own_log(group: logs.ILogGroup) -> iam.PolicyStatement:
    return allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [group.log_group_arn])


def write_runs(bucket: s3.IBucket) -> iam.PolicyStatement:
    """boto3 uploads big objects in parts and gives a broken upload up: with PutObject goes AbortMultipartUpload."""
    return allow("WriteRuns", ["s3:PutObject", "s3:AbortMultipartUpload"], [bucket.arn_for_objects(RUNS)])


def read_runs(bucket: s3.IBucket) -> iam.PolicyStatement:
    return allow("ReadRuns", ["s3:GetObject"], [bucket.arn_for_objects(RUNS)])


def list_runs(bucket: s3.IBucket) -> iam.PolicyStatement:
    return allow("ListRuns", ["s3:ListBucket"], [bucket.bucket_arn], conditions={"StringLike": {"s3:prefix": RUNS}})


def read_failures(table: dynamodb.ITable) -> iam.PolicyStatement:
    return allow("ReadFailures", ["dynamodb:Query"], [table.table_arn])


def describe(actions: Sequence[str]) -> iam.PolicyStatement:
    """What scanning calls. Describe* and List* of these services have no resource-level permissions: "*" is the only resource they know.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    return allow("Scan", sorted(actions), ["*"])


def assume_member(role_name: str) -> iam.PolicyStatement:
    """The read-only role in whichever account is scanned; that account's trust policy has the last word."""
    return allow("AssumeMemberRole", ["sts:AssumeRole"], [f"arn:{Aws.PARTITION}:iam::*:role/{role_name}"])
