"""What the Cost function needs to ask a Data Export through Athena: nothing without the setting `billing_export`."""

from __future__ import annotations

from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_app.constructs.dataset import RESULTS as RESULTS_FOLDER
from cdk_app.constructs.dataset import database_name
from cdk_app.constructs.permissions import allow
from cdk_app.settings.settings import DeploymentSettings
from functions.core.costs.export.athena import IAM_QUERIES, IAM_TABLES
from functions.core.costs.export.athena import TABLES as TABLES
from functions.core.outside.export_address import export_address

RESULTS = f"{RESULTS_FOLDER}*"


def environment(stack: Stack, settings: DeploymentSettings) -> dict[str, str]:
    """The Cost function's variables."""
    if not settings.billing_export:
        return {}
    return {
        "BILLING_EXPORT": settings.billing_export,
        "ATHENA_DATABASE": database_name(stack),
        "ATHENA_WORKGROUP": stack.stack_name,
    }


def statements(stack: Stack, bucket: s3.IBucket, settings: DeploymentSettings) -> list[iam.PolicyStatement]:
    """The export's folder to read, its tables to keep in the findings' database, and queries in the workgroup.

    Athena reads and writes with the caller's rights, and asks where both buckets are.
    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html
    """
    if not settings.billing_export:
        return []
    address = export_address(settings.billing_export)
    place = f"arn:{stack.partition}:s3:::{address.bucket}"
    listed = allow("ListExport", ["s3:ListBucket"], [place])
    listed.add_conditions({"StringLike": {"s3:prefix": [f"{address.folder}/*"]}})
    return [
        allow("ReadExport", ["s3:GetObject"], [f"{place}/{address.folder}/*"]),
        listed,
        allow("PlaceBuckets", ["s3:GetBucketLocation"], [place, bucket.bucket_arn]),
        *([allow("DecryptExport", ["kms:Decrypt"], [settings.billing_export_key])] if settings.billing_export_key else []),
        allow("KeepExportTables", IAM_TABLES, _glue(stack)),
        allow("AskExport", IAM_QUERIES, [stack.format_arn(service="athena", resource="workgroup", resource_name=stack.stack_name)]),
        allow(
            "KeepExportAnswers",
            ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            [bucket.arn_for_objects(RESULTS)],
        ),
    ]


def _glue(stack: Stack) -> list[str]:
    """A table's rights are asked for at the catalog, the database and the table.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    database = database_name(stack)
    parts: list[dict[str, Any]] = [
        {"resource": "catalog", "arn_format": ArnFormat.NO_RESOURCE_NAME},
        {"resource": "database", "resource_name": database},
        {"resource": "table", "resource_name": f"{database}/{TABLES}*"},
    ]
    return [stack.format_arn(service="glue", **part) for part in parts]
