"""The servers of the embedded AWS: where services are answered, what reaches the servers, and what a failed start says."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.session import get_session

from finops.embedded import servers
from tests.scripted_bedrock import ScriptedBedrock, answer

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.mark.parametrize(("service", "name"), servers.SIDE_SERVICES.items())
def test_the_side_services_have_the_names_that_botocore_looks_for(service: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = get_session().get_service_model(service).service_id
    assert identity.replace(" ", "_").upper() == name
    for variable, value in servers.environment("http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNT, REGION).items():
        monkeypatch.setenv(variable, value)
    assert boto3.client(service).meta.endpoint_url == "http://127.0.0.1:2"  # type: ignore[call-overload]


def test_every_other_service_goes_to_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in servers.environment("http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNT, REGION).items():
        monkeypatch.setenv(variable, value)
    for service in ("ec2", "elbv2", "rds", "lambda", "cloudwatch", "s3", "sts", "stepfunctions"):
        assert boto3.client(service).meta.endpoint_url == "http://127.0.0.1:1"


def test_nothing_of_this_machine_reaches_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY", "DATABASE_PASSWORD", "PYTHONPATH"):
        monkeypatch.setenv(name, "of this machine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of this machine")
    told = servers._servers([1, 2], "http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNT, REGION)
    assert set(told) == {"ministack", "moto"}
    assert "of this machine" not in str(told)


def test_the_servers_listen_on_loopback_and_enforce_iam() -> None:
    told = servers._servers([1, 2], "http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNT, REGION)["ministack"]["environment"]
    assert (told["BIND_HOST"], told["AUTH"], told["GATEWAY_PORT"]) == ("127.0.0.1", "true", "1")
    assert (told["SFTP_ENABLED"], told["IOT_MTLS_ENABLED"]) == ("0", "0"), "no port beside the one"


ASKS_BEDROCK = """
import boto3

def handler(event, context):
    message = {"role": "user", "content": [{"text": "facts"}]}
    tools = {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {"type": "object"}}}}], "toolChoice": {"tool": {"name": "t"}}}
    reply = boto3.client("bedrock-runtime").converse(modelId="m", messages=[message], toolConfig=tools)
    return reply["output"]["message"]["content"][0]["toolUse"]["input"]
"""


def test_a_variable_sends_the_lambda_functions_calls_elsewhere() -> None:
    """Such as those of Bedrock, to a script."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("asks.py", ASKS_BEDROCK)
    with ScriptedBedrock(answer({"from": "the script"})) as bedrock, servers.running(ACCOUNT, REGION, bedrock.environment) as ours:
        root = {"endpoint_url": ours.endpoint, "region_name": REGION, "aws_access_key_id": ACCOUNT, "aws_secret_access_key": servers.SECRET}
        trusts = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        role = boto3.client("iam", **root).create_role(RoleName="asks", AssumeRolePolicyDocument=json.dumps(trusts))["Role"]["Arn"]  # type: ignore[call-overload]
        functions = boto3.client("lambda", **root)  # type: ignore[call-overload]
        functions.create_function(
            FunctionName="asks", Runtime="python3.11", Handler="asks.handler", Role=role, Timeout=30, Code={"ZipFile": code.getvalue()}
        )
        functions.get_waiter("function_active_v2").wait(FunctionName="asks")
        reply = functions.invoke(FunctionName="asks")
        assert json.loads(reply["Payload"].read()) == {"from": "the script"}
        assert [call.text for call in bedrock.calls] == ["facts"]


def test_free_ports_are_free_and_different() -> None:
    ports = servers.free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_a_server_that_does_not_start_is_shown_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = servers.free_ports(1)[0]
        monkeypatch.setattr(servers, "free_ports", lambda count: [other, port])
        with (
            pytest.raises(servers.StartFailed, match=r"(?s)moto of the embedded AWS ended with code 1:.*[Aa]ddress already in use"),
            running(),
        ):
            raise AssertionError("it cannot run")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(*given: Any) -> dict[str, Any]:
        return {"deaf": {"command": ["sleep", "60"], "environment": {"PATH": "/usr/bin:/bin"}, "directory": "/"}}

    monkeypatch.setattr(servers, "_servers", deaf)
    monkeypatch.setattr(servers, "START_SECONDS", 0.3)
    with pytest.raises(servers.StartFailed, match=r"does not answer at http://127.0.0.1:\d+/_ministack/health after 0.3 s"), running():
        raise AssertionError("it cannot run")


def test_an_error_inside_the_block_ends_the_servers() -> None:
    folders: list[Path] = []

    def work() -> None:
        with running() as ours:
            folders.append(ours.folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not folders[0].exists()


def running() -> Any:
    return servers.running(ACCOUNT, REGION)
