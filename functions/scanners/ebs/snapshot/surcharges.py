"""Snapshots that bill for more than being kept: fast restore, by the hour in each zone, whatever its size and use."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.ebs import storage
from functions.scanners.ebs.snapshot.collector import SHARED, FastRestore, Snapshot, snapshots

LESS = 0.05
"""Credits below a full bucket that are no creation: one takes a whole credit, of which five minutes give back less than 0.84."""


def _dimensions(snapshot: Snapshot) -> list[Mapping[str, str]]:
    return [{"SnapshotId": snapshot.id, "AvailabilityZone": restore.zone} for restore in snapshot.fast_restores]


# Reported as long as it is enabled, so that a gap is no silence. As a sparse one the engine lets it pass, and the check looks for itself at
# the zones that count: others were enabled lately. https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html
BALANCE = Metric("AWS/EBS", "FastSnapshotRestoreCreditsBalance", "Minimum", _dimensions, sparse=True)


def full(size_gib: int) -> float:
    """The least balance, in credits, of a bucket from which no volume was created: a creation takes one, and AWS may round down.

    https://docs.aws.amazon.com/ebs/latest/userguide/volume-creation-credits.html
    """
    return math.floor(max(1.0, min(10.0, 1_024 / max(1, size_gib)))) - LESS


def _settled(restore: FastRestore, limits: Limits) -> bool:
    """Enabled for the whole window, and for a day before it: a bucket begins empty, and the largest fills in 16 hours."""
    return restore.since is not None and limits.days_since(restore.since) >= limits.window_days + 1


def _may_be_unused(snapshot: Snapshot, limits: Limits) -> bool | InsufficientData:
    if any(_settled(restore, limits) for restore in snapshot.fast_restores):
        return True
    if snapshot.fast_restores and snapshot.expires:
        return InsufficientData("a policy enables it for each new snapshot: none has it for the whole window")
    return False


@check(
    id="ebs-fast-snapshot-restore",
    title="EBS snapshot pays for fast restore, and no volume is made of it",
    over=snapshots,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "min_datapoints": Threshold(0.9, "share of the datapoints that must exist before it is judged", maximum=1),
    },
    metrics=[BALANCE],
    candidate=_may_be_unused,
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-fast-snapshot-restore.html",
    action=Action.SCALE_IN,
    effort=Level.VERY_LOW,
    confidence=Confidence.MEDIUM,
    command=("aws ec2 disable-fast-snapshot-restores --region {region} --availability-zones {zones} --source-snapshot-ids {id}"),
    undo="Enable it again: it takes an hour for each TiB until it helps, and is billed meanwhile.",
)
def fast_restore(snapshot: Snapshot, limits: Limits, prices: Prices) -> Verdict:
    """Fast restore bills by the hour in each zone, and no volume was made of this snapshot there. Disable it: without it volumes are only
    slow at first.

    Each volume takes a credit; a balance that was full all the time saw none. Ask whether it stands ready for a disaster.
    """
    measured = [
        (restore, series)
        for restore, series in zip(snapshot.fast_restores, snapshot.usage.each(BALANCE), strict=True)
        if _settled(restore, limits)
    ]
    known = [(restore, series) for restore, series in measured if series.coverage >= limits.min_datapoints]
    if not known:
        return InsufficientData(f"{BALANCE.name}: no zone has enough datapoints")
    unused = [(restore.zone, series) for restore, series in known if min(series.values) >= full(snapshot.volume_gib)]
    if not unused:
        return None
    zones = sorted(zone for zone, _ in unused)
    notes = {
        "A policy of Data Lifecycle Manager may enable it for each new snapshot: change its fast restore rule.": snapshot.expires,
        "The snapshot is another account's, which shares it; its fast restore is paid here.": snapshot.state == SHARED,
    }
    return Waste(
        savings=saves(storage.fast_restore_cost(len(zones), prices)),
        evidence={
            "zones": ", ".join(zones),
            "zones_enabled": len(snapshot.fast_restores),
            "least_credits": min(min(series.values) for _, series in unused),
            "volume_gib": snapshot.volume_gib,
            "datapoints": min(series.count for _, series in unused),
            "expected_datapoints": unused[0][1].expected,
            "window_days": limits.window_days,
        },
        confidence=Confidence.LOW if snapshot.expires else None,
        note=" ".join(note for note, holds in notes.items() if holds),
        values={"zones": json.dumps(zones)},
    )
