"""The account's own rates as reports tell them: what the bill charges for a unit, beside the list price, and which of the two counted.

`rates` of bill.json has a row for each usage type and region (costs/rates.py); a bill of an older run has none. Own rates are in the bill's
currency and list rates always in USD, so the two are compared only where Rank's `discount` says how.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from functions.core.money import USD, sign

SHOWN, LISTED = 12, 200
"""Rows in sight, and rows on the page at all; the others are in report.json."""
REASONS_SHOWN = 3
AT_LIST = 0.0001
"""A discount that is smaller is noise of the division."""
DIGITS = 6
"""A rate is a quotient: what follows is noise too."""
COSTS = {"unblended": "unblended, because the payer shows no net cost"}
Json = Mapping[str, Any]


def unit_price(amount: float, currency: str) -> str:
    """$0.0736, ¥0.6, $0.0000004: all the digits that count, cents at least."""
    decimals = DIGITS - 1 - math.floor(math.log10(amount)) if amount > 0 else 2
    whole, _, cents = f"{amount:,.{max(2, decimals)}f}".partition(".")
    return f"{sign(currency)}{whole}.{cents.rstrip('0'):0<2}"


def discount_in_words(discount: float | None) -> str:
    """8 %, 12.5 %; "at list", "3 % more than list", and "" where nobody knows the list price."""
    if discount is None:
        return ""
    if abs(discount) < AT_LIST:
        return "at list"
    size = f"{100 * abs(discount):.4g}" if abs(discount) < 0.01 else f"{round(100 * abs(discount), 1):,g}"
    return f"{size} %" if discount > 0 else f"{size} % more than list"


@dataclass(frozen=True)
class OwnRates:
    """`of` is the member `rates` of a bill."""

    of: Json

    @property
    def currency(self) -> str:
        """Of own rates and of costs."""
        return str(self.of["currency"])

    @property
    def reason(self) -> str:
        """Why there are none, to stand in a sentence; "" where there are some."""
        return str(self.of["reason"]).strip().rstrip(".")

    @property
    def cost(self) -> str:
        """Which of the bill's costs was divided by the quantity."""
        named = str(self.of["cost"])
        return COSTS.get(named, named)

    @cached_property
    def used(self) -> list[Json]:
        """The rows with an own rate: what explains the largest savings first, then what costs most."""
        rows = [row for row in self.of["rows"] if _is_used(row)]
        return sorted(rows, key=lambda row: (-explains(row), -row["cost"], row["usage_type"], row["operation"], row["region"]))

    @cached_property
    def refused(self) -> list[Json]:
        """The rows without, what costs most first; each says why in `refused`."""
        rows = [row for row in self.of["rows"] if not _is_used(row)]
        return sorted(rows, key=lambda row: (-row["cost"], row["usage_type"], row["operation"], row["region"]))

    @property
    def count(self) -> bool:
        """Whether savings are counted at them: those in another currency than list prices are only told."""
        return bool(self.used) and self.currency == USD

    @property
    def below_list(self) -> int:
        """How many of the used rates are less than the list price."""
        return sum(row["discount"] is not None and row["discount"] >= AT_LIST for row in self.used)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why rows were refused, without the particulars that follow a colon: the most frequent first, of those that are said at all."""
        return Counter(why(row).partition(":")[0] for row in self.refused).most_common(REASONS_SHOWN)

    @property
    def in_words(self) -> list[str]:
        """Sentences: how many there are, how many are below list, and what was refused for which reasons."""
        said = [f"{_usage_types(len(self.used), 'has', 'have')} an own rate"]
        if self.used:
            said[0] += f", {self.below_list:,} of them below list price"
        if self.refused:
            counted = "; ".join(f"{reason} ({count:,})" for reason, count in self.reasons)
            others = len(self.refused) - sum(count for _, count in self.reasons)
            also = f"; other reasons ({others:,})" if others else ""
            said.append(f"{len(self.refused):,} {'was' if len(self.refused) == 1 else 'were'} refused: {counted}{also}")
        return [f"{sentence}." for sentence in said]


def own_rates(bill: Json) -> OwnRates | None:
    """Those of bill.json's content; None where it has none to tell of: an older run, or no bill."""
    rates = bill.get("rates")
    return OwnRates(rates) if rates else None


def explains(row: Json) -> float:
    """USD a month of counted savings that were priced with a row's rate; 0 before Rank has looked."""
    return row.get("explains") or 0.0


def why(row: Json) -> str:
    """Why a row's rate is not used."""
    return str(row["refused"]) or "no reason was given"


def priced_lines(savings: Json) -> list[dict[str, Any]]:
    """The prices behind a saving, each with `own`: the term that counted the bill's rate instead (USD), None where the list price counted.

    `told` is whether any term is of the bill, so that it has to be said which counted. A rate that only the bill has is a line without
    `price`.
    """
    of_bill = {(term["service"], term["key"]): term for term in _terms(savings) if term.get("rate_from") == "bill"}
    of_prices = {(price["service"], price["key"]) for price in savings["prices"]}
    lines = [{"price": price, "own": of_bill.get((price["service"], price["key"])), "told": bool(of_bill)} for price in savings["prices"]]
    return lines + [{"price": None, "own": term, "told": True} for key, term in of_bill.items() if key not in of_prices]


def parts(rows: Sequence[Json]) -> tuple[Sequence[Json], Sequence[Json], int]:
    """What is in sight, what is folded away, and how many more there are."""
    return rows[:SHOWN], rows[SHOWN:LISTED], max(0, len(rows) - LISTED)


def _terms(savings: Json) -> Iterator[Json]:
    """The terms of the likely value and of both ends."""
    for name in ("terms", "low_terms", "high_terms"):
        yield from savings.get(name) or ()


def _is_used(row: Json) -> bool:
    return row["own"] is not None and not row["refused"]


def _usage_types(count: int, has: str, have: str) -> str:
    return f"{count:,} usage type {has}" if count == 1 else f"{count:,} usage types {have}"
