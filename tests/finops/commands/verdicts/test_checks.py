"""`finops checks`: without an account what is declared, with a run what was in force and counted; and a file of changes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from finops import cli
from finops.ending import ExitCode
from finops.sweeping import deployed
from finops.sweeping.sweep import Target
from functions.core import registry
from functions.core.store.unit_objects import FINDING
from functions.core.tuning.file import KEY
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.finops.asked_runs import IDS
from tests.finops.commands import test_runs
from tests.functions import sweeps

CHECK = "ebs-unattached-volume"
FILE = f'[[check]]\nid = "{CHECK}"\ntag = "env=dev"\n[check.thresholds]\nmin_age_days = 30\n'
target = test_runs.target


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["checks", *words])
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(stack: str) -> Target:
        raise AssertionError("no account was needed")

    monkeypatch.setattr(deployed, "find", nobody)


@pytest.mark.usefixtures("offline")
def test_all_checks_are_listed_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys)
    assert code == ExitCode.DONE
    assert [check.id for check in registry.checks() if f"{check.id} " not in out] == []
    assert " free " in out


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("width", ["60", "80"])
def test_no_id_is_cut_where_the_terminal_is_narrow(width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("finops.terminal.PAGE_WIDTH", int(width))
    _, out, _ = typed(capsys)
    assert [check.id for check in registry.checks() if check.id not in out] == []


@pytest.mark.usefixtures("offline")
def test_one_check_is_shown_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, CHECK)
    assert (code, out.splitlines()[0]) == (ExitCode.DONE, f"{CHECK}: EBS volume is attached to nothing")
    (one,) = json.loads(typed(capsys, CHECK, "--json")[1])["checks"]
    assert (one["id"], one["thresholds"][0]["where"]) == (CHECK, "default")
    assert "run" not in one


@pytest.mark.usefixtures("offline")
def test_a_check_that_there_is_not_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = typed(capsys, "ebs-unatached-volume")
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert err.startswith(f"finops: there is no check 'ebs-unatached-volume'; the nearest: {CHECK}")


@pytest.fixture
def ranked(target: Target) -> Target:
    """The newest report with its findings, and what was in force in its run."""
    folder = target.folder(IDS["done"])
    lines = b"".join(FINDING.dump_json(one) + b"\n" for one in (sweeps.finding("vol-1"), sweeps.finding("vol-2", check="ebs-idle-volume")))
    folder.bucket.put(folder.ranked, gzip.compress(lines), "application/gzip")
    money = {"low": 5.0, "likely": 10.0, "high": 10.0}
    ranking = {
        "run": {"run_id": folder.run_id},
        "totals": {"by_check": {CHECK: {"findings": 1, "monthly_savings": money}}},
        "coverage": {"insufficient_data": {CHECK: 4}},
    }
    folder.bucket.put_json(folder.ranking, ranking)
    rule = Rule(check_id=CHECK, where=f"{KEY}: check 1, line 1", thresholds={"min_age_days": 30.0})
    folder.bucket.put_json(folder.checks, Snapshot(rules=[rule]).as_json())
    return target


def test_with_a_run_it_says_what_was_in_force_and_what_was_counted(ranked: Target, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads(typed(capsys, CHECK, "--run", "latest", "--json")[1])["checks"]
    assert one["run"] == {
        "run_id": IDS["done"], "findings": 1, "monthly_savings": {"low": 5.0, "likely": 10.0, "high": 10.0}, "withheld": 4, "disabled": 0,
    }  # fmt: skip
    assert one["thresholds"][0] == {
        "name": "min_age_days", "value": 30.0, "default": 7, "where": f"{KEY}: check 1, line 1", "allowed": "0 or more",
        "why": "leave alone what is new or was attached lately",
    }  # fmt: skip
    assert one["price_keys"] == ["AmazonEBS volume.gp2"]
    assert f"{IDS['done']}: 1 finding, $10.00 a month" in typed(capsys, CHECK, "--run", IDS["done"])[1]


def test_a_run_of_an_earlier_version_has_the_defaults_and_says_so(ranked: Target, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ranked.folder(IDS["done"])
    folder.bucket.delete(folder.checks)
    code, out, err = typed(capsys, CHECK, "--run", "latest")
    assert (code, "min_age_days 7 (default;" in out) == (ExitCode.DONE, True)
    assert "is of an earlier version" in err


def test_a_run_without_a_report_is_bad_input(ranked: Target, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = typed(capsys, "--run", IDS["failed"])
    assert (code, "has no report" in err) == (ExitCode.BAD_INPUT, True)


@pytest.mark.usefixtures("offline")
def test_a_file_is_taken_or_refused_without_an_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "checks.toml"
    file.write_text(FILE + f'[[check]]\nid = "{CHECK}"\nenabled = false\n', encoding="utf-8")
    code, out, err = typed(capsys, "validate", str(file))
    assert (code, err) == (ExitCode.DONE, "")
    assert out.splitlines() == [
        f"✓ {file}: check 1, line 1: {CHECK} tag env=dev: min_age_days 30 instead of 7",
        f"✓ {file}: check 2, line 6: {CHECK} everywhere: disabled",
        "2 entries: a sweep takes it",
    ]
    file.write_text(FILE.replace("30", "-1").replace("env=dev", "=x"), encoding="utf-8")
    code, out, err = typed(capsys, "validate", str(file))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert "check 1, line 1: tag must be" in err
    assert "thresholds.min_age_days must be 0 or more, not -1; a sweep would be refused" in err
    assert "No such file" in typed(capsys, "validate", str(tmp_path / "none"))[2]


def test_the_deployed_file_is_validated(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"there is no {KEY}" in typed(capsys, "validate")[1]
    target.s3.put_object(Bucket=target.bucket, Key=KEY, Body=FILE.encode())
    assert typed(capsys, "validate")[1].splitlines()[-1] == "1 entry: a sweep takes it"
