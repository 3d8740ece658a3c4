"""What the members of DescribeTable's reply are for the bill: https://aws.amazon.com/dynamodb/pricing/

Point-in-time recovery and a stream to Kinesis bill too; this reply does not tell whether a table has them. What a stream bills is what is
read of it, and warm throughput is paid for once, when it is raised.
"""

from __future__ import annotations

from functions.core.prices.bills import NotModelled, described

# Replicas bill where they are, and are tables of that region. A table's size leaves its indexes out; whether those that are local to its
# partitions are in it, AWS does not say.
TABLE = described(
    "dynamodb",
    "TableDescription",
    priced="BillingModeSummary GlobalSecondaryIndexes ProvisionedThroughput Replicas TableClassSummary TableSizeBytes",
    not_modelled={
        "LocalSecondaryIndexes": NotModelled(
            "the storage of its local secondary indexes",
            lambda item: any(one.get("IndexSizeBytes") for one in item.get("LocalSecondaryIndexes", ())),
        ),
        "VectorIndexes": "its vector indexes",
    },
    free="""
        ArchivalSummary AttributeDefinitions CreationDateTime DeletionProtectionEnabled GlobalTableSettingsReplicationMode
        GlobalTableVersion GlobalTableWitnesses ItemCount KeySchema LatestStreamArn LatestStreamLabel MultiRegionConsistency
        OnDemandThroughput RestoreSummary SSEDescription StreamSpecification TableArn TableId TableName TableStatus WarmThroughput
    """,
)
INDEX = described(
    "dynamodb",
    "GlobalSecondaryIndexDescription",
    priced="IndexSizeBytes ProvisionedThroughput",
    free="Backfilling IndexArn IndexName IndexStatus ItemCount KeySchema OnDemandThroughput Projection WarmThroughput",
)
