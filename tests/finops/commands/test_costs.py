"""`finops costs`: the words for each kept answer, and the deployed ones that are shown and forgotten."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from finops import cli
from finops.commands import costs
from finops.sweeping import deployed
from functions.core.costs import cache
from functions.core.costs.cache import Entry, Form
from functions.core.costs.rows import NoBill
from functions.core.store.bucket import Bucket
from tests.state_table import NAME as TABLE
from tests.state_table import create

BUCKET = "the-bucket"
NOW = 1_800_000_000.0
FORM: Form[list[int]] = Form(lambda rows: json.dumps(rows).encode(), json.loads)
WHAT = "daily 2026-09-01 to 2026-11-24"
AT = "asked at 2027-01-15 07:59:20 UTC"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            Entry("k", WHAT, NOW - 40, NOW + 40, 2048, "", usable=True),
            f"{WHAT}: {AT}, 2.0 KiB, used until 2027-01-15 08:00:40 UTC",
        ),
        (
            Entry("k", WHAT, NOW - 40, NOW + 40, 0, "AccessDenied: no", usable=True),
            f"{WHAT}: {AT}, refused (AccessDenied: no), used until 2027-01-15 08:00:40 UTC",
        ),
        (Entry("k", WHAT, NOW - 40, NOW, 512, "", usable=False), f"{WHAT}: {AT}, 0.5 KiB, no longer used"),
        (Entry("k", "", NOW - 40, NOW + 1, 512, "", usable=False), f"k: {AT}, 0.5 KiB, no longer used: another version made it"),
    ],
)
def test_each_answer_is_one_line(entry: Entry, line: str) -> None:
    assert costs.line(entry, NOW) == line


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws():
        create(boto3.client("dynamodb"))
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        outputs = {"TableName": {"Value": TABLE}, "BucketName": {"Value": BUCKET}}
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(StackName="FinOpsAnalyzer", TemplateBody=json.dumps(template))
        yield


def keep(key: str, what: str, ask: Callable[[Callable[[], object]], list[int]]) -> None:
    costs.cache(deployed.find_costs()).get(key, ask, FORM, seconds=3600, refused_seconds=60, what=what)


def refuse(renew: Callable[[], object]) -> list[int]:
    raise NoBill("AccessDenied: no")


@pytest.mark.usefixtures("account")
def test_the_deployed_answers_are_shown_and_forgotten(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*words: str) -> list[str]:
        assert cli.main(["costs", *words]) == 0
        return capsys.readouterr().out.splitlines()

    assert said("show") == ["no answer of Cost Explorer is cached; the next sweep asks"]
    assert said("refresh") == ["discarded: 0 answers of Cost Explorer; the next sweep asks again"]
    keep("k1", WHAT, lambda renew: [1])
    monkeypatch.setattr(cache, "IN_TABLE", 0)
    keep("k2", "regions 2026-10-25 to 2026-11-24", lambda renew: [2])
    with pytest.raises(NoBill):
        keep("k3", "savings_plans", refuse)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "breaker#m"}, "sk": {"S": "state"}})
    shown = said("show")
    assert len(shown) == 3
    assert {shown_line.split(":")[0] for shown_line in shown} == {WHAT, "regions 2026-10-25 to 2026-11-24", "savings_plans"}
    assert time.strftime("%Y-", time.gmtime()) in shown[0]
    assert said("refresh", "--stack", "FinOpsAnalyzer") == ["discarded: 3 answers of Cost Explorer; the next sweep asks again"]
    assert said("show") == ["no answer of Cost Explorer is cached; the next sweep asks"]
    assert list(Bucket(boto3.client("s3"), BUCKET).keys("cache/")) == []
    left = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert [item["pk"]["S"] for item in left] == ["breaker#m"]
    keep("k1", WHAT, lambda renew: [1])
    assert said("refresh") == ["discarded: 1 answer of Cost Explorer; the next sweep asks again"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", ["show", "refresh"])
def test_a_stack_that_is_not_there_is_bad_input_and_a_table_that_is_gone_a_failure(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert cli.main(["costs", command, "--stack", "Other"]) == 2
    assert "there is no stack Other in us-east-1" in capsys.readouterr().err
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    assert cli.main(["costs", command]) == 4
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert "the cached answers cannot be" in captured.err


@pytest.mark.parametrize("command", ["show", "refresh"])
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert cli.main(["costs", command, "--help"]) == 0
    assert f"finops costs {command}" in capsys.readouterr().out
