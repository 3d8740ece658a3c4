"""The bucket and the state table: what a sweep leaves behind. Both outlive the stack."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.settings.settings import DeploymentSettings

QUERY_RESULT_DAYS = 7
"""Athena writes each answer, what it shows in the console too, as a file; whoever wants to keep one has it by then."""


class Storage(Construct):
    """`bucket` holds runs and reports, `table` the failures of each run (functions/core/store/run_folder.py knows the keys)."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(id="old-runs", prefix="runs/", expiration=Duration.days(settings.run_retention_days)),
                s3.LifecycleRule(id="old-findings", prefix="findings/", expiration=Duration.days(settings.run_retention_days)),
                s3.LifecycleRule(id="old-rates", prefix="rates/", expiration=Duration.days(settings.run_retention_days)),
                s3.LifecycleRule(id="old-query-results", prefix="athena-results/", expiration=Duration.days(QUERY_RESULT_DAYS)),
            ],
        )
        self.table = dynamodb.Table(
            self,
            "State",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="ttl",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            removal_policy=RemovalPolicy.RETAIN,
        )


def retention(settings: DeploymentSettings) -> logs.RetentionDays:
    """How long logs are kept."""
    return logs.RetentionDays[_RETENTION[settings.log_retention_days]]


_RETENTION = {
    1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS",
    120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS",
    731: "TWO_YEARS", 1827: "FIVE_YEARS", 3653: "TEN_YEARS",
}  # fmt: skip
