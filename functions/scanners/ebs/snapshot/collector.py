"""EBS snapshots as the checks see them: whether their volume still exists, who keeps them, and what may share their blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.registry import BeginAnew, collector
from functions.scanners.ebs.snapshot.lineage import Kin, relate

PAGE = 1_000
"""Items a page, AWS's maximum. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""

NO_VOLUME = "vol-ffffffff"
"""AWS's own placeholder for a snapshot that was copied or imported. CopySnapshot: copies "have an arbitrary volume ID that should not be
used for any purpose". https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html"""
COPY_DESCRIPTIONS = ("[Copied snap-", "Copied for DestinationAmi")
"""What the EC2 console and CopyImage write into the description of a copy."""
OF_COPIES = frozenset({"TransferType", "CompletionDurationMinutes"})
"""Members that only copies have. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html"""

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


@dataclass(slots=True, kw_only=True)
class Snapshot(Kin):
    """`newest`: of its volume. `elsewhere`: the Local Zone or Outpost that it is kept in, else empty."""

    elsewhere: str
    newest: bool

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
    iam=["ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages"],
    resumes=BeginAnew("a snapshot's relatives may be on any page"),
)
def snapshots(aws: Aws) -> Iterator[Snapshot]:
    """Every snapshot of our own. They are listed to the end first, because each one's relatives may come after it."""
    made_from = {
        volume["VolumeId"]: volume.get("SnapshotId", "") for volume in aws.pages("ec2", "DescribeVolumes", "Volumes", MaxResults=PAGE)
    }
    images = _images(aws)
    found = [
        _snapshot(aws, snapshot, made_from, images)
        for snapshot in aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], MaxResults=PAGE)
    ]
    relate([snapshot for snapshot in found if not snapshot.elsewhere], made_from)
    _mark_newest(found)
    yield from found


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
    copied = not OF_COPIES.isdisjoint(snapshot) or description.startswith(COPY_DESCRIPTIONS)
    sourced = not copied and volume_id != NO_VOLUME
    return Snapshot(
        arn=aws.arn("ec2", f"snapshot/{snapshot['SnapshotId']}"),
        id=snapshot["SnapshotId"],
        account=aws.account,
        region=aws.region,
        name=named.get("Name", ""),
        tags=named,
        created=snapshot["StartTime"],
        volume_id=volume_id if sourced else NO_VOLUME,
        source_exists=volume_id in made_from if sourced else None,
        volume_gib=snapshot["VolumeSize"],
        full_bytes=snapshot.get("FullSnapshotSizeInBytes"),
        tier=snapshot.get("StorageTier", "standard"),
        state=snapshot["State"],
        elsewhere=snapshot.get("OutpostArn") or ("" if zone[:-1] in ("", aws.region) else zone),
        description=description,
        image=images.get(snapshot["SnapshotId"], ""),
        data_key=snapshot.get("DataEncryptionKeyId", ""),
        copied=copied,
        newest=False,
    )


def _mark_newest(found: list[Snapshot]) -> None:
    """Fill `newest`."""
    latest: dict[str, datetime] = {}
    for snapshot in found:
        if snapshot.created and snapshot.created >= latest.get(snapshot.volume_id, snapshot.created):
            latest[snapshot.volume_id] = snapshot.created
    for snapshot in found:
        snapshot.newest = snapshot.source_exists is not None and snapshot.created == latest[snapshot.volume_id]
