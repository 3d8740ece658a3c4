"""The advice of real sweeps: the state machine's own retries, the circuit breaker, and the rules where no model's answer can be had.

The AWS is this file's own, its Lambda functions' Bedrock is scripted, and what reaches it is counted there. A group is an account's
findings of one service; twenty accounts with an unattached volume and an orphaned target group each make forty. The engine's waits are a
tenth as long as the state machine says (SFN_WAIT_SCALE); the circuit breaker's recovery time, which the functions measure, is not.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops.embedded import aws as embedded
from finops.embedded import cloud_assembly
from finops.embedded.aws import EmbeddedAws
from functions.core.advice import prompt
from functions.core.advice.breaker import Breaker
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.errors import BedrockUnavailable
from functions.core.settings import DEFAULT_MODEL
from tests.e2e.sweeping import Sweep, sweep
from tests.scripted_bedrock import Call, ScriptedBedrock, answer, down, invent, throttle

THRESHOLD, RECOVERY, CONCURRENCY = 5, 2, 4
SETTINGS: dict[str, Any] = {
    "max_concurrency": embedded.MAX_CONCURRENCY,
    "max_advice_groups": 40,
    "analyze_concurrency": CONCURRENCY,
    "circuit_breaker_threshold": THRESHOLD,
    "circuit_breaker_timeout_seconds": RECOVERY,
}
OTHERS = tuple(f"5{number:011}" for number in range(20 - len(embedded.ACCOUNTS)))
TYPES = ["ebs:volume", "elb:target-group"]
REGION = embedded.REGIONS[0]
IN_SIXTY_DAYS = (datetime.now(UTC) + timedelta(days=60)).isoformat()


@dataclass(slots=True)
class World:
    """Twenty accounts, and the Bedrock of their analyzer."""

    aws: EmbeddedAws
    bedrock: ScriptedBedrock
    volumes: dict[str, str]

    @property
    def accounts(self) -> list[str]:
        return list(self.volumes)

    def breaker(self) -> Breaker:
        client, table = self.aws.client("dynamodb"), self.aws.outputs["TableName"]
        return Breaker(client, table, DEFAULT_MODEL, threshold=THRESHOLD, recovery_seconds=RECOVERY)

    def sweep(self, accounts: list[str], types: list[str], **given: Any) -> Sweep:
        return sweep(self.aws, accounts=accounts, regions=[REGION], resource_types=types, as_of=IN_SIXTY_DAYS, **given)

    def forget(self) -> None:
        """A closed circuit breaker, a Bedrock that was never called, and facts that nobody has asked about."""
        self.breaker().reset()
        self.bedrock.forget()
        client, table = self.aws.client("dynamodb"), self.aws.outputs["TableName"]
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if item["pk"]["S"].startswith("advice#"):
                    client.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})

    def children(self, of: Sweep) -> dict[str, list[dict[str, Any]]]:
        """What happened in each child of the Analyze map: its history by group id."""
        machine = self.aws.client("stepfunctions")
        runs = sorted(machine.list_map_runs(executionArn=of.arn)["mapRuns"], key=lambda run: run["startDate"])
        assert len(runs) == 2, "Scan, then Analyze"
        found = {}
        for page in machine.get_paginator("list_executions").paginate(mapRunArn=runs[1]["mapRunArn"]):
            for child in page["executions"]:
                arn = child["executionArn"]
                given = json.loads(machine.describe_execution(executionArn=arn)["input"])
                found[given["group_id"]] = machine.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return found


def plant(aws: EmbeddedAws, account: str) -> str:
    """Two groups of findings; the volume's id."""
    volume: str = aws.client("ec2", account).create_volume(AvailabilityZone=f"{REGION}a", Size=100, VolumeType="gp3")["VolumeId"]
    aws.client("elbv2", account).create_target_group(Name="orphan", Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="instance")
    return volume


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with ScriptedBedrock() as bedrock:
        variables = {**bedrock.environment, "SFN_WAIT_SCALE": "0.1"}
        with embedded.start(variables=variables, **SETTINGS) as aws, ThreadPoolExecutor(4) as pool:
            assembly = cloud_assembly.synthesise(aws.accounts[0], REGION, **SETTINGS)
            member = cloud_assembly.template(assembly, cloud_assembly.MEMBER)
            list(pool.map(lambda account: embedded.deploy(aws, member, cloud_assembly.MEMBER, account), OTHERS))
            accounts = (*aws.accounts, *OTHERS)
            volumes = dict(zip(accounts, pool.map(lambda account: plant(aws, account), accounts), strict=True))
            yield World(aws, bedrock, volumes)


@pytest.fixture
def world(made: World) -> World:
    made.forget()
    return made


def facts_in(call: Call) -> Facts:
    return Facts.model_validate_json(call.text.removeprefix(prompt.OPEN).removesuffix(prompt.CLOSE))


def good(call: Call) -> Any:
    """An answer that the facts cover: what the rules would say."""
    return by_rule(facts_in(call)).model_dump(mode="json")


def sources(of: Sweep) -> Counter[str]:
    assert of.status == "SUCCEEDED", of.message
    return Counter(one["source"] for one in of.report["advice"])


