"""`finops runs`, `show` and `report`: which run is meant, and what is shown of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from finops import cli
from finops.commands import listed_runs, runs
from finops.ending import ExitCode
from finops.sweeping import rows
from finops.sweeping.sweep import Target
from tests.finops.asked_runs import BUCKET, IDS, Machine, asked_target
from tests.finops.reports import finding, put


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with asked_target(monkeypatch) as made:
        yield made


@pytest.mark.parametrize("command", [["show"], ["report", "--out"]])
def test_each_command_that_reads_a_report_says_what_it_passes_over(
    target: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert cli.main([command[0], "latest", *command[1:], *[str(tmp_path)] * len(command[1:])]) == 0
    shown = capsys.readouterr()
    assert IDS["done"] in shown.out
    assert f"passed over, without a report: {IDS['running']} (running)" in shown.err


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
    Console(file=stream, width=140).print(runs.table([listed_runs.with_summary(target, run) for run in listed_runs.executions(target)]))
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines[1] == [IDS["running"], "running"]
    assert lines[2] == [IDS["done"], "succeeded", "1.5", "1", "12.00", "100", "%"]
    assert lines[3] == [IDS["failed"], "timed", "out", "1.5"]


@pytest.mark.parametrize(
    ("width", "left_out"),
    [(40, None), (60, "Not shown at this width: Minutes, Seen."), (70, "Not shown at this width: Minutes."), (80, "")],
)
def test_on_a_narrow_screen_no_run_and_no_amount_is_cut_and_what_is_left_out_is_said(
    target: Target, width: int, left_out: str | None
) -> None:
    put(target.s3, BUCKET, [finding(1, 1_234_567.0)], run_id=IDS["done"])
    stream = io.StringIO()
    listed = [listed_runs.with_summary(target, run) for run in listed_runs.executions(target)]
    rows.put(Console(file=stream, width=width), *runs.tables(listed))
    assert {*IDS.values(), "1,234,567.00", "succeeded"} <= set(stream.getvalue().split())
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("row 1" if left_out is None else "Run")
    assert (left_out or "succeeded") in stream.getvalue()
    assert ("Not shown" in lines[-1]) is bool(left_out)


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
