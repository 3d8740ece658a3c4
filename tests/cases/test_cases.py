"""What was wrong once stays right: each file of this folder is scanned as AWS would answer, and compared with what is right of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.model import Finding, UnitOutcome
from tests.cases.given_account import GivenAccount, PerSecond, Values

FOLDER = Path(__file__).parent
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))
NOON = datetime(2026, 11, 28, 20, tzinfo=UTC)
"""When the cases without a moment of their own were seen."""

Result = tuple[UnitOutcome, list[Finding]]


def the(found: list[Finding], check: str) -> Finding:
    """The one finding of a check."""
    (one,) = [finding for finding in found if finding.check_id == check]
    return one


def case(name: str) -> dict[str, Any]:
    """A file of this folder, with its moments as boto3 gives them."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), object_hook=_with_moments))


def _with_moments(part: dict[str, Any]) -> dict[str, Any]:
    moments = {
        key: datetime.fromisoformat(value) for key, value in part.items() if key.endswith(("Time", "as_of")) and isinstance(value, str)
    }
    return {**part, **moments}


def listed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The listings of a case of EC2 or EBS."""
    return {
        "DescribeInstances": {"Reservations": [{"Instances": given.get("instances", [])}]},
        "DescribeVolumes": {"Volumes": given.get("volumes", [])},
        "DescribeSnapshots": {"Snapshots": given.get("snapshots", [])},
        "DescribeAddresses": {"Addresses": []},
    }


def ec2_case(name: str, metrics: Mapping[str, Values] | None = None, replies: Mapping[str, Any] | None = None) -> Result:
    """A case of EC2 or EBS, which names its type, its region and its moment."""
    given = case(name)
    account = GivenAccount(given["region"], given["as_of"], {**listed(given), **(replies or {})}, metrics or {})
    return account.scan(given["resource_type"])


def rds_case(name: str, region: str = "us-east-1", metrics: Mapping[str, Values] | None = None) -> Result:
    """A case that is one DBInstance."""
    instance = {**case(name), "AvailabilityZone": f"{region}a"}
    return GivenAccount(region, NOON, {"DescribeDBInstances": {"DBInstances": [instance]}}, metrics or {}).scan("rds:db-instance")


def elb_case(name: str) -> Result:
    """A case of one load balancer with a target group, its targets and what CloudWatch counts on each day."""
    given = case(name)
    (balancer,) = given["DescribeLoadBalancers"]["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    group = {
        "TargetGroupArn": arn.replace("loadbalancer/app/web", "targetgroup/web"),
        "TargetGroupName": "web",
        "TargetType": "instance",
        "LoadBalancerArns": [arn],
    }
    health = [{"Target": {"Id": "i-1"}, "TargetHealth": state} for state in given["DescribeTargetHealth"]]
    replies = {
        "DescribeLoadBalancers": lambda params: (
            {"LoadBalancers": [balancer]} if "LoadBalancerArns" in params or "Names" not in params else {}
        ),
        "DescribeTargetGroups": {"TargetGroups": [group]},
        "DescribeTargetHealth": {"TargetHealthDescriptions": health},
        "DescribeTags": {"TagDescriptions": []},
        "DescribeListeners": {"Listeners": []},
    }
    return GivenAccount("us-east-1", NOON, replies, given["GetMetricData daily"]).scan("elb:load-balancer")


def nothing_deleted(found: list[Finding]) -> None:
    assert [finding.check_id for finding in found if finding.action in ("Delete", "Stop")] == []


# --- what each one has to be --------------------------------------------------------------------------------------------------------


def metric_internal_error() -> None:
    function = {
        "FunctionName": "busy",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:busy",
        "MemorySize": 128,
        "LastModified": "2024-01-01T00:00:00.000+0000",
        "Architectures": ["arm64"],
    }
    replies = {
        "ListFunctions": {"Functions": [function]},
        "GetFunctionConcurrency": {},
        "ListProvisionedConcurrencyConfigs": {},
        "GetResources": {},
        "GetMetricData": case("metric-internal-error")["GetMetricData"],
    }
    outcome, found = GivenAccount("us-east-1", NOON, replies).scan("lambda:function")
    assert (found, outcome.insufficient.get("lambda-unused")) == ([], 1)


def alb_scaled_to_zero_now() -> None:
    nothing_deleted(elb_case("alb-scaled-to-zero-now")[1])


def alb_websocket() -> None:
    assert elb_case("alb-websocket")[1] == []


def rds_stopped_8_hours_ago() -> None:
    assert rds_case("rds-stopped-8-hours-ago")[1] == []


def volume_detached_an_hour_ago() -> None:
    detached = case("volume-detached-an-hour-ago")["as_of"] - timedelta(hours=1)

    def until_then(moment: datetime) -> float | None:
        return 10.0 if moment < detached else None

    metrics = dict.fromkeys(("VolumeIdleTime", "VolumeReadOps", "VolumeWriteOps"), until_then)
    assert ec2_case("volume-detached-an-hour-ago", metrics)[1] == []


def gp3_with_a_weekly_job() -> None:
    job = PerSecond(lambda moment: 15_000.0 if moment.weekday() == 6 and moment.hour == 3 else 100.0)
    metrics: dict[str, Values] = {"VolumeReadOps": job, "VolumeWriteOps": 0.0, "VolumeReadBytes": 1e6, "VolumeWriteBytes": 1e6}
    for finding in ec2_case("gp3-with-a-weekly-job", metrics)[1]:
        if finding.check_id == "ebs-gp3-overprovisioned":
            assert int(finding.command.partition("--iops ")[2].split()[0]) >= 15_000


def rds_dedicated_log_volume() -> None:
    found = the(rds_case("rds-dedicated-log-volume", metrics={"DatabaseConnections": 0.0})[1], "rds-idle-instance")
    assert found.savings.likely == pytest.approx(907.94, abs=0.01)


QUIET = {"CPUUtilization": 1.0, "NetworkIn": 1e5, "NetworkOut": 1e5}


def idle_nano_with_public_address() -> None:
    found = the(ec2_case("idle-nano-with-public-address", QUIET)[1], "ec2-idle-instance")
    assert found.savings.likely == pytest.approx(0.0052 * 730 + 0.005 * 730)


def rds_idle_and_old_outside_us_east_1() -> None:
    found = rds_case("rds-idle-and-old-outside-us-east-1", "eu-west-1", {"DatabaseConnections": 0.0})[1]
    idle, support = the(found, "rds-idle-instance"), the(found, "rds-extended-support")
    assert (idle.headline, support.headline) == (True, False)
    assert idle.savings.likely > support.savings.likely


def io2_tiers_outside_us_east_1() -> None:
    found = the(ec2_case("io2-tiers-outside-us-east-1")[1], "ebs-unattached-volume")
    assert found.savings.likely == pytest.approx(3_081.80)


def idle_in_capacity_reservation() -> None:
    found = ec2_case("idle-in-capacity-reservation", QUIET)[1]
    assert [finding.savings.likely for finding in found] == [0.0] * len(found)
    assert "cr-0aaaaaaaaaaaaaaa1" in the(found, "ec2-idle-instance").note


def volume_of_a_claim() -> None:
    found = the(ec2_case("volume-of-a-claim")[1], "ebs-unattached-volume")
    assert found.confidence != "high"
    assert "data-postgres-0" in found.note
    assert "delete-volume" not in found.command
    assert "data-postgres-0" in found.command


def snapshot_in_use() -> None:
    for finding in ec2_case("snapshot-in-use")[1]:
        assert "delete-snapshot" not in finding.command
        assert "daily-20251001" in finding.note


def paravirtual_instance() -> None:
    for finding in ec2_case("paravirtual-instance")[1]:
        assert "stop-instances" not in finding.command


def target_missing_in_the_zone() -> None:
    def offered(params: Mapping[str, Any]) -> Mapping[str, Any]:
        zones = {"us-east-1a": ("c4.large", "c5.large", "c6i.large", "c7i.large", "c7g.large"), "us-east-1e": ("c4.large", "c3.large")}
        return {
            "InstanceTypeOfferings": [
                {"InstanceType": kind, "LocationType": "availability-zone", "Location": zone}
                for zone, kinds in zones.items()
                for kind in kinds
            ]
        }

    found = ec2_case("target-missing-in-the-zone", replies={"DescribeInstanceTypeOfferings": offered})[1]
    assert not any("c7i" in finding.command or "c7g" in finding.command for finding in found)


def io2_that_fits_gp3_of_today() -> None:
    metrics: dict[str, Values] = {
        "VolumeReadOps": PerSecond(20_000.0),
        "VolumeWriteOps": 0.0,
        "VolumeReadBytes": PerSecond(1_000.0 * 1024**2),
        "VolumeWriteBytes": 0.0,
    }
    found = the(ec2_case("io2-that-fits-gp3-of-today", metrics)[1], "ebs-io-to-gp3")
    assert found.savings.likely == pytest.approx(2_341, abs=1)
    assert "--iops 24000 --throughput 1200" in found.command


def snapshot_copies() -> None:
    found = ec2_case("snapshot-copies")[1]
    assert sum(finding.savings.likely for finding in found if finding.headline) == pytest.approx(50, rel=0.2)
    assert sum(finding.savings.high for finding in found if finding.headline) < 1_500


def windows_old_generation() -> None:
    found = the(ec2_case("windows-old-generation")[1], "ec2-old-generation")
    assert found.savings.likely == pytest.approx(2_773.85, abs=0.01)


@pytest.mark.parametrize("name", CASES)
def test_it_is_right(name: str) -> None:
    check: Callable[[], None] = globals()[name.replace("-", "_")]
    check()
