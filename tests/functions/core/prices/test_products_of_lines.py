"""What a line of the bill is in the price book: its service, usage type and operation, and what each of them alone does not tell."""

from __future__ import annotations

import pytest

from functions.core.prices.products import bare, by_operation, offers, rates_of
from tests.price_list_server import offers as served

COMPUTE, OTHER, RDS = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other", "Amazon Relational Database Service"
ELB, VPC = "Amazon Elastic Load Balancing", "Amazon Virtual Private Cloud"


@pytest.mark.parametrize(
    ("billed_as", "usage", "operation", "expected"),
    [
        (OTHER, "EBS:VolumeUsage.gp3", "", ("AmazonEBS", "volume.gp3")),
        (OTHER, "EBS:VolumeP-Throughput.gp3", "", ("AmazonEBS", "throughput.gp3")),
        (OTHER, "NatGateway-Bytes", "", ("AmazonVPC", "nat-gateway.data")),
        (VPC, "VpcEndpoint-Hours", "", ("AmazonVPC", "vpc-endpoint.interface")),
        ("AmazonCloudWatch", "TimedStorage-ByteHrs", "", ("AmazonCloudWatch", "logs.storage")),
        ("AWS Lambda", "Lambda-GB-Second-ARM", "", ("AWSLambda", "duration.arm.tier1")),
        (RDS, "RDS:Multi-AZ-GP3-Throughput", "", ("AmazonRDS", "throughput.gp3.multi-az")),
        (RDS, "Aurora:StorageIOUsage", "", ("AmazonRDS", "aurora.io")),
        (COMPUTE, "BoxUsage:m5.large", "RunInstances", ("AmazonEC2", "ondemand.linux.shared.m5.large")),
        (RDS, "InstanceUsage:db.m5.large", "CreateDBInstance:0002", ("AmazonRDS", "ondemand.mysql.single-az.db.m5.large")),
        (RDS, "Multi-AZUsage:db.m5.large", "CreateDBInstance:0014", ("AmazonRDS", "ondemand.postgresql.multi-az.db.m5.large")),
        (RDS, "InstanceUsage:db.m5.large", "CreateDBInstance:0018", ("AmazonRDS", "ondemand.mariadb.single-az.db.m5.large")),
        (RDS, "InstanceUsage:db.r6g.large", "CreateDBInstance:0016", ("AmazonRDS", "ondemand.aurora-mysql.single-az.db.r6g.large")),
        (
            RDS,
            "InstanceUsageIOOptimized:db.r6g.large",
            "CreateDBInstance:0021",
            ("AmazonRDS", "ondemand.aurora-postgresql.io-optimized.db.r6g.large"),
        ),
        (ELB, "LoadBalancerUsage", "LoadBalancing", ("AWSELB", "load-balancer.classic")),
        (ELB, "LoadBalancerUsage", "LoadBalancing:Gateway", ("AWSELB", "load-balancer.gateway")),
        (ELB, "LCUUsage", "LoadBalancing:Network", ("AWSELB", "lcu.network")),
        (ELB, "DataProcessing-Bytes", "LoadBalancing", ("AWSELB", "classic.data")),
    ],
)
def test_what_a_line_of_the_bill_is(billed_as: str, usage: str, operation: str, expected: tuple[str, str]) -> None:
    assert [(service, rate.key) for service, rate in rates_of(billed_as, usage, operation)] == [expected]


@pytest.mark.parametrize(
    ("billed_as", "usage", "operation"),
    [
        (COMPUTE, "BoxUsage:m5.large", ""),
        (COMPUTE, "BoxUsage:m5.large", "RunInstances:0002"),
        (COMPUTE, "BoxUsage:m5.large", "RunInstances:0010"),
        (COMPUTE, "BoxUsage", "RunInstances"),
        (COMPUTE, "SpotUsage:m5.large", "RunInstances"),
        (COMPUTE, "DedicatedUsage:m5.large", "RunInstances"),
        (COMPUTE, "EBS:VolumeUsage.gp3", ""),  # billed under another name
        (OTHER, "BoxUsage:m5.large", "RunInstances"),
        ("Amazon Elastic MapReduce", "BoxUsage:m5.large", "RunInstances"),
        ("Amazon EC2 Container Registry (ECR)", "TimedStorage-ByteHrs", ""),
        ("Amazon DocumentDB (with MongoDB compatibility)", "InstanceUsage:db.r5.large", "CreateDBInstance:0016"),
        (RDS, "InstanceUsage:db.m5.large", ""),
        (RDS, "InstanceUsage:db.m5.large", "CreateDBInstance"),
        (RDS, "InstanceUsage:db.m5.large", "CreateDBInstance:0012"),  # SQL Server, with its licence
        (RDS, "InstanceUsage:db.m5.large", "CreateDBProxy:0014"),
        (RDS, "InstanceUsageIOOptimized:db.m5.large", "CreateDBInstance:0014"),  # only Aurora has it
        (RDS, "MirrorUsage:db.m5.large", "CreateDBInstance:0014"),
        (RDS, "Multi-AZClusterUsage:db.m5d.large", "CreateDBInstance:0014"),
        (RDS, "RDS:GP2-Storage", "CreateDBInstance:0014"),  # the usage type alone tells it
        (ELB, "LoadBalancerUsage", ""),
        (ELB, "TS-LoadBalancerUsage", "LoadBalancing:Application"),
        (OTHER, "nothing", ""),
        ("", "CPUCredits:t3", ""),
    ],
)
def test_a_line_that_is_none_of_our_keys(billed_as: str, usage: str, operation: str) -> None:
    assert rates_of(billed_as, usage, operation) == frozenset()


def test_the_services_whose_price_depends_on_the_operation() -> None:
    assert by_operation() == {COMPUTE, RDS, ELB, "Amazon ElastiCache"}


@pytest.mark.parametrize(("service", "number"), [("AmazonEC2", 2), ("AWSELB", 4)])
def test_a_line_of_the_bill_is_what_the_price_list_says_of_its_operation(service: str, number: int) -> None:
    """Of the products that name one, in what the loopback server has."""
    found = {}
    for product in (one["product"]["attributes"] for one in served("eu-west-2") if one["serviceCode"] == service):
        for listing in offers()[service]:
            if listing.by_operation and product.get("operation") and (rate := listing.rate(product)):
                found[rate] = listing.by_operation(bare(product["usagetype"]), product["operation"])
    assert found == {rate: rate for rate in found}
    assert len(found) == number
