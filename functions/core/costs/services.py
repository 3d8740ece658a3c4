"""Services as the bill names them: which ones a scanner looks at, what is spent where none does (the blind spot), and what is said of a
part of the bill whatever is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.costs.rows import CostRow
from functions.core.costs.usage_types import placed
from functions.core.services import billed_as, by_region, looked_at

COMMITMENTS = "Savings Plans for "
""" "Savings Plans for AWS Compute usage", "… Machine Learning", "… Database": the fee of a commitment, which the bill tells apart."""
NOTHING = 0.005
"""USD: less than what a bill shows."""


def scanned(service: str) -> bool:
    """True when a scanner looks at what Cost Explorer bills under this name, or at a part of it."""
    return service in billed_as()


def blind_spot(amortized: Mapping[str, float], to_month: float, shared: Sequence[CostRow] = ()) -> dict[str, Any]:
    """`monthly` USD that no scanner looks at, and what it is for, the largest first; `to_month` makes a month of the window.

    A service that no scanner looks at is one entry. Of one that they look at a part of there is an entry for each `usage_type` (without its
    region) that they do not: where it is not known what the service costs by usage type, there is none.
    """
    spent: dict[tuple[str, str], float] = {
        (service, ""): dollars for service, dollars in amortized.items() if not scanned(service) and not service.startswith(COMMITMENTS)
    }
    for row in shared:
        service, usage_type = row.keys[0], placed(row.keys[1])[1]
        if service in looked_at() and not looked_at()[service].fullmatch(usage_type):
            spent[service, usage_type] = spent.get((service, usage_type), 0.0) + row.amortized
    ordered = sorted(((key, round(dollars * to_month, 4)) for key, dollars in spent.items() if dollars > NOTHING), key=_largest)
    entries = [{"service": service, "usage_type": usage_type, "monthly": usd} for (service, usage_type), usd in ordered]
    return {"monthly": round(sum(usd for _, usd in ordered), 4), "services": entries}


def _largest(entry: tuple[tuple[str, str], float]) -> tuple[float, tuple[str, str]]:
    return -entry[1], entry[0]


def said_of_regions(shared: Sequence[CostRow], to_month: float, hours: float) -> list[dict[str, Any]]:
    """What the cards have said for each region: `what`, `region`, `count` (how many there were on average in so many `hours`), `monthly`.
    The dearest region comes first.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in shared:
        region, usage_type = placed(row.keys[1])
        for what, types in by_region().items():
            if region and types.fullmatch(usage_type):
                sums = found[what, region]
                sums[0] += row.quantity
                sums[1] += row.amortized
    made = [
        {"what": what, "region": region, "count": round(quantity / hours, 2), "monthly": round(usd * to_month, 4)}
        for (what, region), (quantity, usd) in found.items()
        if usd > NOTHING
    ]
    return sorted(made, key=lambda one: (one["what"], -one["monthly"], one["region"]))
