"""Whose credentials, which region, and what is tried: wrong input is refused before anything is asked."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from finops.ending import Ending, ExitCode
from finops.explaining import asking_again, rescan
from finops.explaining.rescan import WhatIf
from finops.sweeping import deployed
from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from tests import test_iam_drift
from tests.functions.core.check_samples import NOW
from tests.functions.paged import ACCOUNT, REGION

session = test_iam_drift.session
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"


def refused(words: str) -> pytest.RaisesExc[Ending]:
    return pytest.raises(Ending, match=re.escape(words), check=lambda ending: ending.code is ExitCode.BAD_INPUT)


def test_an_arn_says_its_type_region_and_account() -> None:
    assert asking_again.parts(ARN) == ("ec2:instance", REGION, ACCOUNT)
    assert asking_again.parts("arn:aws:s3:::a-bucket") == ("s3:bucket", "", "")
    for other in ("arn:aws:iam::1:role/x", "arn:", "arn:aws:ec2", "arn:aws:ec2:::"):
        with refused(f"{other!r} is the ARN of nothing that is looked at: there are dynamodb:table, ebs:snapshot, "):
            asking_again.parts(other)


def test_what_is_tried_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[check]]\nid = "ebs-idle-volume"\nenabled = false\n', encoding="utf-8")
    tried = asking_again.what_if(["ec2-idle-instance.max_cpu_percent=10", "ec2-idle-instance.window_days=7.5"], file)
    assert tried.thresholds == {"ec2-idle-instance.max_cpu_percent": 10, "ec2-idle-instance.window_days": 7.5}
    assert [rule.where for rule in tried.rules] == [f"{file}: check 1, line 1"]
    assert asking_again.what_if([], None) == WhatIf()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("ec2-idle-instanse.max_cpu_percent=1", "there is no check 'ec2-idle-instanse'; the nearest: ec2-idle-instance"),
        ("ec2-idle-instance.max=1", "--set ec2-idle-instance.max=1: 'ec2-idle-instance.max' is no threshold; allowed are: "),
        (
            "ec2-idle-instance.max_cpu_percent=101",
            "--set ec2-idle-instance.max_cpu_percent=101: ec2-idle-instance.max_cpu_percent must be ",
        ),
        ("ec2-idle-instance.max_cpu_percent=x", "--set ec2-idle-instance.max_cpu_percent=x: 'x' is no number"),
        ("ec2-idle-instance.max_cpu_percent=nan", "must be between 0 and 100, not nan"),
        ("ec2-idle-instance.max_cpu_percent", "'' is no number"),
        ("", "there is no check ''"),
    ],
)
def test_what_cannot_be_tried_is_refused(given: str, words: str) -> None:
    with refused(words):
        asking_again.what_if([given], None)


def test_a_file_that_is_wrong_or_not_there_is_refused(tmp_path: Path) -> None:
    with refused("none.toml: No such file"):
        asking_again.what_if([], tmp_path / "none.toml")
    (tmp_path / "wrong.toml").write_text("[[check]]\n", encoding="utf-8")
    with refused("wrong.toml: check 1, line 1: id is missing"):
        asking_again.what_if([], tmp_path / "wrong.toml")


@pytest.fixture
def shell(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setattr(deployed, "own_session", lambda: session)
    return session


@pytest.mark.usefixtures("shell")
def test_the_current_credentials_look_in_their_own_account_and_the_regions_of_the_arn() -> None:
    aws = asking_again.account_of("", "eu-west-1", ACCOUNT, ARN)
    assert (aws.account, aws.region, aws.deadline) == (ACCOUNT, "eu-west-1", None)
    assert asking_again.account_of("", "", "", "arn:aws:s3:::b").region == REGION
    with refused(f"{ARN} is of account 999999999999, the current credentials are of {ACCOUNT}: name a profile of that account with"):
        asking_again.account_of("", REGION, "999999999999", ARN)


def test_without_a_region_nobody_knows_where_to_look(shell: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setattr(deployed, "own_session", lambda: boto3.Session("testing", "testing"))
    with refused("names no region: say where it is with --region"):
        asking_again.account_of("", "", "", "arn:aws:s3:::b")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Denied("ec2:DescribeInstances", "no"), "ec2:instance in us-east-1 cannot be looked at: ec2:DescribeInstances: no"),
        (
            ClientError({"Error": {"Code": "InternalError", "Message": "oh"}}, "DescribeInstances"),
            "ec2:instance in us-east-1 cannot be looked at: DescribeInstances answered InternalError: oh",
        ),
    ],
)
def test_what_aws_refuses_is_a_failure_and_not_an_answer(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_: object) -> None:
        raise error

    monkeypatch.setattr(rescan, "find", find)
    with pytest.raises(Ending, match=re.escape(words)) as ended:
        asking_again.explain(Aws("1", "us-east-1", boto3.Session("a", "b"), NOW), "ec2:instance", ARN, WhatIf(), free=False)
    assert ended.value.code is ExitCode.FAILED


def test_what_was_asked_and_what_it_cost_is_said() -> None:
    aws = Aws("1", "us-east-1", boto3.Session("a", "b"), NOW)
    aws.meter.calls.update({"ec2:DescribeInstances": 2})
    aws.meter.metrics, aws.refused = 3, Denied("ec2:DescribeVolumes", "no")
    said = list(asking_again.footer(aws, WhatIf()))
    assert said[0].startswith("Compared with the defaults of this version")
    assert said[1] == "Denied, and gone on without: ec2:DescribeVolumes: no"
    assert said[2].startswith("Asked: 2 requests, 3 metrics of CloudWatch (about $0.00003), read-only.")
    aws.meter.metrics = 0
    assert "CloudWatch" not in list(asking_again.footer(aws, WhatIf()))[-1]
    assert next(asking_again.footer(aws, WhatIf(thresholds={"a.b": 1}))) == "A what-if: nothing that is deployed was changed."
