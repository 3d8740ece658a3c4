"""Savings Plans, reservations and what they cover, as tables of the report: the bill's long lists cut to rows that still add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from functions.core.services import instance_hours

ROWS = 10
SOON_DAYS = 60
"""A commitment that ends within these days is worth a look."""
Json = Mapping[str, Any]
HOURS = ("on_demand_hours", "plan_hours", "reserved_hours")


def _short(service: str) -> str:
    known = instance_hours().get(service)
    return known.short if known else service


def held(bill: Json) -> dict[str, Any]:
    """`rows`, the most unused dollars first, and `rest` as one; `unused_monthly` of them all."""
    today = date.fromisoformat(bill["end"])
    rows = [_plan(one, today) for one in bill["savings_plans"]] + [_reservation(one, today) for one in bill["reservations"]]
    rows.sort(key=lambda row: -row["unused_monthly"])
    return {
        "count": len(rows),
        "unused_monthly": _sum(rows, "unused_monthly"),
        "rows": rows[:ROWS],
        "rest": {"count": len(rows) - ROWS, "unused_monthly": _sum(rows[ROWS:], "unused_monthly")} if len(rows) > ROWS else None,
    }


def _plan(one: Json, today: date) -> dict[str, Any]:
    kind = re.sub(r"Savings\s?Plans?$", "", one["type"] or "").strip()
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind)
    return {
        "kind": f"{words} Savings Plan".strip(),
        "id": one["arn"].rpartition("/")[2],
        "hourly": one["hourly_commitment"],
        **_common(one, today),
    }


def _reservation(one: Json, today: date) -> dict[str, Any]:
    return {"kind": f"Reservation, {one['service']}", "id": one["id"], "hourly": None, **_common(one, today)}


def _common(one: Json, today: date) -> dict[str, Any]:
    days = (date.fromisoformat(one["ends"][:10]) - today).days if one["ends"] else None
    return {
        "account": one["account"],
        "place": ", ".join(part for part in (one["family"], one["region"]) if part) or "any family and region",
        "ends": (one["ends"] or "")[:10],
        "soon": days if days is not None and days <= SOON_DAYS else None,
        "utilization": one["utilization"],
        "unused_monthly": one["unused_monthly"],
    }


def coverage(bill: Json) -> list[dict[str, Any]]:
    """One row a service and family over all accounts and regions, the most on-demand dollars first, and the others as one row."""
    pools: dict[tuple[str, str], list[Json]] = {}
    for one in bill["coverage"]:
        if not one.get("instances", True):  # in no hours
            continue
        pools.setdefault((one["service"], one["family"]), []).append(one)
    ordered = sorted(pools.items(), key=lambda pool: (-_sum(pool[1], "on_demand_usd"), -_sum(pool[1], "plan_usd"), pool[0]))
    rows = [_pool(f"{_short(service)} {family}", parts) for (service, family), parts in ordered[:ROWS]]
    if rest := ordered[ROWS:]:
        rows.append(_pool(f"{len(rest)} other{'s' if len(rest) > 1 else ''}", [part for _, parts in rest for part in parts]))
    return rows


def purchase(bill: Json) -> list[dict[str, Any]]:
    """The advice of rank/bill/purchase.py, each with `name` for what it is about; a run of an older analyzer has none."""
    return [
        {**one, "name": f"{_short(one['service'])} {one['family'] or 'any family'}, {one['region']}"} for one in bill.get("purchase") or ()
    ]


def _pool(name: str, parts: Sequence[Json]) -> dict[str, Any]:
    hours = {kind: _sum(parts, kind) for kind in HOURS}
    total = sum(hours.values())
    reasons = dict.fromkeys(f"{part['why']} until {part['ends']}" if part["ends"] else part["why"] for part in parts if part["why"])
    return {
        "name": name,
        "accounts": len({part["account"] for part in parts}),
        "regions": len({part["region"] for part in parts}),
        **hours,
        "covered": (total - hours["on_demand_hours"]) / total if total else None,
        "on_demand_usd": _sum(parts, "on_demand_usd"),
        "plan_usd": _sum(parts, "plan_usd"),
        "why": list(reasons)[:2],
        "more_reasons": max(0, len(reasons) - 2),
    }


def _sum(rows: Iterable[Json], name: str) -> float:
    total: float = sum(row[name] for row in rows)
    return round(total, 4)
