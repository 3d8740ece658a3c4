"""Whole scans of instances, against moto and recorded replies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Finding, Outcome, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.scanners.ec2.instance.collector import ec2_instances
from tests.functions.scanners.ec2.instance.samples import (
    ACCOUNT,
    SESSION,
)
from tests.recorded import reply

IMAGE = "ami-0123456789abcdef0"
"""None that moto knows: it takes it for Linux on x86_64."""


def _scan(aws: Aws) -> tuple[UnitOutcome, list[Finding]]:
    unit = Unit(unit_id="u", account=ACCOUNT, region=aws.region, resource_type="ec2:instance", function="f")
    found: list[Finding] = []
    return scanning.scan(unit, aws, Prices(aws.region), found.append), found


def _put(aws: Aws, instance: str, metrics: dict[str, float], days: range) -> None:
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            "Timestamp": aws.as_of.replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=day),
            "Value": value,
        }
        for day in days
        for name, value in metrics.items()
    ]
    aws.session.client("cloudwatch", region_name=aws.region).put_metric_data(Namespace="AWS/EC2", MetricData=data)


def _with_ena(parsed: dict[str, list[dict[str, list[dict[str, object]]]]], **_: object) -> None:
    """As most instances are; moto says it of none."""
    for reservation in parsed["Reservations"]:
        for instance in reservation["Instances"]:
            instance |= {"EnaSupport": True, "VirtualizationType": "hvm"}


@mock_aws
def test_a_scan_finds_what_was_planted_and_nothing_else() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    ec2 = SESSION.client("ec2", region_name="us-east-1")

    def launch(kind: str) -> str:
        made = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType=kind)
        return str(made["Instances"][0]["InstanceId"])

    idle, busy, unclear, old, arm = launch("m8g.large"), launch("m8g.large"), launch("m8g.large"), launch("m4.large"), launch("t4g.micro")
    stopped = launch("m4.large")
    quiet = {"CPUUtilization": 2.0, "NetworkIn": 1e6, "NetworkOut": 1e6}
    for name, metrics, days in (
        (idle, quiet, range(1, 15)),
        (busy, quiet | {"CPUUtilization": 5.5}, range(1, 15)),
        (unclear, quiet, range(1, 13)),
        (old, quiet | {"NetworkOut": 9e6}, range(1, 15)),
        (arm, quiet | {"NetworkOut": 9e6}, range(1, 15)),
    ):
        _put(aws, name, metrics, days)
    ec2.stop_instances(InstanceIds=[stopped])
    aws.client("ec2").meta.events.register("after-call.ec2.DescribeInstances", _with_ena)

    outcome, found = _scan(aws)

    assert {(finding.check_id, finding.resource_id) for finding in found} == {
        ("ec2-idle-instance", idle),
        ("ec2-old-generation", old),
        ("ec2-graviton", old),
        ("ec2-stopped-instance", stopped),
    }
    assert (outcome.outcome, outcome.resources, outcome.insufficient) == (
        Outcome.OK,
        6,
        {"ec2-idle-instance": 1, "ec2-oversized-instance": 4},
    )
    assert {iam_action(*call.split(":")) for call in outcome.calls} == {*ec2_instances.iam, registry.METRICS_IAM}
    assert [finding.check_id for finding in found if finding.resource_id == old and finding.headline] == ["ec2-graviton"]
    (halted,) = (finding for finding in found if finding.resource_id == stopped)
    assert len(halted.covers) == 1
    assert halted.savings.likely == pytest.approx(8 * 0.10)
    assert f"--instance-ids {stopped}" in halted.command
    (upgrade,) = (finding for finding in found if finding.check_id == "ec2-old-generation")
    assert "--instance-type Value=m6i.large" in upgrade.command


@mock_aws
def test_a_stopped_instance_without_a_date_is_judged_by_its_last_datapoint() -> None:
    """As on an AWS that gives no StateTransitionReason: the reason is taken out of the reply."""
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    ec2 = SESSION.client("ec2", region_name="us-east-1")
    made = ec2.run_instances(ImageId=IMAGE, MinCount=3, MaxCount=3, InstanceType="t3.micro")["Instances"]
    long_ago, lately, never = (each["InstanceId"] for each in made)
    ec2.stop_instances(InstanceIds=[long_ago, lately, never])
    _put(aws, long_ago, {"CPUUtilization": 50.0}, range(40, 45))
    _put(aws, lately, {"CPUUtilization": 50.0}, range(20, 45))

    def forget(parsed: dict[str, list[dict[str, list[dict[str, object]]]]], **_: object) -> None:
        for reservation in parsed["Reservations"]:
            for instance in reservation["Instances"]:
                instance["StateTransitionReason"] = ""

    aws.client("ec2").meta.events.register("after-call.ec2.DescribeInstances", forget)
    outcome, found = _scan(aws)
    assert [(finding.check_id, finding.resource_id) for finding in found] == [("ec2-stopped-instance", long_ago)]
    assert found[0].evidence["stopped_since_source"] == "last CPUUtilization datapoint"
    assert found[0].evidence["cpu_datapoints"] == 5
    assert outcome.insufficient == {"ec2-stopped-instance": 1}


def test_without_metrics_the_rest_is_still_judged() -> None:
    """GetMetricData is refused: what needs no metric is found, the unit says that it could not look everywhere."""
    aws = Aws(ACCOUNT, "us-east-2", SESSION, datetime(2025, 5, 2, 18, tzinfo=UTC))
    old_disk = {"VolumeId": "vol-0fad53c0a1ad70418", "VolumeType": "gp3", "Size": 8, "Iops": 3000, "Throughput": 125}
    attached = [{"InstanceId": "i-0f10da6b1d974db98", "VolumeId": old_disk["VolumeId"], "State": "attached"}]
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_addresses", {"Addresses": []})
        ec2.add_response("describe_instances", reply("test_ec2_metric_extended_stats", "ec2.DescribeInstances_1"))
        ec2.add_response("describe_volumes", {"Volumes": [{**old_disk, "Attachments": attached}]})
        ec2.add_response("describe_instance_types", {"InstanceTypes": []})
        ec2.add_response("describe_instance_type_offerings", {"InstanceTypeOfferings": []})
        cloudwatch.add_client_error("get_metric_data", "AccessDenied", "no")
        outcome, found = _scan(aws)
    assert outcome.outcome is Outcome.DENIED
    assert "cloudwatch:GetMetricData" in outcome.reason
    by_check = {finding.check_id: finding for finding in found}
    assert set(by_check) == {"ec2-stopped-instance", "ec2-old-generation", "ec2-graviton"}
    halted = by_check["ec2-stopped-instance"]
    assert halted.resource_id == "i-0f10da6b1d974db98"
    assert halted.evidence["stopped_days"] == pytest.approx(393.6, abs=0.1)
    assert halted.covers == (f"arn:aws:ec2:us-east-2:{ACCOUNT}:volume/vol-0fad53c0a1ad70418",)
    assert by_check["ec2-old-generation"].evidence["target"] == "t3.micro"
    assert by_check["ec2-graviton"].evidence["target"] == "t4g.micro"
    assert {by_check["ec2-old-generation"].resource_id, by_check["ec2-graviton"].resource_id} == {"i-0fdc8cff63616a335"}


def test_aws_reports_no_cpu_for_what_is_stopped() -> None:
    """Recorded for the three instances of the same case, in the order of their listing: stopped, stopped, running."""
    states = [
        instance["State"]["Name"]
        for reservation in reply("test_ec2_metric_extended_stats", "ec2.DescribeInstances_1")["Reservations"]
        for instance in reservation["Instances"]
    ]
    counts = [
        len(reply("test_ec2_metric_extended_stats", f"monitoring.GetMetricStatistics_{number}")["Datapoints"]) for number in (1, 2, 3)
    ]
    assert [(state, count > 0) for state, count in zip(states, counts, strict=True)] == [
        ("stopped", False),
        ("stopped", False),
        ("running", True),
    ]


def test_the_checks_are_registered_under_their_permanent_ids() -> None:
    collector, checks = registry.load("ec2:instance")
    assert collector.iam == (
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeInstanceTypes",
    )
    assert {check.id for check in checks} == {
        "ec2-stopped-instance",
        "ec2-idle-instance",
        "ec2-old-generation",
        "ec2-graviton",
        "ec2-oversized-instance",
        "ec2-burst-credits-instance",
        "ec2-schedulable-instance",
    }
