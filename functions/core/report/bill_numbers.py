"""The bill and the sweep's own cost as reports tell them, from the head of a run (ranking.json); a run may have neither."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.rank.bill.commitments import named, without_rows
from functions.core.report.counts import plural

Json = Mapping[str, Any]
NOT_ASKED: Json = {"status": "none", "reason": "not asked"}
NOTHING = 0.005
"""USD: less than what a bill shows."""
LISTED = 5


def bill(head: Json) -> Json:
    """bill.json's content with `explained` and `purchase`; of a run that has none, as one that did not ask for it."""
    return head.get("bill") or NOT_ASKED


def sweep_cost(head: Json) -> Json | None:
    """What the sweep itself cost: `usd`, `lines`, `unpriced`, `note`, `resources`, `per_1000_resources_usd`."""
    return head.get("sweep_cost")


def beyond(of: Json) -> str:
    """What to say of the accounts that a bill (as in summary.json) has no rows of; "" where there are none, or an older run did not ask."""
    found = of.get("without_rows_found", 0)
    if not found:
        return ""
    return f" It has no rows of {found:,} of {of['accounts']:,} accounts ({named(of['without_rows'], found)}): it is not what these pay."


def change(before: float | None, now: float) -> float | None:
    """0.42 is 42 % more. None where nothing is known of before, or where there was nothing."""
    return None if before is None or before <= NOTHING else round(now / before - 1, 4)


def whole(ratio: float) -> str:
    """A share in whole per cent, rounded down: 61 %; what is less than one is < 1 %."""
    return "< 1 %" if 0 < ratio < 0.01 else f"{math.floor(100 * ratio + 1e-6):,} %"


def about(usd: float) -> str:
    """Cents, and below ten of them two digits that count: $1,234.57, $0.031, $0.0000042."""
    return f"${usd:,.{max(2, 1 - math.floor(math.log10(usd))) if usd > 0 else 2}f}"


def months(of: Json) -> list[dict[str, Any]]:
    """Each month, oldest first, with `before` and `change` (amortised).

    A whole month is compared with the month before it, the current one with the same days of the month before; a month that neither
    is whole nor has such days is compared with nothing, and nothing with it.
    """
    made: list[dict[str, Any]] = []
    previous: float | None = None
    for month in of["months"]:
        before = previous if month["complete"] else month.get("same_days_before")
        made.append({**month, "before": before, "change": change(before, month["amortized"])})
        previous = month["amortized"] if month["complete"] else None
    return made


def short(head: Json) -> dict[str, Any]:
    """`bill` of summary.json: the sums, what the findings explain, and the first few of what nobody looks at and of the anomalies."""
    paid = bill(head)
    if paid["status"] != "ok":
        return {"status": paid["status"], "reason": paid["reason"]}
    blind = paid["blind_spot"]
    compared = months(paid)
    return {
        **{name: paid[name] for name in ("status", "reason", "currency", "start", "end", "days")},
        **{name: paid[name] for name in ("unblended", "amortized", "net_amortized", "monthly")},
        "accounts": len(paid["accounts"]),
        "without_rows_found": len(without_rows(paid)),
        "without_rows": without_rows(paid)[:LISTED],
        "explained": paid.get("explained"),
        "blind_spot": {
            "monthly": blind["monthly"],
            "found": len(blind["services"]),
            "parts": sum(bool(one.get("usage_type")) for one in blind["services"]),
            "services": blind["services"][:LISTED],
        },
        "anomalies_found": len(paid["anomalies"]),
        "anomalies": paid["anomalies"][:LISTED],
        "month_over_month": compared[-1] if compared else None,
    }


def nobody_looks_at(found: int, parts: int) -> str:
    """How much no scanner covers, in words: so many entries, of which `parts` are usage types of services that one looks at otherwise."""
    whole, some = plural(found - parts, "service"), plural(parts, "usage type")
    return whole if not parts else f"{some} of services" if found == parts else f"{whole} and {some} of others"


def blind_name(entry: Mapping[str, Any]) -> str:
    """A service, or what of it: one entry of the blind spot."""
    return f"{entry['service']}: {entry['usage_type']}" if entry.get("usage_type") else str(entry["service"])


def short_sweep_cost(head: Json) -> dict[str, Any] | None:
    """`sweep_cost` of summary.json: the sum, what it is a thousand resources, and the largest lines with their share of it."""
    cost = sweep_cost(head)
    if cost is None:
        return None
    return {
        **{name: cost[name] for name in ("usd", "resources", "per_1000_resources_usd")},
        "unpriced": len(cost["unpriced"]),
        "largest": [{"what": line["what"], "usd": line["usd"], "share": line["share"]} for line in sweep_lines(cost)[:LISTED]],
    }


def sweep_lines(cost: Json) -> Sequence[dict[str, Any]]:
    """The priced lines of `sweep_cost`, the most expensive first, each with its `share` of the sum."""
    lines = sorted(cost["lines"], key=lambda line: (-line["usd"], line["what"]))
    return [{**line, "share": round(line["usd"] / cost["usd"], 6) if cost["usd"] else 0.0} for line in lines]
