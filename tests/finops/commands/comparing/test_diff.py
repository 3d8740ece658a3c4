"""`finops diff`: what is said of two runs, and which are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from finops import cli
from finops.ending import ExitCode
from finops.sweeping.sweep import Target
from functions.core.store.bucket import Bucket
from tests.finops.commands.comparing.compared_runs import analyzer, id_of, put_back
from tests.functions import sweeps


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with analyzer() as made:
        yield made


def test_a_person_sees_the_sums_and_the_largest(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", id_of(7), id_of(8)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert " ".join(lines[0]) == f"(1) {id_of(7)}: $10.01 a month. (2) {id_of(8)}: $82.51 a month."
    assert lines[2:10] == [
        ["new", "1", "+40.00"],
        ["back", "again", "1", "+30.00"],
        ["resolved", "0", "0.00"],
        ["changed", "1", "+2.50"],
        ["not", "comparable", "(1)", "0", "0.00"],
        ["not", "comparable", "(2)", "0", "0.00"],
        ["unchanged", "1", "0.00"],
        ["the", "sum", "+72.50"],
    ]
    assert "new +40.00 ebs-unattached-volume name of vol-4 111122223333 us-east-1" in map(" ".join, lines)


def test_a_program_gets_it_by_names_whichever_is_named_first(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for words in ([id_of(1), "latest"], [id_of(8), id_of(1)[:9]]):
        assert cli.main(["diff", *words, "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    one = told[0]
    assert one == told[1]
    assert one["before"] == {"run_id": id_of(1), "as_of": "2026-11-01T02:00:00+00:00", "monthly_likely": 60.01}
    assert one["monthly_likely"] == pytest.approx(one["after"]["monthly_likely"] - one["before"]["monthly_likely"])
    numbers = {name: (one[name]["findings"], one[name]["monthly_likely"]) for name in ("new", "regressed", "resolved", "changed")}
    assert numbers == {"new": (1, 40), "regressed": (0, 0), "resolved": (1, -20), "changed": (1, 2.5)}
    assert (one["unchanged"], one["same_scope"], one["units_in_both"], one["not_comparable"]["units"]) == (2, True, 2, 0)
    (changed,) = one["changed"]["listed"]
    assert (changed["resource_arn"].rpartition(":")[2], changed["before"], changed["after"]) == ("vol-1", 10, 12.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([id_of(2), id_of(3)], "were not asked to look at the same: --anyway compares what both have seen"),
        ([id_of(2), id_of(4)], f"run {id_of(4)} is a what-if, which looks at another day: --anyway compares it all the same"),
        ([id_of(5), id_of(8)], f"run {id_of(5)} is of an earlier version, which did not note its scope: --anyway"),
        ([id_of(8), "latest"], f"both are run {id_of(8)}"),
        ([id_of(8), id_of(6)], f"run {id_of(6)} (succeeded) has no report"),
        ([id_of(8), "1999"], "there is no run '1999'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(
    target: Target, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert cli.main(["diff", *words]) == ExitCode.BAD_INPUT
    shown = capsys.readouterr()
    assert said in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_of_runs_of_different_scopes_only_what_both_have_seen_is_compared(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", id_of(3), id_of(8), "--anyway"]) == 0
    said = capsys.readouterr().out
    assert "They are not of the same scope: only what both have seen is compared, 1 unit." in said
    assert "Not comparable: 1 unit that only one of them has seen; what is there is neither new nor resolved." in said
    assert cli.main(["diff", id_of(3), id_of(8), "--anyway", "--json", "--limit", "0"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["unchanged"], told["new"]["findings"], told["resolved"]["findings"]) == (1, 0, 0)
    assert told["not_comparable"]["only_after"] == {"findings": 3, "monthly_likely": 82.5, "listed": []}


@pytest.mark.parametrize("width", ["40", "60", "80"])
def test_on_a_narrow_screen_no_amount_and_no_account_is_cut(
    target: Target, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setattr("finops.terminal.PAGE_WIDTH", int(width))
    assert cli.main(["diff", id_of(7), id_of(8)]) == 0
    assert {"+72.50", "+40.00", "111122223333", "us-east-1", "ebs-unattached-volume"} <= set(capsys.readouterr().out.split())
    assert cli.main(["history"]) == 0
    assert {id_of(1), "82.51", "60.01"} <= set(capsys.readouterr().out.split())


def test_a_run_whose_findings_are_not_kept_any_more_says_so(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sweeps.folder(run_id=id_of(1))
    with put_back(target.s3):
        Bucket(target.s3, sweeps.BUCKET).delete(folder.ranked)
        assert cli.main(["diff", id_of(1), id_of(8)]) == ExitCode.BAD_INPUT
    assert f"not all of the two runs is kept any more: {folder.ranked} is not in the bucket" in capsys.readouterr().err
