"""The sweep of the sample fleet: what is compared, what is said, and how the embedded AWS is kept."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from finops.ending import Ending, ExitCode
from finops.sweeping import run, sample, sweep
from tests.finops.reports import RUN_ID, finding, report, summary

AS_OF = datetime.now(UTC)
SCOPE = {"accounts": ["111111111111"], "regions": ["us-east-1"], "as_of": AS_OF.isoformat()}


class Fleet:
    """One volume is waste, and a second one from 30 days on."""

    as_of = AS_OF

    def expected(self, as_of: datetime) -> frozenset[tuple[str, str]]:
        numbers = (1, 2) if as_of - AS_OF >= timedelta(days=30) else (1,)
        return frozenset((finding(number, 1.0)["resource_arn"], "ebs-unattached-volume") for number in numbers)

    def place(self, arn: str) -> tuple[str, str]:
        return "111111111111", "us-east-1"


def compared(found: list[dict[str, Any]], as_json: bool = False, **asked: Any) -> tuple[ExitCode, str, str]:
    out, err = io.StringIO(), io.StringIO()
    screen = run.Screen(as_json, Console(file=out, width=140), Console(file=err, width=140))
    execution = sweep.Execution("arn", "name", AS_OF, RUN_ID)
    with TemporaryDirectory() as folder:
        (Path(folder) / "report.json").write_text(json.dumps(report(found)))
        result = run.Result(execution, 9.5, Path(folder), summary(found))
        code = sample.compared(result, Fleet(), {**SCOPE, **asked}, screen)
    return code, out.getvalue(), err.getvalue()


def test_found_equal_to_planted_is_said_in_one_line() -> None:
    code, out, err = compared([finding(1, 1.0)])
    assert (code, err) == (ExitCode.DONE, "")
    assert "Largest savings" in out
    assert out.splitlines()[-1] == "planted 1, found 1, missed 0, unexpected 0"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            [],
            "planted 1, found 0, missed 1, unexpected 0: missed: ebs-unattached-volume on arn:aws:ec2:us-east-1:111111111111:volume/vol-1",
        ),
        ([finding(1, 1.0), finding(7, 1.0)], "unexpected 1: unexpected: ebs-unattached-volume on"),
    ],
)
def test_a_difference_is_a_failure_with_names(found: list[dict[str, Any]], words: str) -> None:
    code, _, err = compared(found)
    assert code is ExitCode.FAILED
    assert words in err
    code, out, _ = compared(found, as_json=True)
    assert code is ExitCode.FAILED
    assert json.loads(out)["exit_code"] == 4
    assert json.loads(out)["planted"]["found"] == len(found)


@pytest.mark.parametrize(
    ("given", "changed"),
    [({}, {}), ({"regions": ["eu-west-1"]}, {"regions": ["eu-west-1"]}), ({"analyze": True}, {"analyze": True})],
)
def test_what_is_not_asked_for_is_the_fleets(given: dict[str, Any], changed: dict[str, Any]) -> None:
    aws = SimpleNamespace(accounts=("111111111111",), regions=("us-east-1",))
    assert sample.completed(given, aws, Fleet()) == {**SCOPE, "analyze": False, **changed}


def test_what_is_expected_depends_on_as_of_and_scope() -> None:
    later = (AS_OF + timedelta(days=30)).isoformat()
    assert compared([finding(1, 1.0), finding(2, 1.0)], as_of=later)[0] is ExitCode.DONE
    assert compared([finding(1, 1.0)], as_of=later)[0] is ExitCode.FAILED
    assert compared([], regions=["eu-west-1"])[0] is ExitCode.DONE


def test_another_period_is_not_compared_and_that_is_said() -> None:
    code, _, err = compared([], analysis_period_days=60)
    assert code is ExitCode.DONE
    assert "planted and found are not compared" in err


def test_a_missing_package_is_told_with_the_way_to_get_it() -> None:
    with pytest.raises(Ending, match=r"not installed \(moto\): run `make sweep`") as caught:
        sample.require(("ministack", "moto"), lambda name: None if name == "moto" else object())
    assert caught.value.code is ExitCode.BAD_INPUT
    sample.require(sample.NEEDED)


def test_keep_says_how_to_reach_it_and_ends_quietly_with_ctrl_c() -> None:
    err = io.StringIO()
    screen = run.Screen(False, Console(file=io.StringIO()), Console(file=err))
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4567", "AWS_ACCESS_KEY_ID": "111111111111"}
    aws = SimpleNamespace(endpoint="http://127.0.0.1:4567", environment=environment, outputs={"BucketName": "the-bucket"})

    def interrupted() -> None:
        raise KeyboardInterrupt

    sample.stay(aws, screen, interrupted)
    words = err.getvalue()
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4567 AWS_ACCESS_KEY_ID=111111111111" in words
    assert "s3://the-bucket/runs/" in words
