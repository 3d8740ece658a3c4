"""What Cost Explorer answers to GetCostAndUsage, computed from a ledger. The shapes are botocore's `ce` model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from finops.embedded.cost_explorer.ledger import Ledger, Row
from finops.embedded.cost_explorer.requests import Json, days, groups, invalid, matcher, page_of, periods

DIMENSIONS = {
    "SERVICE": "service",
    "LINKED_ACCOUNT": "account",
    "REGION": "region",
    "USAGE_TYPE": "usage_type",
    "RECORD_TYPE": "record_type",
    "INSTANCE_TYPE": "instance_type",
    "PURCHASE_TYPE": "purchase_type",
    "OPERATION": "shown_operation",
}
METRICS = (
    "AmortizedCost",
    "BlendedCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "UnblendedCost",
    "UsageQuantity",
)
"""All of AWS's but NormalizedUsageAmount. https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html"""
CLOSED_AFTER = timedelta(days=5)
"""A month's bill can still change so long after its end."""


def cost_and_usage(ledger: Ledger, request: Json, today: date, page_size: int) -> dict[str, Any]:
    """GetCostAndUsage. A page has at most `page_size` groups; a period that does not fit goes on in the next page."""
    start, end = days(request, today)
    spans = periods(request.get("Granularity"), start, end)
    keys = groups(request, tuple(DIMENSIONS))
    metrics = request.get("Metrics") or []
    if not metrics or set(metrics) - set(METRICS):
        raise invalid(f"Metrics must be one or more of {', '.join(METRICS)}")
    wanted = matcher(request.get("Filter"), DIMENSIONS)
    rows = [row for row in ledger.rows if row.days_in(start, end) and wanted(row)]
    attributes = [DIMENSIONS[key] for key in keys]
    sums = [_sums(rows, span, attributes, metrics) for span in spans]
    # a period without a group counts as one entry, so that it is there, and on one page only
    entries = [(number, key) for number, found in enumerate(sums) for key in (sorted(found) if keys and found else [()])]
    first, last, onwards = page_of(request, len(entries), page_size, "NextPageToken")
    shown: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for number, key in entries[first:last]:
        shown[number] += [key] if key else []
    seen = {key[keys.index("LINKED_ACCOUNT")] for part in shown.values() for key in part} if "LINKED_ACCOUNT" in keys else set()
    return {
        **({"GroupDefinitions": [{"Type": "DIMENSION", "Key": key} for key in keys]} if keys else {}),
        "ResultsByTime": [_period(spans[number], sums[number], shown[number], bool(keys), metrics, today) for number in sorted(shown)],
        "DimensionValueAttributes": [{"Value": account, "Attributes": {"description": f"account {account}"}} for account in sorted(seen)],
        **onwards,
    }


Sums = dict[tuple[str, ...], dict[str, float]]


def _sums(rows: Iterable[Row], span: tuple[date, date], attributes: Sequence[str], metrics: Sequence[str]) -> Sums:
    """Group → metric → amount in one period; "unit:…" keys remember the units that were added up."""
    found: Sums = {}
    for row in rows:
        number = row.days_in(*span)
        if number:
            into = found.setdefault(tuple(getattr(row, attribute) for attribute in attributes), defaultdict(float))
            for metric in metrics:
                into[metric] += number * row.amount(metric)
            into[f"unit:{row.unit}"] = 0.0
    return found


def _period(
    span: tuple[date, date], sums: Sums, keys: Sequence[tuple[str, ...]], grouped: bool, metrics: Sequence[str], today: date
) -> dict[str, Any]:
    first_open = (today - CLOSED_AFTER).replace(day=1)
    return {
        "TimePeriod": interval(*span),
        "Total": {} if grouped else _metrics(sums.get((), {}), metrics),
        "Groups": [{"Keys": list(key), "Metrics": _metrics(sums[key], metrics)} for key in keys] if grouped else [],
        "Estimated": span[1] > first_open,
    }


def _metrics(found: Mapping[str, float], metrics: Sequence[str]) -> dict[str, Any]:
    units = [name.removeprefix("unit:") for name in found if name.startswith("unit:")]
    unit = units[0] if len(units) == 1 else "N/A"
    return {metric: {"Amount": text(found.get(metric, 0.0)), "Unit": unit if metric == "UsageQuantity" else "USD"} for metric in metrics}


def interval(start: date, end: date) -> dict[str, str]:
    """A period as AWS writes it."""
    return {"Start": start.isoformat(), "End": end.isoformat()}


def text(amount: float) -> str:
    """AWS writes numbers as text, with up to ten decimals."""
    made = f"{amount:.10f}".rstrip("0").rstrip(".")
    return "0" if made == "-0" else made
