"""A finished scan of an organization, made up: what Rank finds in the bucket after 85,000 units have found 1,000,000 things.

The findings are `big_findings`'s; everything else is drawn with a seed too. In it: suppressions, a bill with commitments, units that were
denied, throttled, stopped, broken, skipped or never started, and the history of an earlier sweep of the same size.
"""

from __future__ import annotations

import gzip
import json
import math
import multiprocessing
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from functions.core.model import Finding, Outcome, Unit, UnitOutcome, finding_id, unit_id
from functions.core.rank import history, suppressions
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.bench.big_bill import REGION_NAMES, account_id, bill
from tests.bench.big_findings import TYPES, checks, findings, types
from tests.bench.folder_s3 import FAILURES

STARTED = datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC)
RUN_ID, EARLIER = "20261124T160402Z-aaaaaa", "20261117T160402Z-bbbbbb"
BUCKET = "reports"
KEYS = RunFolder(Bucket(None, BUCKET), RUN_ID)  # only for its keys
ACCOUNTS_OF_ALL, REGIONS = 500, 17
UNITS_OF_ALL = ACCOUNTS_OF_ALL * REGIONS * TYPES
OF_ALL = 1_000_000
"""Findings in the units of all accounts; a smaller run has fewer accounts."""
AT_HOME = 4
"""Regions that an account works in; the others hold a twentieth of what these do, and mostly nothing."""
SUPPRESSED = """
[[suppress]]
check_id = "ebs-old-snapshot"
tag = "retention=legal"
reason = "Kept for seven years, agreed with legal"
until = 2027-12-31
[[suppress]]
resource_arn = "arn:aws:ec2:*:100000000003:volume/*"
reason = "The archive's account"
until = 2027-06-30
[[suppress]]
account = "100000000005"
check_id = "ec2-graviton"
reason = "x86 only, see the licence"
until = 2027-06-30
[[suppress]]
tag = "keep"
reason = "Asked to be kept"
until = 2027-06-30
[[suppress]]
account = "100000000001"
reason = "An old one"
until = 2026-10-01
"""


@dataclass(slots=True, frozen=True)
class Size:
    """A run of `findings` in so many accounts that a unit has as many as in the run of a million, in `units` units."""

    findings: int

    @property
    def accounts(self) -> int:
        return max(1, round(self.findings * ACCOUNTS_OF_ALL / OF_ALL))

    @property
    def units(self) -> int:
        return self.accounts * REGIONS * TYPES


def plan_output(size: Size) -> dict[str, Any]:
    """What Plan returned."""
    started = STARTED.isoformat()
    return {
        "run_id": RUN_ID, "as_of": started, "started": started, "bucket": BUCKET, "plan_key": KEYS.plan, "units": size.units,
        "analysis_period_days": 30, "min_coverage": 0.9, "max_concurrency": 40, "analyze": True, "expires_at": "1803000000",
        "what_if": False,
    }  # fmt: skip


def make(size: Size, root: Path) -> None:
    """Write the run into the folder `root`, which must not exist yet."""
    building = root.with_name(root.name + ".building")
    for folder in (KEYS.units, history.PREFIX, "config", Path(FAILURES).parent):
        (building / folder).mkdir(parents=True, exist_ok=True)
    shares = allocated(size)
    failures: list[dict[str, Any]] = []
    with (
        (building / KEYS.plan).open("wb") as plan,
        (building / KEYS.skipped).open("wb") as skipped,
        (building / history.key_of(EARLIER)).open("wb") as past,
        multiprocessing.get_context("spawn").Pool(os.cpu_count()) as workers,
    ):
        for made in workers.imap(partial(_account, building), enumerate(shares)):
            plan.write(made.plan)
            skipped.write(made.skipped)
            past.write(made.history)
            failures += made.failures
    (building / FAILURES).write_text(json.dumps(sorted(failures, key=lambda item: str(item["sk"]["S"]))), encoding="utf-8")
    (building / suppressions.KEY).write_text(SUPPRESSED, encoding="utf-8")
    (building / KEYS.bill).write_bytes(to_json(bill(size.accounts)))
    scope = {
        "accounts": [account_id(number) for number in range(size.accounts)],
        "regions": sorted(REGION_NAMES),
        "resource_types": sorted(types()),
    }
    (building / KEYS.scope).write_bytes(to_json(scope | {"asked": scope}))
    (building / "plan.json").write_text(json.dumps(plan_output(size)), encoding="utf-8")
    building.rename(root)


def allocated(size: Size) -> list[list[int]]:
    """For each account, the findings of each of its units (regions, and in each the types): together exactly `size.findings`."""
    draw = random.Random(size.accounts)  # noqa: S311  # made-up data
    weights: list[float] = []
    for _ in range(size.accounts):
        account = draw.lognormvariate(0, 1)
        home = draw.sample(range(REGIONS), AT_HOME)
        for region in range(REGIONS):
            busy = account * (draw.lognormvariate(0, 0.7) if region in home else 0.05 * draw.random() ** 3)
            weights += [busy * draw.lognormvariate(0, 1) for _ in range(TYPES)]
    scale = size.findings / sum(weights)
    counts = [math.floor(weight * scale) for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda unit: counts[unit] - weights[unit] * scale)
    for unit in by_rest[: size.findings - sum(counts)]:
        counts[unit] += 1
    each = REGIONS * TYPES
    return [counts[start : start + each] for start in range(0, len(counts), each)]


