"""What the replies of DynamoDB bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.dynamodb.bills import INDEX, TABLE


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, ()),
        ({"TableSizeBytes": 1, "GlobalSecondaryIndexes": [{"IndexSizeBytes": 9}]}, ()),
        ({"LocalSecondaryIndexes": [{"IndexSizeBytes": 0}]}, ()),
        ({"LocalSecondaryIndexes": [{"IndexSizeBytes": 0}, {"IndexSizeBytes": 1}]}, ("the storage of its local secondary indexes",)),
        ({"VectorIndexes": [{"IndexName": "v"}]}, ("its vector indexes",)),
        ({"StreamSpecification": {"StreamEnabled": True}, "WarmThroughput": {"ReadUnitsPerSecond": 9_000}}, ()),
    ],
)
def test_what_a_table_bills_beside(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert TABLE.also_bills(item) == also


def test_all_of_an_index_is_priced() -> None:
    assert INDEX.also_bills({"IndexSizeBytes": 5, "WarmThroughput": {"ReadUnitsPerSecond": 9_000}}) == ()
