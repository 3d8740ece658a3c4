"""Amazon CloudWatch Logs: log groups, and what is stored in them."""

from __future__ import annotations

from functions.core.prices.products import Rate, by_usage_and, products
from functions.core.services import NOBODY, Request, service

BILLED_AS = "AmazonCloudWatch"
"""All of CloudWatch, metrics and alarms as well: its name on the bill, in the Price List and in FOCUS exports has no space.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html"""

OF_ALL = "SUBSCRIPTION_FILTER_POLICY"
"""The kind of an account's policy that subscribes to all of its log groups, but for those that it names.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeAccountPolicies.html"""

LOGS = service(
    "logs",
    name=BILLED_AS,
    category="Management and Governance",
    short="CloudWatch",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonCloudWatch",),
    looks_at={BILLED_AS: r"TimedStorage-ByteHrs|DataProcessing(IA)?-Bytes"},
    iam_prefixes={"resourcegroupstaggingapi": "tag"},
    gone=frozenset({"ResourceNotFoundException"}),
    requests={
        "logs:DescribeAccountPolicies": lambda arn: Request("logs", "DescribeAccountPolicies", {"policyType": OF_ALL}),
        "logs:DescribeSubscriptionFilters": lambda arn: Request("logs", "DescribeSubscriptionFilters", {"logGroupName": NOBODY}),
    },
)

# S3, DynamoDB, EFS and ECR bill by a usage type of the same name, so it is not sure by itself what a line of the bill with it is.
_RATES = {("TimedStorage-ByteHrs", "AmazonCloudWatch"): Rate("logs.storage", "GB-month")}
"""By usage type and service; every log class stores at the same rate.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"""

# ELB bills by a DataProcessing-Bytes, too.
_INGESTION = {
    ("DataProcessing-Bytes", "AmazonCloudWatch"): Rate("logs.ingest.standard", "GB"),
    ("DataProcessingIA-Bytes", "AmazonCloudWatch"): Rate("logs.ingest.infrequent-access", "GB"),
}
"""What applications send, by the class of the group: vended logs, of AWS services, have usage types and tiers of their own.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html"""

products(
    "AmazonCloudWatch",
    by_usage_and("servicecode", "AmazonCloudWatch", BILLED_AS, _RATES, productFamily="Storage Snapshot"),
    by_usage_and("servicecode", "AmazonCloudWatch", BILLED_AS, _INGESTION, productFamily="Data Payload"),
)
