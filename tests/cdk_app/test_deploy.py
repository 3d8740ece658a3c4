"""`make deploy`: what is missing is said in one line before anything starts; the command line is cdk's."""

from __future__ import annotations

import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk_app import deploy

ACCOUNT = "123456789012"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been started."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_without_a_region_it_says_so(no_credentials: None, started: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([]) == 2
    assert one_line(capsys).startswith("make deploy: no region: set AWS_REGION")
    assert started == []


def test_without_credentials_it_says_so(
    no_credentials: None, monkeypatch: pytest.MonkeyPatch, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert deploy.main([]) == 2
    assert one_line(capsys).startswith("make deploy: no working AWS credentials: sign in")
    assert started == []


@mock_aws
def test_without_bootstrap_it_says_what_to_do(credentials: None, started: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([]) == 2
    assert one_line(capsys) == f"make deploy: {ACCOUNT} in eu-west-1 is not bootstrapped for CDK yet: make deploy ARGS=--bootstrap\n"
    assert started == []


@mock_aws
def test_bootstrapped_it_deploys_the_analyzer(credentials: None, started: list[list[str]]) -> None:
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name=deploy.BOOTSTRAP_PARAMETER, Value="30", Type="String")
    assert deploy.main(["--require-approval", "never"]) == 0
    [command] = started
    assert command[2:] == ["--yes", deploy.CDK, "deploy", "FinOpsAnalyzer", "--require-approval", "never"]


@mock_aws
def test_bootstrapping_names_the_account_and_the_region(credentials: None, started: list[list[str]]) -> None:
    assert deploy.main(["--bootstrap"]) == 0
    assert started[0][2:] == ["--yes", deploy.CDK, "bootstrap", f"aws://{ACCOUNT}/eu-west-1"]


@mock_aws
@pytest.mark.parametrize(("context", "code"), [({}, 2), ({"analyzer_account": ACCOUNT}, 2), ({"analyzer_account": "222222222222"}, 0)])
def test_a_member_role_has_to_know_whom_it_trusts(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, context: dict[str, str], code: int
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": context})
    assert deploy.main(["--member"]) == code
    assert [command[4:] for command in started] == ([["deploy", "FinOpsAnalyzerMember"]] if code == 0 else [])


def test_a_wrong_cdk_json_is_refused_by_its_key(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {"children": "FAST"}})
    assert deploy.main([]) == 2
    assert "children: " in one_line(capsys)
    assert started == []


def test_cdk_runs_on_the_wheels_node() -> None:
    node, npx, *_ = deploy.command(Namespace(bootstrap=False, member=False, diff=True), ACCOUNT, "eu-west-1", [])
    assert Path(npx).is_file()
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  # the wheel's
    assert int(version.removeprefix("v").partition(".")[0]) >= 22
    environment = deploy.environment(boto3.Session(region_name="eu-west-1"), {"PATH": "/usr/bin"})
    assert environment["PATH"].split(":") == [str(Path(node).parent), "/usr/bin"]
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
