"""Amazon DynamoDB: tables and their indexes."""

from __future__ import annotations

from functions.core.prices.products import Rate, by_usage, by_usage_and, products
from functions.core.services import NOBODY, PlanUsage, Request, service

BILLED_AS = "Amazon DynamoDB"

DYNAMODB = service(
    "dynamodb",
    name=BILLED_AS,
    category="Databases",
    short="DynamoDB",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonDynamoDB",),
    iam_prefixes={"resourcegroupstaggingapi": "tag"},
    gone=frozenset({"ResourceNotFoundException"}),
    requests={
        "dynamodb:DescribeTable": lambda arn: Request("dynamodb", "DescribeTable", {"TableName": NOBODY}),
        "application-autoscaling:DescribeScalableTargets": lambda arn: Request(
            "application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}
        ),
    },
    plan_usage=PlanUsage(
        product="AmazonDynamoDB",
        billed_as=BILLED_AS,
        # Throughput in both capacity modes, of both table classes and of replicas, by the units that plans have rates in; never storage.
        # Reserved capacity pays for provisioned units of the Standard class: the bill counts what it paid for in the same usage types.
        # https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_SavingsPlanOfferingRate.html
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-understanding-billing.html
        usage={
            f"{table_class}{usage}": f"{family}{'.standard-ia' if table_class else ''}"
            for table_class in ("", "IA-")
            for usage, family in (
                ("ReadCapacityUnit-Hrs", "provisioned.read"),
                ("WriteCapacityUnit-Hrs", "provisioned.write"),
                ("ReplWriteCapacityUnit-Hrs", "provisioned.replicated-write"),
                ("ReadRequestUnits", "on-demand.read"),
                ("WriteRequestUnits", "on-demand.write"),
                ("ReplWriteRequestUnits", "on-demand.replicated-write"),
            )
        },
        plans=frozenset({"database"}),
    ),
)

# Each capacity unit has 18,600 free hours a month, which are 25 units: of a product's rates the one that is not free is meant.
_THROUGHPUT = {
    "ReadCapacityUnit-Hrs": Rate("provisioned.read", "RCU-hour"),
    "WriteCapacityUnit-Hrs": Rate("provisioned.write", "WCU-hour"),
    "ReplWriteCapacityUnit-Hrs": Rate("provisioned.replicated-write", "WCU-hour"),
    "IA-ReadCapacityUnit-Hrs": Rate("provisioned.read.standard-ia", "RCU-hour"),
    "IA-WriteCapacityUnit-Hrs": Rate("provisioned.write.standard-ia", "WCU-hour"),
    "ReadRequestUnits": Rate("on-demand.read", "1M-RRU"),
    "WriteRequestUnits": Rate("on-demand.write", "1M-WRU"),
    "ReplWriteRequestUnits": Rate("on-demand.replicated-write", "1M-WRU"),
    "IA-ReadRequestUnits": Rate("on-demand.read.standard-ia", "1M-RRU"),
    "IA-WriteRequestUnits": Rate("on-demand.write.standard-ia", "1M-WRU"),
}
# S3, CloudWatch Logs, EFS and ECR bill by a usage type of the same name, so it is not sure by itself what a line of the bill with it is.
_STORAGE = {
    ("TimedStorage-ByteHrs", "AmazonDynamoDB"): Rate("storage", "GB-month"),
    ("IA-TimedStorage-ByteHrs", "AmazonDynamoDB"): Rate("storage.standard-ia", "GB-month"),
    ("TimedBackupStorage-ByteHrs", "AmazonDynamoDB"): Rate("backup.on-demand", "GB-month"),
}

products(
    "AmazonDynamoDB",
    by_usage("AmazonDynamoDB", BILLED_AS, _THROUGHPUT),
    by_usage_and("servicecode", "AmazonDynamoDB", BILLED_AS, _STORAGE),
)
