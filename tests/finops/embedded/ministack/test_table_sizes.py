"""What DynamoDB's tables store, asked over HTTP as the scanner asks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ministack.services import dynamodb

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.ministack import table_sizes
from tests.functions.scanners.dynamodb.table_seed import create


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def datum(table: str, value: float, days: float, **index: str) -> dict[str, Any]:
    named = {"TableName": table, **index}
    return {
        "MetricName": "ConsumedWriteCapacityUnits",
        "Dimensions": [{"Name": name, "Value": text} for name, text in named.items()],
        "Timestamp": datetime.now(UTC) - timedelta(days=days),
        "Value": value,
    }


def test_a_table_and_its_index_store_what_was_written_to_them(aws: EmbeddedAws) -> None:
    client = aws.client("dynamodb")
    for name in ("written", "empty"):
        create(client, name)
    points = [datum("written", 1_000, 1), datum("written", 24, 2), datum("written", 7, 1, GlobalSecondaryIndexName="by-day")]
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/DynamoDB", MetricData=points)
    for _ in range(2):  # nothing is added up twice
        written, empty = (client.describe_table(TableName=name)["Table"] for name in ("written", "empty"))
        assert (written["TableSizeBytes"], written["GlobalSecondaryIndexes"][0]["IndexSizeBytes"]) == (1024 * 1024, 7 * 1024)
        assert (empty["TableSizeBytes"], empty["GlobalSecondaryIndexes"][0]["IndexSizeBytes"]) == (0, 0)
    create(aws.client("dynamodb", ACCOUNTS[1]), "written")
    assert aws.client("dynamodb", ACCOUNTS[1]).describe_table(TableName="written")["Table"]["TableSizeBytes"] == 0
    assert '"TableSizeBytes": t["TableSizeBytes"]' in inspect.getsource(table_sizes._describe), "ministack's own: what is in its items"
    assert dynamodb._table_description is table_sizes._describe, "in this process"


def test_auto_scaling_is_known_for_each_account(aws: EmbeddedAws) -> None:
    target = {"ServiceNamespace": "dynamodb", "ResourceId": "table/written", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    aws.client("application-autoscaling").register_scalable_target(**target, MinCapacity=5, MaxCapacity=50)
    mine, others = (
        aws.client("application-autoscaling", account).describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
        for account in ACCOUNTS[:2]
    )
    assert [(one["ResourceId"], one["MinCapacity"]) for one in mine] == [("table/written", 5)]
    assert others == []
