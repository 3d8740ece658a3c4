"""Where the sample fleet does not pay list prices, as a bill has it: what its own rates are, and where a bill tells none.

The contracts are made up, in the forms that AWS has: a private discount shows in the net amounts only, a free tier is eaten in the first
days of each month, the more of something is used in a month the less the next of it costs, and for some things there is no price list.
They are applied to what is billed on demand; what commitments cover is theirs (`committed.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from finops.embedded.cost_explorer.ledger import DAY, Row
from finops.fleet.bill.billable import EC2, EC2_OTHER, PREFIXES, Use

Key = tuple[str, str, str]
"""Service, region, and usage type with the region's code."""


@dataclass(slots=True, frozen=True)
class FreeTier:
    """The first `days` of each month cost nothing, and the next one `share` of its list price. Billed is the whole quantity, as ever."""

    days: int
    share: float


DISCOUNTS: Mapping[tuple[str, str], float] = {(EC2_OTHER, "us-west-2"): 0.08}
"""Service and region → what is taken off the net amounts of all its usage types."""
FREE: Mapping[Key, FreeTier] = {(EC2_OTHER, "us-east-1", "EBS:VolumeUsage.gp3"): FreeTier(3, 0.4)}
"""What is free at first, and then at its list price."""
TIERED: frozenset[Key] = frozenset({(EC2_OTHER, "us-east-1", "EBS:SnapshotUsage")})
"""What costs less from tier to tier, from the first of each month on: no rate is the one that most days have."""
TIER_DAYS, TIER_LESS = 4, 0.04
"""A tier lasts so many days, and the next costs so much of the list price less: fewer than half of the days of ten or more agree."""
AGREED: Mapping[tuple[str, str], float] = {(EC2, "BoxUsage:m1.small"): 0.0396}
"""Service and usage type without a region's code → USD for one, of what the price book has no price of in any region."""


def applied(one: Row) -> Iterator[Row]:
    """A row of the ledger as it is billed under the contracts: a row for each run of days that cost the same."""
    key = (one.service, one.region, one.usage_type)
    if one.record_type != "Usage":
        yield one
        return
    off = DISCOUNTS.get(key[:2])
    days = (one.day + number * DAY for number in range((one.end - one.day).days))
    for share, run in groupby(days, key=lambda day: _share(key, day)):
        first, *others = run
        made = replace(
            one, day=first, until=(others or [first])[-1] + DAY, unblended=share * one.unblended, amortized=share * one.amortized
        )
        paid = 1 - (off or 0.0)
        yield made if off is None else replace(made, net_unblended=paid * made.unblended, net_amortized=paid * made.amortized)


def _share(key: Key, day: date) -> float:
    """What a day costs, as a share of the list price."""
    if tier := FREE.get(key):
        return 0.0 if day.day <= tier.days else tier.share if day.day == tier.days + 1 else 1.0
    return 1.0 - TIER_LESS * ((day.day - 1) // TIER_DAYS) if key in TIERED else 1.0


def agreed(use: Use) -> float | None:
    """USD for one of what only the contract has a price of; None for all else."""
    return AGREED.get((use.service, use.usage_type.removeprefix(PREFIXES[use.region])))


def own_rates(uses: Iterable[Use]) -> dict[Key, float]:
    """USD for one, net, of each usage type for which the contracts make it another than the list price."""
    found = {}
    for use in uses:
        off = DISCOUNTS.get((use.service, use.region))
        if off is not None or agreed(use) is not None:
            found[use.service, use.region, use.usage_type] = (1 - (off or 0.0)) * use.usd / use.quantity
    return found


def mixed(uses: Iterable[Use]) -> frozenset[Key]:
    """The usage types of which no rate can be told."""
    return TIERED & {(use.service, use.region, use.usage_type) for use in uses}
