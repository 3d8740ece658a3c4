"""`finops resume RUN`: which run is gone on with, and what the state machine is started with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from finops import cli
from finops.ending import Ending, ExitCode
from finops.sweeping.sweep import Target
from tests.finops.asked_runs import IDS, Machine
from tests.finops.commands.test_runs import target  # noqa: F401  # the fixture


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What the state machine was asked to start with; nothing is started."""
    given: list[Mapping[str, Any]] = []

    def run(of: Target, asked: Mapping[str, Any], out: Any, screen: Any) -> None:
        given.append(asked)
        raise Ending(ExitCode.FAILED, "not in this test")

    monkeypatch.setattr("finops.commands.resume.run", run)
    return given


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([IDS["failed"]], {"resume": IDS["failed"]}),
        (["20261122"], {"resume": IDS["failed"]}),
        (["latest"], {"resume": IDS["done"]}),
        ([IDS["failed"], "--min-coverage", "0.5", "--no-analyze"], {"resume": IDS["failed"], "min_coverage": 0.5, "analyze": False}),
    ],
)
def test_the_run_that_is_meant_is_gone_on_with(
    target: Target,  # noqa: F811
    started: list[Mapping[str, Any]],
    arguments: list[str],
    asked: Mapping[str, Any],
) -> None:
    assert cli.main(["resume", *arguments]) == ExitCode.FAILED
    assert started == [asked]


def test_what_resumed_a_run_is_not_a_run_of_its_own(target: Target, started: list[Mapping[str, Any]]) -> None:  # noqa: F811
    target.stepfunctions = Machine(failed={"resume": IDS["done"]})
    cli.main(["resume", IDS["failed"]])
    assert started == [{"resume": IDS["done"]}]


def test_the_latest_to_go_on_with_is_the_newest_that_was_planned(
    target: Target,  # noqa: F811
    started: list[Mapping[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not a start that was delivered twice, nor one whose input was refused: there is nothing to go on with. A report is not needed."""
    folder = target.folder(IDS["failed"])
    target.s3.delete_object(Bucket=target.bucket, Key=target.folder(IDS["done"]).summary)
    cli.main(["resume", "latest"])
    folder.bucket.put_json(folder.planned, {})
    cli.main(["resume", "latest"])
    assert started == [{"resume": IDS["done"]}, {"resume": IDS["failed"]}], "where no plan is seen at all, Plan says what is wrong"
    assert f"latest is {IDS['failed']}; passed over, without a plan: {IDS['done']} (succeeded)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([IDS["running"]], f"run {IDS['running']} is still running: wait until it ends, or stop its execution first"),
        (["1999"], "there is no run '1999': `finops runs` lists them"),
        ([IDS["failed"], "--min-coverage", "2"], "min_coverage: "),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    target: Target,  # noqa: F811
    started: list[Mapping[str, Any]],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert cli.main(["resume", *arguments]) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err
    assert started == []
