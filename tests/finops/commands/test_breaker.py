"""`finops breaker`: the words for each state, and the deployed breaker that is read and reset."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops import cli
from finops.commands import breaker
from finops.sweeping import deployed
from finops.sweeping.deployed import Circuit
from functions.core.advice.breaker import Snapshot
from functions.core.errors import BedrockUnavailable
from tests.state_table import NAME as TABLE
from tests.state_table import create

MODEL = "global.some.model"
CIRCUIT = Circuit(TABLE, None, MODEL, threshold=5, recovery_seconds=60)
NOW = 1_800_000_000.0
PROBING = "one call is testing whether it is up again, until 2027-01-15 08:00:03 UTC at the latest"
LAST = "2027-01-15 07:59:20 UTC"


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (Snapshot(), f"closed: {MODEL}: no failures in a row; it opens at 5"),
        (Snapshot(1), f"closed: {MODEL}: 1 failure in a row; it opens at 5"),
        (Snapshot(4, NOW - 1), f"closed: {MODEL}: 4 failures in a row; it opens at 5"),
        (Snapshot(5, NOW - 40), f"open: {MODEL}: 5 failures in a row, the last at {LAST}; not called for another 20 s"),
        (
            Snapshot(5, NOW - 60),
            f"half-open: {MODEL}: 5 failures in a row, the last at 2027-01-15 07:59:00 UTC; the next call will test whether it is up again",
        ),
        (
            Snapshot(5, NOW - 61, NOW + 3, "w"),
            f"half-open: {MODEL}: 5 failures in a row, the last at 2027-01-15 07:58:59 UTC; {PROBING}",
        ),
    ],
)
def test_each_state_is_one_line(seen: Snapshot, line: str) -> None:
    assert breaker.line(seen, CIRCUIT, NOW) == line


def deploy(variables: dict[str, str]) -> None:
    """A stack with the analyzer's table as output, and its analyze function."""
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"TableName": {"Value": TABLE}}}
    boto3.client("cloudformation").create_stack(StackName="FinOpsAnalyzer", TemplateBody=json.dumps(template))
    trust = {"Version": "2012-10-17", "Statement": []}
    role = boto3.client("iam").create_role(RoleName="analyze", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "")
    boto3.client("lambda").create_function(
        FunctionName="FinOpsAnalyzer-analyze",
        Role=role,
        Runtime="python3.13",
        Handler="a.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": variables},
    )


VARIABLES = {
    "AWS_ACCOUNT_ID": "111111111111",
    "S3_BUCKET_NAME": "the-bucket",
    "STATE_TABLE_NAME": TABLE,
    "BEDROCK_MODEL_ID": MODEL,
    "CIRCUIT_BREAKER_THRESHOLD": "2",
    "CIRCUIT_BREAKER_TIMEOUT_SECONDS": "600",
    "THRESHOLDS": "",
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws():
        create(boto3.client("dynamodb"))
        yield


def fail() -> None:
    """One call that Bedrock does not answer."""
    with pytest.raises(BedrockUnavailable), breaker.breaker(deployed.find_circuit()).ask():
        raise BedrockUnavailable("down")


@pytest.mark.usefixtures("account")
def test_the_deployed_breaker_is_told_by_its_own_numbers_and_reset(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(VARIABLES)

    def said(*words: str) -> str:
        assert cli.main(["breaker", *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1
        return lines[0]

    assert said("status") == f"closed: {MODEL}: no failures in a row; it opens at 2"
    fail()
    assert said("status") == f"closed: {MODEL}: 1 failure in a row; it opens at 2"
    fail()
    assert said("status").startswith(f"open: {MODEL}: 2 failures in a row, the last at 20")
    assert said("reset") == f"reset: {MODEL}: was open with 2 failures in a row, and is closed"
    assert said("status") == f"closed: {MODEL}: no failures in a row; it opens at 2"
    assert said("reset", "--stack", "FinOpsAnalyzer") == f"reset: {MODEL}: was closed with no failures in a row, and is closed"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", ["status", "reset"])
@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (None, "there is no stack FinOpsAnalyzer in eu-west-1"),
        ({**VARIABLES, "CIRCUIT_BREAKER_THRESHOLD": "0"}, "cannot run with its settings: environment variables: CIRCUIT_BREAKER_THRESHOLD"),
    ],
)
def test_what_cannot_be_found_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], variables: Any, line: str, command: str
) -> None:
    if variables:
        deploy(variables)
    assert cli.main(["breaker", command]) == 2
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert line in captured.err


@pytest.mark.usefixtures("account")
def test_a_table_that_is_gone_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(VARIABLES)
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    assert cli.main(["breaker", "status"]) == 4
    assert "the circuit breaker cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "reset"])
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert cli.main(["breaker", command, "--help"]) == 0
    assert f"finops breaker {command}" in capsys.readouterr().out
