"""Which of the kept runs is meant, how much was seen last time, and what Plan's refusals become."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.local import asking, sweeping
from finops.local.machine import Machine
from finops.local.profile import Profile
from finops.sweeping.sweep import Target
from functions.core import registry
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.finops.asked_functions import Functions, Raised, raising

NAME = "finops-analyzer"
OLD, MIDDLE, NEW = "20261101T020000Z-aaaaaa", "20261124T160402Z-1f3c9a", "20261124T170000Z-bbbbbb"
PLAN = "FinOpsAnalyzer-plan"
REACHED = {"regions": {"111122223333": ["us-east-1"]}, "left_out": [], "untold": {}, "guessed": ""}


@cache
def client() -> Any:
    """One for all tests: a new one takes long."""
    return boto3.Session("111122223333", "x", region_name="us-east-1").client("s3")


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with mock_aws():
        client().create_bucket(Bucket=NAME)
        yield Bucket(client(), NAME)


def put(bucket: Bucket, run_id: str, *, planned: bool = True, resources: int | None = None) -> None:
    folder = RunFolder(bucket, run_id)
    bucket.put_json(folder.scope, {"accounts": ["111122223333"]})
    if planned:
        bucket.put_json(folder.planned, {"run_id": run_id})
    if resources is not None:
        bucket.put_json(folder.summary, {"totals": {"resources": resources}})


def machine(bucket: Bucket | None = None, answer: Callable[[Any], Any] = lambda event: REACHED) -> tuple[Machine, Functions]:
    s3, name = (bucket.s3, bucket.name) if bucket else (None, "")
    target = Target(machine_arn="arn", bucket=name, stepfunctions=None, s3=s3)
    profile = Profile("audit", boto3.Session("x", "x", region_name="us-east-1"), "111122223333", "arn", "us-east-1")
    functions = Functions({PLAN: answer})
    return Machine(target, functions, Path(), profile), functions


def test_runs_are_listed_newest_first_and_only_those_that_were_planned(bucket: Bucket) -> None:
    for run_id in (MIDDLE, OLD, NEW):
        put(bucket, run_id)
    put(bucket, "20261125T000000Z-cccccc", planned=False)
    put(bucket, "no-run-of-ours")
    bucket.put_json("history/runs/x.json", {})
    assert [folder.run_id for folder in sweeping.runs(bucket)] == [NEW, MIDDLE, OLD]


@pytest.mark.parametrize(
    ("asked", "run_id"),
    [
        ("latest", NEW),
        (OLD, OLD),
        (MIDDLE, MIDDLE),
        ("20261101", OLD),
        ("20261124T16", MIDDLE),
        ("20261124T17", NEW),
    ],
)
def test_a_run_is_found_by_its_id_the_beginning_of_it_or_as_the_latest(bucket: Bucket, asked: str, run_id: str) -> None:
    for one in (OLD, MIDDLE, NEW):
        put(bucket, one)
    put(bucket, "20261125T000000Z-cccccc", planned=False)
    assert sweeping.find(bucket, asked) == run_id


@pytest.mark.parametrize(
    ("there", "asked", "said"),
    [
        ((), "latest", "no run on this machine is 'latest'; there is none yet: `finops sweep --profile NAME` makes the first"),
        ((OLD, NEW), "2025", f"no run on this machine is '2025'; there are: {NEW}, {OLD}"),
        ((OLD, NEW), "../x", f"no run on this machine is '../x'; there are: {NEW}, {OLD}"),
        ((OLD, MIDDLE, NEW), "20261124", f"more than one run on this machine is '20261124'; there are: {NEW}, {MIDDLE}, {OLD}"),
        ((OLD, NEW), "", f"more than one run on this machine is ''; there are: {NEW}, {OLD}"),
    ],
)
def test_a_run_that_is_not_there_or_not_one_names_those_that_are(bucket: Bucket, there: tuple[str, ...], asked: str, said: str) -> None:
    for one in there:
        put(bucket, one)
    with pytest.raises(Ending) as caught:
        sweeping.find(bucket, asked)
    assert (caught.value.code, str(caught.value)) == (ExitCode.BAD_INPUT, said)


def test_of_many_runs_the_newest_five_are_named(bucket: Bucket) -> None:
    for day in range(1, 8):
        put(bucket, f"2026110{day}T020000Z-aaaaaa")
    with pytest.raises(Ending, match=r"there are: 20261107T020000Z-aaaaaa, .*, 20261103T020000Z-aaaaaa$"):
        sweeping.find(bucket, "x")


@pytest.mark.parametrize(
    ("there", "seen"),
    [
        ({}, 0),
        ({OLD: None}, 0),
        ({OLD: 12}, 12),
        ({OLD: 12, NEW: 34}, 34),
        ({OLD: 12, MIDDLE: None, NEW: None}, 12),
        ({OLD: 12, NEW: 0}, 0),
    ],
)
def test_the_newest_run_with_a_report_says_how_much_there_is(bucket: Bucket, there: dict[str, int | None], seen: int) -> None:
    for run_id, resources in there.items():
        put(bucket, run_id, resources=resources)
    assert sweeping.seen_before(machine(bucket)[0]) == seen


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, {}),
        ({"regions": ["us-east-1"], "resource_types": ["ebs:volume"], "min_coverage": 0.5}, {"regions": ["us-east-1"]}),
        ({"accounts": {"organization": {}}, "analyze": True}, {"accounts": {"organization": {}}}),
    ],
)
def test_plan_is_asked_what_it_would_reach(given: dict[str, Any], asked: dict[str, Any]) -> None:
    made, functions = machine()
    reached = sweeping._reached(made, given)
    assert reached.regions == {"111122223333": ["us-east-1"]}
    assert functions.asked == [(PLAN, {"probe": asked})]


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        ("InvalidInput", "regions: 'mars-1' is not a region", "regions: 'mars-1' is not a region; nothing was scanned"),
        ("OrganizationError", "organizations:ListAccounts is denied", "organizations:ListAccounts is denied; nothing was scanned"),
        ("Denied", "credentials: those of the profile audit", "credentials: those of the profile audit; nothing was scanned"),
    ],
)
def test_what_plan_refuses_ends_it_before_anything_is_scanned(kind: str, message: str, said: str) -> None:
    made, _ = machine(answer=raising(Raised(kind, message)))
    with pytest.raises(Ending) as caught:
        sweeping._reached(made, {})
    assert (caught.value.code, str(caught.value)) == (ExitCode.BAD_INPUT, said)


class Flow:
    """The steps from the profile to the report, each of which only notes that its turn came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
        self.made, self.functions = machine(bucket)
        self.turns: list[tuple[Any, ...]] = []
        self.refuses = False
        monkeypatch.setattr(sweeping, "open_profile", self._open)
        monkeypatch.setattr(sweeping, "running", self._running)
        monkeypatch.setattr(asking, "allowed", self._allowed)
        monkeypatch.setattr(sweeping, "run", lambda target, given, out, screen: self.turns.append(("run", given, out)))
        monkeypatch.setattr(sweeping, "finish", lambda result, screen: ExitCode.DONE)

    def _open(self, name: str, regions: tuple[str, ...] = ()) -> Profile:
        self.turns.append(("open", name, list(regions)))
        return self.made.profile

    @contextmanager
    def _running(self, profile: Profile, out: Path, screen: Any, *, free: bool) -> Iterator[Machine]:
        self.turns.append(("running", profile.name, free))
        yield self.made

    def _allowed(self, requests: asking.Requests, profile: Profile, screen: Any, *, yes: bool, free: bool) -> None:
        self.turns.append(("allowed", requests.units, requests.resources, yes, free))
        if self.refuses:
            raise Ending(ExitCode.BAD_INPUT, "not allowed")


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> Flow:
    return Flow(monkeypatch, bucket)


