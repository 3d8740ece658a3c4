"""`finops sql`: words in, rows out; a mistake is one line and exit code 2."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finops import cli
from finops.commands import sql
from finops.sweeping import dataset, deployed
from finops.sweeping.sweep import Target
from functions.core.rank.dataset import COLUMNS
from tests import sql_dataset
from tests.functions import sweeps
from tests.sql_dataset import Runs

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return sql_dataset.write(tmp_path_factory.mktemp("out"))


def finops(runs: Runs, *words: str) -> int:
    return cli.main(["sql", "--from", str(runs.folder), *words])


def test_a_query_answers_with_a_table_and_says_what_it_read(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    query = "select SubAccountId, count(*) as n from findings group by 1 order by 1"
    assert finops(runs, query) == 0
    shown = capsys.readouterr()
    assert [line.split() for line in shown.out.splitlines()][2:] == [[sweeps.ACCOUNT, "128"], [sql_dataset.OTHER, "12"]]
    newest = list(runs.reports)[-1]
    assert shown.err == f"2 rows from 2 runs, the newest {newest} ({runs.folder})\n"


def test_csv_and_json_are_the_rows_and_nothing_else(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    query = "select x_CheckId, sum(x_MonthlySavingsLikely) as usd from findings where x_CheckId = 'rds-idle' group by 1"
    assert finops(runs, query, "--csv") == 0
    shown = capsys.readouterr()
    assert list(csv.reader(io.StringIO(shown.out))) == [["x_CheckId", "usd"], ["rds-idle", "604.5"]]
    assert shown.err == ""
    assert finops(runs, query, "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == [{"x_CheckId": "rds-idle", "usd": 604.5}]
    assert shown.err == ""


def test_the_columns_are_the_tables_and_the_day(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert finops(runs, "--csv", "select column_name, column_type from (describe findings)") == 0
    described = dict(list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:])
    assert list(described) == [*COLUMNS, "run_date"]
    assert described["x_MonthlySavingsLow"] == "DOUBLE"
    assert described["x_IsHeadline"] == "BOOLEAN"
    assert described["run_date"] == "VARCHAR", "as in Athena: it compares with text"


def test_values_stand_in_for_question_marks(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        finops(runs, "--csv", "select count(*) as n from findings where SubAccountId = ? and x_CheckId = ?", sql_dataset.OTHER, "x'; drop")
        == 0
    )
    assert capsys.readouterr().out == "n\n0\n"


def test_since_takes_the_later_run_only(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    day = runs.latest["run"]["started"][:10]
    assert finops(runs, "--csv", "--since", day, "select distinct x_RunId from findings") == 0
    assert capsys.readouterr().out.split() == ["x_RunId", list(runs.reports)[-1]]


EXAMPLES = [" ".join(part.split()) for part in sql.EXAMPLES.split("\n\n") if part.startswith("finops ")]
"""Of the help, as typer shows them: a paragraph each."""


def answered(example: str, runs: Runs, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The rows of an example of the help, typed with the runs' folder."""
    words = [word for word in shlex.split(example.partition(" > ")[0]) if word not in ("--from", "out", "--csv")]
    assert words[:2] == ["finops", "sql"]
    assert finops(runs, *words[2:], "--json") == 0, capsys.readouterr().err
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_help_answers(runs: Runs, capsys: pytest.CaptureFixture[str], example: str) -> None:
    assert answered(example, runs, capsys)


