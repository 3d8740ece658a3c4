"""Tables and indexes with more provisioned capacity than their busiest minute needs."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.dynamodb.table import cost, update
from functions.scanners.dynamodb.table.collector import Table, Units, tables
from functions.scanners.dynamodb.table.measured_use import (
    MINUTE_READS,
    MINUTE_WRITES,
    MINUTES,
    MONTH,
    READS,
    TARGET,
    THROTTLED_READS,
    THROTTLED_WRITES,
    WRITES,
    busiest,
    consumed,
    needed,
)


def _may_be_lowered(table: Table, limits: Limits) -> bool | InsufficientData:
    if table.on_demand or not table.settled(limits):
        return False
    if table.replicas:
        return InsufficientData("its write capacity is that of its replicas too")
    if not table.scaling_known:
        return InsufficientData("AWS did not say what auto scaling sets")
    own = [part for part in table.parts if not part.scaled]
    if not own:
        return InsufficientData("auto scaling sets its capacity")
    return any(max(part.provisioned.read, part.provisioned.write) > 1 for part in own)


def _leaves_room(table: Table, limits: Limits) -> bool:
    """Whether even the busiest hour needs little, so that it is worth asking for the minutes."""
    share = limits.max_use_percent / 100
    return any(
        peak.read < share * part.provisioned.read or peak.write < share * part.provisioned.write
        for part, peak in zip(table.parts, busiest(table, READS, WRITES), strict=True)
        if not part.scaled
    )


def _targets(table: Table, limits: Limits) -> list[Units]:
    """What to provision for each part: what its busiest minute needs, where that is little and nothing was throttled."""
    peaks = busiest(table, MINUTE_READS, MINUTE_WRITES)
    throttled = consumed(table, THROTTLED_READS, THROTTLED_WRITES)
    share = limits.max_use_percent / 100

    def lowered(now: float, peak: float, target: float, refused: float) -> float:
        return min(now, target) if peak < share * now and not refused else now

    return [
        part.provisioned
        if part.scaled
        else Units(
            lowered(part.provisioned.read, peak.read, target.read, refused[0].total),
            lowered(part.provisioned.write, peak.write, target.write, refused[1].total),
        )
        for part, peak, target, refused in zip(table.parts, peaks, needed(peaks, limits), throttled, strict=True)
    ]


@check(
    id="dynamodb-overprovisioned-table",
    title="DynamoDB table has more provisioned capacity than it uses",
    over=tables,
    thresholds={
        "window_days": MONTH,
        "minute_days": MINUTES,
        "max_use_percent": Threshold(50, "above half in the busiest minute, the spare capacity is there for peaks", maximum=100),
        "target_percent": TARGET,
    },
    metrics=[READS, WRITES, MINUTE_READS, MINUTE_WRITES, THROTTLED_READS, THROTTLED_WRITES],
    asked_first=2,
    candidate=_may_be_lowered,
    goes_on=_leaves_room,
    reference="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CostOptimization_RightSizedProvisioning.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=update.UPDATE + update.OWN,
    undo="Set the capacity that it has now with the same command: raising it is never limited, lowering is to 27 times a day.",
)
def overprovisioned(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Provisioned capacity bills every hour, used or not. Lower it to what the busiest minute of two weeks used, plus headroom.

    The table and each of its indexes are sized apart, reads and writes too; what was throttled, or what auto scaling sets, stays as it is.
    Low: what is left if the units that an account has for nothing are this table's. Something that comes less than every two weeks is not
    seen: ask for month's ends.
    """
    targets, ia = _targets(table, limits), table.infrequent
    changes = [(part, target) for part, target in zip(table.parts, targets, strict=True) if target != part.provisioned]
    if not changes:
        return None
    now = cost.provisioned(table, table.provisioned, prices, infrequent=ia)
    saved = now - cost.provisioned(table, targets, prices, infrequent=ia)
    beyond, then = (cost.beyond_free(units, infrequent=ia) for units in (table.provisioned, targets))
    peaks, values = busiest(table, MINUTE_READS, MINUTE_WRITES), update.values(changes)
    minutes = consumed(table, MINUTE_READS, MINUTE_WRITES)
    return Waste(
        savings=saves(
            saved,
            low=cost.provisioned(table, beyond, prices, infrequent=ia) - cost.provisioned(table, then, prices, infrequent=ia),
        ),
        evidence={
            "provisioned_read_units": sum(one.read for one in table.provisioned),
            "provisioned_write_units": sum(one.write for one in table.provisioned),
            "capacity": update.said([(part, part.provisioned) for part, _ in changes]),
            "proposed": update.said(changes),
            "busiest_minute_read_units": round(max(one.read for one in peaks), 2),
            "busiest_minute_write_units": round(max(one.write for one in peaks), 2),
            "sized_for": f"the busiest minute of {limits.minute_days:g} days at {limits.target_percent:g} % of the capacity",
            "minutes_measured": min(series.count for part in minutes for series in part),
            "minutes_expected": minutes[0][0].expected,
        },
        coverable=cost.coverable(saved) if saved.usd else None,
        values=values,
        command=update.UPDATE + update.options(values) if values["index_units"] else "",
    )
