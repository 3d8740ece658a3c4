"""`finops doctor` against an AWS of doubles: a line for each thing, what rests on what, the exit code, and the document for machines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from rich.console import Console

from finops import cli
from finops.commands import doctor
from finops.commands.doctor import Examination
from finops.ending import Ending, ExitCode
from finops.local.examining import LocalExamination
from finops.readiness.points import Point, Status, missing, ok
from finops.readiness.probing import Question, Reply
from finops.sweeping import deployed
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.scan.probe import ASSUME
from tests.finops.asked_functions import REGION, Functions, Raised, refusal
from tests.functions.lambda_world import ENVIRONMENT

INPUTS = Path(__file__).parents[3] / "statemachine" / "inputs"
OWN, OTHER = ENVIRONMENT["AWS_ACCOUNT_ID"], "222222222222"
OUTPUTS = {"StateMachineArn": "arn:machine", "ScanFunctionPrefix": "FinOpsAnalyzer-scan-"}
FLOW = {"States": {"Gather": {"Branches": [{"States": {"Cost": {}}}, {"States": {"Scan": {"MaxConcurrency": 40}}}]}}}
VARIABLES = {**ENVIRONMENT, "MAX_ADVICE_GROUPS": "0", "EMAIL_FROM": "", "EMAIL_TO": ""}


class Aws:
    """A session, and its clients in one: a deployed analyzer with two accounts, in which everything is allowed but `denied`."""

    region_name: str | None = REGION

    def __init__(self, denied: dict[str, str] | None = None, **variables: str) -> None:
        self.denied = denied or {}
        self.variables = {**VARIABLES, **variables}
        self.outputs = dict(OUTPUTS)
        self.asked: list[Any] = []
        scanners = {f"FinOpsAnalyzer-scan-{service}": self._scan for service in registry.services()}
        self.functions = Functions({**scanners, "FinOpsAnalyzer-cost": lambda event: BILL, "FinOpsAnalyzer-plan": self._plan})
        self.meta = boto3.client("sts", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta

    def client(self, service: str, **_: Any) -> Any:
        self.functions.get_function_configuration = self._configuration  # type: ignore[attr-defined]
        return self.functions if service == "lambda" else self

    def _scan(self, event: dict[str, str]) -> dict[str, Any]:
        service, account = event["probe"], event["account"]
        answer: dict[str, Any] = {"service": service, "account": account, "region": event["region"], "unknown": {}}
        if account not in (OWN, OTHER):
            return {**answer, "allowed": [], "denied": {ASSUME: f"{ASSUME}: AccessDenied: no"}}
        actions = registry.iam_actions(service)
        denied = [action for action in actions if self.denied.get(account) == action]
        return {**answer, "allowed": [one for one in actions if one not in denied], "denied": dict.fromkeys(denied, "AccessDenied: no")}

    def _plan(self, event: dict[str, Any]) -> dict[str, Any]:
        given = event["probe"]
        if "us-eats-1" in given["regions"]:
            raise Raised("InvalidInput", "regions: 'us-eats-1' is not a region enabled in this account; allowed are: eu-west-1")
        accounts = [OWN if account == "self" else account for account in given.get("accounts", ["self"])]
        untold = {account: "sts:AssumeRole: AccessDenied: no" for account in accounts if account not in (OWN, OTHER)}
        regions = [REGION, "us-east-1"] if given["regions"] == "all" else given["regions"]
        return {"regions": dict.fromkeys(accounts, regions), "left_out": [], "untold": untold, "guessed": ""}

    def _configuration(self, **_: str) -> dict[str, Any]:
        return {"Environment": {"Variables": self.variables}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": OWN, "Arn": f"arn:aws:iam::{OWN}:user/me"}

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]}]}

    def describe_state_machine(self, **_: str) -> dict[str, Any]:
        return {"name": "FinOpsAnalyzer-sweep", "status": "ACTIVE", "definition": json.dumps(FLOW)}


BILL = {"status": "ok", "reason": "", "requests": 1, "cached": 0}


def screen(*, as_json: bool = False) -> Screen:
    return Screen(as_json, Console(file=io.StringIO(), width=400), Console(file=io.StringIO(), width=400))


def examined(aws: Aws, *accounts: str, regions: Any = None, ask_bill: bool = True, as_json: bool = False) -> tuple[ExitCode, str]:
    """The exit code, and what is on standard output."""
    to = screen(as_json=as_json)
    given = {**({"accounts": list(accounts)} if accounts else {}), **({"regions": regions} if regions else {})}
    code = doctor.tell(Examination(aws, "FinOpsAnalyzer", given, ask_bill, to), to)
    assert isinstance(to.output.file, io.StringIO)
    return code, to.output.file.getvalue()


def test_where_nothing_is_missing_each_thing_is_a_line_and_the_exit_code_0() -> None:
    code, told = examined(Aws(), "self", OTHER)
    assert (code, [line[:3] for line in told.splitlines()[:-1]]) == (
        ExitCode.DONE,
        ["✓ C", "✓ S", "✓ B", "! M", "✓ A", "✓ L", "✓ C", "✓ A", "✓ A"],
    )
    everything = len(registry.iam_actions())
    assert f"✓ Account {OTHER}: all {everything} actions are allowed, to every scan function\n" in told
    assert told.splitlines()[-1] == "1 good to know, 8 as it should be."


def test_a_missing_action_names_itself_and_its_account_and_the_exit_code_is_2() -> None:
    code, told = examined(Aws({OTHER: "ec2:DescribeSnapshots"}), "self", OTHER)
    assert code is ExitCode.BAD_INPUT
    [line] = [line for line in told.splitlines() if line.startswith("✗")]
    assert line.startswith(f"✗ Account {OTHER}: denied to the role FinOpsAnalyzerReader: ec2:DescribeSnapshots (scan-ebs) → ")
    assert told.splitlines()[-1] == "1 missing, 1 good to know, 7 as it should be."


def test_an_account_without_the_role_hides_no_other() -> None:
    code, told = examined(Aws(), "333333333333", OTHER)
    assert code is ExitCode.BAD_INPUT
    assert "✗ Account 333333333333: the role FinOpsAnalyzerReader cannot be assumed by any scan function" in told
    assert f"✓ Account {OTHER}" in told
    assert told.count("333333333333") == 2, "one line, with the account in its fix too"


def test_the_document_has_the_points_and_every_answer_as_it_was_given() -> None:
    code, told = examined(Aws({OTHER: "ec2:DescribeSnapshots"}), OTHER, as_json=True)
    document = json.loads(told)
    assert (document["exit_code"], document["error"]) == (int(code), "1 missing, 1 good to know, 6 as it should be")
    assert [point["what"] for point in document["points"] if point["status"] == "missing"] == [f"Account {OTHER}"]
    [ebs] = [reply for reply in document["accounts"] if reply["service"] == "ebs"]
    assert (ebs["account"], ebs["region"], list(ebs["answer"]["denied"])) == (OTHER, REGION, ["ec2:DescribeSnapshots"])


def test_cost_explorer_is_left_alone_by_who_says_so() -> None:
    aws = Aws()
    examined(aws, ask_bill=False)
    assert "FinOpsAnalyzer-cost" not in {name for name, _ in aws.functions.asked}


@pytest.mark.parametrize(("regions", "asked"), [(None, {REGION}), (["us-east-1"], {"us-east-1"}), ("all", {REGION, "us-east-1"})])
def test_regions_are_the_analyzers_or_those_that_are_named(regions: Any, asked: set[str]) -> None:
    aws = Aws()
    examined(aws, regions=regions)
    events = [event for name, event in aws.functions.asked if "-scan-" in name]
    everywhere = [event for event in events if len(registry.asked_in(event["probe"], [REGION, "us-east-1"])) > 1]
    assert {event["region"] for event in everywhere} == asked
    assert len(events) == sum(len(registry.asked_in(service, sorted(asked))) for service in registry.services())


def test_a_region_that_the_account_has_not_is_refused_before_anything_costs_money() -> None:
    aws = Aws()
    with pytest.raises(Ending, match="regions: 'us-eats-1' is not a region enabled in this account; allowed are: eu-west-1") as caught:
        examined(aws, regions=["us-eats-1"])
    assert caught.value.code is ExitCode.BAD_INPUT
    assert [name for name, _ in aws.functions.asked] == ["FinOpsAnalyzer-plan"]


def test_without_credentials_or_region_that_is_all_that_is_said() -> None:
    class Nobody(Aws):
        def get_caller_identity(self) -> dict[str, str]:
            raise NoCredentialsError

    class Nowhere(Aws):
        region_name = None

    for aws, said in ((Nobody(), "no AWS credentials: set AWS_PROFILE"), (Nowhere(), "no AWS region: set AWS_REGION")):
        code, told = examined(aws)
        assert (code, told.count("✗"), len(told.splitlines())) == (ExitCode.BAD_INPUT, 1, 2)
        assert said in told


def test_without_the_stack_nothing_that_rests_on_it_is_looked_at() -> None:
    class Undeployed(Aws):
        def describe_stacks(self, **_: str) -> dict[str, Any]:
            raise refusal("ValidationError", "DescribeStacks")

    aws = Undeployed()
    code, told = examined(aws)
    assert (code, [line[:3] for line in told.splitlines()]) == (ExitCode.BAD_INPUT, ["✓ C", "✗ S", "1 m"])
    assert "deploy it with `make deploy`" in told
    assert aws.functions.asked == []


def test_a_state_machine_that_is_gone_is_said() -> None:
    class Machineless(Aws):
        def describe_state_machine(self, **_: str) -> dict[str, Any]:
            raise refusal("StateMachineDoesNotExist", "DescribeStateMachine")

    code, told = examined(Machineless())
    assert (code, "✗ Stack: FinOpsAnalyzer cannot be examined: DescribeStateMachine answered StateMachineDoesNotExist" in told) == (2, True)


def test_the_command_reads_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Examination] = []

    def tell(examination: Examination, to: Screen) -> ExitCode:
        made.append(examination)
        return ExitCode.BAD_INPUT

    monkeypatch.setattr(doctor, "tell", tell)
    monkeypatch.setenv("AWS_REGION", REGION)
    words = ["doctor", "--accounts", f"self,{OTHER}", "--regions", "all", "--no-cost-explorer", "--stack", "Mine", "--json"]
    assert cli.main(words) == 2
    [one] = made
    assert one.given == {"accounts": ["self", OTHER], "regions": "all"}
    assert (one.ask_bill, one.stack, one.session.region_name, one.screen.as_json) == (False, "Mine", REGION, True)
    assert cli.main(["doctor", "--input", str(INPUTS / "organization.json")]) == 2
    assert "organization" in made[1].given["accounts"]
    assert set(made[1].given) <= {"accounts", "regions"}


HERE = ["--profile", "me", "--out", "elsewhere"]


@pytest.mark.parametrize(
    ("words", "given", "ask_bill", "out"),
    [
        (HERE, {}, None, "elsewhere"),
        (["--profile", "me", "--yes"], {}, True, "out"),
        ([*HERE, "--no-cost-explorer"], {}, False, "elsewhere"),
        ([*HERE, "--yes", "--no-cost-explorer"], {}, False, "elsewhere"),
        (
            [*HERE, "--types", "ebs:volume,ec2:instance", "--regions", "us-east-1", "--accounts", f"self,{OTHER}"],
            {"resource_types": ["ebs:volume", "ec2:instance"], "regions": ["us-east-1"], "accounts": ["self", OTHER]},
            None,
            "elsewhere",
        ),
        ([*HERE, "--organization", "--regions", "all"], {"accounts": {"organization": {}}, "regions": "all"}, None, "elsewhere"),
    ],
)
def test_with_a_profile_nothing_that_is_deployed_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, words: list[str], given: dict[str, Any], ask_bill: bool | None, out: str
) -> None:
    made: list[Any] = []

    def tell(examination: Any, to: Screen) -> ExitCode:
        made.append(examination)
        return ExitCode.DONE

    monkeypatch.setattr(doctor, "tell", tell)
    monkeypatch.setattr(deployed, "own_session", lambda: pytest.fail("there is nothing deployed"))
    assert cli.main(["doctor", *words]) == 0
    [one] = made
    assert isinstance(one, LocalExamination)
    assert (one.name, one.given, one.ask_bill, one.out) == ("me", given, ask_bill, Path(out))


@pytest.mark.parametrize("words", [["--types", "ebs:volume"], ["--yes"]])
def test_what_is_about_a_sweep_on_this_machine_needs_its_profile(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", *words]) == 2
    assert "--types and --yes are about a sweep on this machine: they need --profile" in capsys.readouterr().err


def test_a_type_that_does_not_exist_is_refused_before_anything_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", *HERE, "--types", "ebs:tape"]) == 2
    assert "resource_types: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [(ok("Accounts", "1 account"), 0, None), (missing("Accounts", "none", "look for one"), 2, "1 missing, 1 as it should be")],
)
def test_what_is_examined_on_this_machine_is_told_as_of_a_deployed_one(last: Point, code: int, said: str | None) -> None:
    class Made(LocalExamination):
        def points(self) -> Iterator[Point]:
            self.replies.append(Reply(Question(OWN, REGION, "ebs"), {"allowed": ["ec2:DescribeVolumes"]}))
            yield from (ok("Credentials", "me"), last)

    shown, document = screen(), screen(as_json=True)
    for to in (shown, document):
        assert doctor.tell(Made("me", {}, None, Path("out"), to), to) == code
    assert isinstance(shown.output.file, io.StringIO)
    assert shown.output.file.getvalue().splitlines()[:2] == ["✓ Credentials: me", last.line]
    assert isinstance(document.output.file, io.StringIO)
    told = json.loads(document.output.file.getvalue())
    assert (told["exit_code"], told["error"], told["points"]) == (code, said, [ok("Credentials", "me").as_json(), last.as_json()])
    of_ebs = {"account": OWN, "region": REGION, "service": "ebs", "answer": {"allowed": ["ec2:DescribeVolumes"]}}
    assert told["accounts"] == [of_ebs]


def test_a_wrong_account_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--accounts", "12"]) == 2
    assert "accounts: must be" in capsys.readouterr().err


def test_every_kind_of_point_has_its_colour() -> None:
    assert set(doctor.COLOURS) == set(Status)
