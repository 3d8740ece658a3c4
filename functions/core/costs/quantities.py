"""How much the bill counts of what a list price is for: by account, region and usage type, in the bill's own units."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from functions.core.costs.rows import Answers, CostRow
from functions.core.costs.usage_types import parse, placed
from functions.core.prices.products import known_usage_types

Meter = tuple[str, str, str]
"""Account, region, usage type without its region."""
HOURS_NEED = ("usage", "kinds", "plan_covered", "reserved")
"""Parts of the answers without which it is not known how many hours of instances there were."""


Quantities = dict[str, dict[str, dict[str, list[float | None]]]]
"""Account → region → usage type → `monthly` and `peak`."""


LONGEST_MONTH = 31
"""Days. What is billed by the month counts as a 31st on each day of such a month, so that a day makes at most what was there."""


def quantities(answers: Answers) -> Quantities:
    """`quantities` of bill.json, in the units of the bill. `monthly`: what the days of the window make in a month on average; `peak`: what
    the day with the most makes in a month of 31 days, None where usage was asked for by month, because then no day is known.

    What is not there was not billed, or is of no use here, or was refused; none of them says that there was nothing.
    """
    sums: dict[Meter, float] = defaultdict(float)
    days: dict[Meter, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    by_month = set()
    for meter, row in _metered(answers):
        start = row.period_start
        sums[meter] += row.quantity * monthrange(start.year, start.month)[1]
        days[meter][start] += row.quantity
        if (row.period_end - start).days != 1:
            by_month.add(meter)
    found: Quantities = {}
    for meter, total in sorted(sums.items()):
        account, region, usage_type = meter
        if total > 0:
            peak = None if meter in by_month else round(max(days[meter].values()) * LONGEST_MONTH, 6)
            found.setdefault(account, {}).setdefault(region, {})[usage_type] = [round(total / answers.window.days, 6), peak]
    return found


def _metered(answers: Answers) -> Iterator[tuple[Meter, CostRow]]:
    """The rows that count what has a list price. Hours of instances are those on demand, by plans and by reservations."""
    hours_known = not any(part in answers.refused for part in HOURS_NEED)
    rows: Iterable[CostRow]
    for rows, on_demand in ((answers.usage, True), (answers.plan_covered, False), (answers.reserved, False)):
        for row in rows:
            account, named = row.keys
            known = parse(named)
            if known is not None and known.instance_type:
                if hours_known:
                    _, usage_type = placed(named)
                    yield (account, known.region, f"{usage_type.partition(':')[0]}:{known.instance_type}"), row
                continue
            region, usage_type = placed(named)
            if on_demand and region is not None and usage_type in known_usage_types():
                yield (account, region, usage_type), row
