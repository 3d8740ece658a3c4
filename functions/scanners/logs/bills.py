"""What the members of DescribeLogGroups' reply are for the bill: https://aws.amazon.com/cloudwatch/pricing/"""

from __future__ import annotations

from functions.core.prices.bills import described

# By what comes in, which is nothing where a group is waste: metric filters' metrics, field indexes, data protection's scans, anomalies.
LOG_GROUP = described(
    "logs",
    "LogGroup",
    priced="logGroupClass retentionInDays storedBytes",
    free="""
        arn bearerTokenAuthenticationEnabled creationTime dataProtectionStatus deletionProtectionEnabled inheritedProperties kmsKeyId
        logGroupArn logGroupName metricFilterCount
    """,
)
