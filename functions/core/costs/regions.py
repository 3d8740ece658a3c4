"""Which regions an account pays for at all: what Plan goes by when it leaves out regions without spend.

It is the very query that the bill asks for too, so that it is paid for once. Only complete days are in it: what began today is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from functions.core.costs import queries
from functions.core.costs.gathering import Asker
from functions.core.costs.rows import CostRow, NoBill
from functions.core.errors import Throttled

Spend = dict[tuple[str, str], float]
"""(account, region) → USD in the window, amortised or unblended, whichever is more. "global" and "NoRegion" are regions here."""


def spend_by_scope(asker: Asker, as_of: datetime, days: int | None, accounts: Sequence[str]) -> tuple[Spend | None, str]:
    """What each account spent in each region in the last `days` (30) complete days, and ""; or None, and why there is no bill.

    A pair that is not in it spent nothing.
    """
    try:
        window = queries.window(as_of, asker.clock(), days)
        rows: tuple[CostRow, ...] = asker.rows(queries.regions(window, accounts))
    except (NoBill, Throttled) as reason:
        return None, str(reason)
    unblended, amortized = (defaultdict[tuple[str, str], float](float) for _ in range(2))
    for row in rows:
        account, region = row.keys
        unblended[account, region] += row.unblended
        amortized[account, region] += row.amortized
    return {pair: max(unblended[pair], amortized[pair]) for pair in unblended}, ""


CENT = 0.01


def without_spend(spend: Spend, accounts: Sequence[str], regions: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The (account, region) pairs that paid less than a cent.

    An account of which the bill says nothing at all is not one without spend: whoever asks may not see it. And where no pair has any
    spend, the bill is not there yet, which says nothing either.
    """
    seen = {account for account, _ in spend}
    pairs = [(account, region) for account in accounts for region in regions]
    unpaid = frozenset(pair for pair in pairs if pair[0] in seen and spend.get(pair, 0.0) < CENT)
    return unpaid if len(unpaid) < len(pairs) else frozenset()
