"""Declared permissions equal the calls that are really made: each collector runs, metrics included, in an account with its resources.

An action too few is an AccessDenied in production; an action too many is a permission that nobody needs.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Finding, Outcome, Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning

ACCOUNT, REGION = "123456789012", "us-east-1"
LATER = timedelta(days=120)
"""How long after the seeding the sweep looks: old enough for every check to ask for metrics."""

NEVER_MADE: dict[tuple[str, str], str] = {}
"""(resource type, action) that moto cannot bring a collector to call, each with the reason."""

MAJOR_VERSIONS = """<DescribeDBMajorEngineVersionsResponse><DescribeDBMajorEngineVersionsResult><DBMajorEngineVersions>
<DBMajorEngineVersion><Engine>postgres</Engine><MajorEngineVersion>13</MajorEngineVersion></DBMajorEngineVersion>
</DBMajorEngineVersions></DescribeDBMajorEngineVersionsResult></DescribeDBMajorEngineVersionsResponse>"""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty account. The two operations that moto lacks and that collectors call are answered here."""
    answered = BotocoreStubber.process_request

    def process(stubber: BotocoreStubber, request: Any) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        if "Action=DescribeDBMajorEngineVersions" in body:
            return 200, {}, MAJOR_VERSIONS
        if request.url.partition("?")[0].endswith("/provisioned-concurrency"):
            return 200, {}, json.dumps({"ProvisionedConcurrencyConfigs": []})
        return answered(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # they come with 1,300 snapshots
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name=REGION)


def network(session: boto3.Session) -> tuple[str, list[str]]:
    """The default VPC and two of its subnets."""
    ec2 = session.client("ec2")
    subnets = ec2.describe_subnets()["Subnets"]
    return subnets[0]["VpcId"], [subnet["SubnetId"] for subnet in subnets[:2]]


def instances(session: boto3.Session) -> list[str]:
    """A running and a stopped instance; the stopped one has an Elastic IP."""
    ec2 = session.client("ec2")
    made = ec2.run_instances(ImageId="ami-0123456789abcdef0", InstanceType="m4.large", MinCount=2, MaxCount=2)["Instances"]
    running, stopped = (instance["InstanceId"] for instance in made)
    ec2.associate_address(InstanceId=stopped, AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
    ec2.stop_instances(InstanceIds=[stopped])
    return [running, stopped]


def volumes(session: boto3.Session) -> None:
    """A volume attached to a running instance, and a free one."""
    ec2 = session.client("ec2")
    running, _ = instances(session)
    zone = ec2.describe_instances(InstanceIds=[running])["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
    for device in ("/dev/sdf", None):
        made = ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp2")
        if device:
            ec2.attach_volume(VolumeId=made["VolumeId"], InstanceId=running, Device=device)


def snapshots(session: boto3.Session) -> None:
    """A snapshot of a volume, and an image of an instance."""
    ec2 = session.client("ec2")
    running, _ = instances(session)
    ec2.create_snapshot(VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])
    ec2.create_image(InstanceId=running, Name="image")


def db_instance(session: boto3.Session) -> None:
    """A PostgreSQL instance of a version in or near Extended Support."""
    session.client("rds").create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        EngineVersion="13.4",
        DBInstanceClass="db.m5.large",
        AllocatedStorage=100,
        MasterUsername="admin",
        MasterUserPassword="password-1",
    )


def db_cluster(session: boto3.Session) -> None:
    """An Aurora cluster with one instance."""
    rds = session.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="cluster",
        Engine="aurora-postgresql",
        EngineVersion="13.9",
        MasterUsername="admin",
        MasterUserPassword="password-1",
    )
    rds.create_db_instance(
        DBInstanceIdentifier="member", DBClusterIdentifier="cluster", Engine="aurora-postgresql", DBInstanceClass="db.r5.large"
    )


def load_balancers(session: boto3.Session) -> None:
    """One with a target, one whose only target group is empty, and a classic one with an instance."""
    vpc, subnets = network(session)
    running, _ = instances(session)
    elbv2 = session.client("elbv2")
    for name in ("used", "empty"):
        balancer = elbv2.create_load_balancer(Name=name, Subnets=subnets, Type="application")["LoadBalancers"][0]
        group = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
        forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
        elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward)
        if name == "used":
            elbv2.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": running}])
    elb = session.client("elb")
    listener = {"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="classic", Listeners=[listener], AvailabilityZones=[f"{REGION}a"])
    elb.register_instances_with_load_balancer(LoadBalancerName="classic", Instances=[{"InstanceId": running}])


def target_group(session: boto3.Session) -> None:
    """One that no load balancer uses."""
    vpc, _ = network(session)
    session.client("elbv2").create_target_group(Name="orphan", Protocol="HTTP", Port=80, VpcId=vpc)


def function(session: boto3.Session) -> None:
    """A function with a tag."""
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    role = session.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...")
    session.client("lambda").create_function(
        FunctionName="function", Runtime="python3.13", Role=role, Handler="main.handler", Code={"ZipFile": code.getvalue()}, Tags={"a": "b"}
    )


SEEDS: dict[str, Callable[[boto3.Session], object]] = {
    "ec2:instance": instances,
    "ebs:volume": volumes,
    "ebs:snapshot": snapshots,
    "rds:db-instance": db_instance,
    "rds:db-cluster": db_cluster,
    "elb:load-balancer": load_balancers,
    "elb:target-group": target_group,
    "lambda:function": function,
}


def scanned(session: boto3.Session, resource_type: str) -> tuple[set[str], Outcome, int]:
    """The actions that a scan takes, how it ended, and how many resources it saw."""
    aws = Aws(ACCOUNT, REGION, session, datetime.now(UTC) + LATER)
    unit = Unit(
        unit_id=unit_id(ACCOUNT, REGION, resource_type), account=ACCOUNT, region=REGION, resource_type=resource_type, function="none"
    )
    found: list[Finding] = []
    outcome = scanning.scan(unit, aws, Prices(REGION), found.append)
    return {iam_action(*call.split(":")) for call in aws.meter.calls}, outcome.outcome, outcome.resources


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_a_collector_calls_exactly_what_it_declares(session: boto3.Session, resource_type: str) -> None:
    assert resource_type in SEEDS, f"seed a {resource_type} in this file, so that its calls are made"
    SEEDS[resource_type](session)
    made, outcome, resources = scanned(session, resource_type)
    excused = {action for kind, action in NEVER_MADE if kind == resource_type}
    declared = set(registry.iam_actions(resource_type=resource_type))
    assert (outcome, resources > 0) == (Outcome.OK, True)
    assert made - declared == set(), "calls that no permission is declared for"
    assert declared - made - excused == set(), "permissions that no call needs"
    assert made & excused == set(), "calls that need no excuse any more"


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_an_empty_region_asks_for_no_metrics(session: boto3.Session, resource_type: str) -> None:
    made, outcome, resources = scanned(session, resource_type)
    assert (outcome, resources) == (Outcome.EMPTY, 0)
    assert registry.METRICS_IAM not in made
    assert made <= set(registry.iam_actions(resource_type=resource_type))


def test_the_lambda_of_a_service_may_do_what_its_resource_types_need() -> None:
    for service in registry.services():
        together = {
            action
            for resource_type in registry.resource_types()
            if resource_type.startswith(f"{service}:")
            for action in registry.iam_actions(resource_type=resource_type)
        }
        assert set(registry.iam_actions(service=service)) == together
