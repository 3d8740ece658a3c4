"""What EBS storage bills and delivers: for volumes, for the instances that hold them, and for what a snapshot of one would cost.

AWS bills the provisioned GiB, for io1 and io2 every provisioned IOPS, for gp3 the IOPS over 3,000 and the MiB/s over 125.
https://aws.amazon.com/ebs/pricing/
"""

from __future__ import annotations

import math

from functions.core.limits import fact
from functions.core.money import NOTHING, Amount
from functions.core.prices.book import Prices

GP3_FREE_IOPS, GP3_FREE_MIBPS = 3_000, 125
GP3_MAX_IOPS, GP3_MAX_MIBPS, GP3_MAX_GIB = 80_000, 2_000, 65_536
"""Since 2025-09-26, in every region; on Outposts 16,000, 1,000 and 16,384 as before. No check proposes gp3 outside of a region's own zones,
where AWS does not say which limits hold. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html and doc-history.html"""
GP3_MAX_IOPS_PER_GIB, GP3_MAX_MIBPS_PER_IOPS = 500, 0.25
"""AWS refuses more IOPS beyond the included ones, or more MiB/s, than these ratios; same page."""
GP2_LEAST_IOPS, GP2_IOPS_PER_GIB, GP2_MAX_IOPS, GP2_MAX_MIBPS = 100, 3, 16_000, 250
"""Same page."""
GP2_SMALL_GIB = 170
"""Up to here a gp2 volume has 128 MiB/s, above it 250."""
DOCUMENTED = fact(
    "gp3 has 3,000 to 80,000 IOPS (500 a GiB), 125 to 2,000 MiB/s (0.25 for each IOPS) and up to 64 TiB since 2025-09-26, on Outposts "
    "still 16,000, 1,000 and 16 TiB; gp2 has 3 IOPS a GiB from 100 to 16,000, and 250 MiB/s above 170 GiB",
    "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
    "2026-11-28",
)

SNAPSHOT_FIRST = (
    "snapshot=$(aws ec2 create-snapshot --region {region} --volume-id {id} --query SnapshotId --output text)",
    'aws ec2 wait snapshot-completed --region {region} --snapshot-ids "$snapshot"',
)
"""The first steps of every command that ends with deleting a volume: nothing is deleted before its snapshot is complete."""


def volume_cost(kind: str, size_gib: int, iops: float, throughput_mibps: float, prices: Prices) -> Amount:
    """What a volume of a kind bills with so many provisioned IOPS and MiB/s, USD per month."""
    total = prices.monthly("AmazonEBS", f"volume.{kind}", size_gib, "GiB")
    if kind == "gp3":
        total += _beyond("iops.gp3", iops - GP3_FREE_IOPS, "IOPS", prices)
        total += _beyond("throughput.gp3", throughput_mibps - GP3_FREE_MIBPS, "MiB/s", prices)
    if kind == "io1":
        total += _beyond("iops.io1", iops, "IOPS", prices)
    if kind == "io2":
        total += _beyond("iops.io2", min(iops, 32_000), "IOPS", prices)
        total += _beyond("iops.io2.32001-64000", min(iops, 64_000) - 32_000, "IOPS", prices)
        total += _beyond("iops.io2.over-64000", iops - 64_000, "IOPS", prices)
    return total


def _beyond(key: str, quantity: float, unit: str, prices: Prices) -> Amount:
    return prices.monthly("AmazonEBS", key, quantity, unit) if quantity > 0 else NOTHING


def gp2_performance(size_gib: int) -> tuple[int, int]:
    """The most that a gp2 volume delivers: IOPS (3 a GiB, 100 to 16,000) and MiB/s (128 to 170 GiB, then up to 250).

    The burst to 3,000 IOPS of small volumes is inside gp3's included 3,000. 128 MiB/s counts as gp3's included 125: AWS's own
    recommendation prices it so. From 171 to 333 GiB the 250 MiB/s last only as long as burst credits do: taking them as the need
    is the worst case. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
    """
    iops = min(GP2_MAX_IOPS, max(GP2_LEAST_IOPS, GP2_IOPS_PER_GIB * size_gib))
    return iops, GP3_FREE_MIBPS if size_gib <= GP2_SMALL_GIB else GP2_MAX_MIBPS


def gp3_for(size_gib: int, iops: float, throughput_mibps: float) -> tuple[int, int] | None:
    """The least (IOPS, MiB/s) to provision on a gp3 volume of a size that must deliver so much; None when gp3 cannot.

    MiB/s that need more IOPS than are asked for raise the IOPS, because AWS allows 0.25 MiB/s for each.
    """
    mibps = max(GP3_FREE_MIBPS, math.ceil(throughput_mibps))
    least = max(GP3_FREE_IOPS, math.ceil(iops), math.ceil(mibps / GP3_MAX_MIBPS_PER_IOPS))
    return (least, mibps) if least <= gp3_most_iops(size_gib) and mibps <= GP3_MAX_MIBPS and size_gib <= GP3_MAX_GIB else None


def gp3_most_iops(size_gib: int) -> int:
    """The most IOPS that a gp3 volume of a size can be given: the included 3,000 at any size, then 500 a GiB up to 80,000."""
    return min(GP3_MAX_IOPS, max(GP3_FREE_IOPS, GP3_MAX_IOPS_PER_GIB * size_gib))


def snapshot_cost(size_gib: float, prices: Prices, tier: str = "standard", unit: str = "GiB") -> Amount:
    """The most that a snapshot of so many GiB bills in a storage tier (standard, archive): it holds only written blocks."""
    return prices.monthly("AmazonEBS", f"snapshot.{tier}", size_gib, unit)


def fast_restore_cost(zones: int, prices: Prices) -> Amount:
    """What fast restore of one snapshot bills all month long in so many zones, whatever its size and use.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-fast-snapshot-restore.html
    """
    return prices.hourly("AmazonEBS", "snapshot.fast-restore", zones, "zones with fast restore") if zones else NOTHING