def test_throttled_twice_then_answered_is_one_advice_and_three_calls(world: World) -> None:
    own = world.accounts[0]
    world.bedrock.play(throttle(), throttle(), answer(good))
    seen = world.sweep([own], ["ebs:volume"])
    assert sources(seen) == {"bedrock": 1}
    [advice] = seen.report["advice"]
    assert (advice["group_id"], advice["model_id"], advice["reason"]) == (f"{own}.ebs", DEFAULT_MODEL, None)
    assert advice["tokens"] == {"input": 1200, "output": 150}
    assert [facts_in(call).group_id for call in world.bedrock.calls] == [f"{own}.ebs"] * 3
    assert [call.request["additionalModelRequestFields"] for call in world.bedrock.calls] == [{"thinking": {"type": "disabled"}}] * 3
    [history] = world.children(seen).values()
    happened = Counter(event["type"] for event in history)
    assert (happened["TaskScheduled"], happened["TaskFailed"], happened["TaskSucceeded"]) == (3, 2, 1)
    errors = [event["taskFailedEventDetails"]["error"] for event in history if event["type"] == "TaskFailed"]
    assert errors == ["BedrockThrottled"] * 2
    assert world.breaker().read().failures == 0, "the answer has set the count back"

    again = world.sweep([own], ["ebs:volume"])
    assert [(one["source"], one["cached"], one["usd"]) for one in again.report["advice"]] == [("bedrock", True, 0.0)]
    assert len(world.bedrock.calls) == 3, "the same question is answered from the state table"


def test_an_invented_resource_gives_the_rules_advice_with_the_reason(world: World) -> None:
    own = world.accounts[0]
    world.bedrock.play(invent(good, **{world.volumes[own]: "vol-0000made0up"}))
    seen = world.sweep([own], ["ebs:volume"])
    assert sources(seen) == {"rules": 1}
    [advice] = seen.report["advice"]
    assert advice["reason"].startswith("BedrockRefused: ")
    assert "vol-0000made0up" in advice["reason"]
    assert [step["resource_ids"] for step in advice["steps"]] == [[world.volumes[own]]]
    assert len(world.bedrock.calls) == 1, "asking again does not help"
    assert world.breaker().read().failures == 0, "Bedrock is up"


def test_without_analyze_nobody_is_asked(world: World) -> None:
    world.bedrock.play(answer(good))
    seen = world.sweep(world.accounts[:3], TYPES, analyze=False)
    assert sources(seen) == {"rules": 6}
    assert [one["reason"] for one in seen.report["advice"]] == [None] * 6
    assert world.bedrock.calls == []


def test_forty_groups_are_asked_about_a_few_at_a_time(world: World) -> None:
    world.bedrock.play(answer(good))
    seen = world.sweep(world.accounts, TYPES)
    assert sources(seen) == {"bedrock": 40}
    assert len(world.bedrock.calls) == 40
    assert world.bedrock.most_at_once() <= CONCURRENCY


def test_a_dead_bedrock_is_left_alone_and_all_advice_is_by_rule(world: World) -> None:
    world.bedrock.play(down())
    seen = world.sweep(world.accounts, TYPES)
    assert sources(seen) == {"rules": 40}
    reasons = Counter(one["reason"].partition(":")[0] for one in seen.report["advice"])
    assert set(reasons) <= {"CircuitOpen", "BedrockUnavailable"}
    assert reasons["CircuitOpen"] > 20
    assert {step for one in seen.report["advice"] for step in one["steps"][0]["resource_ids"]} >= set(world.volumes.values())

    calls = sorted(world.bedrock.calls, key=lambda call: call.started)
    last_counted = sorted(call.ended or 0.0 for call in calls)[THRESHOLD - 1]
    before = [call for call in calls if call.started < last_counted + RECOVERY]
    assert THRESHOLD <= len(before) <= THRESHOLD + CONCURRENCY
    probes = calls[len(before) :]
    assert all(later.started - earlier.started >= RECOVERY - 0.05 for earlier, later in itertools.pairwise(probes))
    assert len(probes) <= seen.seconds / RECOVERY

    histories = world.children(seen)
    assert len(histories) == 40
    errors = {
        group: [event["taskFailedEventDetails"]["error"] for event in history if event["type"] == "TaskFailed"]
        for group, history in histories.items()
    }
    assert any(told.count("BedrockUnavailable") >= 1 and len(told) >= 2 for told in errors.values()), "it was tried again natively"
    assert all(told[-1] in ("CircuitOpen", "BedrockUnavailable") for told in errors.values())


def test_the_command_line_tells_and_resets_the_breaker_of_the_deployed_stack(world: World) -> None:
    for _ in range(THRESHOLD):
        with pytest.raises(BedrockUnavailable), world.breaker().ask():
            raise BedrockUnavailable("down")

    def said(word: str) -> str:
        command = [sys.executable, "-m", "finops", "breaker", word]
        environment = {**os.environ, **world.aws.environment}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # our own
        return ended.stdout

    opened = re.compile(rf"(half-)?open: {re.escape(DEFAULT_MODEL)}: {THRESHOLD} failures in a row, the last at ")
    assert opened.match(said("status"))
    assert re.match(
        rf"reset: {re.escape(DEFAULT_MODEL)}: was (half-)?open with {THRESHOLD} failures in a row, and is closed", said("reset")
    )
    assert said("status") == f"closed: {DEFAULT_MODEL}: no failures in a row; it opens at {THRESHOLD}\n"
