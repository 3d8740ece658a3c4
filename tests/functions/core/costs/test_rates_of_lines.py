"""What a line of the bill is, for its rate: the service, region and operation that tell it apart, its currency, and which cost counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from functions.core.costs.rates import NET, UNBLENDED, rates
from functions.core.costs.rows import Answers
from tests.functions.core.costs.test_rates import GP3, OTHER, VPC, WINDOW, days, of, one

COMPUTE, ELB, LAMBDA, LOGS = "Amazon Elastic Compute Cloud - Compute", "Amazon Elastic Load Balancing", "AWS Lambda", "AmazonCloudWatch"
RDS = "Amazon Relational Database Service"


def by_operation(service: str, usage_type: str, costs: dict[str, float], unit: str = "Hrs") -> list[dict[str, Any]]:
    """Rows of a usage type of which an hour of each operation costs so much, a hundred hours a day."""
    total = 100 * sum(costs.values())
    priced = days(total, total, total, keys=(service, usage_type), quantity=100.0 * len(costs), unit=unit)
    operations = [day for name, cost in costs.items() for day in days(*[100 * cost] * 3, keys=(usage_type, name), unit=unit)]
    rows: list[dict[str, Any]] = of(*priced, by_operation=operations)["rows"]
    return rows


def told(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """Operation and key of the book → own and list."""
    return {(row["operation"], row["book"][0][1] if row["book"] else ""): (pytest.approx(row["own"]), row["list"]) for row in rows}


def test_of_an_instances_hours_only_those_of_linux_without_a_licence_are_a_key() -> None:
    """Several systems have one usage type: their mean would be nobody's rate."""
    hours = {"RunInstances": 0.096, "RunInstances:0002": 0.188, "RunInstances:0010": 0.156}
    assert told(by_operation(COMPUTE, "BoxUsage:m5.large", hours)) == {
        ("RunInstances", "ondemand.linux.shared.m5.large"): (0.096, 0.096),
        ("RunInstances:0002", ""): (0.188, None),
        ("RunInstances:0010", ""): (0.156, None),
    }
    windows = by_operation(COMPUTE, "BoxUsage:m5.large", {"RunInstances:0002": 0.188})
    assert told(windows) == {("", ""): (0.188, None)}


def test_an_instances_hours_without_their_operations_have_no_key() -> None:
    assert told([one(*days(9.6, 9.6, 9.6, keys=(COMPUTE, "BoxUsage:m5.large"), unit="Hrs"))]) == {("", ""): (0.096, None)}


@pytest.mark.parametrize("usage_type", ["DedicatedUsage:m5.large", "UnusedBox:m5.large", "BoxUsage"])
def test_other_hours_of_instances_are_another_thing(usage_type: str) -> None:
    assert told(by_operation(COMPUTE, usage_type, {"RunInstances": 0.1})) == {("", ""): (0.1, None)}


def test_the_operation_tells_the_engine_of_a_database() -> None:
    hours = {
        "CreateDBInstance:0002": 0.171,
        "CreateDBInstance:0014": 0.178,
        "CreateDBInstance:0018": 0.171,
        "CreateDBInstance:0003": 0.9,  # an engine with a licence
        "CreateDBInstance": 0.5,
    }
    assert told(by_operation(RDS, "InstanceUsage:db.m5.large", hours)) == {
        ("CreateDBInstance:0002", "ondemand.mysql.single-az.db.m5.large"): (0.171, 0.171),
        ("CreateDBInstance:0014", "ondemand.postgresql.single-az.db.m5.large"): (0.178, 0.178),
        ("CreateDBInstance:0018", "ondemand.mariadb.single-az.db.m5.large"): (0.171, 0.171),
        ("CreateDBInstance:0003", ""): (0.9, None),
        ("CreateDBInstance", ""): (0.5, None),
    }


