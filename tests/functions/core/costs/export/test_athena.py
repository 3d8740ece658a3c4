"""The export's tables in Glue, and a query of Athena to its end, on moto and, where it answers otherwise, on AWS's documented answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.costs.cache import Cache
from functions.core.costs.export import resources
from functions.core.costs.export.athena import Answer, Athena, table, table_name
from functions.core.costs.export.manifest import Period
from functions.core.costs.rows import NoBill
from functions.core.errors import Denied
from functions.core.store.bucket import Bucket
from tests import state_table
from tests.functions.core.costs.export.bucket_of_exports import URI, window

COLUMNS = ("line_item_line_item_type", "line_item_resource_id", "line_item_usage_account_id", "line_item_usage_start_date")
PERIOD = Period("2026-11", "s3://b/e/data/BILLING_PERIOD=2026-11/", True, (*COLUMNS, "line_item_unblended_cost"), "aa")
QUERY = "SELECT 1"


@pytest.fixture
def athena() -> Iterator[Athena]:
    with mock_aws():
        glue, client = (boto3.client(name, region_name="us-east-1") for name in ("glue", "athena"))
        glue.create_database(DatabaseInput={"Name": "finops"})
        where: Any = {"ResultConfiguration": {"OutputLocation": "s3://own/athena-results/"}}
        client.create_work_group(Name="analyzer", Configuration=where)
        yield Athena(glue, client, "finops", "analyzer", 100.0, clock=lambda: 0.0, sleep=lambda _: None)


def kept(athena: Athena, name: str = "billing_export_2026_11") -> dict[str, Any]:
    found: dict[str, Any] = athena.glue.get_table(DatabaseName="finops", Name=name)["Table"]
    return found


def test_a_billing_period_is_a_table_with_the_types_of_what_is_read(athena: Athena) -> None:
    athena.publish([PERIOD])
    storage = kept(athena)["StorageDescriptor"]
    types = {column["Name"]: column["Type"] for column in storage["Columns"]}
    assert types == dict.fromkeys(COLUMNS, "string") | {"line_item_usage_start_date": "timestamp", "line_item_unblended_cost": "double"}
    assert storage["Location"] == PERIOD.location
    assert "Parquet" in storage["SerdeInfo"]["SerializationLibrary"]


def test_a_csv_s_columns_are_text_in_their_order_below_a_header(athena: Athena) -> None:
    athena.publish([Period("2026-10", "s3://b/x/", False, ("ListCost", "ChargePeriodStart", "Other"), "aa")])
    found = kept(athena, "billing_export_2026_10")
    assert [(one["Name"], one["Type"]) for one in found["StorageDescriptor"]["Columns"]] == [
        ("listcost", "string"),
        ("chargeperiodstart", "string"),
        ("other", "string"),
    ]
    assert found["Parameters"]["skip.header.line.count"] == "1"


def test_a_refresh_moves_the_table_and_the_same_again_leaves_it(athena: Athena) -> None:
    athena.publish([PERIOD])
    of_glue = {name: value for name, value in kept(athena).items() if name in ("Name", "Parameters", "StorageDescriptor", "TableType")}
    of_glue["StorageDescriptor"] |= {"Compressed": False, "NumberOfBuckets": 0, "StoredAsSubDirectories": False}
    athena.glue.update_table(DatabaseName="finops", TableInput=of_glue, SkipArchive=True)
    before = len(athena.glue.get_table_versions(DatabaseName="finops", TableName=table_name(PERIOD))["TableVersions"])
    athena.publish([PERIOD])
    assert len(athena.glue.get_table_versions(DatabaseName="finops", TableName=table_name(PERIOD))["TableVersions"]) == before
    athena.publish([Period(PERIOD.month, "s3://b/e/data/BILLING_PERIOD=2026-11/run-2/", True, PERIOD.columns, "bb")])
    assert kept(athena)["StorageDescriptor"]["Location"].endswith("/run-2/")


def test_two_sweeps_that_make_the_same_table_do_not_fail(athena: Athena) -> None:
    athena.publish([PERIOD])
    athena._create(table(PERIOD))
    assert kept(athena)["Name"] == table_name(PERIOD)


def execution(state: str, reason: str = "", scanned: int = 0, query: str = "q1") -> dict[str, Any]:
    return {
        "QueryExecution": {
            "Status": {"State": state, **({"StateChangeReason": reason} if reason else {})},
            "ResultConfiguration": {"OutputLocation": f"s3://own/athena-results/{query}.csv"},
            "Statistics": {"DataScannedInBytes": scanned},
        }
    }


def answered(athena: Athena, *answers: dict[str, Any]) -> Stubber:
    stubber = Stubber(athena.athena)
    stubber.add_response("start_query_execution", {"QueryExecutionId": "q1"})
    for answer in answers:
        stubber.add_response("get_query_execution", answer)
    return stubber


def test_a_query_is_followed_to_its_end_and_says_what_it_read(athena: Athena) -> None:
    alive: list[str] = []
    with answered(athena, execution("QUEUED"), execution("RUNNING"), execution("SUCCEEDED", scanned=12_345)) as stubber:
        assert athena.ask(QUERY, lambda: alive.append("yes")) == Answer("own", "athena-results/q1.csv", 12_345)
        stubber.assert_no_pending_responses()
    assert len(alive) == 2, "the lease is renewed as long as it runs"


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("FAILED", "HIVE_BAD_DATA: Malformed Parquet file", "query over the export failed: HIVE_BAD_DATA: Malformed Parquet file$"),
        ("CANCELLED", "Bytes scanned limit was exceeded", "cancelled: Bytes scanned limit was exceeded; athena_bytes_limit allows more$"),
        ("CANCELLED", "", "cancelled: no reason$"),
    ],
)
def test_a_query_that_does_not_end_well_says_why(athena: Athena, state: str, reason: str, said: str) -> None:
    with answered(athena, execution(state, reason)), pytest.raises(NoBill, match=said):
        athena.ask(QUERY)


def test_a_query_that_takes_too_long_is_stopped(athena: Athena) -> None:
    athena.clock = lambda: 100.0
    with answered(athena, execution("RUNNING")) as stubber:
        stubber.add_response("stop_query_execution", {}, {"QueryExecutionId": "q1"})
        with pytest.raises(NoBill, match="did not end in the Cost function's time"):
            athena.ask(QUERY)
        stubber.assert_no_pending_responses()


def test_what_may_not_be_asked_is_denied(athena: Athena) -> None:
    stubber = Stubber(athena.athena)
    stubber.add_client_error("start_query_execution", "AccessDeniedException", "You are not authorized")
    with stubber, pytest.raises(Denied, match="athena:StartQueryExecution: AccessDeniedException"):
        athena.ask(QUERY)


def test_sweeps_share_an_answer_until_the_export_is_refreshed(athena: Athena) -> None:
    s3, dynamodb = boto3.client("s3", region_name="us-east-1"), state_table.client()
    s3.create_bucket(Bucket="own")
    cache = Cache(dynamodb, state_table.create(dynamodb), Bucket(s3, "own"))
    asked = window("2026-11-01", "2026-11-15")

    def gathered(period: Period) -> dict[str, Any]:
        return resources.gather(cache, athena, URI, [period], asked, 60.0)

    with answered(athena, execution("SUCCEEDED")) as stubber:
        stubber.add_response("start_query_execution", {"QueryExecutionId": "q2"})
        stubber.add_response("get_query_execution", execution("SUCCEEDED", query="q2"))
        first, second = gathered(PERIOD), gathered(PERIOD)
        assert (first["cached"], second["cached"]) == (False, True)
        assert first["result"] == second["result"] == "athena-results/q1.csv"
        refreshed = gathered(Period(PERIOD.month, PERIOD.location, True, PERIOD.columns, "bb"))
        assert (refreshed["cached"], refreshed["result"]) == (False, "athena-results/q2.csv")
        stubber.assert_no_pending_responses()
