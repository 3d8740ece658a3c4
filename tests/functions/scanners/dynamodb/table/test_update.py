"""What UpdateTable is told."""

from __future__ import annotations

import json

from functions.scanners.dynamodb.table.collector import Units
from functions.scanners.dynamodb.table.update import options, said, values
from tests.functions.scanners.dynamodb.samples import part

OWN, INDEX = part(100, 50), part(10, 10, index="by-day")


def test_reads_and_writes_are_said_together() -> None:
    made = values([(OWN, Units(20, 50))])
    assert made == {"units": "ReadCapacityUnits=20,WriteCapacityUnits=50", "index_units": ""}
    assert options(made) == " --provisioned-throughput {units}"


def test_only_what_changes_is_said() -> None:
    made = values([(INDEX, Units(1, 2))])
    assert made["units"] == ""
    update = {"IndexName": "by-day", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}}
    assert json.loads(made["index_units"]) == [{"Update": update}]
    assert options(made) == " --global-secondary-index-updates {index_units}"


def test_both() -> None:
    made = values([(OWN, Units(20, 50)), (INDEX, Units(1, 2))])
    assert options(made) == " --provisioned-throughput {units} --global-secondary-index-updates {index_units}"
    assert said([(OWN, Units(20, 50)), (INDEX, Units(1, 2))]) == "itself 20/50, by-day 1/2"
