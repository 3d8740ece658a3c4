"""Every collector that says that it can go on from a page of its listing can, exactly: it yields a page's resources before the next page.

A scan that ran out of time is resumed by that: what it gets wrong is lost, or counted twice.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.aws.main_listing import Listing
from tests.functions.paged import Answers, Given

ACCOUNT, REGION = "123456789012", "us-east-1"
SESSION = boto3.Session("testing", "testing", region_name=REGION)
THEN = datetime(2026, 1, 1, tzinfo=UTC)
PAGES, ON_A_PAGE = 4, 7
"""Less than any collector takes together, and no divisor of it."""


def nothing(**answer: Any) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    return lambda parameters: answer


def pages(key: str, item: Callable[[int], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The pages of a listing; `item` makes the nth thing."""
    return [{key: [item(page * ON_A_PAGE + place) for place in range(ON_A_PAGE)]} for page in range(PAGES)]


def instance(number: int) -> dict[str, Any]:
    state = "stopped" if number % 3 == 0 else "running"
    place = {"AvailabilityZone": f"{REGION}a"}
    return {"InstanceId": f"i-{number}", "InstanceType": "m5.large", "State": {"Name": state}, "LaunchTime": THEN, "Placement": place}


def volume(number: int) -> dict[str, Any]:
    kind = {"VolumeType": "gp3", "Size": 8, "State": "in-use", "CreateTime": THEN, "AvailabilityZone": f"{REGION}a"}
    return {"VolumeId": f"vol-{number}", "Attachments": [{"InstanceId": f"i-{number}"}], **kind}


def balancer(number: int) -> dict[str, Any]:
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/n{number}/1"
    return {"LoadBalancerArn": arn, "LoadBalancerName": f"n{number}", "Type": "network", "CreatedTime": THEN}


def group(number: int) -> dict[str, Any]:
    name = f"g{number}"
    return {"TargetGroupArn": f"arn:{name}", "TargetGroupName": name, "LoadBalancerArns": [balancer(number)["LoadBalancerArn"]]}


def function(number: int) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f{number}"
    return {"FunctionName": f"f{number}", "FunctionArn": arn, "MemorySize": 128, "LastModified": "2026-01-01T00:00:00+0000"}


def db_instance(number: int) -> dict[str, Any]:
    name, engine = f"d{number}", {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0"}
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}"
    state = {"DBInstanceClass": "db.r5.large", "DBInstanceStatus": "available"}
    return {"DBInstanceIdentifier": name, "DBInstanceArn": arn, **engine, **state}


def db_cluster(number: int) -> dict[str, Any]:
    name, engine = f"c{number}", {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0"}
    members = [{"DBInstanceIdentifier": f"d{number}"}]
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}"
    return {"DBClusterIdentifier": name, "DBClusterArn": arn, "Status": "available", "DBClusterMembers": members, **engine}


INSTANCES = pages("Reservations", lambda number: {"Instances": [instance(number)]})
NO_TAGS = nothing(TagDescriptions=[])
MAJORS = pages("DBMajorEngineVersions", lambda number: {"Engine": "mysql", "MajorEngineVersion": str(number)})
GIVEN: dict[str, dict[str, Given]] = {
    "ebs:volume": {"ec2:DescribeInstances": INSTANCES, "ec2:DescribeVolumes": pages("Volumes", volume)},
    "ec2:instance": {
        "ec2:DescribeAddresses": nothing(Addresses=[]),
        "ec2:DescribeInstances": INSTANCES,
        "ec2:DescribeVolumes": pages("Volumes", volume),
    },
    "elb:load-balancer": {
        "elbv2:DescribeTargetGroups": pages("TargetGroups", group),
        "elbv2:DescribeLoadBalancers": pages("LoadBalancers", balancer),
        "elbv2:DescribeTags": NO_TAGS,
        "elbv2:DescribeTargetHealth": nothing(TargetHealthDescriptions=[]),
        "elb:DescribeLoadBalancers": pages("LoadBalancerDescriptions", lambda number: {"LoadBalancerName": f"classic-{number}"}),
        "elb:DescribeTags": NO_TAGS,
    },
    "elb:target-group": {"elbv2:DescribeTargetGroups": pages("TargetGroups", group), "elbv2:DescribeTags": NO_TAGS},
    "lambda:function": {
        "lambda:ListFunctions": pages("Functions", function),
        "lambda:GetFunctionConcurrency": nothing(),
        "lambda:ListProvisionedConcurrencyConfigs": nothing(ProvisionedConcurrencyConfigs=[]),
        "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
    },
    "rds:db-cluster": {
        "rds:DescribeDBInstances": pages("DBInstances", db_instance),
        "rds:DescribeDBClusters": pages("DBClusters", db_cluster),
        "rds:DescribeDBMajorEngineVersions": MAJORS,
    },
    "rds:db-instance": {"rds:DescribeDBInstances": pages("DBInstances", db_instance), "rds:DescribeDBMajorEngineVersions": MAJORS},
}
FROM_THE_START = {"ebs:snapshot"}
RESUMING = [collector for collector in registry.collectors() if collector.resumes]


def test_which_types_go_on_and_which_begin_anew() -> None:
    """A new scanner that resumes needs its pages here; one that does not needs a reason in its declaration."""
    assert {collector.resource_type for collector in RESUMING} == set(GIVEN)
    assert set(registry.resource_types()) - set(GIVEN) == FROM_THE_START


def listed(collector: registry.Collector[Any], token: str | None = None) -> tuple[list[tuple[int, Any]], Answers]:
    """Each resource with the number of the page that was being read when it came."""
    operation = collector.resumes or ""
    aws = Aws(ACCOUNT, REGION, SESSION, datetime(2026, 6, 1, tzinfo=UTC), main=Listing(operation, token))
    answers = Answers(GIVEN[collector.resource_type])
    assert aws.main is not None
    with answers.everywhere():
        return [(aws.main.at.number, resource) for resource in collector(aws)], answers


@pytest.mark.parametrize("collector", RESUMING, ids=lambda collector: collector.resource_type)
def test_what_comes_before_a_page_and_what_a_scan_from_it_yields_is_everything_once(collector: registry.Collector[Any]) -> None:
    everything, answers = listed(collector)
    assert len(everything) >= PAGES * ON_A_PAGE
    assert [number for operation, number in answers.asked if operation == collector.resumes] == list(range(1, PAGES + 1))
    for page in range(2, PAGES + 1):
        before = [resource for number, resource in everything if number < page]
        rest, asked = listed(collector, f"page-{page}")
        assert len(before) == (page - 1) * ON_A_PAGE
        assert [*before, *(resource for _, resource in rest)] == [resource for _, resource in everything]
        assert [number for operation, number in asked.asked if operation == collector.resumes] == list(range(page, PAGES + 1))


@pytest.mark.parametrize("collector", RESUMING, ids=lambda collector: collector.resource_type)
def test_the_listing_that_is_resumed_is_one_that_the_collector_may_make_and_makes_at_one_place(collector: registry.Collector[Any]) -> None:
    service, operation = (collector.resumes or "").split(":")
    assert iam_action(service, operation) in collector.iam
    module = Path(collector.fetch.__module__.replace(".", "/") + ".py")
    imported = [Path(f"functions/core/{name}.py") for name in collector.fetch.__globals__ if Path(f"functions/core/{name}.py").exists()]
    calls = [
        node
        for path in (module, *imported)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pages", "each_page")
        if [ast.literal_eval(word) for word in node.args[:2] if isinstance(word, ast.Constant)] == [service, operation]
    ]
    assert len(calls) == 1