@pytest.mark.parametrize(
    ("usage_type", "operation", "key"),
    [
        ("InstanceUsage:db.r4.large", "CreateDBInstance:0016", "ondemand.aurora-mysql.single-az.db.r4.large"),
        ("InstanceUsage:db.r6g.2xl", "CreateDBInstance:0021", "ondemand.aurora-postgresql.single-az.db.r6g.2xlarge"),
        ("InstanceUsageIOOptimized:db.r6g.2xl", "CreateDBInstance:0021", "ondemand.aurora-postgresql.io-optimized.db.r6g.2xlarge"),
        ("Multi-AZUsage:db.m5.large", "CreateDBInstance:0014", "ondemand.postgresql.multi-az.db.m5.large"),
    ],
)
def test_the_usage_type_tells_the_deployment_of_a_database(usage_type: str, operation: str, key: str) -> None:
    assert set(told(by_operation(RDS, usage_type, {operation: 0.5}))) == {(operation, key)}


@pytest.mark.parametrize("usage_type", ["MirrorUsage:db.m5.large", "Multi-AZClusterUsage:db.m5d.large"])
def test_other_deployments_have_no_key(usage_type: str) -> None:
    assert told(by_operation(RDS, usage_type, {"CreateDBInstance:0014": 0.5})) == {("", ""): (0.5, None)}


def test_storage_of_databases_is_told_by_its_usage_type_alone() -> None:
    assert told(by_operation(RDS, "RDS:GP2-Storage", {"CreateDBInstance:0002": 0.115, "CreateDBInstance:0014": 0.115}, "GB-Mo")) == {
        ("", "storage.single-az.gp2"): (0.115, 0.115)
    }


def test_the_operation_tells_the_kind_of_a_load_balancer() -> None:
    hours = {"LoadBalancing": 0.025, "LoadBalancing:Application": 0.02, "LoadBalancing:Network": 0.0225, "LoadBalancing:Else": 1.0}
    assert told(by_operation(ELB, "LoadBalancerUsage", hours)) == {
        ("LoadBalancing", "load-balancer.classic"): (0.025, 0.025),
        ("LoadBalancing:Application", "load-balancer.application"): (0.02, 0.0225),
        ("LoadBalancing:Network", "load-balancer.network"): (0.0225, 0.0225),
        ("LoadBalancing:Else", ""): (1.0, None),
    }
    units = {"LoadBalancing:Application": 0.008}
    assert told(by_operation(ELB, "LCUUsage", units, "LCU-Hrs")) == {("LoadBalancing:Application", "lcu.application"): (0.008, 0.008)}


def test_one_usage_type_of_two_services_is_two_lines() -> None:
    logs = days(3.0, 3.0, 3.0, keys=(LOGS, "TimedStorage-ByteHrs"))
    tables = days(25.0, 25.0, 25.0, keys=("Amazon DynamoDB", "TimedStorage-ByteHrs"))
    found = {row["service"]: (row["own"], row["list"]) for row in of(*logs, *tables)["rows"]}
    assert found == {LOGS: (0.03, 0.03), "Amazon DynamoDB": (0.25, 0.25)}


def test_operations_of_a_usage_type_that_two_services_bill_are_nobodys() -> None:
    """Only services whose price depends on the operation were asked about."""
    usage_type, operation = "BoxUsage:m5.large", "RunInstances"
    both = (*days(9.6, 9.6, 9.6, keys=(COMPUTE, usage_type)), *days(2.0, 2.0, 2.0, keys=("Amazon Elastic MapReduce", usage_type)))
    operations = days(9.6, 9.6, 9.6, keys=(usage_type, operation), unit="Hrs")
    assert {(row["service"], row["operation"]) for row in of(*both, by_operation=operations)["rows"]} == {
        (COMPUTE, operation),
        ("Amazon Elastic MapReduce", ""),
    }
    shared = (*days(9.6, 9.6, 9.6, keys=(COMPUTE, usage_type)), *days(2.0, 2.0, 2.0, keys=(RDS, usage_type)))
    assert {(row["service"], row["operation"]) for row in of(*shared, by_operation=operations)["rows"]} == {(COMPUTE, ""), (RDS, "")}


def test_lambda_is_told_by_its_usage_type() -> None:
    (row,) = of(*days(0.18, 0.18, 0.18, keys=(LAMBDA, "Request"), quantity=1e6, unit="Requests"))["rows"]
    assert (row["own"], row["list"], row["discount"]) == (pytest.approx(1.8e-7), pytest.approx(2e-7), 0.1)
    assert row["book"] == [["AWSLambda", "request", 1e6]]


