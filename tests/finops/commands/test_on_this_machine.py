"""--profile, --yes and --free: what they lead to, and with what they do not go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from finops import cli
from finops.ending import ExitCode
from finops.local import sweeping
from finops.sweeping import deployed, sample

OTHER = "444455556666"


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been run, without running it."""
    calls: list[tuple[Any, ...]] = []

    def on_this_machine(name: str, *given: Any, yes: bool, free: bool) -> ExitCode:
        *what, _ = given  # the last is the screen
        calls.append((name, *what, yes, free))
        return ExitCode.COVERAGE_TOO_LOW

    def elsewhere(*_: Any, **__: Any) -> Any:
        raise AssertionError("this needs the deployed analyzer, or the sample")

    monkeypatch.setattr(sweeping, "sweep", on_this_machine)
    monkeypatch.setattr(sweeping, "resume", on_this_machine)
    monkeypatch.setattr(deployed, "find", elsewhere)
    monkeypatch.setattr(sample, "sweep_embedded", elsewhere)
    return calls


@pytest.mark.parametrize(
    ("words", "given", "yes", "free"),
    [
        ([], {}, False, False),
        (["--yes"], {}, True, False),
        (["-y"], {}, True, False),
        (["--free"], {}, False, True),
        (["--yes", "--free"], {}, True, True),
        (["--organization"], {"accounts": {"organization": {}}}, False, False),
        (["--accounts", f"self,{OTHER}"], {"accounts": ["self", OTHER]}, False, False),
        (
            ["--regions", "us-east-1", "--types", "ebs:volume", "--days", "14"],
            {"regions": ["us-east-1"], "resource_types": ["ebs:volume"], "analysis_period_days": 14},
            False,
            False,
        ),
    ],
)
@pytest.mark.parametrize("command", ["sweep", "analyze"])
def test_a_sweep_with_a_profile_runs_on_this_machine(
    called: list[tuple[Any, ...]], command: str, words: list[str], given: dict[str, Any], yes: bool, free: bool
) -> None:
    assert cli.main([command, "--profile", "audit", *words]) == 3, "with its own exit code"
    assert called == [("audit", given, Path("out"), yes, free)]


@pytest.mark.parametrize(("words", "yes", "free"), [([], False, False), (["--yes"], True, False), (["--free"], False, True)])
def test_a_run_of_this_machine_is_gone_on_with_by_the_same_options(
    called: list[tuple[Any, ...]], words: list[str], yes: bool, free: bool
) -> None:
    assert cli.main(["resume", "latest", "--profile", "audit", "--out", "elsewhere", "--min-coverage", "0.5", *words]) == 3
    assert called == [("audit", "latest", {"min_coverage": 0.5}, Path("elsewhere"), yes, free)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--profile", "audit", "--embedded"], "--embedded sweeps a sample, --profile your own account: choose one of them"),
        (["--free"], "--free and --yes are about a sweep on this machine: they need --profile"),
        (["--yes"], "--free and --yes are about a sweep on this machine: they need --profile"),
        (["-y", "--regions", "us-east-1"], "they need --profile"),
        (["--profile", "audit", "--organization", "--accounts", OTHER], "--organization and --accounts: give one of them"),
        (["--organization", "--accounts", "self"], "--organization and --accounts: give one of them"),
        (["--profile", "audit", "--types", "ebs:volumes"], "'ebs:volumes' is no resource type"),
        (["--profile"], "--profile"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_asked(
    called: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert cli.main(["sweep", *words]) == 2
    captured = capsys.readouterr()
    assert (captured.out, called) == ("", [])
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["sweep", "analyze", "resume"])
def test_the_options_are_the_same_ones_wherever_they_are(command: str) -> None:
    group: Any = typer.main.get_command(cli.app)
    options = {option.name: option for option in group.commands[command].params}
    assert options["profile"].opts == ["--profile"]
    assert [options[name].opts for name in ("yes", "free")] == [["--yes", "-y"], ["--free"]]
    assert [options[name].default for name in ("profile", "yes", "free")] == ["", False, False]
