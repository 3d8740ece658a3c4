"""EBS snapshots as the checks see them: whether their volume still exists, who keeps them, and what may share their blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.core.ownership.managers import manager
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, collector
from functions.scanners.ebs.bills import FAST_RESTORE, SNAPSHOT
from functions.scanners.ebs.snapshot.lineage import Kin, relate

PAGE, TEMPLATES = 1_000, 200
"""Items a page, and versions of launch templates, AWS's maximum. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""

NO_VOLUME = "vol-ffffffff"
"""AWS's own placeholder for a snapshot that was copied or imported. CopySnapshot: copies "have an arbitrary volume ID that should not be
used for any purpose". https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html"""
COPY_DESCRIPTIONS = ("[Copied snap-", "Copied for DestinationAmi")
"""What the EC2 console and CopyImage write into the description of a copy."""
OF_COPIES = frozenset({"TransferType", "CompletionDurationMinutes"})
"""Members that only copies have. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html"""

MADE_BY = {
    "Created for policy: policy-": "dlm.amazonaws.com",
    "This snapshot is created by the AWS Backup service": "backup.amazonaws.com",
}
"""How the descriptions begin that Data Lifecycle Manager and AWS Backup write, which tag theirs too."""


SHARED = "shared"
"""Our word for the state of a snapshot of another account, which is here only because fast restore is enabled for it, and billed to us."""


@dataclass(slots=True, frozen=True)
class FastRestore:
    """Fast snapshot restore, enabled in one zone `since` then; None while AWS is still at it."""

    zone: str
    since: datetime | None


@dataclass(slots=True, kw_only=True)
class Snapshot(Kin):
    """`newest`: of its volume. `template`: a launch template that maps it, else empty. `fast_restores`: the zones where we pay for that."""

    newest: bool
    template: str = ""
    fast_restores: tuple[FastRestore, ...] = ()

    @property
    def expires(self) -> bool:
        """Whoever made it deletes it in its own time, and of those of AWS Backup EC2 deletes none for anybody else."""
        owner = manager(self)
        return owner is not None and owner.expires


@collector(
    "ebs:snapshot",
    arns=["ec2:*:*:snapshot/*"],
    iam=[
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumes",
        "ec2:DescribeImages",
        "ec2:DescribeFastSnapshotRestores",
        "ec2:DescribeLaunchTemplateVersions",
    ],
    resumes=BeginAnew("a snapshot's relatives may be on any page"),
    placed_by=["OutpostArn", "AvailabilityZone"],
    bills=[SNAPSHOT, FAST_RESTORE],
)
def snapshots(aws: Aws) -> Iterator[Snapshot]:
    """Every snapshot of our own, and those of others that we pay fast restore for. They are listed to the end first, because each one's
    relatives may come after it. Where only fast restores are refused, it goes on without them and notes that in `aws.refused`.
    """
    lost_volumes: list[Any] = []
    lost_images: list[Any] = []
    volumes = aws.pages("ec2", "DescribeVolumes", "Volumes", MaxResults=PAGE)
    made_from = dict(aws.readable(volumes, lambda volume: (volume["VolumeId"], volume.get("SnapshotId", "")), lost_volumes))
    images = _images(aws, lost_images)

    def made(snapshot: Mapping[str, Any]) -> Snapshot:
        one = _snapshot(aws, snapshot, made_from, images)
        if lost_images and not one.image:
            raise LookupError("an AMI that may be made of it could not be read")
        if lost_volumes and one.source_exists is False:
            one.source_exists = None
        return one

    found = list(aws.readable(aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], MaxResults=PAGE), made))
    relate([snapshot for snapshot in found if not snapshot.place], made_from)
    _mark_newest(found)
    restores, templates = (_fast_restores(aws), _templates(aws)) if found else ({}, {})
    for snapshot in found:
        snapshot.template = templates.get(snapshot.id, "")
        snapshot.fast_restores = tuple(restores.pop(snapshot.id, ()))
    yield from found
    for snapshot in _shared(aws, list(restores)):
        snapshot.fast_restores = tuple(restores.get(snapshot.id, ()))
        yield snapshot


def _fast_restores(aws: Aws) -> dict[str, list[FastRestore]]:
    """Snapshot id → where fast restore is enabled for it, all of the region in one listing; empty where AWS does not offer it."""
    found: dict[str, list[FastRestore]] = defaultdict(list)
    only = [{"Name": "state", "Values": ["enabling", "optimizing", "enabled"]}]
    try:
        for snapshot, restore in aws.readable(
            aws.pages("ec2", "DescribeFastSnapshotRestores", "FastSnapshotRestores", Filters=only), _fast_restore, []
        ):
            found[snapshot].append(restore)
    except Denied as denied:
        aws.refused = denied
    except NotOffered:
        return {}
    return dict(found)


