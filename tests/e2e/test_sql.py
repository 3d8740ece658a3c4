"""SQL over what a sweep of the embedded AWS leaves: Athena there and `finops sql` here give the report's own sums.

That Athena is DuckDB behind Athena's API: what it shows is that the table, its place, the workgroup and the saved queries fit together.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cdk_app.constructs.saved_queries import saved
from finops.commands import sql
from finops.embedded.aws import EmbeddedAws
from finops.sweeping import dataset
from functions.core.store.bucket import Bucket
from tests.e2e.sweeping import LOOK_SECONDS, Sweep


def through_athena(aws: EmbeddedAws, name: str) -> list[dict[str, str]]:
    """The answer of a deployed saved query, in the deployed workgroup."""
    athena, workgroup = aws.client("athena"), aws.outputs["WorkGroupName"]
    ids = athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]
    queries = {one["Name"]: one for one in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]}
    assert set(queries) == set(saved())
    started = athena.start_query_execution(
        QueryString=queries[name]["QueryString"], QueryExecutionContext={"Database": queries[name]["Database"]}, WorkGroup=workgroup
    )["QueryExecutionId"]
    while (seen := athena.get_query_execution(QueryExecutionId=started)["QueryExecution"])["Status"]["State"] in ("QUEUED", "RUNNING"):
        time.sleep(LOOK_SECONDS)
    assert seen["Status"]["State"] == "SUCCEEDED", seen["Status"].get("StateChangeReason")
    assert seen["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{aws.outputs['BucketName']}/athena-results/")
    header, *rows = ([cell.get("VarCharValue", "") for cell in row["Data"]] for row in _pages(athena, started))
    return [dict(zip(header, row, strict=True)) for row in rows]


def _pages(athena: Any, execution: str) -> list[Any]:
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
    return [row for page in pages for row in page["ResultSet"]["Rows"]]


def test_athena_answers_from_the_table_that_was_deployed(aws: EmbeddedAws, after_sixty_days: Sweep) -> None:
    rows = {row["run"]: row for row in through_athena(aws, "savings-by-run")}
    mine, totals = rows[after_sixty_days.report["run"]["run_id"]], after_sixty_days.report["totals"]
    assert float(mine["monthly_savings"]) == pytest.approx(totals["monthly_savings"]["likely"], abs=0.005)
    assert (int(mine["findings"]), int(mine["accounts"])) == (totals["findings"], len(totals["by_account"]))


def test_finops_sql_answers_the_same_from_the_bucket(aws: EmbeddedAws, after_sixty_days: Sweep, tmp_path: Path) -> None:
    found = dataset.in_bucket(Bucket(aws.client("s3"), aws.outputs["BucketName"]), tmp_path, print)
    run_id, totals = after_sixty_days.report["run"]["run_id"], after_sixty_days.report["totals"]
    columns, rows = sql.run(
        found,
        "select RegionId, sum(x_MonthlySavingsLikely) from findings "
        "where x_RunId = ? and x_IsHeadline and x_Lifecycle <> 'suppressed' group by 1",
        [run_id],
    )
    assert columns[0] == "RegionId"
    expected = {region: group["monthly_savings"]["likely"] for region, group in totals["by_region"].items()}
    assert {region: round(likely or 0, 4) for region, likely in rows} == {region: round(likely, 4) for region, likely in expected.items()}
    assert sum(likely or 0 for _, likely in rows) == pytest.approx(totals["monthly_savings"]["likely"])
    for query in saved().values():
        assert sql.run(found, query.sql, ["2000-01-01"] * query.values)[1], query.name
