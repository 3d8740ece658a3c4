"""`finops suppressions check`: refusals and warnings, of a local file and of the deployed analyzer's."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from finops import cli
from finops.commands.suppressions import check
from finops.ending import ExitCode
from finops.sweeping.sweep import Target
from functions.core.rank.suppressions import KEY, parse
from functions.core.store.unit_objects import FINDING
from tests.finops.asked_runs import IDS, Machine
from tests.finops.commands import test_runs
from tests.functions import sweeps

TODAY = date(2026, 11, 24)
END = 'reason = "Kept"\nuntil = 2099-03-31\n'
GOOD = f'[[suppress]]\ntag = "keep"\n{END}'


@pytest.mark.parametrize(
    ("until", "matched", "line"),
    [
        ("2026-11-23", None, "! f: suppress 1, line 1: expired on 2026-11-23: Kept"),
        ("2026-11-24", None, "! f: suppress 1, line 1: ends on 2026-11-24, in 0 days: Kept"),
        ("2026-11-25", None, "! f: suppress 1, line 1: ends on 2026-11-25, in 1 day: Kept"),
        ("2026-12-08", None, "! f: suppress 1, line 1: ends on 2026-12-08, in 14 days: Kept"),
        ("2026-12-09", None, "✓ f: suppress 1, line 1: until 2026-12-09: Kept"),
        ("2026-12-09", [1], "✓ f: suppress 1, line 1: until 2026-12-09, matches 1 finding: Kept"),
        ("2026-12-09", [1234], "✓ f: suppress 1, line 1: until 2026-12-09, matches 1,234 findings: Kept"),
        ("2026-12-09", [0], "! f: suppress 1, line 1: until 2026-12-09, matches no findings: Kept"),
    ],
)
def test_each_entry_is_one_line(until: str, matched: list[int] | None, line: str) -> None:
    entries = parse(f'[[suppress]]\ntag = "keep"\nreason = "Kept"\nuntil = {until}\n', "f")
    first, last = check.lines(entries, TODAY, matched, "run-1" if matched else "")
    assert first == line
    assert last == f"1 suppression, {int(line[0] == '!')} to look at" + (", compared with run run-1" if matched else "")


def test_a_reason_cannot_write_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[suppress]]\ntag = "keep"\nreason = "a\\u001b[31mb"\nuntil = 2099-01-01\n', encoding="utf-8")
    out = checked(capsys, str(file))[1]
    assert ("\x1b" in out, "a\\x1b[31mb" in out) == (False, True)


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["suppressions", "check", *words])
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_on_this_machine_needs_no_account(encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(GOOD.replace("\n", "\r\n").encode(encoding))
    assert checked(capsys, str(file)) == (
        ExitCode.DONE,
        f"✓ {file}: suppress 1, line 1: until 2099-03-31: Kept\n1 suppression, 0 to look at\n",
        "",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[[suppress]]\ncheck_id = "ebs-nothing"\n' + END.encode(), "suppress 1, line 1: check_id: there is no check 'ebs-nothing'"),
        (
            b'[[suppress]]\nregion = "us-esat-1"\n' + END.encode(),
            "region: there is no region 'us-esat-1'; 'us-west-1' or 'us-east-1'",
        ),
        (b'[[suppress]]\ntag = "keep"\n', "suppress 1, line 1: reason is missing"),
        (b"[[suppress\n", "line 1"),
        (b"# \xfc", "not UTF-8 at byte 2: save it as UTF-8"),
    ],
)
def test_what_a_sweep_would_refuse_is_refused_with_the_file(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    code, out, err = checked(capsys, str(tmp_path / "mine.toml"))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert words in err
    assert f"{tmp_path / 'mine.toml'}: " in err
    assert "a sweep would be refused" in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = checked(capsys, str(tmp_path / "none.toml"))
    assert (code, "No such file" in err) == (ExitCode.BAD_INPUT, True)


target = test_runs.target


@pytest.fixture
def ranked(target: Target) -> Target:
    found: list[Any] = [sweeps.finding("vol-1", tags={"keep": "yes"}), sweeps.finding("vol-2")]
    lines = b"".join(FINDING.dump_json(one) + b"\n" for one in found)
    target.s3.put_object(Bucket=target.bucket, Key=target.folder(IDS["done"]).ranked, Body=gzip.compress(lines))
    return target


def test_the_deployed_file_is_compared_with_the_newest_report(ranked: Target, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD + f'[[suppress]]\nresource_arn = "*:vol-9"\n{END}'
    ranked.s3.put_object(Bucket=ranked.bucket, Key=KEY, Body=text.encode())
    code, out, _ = checked(capsys)
    assert code == ExitCode.DONE
    assert out.splitlines() == [
        f"✓ {KEY}: suppress 1, line 1: until 2099-03-31, matches 1 finding: Kept",
        f"! {KEY}: suppress 2, line 5: until 2099-03-31, matches no findings: Kept",
        f"2 suppressions, 1 to look at, compared with run {IDS['done']}",
    ]


def test_a_local_file_is_compared_when_it_is_asked(ranked: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert "matches 1 finding: Kept" in checked(capsys, str(file), "--against", IDS["done"])[1]
    code, _, err = checked(capsys, str(file), "--against", "2001")
    assert (code, "there is no run '2001'" in err) == (ExitCode.BAD_INPUT, True)


def test_without_a_file_in_the_bucket_nothing_is_suppressed(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys) == (ExitCode.DONE, f"there is no {KEY}: nothing is suppressed\n", "")


def test_the_deployed_file_is_checked_before_the_first_sweep_too(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    target.stepfunctions = Machine(())
    target.s3.put_object(Bucket=target.bucket, Key=KEY, Body=GOOD.encode())
    assert checked(capsys)[1].splitlines()[-1] == "1 suppression, 0 to look at"


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = checked(capsys, "--help")
    assert code == ExitCode.DONE
    assert all(word in out for word in ("finops suppressions check suppressions.toml", "--against", "Exit codes"))