def _fast_restore(item: Mapping[str, Any]) -> tuple[str, FastRestore]:
    since, name = item.get("EnabledTime") if item["State"] == "enabled" else None, item["SnapshotId"]
    if not isinstance(name, str):
        raise TypeError(f"a snapshot's id is text, and not {name!r}")
    return name, FastRestore(item["AvailabilityZone"], since)


def _shared(aws: Aws, ids: list[str]) -> Iterator[Snapshot]:
    """Snapshots that other accounts share. One that is not shared any more is not listed, and its fast restore has ended."""
    if not ids:
        return
    only = [{"Name": "snapshot-id", "Values": ids}]
    listed = aws.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=only, MaxResults=PAGE)
    yield from aws.readable(listed, lambda item: replace(_snapshot(aws, item, {}, {}), state=SHARED, source_exists=None))


def _images(aws: Aws, lost: list[Any]) -> Mapping[str, str]:
    """Snapshot id → AMI of ours, disabled ones too: AWS keeps their snapshots from being deleted. `lost`: those that cannot be read."""
    images: dict[str, str] = {}
    listed = aws.pages("ec2", "DescribeImages", "Images", Owners=["self"], IncludeDisabled=True, MaxResults=PAGE)
    for of_it in aws.readable(listed, _made_into, lost):
        images.update(of_it)
    return images


def _made_into(image: Mapping[str, Any]) -> Mapping[str, str]:
    disks = (mapping.get("Ebs", {}) for mapping in image.get("BlockDeviceMappings", ()))
    return {disk["SnapshotId"]: image["ImageId"] for disk in disks if "SnapshotId" in disk}


def _templates(aws: Aws) -> Mapping[str, str]:
    """Snapshot id → launch template that starts instances with it. AWS deletes such a snapshot all the same, and the next start fails.

    Only the latest and the default versions, which one listing gives of all templates: what starts from an older one is not seen. Where
    only this is refused, it goes on without and notes that in `aws.refused`.
    """
    templates: dict[str, str] = {}
    versions = {"Versions": ["$Latest", "$Default"], "MaxResults": TEMPLATES}
    try:
        for of_it in aws.readable(aws.pages("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", **versions), _mapped_by, []):
            templates.update(of_it)
    except Denied as denied:
        aws.refused = denied
    except NotOffered:
        pass
    return templates


def _mapped_by(version: Mapping[str, Any]) -> Mapping[str, str]:
    disks = (mapping.get("Ebs", {}) for mapping in version.get("LaunchTemplateData", {}).get("BlockDeviceMappings", ()))
    return {disk["SnapshotId"]: version["LaunchTemplateId"] for disk in disks if "SnapshotId" in disk}


def _snapshot(aws: Aws, snapshot: Mapping[str, Any], made_from: Mapping[str, str], images: Mapping[str, str]) -> Snapshot:
    named = tags.from_list(snapshot.get("Tags"))
    volume_id, description = snapshot.get("VolumeId", NO_VOLUME), snapshot.get("Description", "")
    copied = not OF_COPIES.isdisjoint(snapshot) or description.startswith(COPY_DESCRIPTIONS)
    sourced = not copied and volume_id != NO_VOLUME
    return Snapshot(
        arn=aws.arn("ec2", f"snapshot/{snapshot['SnapshotId']}"),
        id=snapshot["SnapshotId"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        also_bills=SNAPSHOT.also_bills(snapshot),
        created=snapshot["StartTime"],
        volume_id=volume_id if sourced else NO_VOLUME,
        source_exists=volume_id in made_from if sourced else None,
        volume_gib=snapshot["VolumeSize"],
        full_bytes=snapshot.get("FullSnapshotSizeInBytes"),
        tier=snapshot.get("StorageTier", "standard"),
        state=snapshot["State"],
        place=place(aws.region, snapshot.get("OutpostArn"), snapshot.get("AvailabilityZone")),
        description=description,
        image=images.get(snapshot["SnapshotId"], ""),
        data_key=snapshot.get("DataEncryptionKeyId", ""),
        copied=copied,
        newest=False,
        operator=next((maker for words, maker in MADE_BY.items() if description.startswith(words)), ""),
    )


def _mark_newest(found: list[Snapshot]) -> None:
    """Fill `newest`."""
    latest: dict[str, datetime] = {}
    for snapshot in found:
        if snapshot.created and snapshot.created >= latest.get(snapshot.volume_id, snapshot.created):
            latest[snapshot.volume_id] = snapshot.created
    for snapshot in found:
        snapshot.newest = snapshot.source_exists is not None and snapshot.created == latest[snapshot.volume_id]
