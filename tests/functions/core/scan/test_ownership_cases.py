"""Cases of who acts and who pays, through whole scans: each file of tests/cases/ says what AWS replies, and what is right."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from functions.core.model import Confidence, Finding, UnitOutcome
from tests.cases.given_account import GivenAccount

CASES = Path(__file__).parents[3] / "cases"


def _case(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    for described in (*case.get("instances", ()), *case.get("volumes", ()), *case.get("snapshots", ())):
        for moment in {"LaunchTime", "CreateTime", "StartTime"} & described.keys():
            described[moment] = datetime.fromisoformat(described[moment])
    return case


def _scanned(case: dict[str, Any]) -> tuple[dict[str, Finding], UnitOutcome]:
    """Where CloudWatch knows no metric but those of an instance that runs and does nothing."""
    templates = [{"LaunchTemplateId": "lt-1", "LaunchTemplateData": case["template"]}] if "template" in case else []
    replies = {
        "DescribeInstances": {"Reservations": [{"Instances": case.get("instances", [])}]},
        "DescribeVolumes": {"Volumes": case.get("volumes", [])},
        "DescribeSnapshots": {"Snapshots": case.get("snapshots", [])},
        "DescribeLaunchTemplateVersions": {"LaunchTemplateVersions": templates},
    }
    idle = {"CPUUtilization": 0.0, "NetworkIn": 0.0, "NetworkOut": 0.0}
    account = GivenAccount(case["region"], datetime.fromisoformat(case["as_of"]), replies, idle)
    outcome, found = account.scan(case["resource_type"])
    return {finding.check_id: finding for finding in found}, outcome


def _tagged(described: dict[str, Any], **tags: str) -> None:
    described["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.mark.parametrize("name", ["idle-in-capacity-reservation"])
def test_nothing_is_saved_until_the_reservation_ends(name: str) -> None:
    found, _ = _scanned(_case(name))
    idle = found["ec2-idle-instance"]
    assert [idle.savings.low, idle.savings.likely, idle.savings.high] == pytest.approx([0, 0, 3363.84])
    assert "Capacity Reservation cr-0aaaaaaaaaaaaaaa1" in idle.note
    assert idle.command.endswith("--capacity-reservation-id cr-0aaaaaaaaaaaaaaa1 --instance-count COUNT")
    assert "stop-instances" in idle.command
    assert sum(finding.savings.likely for finding in found.values()) == 0
    assert {finding.confidence for finding in found.values()} == {Confidence.LOW}


PLACES = {
    "dedicated-host": (
        {"CapacityReservationId": "", "Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "host", "HostId": "h-1"}},
        "Dedicated Host h-1",
    ),
    "capacity-block": ({"CapacityBlockId": "cb-1", "CapacityReservationId": ""}, "Capacity Block cb-1"),
}


@pytest.mark.parametrize("name", PLACES)
def test_other_places_are_paid_for_too(name: str) -> None:
    case = _case("idle-in-capacity-reservation")
    change, words = PLACES[name]
    case["instances"][0].update(change)
    idle = _scanned(case)[0]["ec2-idle-instance"]
    assert idle.savings.likely == 0
    assert words in idle.note


MANAGED = {
    "eks-auto-mode": ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, {}, "Auto Mode", "kubectl edit nodepool POOL"),
    "ecs-managed-instances": (
        {"Operator": {"Managed": True, "Principal": "ecs.amazonaws.com"}},
        {},
        "Managed Instances",
        "aws ecs describe-capacity-providers --region us-east-1",
    ),
    "karpenter": ({}, {"karpenter.sh/nodepool": "default"}, "Karpenter", "kubectl edit nodepool default"),
    "emr": ({}, {"aws:elasticmapreduce:job-flow-id": "j-1"}, "Amazon EMR (cluster j-1)", "InstanceGroupId=GROUP,InstanceCount=COUNT"),
    "ec2-fleet": ({}, {"aws:ec2:fleet-id": "fleet-1"}, "EC2 Fleet fleet-1", "TotalTargetCapacity=COUNT"),
    "drs": ({}, {"AWSElasticDisasterRecoveryManaged": "drs.amazonaws.com"}, "Disaster Recovery", "--source-server-id SERVER"),
}


@pytest.mark.parametrize("name", MANAGED)
def test_an_idle_instance_of_somebody_else_is_stopped_by_them(name: str) -> None:
    case = _case("idle-in-capacity-reservation")
    [instance] = case["instances"]
    del instance["CapacityReservationId"]
    plain = _scanned(case)[0]["ec2-idle-instance"]
    members, tags, who, command = MANAGED[name]
    instance.update(members)
    _tagged(instance, **tags)
    idle = _scanned(case)[0]["ec2-idle-instance"]
    assert (plain.confidence, idle.confidence) == (Confidence.MEDIUM, Confidence.LOW)
    assert who in idle.note
    assert idle.command.endswith(command)
    assert "stop-instances" not in idle.command
    assert idle.savings.likely == plain.savings.likely


def test_software_of_the_marketplace_is_said() -> None:
    case = _case("idle-in-capacity-reservation")
    case["instances"][0]["ProductCodes"] = [{"ProductCodeId": "abc", "ProductCodeType": "marketplace"}]
    assert "product code abc" in _scanned(case)[0]["ec2-idle-instance"].note


@pytest.mark.parametrize("name", ["volume-of-a-claim"])
def test_a_claim_is_deleted_and_not_its_volume(name: str) -> None:
    found = _scanned(_case(name))[0]["ebs-unattached-volume"]
    assert found.confidence is Confidence.LOW
    assert "claim db/data-postgres-0" in found.note
    assert found.command.endswith("kubectl -n db delete pvc data-postgres-0")
    assert "delete-volume" not in found.command


def test_a_volume_that_a_tag_keeps_is_counted_and_may_still_become_gp3() -> None:
    case = _case("volume-of-a-claim")
    case["volumes"][0].update(VolumeType="gp2", Iops=300)
    _tagged(case["volumes"][0], **{"keep-until": "2027-01-01"})
    found, outcome = _scanned(case)
    assert set(found) == {"ebs-gp2-to-gp3"}
    assert outcome.insufficient == {"ebs-unattached-volume": 1}


@pytest.mark.parametrize("name", ["snapshot-in-use"])
def test_a_backup_is_deleted_and_not_its_snapshot(name: str) -> None:
    found, _ = _scanned(_case(name))
    assert set(found) == {"ebs-orphan-snapshot", "ebs-old-snapshot"}
    for finding in found.values():
        assert finding.confidence is Confidence.LOW
        assert "Velero (backup daily-20251001)" in finding.note
        assert finding.command.endswith("velero backup delete daily-20251001")
        assert "delete-snapshot" not in finding.command


def test_a_snapshot_that_a_launch_template_maps_is_in_use() -> None:
    case = _case("snapshot-in-use")
    case["template"] = {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": case["snapshots"][0]["SnapshotId"]}}]}
    assert _scanned(case)[0] == {}
