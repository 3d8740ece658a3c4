"""What is read of tables: from moto, from pages, and from replies that were recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.model import InsufficientData, Outcome, Unit, Waste
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.services import services
from functions.scanners.dynamodb.table.capacity_mode import hardly_used
from functions.scanners.dynamodb.table.collector import STANDARD, STANDARD_IA, Table, Units, dimensions, tables
from functions.scanners.dynamodb.table.measured_use import READS, WRITES
from functions.scanners.dynamodb.table.rightsize import overprovisioned
from functions.scanners.dynamodb.table.table_class import standard_to_ia
from functions.scanners.dynamodb.table.unused import unused_index, unused_table
from tests.functions.paged import ACCOUNT, REGION, Answers, Given, nothing
from tests.functions.scanners.dynamodb import table_seed
from tests.functions.scanners.dynamodb.samples import NOW, candidate, judged, series, with_series
from tests.recorded import reply


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


@mock_aws
def test_against_moto_a_scan_makes_exactly_the_calls_that_it_declares() -> None:
    here = aws()
    table_seed.seed(here.session)
    here.as_of = datetime.now(UTC) + timedelta(days=60)
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="dynamodb:table", function="none")
    outcome = scanning.scan(unit, here, Prices(REGION), lambda finding: None)
    assert (outcome.outcome, outcome.resources, outcome.metrics) == (Outcome.OK, 1, 8), "too few hours: no minutes are asked for"
    assert here.meter.calls == {
        "dynamodb:ListTables": 1,
        "resourcegroupstaggingapi:GetResources": 1,
        "dynamodb:DescribeTable": 1,
        "application-autoscaling:DescribeScalableTargets": 1,
        "cloudwatch:GetMetricData": 2,
    }
    services()
    assert {iam_action(*call.split(":")) for call in here.meter.calls} - {"cloudwatch:GetMetricData"} == set(tables.iam)
    (found,) = tables(here)
    assert (found.arn, found.tags) == (f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/table", {"team": "web"})
    assert [(part.index, part.provisioned, part.scaled_from) for part in found.parts] == [
        ("", Units(5, 5), (2, None)),
        ("by-day", Units(5, 5), (None, None)),
    ]
    assert dimensions(found) == [{"TableName": "table"}, {"TableName": "table", "GlobalSecondaryIndexName": "by-day"}]


@mock_aws
def test_a_region_without_tables_takes_one_call() -> None:
    here = aws()
    assert list(tables(here)) == []
    assert here.meter.calls == {"dynamodb:ListTables": 1}


@mock_aws
def test_auto_scaling_is_asked_only_where_something_is_provisioned() -> None:
    here = aws()
    here.client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    (found,) = tables(here)
    assert found.on_demand
    assert found.provisioned == [Units(0, 0)]
    assert "application-autoscaling:DescribeScalableTargets" not in here.meter.calls


def test_every_page_is_read_and_each_table_takes_one_call() -> None:
    services()
    asked = Counter[str]()
    with Answers(table_seed.PAGES, lambda operation: asked.update([operation])).everywhere():
        found = list(tables(aws()))
    assert len({one.id for one in found}) == len(found) == asked["dynamodb:DescribeTable"] == 28
    assert asked["dynamodb:ListTables"] == 4
    assert asked["application-autoscaling:DescribeScalableTargets"] == 1


def listed(*described: Mapping[str, Any]) -> list[Table]:
    """What the collector makes of such tables."""
    services()
    by_name = {one["TableName"]: one for one in described}
    here = aws()
    given: dict[str, Given] = {
        **table_seed.PAGES,
        "dynamodb:ListTables": [{"TableNames": list(by_name)}],
        "dynamodb:DescribeTable": lambda parameters: {"Table": by_name[parameters["TableName"]]},
        "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
    }
    with Answers(given).everywhere():
        found = list(tables(here))
    assert here.unreadable.reason == ""
    return found


def test_what_is_deleted_meanwhile_is_left_out() -> None:
    services()
    here = aws()
    with Stubber(here.client("dynamodb")) as dynamodb, Stubber(here.client("resourcegroupstaggingapi")) as tagging:
        dynamodb.add_response("list_tables", {"TableNames": ["gone"]})
        dynamodb.add_client_error("describe_table", "ResourceNotFoundException", http_status_code=400)
        tagging.add_response("get_resources", {"ResourceTagMappingList": []})
        assert list(tables(here)) == []
    assert here.unreadable.items == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (False, STANDARD, (), False, False)),
        ({"BillingModeSummary": {"BillingMode": "PROVISIONED"}}, (False, STANDARD, (), False, False)),
        ({"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}, (True, STANDARD, (), False, False)),
        ({"TableClassSummary": {"TableClass": STANDARD_IA}}, (False, STANDARD_IA, (), False, False)),
        ({"Replicas": [{"RegionName": "eu-west-1"}, {"RegionName": REGION}]}, (False, STANDARD, ("eu-west-1",), False, False)),
        ({"MultiRegionConsistency": "STRONG"}, (False, STANDARD, (), True, False)),
        ({"StreamSpecification": {"StreamEnabled": True}}, (False, STANDARD, (), False, True)),
        ({"StreamSpecification": {"StreamEnabled": False}}, (False, STANDARD, (), False, False)),
    ],
)
def test_what_is_absent_has_a_meaning(changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (one,) = listed(table_seed.described("t", **changes))
    assert (one.on_demand, one.table_class, one.replicas, one.strong, one.stream) == expected


def test_an_unknown_billing_mode_is_not_guessed_at() -> None:
    services()
    here = aws()
    odd = table_seed.described("t0", BillingModeSummary={"BillingMode": "BY_THE_MOON"})
    given: dict[str, Given] = {
        **table_seed.PAGES,
        "dynamodb:ListTables": [{"TableNames": ["t0"]}],
        "dynamodb:DescribeTable": nothing(Table=odd),
    }
    with Answers(given).everywhere():
        assert list(tables(here)) == []
    assert here.unreadable.items == 1
    assert "BY_THE_MOON" in here.unreadable.reason


def test_indexes_that_are_made_or_deleted_are_seen() -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    indexes = [
        {"IndexName": name, "IndexStatus": status, "IndexSizeBytes": 7, "ProvisionedThroughput": units, **more}
        for name, status, more in (
            ("a", "ACTIVE", {}),
            ("b", "ACTIVE", {"Backfilling": True}),
            ("c", "CREATING", {}),
            ("d", "DELETING", {}),
        )
    ]
    (one,) = listed(table_seed.described("t", GlobalSecondaryIndexes=indexes))
    assert [(part.index, part.ready) for part in one.indexes] == [("a", True), ("b", False), ("c", False)]
    assert one.parts[1].stored_bytes == 7


def silent(one: Table) -> Table:
    """With a month of zeros."""
    return with_series(one, {metric: [series(0, metric) for _ in one.parts] for metric in (READS, WRITES)})


def test_recorded_a_table_that_is_made_and_one_that_is_there() -> None:
    """(5 × 0.00013 + 5 × 0.00065) × 730 = 2.847; it may be free. The other one is being made."""
    replies = [reply("test_dynamodb_delete_table", f"dynamodb.DescribeTable_{number}")["Table"] for number in (1, 2)]
    assert [one["TableName"] for one in replies] == reply("test_dynamodb_delete_table", "dynamodb.ListTables_1")["TableNames"]
    there, made = listed(*replies)
    assert candidate(unused_table, there) is True
    assert candidate(unused_table, made) is False
    verdict = judged(unused_table, silent(there))
    assert isinstance(verdict, Waste)
    assert (verdict.savings.low, verdict.savings.likely) == (0, 2.847)


def test_recorded_a_table_that_stores_nothing_and_one_that_is_deleted() -> None:
    there, going = (reply("test_force_delete_dynamodb_tables", f"dynamodb.DescribeTable_{number}")["Table"] for number in (1, 2))
    (one,) = listed(there)
    assert listed(going) == []
    assert (one.on_demand, one.table_class, one.deletion_protection) == (True, STANDARD_IA, True)
    assert [candidate(check, one) for check in (unused_table, overprovisioned, hardly_used, standard_to_ia)] == [False] * 4


def test_recorded_a_table_with_an_index() -> None:
    """(1 × 0.00013 + 1 × 0.00065) × 730 = 0.5694 for the index, while somebody uses the table."""
    (one,) = listed(reply("localstack_dynamodb_index", "dynamodb.DescribeTable_1")["Table"])
    assert [(part.index, part.provisioned) for part in one.parts] == [("", Units(5, 5)), ("TransactionRecordID", Units(1, 1))]
    used = with_series(one, {READS: [series(1, READS), series(0, READS)], WRITES: [series(1, WRITES), series(1, WRITES)]})
    verdict = judged(unused_index, used)
    assert isinstance(verdict, Waste)
    assert verdict.savings.likely == 0.5694
    assert verdict.evidence["indexes"] == "TransactionRecordID"
    assert not isinstance(candidate(unused_index, one), InsufficientData)
