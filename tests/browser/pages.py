"""Pages for the browser: a small run with some of everything, and as many findings as one likes."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from functions.core.model import finding_id
from functions.core.rank.coverage import Coverage
from functions.core.rank.totals import Totals
from functions.core.report.as_html import html, page_of
from tests.functions import sweeps
from tests.functions.core.rank.test_totals import as_json

OWNERS = ("web", "data", "", "platform")
KINDS = (
    ("ebs-unattached-volume", "EBS volume is attached to nothing", "ebs:volume", "Delete", "VeryLow", "Medium"),
    ("ec2-graviton", "EC2 instance could run on Graviton", "ec2:instance", "MigrateToGraviton", "High", "Medium"),
    ("rds-idle-instance", "RDS instance had no connections", "rds:db-instance", "Stop", "Low", "Low"),
    ("elb-unused-balancer", "Load balancer has no targets", "elb:load-balancer", "Delete", "Low", "High"),
    ("ec2-idle-instance", "EC2 instance does nothing", "ec2:instance", "Stop", "Low", "Medium"),
)


def findings(count: int, accounts: int = 3, seed: int = 5) -> Iterator[dict[str, Any]]:
    """Ranked findings, best first, the same ones for the same seed."""
    pick = random.Random(seed)  # noqa: S311  # a sample, not a secret
    made = as_json()
    for number in range(count):
        check, title, resource_type, action, effort, risk = pick.choice(KINDS)
        account, region = f"{111122220000 + pick.randrange(accounts)}", pick.choice(("us-east-1", "eu-west-1", "ap-southeast-2"))
        resource = f"vol-{pick.getrandbits(68):017x}"
        arn = f"arn:aws:ec2:{region}:{account}:volume/{resource}"
        likely = round((count - number) * 0.37 + 1 + pick.random() / 3, 4)
        low, high = pick.choice(((1, 1), (1, 1), (0.5, 1), (0.4, 1.3)))
        yield made | {
            "finding_id": finding_id(account, region, arn, check),
            "check_id": check, "title": title, "resource_type": resource_type, "action": action, "effort": effort, "risk": risk,
            "account": account, "region": region, "resource_arn": arn, "resource_id": resource,
            "resource_name": f"{pick.choice(('api', 'batch', 'cache', 'etl'))}-{number}", "owner": pick.choice(OWNERS),
            "confidence": pick.choice(("high", "medium", "low")),
            "lifecycle": pick.choice(("new", "persisting", "persisting", "regressed")),
            "first_seen": f"2026-{pick.randrange(1, 12):02}-01T00:00:00+00:00",
            "command": f"aws ec2 delete-volume --region {region} --volume-id {resource}",
            "savings": dataclasses.asdict(sweeps.saving(likely, round(likely * low, 4), round(likely * high, 4))),
        }  # fmt: skip


def write(file: Path, found: list[dict[str, Any]], **head: Any) -> Path:
    """report.html of these findings, in this order."""
    totals = Totals()
    for one in found:
        totals.add(one)
    page = page_of(
        {
            "run": {
                "run_id": "20261124T160400Z-abc123", "as_of": "2026-11-24T16:04:00+00:00", "started": "2026-11-24T16:04:00+00:00",
                "resumed": None, "what_if": False, "analysis_period_days": None, "seconds": 42.0,
                "account_names": {"111122220000": "Payments"},
            },
            "coverage": Coverage().as_json(1.0), "totals": totals.as_json(len(found)), "warnings": [], "advice": [], "analyze": True,
            "groups_found": 0, "bill": {"status": "none", "reason": "not asked"}, "sweep_cost": None,
        }
        | head
    )  # fmt: skip
    for one in found:
        page.add(one)
    file.write_bytes(b"".join(html(page)))
    return file


@cache
def sample(count: int = 300) -> tuple[dict[str, Any], ...]:
    """Findings with one of each other place at the end."""
    some = list(findings(count))
    odd = [
        some[0] | {"finding_id": "f" * 32, "resource_name": "priceless", "savings": dataclasses.asdict(sweeps.UNPRICED)},
        some[1] | {"finding_id": "e" * 32, "resource_name": "kept", "lifecycle": "suppressed", "headline": False, "suppression": "Kept"},
    ]
    return (*some, *odd)
