"""What RDS bills: engines as the price book spells them, instances, storage, final snapshots, and which statuses bill compute.

RDS and Aurora answer the same API, and so do Neptune and DocumentDB, which are other services with other prices.
https://aws.amazon.com/rds/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.limits import fact
from functions.core.model import Coverable
from functions.core.money import NOTHING, Amount
from functions.core.prices.book import Prices

SERVICE = "AmazonRDS"
OTHER_SERVICES = frozenset({"neptune", "docdb"})
"""Engines that DescribeDBInstances and DescribeDBClusters list too, and that RDS does not bill.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html"""

NO_COMPUTE_BILLED = frozenset(
    {"stopped", "stopping", "starting", "creating", "deleting", "failed", "insufficient-capacity"}
    | {"incompatible-create", "incompatible-network", "incompatible-restore"}
    | {"inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable"}
)
"""Statuses that bill storage or nothing; every other one bills the instance.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""

IO_OPTIMIZED = "aurora-iopt1"
"""The storage type of Aurora I/O-Optimized, whose instances have rates of their own."""

_BOOK_NAMES = {"postgres": "postgresql", "aurora": "aurora-mysql"}
_GP3_STRIPES_FROM_GIB = {"oracle": 200, "sqlserver": 1 << 30}
DOCUMENTED = fact(
    "RDS stripes gp3 from 400 GiB, Oracle's from 200, SQL Server's never: 12,000 IOPS and 500 MiB/s are included then, else 3,000 and 125",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html",
    "2026-11-28",
)


def is_aurora(engine: str) -> bool:
    """True for Aurora MySQL (also by its old name "aurora") and Aurora PostgreSQL."""
    return engine.startswith("aurora")


def book_name(engine: str) -> str:
    """An engine as the book's keys and the bill call it: "postgresql" of "postgres"."""
    return _BOOK_NAMES.get(engine, engine)


@dataclass(slots=True, frozen=True)
class Disk:
    """The storage of an instance as provisioned; `kind` as AWS says it ("gp2", "gp3", "io1", "standard")."""

    engine: str
    kind: str
    size_gib: int
    iops: int = 0
    throughput_mibps: int = 0


def log_volume(disk: Disk) -> Disk:
    """What a dedicated log volume adds to such storage: a fixed size and fixed IOPS of the same kind, on a standby too.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.dlv.html
    """
    return Disk(disk.engine, disk.kind, 1_024, 3_000)


def is_public(instance: Mapping[str, Any]) -> bool:
    """Whether a DBInstance of AWS's reply has a public IPv4 address that bills: on an Outpost it is the customer's own."""
    return bool(instance.get("PubliclyAccessible")) and not instance.get("CustomerOwnedIpEnabled")


def extras(public: bool, own_secret: bool, prices: Prices) -> Amount:
    """What goes with an instance or a cluster beside compute and storage: the public IPv4 address that it has while it runs, one at least,
    and the secret in Secrets Manager that holds its password, if RDS manages one.

    https://aws.amazon.com/blogs/networking-and-content-delivery/identify-and-optimize-public-ipv4-address-usage-on-aws/
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    """
    total = prices.hourly("AmazonVPC", "public-ipv4.in-use", 1, "public IPv4 address") if public else NOTHING
    return total + (prices.monthly("AWSSecretsManager", "secret", 1, "secret") if own_secret else NOTHING)


def deployment(multi_az: bool) -> str:
    """The book's word for where an instance runs."""
    return "multi-az" if multi_az else "single-az"


def instance_cost(engine: str, instance_class: str, multi_az: bool, prices: Prices, storage_type: str = "") -> Amount:
    """An instance all month long, with its standby when Multi-AZ. Unknown for engines with a licence: the book has no rates of those."""
    where = "io-optimized" if storage_type == IO_OPTIMIZED else deployment(multi_az)
    return prices.hourly(SERVICE, f"ondemand.{book_name(engine)}.{where}.{instance_class}")


