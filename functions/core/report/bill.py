"""The bill as the report shows it: what was paid, by day, month, service, account and region, in tables that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from functions.core.money import USD
from functions.core.rank.bill.commitments import without_rows
from functions.core.report import bill_numbers, commitments
from functions.core.report.daily import Chart, chart
from functions.core.report.own_rates import OwnRates, own_rates

ROWS = 10
"""Rows of a table; the others are one row more."""
Json = Mapping[str, Any]


class Bill:
    """`of` is bill.json's content with what Rank added. Only a bill of status "ok" has more than a reason.

    Its amounts are in its `currency`; list prices and savings are USD.
    """

    def __init__(self, of: Json) -> None:
        self.of = of

    @property
    def there(self) -> bool:
        return bool(self.of["status"] == "ok")

    @property
    def currency(self) -> str:
        """A run of an older analyzer did not say it."""
        return self.of.get("currency") or USD

    @property
    def reason(self) -> str:
        """Why there is no bill, to stand in a sentence."""
        return str(self.of["reason"]).strip().rstrip(".") or "no reason was given"

    @property
    def empty(self) -> bool:
        """Nothing was paid at all."""
        return not any(self.of[name] for name in ("by_service", "by_account", "unblended", "amortized"))

    @property
    def last_day(self) -> str:
        """The last day of the window."""
        return (date.fromisoformat(self.of["end"]) - timedelta(1)).isoformat()

    @property
    def share(self) -> float | None:
        """How much of the bill the findings explain; None where there is nothing to explain."""
        share: float | None = (self.of.get("explained") or {}).get("share")
        return share

    @cached_property
    def without_rows(self) -> list[str]:
        """The accounts of the sweep that it does not see."""
        return without_rows(self.of)

    @property
    def chart(self) -> Chart | None:
        return chart(self.of["daily"], self.currency)

    @cached_property
    def services(self) -> dict[str, Any]:
        """`rows` and `total`; each row has `scanned`, of the others how many of how many, `blind` where no scanner looks at real usage, and
        `partly` where they look at some of its usage types.

        The fee of Savings Plans is a service of its own on the bill, which is neither.
        """
        blind = {spot["service"] for spot in self.of["blind_spot"]["services"] if not spot.get("usage_type")}
        partly = {spot["service"] for spot in self.of["blind_spot"]["services"]} - blind
        table = _table("service", self.of["by_service"], ("amortized", "unblended", "before"))
        for row in table["rows"]:
            row["discount"] = row["entries"][0]["discount"] if len(row["entries"]) == 1 and not row["rest"] else None
            row["blind"] = not row["rest"] and row["name"] in blind
            row["partly"] = not row["rest"] and row["name"] in partly
            row["scanned"] = sum(entry["scanned"] for entry in row["entries"])
        return table

    @property
    def discount_sources(self) -> list[str]:
        """Where the discounts that the table shows come from, each once."""
        shown = (row["entries"][0] for row in self.services["rows"] if row["discount"] is not None)
        return list(dict.fromkeys(entry["discount_source"] for entry in shown if entry["discount_source"]))

    @property
    def places(self) -> list[tuple[str, dict[str, Any]]]:
        """The tables by account and by region."""
        return [
            ("Account", _table("account", self.of["by_account"], ("amortized", "unblended", "before"))),
            ("Region", _table("region", self.of["by_region"], ("amortized", "unblended"))),
        ]

    @property
    def months(self) -> list[dict[str, Any]]:
        return bill_numbers.months(self.of)

    @property
    def blind_spot(self) -> dict[str, Any]:
        """What no scanner looks at: services, and usage types of others."""
        spot = self.of["blind_spot"]
        entries = [{**one, "service": bill_numbers.blind_name(one)} for one in spot["services"]]
        parts = sum(bool(one.get("usage_type")) for one in spot["services"])
        where = bill_numbers.nobody_looks_at(len(entries), parts)
        return _table("service", entries, ("monthly",)) | {"monthly": spot["monthly"], "where": where if entries else ""}

    @property
    def by_the_hour(self) -> list[dict[str, Any]]:
        """What is said for each region whatever is found: a table for each thing, with how many there were, in how many regions, and what
        they cost a month. Empty of an older run, and where it was not asked for.
        """
        made = []
        for what, rows in groupby(self.of.get("by_the_hour", ()), lambda one: one["what"]):
            table = _table("region", list(rows), ("monthly", "count"))
            made.append(table | {"what": what})
        return made

    @property
    def anomalies(self) -> list[Json]:
        """The first of them; `of["anomalies"]` has all."""
        shown: list[Json] = self.of["anomalies"][:ROWS]
        return shown

    @cached_property
    def own_rates(self) -> OwnRates | None:
        """What the account itself pays for a unit; None of an older run, or where there is no bill."""
        return own_rates(self.of)

    @cached_property
    def held(self) -> dict[str, Any]:
        return commitments.held(self.of)

    @cached_property
    def coverage(self) -> list[dict[str, Any]]:
        return commitments.coverage(self.of)

    @cached_property
    def purchase(self) -> list[dict[str, Any]]:
        """What to buy after the clean-up, the largest first."""
        return commitments.purchase(self.of)


def _table(name: str, entries: Sequence[Json], sums: tuple[str, ...]) -> dict[str, Any]:
    """The first rows, the others as one, and the total: `name`, the sums, `share` of the largest row in per cent, and the `entries`."""
    groups = [[entry] for entry in entries[:ROWS]]
    rest = list(entries[ROWS:])
    rows = [_row(group[0][name], group, sums) for group in groups]
    if rest:
        rows.append(_row(f"{len(rest):,} other{'s' if len(rest) > 1 else ''}", rest, sums) | {"rest": True})
    largest = max((row[sums[0]] for row in rows), default=0.0)
    for row in rows:
        row["share"] = round(100 * max(row[sums[0]], 0.0) / largest, 1) if largest > 0 else 0.0
    return {"rows": rows, "total": _row("Together", entries, sums)}


def _row(name: str, entries: Sequence[Json], sums: tuple[str, ...]) -> dict[str, Any]:
    return {"name": name, "entries": entries, "rest": False, **{one: _sum([entry[one] for entry in entries]) for one in sums}}


def _sum(amounts: Sequence[float | None]) -> float | None:
    """None when one is not known: `before`, where Cost Explorer does not reach back so far."""
    known = [amount for amount in amounts if amount is not None]
    return round(sum(known), 4) if len(known) == len(amounts) else None
