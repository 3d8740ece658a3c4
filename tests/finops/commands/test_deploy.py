"""`make deploy`: all that is missing is said, a line each, before anything starts; the command line is cdk's."""

from __future__ import annotations

import json
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk_app.settings.settings import parse
from finops.commands import deploy
from finops.readiness import mail_setup, model_access, quotas
from finops.readiness.points import Point, missing, ok, to_know

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


NO_MAIL = missing("Mail", "the sender finops@example.com is not verified in eu-west-1", "aws sesv2 create-email-identity …")
NO_MODEL = missing("Bedrock", "this account has no access to the model yet", "once, …")
LITTLE_ROOM = to_know("Lambda concurrency", "10 executions at once", "aws service-quotas …")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Point]:
    """What is found out about mail, model and quotas, all with a sender set; the test changes it."""
    found = [ok("Mail", "may send"), ok("Bedrock", "may be called"), ok("Lambda concurrency", "room")]
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {"email_from": "finops@example.com", "email_to": "team@example.com"}})
    monkeypatch.setattr(mail_setup, "points", lambda *_: iter(found[:1]))
    monkeypatch.setattr(model_access, "point", lambda *_: found[1])
    monkeypatch.setattr(quotas, "point", lambda *_, **__: found[2])
    return found


@pytest.fixture
def bootstrapped() -> Iterator[None]:
    with mock_aws():
        boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Of standard error."""
    return capsys.readouterr().err.splitlines()


NOTHING = "make deploy: nothing was created. Fix what is marked ✗ and run it again"


@mock_aws
def test_without_bootstrap_it_says_what_to_do(
    credentials: None, looks: list[Point], started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main([]) == 2
    assert lines(capsys) == [f"✗ CDK: {ACCOUNT} in eu-west-1 is not bootstrapped yet → make deploy ARGS=--bootstrap", NOTHING]
    assert started == []


@mock_aws
@pytest.mark.parametrize("arguments", [[], ["--anyway"]])
def test_all_that_is_missing_is_said_at_once_and_without_bootstrap_nothing_helps(
    credentials: None, looks: list[Point], started: list[list[str]], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    looks[:] = [NO_MAIL, NO_MODEL, LITTLE_ROOM]
    assert deploy.main(arguments) == 2
    assert [line[:6] for line in lines(capsys)] == ["✗ CDK:", "✗ Mail", "✗ Bedr", "! Lamb", "make d"]
    assert started == []


@pytest.mark.parametrize(
    ("found", "arguments", "code"),
    [
        ([NO_MAIL], [], 2),
        ([NO_MODEL], [], 2),
        ([NO_MAIL, NO_MODEL], [], 2),
        ([NO_MAIL, NO_MODEL], ["--anyway"], 0),
        ([LITTLE_ROOM], [], 0),
        ([], [], 0),
    ],
)
def test_mail_and_model_stop_it_unless_it_goes_on_anyway(
    credentials: None,
    bootstrapped: None,
    looks: list[Point],
    started: list[list[str]],
    capsys: pytest.CaptureFixture[str],
    found: list[Point],
    arguments: list[str],
    code: int,
) -> None:
    for point in found:
        looks[["Mail", "Bedrock", "Lambda concurrency"].index(point.what)] = point
    assert deploy.main(arguments) == code
    said = lines(capsys)
    assert said[: len(found)] == [point.line for point in found]
    assert said[len(found) :] == ([f"{NOTHING}; `make deploy ARGS=--anyway` deploys regardless"] if code else [])
    assert [command[4:] for command in started] == ([] if code else [["deploy", "FinOpsAnalyzer"]])


def test_bootstrapped_it_deploys_the_analyzer(credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]]) -> None:
    assert deploy.main(["--require-approval", "never"]) == 0
    [command] = started
    assert command[2:] == ["--yes", deploy.CDK, "deploy", "FinOpsAnalyzer", "--require-approval", "never"]


def test_a_difference_needs_only_the_bootstrap(credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]]) -> None:
    looks[:] = [NO_MAIL, NO_MODEL, LITTLE_ROOM]
    assert deploy.main(["--diff"]) == 0
    assert started[0][4:] == ["diff", "FinOpsAnalyzer"]


def test_mail_is_looked_at_only_where_there_is_to_be_any(credentials: None, bootstrapped: None, looks: list[Point]) -> None:
    session = boto3.Session(region_name="eu-west-1")
    without = deploy.points(session, parse({}))
    assert [point.what for point in without] == ["Bedrock", "Lambda concurrency"]
    settings = parse({"email_from": "finops@example.com", "email_to": "team@example.com"})
    assert next(point.what for point in deploy.points(session, settings)) == "Mail"


@mock_aws
def test_bootstrapping_names_the_account_and_the_region(credentials: None, started: list[list[str]]) -> None:
    assert deploy.main(["--bootstrap"]) == 0
    assert started[0][2:] == ["--yes", deploy.CDK, "bootstrap", f"aws://{ACCOUNT}/eu-west-1"]


@mock_aws
def test_a_bootstrap_with_its_own_qualifier_is_looked_for_and_made(
    credentials: None, looks: list[Point], started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {}, "@aws-cdk/core:bootstrapQualifier": "platform"})
    assert deploy.main([]) == 2
    assert lines(capsys)[0].startswith(f"✗ CDK: {ACCOUNT} in eu-west-1 is not bootstrapped yet with the qualifier platform →")
    assert deploy.main(["--bootstrap"]) == 0
    assert started[0][4:] == ["bootstrap", f"aws://{ACCOUNT}/eu-west-1", "--toolkit-stack-name", "CDKToolkit-platform"]
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="/cdk-bootstrap/platform/version", Value="30", Type="String")
    assert deploy.main([]) == 0


@mock_aws
def test_settings_of_the_command_line_are_checked_as_those_of_cdk_json(
    credentials: None, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["-c", 'finops={"schedule": "cron(0 25 * * ? *)"}']) == 2
    assert one_line(capsys).startswith('make deploy: context "finops": schedule: hours: must be 0 to 23')
    assert started == []


@mock_aws
def test_what_the_region_cannot_have_is_refused_in_one_line(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-gov-west-1")
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {"billing_account": "222222222222"}})
    assert deploy.main([]) == 2
    assert one_line(capsys).startswith('make deploy: context "finops": billing_account: Cost Explorer does not exist in GovCloud')
    assert started == []


@mock_aws
@pytest.mark.parametrize(("context", "code"), [({}, 2), ({"analyzer_account": ACCOUNT}, 2), ({"analyzer_account": "222222222222"}, 0)])
def test_a_member_role_has_to_know_whom_it_trusts(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, context: dict[str, str], code: int
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": context})
    assert deploy.main(["--member"]) == code
    assert [command[4:] for command in started] == ([["deploy", "FinOpsAnalyzerMember"]] if code == 0 else [])


@mock_aws
@pytest.mark.parametrize(("context", "code"), [({}, 2), ({"member_ous": ["ou-ab12-11111111"]}, 0)])
def test_the_role_for_an_organization_has_to_know_its_units(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, context: dict[str, Any], code: int
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": context})
    assert deploy.main(["--members"]) == code
    assert [command[4:] for command in started] == ([["deploy", "FinOpsAnalyzerMembers"]] if code == 0 else [])


def test_a_wrong_cdk_json_is_refused_by_its_key(
    credentials: None, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {"children": "FAST"}})
    assert deploy.main([]) == 2
    assert "children: " in one_line(capsys)
    assert started == []


def test_cdk_runs_on_the_wheels_node() -> None:
    node, npx, *_ = deploy.command(
        Namespace(bootstrap=False, member=False, members=False, diff=True), ACCOUNT, "eu-west-1", "hnb659fds", []
    )
    assert Path(npx).is_file()
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  # the wheel's
    assert int(version.removeprefix("v").partition(".")[0]) >= 22
    environment = deploy.environment(boto3.Session(region_name="eu-west-1"), {"PATH": "/usr/bin"})
    assert environment["PATH"].split(":") == [str(Path(node).parent), "/usr/bin"]
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"


HISTORY = f"kept/{ACCOUNT}/finops-analyzer/history"
RUNS = ("20261101T020000Z-abcdef", "20261108T020000Z-abcdef")


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """A folder in which sweeps of this account on this machine have left two histories."""
    folder = tmp_path / "out" / HISTORY
    folder.mkdir(parents=True)
    for run in RUNS:
        (folder / f"{run}.jsonl.gz").write_bytes(run.encode())
        (folder / f"{run}.jsonl.gz.meta.json").write_text("{}")
    return tmp_path / "out"


def stack(name: str = "FinOpsAnalyzer") -> Any:
    """What a deployment leaves; a client for its bucket."""
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-bucket"}}},
        "Outputs": {"BucketName": {"Value": "the-bucket"}},
    }
    boto3.client("cloudformation", region_name="eu-west-1").create_stack(StackName=name, TemplateBody=json.dumps(template))
    return boto3.client("s3", region_name="eu-west-1")


def kept(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket="the-bucket").get("Contents", ())]


def test_the_history_of_this_machine_goes_into_the_bucket_of_what_was_deployed(
    credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]], swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = stack()
    assert deploy.main(["--import-history", str(swept), "--require-approval", "never"]) == 0
    assert started[0][4:] == ["deploy", "FinOpsAnalyzer", "--require-approval", "never"]
    assert kept(s3) == [f"history/{run}.jsonl.gz" for run in RUNS]
    assert one_line(capsys) == "make deploy: the history of sweeps on this machine, in the-bucket: 2 objects copied, 0 there already\n"
    assert deploy.main(["--import-history", str(swept)]) == 0
    assert one_line(capsys).endswith("in the-bucket: 0 objects copied, 2 there already\n")


def test_an_analyzer_of_another_name_gets_it_in_its_own_bucket(
    credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]], swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": {"stack_name": "Mine"}})
    s3 = stack("Mine")
    assert deploy.main(["--import-history", str(swept)]) == 0
    assert len(kept(s3)) == 2


def test_without_the_option_nothing_is_copied(
    credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]], swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = stack()
    monkeypatch.chdir(swept.parent)
    assert deploy.main([]) == 0
    assert (len(started), kept(s3)) == (1, [])


@mock_aws
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--import-history", "elsewhere"],
            "make deploy: --import-history: in elsewhere no sweep of 123456789012 has left a history:",
        ),
        *(
            (["--import-history", "out", with_it], "make deploy: --import-history is about deploying the analyzer: leave out --bootstrap")
            for with_it in ("--bootstrap", "--member", "--members", "--diff")
        ),
    ],
)
def test_what_cannot_be_imported_is_refused_before_anything_is_deployed(
    credentials: None,
    started: list[list[str]],
    swept: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    settings = {"analyzer_account": "222222222222", "member_ous": ["ou-ab12-11111111"]}
    monkeypatch.setattr(deploy, "cdk_context", lambda: {"finops": settings})
    monkeypatch.chdir(swept.parent)
    assert deploy.main(arguments) == 2
    assert one_line(capsys).startswith(said)
    assert started == []


def test_nothing_is_copied_after_a_deployment_that_failed(
    credentials: None, bootstrapped: None, looks: list[Point], swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = stack()
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    assert deploy.main(["--import-history", str(swept)]) == 1
    assert kept(s3) == []


def test_a_history_that_cannot_be_copied_is_one_line_and_the_exit_code_2(
    credentials: None, bootstrapped: None, looks: list[Point], started: list[list[str]], swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--import-history", str(swept)]) == 2
    assert one_line(capsys).startswith("make deploy: there is no stack FinOpsAnalyzer in eu-west-1")
    stack().delete_bucket(Bucket="the-bucket")
    assert deploy.main(["--import-history", str(swept)]) == 2
    said = one_line(capsys)
    assert said.startswith("make deploy: the analyzer is deployed, but not all of the history is copied: PutObject answered NoSuchBucket")
    assert said.endswith("the same command again copies what is left\n")
    assert len(started) == 2
