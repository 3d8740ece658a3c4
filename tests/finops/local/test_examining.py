"""`finops doctor --profile` with functions that are made up: a line for each thing, and what an administrator has to do about it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console

from finops import cli
from finops.ending import Ending, ExitCode
from finops.local import examining
from finops.local.examining import LocalExamination, policy_command
from finops.local.machine import Machine
from finops.local.profile import Profile
from finops.readiness import probing
from finops.readiness.invoking import AGAIN
from finops.sweeping.run import Screen
from finops.sweeping.sweep import Target
from functions.core import registry
from functions.core.aws import lent
from functions.core.scan.probe import ASSUME
from tests.finops.asked_functions import REGION, Functions, Raised
from tests.functions.lambda_world import ENVIRONMENT

OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
ARN = f"arn:aws:iam::{OWN}:user/me"
VOLUME, SNAPSHOT = "ebs:volume", "ebs:snapshot"
ROLE = "FinOpsAnalyzerReader"
BILL = {"status": "ok", "reason": "", "requests": 1, "cached": 0}
EXPIRED = f"{lent.ACTION}: those of the profile me are not to be had or not taken any more: log in again (ExpiredToken: late)"
NOT_ASKED = "! Cost Explorer: not asked, because a request costs $0.01 → --yes asks it too"


class World:
    """An AWS with three accounts, the third without the role; everything is allowed but what is `denied` by account and action, with why.

    `plan`: what Plan raises; `bill`: what the cost function returns; `expired`: services that are asked when the session has expired.
    """

    def __init__(
        self,
        denied: Mapping[tuple[str, str], str] | None = None,
        plan: Raised | None = None,
        bill: Mapping[str, Any] = BILL,
        expired: frozenset[str] = frozenset(),
        without: str = "",
    ) -> None:
        self.denied, self.plan, self.bill, self.expired = denied or {}, plan, bill, expired
        scanners = {f"FinOpsAnalyzer-scan-{service}": self._scan for service in registry.services() if service != without}
        self.functions = Functions({**scanners, "FinOpsAnalyzer-cost": lambda event: self.bill, "FinOpsAnalyzer-plan": self._plan})
        self.functions.get_function_configuration = self._configuration  # type: ignore[attr-defined]
        self.out: list[Path] = []
        self.stopped = 0

    def _configuration(self, **_: str) -> dict[str, Any]:
        return {"Environment": {"Variables": {**ENVIRONMENT, "AWS_ACCOUNT_ID": OWN}}}

    def _plan(self, event: dict[str, Any]) -> dict[str, Any]:
        given = event["probe"]
        if self.plan:
            raise self.plan
        asked = given.get("accounts", ["self"])
        accounts = [OWN, OTHER] if isinstance(asked, dict) else [OWN if account == "self" else account for account in asked]
        untold = {account: f"{ASSUME}: AccessDenied: no" for account in accounts if account == THIRD}
        return {"regions": dict.fromkeys(accounts, given["regions"]), "left_out": [], "untold": untold, "guessed": ""}

    def _scan(self, event: dict[str, str]) -> dict[str, Any]:
        service, account = event["probe"], event["account"]
        answer: dict[str, Any] = {"service": service, "account": account, "region": event["region"], "allowed": [], "unknown": {}}
        actions = registry.iam_actions(service)
        if service in self.expired:
            return {**answer, "denied": dict.fromkeys(actions if account == OWN else [ASSUME], EXPIRED)}
        if account == THIRD:
            return {**answer, "denied": {ASSUME: f"{ASSUME}: AccessDenied: no"}}
        denied = {action: f"{action}: {self.denied[account, action]}" for action in actions if (account, action) in self.denied}
        return {**answer, "allowed": [action for action in actions if action not in denied], "denied": denied}

    @contextmanager
    def running(self, profile: Profile, out: Path, screen: Screen, *, free: bool = False) -> Iterator[Machine]:
        assert not free, "with what is paid for: the doctor asks for it only with a yes"
        self.out.append(out)
        target = Target(machine_arn="arn:machine", bucket="the-bucket", stepfunctions=None, s3=None)
        yield Machine(target, self.functions, out, profile)
        self.stopped += 1

    @property
    def asked(self) -> list[tuple[str, Any]]:
        """The function without the stack's name, and what of."""
        return [(name.removeprefix("FinOpsAnalyzer-"), event) for name, event in self.functions.asked]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The profiles that were opened, each with the regions for one that has none."""
    asked: list[tuple[str, Any]] = []

    def open_profile(name: str, regions: Any = ()) -> Profile:
        asked.append((name, regions))
        if name == "none":
            raise Ending(ExitCode.BAD_INPUT, "--profile: there is no profile 'none' in the AWS configuration; there is: me")
        return Profile(name, boto3.Session(region_name=REGION), OWN, ARN, REGION)

    monkeypatch.setattr(examining, "open_profile", open_profile)
    return asked


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch, opened: list[tuple[str, Any]], tmp_path: Path) -> Any:
    """What the doctor says of a world, a line each."""

    def lines(world: World, name: str = "me", ask_bill: bool | None = None, **given: Any) -> list[str]:
        monkeypatch.setattr(examining, "running", world.running)
        to = Screen(False, Console(file=io.StringIO()), Console(file=io.StringIO()))
        return [point.line for point in LocalExamination(name, given, ask_bill, tmp_path, to).points()]

    return lines


def test_where_nothing_is_missing_each_thing_is_a_line(examined: Any, opened: list[tuple[str, Any]], tmp_path: Path) -> None:
    world = World()
    everything = len(registry.iam_actions())
    assert examined(world, accounts=["self", OTHER]) == [
        f"✓ Credentials: {ARN} in {REGION} (profile me)",
        f"✓ Accounts: 2 accounts in {REGION}",
        NOT_ASKED,
        f"✓ Account {OWN}: all {everything} actions are allowed, to every scan function",
        f"✓ Account {OTHER}: all {everything} actions are allowed, to every scan function",
    ]
    assert (opened, world.out, world.stopped) == ([("me", ())], [tmp_path], 1)


@pytest.mark.parametrize(("given", "regions"), [({}, [REGION]), ({"regions": ["us-east-1", "us-west-2"]}, ["us-east-1", "us-west-2"])])
def test_regions_are_the_profiles_or_those_that_are_named(examined: Any, given: Any, regions: list[str]) -> None:
    world = World()
    examined(world, **given)
    events = [event for name, event in world.asked if name.startswith("scan-")]
    assert {event["region"] for event in events if event["probe"] == "ebs"} == set(regions)
    assert len(events) == sum(len(registry.asked_in(service, regions)) for service in registry.services())


def test_an_action_that_is_denied_names_itself_and_the_identity_and_what_prints_the_policy(examined: Any) -> None:
    told = examined(World({(OWN, "ec2:DescribeSnapshots"): "AccessDenied: no"}), resource_types=[SNAPSHOT, "ec2:instance"])
    assert [line for line in told if line[0] == "✗"] == [
        (
            f"✗ Account {OWN}: denied to {ARN}: ec2:DescribeSnapshots (scan-ebs) → "
            f"`finops policy --types {SNAPSHOT},ec2:instance` prints what an administrator has to allow to {ARN}"
        )
    ]


def test_what_another_account_denies_is_its_roles_and_no_policy_of_the_identity_helps(examined: Any) -> None:
    told = examined(World({(OTHER, "ec2:DescribeVolumes"): "AccessDenied: no"}), accounts=[OTHER, THIRD], resource_types=[VOLUME])
    command = f"finops policy --types {VOLUME} --accounts {OTHER},{THIRD}"
    assert told[3:] == [
        (
            f"✗ Account {OTHER}: denied to the role {ROLE}: ec2:DescribeVolumes (every scan function) → "
            f"`{command}` prints what the role has to be allowed in {OTHER}"
        ),
        (
            f"✗ Account {THIRD}: the role {ROLE} cannot be assumed by {ARN} → "
            f"in {THIRD} the role {ROLE} has to exist, and to trust {ARN}; `{command}` prints what that has to be allowed"
        ),
    ]


def test_nothing_is_to_be_deployed_whatever_is_missing(examined: Any) -> None:
    scp = "AccessDenied: with an explicit deny in a service control policy"
    world = World({(OWN, action): scp for action in registry.iam_actions("ebs")} | {(OTHER, "ec2:DescribeVolumes"): "AccessDenied: no"})
    told = examined(world, accounts=["self", OTHER, THIRD], resource_types=[VOLUME])
    assert len([line for line in told if line[0] == "✗"]) == 3
    assert f"✗ Account {OWN}: {REGION} as a whole is denied by a service control policy → {examining.REGION}" in told
    assert [line for line in told if "make deploy" in line] == []


def test_only_the_services_of_the_types_are_asked_and_only_their_actions_count(examined: Any) -> None:
    actions = registry.iam_actions(resource_type=VOLUME)
    others = {(OWN, action): "AccessDenied: no" for action in registry.iam_actions("ebs") if action not in actions}
    assert others
    world = World(others)
    told = examined(world, resource_types=[VOLUME])
    assert told[3:] == [f"✓ Account {OWN}: all {len(actions)} actions are allowed, to every scan function"]
    assert [name for name, _ in world.asked] == ["plan", "scan-ebs"]


def test_the_answers_are_kept_as_far_as_they_are_of_the_types(
    opened: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(examining, "running", World().running)
    to = Screen(True, Console(file=io.StringIO()), Console(file=io.StringIO()))
    examination = LocalExamination("me", {"resource_types": [VOLUME]}, None, tmp_path, to)
    assert list(examination.points())
    [reply] = examination.replies
    assert reply.answer is not None
    assert set(reply.answer["allowed"]) == set(registry.iam_actions(resource_type=VOLUME))


DENIED_BILL = {**BILL, "status": "none", "reason": "ce:GetCostAndUsage: AccessDeniedException: no"}


@pytest.mark.parametrize(
    ("ask_bill", "bill", "line", "asked"),
    [
        (None, BILL, NOT_ASKED, 0),
        (False, BILL, "! Cost Explorer: not asked, as you wished", 0),
        (True, BILL, "✓ Cost Explorer: it answers (1 request, $0.01; today's sweeps of these accounts use the answer)", 1),
        (
            True,
            DENIED_BILL,
            (
                f"✗ Cost Explorer: {DENIED_BILL['reason']}; a sweep works, but its report has no bill and ignores Savings Plans → "
                f"`finops policy` prints what an administrator has to allow to {ARN}"
            ),
            1,
        ),
        (
            True,
            {**BILL, "without_rows_found": 1, "without_rows": [OWN]},
            f"! Cost Explorer: no rows of 1 of 1 account ({OWN}): savings there are not netted of commitments → {examining.PAYER}",
            1,
        ),
    ],
)
def test_cost_explorer_is_asked_only_with_a_yes(examined: Any, ask_bill: bool | None, bill: Any, line: str, asked: int) -> None:
    world = World(bill=bill)
    assert examined(world, ask_bill=ask_bill)[2] == line
    assert [event for name, event in world.asked if name == "cost"] == [{"probe": [OWN]}] * asked


NO_REGIONS = Raised("Denied", "ec2:DescribeRegions: UnauthorizedOperation: no identity-based policy allows it")


def test_an_identity_that_may_not_even_list_regions_hears_all_that_is_missing(examined: Any) -> None:
    told = examined(World({(OWN, "ec2:DescribeVolumes"): "AccessDenied: no"}, plan=NO_REGIONS), resource_types=[VOLUME])
    fix = f"`finops policy --types {VOLUME}` prints what an administrator has to allow to {ARN}"
    assert told[1:] == [
        f"✗ Account {OWN}: denied to {ARN}: ec2:DescribeRegions (plan) → {fix}",
        f"✓ Accounts: 1 account in {REGION}",
        NOT_ASKED,
        f"✗ Account {OWN}: denied to {ARN}: ec2:DescribeVolumes (every scan function) → {fix}",
    ]


@pytest.mark.parametrize("given", [{"regions": "all"}, {"accounts": {"organization": {}}}])
def test_where_only_aws_could_say_what_is_reached_nothing_more_is_asked(examined: Any, given: Any) -> None:
    world = World(plan=NO_REGIONS)
    assert [line[:3] for line in examined(world, **given)] == ["✓ C", "✗ A"]
    assert [name for name, _ in world.asked] == ["plan"]


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (
            Raised("Denied", "ec2:DescribeRegions: forbidden by a permissions boundary: UnauthorizedOperation: no"),
            f"✗ Account {OWN}: forbidden to {ARN} by a policy: ec2:DescribeRegions (plan) → {probing.FORBIDDEN}",
        ),
        (
            Raised("OrganizationError", "organizations:ListAccounts: AccessDenied: no; run the analyzer elsewhere"),
            (
                f"✗ Accounts: organizations:ListAccounts: AccessDenied: no → {examining.LISTS}; "
                f"`finops policy --organization` prints what an administrator has to allow to {ARN}"
            ),
        ),
        (
            Raised("OrganizationError", f"{OWN} is in no organization: list the accounts by id, or sweep this one alone"),
            f"✗ Accounts: {OWN} is in no organization: list the accounts by id, or sweep this one alone",
        ),
        (Raised("Denied", EXPIRED), f"✗ Credentials: {EXPIRED.removeprefix('credentials: ')}"),
        (Raised("OrganizationError", f"{EXPIRED}; run elsewhere"), f"✗ Credentials: {EXPIRED.removeprefix('credentials: ')}"),
        (
            Raised("Throttled", "ec2:DescribeRegions: slow down"),
            f"✗ Function FinOpsAnalyzer-plan: it failed: Throttled: ec2:DescribeRegions: slow down → {AGAIN}",
        ),
    ],
)
def test_what_keeps_plan_from_answering_is_said_and_ends_it(examined: Any, raised: Raised, line: str) -> None:
    world = World(plan=raised)
    assert examined(world, accounts={"organization": {}})[1:] == [line]
    assert world.stopped == 1


def test_a_session_that_expires_in_between_is_one_line_and_no_denied_action(examined: Any) -> None:
    told = examined(World(expired=frozenset({"ebs"})), resource_types=[VOLUME, "ec2:instance"])
    assert told[3:] == [
        f"✗ Credentials: {EXPIRED.removeprefix('credentials: ')}",
        f"✓ Account {OWN}: all {len(registry.iam_actions(resource_type='ec2:instance'))} actions are allowed, to every scan function",
    ]


def test_a_session_that_has_expired_says_nothing_of_the_accounts(examined: Any) -> None:
    told = examined(World(expired=frozenset({"ebs"})), resource_types=[VOLUME], accounts=["self", THIRD])
    assert told[3:] == [f"✗ Credentials: {EXPIRED.removeprefix('credentials: ')}"]


def test_a_function_that_fails_here_has_no_console(examined: Any) -> None:
    told = examined(World(without="ebs"), resource_types=[VOLUME, "ec2:instance"])
    assert told[3] == f"✗ Function FinOpsAnalyzer-scan-ebs: it does not exist → {AGAIN}"


def test_an_input_that_plan_refuses_is_bad_input(examined: Any) -> None:
    world = World(plan=Raised("InvalidInput", "regions: 'us-eats-1' is not a region enabled in this account"))
    with pytest.raises(Ending, match="us-eats-1") as caught:
        examined(world, regions=["us-eats-1"])
    assert caught.value.code is ExitCode.BAD_INPUT


def test_without_the_profile_nothing_is_started(examined: Any) -> None:
    world = World()
    assert examined(world, "none") == ["✗ Credentials: --profile: there is no profile 'none' in the AWS configuration; there is: me"]
    assert (world.out, world.asked) == ([], [])


def test_a_profile_without_a_region_takes_the_first_that_is_named(examined: Any, opened: list[tuple[str, Any]]) -> None:
    for regions in (["us-west-2"], "all"):
        examined(World(plan=NO_REGIONS), regions=regions, resource_types=[VOLUME])
    assert opened == [("me", ["us-west-2"]), ("me", ())]


def test_a_machine_that_does_not_start_is_said(opened: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise Ending(ExitCode.BAD_INPUT, "another sweep on this machine uses out/kept: wait for its end")

    monkeypatch.setattr(examining, "running", busy)
    to = Screen(False, Console(file=io.StringIO()), Console(file=io.StringIO()))
    points = list(LocalExamination("me", {}, None, tmp_path, to).points())
    assert points[1].line == "✗ This machine: another sweep on this machine uses out/kept: wait for its end"
    assert len(points) == 2


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ({}, "finops policy"),
        ({"accounts": "self", "resource_types": "all", "regions": "all"}, "finops policy"),
        ({"resource_types": [VOLUME, SNAPSHOT]}, f"finops policy --types {VOLUME},{SNAPSHOT}"),
        ({"accounts": ["self", OTHER, THIRD]}, f"finops policy --accounts {OTHER},{THIRD}"),
        ({"accounts": ["self"]}, "finops policy"),
        (
            {"accounts": {"organization": {"ous": ["ou-ab12-11111111"]}}, "resource_types": [VOLUME]},
            f"finops policy --types {VOLUME} --organization",
        ),
    ],
)
def test_the_policy_is_printed_by_a_command_that_exists(
    given: dict[str, Any], command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    assert policy_command(given) == command
    assert cli.main(command.split()[1:]) == 0
    document = json.loads(capsys.readouterr().out)
    allowed = {action for statement in document["Statement"] for action in statement["Action"]}
    assert ("sts:AssumeRole" in allowed) is (OTHER in command or "--organization" in command)
    assert ("organizations:ListAccounts" in allowed) is ("--organization" in command)