def coverable(engine: str, instance_class: str, multi_az: bool, compute: Amount) -> Coverable | None:
    """The instance hours in a saving, which a reservation or a Savings Plan may have paid for already; None where they have no price, and
    no rate of the bill would give them one.

    Storage is never covered. Instances reserve by family, engine and deployment; for capacity units of Serverless v2 only plans pay.
    https://aws.amazon.com/rds/reserved-instances/
    """
    if not compute.missing and (not compute.usd or compute.usd <= 0):
        return None
    family, usd = instance_class.rpartition(".")[0], round(max(0.0, compute.usd or 0.0), 4)
    return Coverable(SERVICE, family, usd, book_name(engine), deployment(multi_az))


def serverless_key(storage_type: str) -> str:
    """The book's key of a capacity unit of Aurora Serverless v2, and what a finding's `coverable` calls its usage."""
    return "aurora.serverless-v2" + (".io-optimized" if storage_type == IO_OPTIMIZED else "")


def gp3_baseline(engine: str, size_gib: int) -> tuple[int, int]:
    """IOPS and MiB/s that gp3 includes. RDS stripes larger volumes, which then include four times as much.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
    """
    striped = size_gib >= _GP3_STRIPES_FROM_GIB.get(engine.partition("-")[0], 400)
    return (12_000, 500) if striped else (3_000, 125)


def storage_parts(disk: Disk, multi_az: bool, prices: Prices) -> list[Amount]:
    """The lines of the bill for an instance's storage: capacity, and provisioned IOPS and MiB/s where it has them.

    None for Aurora: its storage belongs to the cluster and is billed by use, which DescribeDBClusters does not report.
    """
    if is_aurora(disk.engine):
        return []
    where = deployment(multi_az)
    parts = [prices.monthly(SERVICE, f"storage.{where}.{disk.kind}", disk.size_gib, "GiB")]
    iops = mibps = 0
    if disk.kind == "gp3":
        free_iops, free_mibps = gp3_baseline(disk.engine, disk.size_gib)
        iops, mibps = disk.iops - free_iops, disk.throughput_mibps - free_mibps
    elif disk.kind in ("io1", "io2"):
        iops = disk.iops
    if iops > 0:
        parts.append(prices.monthly(SERVICE, f"iops.{disk.kind}.{where}", iops, "IOPS"))
    if mibps > 0:
        parts.append(prices.monthly(SERVICE, f"throughput.{disk.kind}.{where}", mibps, "MiB/s"))
    return parts


def storage_cost(disks: Sequence[Disk], multi_az: bool, prices: Prices) -> Amount:
    """What an instance's storage, all its volumes, bills a month; nothing for Aurora.

    A Multi-AZ line whose rate is not known here counts at the Single-AZ rate, which is the least it can be, and says so.
    """
    lines = [line for disk in disks for line in storage_parts(disk, False, prices)]
    if multi_az:
        both = [line for disk in disks for line in storage_parts(disk, True, prices)]
        lines = [_with_standby(line, two, prices) for line, two in zip(lines, both, strict=True)]
    return sum(lines, NOTHING)


def iops_cost(kind: str, iops: int, multi_az: bool, prices: Prices) -> Amount:
    """What so many provisioned IOPS bill a month; at the Single-AZ rate, and saying so, where that of Multi-AZ is not known."""
    single = prices.monthly(SERVICE, f"iops.{kind}.{deployment(False)}", iops, "IOPS")
    if not multi_az:
        return single
    return _with_standby(single, prices.monthly(SERVICE, f"iops.{kind}.{deployment(True)}", iops, "IOPS"), prices)


def _with_standby(single: Amount, both: Amount, prices: Prices) -> Amount:
    if single.usd is None or (both.usd is not None and both.stands_in == single.stands_in):
        return both
    why = both.formula if both.usd is None else f"no price known in {prices.region} for {both.prices[0].key}"
    return single.lacking(f"the standby's share ({why})")


def standby_storage(disk: Disk, prices: Prices) -> list[Amount]:
    """For each line of the storage bill, what Multi-AZ adds to it; unknown where the two rates are not both the region's own."""
    single, both = storage_parts(disk, False, prices), storage_parts(disk, True, prices)
    return [two - one for one, two in zip(single, both, strict=True)]


def snapshot_cost(size_gib: int, prices: Prices) -> Amount:
    """The most that a final snapshot bills: it holds the data, which is at most what was allocated.

    Snapshots of deleted instances are not in the backup storage that AWS gives free with running ones.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupStorage.html
    """
    return prices.monthly(SERVICE, "backup", size_gib, "GiB of snapshot")
