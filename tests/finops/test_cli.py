"""The command line itself: words in, exit code and one line out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from finops import cli
from finops.ending import Ending, ExitCode
from finops.sweeping import deployed, sample
from finops.sweeping.sweep import Target

TARGET = Target(machine_arn="arn:machine", bucket="bucket", stepfunctions=None, s3=None)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been run, without running it."""
    calls: list[dict[str, Any]] = []

    def run(target: Target, given: dict[str, Any], out: Path, screen: Any) -> Any:
        calls.append({"target": target, "given": given, "out": out, "json": screen.as_json})

    def sweep_embedded(given: dict[str, Any], out: Path, screen: Any, *, resources: int, keep: bool) -> ExitCode:
        calls.append({"given": given, "out": out, "json": screen.as_json, "resources": resources, "keep": keep})
        return ExitCode.DONE

    def find(stack: str) -> Target:
        calls.append({"stack": stack})
        return TARGET

    monkeypatch.setattr(cli, "run", run)
    monkeypatch.setattr(cli, "finish", lambda result, screen: ExitCode.COVERAGE_TOO_LOW)
    monkeypatch.setattr(sample, "sweep_embedded", sweep_embedded)
    monkeypatch.setattr(deployed, "find", find)
    return calls


@pytest.mark.parametrize("command", ["sweep", "analyze"])
def test_the_seed_guides_spelling_is_the_same_command(ran: list[dict[str, Any]], command: str) -> None:
    assert cli.main([command, "--regions", "us-east-1", "--days", "30"]) == 3
    given = {"regions": ["us-east-1"], "analysis_period_days": 30}
    assert ran == [{"stack": "FinOpsAnalyzer"}, {"target": TARGET, "given": given, "out": Path("out"), "json": False}]


def test_no_analyze_asks_no_model(ran: list[dict[str, Any]]) -> None:
    assert cli.main(["sweep", "--no-analyze"]) == 3
    assert ran[-1]["given"] == {"analyze": False}


def test_the_embedded_sweep_and_its_options(ran: list[dict[str, Any]]) -> None:
    assert cli.main(["sweep", "--embedded", "--fleet", "50", "--keep", "--json", "--out", "elsewhere"]) == 0
    assert ran == [{"given": {}, "out": Path("elsewhere"), "json": True, "resources": 50, "keep": True}]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sweep", "--days", "0"], "analysis_period_days"),
        (["sweep", "--embedded", "--types", "ebs:volumes"], "resource_types: 'ebs:volumes' is no resource type"),
        (["sweep", "--input", "none.json"], "--input: cannot read none.json"),
        (["sweep", "--regoins", "us-east-1"], "No such option: --regoins"),
        (["sweep", "--fleet", "0", "--embedded"], "--fleet"),
        (["sweep", "--keep"], "it needs --embedded"),
        (["sweap"], "sweap"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    ran: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("finops: ")
    assert line in captured.err
    assert ran == []


def test_with_json_an_error_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep", "--json", "--days", "0"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"exit_code": 2, "error": captured.err.strip().removeprefix("finops: ")}


@pytest.mark.parametrize(
    ("error", "code"),
    [(Ending(ExitCode.FAILED, "it failed"), 4), (Ending(ExitCode.INTERRUPTED, "interrupted"), 130), (KeyboardInterrupt(), 130)],
)
def test_endings_carry_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    def ends(stack: str) -> Target:
        raise error

    monkeypatch.setattr(deployed, "find", ends)
    assert cli.main(["sweep"]) == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_our_own_bugs_keep_their_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(stack: str) -> Target:
        raise KeyError("a bug")

    monkeypatch.setattr(deployed, "find", broken)
    with pytest.raises(KeyError):
        cli.main(["sweep"])


@pytest.mark.parametrize("words", [[], ["--help"], ["sweep", "--help"], ["breaker", "--help"], ["breaker", "status", "--help"]])
def test_help_is_no_mistake(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert cli.main(words) == 0
    captured = capsys.readouterr()
    assert "finops" in captured.out
    assert captured.err == ""


def test_help_shows_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["sweep", "--help"])
    shown = capsys.readouterr().out
    assert "finops sweep --embedded" in shown
    assert "3 coverage too low" in " ".join(shown.split())


def test_python_m_finops_refuses_bad_input_without_starting_anything() -> None:
    ended = subprocess.run(  # our own interpreter and module
        [sys.executable, "-m", "finops", "sweep", "--embedded", "--days", "0"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("finops: analysis_period_days")
    assert "Traceback" not in ended.stderr


def test_the_version_is_the_projects_and_takes_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cli.main(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"finops {project['version']}\n"


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("finops suppr", ["suppress", "suppressions"]),
        ("finops suppressions ", ["list", "check", "stop"]),
        ("finops show --st", ["--stack"]),
    ],
)
def test_a_shell_is_told_how_a_word_goes_on(typed: str, completed: list[str]) -> None:
    asked = {"_FINOPS_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    command = [sys.executable, "-m", "finops"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert done.stdout.split() == completed
