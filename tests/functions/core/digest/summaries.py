"""summary.json as Aggregate leaves it, of a sweep that is told about: what the digest starts from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.core.digest.link import Link
from functions.core.report import bill_numbers
from tests.functions import sweeps
from tests.functions.core.report import bills


def found(name: str, likely: float, lifecycle: str = "persisting", **more: Any) -> dict[str, Any]:
    """A finding as summary.json lists it."""
    return {
        "finding_id": f"id of {name}",
        "check_id": "ebs-unattached-volume",
        "title": "EBS volume is attached to nothing",
        "action": "Delete",
        "resource_type": "ebs:volume",
        "resource_arn": f"arn:aws:ec2:us-east-1:111122223333:volume/{name}",
        "resource_id": f"vol-of-{name}",
        "resource_name": name,
        "account": sweeps.ACCOUNT,
        "region": sweeps.REGION,
        "owner": "",
        "lifecycle": lifecycle,
        "first_seen": None,
        "monthly_savings": {"low": likely, "likely": likely, "high": likely},
        **more,
    }


def gone(name: str, likely: float | None) -> dict[str, Any]:
    """A resolved finding as summary.json lists it."""
    return {
        "finding_id": f"id of {name}",
        "check_id": "ebs-unattached-volume",
        "resource_arn": f"arn:aws:ec2:us-east-1:111122223333:volume/{name}",
        "resource_name": name,
        "account": sweeps.ACCOUNT,
        "region": sweeps.REGION,
        "monthly_savings_likely": likely,
        "first_seen": "2026-11-01",
        "last_seen": "2026-11-23",
        "lifecycle": "resolved",
    }


def unseen(reason: str = "rds:DescribeDBInstances: AccessDenied", region: str = "us-west-2") -> dict[str, Any]:
    """A unit that was not seen."""
    return {
        "account": sweeps.ACCOUNT,
        "region": region,
        "resource_type": "rds:db-instance",
        "outcome": "denied",
        "reason": reason,
        "findings": 0,
    }


def summary(
    *,
    likely: float = 12_383.2,
    findings: int = 416,
    counted: int | None = None,
    unpriced: int = 0,
    new: int = 12,
    regressed: int = 0,
    resolved: int = 5,
    ratio: float = 1.0,
    what_if: bool = False,
    **lists: Any,
) -> dict[str, Any]:
    """`lists`: largest, new_ones, resolved_ones, not_seen, warnings, bill, sweep_cost."""
    planned = 100
    good = round(planned * ratio)
    head = {"bill": lists.get("bill"), "sweep_cost": lists.get("sweep_cost")}
    return {
        "run": {
            "run_id": sweeps.RUN_ID,
            "as_of": sweeps.STARTED,
            "started": sweeps.STARTED,
            "finished": sweeps.STARTED,
            "what_if": what_if,
            "analysis_period_days": 30,
            "seconds": 84.2,
        },
        "coverage": {
            "ratio": ratio,
            "min_ratio": 0.95,
            "met": ratio >= 0.95,
            "planned": planned,
            "units": {"ok": good - 10, "empty": 10, "denied": planned - good, "throttled": 0, "incomplete": 0, "failed": 0, "skipped": 0},
            "insufficient_data": {},
        },
        "totals": {
            "resources": 10_240,
            "findings": findings,
            "counted": findings - unpriced if counted is None else counted,
            "unpriced": unpriced,
            "hygiene": 0,
            "counted_elsewhere": 0,
            "monthly_savings": {"low": likely * 0.9, "likely": likely, "high": likely * 1.1},
            "annual_savings": {"low": likely * 10.8, "likely": likely * 12, "high": likely * 13.2},
            "suppressed": {"findings": 0, "monthly_savings_likely": 0.0},
            "resolved": {"findings": resolved, "monthly_savings_likely": 212.4 if resolved else 0.0},
            "lifecycle": {
                "new": new,
                "persisting": findings - new - regressed,
                "regressed": regressed,
                "suppressed": 0,
                "resolved": resolved,
            },
        },
        "warnings": lists.get("warnings", []),
        "advice": {},
        "bill": bill_numbers.short(head),
        "sweep_cost": bill_numbers.short_sweep_cost(head),
        "largest": lists.get("largest", [found("cache-2019", 812.5)] if likely else []),
        "new": lists.get("new_ones", [found(f"new-{number}", 90 - number, "new") for number in range(min(new, 10))]),
        "resolved": lists.get("resolved_ones", [gone("gone-1", 140.0), gone("gone-2", None)] if resolved else []),
        "not_seen": lists.get("not_seen", [unseen()] if ratio < 1 else []),
        "files": {name: f"runs/{sweeps.RUN_ID}/report.{name}" for name in ("html", "json", "csv")},
    }


def with_bill(**more: Any) -> dict[str, Any]:
    """With the bill and the sweep's own cost."""
    return summary(bill=bills.bill(), sweep_cost=bills.sweep_cost(), **more)


def link() -> Link:
    """A link as a function would sign it."""
    return Link(
        url="https://reports.s3.amazonaws.com/report.html?X-Amz-Expires=43200&X-Amz-Signature=abc",
        until=datetime(2026, 11, 25, 4, 5, tzinfo=UTC),
        console="https://us-east-1.console.aws.amazon.com/s3/object/reports?region=us-east-1&prefix=runs%2Fr%2Freport.html",
        command=f"finops report {sweeps.RUN_ID} --open",
        table="https://reports.s3.amazonaws.com/report.csv?X-Amz-Expires=43200&X-Amz-Signature=def",
        data="https://reports.s3.amazonaws.com/report.json?X-Amz-Expires=43200&X-Amz-Signature=ghi",
    )
