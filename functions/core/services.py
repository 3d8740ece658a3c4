"""The service cards: what is true of one scanned service and is asked for elsewhere, in words that everybody may read.

`scanners/<service>/service.py` holds the card; being there is the registration. FOCUS columns, the names on the bill, IAM prefixes, what
commitments pay for, the doctor's requests and the words of the advice derive from the cards, so that a new service edits no table here.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from keyword import iskeyword
from typing import Any

SCANNERS = "functions.scanners"

NOBODY = "finops-doctor-asks"
"""The name of what does not exist: whether we may ask about it is decided before the service looks."""
ACTIVE = "Active"
"""The status of what is switched on."""
Arn = Callable[[str, str], str]
"""(service of the ARN, its resource part) → an ARN in the account and region that is asked about."""
Call = Callable[..., Mapping[str, Any]]
"""(service, operation, parameters by name) → AWS's answer."""


@dataclass(slots=True, frozen=True)
class Request:
    """One request: botocore's name of the service, AWS's of the operation."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Enrolment:
    """What an account has to switch on in AWS before a service's scanner has anything to see.

    `asks`: the request that tells, with a status; `listed`: the key of a list of what has one, "" where that is the answer itself. `fix`:
    how it is switched on.
    """

    name: str
    asks: Request
    fix: str
    listed: str = ""

    def states(self, answer: Mapping[str, Any]) -> Sequence[Any]:
        """What has a status, of an answer."""
        return answer.get(self.listed, ()) if self.listed else (answer,)

    def enrolled(self, answer: Mapping[str, Any]) -> bool:
        """Whether one of them is active."""
        return any(isinstance(one, Mapping) and one.get("status") == ACTIVE for one in self.states(answer))


@dataclass(slots=True, frozen=True)
class InstanceHours:
    """How a service bills the hours of its instances, and what else may pay for them.

    `product`: the price book's name; `short`: a person's. `billed_as`: Cost Explorer's service. `usage`: usage types, up to the colon,
    whose quantity is hours that a commitment can pay for; `uncovered`: those that none pays for. `prefix`: how the instance types begin;
    `unnamed`: the type of a usage type that names none. `plans`: kinds of Savings Plans, as in "compute". `by_family`: it is reservations
    for one family that are worth buying; else a plan, which covers any. `by_engine`: a reservation is for one engine and deployment.
    `reserved`: what AWS calls what is reserved, as in "DB instances".
    """

    product: str
    short: str
    billed_as: str
    usage: frozenset[str]
    plans: frozenset[str]
    by_family: bool
    by_engine: bool = False
    reserved: str = "instances"
    uncovered: frozenset[str] = frozenset()
    prefix: str = ""
    unnamed: str = ""


@dataclass(slots=True, frozen=True)
class Coverable:
    """The part of a saving that a Savings Plan or a reservation may have paid for already: compute, never storage.

    `service` is the price book's ("AmazonEC2", "AmazonRDS"), `family` such as "m5" or "db.r5", or what a plan pays for by another measure
    than instances ("aurora.serverless-v2"); `usd` a month is at on-demand rates. `engine` and `deployment` are the book's words
    ("postgresql", "multi-az") where reservations are for one of each, else empty.
    """

    service: str
    family: str
    usd: float
    engine: str = ""
    deployment: str = ""


@dataclass(slots=True, frozen=True)
class Together:
    """What AWS bills in one sum for all resources of a kind in an account and region, and what structure tells of one of them.

    `service` and `key` are the price book's; quantities are in the unit of that price. `most`: more of it cannot be this one's. `once`: its
    part of what is there at least. `changes`: a weight, without a unit, for its part of what is there beyond that. `count` resources are
    billed together; `all_once` and `all_changes` are their sums, `free_once` and `free_changes` those of the ones that could be deleted at
    all. Where the bill is known, Rank makes the saving of it: its `once`, and by `changes` its share of the rest.
    """

    service: str
    key: str
    most: float
    once: float
    changes: float
    count: int
    all_once: float
    all_changes: float
    free_once: float
    free_changes: float


@dataclass(slots=True, frozen=True)
class PlanUsage:
    """What Savings Plans pay for of a service that is no hours of instances: it cannot be reserved.

    `product`: the price book's name; `billed_as`: Cost Explorer's service. `usage`: usage type → what a finding's `coverable` calls it.
    `plans`: the kinds of plans, as in "compute".
    """

    product: str
    billed_as: str
    usage: Mapping[str, str]
    plans: frozenset[str]


@dataclass(slots=True, frozen=True)
class Service:
    """One scanned service. `id`: a resource type's part before the colon.

    `name`, `category`: FOCUS ServiceName and ServiceCategory (https://focus.finops.org/focus-columns/). `short`: how a person calls it
    before the name of a resource ("EBS volume"); "" where the resource's own name says it all. `billed_as`: what Cost Explorer calls what
    its scanners look at; `looks_at`: of what it shares with others there, the usage types that it looks at, as a regular expression without
    the region's code; `by_region`: what the report says of them for each region, as words → those that are billed by the hour.
    `prices_from`: services of the price book that its checks look up. `iam_prefixes`: client → prefix of its IAM actions, where they
    differ; `iam_actions`: operation ("s3:ListBuckets") → its IAM action, where more differs than that. `gone`: AWS's error codes for a
    resource that was deleted after it was listed. `requests`: IAM action → the request that tells whether it is allowed, where the
    operation needs parameters; `about`: the same of a service that tells who may ask only of what exists, by the name of that, and
    `example`: how such a name is found in a region, "" where there is none. `instances`: hours that commitments pay for; `plan_usage`:
    what else plans pay for. `enrolments`: what an account has to switch on first. `free`: why AWS bills nothing for it.
    `words`: names with a digit that advice may use although no finding does.
    """

    id: str
    name: str
    category: str
    short: str
    billed_as: tuple[str, ...]
    prices_from: tuple[str, ...]
    looks_at: Mapping[str, str] = field(default_factory=dict)
    by_region: Mapping[str, str] = field(default_factory=dict)
    iam_prefixes: Mapping[str, str] = field(default_factory=dict)
    iam_actions: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    requests: Mapping[str, Callable[[Arn], Request]] = field(default_factory=dict)
    about: Mapping[str, Callable[[str], Request]] = field(default_factory=dict)
    example: Callable[[Call, str], str] | None = None
    instances: InstanceHours | None = None
    plan_usage: PlanUsage | None = None
    words: frozenset[str] = frozenset()
    enrolments: tuple[Enrolment, ...] = ()
    free: str = ""


_cards: dict[str, Service] = {}


def service(id: str, **card: Any) -> Service:
    """Register a card; the keywords are the fields of `Service`."""
    if id in _cards:
        raise ValueError(f"two cards for the service {id}")
    _cards[id] = made = Service(id, **card)
    return made


def package(id: str) -> str:
    """Where a service lives: "ebs" is functions.scanners.ebs, "lambda", a word of Python's own, functions.scanners.lambda_, and a hyphen
    is an underscore."""
    return f"{SCANNERS}.{id.replace('-', '_')}{'_' * iskeyword(id)}"


def load(id: str) -> None:
    """Import one service's card, if there is such a service: all that a warm worker of that service needs."""
    try:
        importlib.import_module(f"{package(id)}.service")
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith(SCANNERS):
            raise


@cache
def services() -> Mapping[str, Service]:
    """Every card, by id."""
    for found in pkgutil.iter_modules(importlib.import_module(SCANNERS).__path__, f"{SCANNERS}."):
        importlib.import_module(f"{found.name}.service")
    return dict(sorted(_cards.items()))


def registered() -> Iterable[Service]:
    """The cards that were imported so far: in a worker that scans one service, that one's."""
    return _cards.values()


@cache
def instance_hours() -> Mapping[str, InstanceHours]:
    """What commitments can pay for, by the price book's name: "AmazonEC2", …"""
    return {card.instances.product: card.instances for card in services().values() if card.instances}


@cache
def plan_usage() -> Mapping[str, PlanUsage]:
    """Usage type, without its region → the service's statement that plans pay for it, and it is no hours of instances."""
    made = [card.plan_usage for card in services().values() if card.plan_usage]
    return {usage_type: one for one in made for usage_type in one.usage}


@cache
def billed_as() -> frozenset[str]:
    """Every service that a scanner looks at, as Cost Explorer calls it."""
    return frozenset(name for card in services().values() for name in card.billed_as)


@cache
def looked_at() -> Mapping[str, re.Pattern[str]]:
    """Cost Explorer's service → the usage types, without their region, that scanners look at; only those that no scanner covers whole."""
    found: dict[str, list[str]] = {}
    for card in services().values():
        for name in card.billed_as:
            found.setdefault(name, []).append(card.looks_at.get(name, ""))
    return {name: re.compile("|".join(types)) for name, types in sorted(found.items()) if all(types)}


@cache
def by_region() -> Mapping[str, re.Pattern[str]]:
    """What the report says for each region, in words → the usage types that it is about."""
    return {what: re.compile(types) for card in services().values() for what, types in card.by_region.items()}
