"""Fast snapshot restore can be enabled, is described, and goes with its snapshot. A ministack that has it makes ours superfluous."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from ministack.services import ec2

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws

ZONES = [f"{REGIONS[0]}a", f"{REGIONS[0]}b"]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_it_is_enabled_described_and_gone_with_its_snapshot(aws: EmbeddedAws) -> None:
    client = aws.client("ec2")
    volume = client.create_volume(AvailabilityZone=ZONES[0], Size=8)["VolumeId"]
    snapshot, other = (client.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    done = client.enable_fast_snapshot_restores(AvailabilityZones=ZONES, SourceSnapshotIds=[snapshot])["Successful"]
    assert [(one["SnapshotId"], one["AvailabilityZone"], one["State"]) for one in done] == [(snapshot, zone, "enabled") for zone in ZONES]
    client.enable_fast_snapshot_restores(AvailabilityZones=ZONES[:1], SourceSnapshotIds=[other])
    found = client.describe_fast_snapshot_restores()["FastSnapshotRestores"]
    assert {(one["SnapshotId"], one["AvailabilityZone"]) for one in found} == {*((snapshot, zone) for zone in ZONES), (other, ZONES[0])}
    assert all(one["EnabledTime"] for one in found)
    off = client.describe_fast_snapshot_restores(Filters=[{"Name": "state", "Values": ["disabled"]}])
    assert off["FastSnapshotRestores"] == []
    elsewhere = aws.client("ec2", region=REGIONS[1]).describe_fast_snapshot_restores()
    assert elsewhere["FastSnapshotRestores"] == []
    client.delete_snapshot(SnapshotId=snapshot)
    assert [one["SnapshotId"] for one in client.describe_fast_snapshot_restores()["FastSnapshotRestores"]] == [other]


def test_of_a_snapshot_that_is_not_there_it_cannot_be_enabled(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        aws.client("ec2").enable_fast_snapshot_restores(AvailabilityZones=ZONES, SourceSnapshotIds=["snap-0"])


def test_ministack_itself_has_none() -> None:
    assert not [action for action in ec2._ACTION_MAP if "FastSnapshotRestore" in action]
