"""A small fleet in a running AWS: it is there, it is counted, and every check has something to find and something to leave alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from finops import fleet
from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws, deploy
from finops.fleet import Fleet
from functions.core import registry
from tests.functions import seeds


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


LATE = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}},
    "Late": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "late",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context): ..."},
        },
    },
}


@pytest.fixture(scope="module")
def small(aws: EmbeddedAws) -> Fleet:
    return fleet.seed(aws, resources=1, deploy=lambda: deploy(aws, {"Resources": LATE}, "Late", ACCOUNTS[0]))


def checks(findings: frozenset[tuple[str, str]]) -> set[str]:
    return {check for _, check in findings}


def test_every_check_is_planted(small: Fleet) -> None:
    later = small.expected(small.created + timedelta(days=100))
    assert checks(small.expected() | later) == {check.id for check in registry.checks()}


def test_what_takes_time_is_found_when_it_has_passed_and_not_before(small: Fleet) -> None:
    soon, then, late = (checks(small.expected(small.created + timedelta(days=days))) for days in (6, 60, 100))
    for check in registry.checks():
        days = {name: threshold.default for name, threshold in check.thresholds.items() if name.endswith("_days")}
        waits = [default for name, default in days.items() if name == "window_days" or name.startswith("min_")]
        assert check.id not in soon or max(waits, default=0) <= 6, f"{check.id} waits longer than six days"
        assert check.id in soon or any(6 < default <= 60 for default in days.values()) or check.id not in then, f"{check.id} takes no time"
        assert check.id in soon | then or any(60 < default <= 100 for default in days.values()), f"{check.id} takes no quarter"
    assert soon < then
    assert then & late
    assert small.expected(small.created + timedelta(days=6)) < small.expected()


def test_every_check_has_something_that_it_must_leave_alone(small: Fleet) -> None:
    assert not small.near_misses & small.expected()
    assert checks(small.near_misses) == {check.id for check in registry.checks()}


def test_the_fleet_is_all_that_is_there(aws: EmbeddedAws, small: Fleet) -> None:
    there: Counter[str] = Counter()
    for account in ACCOUNTS:
        for region in REGIONS:
            there.update(listed(aws, account, region))
    assert there == Counter(small.resources)
    assert small.resources.keys() == set(registry.resource_types())


def test_what_is_deployed_when_the_fleet_is_made_is_part_of_it(small: Fleet) -> None:
    late = f"arn:aws:lambda:{REGIONS[0]}:{ACCOUNTS[0]}:function:late"
    assert (late, "lambda-unused") in small.expected(small.created + timedelta(days=100))
    assert (late, "lambda-unused") not in small.expected()


def listed(aws: EmbeddedAws, account: str, region: str) -> dict[str, int]:
    """What AWS's own listings say of one account and region."""

    return {
        resource_type: sum(one.count(aws.client(one.service, account, region)) for one in seeds.of(resource_type).listed)
        for resource_type in registry.resource_types()
    }


def test_findings_are_planted_in_every_account_and_region(small: Fleet) -> None:
    places = {small.place(arn) for arn, _ in small.expected()}
    assert places == {(account, region) for region in REGIONS for account in ACCOUNTS}
