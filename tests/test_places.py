"""Place is part of every price: whatever the type, what is in a Local Zone, a Wavelength Zone or on an Outpost is given no rate of the
region, and what is in another partition none of us-east-1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import create_loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from functions.core import focus, registry
from functions.core.aws.clients import Aws
from functions.core.aws.partitions import partition
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.core.store.unit_objects import FINDING
from tests.functions.paged import ACCOUNT, THEN, Answers, nothing

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LOADER = create_loader()
COLLECTORS = registry.collectors()
SESSION = boto3.Session("testing", "testing")
PLACED = [collector for collector in COLLECTORS if collector.placed_by]


@dataclass(slots=True, frozen=True)
class Where:
    """What AWS's replies say of where something is. `border_group`: of its addresses."""

    region: str
    zone: str
    border_group: str
    outpost: str = ""

    @property
    def arn(self) -> dict[str, str]:
        return {"OutpostArn": self.outpost} if self.outpost else {}


REGION = "us-west-2"
OUTPOST = f"arn:aws:outposts:{REGION}:{ACCOUNT}:outpost/op-0123456789abcdef0"
LOCAL, WAVELENGTH = "us-west-2-lax-1a", "us-west-2-wl1-las-wlz-1"
HERE = Where(REGION, "us-west-2a", REGION)
ELSEWHERE = {
    LOCAL: Where(REGION, LOCAL, "us-west-2-lax-1"),
    WAVELENGTH: Where(REGION, WAVELENGTH, WAVELENGTH),
    OUTPOST: Where(REGION, "us-west-2a", REGION, OUTPOST),
}


def volumes(at: Where) -> dict[str, Any]:
    kind = {"VolumeType": "gp3", "Size": 8, "State": "available", "CreateTime": THEN}
    volume = {"VolumeId": "vol-1", "AvailabilityZone": at.zone, "Attachments": [], **kind, **at.arn}
    return {"ec2:DescribeInstances": nothing(Reservations=[]), "ec2:DescribeVolumes": nothing(Volumes=[volume])}


def snapshots(at: Where) -> dict[str, Any]:
    snapshot = {"SnapshotId": "snap-1", "VolumeId": "vol-1", "VolumeSize": 8, "StartTime": THEN, "State": "completed"}
    if at.zone != f"{at.region}a" or at.outpost:  # AWS gives a zone only of what is not kept in the region
        snapshot |= {"AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeVolumes": nothing(Volumes=[]), "ec2:DescribeImages": nothing(Images=[])}
    answers |= {"ec2:DescribeFastSnapshotRestores": nothing(), "ec2:DescribeLaunchTemplateVersions": nothing()}
    return {**answers, "ec2:DescribeSnapshots": nothing(Snapshots=[snapshot])}


def instances(at: Where) -> dict[str, Any]:
    instance = {"InstanceId": "i-1", "InstanceType": "m5.large", "State": {"Name": "running"}, "LaunchTime": THEN}
    instance |= {"Placement": {"AvailabilityZone": at.zone}, **at.arn}
    answers = {"ec2:DescribeAddresses": nothing(Addresses=[]), "ec2:DescribeInstanceTypes": nothing(InstanceTypes=[])}
    return {**answers, "ec2:DescribeInstances": nothing(Reservations=[{"Instances": [instance]}])}


def addresses(at: Where) -> dict[str, Any]:
    address = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7", "NetworkBorderGroup": at.border_group}
    return {"ec2:DescribeAddresses": nothing(Addresses=[address])}


def nat_gateways(at: Where) -> dict[str, Any]:
    gateway = {"NatGatewayId": "nat-1", "State": "available", "CreateTime": THEN, "SubnetId": "subnet-1"}
    subnet = {"SubnetId": "subnet-1", "AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeRouteTables": nothing(RouteTables=[]), "ec2:DescribeSubnets": nothing(Subnets=[subnet])}
    return {**answers, "ec2:DescribeNatGateways": nothing(NatGateways=[gateway])}


