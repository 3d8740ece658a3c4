"""EBS volumes of an older kind, or with more IOPS and throughput than they use.

What a volume needs is in `measured_use`.
"""

from __future__ import annotations

import math
from functools import lru_cache

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Savings, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.ebs import storage
from functions.scanners.ebs.volume.collector import Volume, cost, runs, volumes
from functions.scanners.ebs.volume.measured_use import DATAPOINTS, HEADROOM, HOURLY, IO_METRICS, WINDOW, measured

MODIFY_TO_GP3 = "aws ec2 modify-volume --region {region} --volume-id {id} --volume-type gp3 --iops {iops} --throughput {throughput}"
MODIFY_BACK = "Modify the volume back, without downtime; AWS allows four modifications of a volume in 24 hours, one after another."


@check(
    id="ebs-gp2-to-gp3",
    title="EBS volume is gp2 and could be gp3",
    over=volumes,
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
    action=Action.UPGRADE,
    effort=Level.VERY_LOW,
    risk=Level.VERY_LOW,
    command=MODIFY_TO_GP3,
    undo=MODIFY_BACK,
)
def gp2_to_gp3(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """gp3 costs less per GiB. The saving pays for all IOPS and throughput that this gp2 volume can deliver; the high end does not."""
    if volume.kind != "gp2":
        return None
    if volume.place:
        return InsufficientData(f"in {volume.place}: not every Local Zone and Outpost has gp3")
    iops, throughput = storage.gp2_performance(volume.size_gib)
    iops, throughput = max(storage.GP3_FREE_IOPS, iops), max(storage.GP3_FREE_MIBPS, throughput)
    savings = _at_parity(volume.size_gib, iops, throughput, prices)
    evidence: Evidence = {"type": volume.kind, "size_gib": volume.size_gib, "iops_at_parity": iops, "mibps_at_parity": throughput}
    if savings.likely == 0 and savings.unpriced is None:  # from 171 to 250 GiB, at the prices of most regions
        return Waste(
            savings=savings,
            evidence=evidence,
            confidence=Confidence.LOW,
            note=f"The {throughput} MiB/s that gp2 can burst to would cost as much as gp3 saves;"
            f" {storage.GP3_FREE_MIBPS} MiB/s are included.",
            values={"iops": str(storage.GP3_FREE_IOPS), "throughput": str(storage.GP3_FREE_MIBPS)},
        )
    return Waste(savings=savings, evidence=evidence, values={"iops": str(iops), "throughput": str(throughput)})


@lru_cache(maxsize=4_096)  # a region has thousands of volumes in few sizes
def _at_parity(size_gib: int, iops: int, throughput_mibps: int, prices: Prices) -> Savings:
    now = storage.volume_cost("gp2", size_gib, 0, 0, prices)
    return saves(
        now - storage.volume_cost("gp3", size_gib, iops, throughput_mibps, prices),
        high=now - storage.volume_cost("gp3", size_gib, storage.GP3_FREE_IOPS, storage.GP3_FREE_MIBPS, prices),
    )


def _measurable(volume: Volume, limits: Limits) -> bool | InsufficientData:
    """Attached to something that runs, for the whole window: only then metrics say what it needs."""
    return volume.created is not None and limits.days_since(volume.created) >= limits.window_days and runs(volume)


def _may_be_gp3(volume: Volume, limits: Limits) -> bool | InsufficientData:
    provisioned = volume.kind in ("io1", "io2") and not volume.multi_attach and volume.size_gib <= storage.GP3_MAX_GIB
    if provisioned and volume.place:
        return InsufficientData(f"in {volume.place}: not every Local Zone and Outpost has gp3")
    return provisioned and _measurable(volume, limits)


def _gp3_target(volume: Volume, iops: float, mibps: float, limits: Limits) -> tuple[int, int] | None:
    return storage.gp3_for(volume.size_gib, limits.headroom * iops, limits.headroom * mibps)


def _may_need_more_than_gp3(volume: Volume, limits: Limits) -> bool:
    """Whether it depends on the five minutes what it could become."""
    use = measured(volume)
    least, most = (
        _gp3_target(volume, iops, mibps, limits) for iops, mibps in ((use.iops.least, use.mibps.least), (use.iops.most, use.mibps.most))
    )
    return use.too_few(limits) is None and least != most


@check(
    id="ebs-io-to-gp3",
    title="Provisioned IOPS volume (io1 or io2) could be gp3",
    over=volumes,
    thresholds={"window_days": WINDOW, "headroom": HEADROOM, "min_datapoints": DATAPOINTS},
    metrics=IO_METRICS,
    asked_first=len(HOURLY),
    candidate=_may_be_gp3,
    goes_on=_may_need_more_than_gp3,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html",
    action=Action.UPGRADE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=MODIFY_TO_GP3,
    undo=MODIFY_BACK,
)
def io_to_gp3(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """io1 and io2 bill every provisioned IOPS; what this volume uses fits within gp3, which includes 3,000 IOPS and 125 MiB/s.

    The saving is priced at the busiest five minutes plus headroom; the low end keeps the IOPS that are provisioned now, as far as gp3
    goes. Metrics do not show how much latency or durability matters: gp3 promises single-digit milliseconds and 99.8 %, io2 less
    than one millisecond and 99.999 %. Ask the owner of a database first.
    """
    if not _may_be_gp3(volume, limits) or HOURLY[0] not in volume.usage:
        return None
    use = measured(volume)
    if too_few := use.too_few(limits):
        return too_few
    target = _gp3_target(volume, use.iops.most, use.mibps.most, limits)
    if target is None:
        return None
    iops, throughput = target
    cautious = max(iops, min(volume.iops, storage.gp3_most_iops(volume.size_gib)))
    now = cost(volume, prices)
    return Waste(
        savings=saves(
            now - storage.volume_cost("gp3", volume.size_gib, iops, throughput, prices),
            low=now - storage.volume_cost("gp3", volume.size_gib, cautious, throughput, prices),
        ),
        evidence={"type": volume.kind, "size_gib": volume.size_gib, "provisioned_iops": volume.iops, **use.evidence(limits)},
        values={"iops": str(iops), "throughput": str(throughput)},
    )


def _has_extra(volume: Volume, limits: Limits) -> bool | InsufficientData:
    extra = volume.kind == "gp3" and (volume.iops > storage.GP3_FREE_IOPS or volume.throughput_mibps > storage.GP3_FREE_MIBPS)
    return extra and _measurable(volume, limits)


def _lowered_target(volume: Volume, iops: float, mibps: float, limits: Limits) -> tuple[int, int]:
    """IOPS and MiB/s to provision for a peak."""
    throughput = _lowered(volume.throughput_mibps, mibps, storage.GP3_FREE_MIBPS, limits)
    iops = _lowered(volume.iops, iops, storage.GP3_FREE_IOPS, limits)
    return max(iops, math.ceil(throughput / storage.GP3_MAX_MIBPS_PER_IOPS)), throughput


def _may_be_lowered_less(volume: Volume, limits: Limits) -> bool:
    """Whether it depends on the five minutes how far it can be lowered."""
    use = measured(volume)
    least, most = (
        _lowered_target(volume, iops, mibps, limits) for iops, mibps in ((use.iops.least, use.mibps.least), (use.iops.most, use.mibps.most))
    )
    return use.too_few(limits) is None and least != most


@check(
    id="ebs-gp3-overprovisioned",
    title="EBS gp3 volume has more IOPS or throughput than it uses",
    over=volumes,
    thresholds={
        "window_days": WINDOW,
        "max_use_percent": Threshold(50, "above half, the spare capacity is there for peaks", maximum=100),
        "headroom": HEADROOM,
        "min_datapoints": DATAPOINTS,
    },
    metrics=IO_METRICS,
    asked_first=len(HOURLY),
    candidate=_has_extra,
    goes_on=_may_be_lowered_less,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-ebs-recommendations.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=MODIFY_TO_GP3,
    undo=MODIFY_BACK,
)
def gp3_overprovisioned(volume: Volume, limits: Limits, prices: Prices) -> Verdict:
    """gp3 bills IOPS over 3,000 and MiB/s over 125, used or not. Lower them to the busiest five minutes plus headroom."""
    if not _has_extra(volume, limits) or HOURLY[0] not in volume.usage:
        return None
    use = measured(volume)
    if too_few := use.too_few(limits):
        return too_few
    iops, throughput = _lowered_target(volume, use.iops.most, use.mibps.most, limits)
    if (iops, throughput) == (volume.iops, volume.throughput_mibps):
        return None
    return Waste(
        savings=saves(cost(volume, prices) - storage.volume_cost("gp3", volume.size_gib, iops, throughput, prices)),
        evidence={"provisioned_iops": volume.iops, "provisioned_mibps": volume.throughput_mibps, **use.evidence(limits)},
        values={"iops": str(iops), "throughput": str(throughput)},
    )


def _lowered(provisioned: int, peak: float, included: int, limits: Limits) -> int:
    """What to provision: the peak with headroom where the peak is small, else what is provisioned now."""
    return max(included, math.ceil(limits.headroom * peak)) if peak < provisioned * limits.max_use_percent / 100 else provisioned
