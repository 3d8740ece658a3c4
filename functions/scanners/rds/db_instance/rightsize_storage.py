"""RDS DB instances whose storage is provisioned with more IOPS than they need."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import NOTHING, Amount, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import steps, still
from functions.scanners.rds import billing
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.db_instance.load import MIB, READ_BYTES, READ_IOPS, STORAGE, WRITE_IOPS, WRITTEN_BYTES, together

RANGES = fact(
    "RDS provisions io1 and io2 with 1,000 IOPS at least, and half an IOPS for each GiB (SQL Server one, and half a one of gp3), up to the "
    "size that it may grow to; gp3 and io2 move a quarter of a MiB/s for each IOPS",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html",
    "2026-11-29",
)
LEAST_IOPS = 1_000
MIBPS_FOR_AN_IOPS = 0.25
"""At most, with large operations: of gp3 and io2 the page says so, and io1, of which it gives no number, is taken for the same."""
IO2_FIRST_TIER = 32_000
"""IOPS of io2 beyond that bill at lower rates, which the price book does not have. https://aws.amazon.com/ebs/pricing/"""
ROUNDED_TO = 100
PERCENTILE = 0.99
PENDING = frozenset({"AllocatedStorage", "Iops", "StorageThroughput", "StorageType"})


def _bought(disk: Disk) -> int:
    """IOPS that bill beside the storage."""
    if disk.kind in ("io1", "io2"):
        return disk.iops
    return max(0, disk.iops - billing.gp3_baseline(disk.engine, disk.size_gib)[0]) if disk.kind == "gp3" else 0


def _log_volume(instance: DbInstance) -> bool:
    return billing.log_volume(instance.disk) in instance.more_disks


