"""From start to report: what is fetched, shown and returned, for each way in which a sweep can end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from finops.ending import Ending, ExitCode
from finops.sweeping import run, sweep
from tests.finops.reports import RUN_ID, finding, put, unseen

BUCKET = "bucket"
EXECUTION = sweep.Execution("arn:execution", "nightly", datetime(2026, 11, 24, tzinfo=UTC), RUN_ID)


class Words:
    """A screen whose words can be read."""

    def __init__(self, as_json: bool = False) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.screen = run.Screen(as_json, Console(file=self.out, width=140), Console(file=self.err, width=140))


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("111111111111", "x", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def swept(s3: Any, out: Path, words: Words, ended: sweep.Ended, stays: bool = True) -> run.Result:
    target = sweep.Target(machine_arn="arn:machine", bucket=BUCKET, stepfunctions=None, s3=s3, stays=stays)

    def follow(target: sweep.Target, execution: sweep.Execution, observe: Any) -> sweep.Ended:
        observe(sweep.Look("scanning", 1.0, 4, 2, 1, 12.0))
        return ended

    return run.run(target, {}, out, words.screen, start=lambda *_: EXECUTION, follow=follow)


def test_a_good_sweep_shows_tables_on_stdout_and_progress_on_stderr(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [finding(1, 12.0)])
    words = Words()
    result = swept(s3, tmp_path, words, sweep.Ended("SUCCEEDED", "", "", 9.5))
    assert run.finish(result, words.screen) is ExitCode.DONE
    assert "ebs-unattached-volume" in words.out.getvalue()
    assert words.err.getvalue() == "Scanning: 2 of 4 units, 1 finding, about $12 a month\n"
    assert (tmp_path / "latest" / "report.csv").exists()


def test_json_is_one_document_and_nothing_else(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [finding(1, 12.0)])
    words = Words(as_json=True)
    result = swept(s3, tmp_path, words, sweep.Ended("SUCCEEDED", "", "", 9.5))
    assert run.finish(result, words.screen, {"planted": {"missed": []}}) is ExitCode.DONE
    document = json.loads(words.out.getvalue())
    assert document["exit_code"] == 0
    assert document["error"] is None
    assert document["run_id"] == RUN_ID
    assert document["seconds"] == 9.5
    assert document["totals"]["findings"] == len(document["largest"]) == 1
    assert (document["bill"]["monthly"], document["sweep_cost"]["usd"]) == (12345.67, 0.0312)
    assert document["planted"] == {"missed": []}
    assert document["report"] == {kind: str(tmp_path / RUN_ID / f"report.{kind}") for kind in ("html", "json", "csv")}


def test_too_little_coverage_has_its_report_and_exit_code_3(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [], [unseen(1)])
    words = Words()
    result = swept(s3, tmp_path, words, sweep.Ended("FAILED", "CoverageTooLow", "0.8 were seen, 0.95 were asked for.", 9.5))
    assert run.finish(result, words.screen) is ExitCode.COVERAGE_TOO_LOW
    assert "not seen: 000000000001" in words.out.getvalue()
    assert words.err.getvalue().splitlines()[-1].startswith("finops: coverage is too low: 0.8 were seen, 0.95 were asked for. Grant")
    assert (tmp_path / RUN_ID / "report.html").exists()


@pytest.mark.parametrize(
    ("error", "code"), [("InvalidInput", ExitCode.BAD_INPUT), ("KeyError", ExitCode.FAILED), ("States.Timeout", ExitCode.FAILED)]
)
def test_a_sweep_without_a_report_asks_for_none(s3: Any, tmp_path: Path, error: str, code: ExitCode) -> None:
    with pytest.raises(Ending) as caught:
        swept(s3, tmp_path, Words(), sweep.Ended("FAILED", error, "why", 1.0))
    assert caught.value.code is code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("stays", "words"), [(True, "The sweep continues: aws stepfunctions"), (False, "stopped with its AWS")])
def test_ctrl_c_says_what_becomes_of_the_sweep(s3: Any, tmp_path: Path, stays: bool, words: str) -> None:
    def interrupted(*_: Any) -> sweep.Ended:
        raise KeyboardInterrupt

    target = sweep.Target(machine_arn="arn:machine", bucket=BUCKET, stepfunctions=None, s3=s3, stays=stays)
    with pytest.raises(Ending, match=words) as caught:
        run.run(target, {}, tmp_path, Words().screen, start=lambda *_: EXECUTION, follow=interrupted)
    assert caught.value.code is ExitCode.INTERRUPTED


@pytest.mark.parametrize(("terminal", "as_json", "live"), [(True, False, True), (True, True, False), (False, False, False)])
def test_the_display_is_live_only_where_a_person_looks(terminal: bool, as_json: bool, live: bool) -> None:
    err = io.StringIO()
    output, beside = Console(file=io.StringIO(), force_terminal=terminal), Console(file=err, force_terminal=True, width=140)
    with run.Screen(as_json, output, beside).following() as observe:
        observe(sweep.Look("scanning", 1.0, 4, 2, 1, 12.0))
    assert ("\x1b[" in err.getvalue()) is live
    assert "2 of 4 units" in err.getvalue()
