"""bill.json: what Cost Explorer answered, understood. Pure: from rows to sums, comparisons and what nobody looks at; nothing is asked here.

Amounts are in its `currency`. The window is `start` to `end` (exclusive), whole UTC days; `before` is what the window of the same length
before it cost, None where Cost Explorer does not reach back so far. Lists come with the largest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from functions.core.costs.anomalies import anomalies
from functions.core.costs.coverage import HOURS_A_DAY, baseline, coverage
from functions.core.costs.discounts import discounts
from functions.core.costs.months import months
from functions.core.costs.quantities import quantities
from functions.core.costs.rates import rates
from functions.core.costs.rows import Answers, CostRow, ReservationRow, SavingsPlanRow, Window
from functions.core.costs.services import blind_spot, said_of_regions, scanned
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.book import Prices
from functions.core.services import instance_hours

Sums = dict[tuple[str, ...], list[float]]
"""Keys → USD unblended, amortised, net amortised."""


def none(reason: str, window: Window, accounts: Sequence[str], requests: int, cached: int) -> dict[str, Any]:
    """The bill that could not be had."""
    return {
        "status": "none",
        "reason": reason,
        "accounts": list(accounts),
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "days": window.days,
        "requests": requests,
        "cached": cached,
    }


def build(
    answers: Answers, accounts: Sequence[str], requests: int, cached: int, prices_in: Callable[[str], Prices] = Prices
) -> dict[str, Any]:
    """bill.json's content. `requests` were made for it, `cached` answers were still good. `prices_in` gives a region's list prices."""
    window = answers.window
    to_month = HOURS_PER_MONTH / (HOURS_A_DAY * window.days)
    now = _within(answers.daily, window.start, window.end)
    before = _within(answers.daily, window.before, window.start) if window.before else {}
    accounts_now, accounts_before = (now, before) if _has_accounts(answers) else (_sum(answers.accounts), _sum(answers.before))
    unblended, amortized, net = _total(now)
    services = _by(now, 0)
    own = rates(answers, prices_in)
    return {
        "status": "ok",
        "reason": "",
        "currency": own["currency"],
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "days": window.days,
        "accounts": list(accounts),
        "without_rows": _without_rows(answers, accounts),
        "unblended": round(unblended, 4),
        "amortized": round(amortized, 4),
        "net_amortized": round(net, 4),
        "monthly": round(amortized * to_month, 4),
        "by_service": _services(services, _by(before, 0) if window.before else None, answers, own),
        "by_account": _named("account", _by(accounts_now, 1), _by(accounts_before, 1) if window.before else None),
        "by_region": _named("region", _by(_sum(answers.regions), 1)),
        **_days(answers),
        "anomalies": anomalies(_pairs(accounts_before), _pairs(accounts_now)) if window.before else [],
        "blind_spot": blind_spot({service: sums[1] for service, sums in services.items()}, to_month, answers.shared),
        "by_the_hour": said_of_regions(answers.shared, to_month, HOURS_A_DAY * window.days),
        "savings_plans": _largest([_plan(one, to_month) for one in answers.savings_plans]),
        "reservations": _largest([_reservation(one, to_month) for one in answers.reservations]),
        "coverage": coverage(answers),
        "baseline": baseline(answers),
        "quantities": quantities(answers),
        "rates": own,
        "refused": dict(answers.refused),
        "requests": requests,
        "cached": cached,
    }


def _without_rows(answers: Answers, accounts: Sequence[str]) -> list[str]:
    """The accounts that were asked for and of which there is no row at all, not even of nothing: the asked Cost Explorer may not see them.

    Empty where every part that has all accounts was refused: then it is not known.
    """
    whole = ((answers.daily if _has_accounts(answers) else answers.accounts, 1), (answers.before, 1), (answers.regions, 0))
    seen = {row.keys[place] for rows, place in whole for row in rows}
    refused = not _has_accounts(answers) and {"accounts", "regions"} <= set(answers.refused)
    return [] if refused else [account for account in accounts if account not in seen]


def _has_accounts(answers: Answers) -> bool:
    return all(len(row.keys) > 1 for row in answers.daily)


def _sum(rows: Iterable[CostRow]) -> Sums:
    sums: Sums = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in rows:
        total = sums[row.keys]
        total[0] += row.unblended
        total[1] += row.amortized
        total[2] += row.net_amortized
    return sums


def _within(rows: Iterable[CostRow], start: date, end: date) -> Sums:
    return _sum(row for row in rows if start <= row.period_start < end)


def _by(sums: Sums, key: int) -> dict[str, list[float]]:
    """The sums by one of their keys."""
    grouped: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for keys, of in sums.items():
        for index, usd in enumerate(of):
            grouped[keys[key]][index] += usd
    return grouped


def _total(sums: Sums) -> tuple[float, float, float]:
    unblended, amortized, net = (sum(of[index] for of in sums.values()) for index in range(3))
    return unblended, amortized, net


def _pairs(sums: Sums) -> dict[tuple[str, str], float]:
    """(service, account) → amortised."""
    return {(keys[0], keys[1]): of[1] for keys, of in sums.items()}


def _named(name: str, sums: dict[str, list[float]], *compared: dict[str, list[float]] | None) -> list[dict[str, Any]]:
    """One entry a name; with `before` (None: not known) when it is `compared`. What never cost anything is left out."""
    made: list[dict[str, Any]] = []
    for key in sums | (compared[0] or {} if compared else {}):
        entry: dict[str, Any] = {name: key, "unblended": 0.0, "amortized": 0.0}
        if key in sums:
            entry |= {"unblended": round(sums[key][0], 4), "amortized": round(sums[key][1], 4)}
        if compared:
            entry["before"] = None if compared[0] is None else round(compared[0][key][1], 4) if key in compared[0] else 0.0
        if entry["unblended"] or entry["amortized"] or entry.get("before"):
            made.append(entry)
    return sorted(made, key=lambda entry: (-entry["amortized"], -entry["unblended"], entry[name]))


def _services(
    sums: dict[str, list[float]], before: dict[str, list[float]] | None, answers: Answers, own: Mapping[str, Any]
) -> list[dict[str, Any]]:
    found = discounts(answers, {service: (of[1], of[2]) for service, of in sums.items()}, own["rows"], own["currency"])
    made = _named("service", sums, before)
    for entry in made:
        discount = found.get(entry["service"])
        entry["scanned"] = scanned(entry["service"])
        entry["discount"] = discount.share if discount else None
        entry["discount_source"] = discount.source if discount else ""
    return made


def _days(answers: Answers) -> dict[str, Any]:
    """`daily` (the window's days, each) and `months`."""
    window = answers.window
    days: dict[date, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for row in answers.daily:
        unblended, amortized = days[row.period_start]
        days[row.period_start] = unblended + row.unblended, amortized + row.amortized
    shown = [window.start + timedelta(number) for number in range(window.days)]
    return {
        "daily": [{"day": day.isoformat(), "unblended": round(days[day][0], 4), "amortized": round(days[day][1], 4)} for day in shown],
        "months": months(days, window.history, window.end),
    }


def _plan(one: SavingsPlanRow, to_month: float) -> dict[str, Any]:
    return {
        "arn": one.arn,
        "type": one.type,
        "account": one.account,
        "region": one.region or None,
        "family": one.family or None,
        "ends": one.ends.isoformat() if one.ends else None,
        "hourly_commitment": one.hourly_commitment,
        "utilization": round(one.utilization, 4),
        "unused_monthly": round(one.unused * to_month, 4),
    }


def _reservation(one: ReservationRow, to_month: float) -> dict[str, Any]:
    """`paid_usd` in the window for the hours that were used, which would have cost `on_demand_usd`."""
    return {
        "id": one.id,
        "service": instance_hours()[one.service].billed_as,
        "account": one.account,
        "region": one.region or None,
        "family": one.family or None,
        "ends": one.ends.isoformat() if one.ends else None,
        "utilization": round(one.utilization, 4),
        "unused_monthly": round(one.unused * to_month, 4),
        "paid_usd": round(max(0.0, one.fee - one.unused), 4),
        "on_demand_usd": round(one.on_demand, 4),
    }


def _largest(commitments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(commitments, key=lambda one: (-one["unused_monthly"], one.get("arn") or one["id"]))
