"""A run as Aggregate leaves it, small and by hand, for the tests of what is made of it on this machine."""

from __future__ import annotations

import json
from typing import Any

from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

RUN_ID = "20261124T160402Z-1f3c9a"


def finding(number: int, likely: float, **more: Any) -> dict[str, Any]:
    """One finding as in report.json; `more` replaces any of its keys."""
    return {
        "finding_id": f"{number:032x}",
        "check_id": "ebs-unattached-volume",
        "resource_arn": f"arn:aws:ec2:us-east-1:111111111111:volume/vol-{number}",
        "resource_id": f"vol-{number}",
        "resource_name": "",
        "resource_type": "ebs:volume",
        "account": "111111111111",
        "region": "us-east-1",
        "action": "Delete",
        "headline": True,
        "lifecycle": "new",
        "savings": {"low": likely / 2, "likely": likely, "high": likely, "unpriced": None},
        **more,
    }


def unseen(number: int, reason: str = "ec2:DescribeVolumes: UnauthorizedOperation") -> dict[str, Any]:
    """A unit that was not seen."""
    scope = {"account": f"{number:012}", "region": "us-east-1", "resource_type": "ebs:volume"}
    return {**scope, "outcome": "denied", "reason": reason, "findings": 0}


def report(findings: list[dict[str, Any]], not_seen: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """report.json: four units were seen, and each unit in `not_seen` was not."""
    missed = not_seen or []
    units = {"ok": 3, "empty": 1, "denied": len(missed), "skipped": 0}
    likely = sum(found["savings"]["likely"] for found in findings)
    return {
        "run": {"run_id": RUN_ID, "as_of": "2026-11-24T16:04:02+00:00", "seconds": 9.5},
        "coverage": {
            "ratio": 4 / sum(units.values()),
            "planned": sum(units.values()),
            "units": units,
            "insufficient_data": {},
            "not_seen": missed,
        },
        "totals": {
            "resources": 1530,
            "findings": len(findings),
            "unpriced": 0,
            "monthly_savings": {"low": likely / 2, "likely": likely, "high": likely},
            "annual_savings": {"low": 6 * likely, "likely": 12 * likely, "high": 12 * likely},
        },
        "warnings": [],
        "findings": findings,
    }


def summary(findings: list[dict[str, Any]], not_seen: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """summary.json of the same run."""
    whole = report(findings, not_seen)
    names = ("finding_id", "check_id", "action", "resource_arn", "resource_id", "resource_name", "account", "region")
    return {
        "run": whole["run"],
        "coverage": {name: value for name, value in whole["coverage"].items() if name != "not_seen"},
        "totals": whole["totals"],
        "warnings": [],
        "advice": {
            "bedrock": 2,
            "rules": 1,
            "reasons": {"CircuitOpen": 1},
            "tokens": {"input": 2400, "output": 300},
            "usd": 0.00039,
            "unpriced": 0,
        },
        "bill": {
            "status": "ok",
            "reason": "",
            "end": "2026-11-24",
            "days": 30,
            "monthly": 12345.67,
            "explained": {"findings_monthly_likely": 7530.86, "share": 0.61},
            "blind_spot": {
                "monthly": 810.0,
                "found": 4,
                "services": [
                    {"service": name, "monthly": monthly}
                    for name, monthly in (
                        ("Amazon Simple Storage Service", 620.0),
                        ("Amazon ElastiCache", 150.0),
                        ("AmazonCloudWatch", 30.0),
                        ("Amazon Route 53", 10.0),
                    )
                ],
            },
            "anomalies_found": 2,
            "anomalies": [{"service": "Amazon ElastiCache", "account": "111111111111", "before": 69.9, "now": 150.0, "change": 1.146}],
            "month_over_month": None,
        },
        "sweep_cost": {
            "usd": 0.0312,
            "resources": 1530,
            "per_1000_resources_usd": 0.0204,
            "unpriced": 0,
            "largest": [{"what": "GetMetricData", "usd": 0.0222, "share": 0.7115}],
        },
        "largest": [{**{name: found[name] for name in names}, "monthly_savings": found["savings"]} for found in findings[:10]],
        "not_seen": whole["coverage"]["not_seen"][:10],
    }


def put(s3: Any, bucket: str, findings: list[dict[str, Any]], not_seen: list[dict[str, Any]] | None = None, run_id: str = RUN_ID) -> None:
    """Lay a run into a bucket, as Aggregate does."""
    bodies = {
        "report.html": "<report.html>",
        "report.json": json.dumps(report(findings, not_seen)),
        "report.csv": "<report.csv>",
        "summary.json": json.dumps(summary(findings, not_seen)),
    }
    for name, body in bodies.items():
        s3.put_object(Bucket=bucket, Key=RunFolder(Bucket(None, ""), run_id).file(name), Body=body.encode())
