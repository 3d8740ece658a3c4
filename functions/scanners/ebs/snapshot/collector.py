"""EBS snapshots as the checks see them: whether their volume still exists, who keeps them, and what may share their blocks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.core.model import Resource
from functions.core.ownership.managers import manager
from functions.core.registry import BeginAnew, collector

PAGE, TEMPLATES = 1_000, 200
"""Items a page, and versions of launch templates, AWS's maximum. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html"""

NO_VOLUME = "vol-ffffffff"
"""AWS's own placeholder for a snapshot that was copied or imported. CopySnapshot: copies "have an arbitrary volume ID that should not be
used for any purpose". https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html"""
COPY_DESCRIPTIONS = ("[Copied snap-", "Copied for DestinationAmi")
"""What the EC2 console and CopyImage write into the description of a copy."""

MADE_BY = {
    "Created for policy: policy-": "dlm.amazonaws.com",
    "This snapshot is created by the AWS Backup service": "backup.amazonaws.com",
}
"""How the descriptions begin that Data Lifecycle Manager and AWS Backup write, which tag theirs too."""


@dataclass(slots=True, kw_only=True)
class Snapshot(Resource):
    """`source_exists` is None when the source volume is not known. `full_bytes`: all its blocks, None where AWS does not say.

    `image`: one of our AMIs that is made of it, else empty. `relatives`: how many other snapshots may share blocks with it: those of the
    same volume, those of volumes that were made from it, and the one that its volume was made from. `newest`: of its volume.
    `elsewhere`: the Local Zone or Outpost that it is kept in, else empty. `template`: a launch template that maps it, else empty.
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
    template: str = ""

    @property
    def expires(self) -> bool:
        """Whoever made it deletes it in its own time, and of those of AWS Backup EC2 deletes none for anybody else."""
        owner = manager(self)
        return owner is not None and owner.expires


@collector(
    "ebs:snapshot",
    iam=["ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions"],
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
    _relate(found, made_from)
    templates = _templates(aws) if found else {}
    for snapshot in found:
        snapshot.template = templates.get(snapshot.id, "")
    yield from found


def _images(aws: Aws) -> Mapping[str, str]:
    """Snapshot id → AMI of ours, disabled ones too: AWS keeps their snapshots from being deleted."""
    images = {}
    for image in aws.pages("ec2", "DescribeImages", "Images", Owners=["self"], IncludeDisabled=True, MaxResults=PAGE):
        for mapping in image.get("BlockDeviceMappings", ()):
            if "SnapshotId" in mapping.get("Ebs", {}):
                images[mapping["Ebs"]["SnapshotId"]] = image["ImageId"]
    return images


def _templates(aws: Aws) -> Mapping[str, str]:
    """Snapshot id → launch template that starts instances with it. AWS deletes such a snapshot all the same, and the next start fails.

    Only the latest and the default versions, which one listing gives of all templates: what starts from an older one is not seen. Where
    only this is refused, it goes on without and notes that in `aws.refused`.
    """
    templates = {}
    versions = {"Versions": ["$Latest", "$Default"], "MaxResults": TEMPLATES}
    try:
        for version in aws.pages("ec2", "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", **versions):
            for mapping in version.get("LaunchTemplateData", {}).get("BlockDeviceMappings", ()):
                if "SnapshotId" in mapping.get("Ebs", {}):
                    templates[mapping["Ebs"]["SnapshotId"]] = version["LaunchTemplateId"]
    except Denied as denied:
        aws.refused = denied
    except NotOffered:
        pass
    return templates


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
        operator=next((maker for words, maker in MADE_BY.items() if description.startswith(words)), ""),
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
