"""Which run is meant: by its id, by the beginning of it, or the latest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from finops.commands import listed_runs
from finops.ending import Ending, ExitCode
from finops.sweeping.sweep import Target
from tests.finops.asked_runs import BUCKET, IDS, STARTS, STATUS, Machine, asked_target
from tests.finops.reports import finding, put


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with asked_target(monkeypatch) as made:
        yield made


@pytest.mark.parametrize("name", list(STARTS))
def test_a_run_is_found_by_its_id(target: Target, name: str) -> None:
    assert listed_runs.find(target, IDS[name]).run_id == IDS[name]


def test_a_run_is_found_by_the_beginning_of_its_id(target: Target) -> None:
    assert listed_runs.find(target, "20261123").run_id == IDS["done"]


def test_the_latest_is_the_newest_that_has_ended(target: Target) -> None:
    assert listed_runs.find(target, "latest").run_id == IDS["done"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("2026112", "matches 3 runs: " + ", ".join(IDS.values())),
        ("1999", "there is no run '1999': `finops runs` lists them"),
    ],
)
def test_what_is_not_one_run_is_refused(target: Target, asked: str, message: str) -> None:
    with pytest.raises(Ending) as caught:
        listed_runs.find(target, asked)
    assert caught.value.code is ExitCode.BAD_INPUT
    assert message in str(caught.value)


def test_without_an_ended_run_there_is_no_latest(target: Target) -> None:
    target.stepfunctions = Machine(("running",))
    with pytest.raises(Ending, match="no sweep has finished yet"):
        listed_runs.find(target, "latest")


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
    assert listed_runs.read(target, "latest").run_id == IDS[found]
    names = ", ".join(f"{IDS[name]} ({STATUS[name].lower()})" for name in passed_over)
    said = f"latest is {IDS[found]}; passed over, without a report: {names}\n" if names else ""
    assert capsys.readouterr().err == said


def test_a_run_whose_own_execution_is_forgotten_is_the_latest_all_the_same(target: Target) -> None:
    target.stepfunctions = Machine(("running",), running={"resume": IDS["done"]})
    assert listed_runs.read(target, "latest").run_id == IDS["done"]


def test_where_nothing_has_a_report_there_is_no_latest(target: Target) -> None:
    target.s3.delete_object(Bucket=BUCKET, Key=target.folder(IDS["done"]).summary)
    with pytest.raises(Ending, match=rf"no sweep has a report: {IDS['running']} \(running\), .*, {IDS['failed']} \(timed out\)"):
        listed_runs.read(target, "latest")
    target.stepfunctions = Machine(())
    with pytest.raises(Ending, match="no sweep has finished yet"):
        listed_runs.read(target, "latest")