def test_the_help_has_examples_and_shows_them_so_that_they_can_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) >= 7
    cli.main(["sql", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert [example for example in EXAMPLES if example not in shown] == []


def test_the_first_example_has_the_reports_own_sums(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the newest run, of what counts: not of all runs, and not twice for a resource with two findings."""
    rows, totals = answered(EXAMPLES[0], runs, capsys), runs.latest["totals"]
    sums = {row["x_CheckId"]: row["sum(x_MonthlySavingsLikely)"] or 0 for row in rows}
    assert sum(sums.values()) == pytest.approx(totals["monthly_savings"]["likely"])
    for check, found in totals["by_check"].items():
        assert sums.get(check, 0) == pytest.approx(found["monthly_savings"]["likely"])
    assert sum(row["count_star()"] for row in rows) == totals["counted"]
    assert [row["sum(x_MonthlySavingsLikely)"] for row in rows][:1] == [max(sums.values())], "the largest first"


def test_the_second_example_counts_each_runs_findings(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answered(EXAMPLES[1], runs, capsys)
    assert {row["x_RunId"]: row["count_star()"] for row in rows} == {run: of["totals"]["findings"] for run, of in runs.reports.items()}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["select x_Savings from findings"],
            'SQL: Binder Error: Referenced column "x_Savings" not found in FROM clause! Candidate bindings:',
        ),
        (["selec 1"], 'SQL: Parser Error: syntax error at or near "selec"'),
        (["select * from finding"], "SQL: Catalog Error: Table with name finding does not exist!"),
        (["select ? from findings"], "SQL: Invalid Input Error: Values were not provided for the following parameters: 1"),
        ([], 'give a query, such as "select * from findings limit 1", or --saved NAME'),
        (["--saved", "nothing"], "--saved nothing: no such query; there are largest-findings, latest, new-since, owners-and-tags,"),
        (["--saved", "new-since"], "--saved new-since takes 1 value and got 0: Findings of the latest run"),
        (["--saved", "savings-by-run", "select 1"], "--saved savings-by-run takes 0 values and got 1"),
        (["--since", "yesterday", "select 1"], "--since yesterday: must be a date such as 2026-11-01"),
        (["--since", "2999-01-01", "select 1"], "since 2999-01-01: a sweep puts them there"),
        (["--csv", "--json", "select 1"], "--csv and --json: give only one of them"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(runs: Runs, capsys: pytest.CaptureFixture[str], words: list[str], line: str) -> None:
    assert finops(runs, *words) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert "LINE 1" not in said


def test_a_damaged_part_is_a_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = tmp_path / sweeps.folder(run_id=sweeps.RUN_ID).rows("2026-11-24")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"no gzip")
    assert cli.main(["sql", "--from", str(tmp_path), "select count(*) from findings"]) == 2
    assert capsys.readouterr().err.startswith("finops: SQL: ")


def test_an_empty_run_has_no_rows_and_is_no_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = tmp_path / sweeps.folder(run_id=sweeps.RUN_ID).rows("2026-11-24")
    part.parent.mkdir(parents=True)
    part.write_bytes(gzip.compress(b""))
    runs = Runs(tmp_path, {})
    assert finops(runs, "--csv", "select count(*) as n from findings") == 0
    assert capsys.readouterr().out == "n\n0\n"


def test_the_saved_queries_are_listed_and_run(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["values"]) for one in listed][:3] == [("largest-findings", 0), ("latest", 0), ("new-since", 1)]
    assert finops(runs, "--saved", "largest-findings", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 50
    assert finops(runs, "--saved", "new-since", "2000-01-01", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == runs.latest["totals"]["findings"]


def test_without_from_it_is_the_deployed_analyzers_bucket(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def find(stack: str) -> Target:
        asked.append(stack)
        return Target(machine_arn="arn", bucket=sweeps.BUCKET, stepfunctions=None, s3=world.s3)

    monkeypatch.setattr(deployed, "find", find)
    with sweeps.world() as world:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        for part in dataset.in_folder(runs.folder).parts:
            world.s3.upload_file(str(part.path), sweeps.BUCKET, part.path.relative_to(runs.folder).as_posix())
        assert cli.main(["sql", "--stack", "Mine", "--csv", "select count(distinct x_RunId) as n from findings"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "n\n2\n"
    assert shown.err.startswith("downloading 4 files, 0.0 MB, from s3://reports to ")
    assert asked == ["Mine"]


def test_a_run_without_a_report_is_not_the_newest_and_that_is_said(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    older, newer = runs.reports
    with sweeps.world() as world:
        monkeypatch.setattr(deployed, "find", lambda stack: Target(machine_arn="", bucket=sweeps.BUCKET, stepfunctions=None, s3=world.s3))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        for part in dataset.in_folder(runs.folder).parts:
            world.s3.upload_file(str(part.path), sweeps.BUCKET, part.path.relative_to(runs.folder).as_posix())
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id=older).summary, Body=b"{}")
        assert cli.main(["sql", "--csv", "select distinct x_RunId from findings"]) == 0
    shown = capsys.readouterr()
    assert shown.out.split() == ["x_RunId", older]
    assert f"the newest run is {older}; passed over, without a report: {newer}" in shown.err


def test_trinos_functions_work_here_too(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    query = (
        "select json_extract_scalar(Tags, '$.team') as team, count(*) as n from findings "
        "where regexp_like(x_CheckId, '^ebs') and from_iso8601_timestamp(x_FirstSeen) < current_timestamp "
        "and json_extract_scalar(x_Evidence, '$.size_gib') = '100' group by 1 order by 1"
    )
    assert finops(runs, "--json", query) == 0
    assert {one["team"]: one["n"] for one in json.loads(capsys.readouterr().out)} == {"t0": 39, "t1": 40, "t2": 40, "late": 3, None: 4}


def test_a_machine_without_duckdb_is_told_what_to_install(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert finops(runs, "select 1") == 2
    assert capsys.readouterr().err == "finops: DuckDB is not installed: pip install -r requirements-dev.txt\n"


def test_a_sweep_does_not_wait_for_duckdb() -> None:
    script = "import sys, finops.cli; print('duckdb' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    assert loaded.stdout.strip() == "False"


def test_duckdb_is_not_in_the_layer() -> None:
    assert "duckdb" not in (ROOT / "requirements.txt").read_text()
    assert "duckdb==" in (ROOT / "requirements-dev.txt").read_text()
