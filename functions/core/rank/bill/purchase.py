"""What to buy when the findings are cleaned up, and how much of the bill they explain. Advice with dollars, never a purchase.

A Savings Plan or reservation bills for one or three years, so it must fit what will still be there: the on-demand dollars an hour that
were there on the quietest day (the bill's baseline), less the compute that the findings remove. They are taken off whole, also where a
commitment pays for them today: that commitment is free then and pays for other usage first.

What would be saved is said only at the discount that the plans or reservations there are have in this very bill; what new ones cost is
not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from functions.core.money import HOURS_PER_MONTH, USD, usd
from functions.core.rank.bill.commitments import hours, without_rows
from functions.core.rank.totals import Place
from functions.core.services import instance_hours

WORTH = 0.01
"""USD an hour; less is not worth a commitment of a year."""
NOTHING = 0.005
"""USD: less than what a bill shows."""
MOVES = frozenset({"Upgrade", "MigrateToGraviton"})
"""Actions that put an instance into another family; what it costs there is on demand until it is bought for there."""
Json = Mapping[str, Any]
Pool = tuple[str, str, str | None]
"""Service, region, and the family where reservations are by family."""


def explained(bill: Json, findings_monthly_likely: float) -> dict[str, float | None]:
    """How much of the monthly bill the findings in its accounts would save; `share` is None where nothing was paid, or not in USD."""
    monthly = bill["monthly"]
    alike = bill.get("currency", USD) == USD
    share = round(findings_monthly_likely / monthly, 4) if monthly > NOTHING and alike else None
    return {"findings_monthly_likely": findings_monthly_likely, "share": share}


def pool_of(service: str, region: str, family: str) -> Pool:
    """Which usage one purchase would cover."""
    return service, region, family if instance_hours()[service].by_family else None


class Purchase:
    """`add` every ranked finding, then ask for the advice. Without a bill there is none."""

    def __init__(self, bill: Json) -> None:
        self._bill = bill
        self._unseen = frozenset(without_rows(bill))
        self._removed: dict[Pool, float] = defaultdict(float)
        self._moves: dict[Pool, int] = defaultdict(int)

    def add(self, finding: Json, place: Place) -> None:
        """Only what counts will be cleaned up: not what is suppressed or counted elsewhere. Where the bill has no rows, the baseline has
        nothing that it could be taken off."""
        coverable = finding.get("coverable")
        if coverable is None or place is not Place.COUNTED or coverable["service"] not in instance_hours():
            return
        if finding.get("account") in self._unseen:
            return
        pool = pool_of(coverable["service"], finding["region"], coverable["family"])
        self._removed[pool] += coverable["usd"]
        self._moves[pool] += finding["action"] in MOVES

    def as_json(self) -> list[dict[str, Any]]:
        """`purchase` of the report, the largest first; all in USD, and nothing of a bill in another currency: what the findings remove is
        in USD, and is not taken off other money.

        Each with `service`, `region`, `family` (None: any), `kind`, `baseline_hourly` (on demand now, on the quietest day),
        `removed_hourly` (by the findings), `hourly` (what is left to commit to, in on-demand dollars), `covered` (share of hours that a
        commitment pays for now), `discount` and `monthly_saving` (None where no plan and no reservation tells), and `advice` in words.
        """
        if self._bill["status"] != "ok" or self._bill.get("currency", USD) != USD:
            return []
        baseline: dict[Pool, float] = defaultdict(float)
        for row in self._bill["baseline"]:
            baseline[pool_of(row["service"], row["region"], row["family"])] += row["hourly_usd"]
        discounts = _discounts(self._bill)
        rows = [self._row(pool, hourly, discounts.get(pool[0])) for pool, hourly in baseline.items() if round(hourly, 4) >= WORTH]
        return sorted(rows, key=lambda row: (-row["hourly"], -row["baseline_hourly"], row["service"], row["region"], row["family"] or ""))

    def _row(self, pool: Pool, baseline: float, discount: float | None) -> dict[str, Any]:
        service, region, family = pool
        removed = self._removed.get(pool, 0.0) / HOURS_PER_MONTH
        hourly = max(0.0, baseline - removed)
        worth = round(hourly, 4) >= WORTH
        saving = None if discount is None or not worth else round(hourly * discount * HOURS_PER_MONTH, 4)
        return {
            "service": service,
            "region": region,
            "family": family,
            "kind": "Compute Savings Plan" if family is None else f"Reserved {instance_hours()[service].reserved}",
            "baseline_hourly": round(baseline, 4),
            "removed_hourly": round(removed, 4),
            "hourly": round(hourly, 4),
            "covered": _covered(self._bill, pool),
            "discount": discount,
            "monthly_saving": saving,
            "advice": _advice(pool, hourly if worth else 0.0, removed, self._moves.get(pool, 0), discount),
        }


def _of_instances(bill: Json) -> list[Json]:
    return [row for row in bill["coverage"] if row.get("instances", True)]


def _covered(bill: Json, pool: Pool) -> float | None:
    parts = [hours(row) for row in _of_instances(bill) if pool_of(row["service"], row["region"], row["family"]) == pool]
    everything = sum(whole for _, whole in parts)
    return round(sum(covered for covered, _ in parts) / everything, 4) if everything > 0 else None


def _discounts(bill: Json) -> dict[str, float]:
    """Service → what its plans, or its reservations, take off the on-demand rates of the hours that they paid for in this bill."""
    on_demand: dict[str, float] = defaultdict(float)
    paid: dict[str, float] = defaultdict(float)
    for row in _of_instances(bill):
        if not instance_hours()[row["service"]].by_family and row.get("plan_paid_usd") is not None:
            on_demand[row["service"]] += row["plan_usd"]
            paid[row["service"]] += row["plan_paid_usd"]
    for service, billed in instance_hours().items():
        for one in bill["reservations"] if billed.by_family else ():
            if one["service"] == billed.billed_as and one.get("paid_usd"):
                on_demand[service] += one["on_demand_usd"]
                paid[service] += one["paid_usd"]
    found = {service: round(1 - paid[service] / dollars, 4) for service, dollars in on_demand.items() if dollars > NOTHING}
    return {service: discount for service, discount in found.items() if 0 < discount < 1}


def _advice(pool: Pool, hourly: float, removed: float, moves: int, discount: float | None) -> str:
    service, region, family = pool
    things = instance_hours()[service].reserved.rpartition(" ")[2]
    if not hourly:
        return "Buy nothing: the findings remove what runs on demand all day."
    first = (
        f"Act on the findings first: they remove {usd(removed)} an hour. Then " if removed > NOTHING else "No finding removes any of it: "
    )
    what = "commit to a Compute Savings Plan" if family is None else f"reserve {family} {things} in {region}"
    words = [f"{first}{what}, for at most {usd(round(hourly, 4))} an hour in on-demand dollars."]
    if discount is not None:
        saving = usd(hourly * discount * HOURS_PER_MONTH)
        there = "plans" if family is None else "reservations"
        words.append(f"At the {100 * discount:.0f} % that the {there} there are take off, this saves {saving} a month.")
    if family is not None and moves:
        words.append(f"{moves} finding{'s' if moves > 1 else ''} would move {things} to another family: reserve what they become.")
    return " ".join(words)
