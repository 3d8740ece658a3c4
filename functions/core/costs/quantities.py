"""How much the bill counts of what a list price is for: by account, region and usage type, in the bill's own units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from functions.core.costs.coverage import HOURS_A_DAY
from functions.core.costs.rows import Answers, CostRow
from functions.core.costs.usage_types import parse, placed
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.products import known_usage_types

Meter = tuple[str, str, str]
"""Account, region, usage type without its region."""
HOURS_NEED = ("usage", "kinds", "plan_covered", "reserved")
"""Parts of the answers without which it is not known how many hours of instances there were."""


Quantities = dict[str, dict[str, dict[str, list[float | None]]]]
"""Account → region → usage type → `monthly` and `peak`."""


def quantities(answers: Answers) -> Quantities:
    """`quantities` of bill.json. `monthly`: what the window's average makes in a month of 730 hours; `peak`: the same of the day with the
    most, None where usage was asked for by month, because then no day is known.

    What is not there was not billed, or is of no use here, or was refused; none of them says that there was nothing.
    """
    sums: dict[Meter, float] = defaultdict(float)
    days: dict[Meter, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    by_month = set()
    for meter, row in _metered(answers):
        sums[meter] += row.quantity
        days[meter][row.period_start] += row.quantity
        if (row.period_end - row.period_start).days != 1:
            by_month.add(meter)
    to_month = HOURS_PER_MONTH / HOURS_A_DAY
    found: Quantities = {}
    for meter, total in sorted(sums.items()):
        account, region, usage_type = meter
        if total > 0:
            peak = None if meter in by_month else round(max(days[meter].values()) * to_month, 6)
            monthly = round(total * to_month / answers.window.days, 6)
            found.setdefault(account, {}).setdefault(region, {})[usage_type] = [monthly, peak]
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
