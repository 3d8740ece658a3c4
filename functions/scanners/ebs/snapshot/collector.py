"""EBS snapshots as the checks see them: whether their volume still exists, who keeps them, and what may share their blocks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.core.model import Resource
from functions.core.registry import BeginAnew, collector
from functions.scanners.ebs.bills import FAST_RESTORE, SNAPSHOT

PAGE = 1_000
"""Items a page, AWS's maximum. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""

NO_VOLUME = "vol-ffffffff"
"""AWS's own placeholder for a snapshot that was copied or imported. CopySnapshot: copies "have an arbitrary volume ID that should not be
used for any purpose". https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html"""
COPY_DESCRIPTIONS = ("[Copied snap-", "Copied for DestinationAmi")
"""What the EC2 console and CopyImage write into the description of a copy."""

MANAGED_TAG_PREFIXES = ("aws:backup:", "aws:dlm:")
MANAGED_TAGS = frozenset({"dlm:managed", "AWSElasticDisasterRecoveryManaged", "AWSApplicationMigrationServiceManaged"})
MANAGED_DESCRIPTIONS = ("Created for policy: policy-", "This snapshot is created by the AWS Backup service")
"""Snapshots whose service deletes them itself: Data Lifecycle Manager, AWS Backup (EC2 refuses to delete those), disaster recovery and
migration. https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-ami-policy.html"""

PROTECTIVE_TAGS = frozenset(
    {"compliance", "retention", "retention-period", "retain", "retain-until", "legal-hold", "do-not-delete", "donotdelete", "keep"}
)
"""Tag keys that say that a snapshot is kept on purpose; case, "_" and " " do not matter."""
NO = frozenset({"false", "no", "0", "none"})
"""Values by which such a tag says the opposite."""


SHARED = "shared"
"""Our word for the state of a snapshot of another account, which is here only because fast restore is enabled for it, and billed to us."""


@dataclass(slots=True, frozen=True)
class FastRestore:
    """Fast snapshot restore, enabled in one zone `since` then; None while AWS is still at it."""

    zone: str
    since: datetime | None


@dataclass(slots=True, kw_only=True)
class Snapshot(Resource):
    """`source_exists` is None when the source volume is not known. `full_bytes`: all its blocks, None where AWS does not say.

    `image`: one of our AMIs that is made of it, else empty. `relatives`: how many other snapshots may share blocks with it: those of the
    same volume, those of volumes that were made from it, and the one that its volume was made from. `newest`: of its volume.
    `elsewhere`: the Local Zone or Outpost that it is kept in, else empty. `fast_restores`: the zones where we pay for its fast restore.
    """

    volume_id: str
    source_exists: bool | None
    volume_gib: int
    full_bytes: int | None
    tier: str
    state: str
    elsewhere: str
    description: str
    image: str
    relatives: int
    newest: bool
    fast_restores: tuple[FastRestore, ...] = ()

    @property
    def managed(self) -> bool:
        """A service made it and deletes it in its own time."""
        return self.description.startswith(MANAGED_DESCRIPTIONS) or any(
            key.startswith(MANAGED_TAG_PREFIXES) or key in MANAGED_TAGS for key in self.tags
        )

    @property
    def protected(self) -> bool:
        """A tag says that it is kept on purpose."""
        return any(
            key.lower().replace("_", "-").replace(" ", "-") in PROTECTIVE_TAGS and value.lower() not in NO
            for key, value in self.tags.items()
        )


@collector(
    "ebs:snapshot",
    iam=["ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages", "ec2:DescribeFastSnapshotRestores"],
    resumes=BeginAnew("a snapshot's relatives may be on any page"),
    bills=[SNAPSHOT, FAST_RESTORE],
)
def snapshots(aws: Aws) -> Iterator[Snapshot]:
    """Every snapshot of our own, and those of others that we pay fast restore for. They are listed to the end first, because each one's
    relatives may come after it. Where only fast restores are refused, it goes on without them and notes that in `aws.refused`.
    """
    made_from = {
        volume["VolumeId"]: volume.get("SnapshotId", "") for volume in aws.pages("ec2", "DescribeVolumes", "Volumes", MaxResults=PAGE)
    }
    images = _images(aws)
    found = [
        _snapshot(aws, snapshot, made_from, images)
        for snapshot in aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], MaxResults=PAGE)
    ]
    _relate(found, made_from)
    restores = _fast_restores(aws) if found else {}
    for snapshot in found:
        snapshot.fast_restores = tuple(restores.pop(snapshot.id, ()))
    yield from found
    for snapshot in _shared(aws, list(restores)):
        snapshot.fast_restores = tuple(restores[snapshot.id])
        yield snapshot


