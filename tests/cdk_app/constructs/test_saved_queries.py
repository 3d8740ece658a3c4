"""The saved queries: over a dataset that Rank wrote they give the report's own sums, and they use only what Trino and DuckDB share."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cdk_app.constructs import saved_queries
from cdk_app.constructs.saved_queries import SavedQuery, saved
from finops.commands import sql
from finops.ending import Ending
from finops.sweeping import dataset
from functions.core import run_ids
from tests import sql_dataset
from tests.functions import sweeps
from tests.functions.core.rank.test_ranking import ranked
from tests.functions.folder_bucket import FolderBucket
from tests.sql_dataset import Runs

NAMES = ["largest-findings", "latest", "new-since", "owners-and-tags", "savings-by-account-and-service", "savings-by-run"]
BOTH = frozenset("avg cast coalesce concat count lag map map_keys max min round substr sum unnest".split())  # noqa: SIM905
"""Functions and types that mean the same in Trino and in DuckDB: https://trino.io/docs/current/functions.html, https://duckdb.org/docs/."""
ADDED = frozenset({"json_parse"})
"""Trino's, which finops/commands/sql.py gives to DuckDB."""
CLAUSES = frozenset("as filter from in over t where with".split())  # noqa: SIM905
"""Words before a bracket that are no functions; `t (tag)` names the column of an UNNEST."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return sql_dataset.write(tmp_path_factory.mktemp("bucket"))


def answer(runs: Runs, name: str, *values: str) -> list[dict[str, Any]]:
    columns, rows = sql.run(dataset.in_folder(runs.folder), saved()[name].sql, values)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def code(query: SavedQuery) -> str:
    """The SQL without its comment and its texts."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", query.sql))


def test_there_are_six_and_each_says_what_it_answers() -> None:
    assert list(saved()) == NAMES
    assert {name: query.values for name, query in saved().items() if query.values} == {"new-since": 1}
    for query in saved().values():
        assert re.fullmatch(r"[A-Z][^?;]{30,1000}\.", query.description), "AWS allows 1,024 characters"
        assert query.values == code(query).count("?"), "a ? in a comment would be taken for a value"
        assert ";" not in query.sql, "Athena runs one statement"


def test_a_query_that_does_not_say_what_it_answers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mute.sql").write_text("SELECT 1\n")
    monkeypatch.setattr(saved_queries, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"mute\.sql: the first line must be a comment"):
        saved()


