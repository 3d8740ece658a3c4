"""Extended Support of Redis OSS: when AWS begins to charge for a major version, and what it charges for a node.

The dates are on AWS's page only; Valkey and Memcached have none, and what ended before it began (3 and older) is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from functions.core.limits import fact
from functions.core.money import Amount
from functions.core.prices.book import Prices
from functions.scanners.elasticache.billing import REDIS, SERVICE, nodes_cost
from functions.scanners.rds.extended_support import charged as charged
from functions.scanners.rds.extended_support import due as due
from functions.scanners.rds.extended_support import waste as waste
from functions.scanners.rds.support_calendar import SupportLifecycle

DATES = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/extended-support-versions.html"
CHARGES = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/extended-support-charges.html"
DATES_DOCUMENTED = fact("when Extended Support of Redis OSS 4, 5 and 6 begins, costs more and ends", DATES, "2026-11-29")
CHARGE_DOCUMENTED = fact(
    "Extended Support of Redis OSS charges 80 % of the node's on-demand price in its first years, also for a reserved node",
    CHARGES,
    "2026-11-29",
)
FIRST_YEARS = 0.8

_FOUR_AND_FIVE = SupportLifecycle(date(2026, 2, 1), date(2028, 2, 1), date(2029, 1, 31), DATES)
CALENDAR: Mapping[int, SupportLifecycle] = {
    4: _FOUR_AND_FIVE,
    5: _FOUR_AND_FIVE,
    6: SupportLifecycle(date(2027, 2, 1), date(2029, 2, 1), date(2030, 1, 31), DATES),
}
"""Major version → the first day that is charged, the first of the third year's rate, and the last."""


def lifecycle(engine: str, major: int) -> SupportLifecycle | None:
    """None for what has no Extended Support announced."""
    return CALENDAR.get(major) if engine == REDIS else None


def surcharge(node_type: str, nodes: int, of: SupportLifecycle, as_of: datetime, prices: Prices) -> Amount:
    """USD a month for so many nodes, now or on the first day that is charged.

    By the region's own rate of the surcharge where that is known, else by what the page says of the first years; what the third year
    adds is then not included.
    """
    third_year = of.year_3_from is not None and max(as_of.date(), of.charged_from) >= of.year_3_from
    key = f"extended-support.{REDIS}.{'year-3' if third_year else 'year-1'}.{node_type}"
    if prices.own(SERVICE, key) is not None:
        return prices.hourly(SERVICE, key, nodes, "node" if nodes == 1 else "nodes")
    share = nodes_cost(REDIS, node_type, nodes, prices).times(FIRST_YEARS, f"{FIRST_YEARS:g} surcharge")
    return share.lacking("what the third year's rate adds") if third_year else share