def _may_need_less(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    old_enough = instance.created is not None and limits.days_since(instance.created) >= limits.window_days
    if not old_enough or not instance.bills_compute or instance.aurora or not _bought(instance.disk):
        return False
    if not instance.alone:
        return InsufficientData("of a Multi-AZ DB cluster, whose storage has prices of its own")
    if set(instance.more_disks) - {billing.log_volume(instance.disk)}:
        return InsufficientData("it has more volumes, and its IOPS are not told apart")
    if instance.pending & PENDING:
        return InsufficientData("its storage is about to be changed")
    return instance.status == "available" or InsufficientData(f"its status is {instance.status}")


@dataclass(slots=True, frozen=True)
class Need:
    """What its storage has to give: a multiple of what all but a few hours needed, and never less than the busiest minute of all."""

    iops: int
    mibps: float


def _least_for_its_size(instance: DbInstance, kind: str) -> int:
    """IOPS that RDS asks for by the GiB, also of those that it may add by itself."""
    sql_server, gp3 = instance.engine.startswith("sqlserver"), kind == "gp3"
    for_a_gib = (0.5 if gp3 else 1.0) if sql_server else (0.0 if gp3 else 0.5)
    return math.ceil(for_a_gib * max(instance.disk.size_gib, instance.grows_to_gib))


def _fewer_iops(instance: DbInstance, need: Need) -> Disk:
    """The same storage with as few IOPS as that needs and RDS allows."""
    disk = instance.disk
    if disk.kind == "gp3":
        most_mibps = max(disk.throughput_mibps, billing.gp3_baseline(disk.engine, disk.size_gib)[1])
        least = max(billing.gp3_baseline(disk.engine, disk.size_gib)[0], math.ceil(most_mibps / MIBPS_FOR_AN_IOPS))
    else:
        least = max(LEAST_IOPS, math.ceil(need.mibps / MIBPS_FOR_AN_IOPS))
    wanted = max(least, _least_for_its_size(instance, disk.kind), math.ceil(need.iops / ROUNDED_TO) * ROUNDED_TO)
    return replace(disk, iops=min(disk.iops, wanted))


def _gp3(instance: DbInstance, need: Need) -> Disk | None:
    """gp3 of the same size, where what it includes is enough. A dedicated log volume needs io1 or io2."""
    disk = instance.disk
    iops, mibps = billing.gp3_baseline(disk.engine, disk.size_gib)
    if disk.kind == "gp3" or _log_volume(instance) or max(need.iops, _least_for_its_size(instance, "gp3")) > iops or need.mibps > mibps:
        return None
    return Disk(disk.engine, "gp3", disk.size_gib, iops, mibps)


def _without_tiers(disk: Disk) -> tuple[Disk, tuple[str, ...]]:
    """The storage up to the IOPS that have a price here, and what of it has none."""
    if disk.kind != "io2" or disk.iops <= IO2_FIRST_TIER:
        return disk, ()
    return replace(disk, iops=IO2_FIRST_TIER), (f"IOPS of io2 beyond {IO2_FIRST_TIER:,}, whose rates are not known",)


def _saved_by_fewer(instance: DbInstance, less: Disk, prices: Prices) -> Amount:
    (now, lacks), (then, _) = _without_tiers(instance.disk), _without_tiers(less)
    fewer = _bought(now) - _bought(then)
    if fewer <= 0 and lacks and less.iops < instance.disk.iops:
        return unknown(f"no price known for {lacks[0]}")
    return billing.iops_cost(now.kind, fewer, instance.multi_az, prices).lacking(*lacks) if fewer > 0 else NOTHING


def _saved_by_gp3(instance: DbInstance, gp3: Disk, prices: Prices) -> Amount:
    now, lacks = _without_tiers(instance.disk)
    before, after = (billing.storage_cost((disk,), instance.multi_az, prices) for disk in (now, gp3))
    return (before - after).lacking(*lacks)


MODIFY = "aws rds modify-db-instance --region {region} --db-instance-identifier {id} --apply-immediately"
OFFERED = (
    "aws rds describe-valid-db-instance-modifications --region {region} --db-instance-identifier {id}"
    " --query \"ValidDBInstanceModificationsMessage.Storage[?StorageType=='gp3'] | [0].StorageType\""
)
LATENCY = "Likely is gp3, whose latency is longer and varies more; low is {kind} with as few IOPS as it needs."


@check(
    id="rds-overprovisioned-iops-instance",
    title="RDS instance pays for more IOPS than it needs",
    over=db_instances,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1, maximum=63),
        "headroom": Threshold(2, "so many times what 99 % of the hours needed in their busiest minute", minimum=1),
    },
    metrics=STORAGE,
    candidate=_may_need_less,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html",
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=f"{MODIFY} --iops {{iops}}",
    undo="Modify the instance back to its old storage type and IOPS, naming its allocated storage too, when 6 hours are over.",
    afterwards="RDS takes no other change of its storage for 6 hours, and optimizes it meanwhile.",
)
def overprovisioned_iops(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """Provisioned IOPS bill whether or not they are used, those of a standby too. Provision fewer, or take gp3, which includes many.

    What it needs is twice what the busiest minute of an hour needed, in 99 % of the hours of two weeks, and never less than the busiest of
    all. Not judged: Multi-AZ DB clusters, and instances with more volumes than their log's.
    """
    iops, moved = (together(instance.usage, *metrics) for metrics in ((READ_IOPS, WRITE_IOPS), (READ_BYTES, WRITTEN_BYTES)))
    need = Need(
        math.ceil(max(limits.headroom * iops.percentile(PERCENTILE), iops.maximum)),
        max(limits.headroom * moved.percentile(PERCENTILE), moved.maximum) / MIB,
    )
    less, gp3 = _fewer_iops(instance, need), _gp3(instance, need)
    by_less = _saved_by_fewer(instance, less, prices)
    by_gp3 = _saved_by_gp3(instance, gp3, prices) if gp3 else None
    if by_gp3 and (less.iops < instance.disk.iops if by_gp3.usd is None else by_gp3.usd <= (by_less.usd or 0.0)):
        gp3, by_gp3 = None, None
    target = gp3 or less
    if target == instance.disk:
        return None
    evidence: Evidence = {
        "storage": instance.disk.kind,
        "storage_gib": instance.disk.size_gib,
        "iops": instance.disk.iops,
        "p99_iops": round(iops.percentile(PERCENTILE), 1),
        "max_iops": round(iops.maximum, 1),
        "p99_mibps": round(moved.percentile(PERCENTILE) / MIB, 1),
        "max_mibps": round(moved.maximum / MIB, 1),
        "needed_iops": need.iops,
        "target": target.kind,
        "target_iops": target.iops,
        "least_iops_of_same_type": less.iops,
        "dedicated_log_volume": _log_volume(instance),
        "datapoints": min(iops.count, moved.count),
        "expected_datapoints": iops.expected,
        "window_days": limits.window_days,
        "multi_az": instance.multi_az,
    }
    if by_gp3 is None:
        return Waste(savings=saves(by_less), evidence=evidence, values={"iops": str(less.iops)})
    return Waste(
        savings=saves(by_gp3, low=by_less),
        evidence=evidence,
        note=f"{LATENCY.format(kind=instance.disk.kind)} RDS takes no other change of its storage for 6 hours.",
        command=steps((still(OFFERED, "gp3"), f"{MODIFY} --storage-type gp3{_performance(target)}")),
        values={"iops": str(target.iops)},
    )


def _performance(gp3: Disk) -> str:
    """What gp3 is to be provisioned with: nothing where RDS takes no number, else what is included."""
    striped = billing.gp3_baseline(gp3.engine, gp3.size_gib)[0] > 3_000
    return f" --iops {gp3.iops} --storage-throughput {gp3.throughput_mibps}" if striped else ""