@dataclass(slots=True)
class _Account:
    """What one account adds to the files of all."""

    plan: bytes
    skipped: bytes
    history: bytes
    failures: list[dict[str, Any]]


def _account(root: Path, given: tuple[int, Sequence[int]]) -> _Account:
    """Write the unit objects of an account."""
    number, counts = given
    account = account_id(number)
    made, past = _Account(b"", b"", b"", []), list[bytes]()
    shares = iter(counts)
    for region in REGION_NAMES:
        for resource_type in types():
            unit = Unit(
                unit_id=unit_id(account, region, resource_type),
                account=account,
                region=region,
                resource_type=resource_type,
                function="FinOpsAnalyzer-scan-" + resource_type.partition(":")[0],
            )
            _unit(root, unit, next(shares), made, past)
    made.history = gzip.compress(b"".join(line + b"\n" for line in past), compresslevel=1, mtime=0)
    return made


def _unit(root: Path, unit: Unit, count: int, made: _Account, past: list[bytes]) -> None:
    draw = random.Random(unit.unit_id)  # noqa: S311  # made-up data
    outcome = UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type,
        outcome=Outcome.OK if count else Outcome.EMPTY, findings=count, resources=3 * count, seconds=round(draw.uniform(0.05, 2), 3),
        calls={"ec2:DescribeVolumes": 1 + count // 100, "cloudwatch:GetMetricData": 1 + count // 200, "s3:PutObject": 1}, pages=1,
        metrics=2 * count, memory_mib=512, billed_seconds=round(draw.uniform(0.06, 2.5), 3),
        insufficient={check.id: draw.randrange(1, 5) for check in checks(unit.resource_type) if count and draw.random() < 0.15},
    )  # fmt: skip
    ending = draw.random() if count == 0 else 1.0
    if ending < 0.004:
        outcome.outcome, outcome.reason = Outcome.SKIPPED, "no spend in this region in the last 30 days"
        made.skipped += unit_objects.OUTCOME.dump_json(outcome) + b"\n"
        return
    made.plan += unit_objects.UNIT.dump_json(unit) + b"\n"
    if ending < 0.008:
        error, cause = ("Throttled", "Rate exceeded") if ending < 0.006 else ("Sandbox.Timedout", "Task timed out after 240.00 seconds")
        text = json.dumps({"errorType": error, "errorMessage": f"ec2:DescribeVolumes: {cause}"})
        sort = f"failed#{unit.unit_id}"
        made.failures.append({"pk": {"S": f"run#{RUN_ID}"}, "sk": {"S": sort}, "error": {"S": error}, "cause": {"S": text}})
        return
    if ending < 0.009:
        return  # never started
    if ending < 0.03:
        outcome.outcome, outcome.reason = Outcome.DENIED, "ec2:DescribeVolumes: UnauthorizedOperation: You are not authorized"
    elif count and draw.random() < 0.003:
        outcome.outcome, outcome.reason = Outcome.INCOMPLETE, "the time budget ended"
    lines = []
    for finding in findings(unit, count, draw):
        lines.append(unit_objects.FINDING.dump_json(finding) + b"\n")
        outcome.savings_likely += finding.savings.likely if finding.headline else 0.0
        _remember(finding, unit, draw, past)
    head = gzip.compress(unit_objects.OUTCOME.dump_json(outcome) + b"\n", compresslevel=1, mtime=0)
    body = head + gzip.compress(b"".join(lines), compresslevel=1, mtime=0)
    if draw.random() < 0.0001:
        body = body[:-5]  # an object that breaks off
    (root / KEYS.unit(unit.unit_id)).write_bytes(body)


def _remember(finding: Finding, unit: Unit, draw: random.Random, past: list[bytes]) -> None:
    """What the sweep of a week before knew: nine of ten findings, some of them gone at that time, and others that are gone now."""
    first = (STARTED - timedelta(days=7 * draw.randrange(1, 50))).isoformat(timespec="seconds")
    last = (STARTED - timedelta(days=7)).isoformat(timespec="seconds")
    known = {
        "id": finding.finding_id, "unit": unit.unit_id, "check": finding.check_id, "arn": finding.resource_arn,
        "name": finding.resource_name, "likely": None if finding.savings.unpriced else finding.savings.likely, "first": first,
        "last": last, "resolved": last if draw.random() < 0.02 else None,
    }  # fmt: skip
    chance = draw.random()
    if chance < 0.9:
        past.append(to_json(known))
    if chance > 0.88:
        arn = finding.resource_arn + "-gone"
        gone = {"id": finding_id(unit.account, unit.region, arn, finding.check_id), "arn": arn, "resolved": last if chance < 0.9 else None}
        past.append(to_json(known | gone))
