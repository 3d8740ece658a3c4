"""`finops suppressions stop`: which entry is meant, and that only its lines go."""

from __future__ import annotations

import pytest

from finops.commands.suppressions import stop
from finops.ending import ExitCode
from finops.sweeping.sweep import Target
from functions.core.rank.suppressions import KEY
from tests.finops.commands.suppressions import deployed_runs
from tests.finops.commands.suppressions.deployed_runs import BEFORE, BEST, UNTIL, typed, write, written

target = deployed_runs.target
ID = BEST["finding_id"]
OURS = f'\n[[suppress]]\nfinding_id = "{ID}"\nreason = "Standby"\nowner = "Ann"\nuntil = {UNTIL}\n'


@pytest.mark.parametrize("asked", ["2", ID, ID[:6], ID[:12].upper()])
def test_an_entry_is_named_by_its_number_or_its_finding(asked: str, target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE + OURS)
    code, out, _ = typed(capsys, "suppressions", "stop", asked, "--yes")
    assert (code, written(target)) == (ExitCode.DONE, BEFORE)
    assert out.splitlines() == [
        f"Entry 2 of {KEY}: finding_id {ID}: Standby, decided by Ann (until {UNTIL})",
        f"Ended: the next sweep counts again what only this entry hid. {KEY} has 1 left.",
    ]


def test_what_suppress_adds_is_what_stop_takes_out(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE)
    assert typed(capsys, "suppress", ID, "--reason", "Standby", "--until", str(UNTIL), "--yes")[0] == ExitCode.DONE
    assert written(target) != BEFORE
    assert typed(capsys, "suppressions", "stop", ID[:12], "--yes")[0] == ExitCode.DONE
    assert written(target) == BEFORE


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("0", f"there is no entry 0: {KEY} has 3"),
        ("4", "there is no entry 4"),
        ("0" * 12, "no entry is about finding 000000000000"),
        (ID, f"{ID} matches entries 2, 3: give one of these numbers"),
        ("vol-1", "'vol-1' is no entry: give its number, or a finding's id"),
        ("-1", "No such option"),
    ],
)
def test_what_names_no_entry_or_several_is_refused(asked: str, words: str, target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE + OURS + OURS)
    code, _, err = typed(capsys, "suppressions", "stop", asked, "--yes")
    assert (code, words in err) == (ExitCode.BAD_INPUT, True)
    assert written(target) == BEFORE + OURS + OURS


def test_an_entry_that_a_sweep_would_refuse_can_be_ended(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE + OURS + '\n[[suppress]]\ncheck_id = "ebs-gone"\nreason = "a"\nuntil = 2999-01-01\n')
    assert typed(capsys, "suppressions", "stop", "3", "--yes")[0] == ExitCode.DONE
    assert written(target) == BEFORE + OURS


def test_without_a_yes_and_after_somebody_else_s_change_nothing_is_written(
    target: Target, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(target, BEFORE)
    assert typed(capsys, "suppressions", "stop", "1")[0] == ExitCode.BAD_INPUT
    assert written(target) == BEFORE
    monkeypatch.setattr(stop, "confirm", lambda question, yes: write(target, OURS))
    assert typed(capsys, "suppressions", "stop", "1", "--yes")[0] == ExitCode.FAILED
    assert written(target) == OURS


def test_without_a_file_there_is_nothing_to_end(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = typed(capsys, "suppressions", "stop", "1")
    assert (code, "has 0" in err) == (ExitCode.BAD_INPUT, True)