def _fast_restores(aws: Aws) -> dict[str, list[FastRestore]]:
    """Snapshot id → where fast restore is enabled for it, all of the region in one listing; empty where AWS does not offer it."""
    found: dict[str, list[FastRestore]] = defaultdict(list)
    only = [{"Name": "state", "Values": ["enabling", "optimizing", "enabled"]}]
    try:
        for item in aws.pages("ec2", "DescribeFastSnapshotRestores", "FastSnapshotRestores", Filters=only):
            since = item.get("EnabledTime") if item.get("State") == "enabled" else None
            if item.get("SnapshotId") and item.get("AvailabilityZone"):
                found[item["SnapshotId"]].append(FastRestore(item["AvailabilityZone"], since))
    except Denied as denied:
        aws.refused = denied
    except NotOffered:
        return {}
    return dict(found)


def _shared(aws: Aws, ids: list[str]) -> Iterator[Snapshot]:
    """Snapshots that other accounts share. One that is not shared any more is not listed, and its fast restore has ended."""
    if not ids:
        return
    only = [{"Name": "snapshot-id", "Values": ids}]
    for item in aws.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=only, MaxResults=PAGE):
        yield replace(_snapshot(aws, item, {}, {}), state=SHARED, source_exists=None)


def _images(aws: Aws) -> Mapping[str, str]:
    """Snapshot id → AMI of ours, disabled ones too: AWS keeps their snapshots from being deleted."""
    images = {}
    for image in aws.pages("ec2", "DescribeImages", "Images", Owners=["self"], IncludeDisabled=True, MaxResults=PAGE):
        for mapping in image.get("BlockDeviceMappings", ()):
            if "SnapshotId" in mapping.get("Ebs", {}):
                images[mapping["Ebs"]["SnapshotId"]] = image["ImageId"]
    return images


def _snapshot(aws: Aws, snapshot: Mapping[str, Any], made_from: Mapping[str, str], images: Mapping[str, str]) -> Snapshot:
    named = tags.from_list(snapshot.get("Tags"))
    volume_id, description = snapshot.get("VolumeId", NO_VOLUME), snapshot.get("Description", "")
    zone = snapshot.get("AvailabilityZone", "")
    copied = volume_id == NO_VOLUME or "TransferType" in snapshot or description.startswith(COPY_DESCRIPTIONS)
    return Snapshot(
        arn=aws.arn("ec2", f"snapshot/{snapshot['SnapshotId']}"),
        id=snapshot["SnapshotId"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        also_bills=SNAPSHOT.also_bills(snapshot),
        created=snapshot["StartTime"],
        volume_id=NO_VOLUME if copied else volume_id,
        source_exists=None if copied else volume_id in made_from,
        volume_gib=snapshot["VolumeSize"],
        full_bytes=snapshot.get("FullSnapshotSizeInBytes"),
        tier=snapshot.get("StorageTier", "standard"),
        state=snapshot["State"],
        elsewhere=snapshot.get("OutpostArn") or ("" if zone[:-1] in ("", aws.region) else zone),
        description=description,
        image=images.get(snapshot["SnapshotId"], ""),
        relatives=0,
        newest=False,
    )


def _relate(found: list[Snapshot], made_from: Mapping[str, str]) -> None:
    """Fill `relatives` and `newest`. A snapshot of a volume that was made from a snapshot is incremental to that one; an archived one
    is always full and shares nothing.

    https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/snapshot-archive.html
    """
    sharing = [snapshot for snapshot in found if snapshot.tier != "archive"]
    ids = {snapshot.id for snapshot in sharing}
    of_volume = Counter(snapshot.volume_id for snapshot in sharing if snapshot.source_exists is not None)
    children: dict[str, int] = defaultdict(int)
    for volume_id, origin in made_from.items():
        children[origin] += of_volume[volume_id]
    for snapshot in sharing:
        siblings = of_volume[snapshot.volume_id] - 1 if snapshot.source_exists is not None else 0
        snapshot.relatives = siblings + children.get(snapshot.id, 0) + (made_from.get(snapshot.volume_id) in ids)
    latest: dict[str, datetime] = {}
    for snapshot in found:
        if snapshot.created and snapshot.created >= latest.get(snapshot.volume_id, snapshot.created):
            latest[snapshot.volume_id] = snapshot.created
    for snapshot in found:
        snapshot.newest = snapshot.source_exists is not None and snapshot.created == latest[snapshot.volume_id]
