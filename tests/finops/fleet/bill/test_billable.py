"""What is there, as lines of a bill: each kind of thing under AWS's usage type, at the book's price, and what has no price is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from finops.fleet.bill.bill import described
from finops.fleet.bill.billable import EC2, EC2_OTHER, RDS, Adding, Billable, Use
from finops.fleet.recipes.ec2.instance import VPC
from finops.fleet.recipes.elb.load_balancer import ELB
from finops.fleet.recipes.lambda_ import GB_SECONDS_A_DAY, LAMBDA
from functions.core.costs import usage_types
from functions.core.prices.book import Prices

ACCOUNT, REGION = "222222222222", "us-west-2"


def instance(number: int, kind: str, state: str = "running") -> dict[str, Any]:
    return {"InstanceId": f"i-{number}", "InstanceType": kind, "State": {"Name": state}}


def database(
    engine: str, multi_az: bool = False, status: str = "available", storage: str = "gp3", kind: str = "db.m5.large"
) -> dict[str, Any]:
    return {
        "Engine": engine,
        "DBInstanceClass": kind,
        "MultiAZ": multi_az,
        "DBInstanceStatus": status,
        "StorageType": storage,
        "AllocatedStorage": 100,
    }


THERE: Mapping[tuple[str, str], list[dict[str, Any]]] = {
    ("ec2", "describe_instances"): [
        {"Instances": [instance(1, "m5.large"), instance(2, "m5.large"), instance(3, "c5.xlarge", "stopped")]},
        {"Instances": [instance(4, "x9.large")]},
    ],
    ("ec2", "describe_volumes"): [
        {"VolumeType": "gp3", "Size": 100, "Iops": 3_000},
        {"VolumeType": "gp3", "Size": 100, "Iops": 8_000},
        {"VolumeType": "io1", "Size": 200, "Iops": 5_000},
        {"VolumeType": "standard", "Size": 50},
    ],
    ("ec2", "describe_snapshots"): [{"VolumeId": "vol-1", "VolumeSize": 280}, {"VolumeId": "vol-1", "VolumeSize": 400}],
    ("ec2", "describe_fast_snapshot_restores"): [{"State": "enabled"}],
    ("rds", "describe_db_instances"): [
        database("postgres"),
        database("mysql", multi_az=True, storage="gp2"),
        database("postgres", status="stopped"),
        database("aurora-postgresql", storage="aurora", kind="db.r6g.large"),
    ],
    ("elbv2", "describe_load_balancers"): [{"Type": "application"}, {"Type": "network"}],
    ("elb", "describe_load_balancers"): [{}],
    ("ec2", "describe_addresses"): [{"AssociationId": "eipassoc-1"}, {}],
    ("lambda", "list_functions"): [{"Architectures": ["arm64"]}, {"Architectures": ["x86_64"]}],
}
KEYS = (
    *("Addresses", "Reservations", "Volumes", "Snapshots", "FastSnapshotRestores"),
    *("DBInstances", "LoadBalancers", "LoadBalancerDescriptions", "Functions"),
)


class There:
    """An AWS that describes `THERE`, in pages of one, and has nothing else."""

    def __init__(self, region: str) -> None:
        self.accounts, self.regions = (ACCOUNT,), (region,)

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        assert (account, region) == (ACCOUNT, *self.regions)
        return Client(service)


class Client:
    def __init__(self, service: str) -> None:
        self.service = service

    def can_paginate(self, operation: str) -> bool:
        return True

    def get_paginator(self, operation: str) -> Any:
        things = THERE.get((self.service, operation), ())

        class Paginator:
            def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
                assert operation != "describe_snapshots" or given == {"OwnerIds": ["self"]}
                for thing in things:
                    yield {key: [thing] for key in KEYS}

        return Paginator()


@pytest.fixture(scope="module")
def made() -> Billable:
    return described(There(REGION), ACCOUNT, REGION)


def of(made: Billable, usage_type: str) -> Use:
    (use,) = [use for use in made.lines() if use.usage_type == usage_type]
    return use


@pytest.mark.parametrize(
    ("service", "usage_type", "quantity", "unit", "price"),
    [
        (EC2, "USW2-BoxUsage:m5.large", 48, "Hrs", ("AmazonEC2", "ondemand.linux.shared.m5.large")),
        (EC2_OTHER, "USW2-EBS:VolumeUsage.gp3", 200 * 24 / 730, "GB-Mo", ("AmazonEBS", "volume.gp3")),
        (EC2_OTHER, "USW2-EBS:VolumeP-IOPS.gp3", 5_000 * 24 / 730, "IOPS-Mo", ("AmazonEBS", "iops.gp3")),
        (EC2_OTHER, "USW2-EBS:VolumeUsage.piops", 200 * 24 / 730, "GB-Mo", ("AmazonEBS", "volume.io1")),
        (EC2_OTHER, "USW2-EBS:VolumeP-IOPS.piops", 5_000 * 24 / 730, "IOPS-Mo", ("AmazonEBS", "iops.io1")),
        (EC2_OTHER, "USW2-EBS:VolumeUsage", 50 * 24 / 730, "GB-Mo", ("AmazonEBS", "volume.standard")),
        (EC2_OTHER, "USW2-EBS:SnapshotUsage", (280 + 0.05 * 400) * 24 / 730, "GB-Mo", ("AmazonEBS", "snapshot.standard")),
        (EC2_OTHER, "USW2-EBS:FastSnapshotRestore", 24, "DSU-Hours", ("AmazonEBS", "snapshot.fast-restore")),
        (VPC, "USW2-PublicIPv4:InUseAddress", 24, "Hrs", ("AmazonVPC", "public-ipv4.in-use")),
        (VPC, "USW2-PublicIPv4:IdleAddress", 24, "Hrs", ("AmazonVPC", "public-ipv4.idle")),
        (RDS, "USW2-InstanceUsage:db.m5.large", 24, "Hrs", ("AmazonRDS", "ondemand.postgresql.single-az.db.m5.large")),
        (RDS, "USW2-InstanceUsage:db.r6g.large", 24, "Hrs", ("AmazonRDS", "ondemand.aurora-postgresql.single-az.db.r6g.large")),
        (RDS, "USW2-Multi-AZUsage:db.m5.large", 24, "Hrs", ("AmazonRDS", "ondemand.mysql.multi-az.db.m5.large")),
        (RDS, "USW2-RDS:GP3-Storage", 200 * 24 / 730, "GB-Mo", ("AmazonRDS", "storage.single-az.gp3")),
        (RDS, "USW2-RDS:Multi-AZ-GP2-Storage", 100 * 24 / 730, "GB-Mo", ("AmazonRDS", "storage.multi-az.gp2")),
        (LAMBDA, "USW2-Lambda-GB-Second-ARM", GB_SECONDS_A_DAY, "Lambda-GB-Second", ("AWSLambda", "duration.arm.tier1")),
    ],
)
def test_a_day_of_it_is_billed_at_the_books_price(
    made: Billable, service: str, usage_type: str, quantity: float, unit: str, price: tuple[str, str]
) -> None:
    use = of(made, usage_type)
    known = Prices(REGION).price(*price)
    assert known is not None
    assert (use.service, use.unit, use.account, use.region) == (service, unit, ACCOUNT, REGION)
    assert use.quantity == pytest.approx(quantity)
    assert use.usd == pytest.approx(quantity * known.usd)


def test_load_balancers_of_all_kinds_have_one_usage_type_and_an_operation_each(made: Billable) -> None:
    lines = {use.operation: use for use in made.lines() if use.usage_type == "USW2-LoadBalancerUsage"}
    kinds = {"LoadBalancing:Application": "application", "LoadBalancing:Network": "network", "LoadBalancing": "classic"}
    assert lines.keys() == kinds.keys()
    for operation, kind in kinds.items():
        known = Prices(REGION).price("AWSELB", f"load-balancer.{kind}")
        assert known is not None
        assert (lines[operation].service, lines[operation].quantity) == (ELB, 24)
        assert lines[operation].usd == pytest.approx(24 * known.usd)


@pytest.mark.parametrize(
    ("usage_type", "operation"),
    [
        ("USW2-BoxUsage:m5.large", "RunInstances"),
        ("USW2-InstanceUsage:db.m5.large", "CreateDBInstance:0014"),
        ("USW2-Multi-AZUsage:db.m5.large", "CreateDBInstance:0002"),
        ("USW2-InstanceUsage:db.r6g.large", "CreateDBInstance:0021"),
        ("USW2-RDS:GP3-Storage", "CreateDBInstance"),
        ("USW2-EBS:VolumeUsage.gp3", ""),
    ],
)
def test_the_operation_tells_what_the_price_depends_on(made: Billable, usage_type: str, operation: str) -> None:
    assert of(made, usage_type).operation == operation


def test_one_usage_type_with_two_operations_is_two_lines() -> None:
    made = Billable(ACCOUNT, REGION)
    adding = Adding(made, Prices(REGION), There(REGION))
    for operation in ("CreateDBInstance:0014", "CreateDBInstance:0002", "CreateDBInstance:0014"):
        adding.hours(RDS, "InstanceUsage:db.m5.large", "AmazonRDS", "ondemand.mysql.single-az.db.m5.large", operation=operation)
    assert {use.operation: use.quantity for use in made.lines()} == {"CreateDBInstance:0014": 48, "CreateDBInstance:0002": 24}


def test_what_only_the_contract_has_a_price_of_is_billed_at_it() -> None:
    made = Billable(ACCOUNT, REGION)
    adding = Adding(made, Prices(REGION), There(REGION), {(EC2, "BoxUsage:x9.large"): 0.5, (EC2, "BoxUsage:m5.large"): 0.5})
    for kind in ("x9.large", "m5.large"):
        adding.hours(EC2, f"BoxUsage:{kind}", "AmazonEC2", f"ondemand.linux.shared.{kind}", kind)
    known = Prices(REGION).price("AmazonEC2", "ondemand.linux.shared.m5.large")
    assert known is not None
    assert of(made, "USW2-BoxUsage:x9.large").usd == 12
    assert of(made, "USW2-BoxUsage:m5.large").usd == pytest.approx(24 * known.usd), "the book knows it"
    assert made.unpriced == {}


def test_what_has_no_price_is_counted_and_not_billed(made: Billable) -> None:
    assert dict(made.unpriced) == {"AmazonEC2 ondemand.linux.shared.x9.large": 1}
    assert not [use for use in made.lines() if use.instance_type == "x9.large"]


def test_what_is_stopped_bills_no_hours_and_its_family_is_known_all_the_same(made: Billable) -> None:
    assert not [use for use in made.lines() if use.instance_type == "c5.xlarge"]
    assert made.families[f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-3"] == "c5"


def test_the_usage_types_mean_the_region_and_the_family(made: Billable) -> None:
    hours = [use for use in made.lines() if use.service in (EC2, RDS) and use.family]
    assert len(hours) == 4
    for use in hours:
        meant = usage_types.parse(use.usage_type)
        assert meant is not None
        assert (meant.region, meant.family, meant.instance_type, meant.hours) == (REGION, use.family, use.instance_type, True)


def test_in_the_first_region_only_addresses_and_fast_restores_have_a_prefix() -> None:
    made = described(There("us-east-1"), ACCOUNT, "us-east-1")
    there = [use.usage_type for use in made.lines() if use.service in (EC2, EC2_OTHER, VPC)]
    assert {name for name in there if not name.startswith("EBS:")} == {
        "USE1-EBS:FastSnapshotRestore",
        "BoxUsage:m5.large",
        "USE1-PublicIPv4:InUseAddress",
        "USE1-PublicIPv4:IdleAddress",
    }
