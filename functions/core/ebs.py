"""What EBS storage bills and delivers: for volumes, for the instances that hold them, and for what a snapshot of one would cost.

AWS bills the provisioned GiB, for io1 and io2 every provisioned IOPS, for gp3 the IOPS over 3,000 and the MiB/s over 125.
https://aws.amazon.com/ebs/pricing/
"""

from __future__ import annotations

from functions.core.money import NOTHING, Amount
from functions.core.prices import Prices

GP3_FREE_IOPS, GP3_FREE_MIBPS = 3_000, 125
GP3_MAX_IOPS, GP3_MAX_MIBPS = 16_000, 1_000
"""The limits that every region has; https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"""


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
    recommendation prices it so. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
    """
    return min(16_000, max(100, 3 * size_gib)), 125 if size_gib <= 170 else 250


def snapshot_cost(size_gib: int, prices: Prices) -> Amount:
    """The most that a snapshot of so many GiB bills: a snapshot holds only written blocks, so this is an upper bound."""
    return prices.monthly("AmazonEBS", "snapshot.standard", size_gib, "GiB")