SCREEN: Any = None


def test_a_sweep_asks_who_it_is_then_what_there_is_then_whether_it_may_and_then_runs(flow: Flow, bucket: Bucket) -> None:
    put(bucket, OLD, resources=12)
    given = {"regions": ["us-east-1"], "resource_types": ["ebs:volume", "ec2:instance"], "analyze": True, "notify": True}
    assert sweeping.sweep("audit", given, Path("out"), SCREEN, yes=True, free=False) is ExitCode.DONE
    assert flow.turns == [
        ("open", "audit", ["us-east-1"]),
        ("running", "audit", False),
        ("allowed", 2, 12, True, False),
        ("run", {**given, "analyze": False, "notify": False}, Path("out")),
    ]


def test_everything_is_asked_for_where_nothing_is_named(flow: Flow) -> None:
    sweeping.sweep("audit", {}, Path("out"), SCREEN, yes=False, free=True)
    assert flow.turns[0] == ("open", "audit", [])
    assert flow.turns[2] == ("allowed", len(registry.resource_types()), 0, False, True)


def test_a_run_that_is_gone_on_with_keeps_its_scope_and_is_asked_about_as_another(flow: Flow, bucket: Bucket) -> None:
    put(bucket, OLD, resources=7)
    scope = {"accounts": ["111122223333", "444455556666"], "regions": ["us-east-1", "eu-west-1"], "resource_types": ["ebs:volume"]}
    bucket.put_json(RunFolder(bucket, OLD).scope, scope)
    assert sweeping.resume("audit", "latest", {"min_coverage": 0.5}, Path("out"), SCREEN, yes=False, free=False) is ExitCode.DONE
    assert flow.turns[2:] == [
        ("allowed", 4, 7, False, False),
        ("run", {"min_coverage": 0.5, "analyze": False, "notify": False, "resume": OLD}, Path("out")),
    ]


@pytest.mark.parametrize("resumed", [False, True])
def test_without_a_yes_nothing_runs(flow: Flow, bucket: Bucket, resumed: bool) -> None:
    put(bucket, OLD)
    bucket.put_json(RunFolder(bucket, OLD).scope, {"accounts": [], "regions": [], "resource_types": ["ebs:volume"]})
    flow.refuses = True
    begin: Any = partial(sweeping.resume, "audit", OLD) if resumed else partial(sweeping.sweep, "audit")
    with pytest.raises(Ending, match="not allowed"):
        begin({}, Path("out"), SCREEN, yes=False, free=False)
    assert [turn[0] for turn in flow.turns] == ["open", "running", "allowed"]


def test_a_mistake_in_what_is_asked_for_is_told_before_aws_is_asked_anything(flow: Flow) -> None:
    with pytest.raises(Ending, match="ebs:volumes"):
        sweeping.sweep("audit", {"resource_types": ["ebs:volumes"]}, Path("out"), SCREEN, yes=True, free=False)
    assert flow.turns == []
