"""`finops explain`: a finding from what its run stored, and a resource as it is now; in words and as JSON."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from finops import cli
from finops.ending import ExitCode
from finops.explaining import asking_again
from finops.sweeping import deployed
from finops.sweeping.sweep import Target
from functions.core.store.unit_objects import FINDING
from functions.core.tuning.snapshot import Snapshot
from tests import test_iam_drift
from tests.finops.asked_runs import IDS
from tests.finops.commands import test_runs
from tests.functions import sweeps
from tests.functions.paged import ACCOUNT, REGION

FOUND = sweeps.finding("vol-\x1b[31m")
target = test_runs.target


@pytest.fixture
def ranked(target: Target) -> Target:
    folder = target.folder(IDS["done"])
    folder.bucket.put(folder.ranked, gzip.compress(FINDING.dump_json(FOUND) + b"\n"), "application/gzip")
    folder.bucket.put(folder.resolved, gzip.compress(b""), "application/gzip")
    folder.bucket.put_json(folder.checks, Snapshot({"ebs-unattached-volume.min_age_days": 30}).as_json())
    return target


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["explain", *words])
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())


def test_the_verdict_is_replayed_from_the_newest_report(ranked: Target, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = typed(capsys, FOUND.finding_id[:8].upper())
    assert (code, "Traceback" in err) == (ExitCode.DONE, False)
    assert "min_age_days: 66.1 (age_days), at least 30 (setting thresholds; default 7): holds" in out
    assert ("\x1b" in out, "\\x1b[31m" in out) == (False, True), "a name moves no cursor"
    made = json.loads(typed(capsys, FOUND.finding_id, "--run", IDS["done"], "--json")[1])
    assert (made["run_id"], made["in_sum"], made["finding"]["finding_id"]) == (IDS["done"], True, FOUND.finding_id)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["xyz"], "'xyz' is neither: an ARN begins with arn:, and a finding is the id in the report, or its first 6 digits or more"),
        (["abcde"], "'abcde' is neither"),
        (["abcdef"], f"run {IDS['done']} has no finding 'abcdef'"),
        (["abcdef", "--run", "2020"], "there is no run '2020'"),
        (["abcdef", "--run", IDS["failed"]], "has no report"),
        ([], "Missing argument 'FINDING|ARN'"),
    ],
)
def test_what_cannot_be_explained_is_bad_input(ranked: Target, words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = typed(capsys, *words)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert line in err


def test_a_run_of_an_earlier_version_is_explained_with_todays_defaults_and_says_so(
    ranked: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ranked.folder(IDS["done"])
    folder.bucket.delete(folder.checks)
    code, out, err = typed(capsys, FOUND.finding_id)
    assert (code, "at least 7 (default): holds" in out, "is of an earlier version" in err) == (ExitCode.DONE, True, True)


session = test_iam_drift.session


@pytest.fixture
def instance(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ARN of a running instance, which is thirty days old and busy every day."""
    ec2 = session.client("ec2")
    image = ec2.register_image(Name="image")["ImageId"]
    (made,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.large")["Instances"]
    now = datetime.now(UTC)
    for metric in ("CPUUtilization", "NetworkIn", "NetworkOut"):
        data = [
            {
                "MetricName": metric, "Timestamp": now + timedelta(days=day), "Value": 7.5,
                "Dimensions": [{"Name": "InstanceId", "Value": made["InstanceId"]}],
            }
            for day in range(1, 33)
        ]  # fmt: skip
        session.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)
    monkeypatch.setattr(deployed, "own_session", lambda: session)
    monkeypatch.setattr(asking_again, "datetime", SimpleNamespace(now=lambda zone: now + timedelta(days=31)))
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{made['InstanceId']}"


def test_a_resource_is_looked_at_again_and_each_check_says_why_it_is_silent(instance: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = typed(capsys, instance)
    assert (code, err) == (ExitCode.DONE, "")
    lines = out.splitlines()
    said = {line.partition(":")[0]: line for line in lines if not line.startswith(" ")}
    assert said["ec2-idle-instance"] == "ec2-idle-instance: silent: 7.5 ≤ 5 (max_cpu_percent, default) is false decided it"
    assert said["ec2-stopped-instance"] == "ec2-stopped-instance: silent: what AWS says of it is not what the check looks for"
    assert "  metric CPUUtilization (Maximum): 14 of 14 datapoints, at most 7.5, 105 in all" in lines
    assert lines[-1].startswith("Asked: ")
    assert "Compared with the defaults of this version" in lines[-2]


def test_what_another_threshold_would_find_is_tried(instance: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, instance, "--set", "ec2-idle-instance.max_cpu_percent=10", "--json")
    made = {one["check_id"]: one for one in json.loads(out)["checks"]}
    assert (code, made["ec2-idle-instance"]["outcome"]) == (ExitCode.DONE, "found")
    assert made["ec2-idle-instance"]["finding"]["evidence"]["changed_thresholds"] == "max_cpu_percent 10 instead of 5 (--set)"
    file = tmp_path / "checks.toml"
    file.write_text('[[check]]\nid = "ec2-idle-instance"\nenabled = false\n', encoding="utf-8")
    _, out, _ = typed(capsys, instance, "--checks", str(file))
    assert f"ec2-idle-instance: disabled: switched off by {file}: check 1, line 1" in out
    assert "A what-if: nothing that is deployed was changed." in out


def test_without_paid_requests_what_needs_metrics_is_withheld(instance: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = typed(capsys, instance, "--free")
    assert "ec2-idle-instance: withheld: its metrics are not to be had: CPUUtilization: not asked, because of --free" in out
    assert "of CloudWatch (about" not in out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["{}", "--region", "eu-west-1"], f"is in {REGION}, not in eu-west-1"),
        (["{}", "--run", "latest"], "--run is about a stored finding"),
        (["{}0"], "it may be gone"),
        (["abcdef", "--free"], "they need an ARN"),
        (["abcdef", "--set", "a.b=1"], "they need an ARN"),
        (["{}", "--set", "a.b=1"], "there is no check 'a'"),
        (["arn:aws:iam::1:role/x"], "is the ARN of nothing that is looked at"),
    ],
)
def test_a_resource_that_cannot_be_looked_at_is_bad_input(
    instance: str, words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = typed(capsys, *(word.format(instance) for word in words))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert line in err
