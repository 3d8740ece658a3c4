"""Tables for which the other capacity mode would cost less: by the request what is hardly used, by provisioned capacity what is steady.

Where one mode begins to cost less than the other follows from the prices, and is nowhere written down here.
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.dynamodb.table import cost, update
from functions.scanners.dynamodb.table.collector import Table, tables
from functions.scanners.dynamodb.table.measured_use import (
    FIVE_READS,
    FIVE_WRITES,
    MONTH,
    READS,
    TARGET,
    WRITES,
    busiest,
    consumed,
    monthly,
    needed,
)

REFERENCE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CostOptimization_TableCapacityMode.html"
WORTH_IT = Threshold(20, "a smaller difference is within what use varies by from month to month", maximum=100)
AFTERWARDS = "Then set up auto scaling for it: a load above all of the last month is throttled, and it may save more at night."
REPLICATED = InsufficientData("its replicas change their capacity mode with it, and bill elsewhere")


def _may_be_hardly_used(table: Table, limits: Limits) -> bool | InsufficientData:
    if table.on_demand or not table.settled(limits):
        return False
    if table.replicas:
        return REPLICATED
    return True if table.scaling_known else InsufficientData("AWS did not say what auto scaling sets")


@check(
    id="dynamodb-hardly-used-provisioned-table",
    title="DynamoDB table with provisioned capacity would cost less on demand",
    over=tables,
    thresholds={"window_days": MONTH, "min_saving_percent": WORTH_IT},
    metrics=[READS, WRITES],
    candidate=_may_be_hardly_used,
    reference=REFERENCE,
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=update.UPDATE + " --billing-mode PAY_PER_REQUEST",
    undo="Switch it back with --billing-mode PROVISIONED and the capacity of each part that it has now; AWS takes that at any time.",
)
def hardly_used(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """What was read and written in a month would cost less by the request than the capacity that stands ready for it. Switch to on demand.

    Where auto scaling sets the capacity, only the least that it leaves is counted, which bills at any time. Low: what is left if the units
    that an account has for nothing are this table's. AWS allows four such switches in 24 hours; settings of auto scaling are kept.
    """
    ia, units, used = table.infrequent, [part.least_provisioned for part in table.parts], monthly(table)
    now, then = cost.provisioned(table, units, prices, infrequent=ia), cost.by_request(table, used, prices, infrequent=ia)
    saved = now - then
    if saved.usd is None or now.usd is None:
        return InsufficientData("; ".join(saved.lacks))
    if not now.usd or saved.usd < now.usd * limits.min_saving_percent / 100:
        return None
    beyond = cost.provisioned(table, cost.beyond_free(units, infrequent=ia), prices, infrequent=ia)
    return Waste(
        savings=saves(saved, low=beyond - then),
        evidence={
            "provisioned_read_units": sum(one.read for one in units),
            "provisioned_write_units": sum(one.write for one in units),
            "capacity": update.said(list(zip(table.parts, units, strict=True))),
            "set_by": "auto scaling, its least" if any(part.scaled for part in table.parts) else "hand",
            "read_units_a_month": round(sum(one.read for one in used), 1),
            "written_units_a_month": round(sum(one.write for one in used), 1),
            "usd_provisioned": round(now.usd, 4),
            "usd_on_demand": round(then.usd or 0.0, 4),
            "fewest_datapoints": min(series.count for part in consumed(table) for series in part),
            "expected_datapoints": consumed(table)[0][0].expected,
            "window_days": limits.window_days,
        },
        coverable=cost.coverable(now),
    )


def _may_be_steady(table: Table, limits: Limits) -> bool | InsufficientData:
    if not table.on_demand or not table.settled(limits):
        return False
    return REPLICATED if table.replicas else True


def _is_steady(table: Table, limits: Limits) -> bool:
    """Whether the busiest hour of something is not so far above its average, so that it is worth asking for five minutes."""
    return any(
        series.total > 0 and series.maximum <= limits.max_peak_ratio * series.total / series.count
        for part in consumed(table)
        for series in part
    )


@check(
    id="dynamodb-steady-on-demand-table",
    title="DynamoDB table is on demand, and so steady that capacity costs less",
    over=tables,
    thresholds={
        "window_days": MONTH,
        "min_saving_percent": WORTH_IT,
        "max_peak_ratio": Threshold(
            3, "capacity for a busiest hour further above the average costs more than requests anywhere", minimum=1
        ),
        "target_percent": TARGET,
    },
    metrics=[READS, WRITES, FIVE_READS, FIVE_WRITES],
    asked_first=2,
    candidate=_may_be_steady,
    goes_on=_is_steady,
    reference=REFERENCE,
    action=Action.RIGHTSIZE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=update.UPDATE + " --billing-mode PROVISIONED" + update.OWN,
    undo="Switch it back with --billing-mode PAY_PER_REQUEST; AWS allows that four times in 24 hours.",
    afterwards=AFTERWARDS,
)
def steady(table: Table, limits: Limits, prices: Prices) -> Verdict:
    """Requests cost more than capacity for the busiest five minutes of a month plus headroom would, day and night. Switch to provisioned.

    Capacity that stays the same is counted, as the most that it can cost. Some of it may even be free, which is not counted. What comes
    less than once a month is not seen, and is throttled then, and so is what is much busier for a minute: ask for campaigns and imports.
    """
    ia, used = table.infrequent, monthly(table)
    peaks = busiest(table, FIVE_READS, FIVE_WRITES)
    units = needed(peaks, limits)
    now, then = cost.by_request(table, used, prices, infrequent=ia), cost.provisioned(table, units, prices, infrequent=ia)
    saved = now - then
    if saved.usd is None or now.usd is None:
        return InsufficientData("; ".join(saved.lacks))
    if not now.usd or saved.usd < now.usd * limits.min_saving_percent / 100:
        return None
    changes = list(zip(table.parts, units, strict=True))
    values, fives = update.values(changes), consumed(table, FIVE_READS, FIVE_WRITES)
    return Waste(
        savings=saves(saved),
        evidence={
            "read_units_a_month": round(sum(one.read for one in used), 1),
            "written_units_a_month": round(sum(one.write for one in used), 1),
            "busiest_five_minutes_read_units": round(max(one.read for one in peaks), 2),
            "busiest_five_minutes_write_units": round(max(one.write for one in peaks), 2),
            "capacity": update.said(changes),
            "usd_on_demand": round(now.usd, 4),
            "usd_provisioned": round(then.usd or 0.0, 4),
            "fewest_datapoints": min(series.count for part in fives for series in part),
            "expected_datapoints": fives[0][0].expected,
            "window_days": limits.window_days,
        },
        coverable=cost.coverable(now),
        values=values,
        command=update.UPDATE + " --billing-mode PROVISIONED" + update.options(values) if values["index_units"] else "",
        note=AFTERWARDS if values["index_units"] else "",
    )
