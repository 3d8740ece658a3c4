"""`finops suppressions list`: what each entry hides, which end soon, and the same sum as the run's report."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from finops.commands.suppressions import entries
from finops.ending import ExitCode
from finops.sweeping import rows
from finops.sweeping.sweep import Target
from functions.core.rank.suppressions import KEY, parse
from functions.core.rank.totals import Totals
from tests.finops.asked_runs import IDS, Machine
from tests.finops.commands.suppressions import deployed_runs
from tests.finops.commands.suppressions.deployed_runs import BEST, FINDINGS, SECOND, SOON, TODAY, UNTIL, put, typed, write

target = deployed_runs.target
HIDDEN = {"lifecycle": "suppressed", "headline": False, "suppressed_by": "file"}
FILE = f"""
[[suppress]]
resource_arn = "*:vol-1"
reason = "Standby"
owner = "Ann"
until = {UNTIL}

[[suppress]]
finding_id = "{BEST["finding_id"]}"
reason = "The same, later"
until = {SOON}

[[suppress]]
region = "us-east-1"
reason = "Over"
until = 2020-01-01
"""


def test_each_entry_says_what_it_hides_and_the_sum_is_the_report_s(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, FILE)
    found = [one | HIDDEN if one in (BEST, SECOND) else one for one in FINDINGS]
    put(target, found)
    code, out, _ = typed(capsys, "suppressions", "list")
    assert code == ExitCode.DONE
    lines = out.splitlines()
    assert lines[0].split() == ["Entry", "Findings", "$", "a", "month", "Until", "What", "it", "matches", "Reason", "Decided", "by"]
    assert lines[1].split() == ["1", "2", "12.00", str(UNTIL), "resource_arn", "*:vol-1", "Standby", "Ann"]
    assert lines[2].split()[:5] == ["2", "0", "0.00", str(SOON), "(ends"]
    assert lines[3].split()[:5] == ["3", "0", "0.00", "2020-01-01", "(expired)"]
    totals = Totals()
    for one in found:
        totals.add(one)
    whole = totals.as_json(0)["suppressed"]
    assert lines[-2] == "By the tag finops:ignore: 1 finding, $7.50 a month."
    hidden = f"{whole['findings']} findings, ${whole['monthly_savings_likely']:,.2f} a month"
    assert lines[-1] == f"Hidden in run {IDS['done']}: {hidden}; 1 ends within 14 days; 1 expired."


def test_what_the_run_still_counted_is_hidden_by_the_next_one(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, FILE)
    assert "2 findings of them are hidden from the next sweep on." in typed(capsys, "suppressions", "list")[1]


def test_for_a_program(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    write(target, FILE)
    document = json.loads(typed(capsys, "suppressions", "list", "--json")[1])
    assert document["run_id"] == IDS["done"]
    assert document["by_tag"] == {"findings": 1, "monthly_savings": 7.5}
    assert document["suppressions"][0] == {
        "entry": 1,
        "conditions": {"resource_arn": "*:vol-1"},
        "reason": "Standby",
        "owner": "Ann",
        "until": str(UNTIL),
        "state": "holds",
        "findings": 2,
        "monthly_savings": 12.0,
        "counted_until_next_sweep": 2,
    }
    assert [one["state"] for one in document["suppressions"]] == ["holds", "ends soon", "expired"]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_amount_no_day_and_no_id_is_cut(width: int) -> None:
    hidden = [entries.Hidden(1_234_567, 12_345_678_900), entries.Hidden(), entries.Hidden()]
    stream = io.StringIO()
    rows.put(Console(file=stream, width=width), entries.table(parse(FILE), hidden, TODAY), least=entries.ID_WIDTH)
    words = stream.getvalue().split()
    assert {"1,234,567", "1,234,567.89", str(UNTIL), str(SOON)} <= set(words)
    assert BEST["finding_id"] in words
    assert "…" not in stream.getvalue()


def test_without_a_file_and_without_a_report(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, "suppressions", "list")[1].splitlines()[0] == f"There is no entry in {KEY}."
    target.stepfunctions = Machine(())
    write(target, FILE)
    code, out, _ = typed(capsys, "suppressions", "list")
    assert (code, out.splitlines()[-1]) == (ExitCode.DONE, "No sweep has a report yet: what they hide is not known.")
    code, _, err = typed(capsys, "suppressions", "list", "--against", "2001")
    assert (code, "there is no run '2001'" in err) == (ExitCode.BAD_INPUT, True)


def test_a_wrong_file_and_a_run_without_a_report_are_refused(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, "suppressions", "list", "--against", IDS["failed"])[0] == ExitCode.BAD_INPUT
    write(target, "[[supress]]\n")
    code, _, err = typed(capsys, "suppressions", "list")
    assert (code, "unknown key 'supress'" in err) == (ExitCode.BAD_INPUT, True)
