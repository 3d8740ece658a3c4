"""A small fleet in a running AWS: it is there, it is counted, and every check has something to find and something to leave alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from finops import fleet
from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.fleet import Fleet
from functions.core import registry

TAKES_TIME = {
    "ebs-idle-volume", "ebs-io-to-gp3", "ebs-gp3-overprovisioned", "ebs-orphan-snapshot", "ebs-unattached-volume",
    "ebs-volume-on-stopped-instance", "ec2-idle-instance", "ec2-stopped-instance", "rds-idle-instance", "rds-stopped-instance",
    "aurora-idle-cluster", "elb-no-targets", "elb-no-healthy-targets", "elb-idle", "elb-classic-idle", "lambda-arm64", "lambda-errors",
    "lambda-reserved-concurrency-zero", "lambda-unused-provisioned-concurrency",
}  # fmt: skip
TAKES_A_QUARTER = {"ebs-old-snapshot", "lambda-unused"}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


@pytest.fixture(scope="module")
def small(aws: EmbeddedAws) -> Fleet:
    return fleet.seed(aws, resources=1)


def checks(findings: frozenset[tuple[str, str]]) -> set[str]:
    return {check for _, check in findings}


def test_every_check_is_planted(small: Fleet) -> None:
    later = small.expected(small.created + timedelta(days=100))
    assert checks(small.expected() | later) == {check.id for check in registry.checks()}


def test_what_takes_time_is_not_there_after_six_days(small: Fleet) -> None:
    soon = small.expected(small.created + timedelta(days=6))
    assert checks(small.expected()) - checks(soon) == TAKES_TIME
    assert soon < small.expected()


def test_what_takes_a_quarter_is_not_there_after_sixty_days(small: Fleet) -> None:
    assert not checks(small.expected()) & TAKES_A_QUARTER
    assert checks(small.expected(small.created + timedelta(days=100))) >= TAKES_A_QUARTER


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


def listed(aws: EmbeddedAws, account: str, region: str) -> dict[str, int]:
    """What AWS's own listings say of one account and region."""

    def client(service: str) -> Any:
        return aws.client(service, account, region)

    def count(service: str, operation: str, key: str, **parameters: Any) -> int:
        return sum(len(page[key]) for page in client(service).get_paginator(operation).paginate(**parameters))

    instances = client("ec2").get_paginator("describe_instances").paginate()
    return {
        "ec2:instance": sum(len(reservation["Instances"]) for page in instances for reservation in page["Reservations"]),
        "ebs:volume": count("ec2", "describe_volumes", "Volumes"),
        "ebs:snapshot": count("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]),
        "rds:db-instance": count("rds", "describe_db_instances", "DBInstances"),
        "rds:db-cluster": count("rds", "describe_db_clusters", "DBClusters"),
        "elb:load-balancer": count("elbv2", "describe_load_balancers", "LoadBalancers")
        + count("elb", "describe_load_balancers", "LoadBalancerDescriptions"),
        "elb:target-group": count("elbv2", "describe_target_groups", "TargetGroups"),
        "lambda:function": count("lambda", "list_functions", "Functions"),
    }


def test_findings_are_planted_in_every_account_and_region(small: Fleet) -> None:
    places = {tuple(arn.split(":")[3:5]) for arn, _ in small.expected()}
    assert places == {(region, account) for region in REGIONS for account in ACCOUNTS}
