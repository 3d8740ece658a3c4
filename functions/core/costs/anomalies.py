"""Anomalies: what an account pays much more for than in the window before, by service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MORE_THAN = 1.30
"""Times what was paid before."""
AT_LEAST_USD = 10.0
"""More than so many dollars in the window: what doubles from cents is no news."""
NOTHING = 0.005
"""USD: less than what a bill shows."""

ByServiceAndAccount = Mapping[tuple[str, str], float]
"""(service, account) → USD, amortised."""


def anomalies(before: ByServiceAndAccount, now: ByServiceAndAccount) -> list[dict[str, Any]]:
    """What is up by more than 30 % and more than $10 against a window of the same length, the largest increase first.

    `change` 0.42 is 42 % more; it is None where nothing was paid before.
    """
    found = []
    for (service, account), dollars in now.items():
        earlier = before.get((service, account), 0.0)
        more = round(dollars - earlier, 4)
        if more > AT_LEAST_USD and round(dollars - MORE_THAN * earlier, 4) > 0:
            new = earlier <= NOTHING
            found.append(
                {
                    "service": service,
                    "account": account,
                    "before": round(earlier, 4),
                    "now": round(dollars, 4),
                    "change": None if new else round(dollars / earlier - 1, 4),
                }
            )
    return sorted(found, key=lambda one: (one["before"] - one["now"], one["service"], one["account"]))
