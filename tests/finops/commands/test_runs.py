"""`finops runs`, `show` and `report`: which run is meant, and what is shown of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from finops import cli
from finops.commands import runs
from finops.ending import Ending, ExitCode
from finops.sweeping import rows
from finops.sweeping.sweep import Target
from functions.core import run_ids
from tests.finops.reports import finding, put

BUCKET = "bucket"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STARTS = {"running": NOON, "done": NOON - timedelta(days=1), "failed": NOON - timedelta(days=2)}
IDS = {name: run_ids.make(started, name) for name, started in STARTS.items()}
STATUS = {"running": "RUNNING", "done": "SUCCEEDED", "failed": "TIMED_OUT"}


class Machine:
    """The executions of a state machine, one a page, newest first."""

    def __init__(self, names: tuple[str, ...] = tuple(STARTS), **given: dict[str, Any]) -> None:
        self.names, self.given = names, given

    def get_paginator(self, operation: str) -> Machine:
        assert operation == "list_executions"
        return self

    def paginate(self, *, stateMachineArn: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert stateMachineArn == "arn"
        for name in self.names:
            ended = {} if STATUS[name] == "RUNNING" else {"stopDate": STARTS[name] + timedelta(seconds=90)}
            arn = f"arn:execution:{name}"
            yield {"executions": [{"name": name, "executionArn": arn, "status": STATUS[name], "startDate": STARTS[name], **ended}]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"input": json.dumps(self.given.get(executionArn.rpartition(":")[2], {}))}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with mock_aws():
        s3 = boto3.Session("111111111111", "x", region_name="us-east-1").client("s3")
        s3.create_bucket(Bucket=BUCKET)
        put(s3, BUCKET, [finding(1, 12.0)], run_id=IDS["done"])
        made = Target(machine_arn="arn", bucket=BUCKET, stepfunctions=Machine(), s3=s3)
        monkeypatch.setattr("finops.sweeping.deployed.find", lambda stack: made)
        yield made


@pytest.mark.parametrize("name", list(STARTS))
def test_a_run_is_found_by_its_id(target: Target, name: str) -> None:
    assert runs.find(target, IDS[name]).run_id == IDS[name]


def test_a_run_is_found_by_the_beginning_of_its_id(target: Target) -> None:
    assert runs.find(target, "20261123").run_id == IDS["done"]


def test_the_latest_is_the_newest_that_has_ended(target: Target) -> None:
    assert runs.find(target, "latest").run_id == IDS["done"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("2026112", "matches 3 runs: " + ", ".join(IDS.values())),
        ("1999", "there is no run '1999': `finops runs` lists them"),
    ],
)
def test_what_is_not_one_run_is_refused(target: Target, asked: str, message: str) -> None:
    with pytest.raises(Ending) as caught:
        runs.find(target, asked)
    assert caught.value.code is ExitCode.BAD_INPUT
    assert message in str(caught.value)


def test_without_an_ended_run_there_is_no_latest(target: Target) -> None:
    target.stepfunctions = Machine(("running",))
    with pytest.raises(Ending, match="no sweep has finished yet"):
        runs.find(target, "latest")


@pytest.mark.parametrize(
    ("reported", "machine", "found", "passed_over"),
    [
        (["done"], {}, "done", ["running"]),
        (["failed"], {}, "failed", ["running", "done"]),
        (["done", "failed"], {"running": {"resume": IDS["failed"]}}, "done", []),
        (["running", "failed"], {}, "running", []),
    ],
)
def test_the_latest_to_read_is_the_newest_that_has_a_report_and_what_is_passed_over_is_said(
    target: Target, capsys: pytest.CaptureFixture[str], reported: list[str], machine: dict[str, Any], found: str, passed_over: list[str]
) -> None:
    """By when the run began: what was resumed since is no newer run."""
    target.s3.delete_object(Bucket=BUCKET, Key=target.folder(IDS["done"]).summary)
    for name in reported:
        put(target.s3, BUCKET, [finding(1, 12.0)], run_id=IDS[name])
    target.stepfunctions = Machine(**machine)
    assert runs.read(target, "latest").run_id == IDS[found]
    names = ", ".join(f"{IDS[name]} ({STATUS[name].lower()})" for name in passed_over)
    said = f"latest is {IDS[found]}; passed over, without a report: {names}\n" if names else ""
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("command", [["show"], ["report", "--out"]])
def test_each_command_that_reads_a_report_says_what_it_passes_over(
    target: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert cli.main([command[0], "latest", *command[1:], *[str(tmp_path)] * len(command[1:])]) == 0
    shown = capsys.readouterr()
    assert IDS["done"] in shown.out
    assert f"passed over, without a report: {IDS['running']} (running)" in shown.err


def test_a_run_whose_own_execution_is_forgotten_is_the_latest_all_the_same(target: Target) -> None:
    target.stepfunctions = Machine(("running",), running={"resume": IDS["done"]})
    assert runs.read(target, "latest").run_id == IDS["done"]


def test_where_nothing_has_a_report_there_is_no_latest(target: Target) -> None:
    target.s3.delete_object(Bucket=BUCKET, Key=target.folder(IDS["done"]).summary)
    with pytest.raises(Ending, match=rf"no sweep has a report: {IDS['running']} \(running\), .*, {IDS['failed']} \(timed out\)"):
        runs.read(target, "latest")
    target.stepfunctions = Machine(())
    with pytest.raises(Ending, match="no sweep has finished yet"):
        runs.read(target, "latest")


def test_runs_for_a_program(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["run_id"], one["status"], one["seconds"], one["findings"]) for one in listed] == [
        (IDS["running"], "RUNNING", None, None),
        (IDS["done"], "SUCCEEDED", 90.0, 1),
        (IDS["failed"], "TIMED_OUT", 90.0, None),
    ]
    assert cli.main(["runs", "--json", "--limit", "1"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 1


def test_runs_for_a_person(target: Target) -> None:
    stream = io.StringIO()
    Console(file=stream, width=140).print(runs.table([runs.with_summary(target, run) for run in runs.executions(target)]))
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines[1] == [IDS["running"], "running"]
    assert lines[2] == [IDS["done"], "succeeded", "1.5", "1", "12.00", "100", "%"]
    assert lines[3] == [IDS["failed"], "timed", "out", "1.5"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_on_a_narrow_screen_no_run_and_no_amount_is_cut(target: Target, width: int) -> None:
    put(target.s3, BUCKET, [finding(1, 1_234_567.0)], run_id=IDS["done"])
    stream = io.StringIO()
    rows.put(Console(file=stream, width=width), runs.table([runs.with_summary(target, run) for run in runs.executions(target)]))
    assert {*IDS.values(), "1,234,567.00", "succeeded"} <= set(stream.getvalue().split())


def test_an_execution_that_resumed_a_run_shows_that_runs_report(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    target.stepfunctions = Machine(failed={"resume": IDS["done"]})
    assert cli.main(["runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["run_id"], one["status"], one["findings"]) for one in listed] == [
        (IDS["running"], "RUNNING", None),
        (IDS["done"], "SUCCEEDED", 1),
        (IDS["done"], "TIMED_OUT", 1),
    ]


def test_no_runs_say_what_to_do(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    target.stepfunctions = Machine(())
    assert cli.main(["runs"]) == 0
    assert "`finops sweep` starts one" in capsys.readouterr().out


def test_show_prints_what_the_sweep_printed(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "latest"]) == 0
    shown = capsys.readouterr().out
    assert "1 finding in " in shown
    assert f"`finops report {IDS['done']} --open`" in shown


def test_a_run_without_a_report_says_so(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", IDS["failed"]]) == ExitCode.BAD_INPUT
    assert f"run {IDS['failed']} (timed out) has no report" in capsys.readouterr().err


@pytest.mark.parametrize(("browser", "code"), [(True, ExitCode.DONE), (False, ExitCode.FAILED)])
def test_report_downloads_and_opens(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: bool, code: ExitCode) -> None:
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return browser

    monkeypatch.setattr("webbrowser.open", open_page)
    assert cli.main(["report", "latest", "--out", str(tmp_path)]) == 0
    assert opened == []
    assert cli.main(["report", IDS["done"], "--open", "--out", str(tmp_path)]) == code
    assert opened == [(tmp_path / IDS["done"] / "report.html").as_uri()]
    assert (tmp_path / "latest" / "report.csv").exists()
