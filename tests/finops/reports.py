"""A report as Aggregate writes it, small and by hand, for the tests of what is made of it on this machine."""

from __future__ import annotations

import json
from typing import Any

from functions.core import storage

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


def report(findings: list[dict[str, Any]], not_seen: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A whole report over these findings, with these scopes not seen."""
    unseen = not_seen or []
    units = {"ok": 3, "empty": 1, "denied": len(unseen)}
    likely = sum(found["savings"]["likely"] for found in findings)
    return {
        "run": {"run_id": RUN_ID, "as_of": "2026-11-24T16:04:02+00:00", "seconds": 9.5},
        "coverage": {"ratio": 4 / sum(units.values()), "units": units, "not_seen": unseen},
        "totals": {
            "resources": 1530,
            "findings": len(findings),
            "monthly_savings": {"low": likely / 2, "likely": likely, "high": likely},
        },
        "findings": findings,
    }


def unseen(number: int, reason: str = "ec2:DescribeVolumes: UnauthorizedOperation") -> dict[str, Any]:
    """A scope that was not seen, as in the report's coverage."""
    return {"account": f"{number:012}", "region": "us-east-1", "resource_type": "ebs:volume", "outcome": "denied", "reason": reason}


def put(s3: Any, bucket: str, whole: dict[str, Any], names: tuple[str, ...] = ("report.html", "report.json", "report.csv")) -> None:
    """Lay a report into a bucket, as Aggregate does."""
    for name in names:
        body = json.dumps(whole) if name == "report.json" else f"<{name}>"
        s3.put_object(Bucket=bucket, Key=storage.run_key(whole["run"]["run_id"], name), Body=body.encode())
