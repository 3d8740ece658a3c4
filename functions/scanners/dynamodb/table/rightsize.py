"""Tables and indexes with more provisioned capacity than their busiest five minutes need."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.dynamodb.table import cost, update
from functions.scanners.dynamodb.table.collector import Table, Units, tables
from functions.scanners.dynamodb.table.measured_use import (
    FIVE_READS,
    FIVE_WRITES,
    MONTH,
    READS,
    TARGET,
    THROTTLED_READS,
    THROTTLED_WRITES,
    WRITES,
    at_most,
    busiest,
    consumed,
    needed,
)

FIRST = (READS, WRITES, THROTTLED_READS, THROTTLED_WRITES)


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


def _targets(table: Table, peaks: Sequence[Units], limits: Limits) -> list[Units]:
    """What to provision for each part: what such peaks need, where that is little and nothing was throttled."""
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


def _depends_on_five_minutes(table: Table, limits: Limits) -> bool:
    """Whether the hours leave open how far it can be lowered."""
    return _targets(table, busiest(table, READS, WRITES), limits) != _targets(table, at_most(table), limits)


def _peaks(table: Table) -> list[Units]:
    """By the five minutes where they are there, else at most what the hours say of them."""
    return busiest(table, FIVE_READS, FIVE_WRITES) if FIVE_READS in table.usage else at_most(table)


@check(
    id="dynamodb-overprovisioned-table",
    title="DynamoDB table has more provisioned capacity than it uses",
    over=tables,
    thresholds={
        "window_days": MONTH,
        "max_use_percent": Threshold(50, "above half in the busiest five minutes, the spare capacity is there for peaks", maximum=100),
        "target_percent": TARGET,
    },
    metrics=[*FIRST, FIVE_READS, FIVE_WRITES],
    asked_first=len(FIRST),
    candidate=_may_be_lowered,
    goes_on=_depends_on_five_minutes,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CostOptimization_RightSizedProvisioning.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=update.UPDATE + update.OWN,
    undo="Set the capacity that it has now with the same command: raising it is never limited, lowering is to 27 times a day.",
)
def overprovisioned(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Provisioned capacity bills every hour, used or not. Lower it to what the busiest five minutes of a month used, plus headroom.

    The table and each of its indexes are sized apart, reads and writes too; what was throttled, or what auto scaling sets, stays as it is.
    Low: what is left if the units that an account has for nothing are this table's. A minute that is much busier than the four around it is
    not seen, nor what comes less than once a month.
    """
    asked = _may_be_lowered(table, limits)
    if asked is not True:
        return asked or None
    unknown = [metric for metric in (*FIRST, FIVE_READS, FIVE_WRITES) if metric in table.usage.unknown]
    if unknown:
        return InsufficientData(f"{unknown[0].name}: {table.usage.unknown[unknown[0]]}")
    if READS not in table.usage:
        return None
    peaks, ia = _peaks(table), table.infrequent
    targets = _targets(table, peaks, limits)
    changes = [(part, target) for part, target in zip(table.parts, targets, strict=True) if target != part.provisioned]
    if not changes:
        return None
    saved = cost.provisioned(table, table.provisioned, prices, infrequent=ia) - cost.provisioned(table, targets, prices, infrequent=ia)
    now, then = (
        cost.provisioned(table, cost.beyond_free(units, infrequent=ia), prices, infrequent=ia) for units in (table.provisioned, targets)
    )
    values = update.values(changes)
    return Waste(
        savings=saves(saved, low=now - then),
        evidence={
            "provisioned_read_units": sum(one.read for one in table.provisioned),
            "provisioned_write_units": sum(one.write for one in table.provisioned),
            "capacity": update.said([(part, part.provisioned) for part, _ in changes]),
            "proposed": update.said(changes),
            "busiest_five_minutes_read_units": round(max(one.read for one in peaks), 2),
            "busiest_five_minutes_write_units": round(max(one.write for one in peaks), 2),
            "known_by": "five minutes" if FIVE_READS in table.usage else "hours, as if all of an hour were in five minutes of it",
            "sized_for": f"the busiest five minutes of {limits.window_days:g} days at {limits.target_percent:g} % of the capacity",
            "fewest_hours": min(series.count for part in consumed(table) for series in part),
            "expected_hours": consumed(table)[0][0].expected,
        },
        coverable=cost.coverable(saved),
        values=values,
        command=update.UPDATE + update.options(values) if values["index_units"] else "",
    )
