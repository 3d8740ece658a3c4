"""What AWS's replies about snapshots become: pages that we inject, and recorded replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Waste
from functions.scanners.ebs.snapshot.collector import FastRestore, Snapshot, snapshots
from functions.scanners.ebs.snapshot.lineage import GIB
from functions.scanners.ebs.snapshot.unused import old_snapshot, orphan_snapshot
from tests.functions.scanners.ebs.samples import aws, days_ago, judged
from tests.recorded import reply

LISTED = {"MaxResults": 1_000}
SNAPSHOTS, IMAGES = {"OwnerIds": ["self"], **LISTED}, {"Owners": ["self"], "IncludeDisabled": True, **LISTED}
TEMPLATES = {"Versions": ["$Latest", "$Default"], "MaxResults": 200}


RESTORES = {"Filters": [{"Name": "state", "Values": ["enabling", "optimizing", "enabled"]}]}


def _restore(name: str, zone: str = "us-east-1a", **more: Any) -> dict[str, Any]:
    return {"SnapshotId": name, "AvailabilityZone": zone, "State": "enabled", "EnabledTime": days_ago(20), **more}


@pytest.fixture
def stubbed() -> Iterator[tuple[Aws, Stubber]]:
    here = aws()
    with Stubber(here.client("ec2")) as stub:
        yield here, stub
        stub.assert_no_pending_responses()


def _described(name: str, source: str, days: float = 60, **more: Any) -> dict[str, Any]:
    return {"SnapshotId": name, "VolumeId": source, "StartTime": days_ago(days), "VolumeSize": 8, "State": "completed", **more}


def _maps(*names: str) -> dict[str, Any]:
    """A version of a launch template with these snapshots, and with a disk that comes from none."""
    mappings = [{"DeviceName": f"/dev/sd{number}", "Ebs": {"SnapshotId": name}} for number, name in enumerate(names)]
    return {
        "LaunchTemplateId": "lt-1",
        "LaunchTemplateData": {"BlockDeviceMappings": [{"DeviceName": "/dev/sdz", "NoDevice": ""}, *mappings]},
    }


def _collected(
    stubbed: tuple[Aws, Stubber],
    described: list[dict[str, Any]],
    volumes: dict[str, str] | None = None,
    images: tuple[Any, ...] = (),
    restores: tuple[Any, ...] = (),
) -> dict[str, Snapshot]:
    """`volumes`: the existing ones, id → snapshot that they were made from. There is no launch template."""
    here, stub = stubbed
    existing = [{"VolumeId": name, "SnapshotId": origin} for name, origin in (volumes or {}).items()]
    stub.add_response("describe_volumes", {"Volumes": existing}, LISTED)
    stub.add_response("describe_images", {"Images": list(images)}, IMAGES)
    stub.add_response("describe_snapshots", {"Snapshots": described}, SNAPSHOTS)
    if described:
        stub.add_response("describe_fast_snapshot_restores", {"FastSnapshotRestores": list(restores)}, RESTORES)
        stub.add_response("describe_launch_template_versions", {"LaunchTemplateVersions": []}, TEMPLATES)
    return {found.id: found for found in snapshots(here)}


def test_every_page_is_read(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    image = {"ImageId": "ami-1", "BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
                                                         {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-2"}}]}  # fmt: skip
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}], "NextToken": "a"}, LISTED)
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-2"}]}, {**LISTED, "NextToken": "a"})
    stub.add_response("describe_images", {"Images": [], "NextToken": "b"}, IMAGES)
    stub.add_response("describe_images", {"Images": [image]}, {**IMAGES, "NextToken": "b"})
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-1", "vol-1")], "NextToken": "c"}, SNAPSHOTS)
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-2", "vol-3")]}, {**SNAPSHOTS, "NextToken": "c"})
    stub.add_response("describe_fast_snapshot_restores", {"FastSnapshotRestores": [_restore("snap-1")], "NextToken": "d"}, RESTORES)
    stub.add_response("describe_fast_snapshot_restores", {"FastSnapshotRestores": []}, {**RESTORES, "NextToken": "d"})
    stub.add_response("describe_launch_template_versions", {"LaunchTemplateVersions": [], "NextToken": "d"}, TEMPLATES)
    stub.add_response("describe_launch_template_versions", {"LaunchTemplateVersions": [_maps("snap-1")]}, {**TEMPLATES, "NextToken": "d"})
    found = [(each.id, each.source_exists, each.image, each.template) for each in snapshots(here)]
    assert found == [("snap-1", True, "", "lt-1"), ("snap-2", False, "ami-1", "")]
    assert here.meter.pages == 10


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"VolumeId": "vol-ffffffff"}, False),
        ({"TransferType": "standard"}, False),
        ({"CompletionDurationMinutes": 60}, False),
        ({"Description": "[Copied snap-00f74e7eba4a187e0 from us-east-1] nightly"}, False),
        ({"Description": "Copied for DestinationAmi ami-1 from SourceAmi ami-2 for SourceSnapshot snap-3."}, False),
        ({"Description": "Created by CreateImage(i-1) for ami-1"}, True),
    ],
)
def test_the_volume_of_a_copy_is_unknown_and_not_gone(stubbed: tuple[Aws, Stubber], changes: dict[str, Any], known: bool) -> None:
    found = _collected(stubbed, [{**_described("snap-1", "vol-1"), **changes}])["snap-1"]
    assert found.source_exists is (False if known else None)


def test_who_may_share_blocks(stubbed: tuple[Aws, Stubber]) -> None:
    """vol-b was made from base; vol-gone and the copies have their own chains."""
    found = _collected(
        stubbed,
        [
            _described("base", "vol-a", 90),
            _described("b-1", "vol-b", 80),
            _described("b-2", "vol-b", 70),
            _described("gone-1", "vol-gone", 60),
            _described("gone-2", "vol-gone", 50),
            _described("gone-3", "vol-gone", 40),
            _described("copy-1", "vol-ffffffff", 30),
            _described("copy-2", "vol-ffffffff", 20),
            _described("alone", "vol-c", 10),
        ],
        volumes={"vol-b": "base", "vol-c": "snap-of-somebody-else"},
    )
    assert {name: each.relatives for name, each in found.items()} == {
        "base": 2,  # both snapshots of the volume that was made from it
        "b-1": 2,  # its sibling and the base
        "b-2": 2,
        "gone-1": 2,
        "gone-2": 2,
        "gone-3": 2,
        "copy-1": 0,  # sharing the placeholder is no kinship
        "copy-2": 0,
        "alone": 0,
    }
    assert {name for name, each in found.items() if each.newest} == {"base", "b-2", "gone-3", "alone"}


def test_sizes_and_tiers_come_from_the_reply_where_it_has_them(stubbed: tuple[Aws, Stubber]) -> None:
    known = _described("snap-1", "vol-1", FullSnapshotSizeInBytes=3 * GIB, StorageTier="archive", AvailabilityZone="us-east-1-bos-1a")
    found = _collected(stubbed, [known, _described("snap-2", "vol-1", AvailabilityZone="us-east-1a")])
    assert (found["snap-1"].full_bytes, found["snap-1"].tier, found["snap-1"].place) == (3 * GIB, "archive", "us-east-1-bos-1a")
    assert (found["snap-2"].full_bytes, found["snap-2"].tier, found["snap-2"].place) == (None, "standard", "")


def test_what_a_local_zone_keeps_is_billed_by_itself(stubbed: tuple[Aws, Stubber]) -> None:
    found = _collected(
        stubbed, [_described("a", "vol-1"), _described("b", "vol-1"), _described("c", "vol-1", AvailabilityZone="us-east-1-bos-1a")]
    )
    assert {name: each.relatives for name, each in found.items()} == {"a": 1, "b": 1, "c": 0}
    assert {name: each.together and each.together.count for name, each in found.items()} == {"a": 2, "b": 2, "c": None}


def test_the_key_of_the_data_is_read(stubbed: tuple[Aws, Stubber]) -> None:
    copies = [_described(name, "vol-ffffffff", DataEncryptionKeyId="11111111-2222-3333-4444-555555555555") for name in ("a", "b")]
    found = _collected(stubbed, [*copies, _described("c", "vol-ffffffff")])
    assert {name: (each.relatives, each.lineage) for name, each in found.items()} == {
        "a": (1, "11111111-2222-3333-4444-555555555555"),
        "b": (1, "11111111-2222-3333-4444-555555555555"),
        "c": (0, "c"),
    }


def test_a_recorded_image_keeps_its_snapshot_but_not_its_sibling(stubbed: tuple[Aws, Stubber]) -> None:
    case = "test_ebs_ami_snapshot_filter"
    found = _collected(
        stubbed,
        reply(case, "ec2.DescribeSnapshots_1")["Snapshots"],
        images=tuple(reply(case, "ec2.DescribeImages_1")["Images"]),
    )
    assert {name: each.image for name, each in found.items()} == {
        "snap-7fc4f06d": "",
        "snap-4090d8aa": "ami-0bec971c",
        "snap-ab987f23": "",
    }
    assert {name: each.relatives for name, each in found.items()} == {"snap-7fc4f06d": 0, "snap-4090d8aa": 1, "snap-ab987f23": 1}
    orphans = {name for name, each in found.items() if isinstance(judged(orphan_snapshot, each), Waste)}
    assert orphans == {"snap-7fc4f06d", "snap-ab987f23"}


def test_a_recorded_pending_snapshot_of_an_existing_volume_is_left_alone(stubbed: tuple[Aws, Stubber]) -> None:
    case = "test_ebs_snapshot"
    volumes = {each["VolumeId"]: each["SnapshotId"] for each in reply(case, "ec2.DescribeVolumes_1")["Volumes"]}
    [found] = _collected(stubbed, reply(case, "ec2.DescribeSnapshots_1")["Snapshots"], volumes).values()
    assert (found.state, found.source_exists, found.relatives) == ("pending", True, 0)
    assert [judged(check, found) for check in (orphan_snapshot, old_snapshot)] == [None, None]


def test_archived_snapshots_share_nothing(stubbed: tuple[Aws, Stubber]) -> None:
    found = _collected(stubbed, [_described("a", "vol-1"), _described("b", "vol-1"), _described("c", "vol-1", StorageTier="archive")])
    assert {name: each.relatives for name, each in found.items()} == {"a": 1, "b": 1, "c": 0}


def test_a_refusal_is_denied_with_the_action(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_response("describe_volumes", {"Volumes": []}, LISTED)
    stub.add_client_error("describe_images", "UnauthorizedOperation")
    with pytest.raises(Denied, match="ec2:DescribeImages"):
        list(snapshots(here))


def test_where_fast_restore_is_enabled_and_since_when(stubbed: tuple[Aws, Stubber]) -> None:
    restores = (_restore("snap-1"), _restore("snap-1", "us-east-1b", State="optimizing"), _restore("snap-3"))
    here, stub = stubbed
    stub.add_response("describe_volumes", {"Volumes": []}, LISTED)
    stub.add_response("describe_images", {"Images": []}, IMAGES)
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-1", "vol-1"), _described("snap-2", "vol-1")]}, SNAPSHOTS)
    stub.add_response("describe_fast_snapshot_restores", {"FastSnapshotRestores": list(restores)}, RESTORES)
    stub.add_response("describe_launch_template_versions", {"LaunchTemplateVersions": []}, TEMPLATES)
    only = {"Filters": [{"Name": "snapshot-id", "Values": ["snap-3"]}], **LISTED}
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-3", "vol-9", OwnerId="999999999999")]}, only)
    found = {each.id: each for each in snapshots(here)}
    assert found["snap-1"].fast_restores == (FastRestore("us-east-1a", days_ago(20)), FastRestore("us-east-1b", None))
    assert found["snap-2"].fast_restores == ()
    shared = found["snap-3"]
    assert (shared.state, shared.volume_gib, shared.fast_restores) == ("shared", 8, (FastRestore("us-east-1a", days_ago(20)),))
    assert [judged(check, shared) for check in (orphan_snapshot, old_snapshot)] == [None, None], "it is not ours to delete"


def test_a_region_without_snapshots_is_not_asked_for_fast_restores(stubbed: tuple[Aws, Stubber]) -> None:
    assert _collected(stubbed, []) == {}


@pytest.mark.parametrize(("code", "refused"), [("UnauthorizedOperation", True), ("InvalidAction", False)])
def test_without_an_answer_about_fast_restores_the_rest_is_there(stubbed: tuple[Aws, Stubber], code: str, refused: bool) -> None:
    here, stub = stubbed
    stub.add_response("describe_volumes", {"Volumes": []}, LISTED)
    stub.add_response("describe_images", {"Images": []}, IMAGES)
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-1", "vol-1")]}, SNAPSHOTS)
    stub.add_client_error("describe_fast_snapshot_restores", code)
    stub.add_response("describe_launch_template_versions", {"LaunchTemplateVersions": []}, TEMPLATES)
    assert [found.fast_restores for found in snapshots(here)] == [()]
    assert (here.refused is not None) is refused
    assert not refused or "ec2:DescribeFastSnapshotRestores" in str(here.refused)


def test_both_tiers_bill_while_an_archived_snapshot_is_restored(stubbed: tuple[Aws, Stubber]) -> None:
    found = _collected(stubbed, [_described("snap-1", "vol-1"), _described("snap-2", "vol-1", RestoreExpiryTime=days_ago(-3))])
    assert [bool(each.also_bills) for each in found.values()] == [False, True]


@pytest.mark.parametrize("refusal", ["UnauthorizedOperation", "InvalidAction"])
def test_without_the_launch_templates_the_rest_is_judged_and_a_refusal_is_kept(stubbed: tuple[Aws, Stubber], refusal: str) -> None:
    here, stub = stubbed
    stub.add_response("describe_volumes", {"Volumes": []}, LISTED)
    stub.add_response("describe_images", {"Images": []}, IMAGES)
    stub.add_response("describe_snapshots", {"Snapshots": [_described("snap-1", "vol-1")]}, SNAPSHOTS)
    stub.add_response("describe_fast_snapshot_restores", {"FastSnapshotRestores": []}, RESTORES)
    stub.add_client_error("describe_launch_template_versions", refusal)
    assert [found.template for found in snapshots(here)] == [""]
    assert (here.refused is not None) is (refusal == "UnauthorizedOperation")


def test_a_region_without_snapshots_is_not_asked_for_launch_templates(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_response("describe_volumes", {"Volumes": []}, LISTED)
    stub.add_response("describe_images", {"Images": []}, IMAGES)
    stub.add_response("describe_snapshots", {"Snapshots": []}, SNAPSHOTS)
    assert list(snapshots(here)) == []


@pytest.mark.parametrize(
    ("description", "operator"),
    [
        ("Created for policy: policy-0123456789abcdef0 schedule: Default Schedule", "dlm.amazonaws.com"),
        ("This snapshot is created by the AWS Backup service.", "backup.amazonaws.com"),
        ("Created by CreateImage(i-1) for ami-1", ""),
    ],
)
def test_a_description_tells_who_made_it(stubbed: tuple[Aws, Stubber], description: str, operator: str) -> None:
    found = _collected(stubbed, [_described("snap-1", "vol-1", Description=description)])["snap-1"]
    assert (found.operator, found.expires) == (operator, bool(operator))