@pytest.mark.parametrize(
    ("usage_type", "region", "rest", "listed"),
    [
        ("NatGateway-Bytes", "us-east-1", "NatGateway-Bytes", 0.045),
        ("USE1-NatGateway-Bytes", "us-east-1", "NatGateway-Bytes", 0.045),
        ("EU-NatGateway-Bytes", "eu-west-1", "NatGateway-Bytes", 0.048),
        ("APN1-NatGateway-Bytes", "ap-northeast-1", "NatGateway-Bytes", 0.062),
        ("CNN1-NatGateway-Bytes", "cn-north-1", "NatGateway-Bytes", None),  # nothing stands in for a region
        ("ca-central-1-KMS-Keys", "ca-central-1", "KMS-Keys", None),
    ],
)
def test_the_region_is_in_the_usage_type(usage_type: str, region: str, rest: str, listed: float | None) -> None:
    row = one(*days(4.0, 4.0, 4.0, keys=(OTHER, usage_type), unit="GB"))
    assert (row["region"], row["usage_type"], row["own"], row["list"]) == (region, rest, 0.04, listed)


@pytest.mark.parametrize("usage_type", ["LAX1-EBS:VolumeUsage.gp3", "USE1WL1-EBS:VolumeUsage.gp3", "USE1-USE2-AWS-Out-Bytes"])
def test_a_place_that_is_no_region_has_no_row(usage_type: str) -> None:
    assert of(*days(4.0, 4.0, 4.0, keys=(OTHER, usage_type)))["rows"] == []


def test_another_currency_is_never_held_against_dollars() -> None:
    made = of(*days(80.0, 80.0, 80.0, currency="CNY"))
    (row,) = made["rows"]
    assert (made["currency"], made["reason"]) == ("CNY", "")
    assert (row["own"], row["list"], row["discount"], row["refused"]) == (0.8, None, None, "")
    assert row["book"] == [["AmazonEBS", "volume.gp3", 1.0]]


def test_a_currency_that_is_not_told_is_dollars() -> None:
    made = of(*days(8.0, 8.0, 8.0, currency=""))
    assert (made["currency"], made["rows"][0]["list"]) == ("USD", 0.08)
    assert of(*days(8.0, 8.0, 8.0, currency=""), *days(8.0, keys=(VPC, "x"), currency="EUR"))["currency"] == "EUR"


def test_mixed_currencies_are_no_rates() -> None:
    made = of(*days(8.0, 8.0, 8.0, currency="USD"), *days(8.0, keys=(VPC, "x"), currency="CNY"))
    assert made == {"reason": "the bill mixes currencies", "currency": "USD", "cost": NET, "rows": []}


@pytest.mark.parametrize(("net", "own", "cost"), [(5.0, 0.05, NET), (0.0, 0.08, UNBLENDED)], ids=["shown", "kept from a member"])
def test_the_net_cost_counts_where_the_payer_shows_it(net: float, own: float, cost: str) -> None:
    made = of(*days(8.0, 8.0, 8.0, net=net))
    assert (made["cost"], made["rows"][0]["own"]) == (cost, own)


def test_one_line_with_a_net_cost_makes_all_of_them_net() -> None:
    """A line without is free of charge then, as by a bundled discount."""
    made = of(*days(8.0, 8.0, 8.0, net=0.0), *days(8.0, 8.0, 8.0, keys=(OTHER, f"EU-{GP3}"), net=7.0))
    assert [(row["region"], row["own"]) for row in made["rows"]] == [("eu-west-1", 0.07)]


def test_what_was_refused_is_the_reason() -> None:
    refused = rates(Answers(window=WINDOW, refused={"priced": "ce:GetCostAndUsage: AccessDeniedException: no"}))
    assert refused == {"reason": "ce:GetCostAndUsage: AccessDeniedException: no", "currency": "USD", "cost": UNBLENDED, "rows": []}
    assert rates(Answers(window=WINDOW, refused={"savings_plans": "no"}))["reason"] == ""


def test_without_operations_the_rest_has_its_rates() -> None:
    given = (*days(8.0, 8.0, 8.0), *days(9.6, 9.6, 9.6, keys=(COMPUTE, "BoxUsage:m5.large"), unit="Hrs"))
    made = of(*given, refused={"priced_by_operation": "no"})
    assert made["reason"] == "no"
    assert {(row["usage_type"], row["list"]) for row in made["rows"]} == {(GP3, 0.08), ("BoxUsage:m5.large", None)}
