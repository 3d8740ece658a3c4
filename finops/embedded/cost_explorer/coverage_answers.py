"""What Cost Explorer answers to GetReservationCoverage: hours of instances, and those that reservations paid for.

The shapes are botocore's `ce` model. The attributes' names are in no model: they are the dimensions' in camel case, as in the documents.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from finops.embedded.cost_explorer.answers import interval, text
from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Json, asked_for, days, groups, invalid, matcher, page_of

DIMENSIONS = {
    "SERVICE": "service",
    "LINKED_ACCOUNT": "account",
    "REGION": "region",
    "INSTANCE_TYPE": "instance_type",
    "DATABASE_ENGINE": "engine",
    "DEPLOYMENT_OPTION": "deployment",
}
ATTRIBUTES = {
    "LINKED_ACCOUNT": "linkedAccount",
    "REGION": "region",
    "INSTANCE_TYPE": "instanceType",
    "DATABASE_ENGINE": "databaseEngine",
    "DEPLOYMENT_OPTION": "deploymentOption",
}
HOURS = frozenset({"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"})
"""Record types whose quantity is hours that ran; what a plan covered ran as well."""


def reservation_coverage(ledger: Ledger, request: Json, today: date, page_size: int) -> dict[str, Any]:
    """GetReservationCoverage, grouped and over the whole period. It speaks of one service, which is EC2 when the filter names none."""
    start, end = days(request, today, finished=True)
    keys = groups(request, tuple(ATTRIBUTES), most=len(ATTRIBUTES))
    if keys and request.get("Granularity"):
        raise invalid("If GroupBy is set, Granularity can't be set")
    if len(asked_for(request.get("Filter"), "SERVICE")) != 1:
        raise invalid("The SERVICE filter takes one value")
    wanted = matcher(request.get("Filter"), DIMENSIONS, operators=("And",))
    sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in ledger.rows:
        if row.record_type in HOURS and row.instance_type != "NoInstanceType" and wanted(row):
            hours = row.days_in(start, end) * row.quantity
            sums[tuple(getattr(row, DIMENSIONS[key]) for key in keys)][row.record_type == "DiscountedUsage"] += hours
    found = sorted((key, hours) for key, hours in sums.items() if any(hours))
    first, last, onwards = page_of(request, len(found), request.get("MaxResults") or page_size, "NextPageToken")
    total = [sum(column) for column in zip(*(hours for _, hours in found), [0.0, 0.0], strict=True)]
    made = [
        {"Attributes": {ATTRIBUTES[key]: value for key, value in zip(keys, values, strict=True)}, "Coverage": _coverage(*hours)}
        for values, hours in found[first:last]
    ]
    return {
        "CoveragesByTime": [{"TimePeriod": interval(start, end), "Groups": made, "Total": _coverage(*total)}],
        "Total": _coverage(*total),
        **onwards,
    }


def _coverage(on_demand: float, reserved: float) -> dict[str, Any]:
    total = on_demand + reserved
    hours = {"OnDemandHours": on_demand, "ReservedHours": reserved, "TotalRunningHours": total}
    share = 100 * reserved / total if total else 0.0
    return {"CoverageHours": {**{name: text(value) for name, value in hours.items()}, "CoverageHoursPercentage": text(share)}}