@pytest.mark.parametrize("name", NAMES)
def test_every_column_exists(runs: Runs, name: str) -> None:
    query = saved()[name]
    found = dataset.in_folder(runs.folder)
    assert sql.run(found, query.sql, ["2000-01-01"] * query.values)[1]
    with pytest.raises(Ending, match='Referenced column "x_NoSuchColumn" not found'):
        sql.run(found, query.sql.replace("x_Lifecycle", "x_NoSuchColumn"), ["2000-01-01"] * query.values)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_uses_only_what_trino_and_duckdb_share(name: str) -> None:
    called = {word.lower() for word in re.findall(r"([A-Za-z_]\w*)\s*\(", code(saved()[name]))}
    assert called - CLAUSES <= BOTH | ADDED
    assert "::" not in code(saved()[name])
    assert '"' not in code(saved()[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_query_reads_a_bounded_number_of_days(name: str) -> None:
    """Athena then looks at those partitions only: years of runs stay under the workgroup's limit."""
    text = saved()[name].sql
    days = re.findall(r"FROM findings\s+WHERE run_date >= cast\(cast\(current_date - INTERVAL '(\d+)' DAY AS date\) AS varchar\)", text)
    assert len(days) == len(re.findall(r"(?:FROM|JOIN)\s+findings\b", code(saved()[name]))) == 1
    assert int(days[0]) <= 100


def test_accounts_and_services_add_up_to_the_reports_totals(runs: Runs) -> None:
    rows = answer(runs, "savings-by-account-and-service")
    totals = runs.latest["totals"]
    for column, end in (("monthly_savings", "likely"), ("at_least", "low"), ("at_most", "high")):
        assert sum(row[column] for row in rows) == pytest.approx(totals["monthly_savings"][end], abs=0.005)
        for account, group in totals["by_account"].items():
            mine = sum(row[column] for row in rows if row["account"] == account)
            assert mine == pytest.approx(group["monthly_savings"][end], abs=0.005)
    assert sum(row["findings"] for row in rows) == totals["findings"]
    assert {row["service"] for row in rows} == {
        "Amazon Elastic Block Store", "Amazon Relational Database Service", "Elastic Load Balancing",
    }  # fmt: skip
    assert [row["monthly_savings"] for row in rows] == sorted((row["monthly_savings"] for row in rows), reverse=True)


def test_the_largest_findings_are_the_first_of_the_report(runs: Runs) -> None:
    rows = answer(runs, "largest-findings")
    first = runs.latest["findings"][:50]
    assert len(rows) == len(first) == 50
    assert [row["monthly_savings"] for row in rows] == [round(finding["savings"]["likely"], 2) for finding in first]
    assert {row["resource"] for row in rows} == {finding["resource_name"] for finding in first}
    assert "name of vol-quiet" not in {row["resource"] for row in rows}, "it is suppressed"


def test_the_latest_are_the_findings_in_the_sum_of_the_newest_run_in_athena_as_in_finops_sql(runs: Runs) -> None:
    rows = answer(runs, "latest")
    totals = runs.latest["totals"]
    assert {row["x_RunId"] for row in rows} == {runs.latest["run"]["run_id"]}
    assert len(rows) == totals["counted"]
    assert sum(row["x_MonthlySavingsLikely"] for row in rows) == pytest.approx(totals["monthly_savings"]["likely"], abs=0.005)
    columns, view = sql.run(dataset.in_folder(runs.folder), "select * from latest")
    assert sorted((dict(zip(columns, row, strict=True)) for row in view), key=str) == sorted(rows, key=str)


def test_what_is_new_since_a_date(runs: Runs) -> None:
    def since(days: int) -> list[dict[str, Any]]:
        return answer(runs, "new-since", (datetime.now(UTC) - timedelta(days=days)).date().isoformat())

    late = since(sql_dataset.SECOND_DAYS_AGO + 1)
    assert [row["resource"] for row in late] == ["name of vol-late-2", "name of vol-late-1", "name of vol-late-0"]
    assert sum(row["monthly_savings"] for row in late) == pytest.approx(3 * 3.33 + 3)
    everything = since(sql_dataset.FIRST_DAYS_AGO + 1)
    assert len(everything) == runs.latest["totals"]["findings"]
    assert sum(row["monthly_savings"] or 0 for row in everything) == pytest.approx(runs.latest["totals"]["monthly_savings"]["likely"])
    assert [row["unpriced"] for row in everything if row["unpriced"]] == [sweeps.UNPRICED.unpriced]
    assert since(0) == []


def test_each_run_has_its_own_reports_sum_and_the_change(runs: Runs) -> None:
    rows = answer(runs, "savings-by-run")
    assert [row["run"] for row in rows] == list(runs.reports)
    assert [row["monthly_savings"] for row in rows] == [report["totals"]["monthly_savings"]["likely"] for report in runs.reports.values()]
    assert [row["findings"] for row in rows] == [report["totals"]["findings"] for report in runs.reports.values()]
    assert [row["new_findings"] for row in rows] == [report["totals"]["lifecycle"]["new"] for report in runs.reports.values()]
    assert rows[0]["change"] is None
    assert (
        rows[1]["change"]
        == pytest.approx(rows[1]["monthly_savings"] - rows[0]["monthly_savings"])
        == pytest.approx(10 + 3 * 3.33 + 3 - 10.1)
    )
    assert rows[1]["run_date"] == runs.latest["run"]["started"][:10]


def test_only_runs_of_the_same_scope_are_subtracted(tmp_path: Path) -> None:
    """A sweep of one region between two of both, and one that looked at another day."""
    bucket, there = FolderBucket(tmp_path), sweeps.unit(region="eu-west-1")
    both = [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(30))]), (there, [sweeps.finding("vol-2", sweeps.saving(5), of=there)])]
    now = datetime.now(UTC)
    for days, found, ahead in ((9, both, 0), (7, both[1:], 0), (5, both[:1], 0), (3, both, 60), (2, both, 0), (1, both[1:], 0)):
        started = now - timedelta(days=days)
        as_of = (started + timedelta(days=ahead)).isoformat(timespec="seconds")
        ranked(bucket, found, "", run_ids.make(started, "sweep"), started.isoformat(timespec="seconds"), as_of)
    columns, rows = sql.run(dataset.in_folder(tmp_path), saved()["savings-by-run"].sql)
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    assert [(row["monthly_savings"], row["change"]) for row in told] == [(35, None), (5, None), (30, None), (35, None), (35, 0), (5, 0)]
    scopes = [row["scope"] for row in told]
    assert scopes[3] is None, "a what-if is compared with nothing"
    assert scopes[0] == scopes[4] != scopes[1] == scopes[5]


def test_owners_and_tags_share_out_the_whole(runs: Runs) -> None:
    rows = answer(runs, "owners-and-tags")
    counted = [finding for finding in runs.latest["findings"] if finding["headline"] and finding["savings"]["likely"] > 0]
    counted = [finding for finding in counted if finding["lifecycle"] != "suppressed"]
    owners = {row["label_value"]: row for row in rows if row["label"] == "owner"}
    assert sum(row["monthly_savings"] for row in owners.values()) == pytest.approx(runs.latest["totals"]["monthly_savings"]["likely"])
    assert {name: row["findings"] for name, row in owners.items()} == Counter(finding["owner"] or "(nobody)" for finding in counted)
    tags = {(row["label"], row["label_value"]): row["findings"] for row in rows if row["label"] != "owner"}
    assert tags == Counter(("tag " + key, value) for finding in counted for key, value in finding["tags"].items() if key != "Name")
