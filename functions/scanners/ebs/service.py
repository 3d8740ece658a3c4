"""Amazon EBS: volumes and their snapshots."""

from __future__ import annotations

from functions.core.prices.products import Rate, by_usage, products
from functions.core.services import Request, service

BILLED_AS = "EC2 - Other"
"""Volumes and snapshots, and NAT gateways and traffic as well. https://handbook.vantage.sh/aws/services/ec2-other-pricing/"""

EBS = service(
    "ebs",
    name="Amazon Elastic Block Store",
    category="Storage",
    short="EBS",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonEBS",),
    looks_at={BILLED_AS: r"EBS:(Volume|Snapshot|FastSnapshotRestore).*"},
    words=frozenset({"gp2", "gp3", "io1", "io2", "st1", "sc1"}),
    # without a template it has to be told which versions
    requests={
        "ec2:DescribeLaunchTemplateVersions": lambda arn: Request(
            "ec2", "DescribeLaunchTemplateVersions", {"Versions": ["$Default"], "DryRun": True}
        )
    },
)

# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-billing.html; the tier of io2's IOPS is in the usage type.
_RATES = {
    "EBS:VolumeUsage": Rate("volume.standard", "GB-month"),
    "EBS:VolumeUsage.gp2": Rate("volume.gp2", "GB-month"),
    "EBS:VolumeUsage.gp3": Rate("volume.gp3", "GB-month"),
    "EBS:VolumeUsage.piops": Rate("volume.io1", "GB-month"),
    "EBS:VolumeUsage.io2": Rate("volume.io2", "GB-month"),
    "EBS:VolumeUsage.st1": Rate("volume.st1", "GB-month"),
    "EBS:VolumeUsage.sc1": Rate("volume.sc1", "GB-month"),
    "EBS:VolumeIOUsage": Rate("volume.standard.io", "1M-requests"),
    "EBS:VolumeP-IOPS.gp3": Rate("iops.gp3", "IOPS-month"),
    "EBS:VolumeP-IOPS.piops": Rate("iops.io1", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2": Rate("iops.io2", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2.tier2": Rate("iops.io2.32001-64000", "IOPS-month"),
    "EBS:VolumeP-IOPS.io2.tier3": Rate("iops.io2.over-64000", "IOPS-month"),
    "EBS:VolumeP-Throughput.gp3": Rate("throughput.gp3", "MiBps-month"),
    "EBS:SnapshotUsage": Rate("snapshot.standard", "GB-month"),
    "EBS:SnapshotArchiveStorage": Rate("snapshot.archive", "GB-month"),
    "EBS:SnapshotArchiveRetrieval": Rate("snapshot.archive.retrieval", "GB"),
    "EBS:SnapshotArchiveEarlyDelete": Rate("snapshot.archive.early-delete", "GB-month"),
    "EBS:FastSnapshotRestore": Rate("snapshot.fast-restore", "DSU-hour"),
}

products(
    "AmazonEBS",
    *(
        by_usage("AmazonEC2", BILLED_AS, _RATES, productFamily=family)
        for family in ("Storage", "System Operation", "Provisioned Throughput", "Storage Snapshot", "Fast Snapshot Restore")
    ),
)
