"""What the members of EC2's replies about volumes and snapshots are for the bill. https://aws.amazon.com/ebs/pricing/"""

from __future__ import annotations

from functions.core.prices.bills import described

# Not of the month: what VolumeInitializationRate billed once. A magnetic volume bills its I/O too, of which an unused one has none.
VOLUME = described(
    "ec2",
    "Volume",
    priced="AvailabilityZone Iops OutpostArn Size Throughput VolumeType",
    free="""
        Attachments AvailabilityZoneId CreateTime Encrypted FastRestored KmsKeyId MultiAttachEnabled Operator OwnerId SnapshotId
        SourceVolumeId SseType State Tags VolumeArn VolumeId VolumeInitializationRate
    """,
)

# What a time-based copy billed, it billed once. While an archived snapshot is restored for a time, both tiers bill:
# https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive-pricing.html
SNAPSHOT = described(
    "ec2",
    "Snapshot",
    priced="AvailabilityZone FullSnapshotSizeInBytes OutpostArn StorageTier VolumeSize",
    not_modelled={"RestoreExpiryTime": "the other storage tier, which bills too while it is restored for a time"},
    free="""
        CompletionDurationMinutes CompletionTime DataEncryptionKeyId Description Encrypted KmsKeyId OwnerAlias OwnerId Progress SnapshotId
        SseType StartTime State StateMessage Tags TransferType VolumeId
    """,
)

# Enabled, it bills every minute in each zone, also for a snapshot that somebody else shares.
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-fast-snapshot-restore.html
FAST_RESTORE = described(
    "ec2",
    "DescribeFastSnapshotRestoreSuccessItem",
    priced="AvailabilityZone State",
    free="""
        AvailabilityZoneId DisabledTime DisablingTime EnabledTime EnablingTime OptimizingTime OwnerAlias OwnerId SnapshotId
        StateTransitionReason
    """,
)