def vpc_endpoints(at: Where) -> dict[str, Any]:
    endpoint = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "State": "available", "CreationTimestamp": THEN}
    endpoint |= {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-west-2.ssm", "SubnetIds": ["subnet-1"]}
    subnet = {"SubnetId": "subnet-1", "AvailabilityZone": at.zone, **at.arn}
    answers = {"ec2:DescribeSubnets": nothing(Subnets=[subnet]), "cloudwatch:ListMetrics": nothing(Metrics=[])}
    return {**answers, "ec2:DescribeVpcEndpoints": nothing(VpcEndpoints=[endpoint])}


def load_balancers(at: Where) -> dict[str, Any]:
    zone = {"ZoneName": at.zone, **({"OutpostId": at.outpost} if at.outpost else {})}
    arn = f"arn:{partition(at.region)}:elasticloadbalancing:{at.region}:{ACCOUNT}:loadbalancer/net/web/50dc6c495c0c9188"
    balancer = {"LoadBalancerArn": arn, "LoadBalancerName": "web", "Type": "network", "AvailabilityZones": [zone]}
    classic = {"LoadBalancerName": "old", "AvailabilityZones": [at.zone]}
    return {
        "elbv2:DescribeTargetGroups": nothing(TargetGroups=[]),
        "elbv2:DescribeLoadBalancers": nothing(LoadBalancers=[balancer]),
        "elbv2:DescribeTags": nothing(TagDescriptions=[]),
        "elb:DescribeLoadBalancers": nothing(LoadBalancerDescriptions=[] if at.outpost else [classic]),  # there are none on Outposts
        "elb:DescribeTags": nothing(TagDescriptions=[]),
    }


def db_instances(at: Where, engine: str = "postgres") -> dict[str, Any]:
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:db:db-1"
    state = {"DBInstanceClass": "db.r5.large", "DBInstanceStatus": "available", "Engine": engine, "EngineVersion": "14.9"}
    subnets = [{"SubnetIdentifier": "subnet-1", **({"SubnetOutpost": {"Arn": at.outpost}} if at.outpost else {})}]
    where = {"AvailabilityZone": at.zone, "DBSubnetGroup": {"Subnets": subnets}}
    instance = {"DBInstanceIdentifier": "db-1", "DBInstanceArn": arn, **state, **where}
    majors = nothing(DBMajorEngineVersions=[])
    return {"rds:DescribeDBInstances": nothing(DBInstances=[instance]), "rds:DescribeDBMajorEngineVersions": majors}


def db_clusters(at: Where) -> dict[str, Any]:
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:cluster:c-1"
    cluster: dict[str, Any] = {"DBClusterIdentifier": "c-1", "DBClusterArn": arn, "Status": "available", "Engine": "aurora-postgresql"}
    cluster |= {"EngineVersion": "14.9", "DBClusterMembers": [{"DBInstanceIdentifier": "db-1"}]}
    cluster["AvailabilityZones"] = [f"{at.region}{letter}" for letter in "abc"]  # of its storage: only its instances can be elsewhere
    return {**db_instances(at, "aurora-postgresql"), "rds:DescribeDBClusters": nothing(DBClusters=[cluster])}


def db_snapshots(at: Where) -> dict[str, Any]:
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:snapshot:s-1"
    snapshot = {"DBSnapshotIdentifier": "s-1", "DBSnapshotArn": arn, "Engine": "postgres", "SnapshotType": "manual", "Status": "available"}
    snapshot |= {"AvailabilityZone": at.zone, "SnapshotTarget": "outposts" if at.outpost else "region"}
    return {"rds:DescribeDBSnapshots": nothing(DBSnapshots=[snapshot]), "rds:DescribeDBInstances": nothing(DBInstances=[])}


def db_cluster_snapshots(at: Where) -> dict[str, Any]:
    arn = f"arn:{partition(at.region)}:rds:{at.region}:{ACCOUNT}:cluster-snapshot:s-1"
    snapshot: dict[str, Any] = {"DBClusterSnapshotIdentifier": "s-1", "DBClusterSnapshotArn": arn, "SnapshotType": "manual"}
    snapshot |= {"Engine": "aurora-mysql", "Status": "available", "AvailabilityZones": [at.zone]}
    return {"rds:DescribeDBClusterSnapshots": nothing(DBClusterSnapshots=[snapshot]), "rds:DescribeDBClusters": nothing(DBClusters=[])}


def cache_clusters(at: Where) -> dict[str, Any]:
    arn = f"arn:{partition(at.region)}:elasticache:{at.region}:{ACCOUNT}:cluster:c-1"
    kind = {"CacheNodeType": "cache.r5.large", "Engine": "redis", "EngineVersion": "7.1.0", "CacheClusterStatus": "available"}
    where = {"PreferredAvailabilityZone": at.zone, **({"PreferredOutpostArn": at.outpost} if at.outpost else {})}
    cluster = {"CacheClusterId": "c-1", "ARN": arn, "NumCacheNodes": 1, **kind, **where}
    tags = {"resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[])}
    return {"elasticache:DescribeCacheClusters": nothing(CacheClusters=[cluster]), **tags}


REPLIES: Mapping[str, tuple[Callable[[Where], dict[str, Any]], str, str]] = {
    "ebs:snapshot": (snapshots, "AmazonEBS", "snapshot.standard"),
    "ebs:volume": (volumes, "AmazonEBS", "volume.gp3"),
    "ec2:address": (addresses, "AmazonVPC", "public-ipv4.idle"),
    "ec2:instance": (instances, "AmazonEC2", "ondemand.linux.shared.m5.large"),
    "ec2:nat-gateway": (nat_gateways, "AmazonVPC", "nat-gateway"),
    "ec2:vpc-endpoint": (vpc_endpoints, "AmazonVPC", "vpc-endpoint.interface"),
    "elasticache:cluster": (cache_clusters, "AmazonElastiCache", "ondemand.redis.cache.r5.large"),
    "elb:load-balancer": (load_balancers, "AWSELB", "load-balancer.network"),
    "rds:db-cluster": (db_clusters, "AmazonRDS", "ondemand.aurora-postgresql.single-az.db.r5.large"),
    "rds:db-cluster-snapshot": (db_cluster_snapshots, "AmazonRDS", "aurora.backup"),
    "rds:db-snapshot": (db_snapshots, "AmazonRDS", "backup"),
    "rds:db-instance": (db_instances, "AmazonRDS", "ondemand.postgresql.single-az.db.r5.large"),
}
"""What AWS replies of one thing that is somewhere, and a price of it."""


@pytest.mark.parametrize("collector", PLACED, ids=lambda collector: collector.resource_type)
def test_each_type_with_a_place_is_tried_elsewhere(collector: registry.Collector[Resource]) -> None:
    assert collector.resource_type in REPLIES, "REPLIES needs what AWS replies of one that is somewhere"


def collected(resource_type: str, at: Where) -> list[Resource]:
    aws = Aws(ACCOUNT, at.region, SESSION, NOW)
    reply, _, _ = REPLIES[resource_type]
    with Answers(reply(at)).everywhere():
        return list(registry.load(resource_type)[0](aws))


def given(resource_type: str, resource: Resource, prices: Prices) -> Prices:
    """The prices that the engine gives to a check of the resource."""
    seen: list[Prices] = []
    check = replace(registry.load(resource_type)[1][0], metrics=(), judge=lambda resource, limits, prices: seen.append(prices))
    Judge([(check, check.limits(NOW))], prices).findings(resource)
    (there,) = seen
    return there


@pytest.mark.parametrize("resource_type", REPLIES)
def test_in_the_regions_own_zones_its_rates_hold(resource_type: str) -> None:
    _, service, key = REPLIES[resource_type]
    found = collected(resource_type, HERE)
    assert {resource.place for resource in found} == {""}
    for resource in found:
        assert given(resource_type, resource, Prices(REGION)).price(service, key) is not None


@pytest.mark.parametrize("resource_type", REPLIES)
@pytest.mark.parametrize("place", ELSEWHERE)
def test_elsewhere_the_engine_knows_no_rate(resource_type: str, place: str) -> None:
    _, service, key = REPLIES[resource_type]
    at = ELSEWHERE[place]
    if resource_type == "ec2:address":  # an Outpost has addresses of its owner's, which are free, or of the region
        place = at.border_group if at.border_group != REGION else ""
    if at.outpost:  # of a snapshot AWS does not say on which Outpost it is, and there is no Aurora on any
        place = {"rds:db-snapshot": "outposts", "rds:db-cluster-snapshot": ""}.get(resource_type, place)
    found = collected(resource_type, at)
    assert {resource.place for resource in found} == {place}
    for resource in found:
        there = given(resource_type, resource, Prices(REGION))
        if place:
            assert (there.price(service, key), there.own(service, key)) == (None, None)
            assert there.hourly(service, key).formula == f"no price known for {service} {key} in {place}"


@pytest.mark.parametrize("resource_type", REPLIES)
@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_in_each_partition_a_rate_is_its_own_and_so_are_arns(resource_type: str, region: str) -> None:
    _, service, key = REPLIES[resource_type]
    for resource in collected(resource_type, Where(region, f"{region}a", region)):
        assert resource.arn.startswith(f"arn:{partition(region)}:")
        assert resource.place == ""
        price = given(resource_type, resource, Prices(region)).price(service, key)
        if region == "eu-west-1":
            assert price is not None
        else:
            assert price is None or (price.region, price.fallback_for) == (region, None)


@pytest.mark.parametrize("region", ["cn-north-1", "eusc-de-east-1"])
def test_where_aws_bills_in_another_currency_a_finding_has_no_dollars(region: str) -> None:
    (volume,) = collected("ebs:volume", Where(region, f"{region}a", region))
    check = next(check for check in registry.load("ebs:volume")[1] if check.id == "ebs-gp2-to-gp3")
    (finding,) = Judge([(check, check.limits(NOW))], Prices(region)).findings(replace(volume, kind="gp2"))  # type: ignore[call-arg]
    row = focus.row(FINDING.dump_python(finding, mode="json"), "")
    assert (row["BillingCurrency"], row["x_MonthlySavingsLikely"]) == ("USD", None)
    assert row["x_UnpricedReason"] == f"no price known for AmazonEBS volume.gp3 in {region}"


def test_only_a_check_asks_what_judges_by_it_so_that_the_place_counts() -> None:
    asks = [path.name for path in (ROOT / "functions").rglob("*.py") if re.search(r"\.judge\(", path.read_text(encoding="utf-8"))]
    assert asks == ["declarations.py"]


SAYS_WHERE = re.compile(r"\.(Secondary)?AvailabilityZones?(\[\])?$|\.ZoneName$|Outpost|BorderGroup")


def leaves(shape: Shape, path: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The paths of what is no structure in a shape: ".Volumes[].AvailabilityZone"."""
    if isinstance(shape, StructureShape):
        if shape.name not in seen:
            for name, member in shape.members.items():
                yield from leaves(member, f"{path}.{name}", seen | {shape.name})
    elif isinstance(shape, ListShape):
        yield from leaves(shape.member, f"{path}[]", seen)
    else:
        yield path


def members(collector: registry.Collector[Resource]) -> list[str]:
    """All that a page of the collector's listing can say, by the model of the API."""
    service, operation = (collector.resumes or collector.iam[0]).split(":")
    shape = ServiceModel(LOADER.load_service_model(service, "service-2")).operation_model(operation).output_shape
    assert shape is not None
    return list(leaves(shape))


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_each_type_reads_every_member_that_says_where_a_thing_is_or_has_none(collector: registry.Collector[Resource]) -> None:
    said = members(collector)
    declared = tuple(f".{member}" for member in collector.placed_by)
    assert [member for member in declared if not any(path.endswith(member) for path in said)] == [], "AWS says no such thing"
    assert [path for path in said if SAYS_WHERE.search(path) and not path.endswith(declared or ("?",))] == [], "these say where it is"
