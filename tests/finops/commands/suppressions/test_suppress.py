"""`finops suppress`: what it shows, what it writes, what it refuses, and that nobody's change is overwritten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finops.commands.suppressions import suppress
from finops.ending import ExitCode
from finops.sweeping.sweep import Target
from functions.core.rank.suppressions import KEY, parse
from functions.core.rank.suppressions.file_text import command_for
from tests.finops.asked_runs import IDS
from tests.finops.commands.suppressions import deployed_runs
from tests.finops.commands.suppressions.deployed_runs import (
    BEFORE,
    BEST,
    SECOND,
    TAGGED,
    TODAY,
    UNPRICED,
    UNTIL,
    put,
    typed,
    write,
    written,
)

target = deployed_runs.target
ID = BEST["finding_id"]


def asked(capsys: pytest.CaptureFixture[str], *more: str, finding: str = ID[:12], yes: bool = True) -> tuple[int, str, str]:
    words = {"--reason": "Standby", "--until": str(UNTIL), **dict(zip(more[::2], more[1::2], strict=True))}
    return typed(capsys, "suppress", finding, *(word for pair in words.items() for word in pair), *(["--yes"] if yes else []))


def test_it_shows_what_it_hides_and_adds_one_entry_behind_what_is_there(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE)
    code, out, _ = asked(capsys, "--owner", " Ann  B. ")
    assert code == ExitCode.DONE
    assert out.splitlines() == [
        "Delete name of vol-1 (ebs-unattached-volume) in 111122223333 us-east-1: $12.00 a month, in the sum",
        f"  {BEST['resource_arn']}",
        f"  finding {ID} of run {IDS['done']}",
        "  1 other finding that it counts for may count instead",
        f"Suppressed until {UNTIL}, from the next sweep on: entry 2 of {KEY}. `finops suppressions stop 2` ends it.",
    ]
    text = written(target)
    assert text is not None
    assert text.startswith(BEFORE)
    assert text.removeprefix(BEFORE) == (
        f'\n[[suppress]]\nfinding_id = "{ID}"  # ebs-unattached-volume: {BEST["resource_arn"]}\nreason = "Standby"\nowner = "Ann B."\n'
        f"until = {UNTIL}\n"
    )
    assert parse(text)[1].matches(BEST)
    assert not parse(text)[1].matches(SECOND)


def test_the_first_entry_makes_the_file(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys)[0] == ExitCode.DONE
    assert [one.reason for one in parse(written(target) or "")] == ["Standby"]


def test_the_command_that_a_page_shows_asks_for_a_reason_before_anything_else(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    words = command_for(ID, UNTIL).replace("'", "").split()
    code, _, err = typed(capsys, *words[1:], "--yes")
    assert (code, "--reason '…': say in words why this is meant to stay" in err) == (ExitCode.BAD_INPUT, True)
    assert typed(capsys, *[word.replace("…", "Standby") for word in words[1:]], "--yes")[0] == ExitCode.DONE


@pytest.mark.parametrize(
    ("finding", "worth"),
    [
        (SECOND, f"$5.00 a month, counted by finding {ID[:12]}"),
        (UNPRICED, "no price ("),
        (TAGGED, "$7.50 a month, suppressed already: standby (tag finops:ignore, as long as it is there)"),
        (BEST | {"savings": BEST["savings"] | {"low": 0, "likely": 0, "high": 0}}, "to tidy up, it saves nothing"),
    ],
)
def test_what_a_finding_is_worth_is_said(finding: dict[str, object], worth: str) -> None:
    assert suppress.worth(finding).startswith(worth)


@pytest.mark.parametrize(
    ("more", "finding", "words"),
    [
        (("--until", "soon"), ID, "--until soon: must be a day such as 2027-03-31"),
        (("--until", str(TODAY - timedelta(days=1))), ID, f"must be a day from today, {TODAY}, to"),
        (("--until", str(TODAY + timedelta(days=401))), ID, "in 400 days"),
        (("--reason", " - "), ID, "say in words why this is meant to stay"),
        ((), ID[:5], "is no finding: give its id, or the first 6 to 32 hex digits of it"),
        ((), "vol-1", "'vol-1' is no finding"),
        ((), "0" * 12, f"run {IDS['done']} has no finding 000000000000"),
        (("--run", IDS["failed"]), ID, f"run {IDS['failed']} (timed out) has no report"),
        (("--run", "2001"), ID, "there is no run '2001'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    more: tuple[str, ...], finding: str, words: str, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = asked(capsys, *more, finding=finding)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert words in err
    assert written(target) is None


@pytest.mark.parametrize("days", [0, 400])
def test_the_first_and_the_last_day_are_taken(days: int, target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "--until", str(TODAY + timedelta(days=days)))[0] == ExitCode.DONE


def test_digits_that_begin_two_ids_are_refused_with_both(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    other = BEST | {"finding_id": ID[:12] + "f" * 20}
    put(target, [BEST, other])
    code, _, err = asked(capsys, finding=ID[:8])
    assert (code, written(target)) == (ExitCode.BAD_INPUT, None)
    assert f"{ID[:8]} matches 2 findings, give more digits" in err
    assert asked(capsys, finding=ID.upper())[0] == ExitCode.DONE


def test_an_id_is_found_where_it_is_a_finding_s_own(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    put(target, [SECOND])
    assert "has no finding" in asked(capsys)[2]


def test_what_is_suppressed_as_long_already_is_refused_and_longer_is_taken(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys)[0] == ExitCode.DONE
    code, _, err = asked(capsys)
    assert (code, f"suppressed until {UNTIL} already, by entry 1 of {KEY}: Standby" in err) == (ExitCode.BAD_INPUT, True)
    assert asked(capsys, "--until", str(UNTIL + timedelta(days=1)))[0] == ExitCode.DONE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[suppress\n", "`finops suppressions check` shows it"),
        ('[[suppress]]\nregion = "us-esat-1"\nreason = "a"\nuntil = 2999-01-01\n', "there is no region 'us-esat-1'"),
        ('suppress = [{region = "us-east-2", reason = "a", until = 2999-01-01}]\n', "edit the file by hand"),
    ],
)
def test_a_file_that_a_sweep_would_refuse_is_left_alone(text: str, words: str, target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, text)
    code, _, err = asked(capsys)
    assert (code, words in err, written(target)) == (ExitCode.BAD_INPUT, True, text)


def test_a_region_that_only_the_sweep_knows_is_taken(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, BEFORE.replace("eu-west-1", "xx-new-1"))
    target.folder(IDS["done"]).bucket.put_json(target.folder(IDS["done"]).scope, {"regions": ["xx-new-1"]})
    assert asked(capsys)[0] == ExitCode.DONE


@pytest.mark.parametrize("before", [BEFORE, None])
def test_what_somebody_else_writes_meanwhile_is_not_overwritten(
    before: str | None, target: Target, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if before:
        write(target, before)
    theirs = "# theirs\n"
    monkeypatch.setattr(suppress, "confirm", lambda question, yes: write(target, theirs))
    code, _, err = asked(capsys)
    assert (code, written(target)) == (ExitCode.FAILED, theirs)
    assert "nothing was written, repeat the command" in err
    assert ("was changed by somebody else meanwhile" in err) is bool(before)


def test_without_a_terminal_and_without_yes_nothing_is_written(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = asked(capsys, yes=False)
    assert code == ExitCode.BAD_INPUT
    assert "$12.00 a month" in out
    assert "nobody is there to be asked: nothing was written; --yes allows it" in err
    assert written(target) is None
