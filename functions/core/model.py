"""The words of the product: resources, findings, units and their outcomes. Pure data, no AWS; `core/store/unit_objects.py` makes JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from functions.core.money import Savings
from functions.core.ownership.payer import Payer
from functions.core.run_ids import unit_id as unit_id
from functions.core.services import Coverable as Coverable
from functions.core.services import Together
from functions.core.tuning.rule import Rule
from functions.core.usage import NO_USAGE, Usage

Evidence = dict[str, str | float | int | bool | None]


class Action(StrEnum):
    """What to do, in the words of AWS Cost Optimization Hub's `actionType`; `Schedule` and `Review` (a person decides) are ours."""

    DELETE = "Delete"
    STOP = "Stop"
    RIGHTSIZE = "Rightsize"
    UPGRADE = "Upgrade"
    MIGRATE_TO_GRAVITON = "MigrateToGraviton"
    SCALE_IN = "ScaleIn"
    SCHEDULE = "Schedule"
    REVIEW = "Review"


class Level(StrEnum):
    """Effort and risk, in the words of Cost Optimization Hub's `implementationEffort`."""

    VERY_LOW = "VeryLow"
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"


class Confidence(StrEnum):
    """How sure a check is that this is waste; what effort and risk it takes to act is said apart."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Lifecycle(StrEnum):
    """Where a finding stands against the sweeps before this one."""

    NEW = "new"
    PERSISTING = "persisting"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    SUPPRESSED = "suppressed"


class Outcome(StrEnum):
    """How a unit ended. `ok` and `empty` are good; every other one is something that was not seen, each for its own reason."""

    OK = "ok"
    EMPTY = "empty"
    DENIED = "denied"
    THROTTLED = "throttled"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def good(self) -> bool:
        return self in (Outcome.OK, Outcome.EMPTY)


@dataclass(slots=True, kw_only=True)
class Resource:
    """One thing that AWS bills. Collectors make subclasses with the fields that their checks compare.

    `usage` is filled in by the scan, and only for resources that a check with metrics calls a candidate. `place`: "" in the region's own
    zones, else the Local Zone, Wavelength Zone, Outpost or network border group, whose prices its checks are given (core/prices/places.py).
    `also_bills`: in words, what it bills that has no price here (`core/prices/bills.py`); what a finding that ends the resource leaves out.

    What a reply says of others who have a say in it is for `core/ownership`, which sees every finding: `operator`, the principal of the
    service that manages it; `payer`; `marketplace`, the product code of software that bills beside it; and whether AWS refuses to delete
    it (`deletion_protection`).
    """

    arn: str
    id: str
    account: str
    region: str
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    usage: Usage = NO_USAGE
    place: str = ""
    also_bills: tuple[str, ...] = ()
    operator: str = ""
    payer: Payer | None = None
    marketplace: str = ""
    deletion_protection: bool = False


@dataclass(slots=True, kw_only=True)
class Waste:
    """What a check says of a wasteful resource; the scan adds who, where and which check, and makes a `Finding` of it.

    `evidence`: the numbers that were compared, with sample counts. `covers`: ARNs of other resources whose cost is already inside
    this saving (the volumes of a stopped instance), so that the headline never counts them twice. `values` fill the placeholders of
    the check's `command` beyond {id}, {arn}, {name} and {region}. `confidence` and `note` speak of this one resource; so do `command`,
    `undo` and `effort`, where another way than the check's is the one that works for it.
    """

    savings: Savings
    evidence: Evidence
    confidence: Confidence | None = None
    note: str = ""
    covers: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    coverable: Coverable | None = None
    together: Together | None = None
    command: str = ""
    undo: str = ""
    effort: Level | None = None


@dataclass(slots=True, frozen=True)
class InsufficientData:
    """A check could not judge this resource, and why. Not waste, not clean: counted and said."""

    reason: str


@dataclass(slots=True, kw_only=True)
class Finding:
    """One wasteful resource by one check: the contract of report.json and of the dataset. Savings are USD per month.

    `headline` is false when the money is already counted by another finding (`counted_by`): the best of the mutually exclusive actions
    on one resource counts, never their sum. `suppression`, of a `suppressed` one, says why and until when somebody asked not to count it.
    `owner`: who is to be asked, and `owner_source` where that stands (`core/ownership/owners`): Rank writes both, "" where nobody is named.
    """

    finding_id: str
    check_id: str
    title: str
    resource_type: str
    resource_arn: str
    resource_id: str
    resource_name: str
    account: str
    region: str
    tags: Mapping[str, str]
    action: Action
    effort: Level
    risk: Level
    undo: str
    command: str
    reference: str
    confidence: Confidence
    evidence: Evidence
    savings: Savings
    note: str = ""
    covers: tuple[str, ...] = ()
    headline: bool = True
    counted_by: str | None = None
    lifecycle: Lifecycle = Lifecycle.NEW
    first_seen: str | None = None
    suppression: str | None = None
    owner: str = ""
    owner_source: str = ""
    coverable: Coverable | None = None
    together: Together | None = None


def finding_id(account: str, region: str, resource_arn: str, check_id: str) -> str:
    """The same waste has the same id in every sweep: 32 hex digits of BLAKE2b over what identifies it."""
    return hashlib.blake2b("\0".join((account, region, resource_arn, check_id)).encode(), digest_size=16).hexdigest()


@dataclass(slots=True, kw_only=True)
class Unit:
    """One piece of a sweep: account × region × resource type, scanned by `function`. `resumed`: it began already, and did not end well.
    `regions`: of a type that is asked in one region for all, those that are wanted; none for all. `rules`: config/checks.toml's for it."""

    unit_id: str
    account: str
    region: str
    resource_type: str
    function: str
    resumed: bool = False
    regions: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(slots=True, kw_only=True)
class ResumeAt:
    """Where a unit that ran out of time goes on: `operation` (as in "ec2:DescribeVolumes") has to be asked for the page of `token`.

    The counts are those before the first resource of that page; every resource before it was judged, with its metrics. `denied`: what AWS
    had refused until then, and only some checks needed: it stays unseen. The others: see UnitOutcome.
    """

    operation: str
    token: str
    resources: int
    findings: int
    savings_likely: float
    insufficient: dict[str, int]
    denied: str = ""
    unmeasured: int = 0
    unreadable: int = 0
    unreadable_reason: str = ""
    disabled: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class UnitOutcome:
    """What became of a unit, and what it took. `seconds` is wall time; `calls` counts API requests by "service:Operation".

    `insufficient`: for each check, how many resources it could not judge; `disabled`: of those that config/checks.toml may switch off, for
    how many they were. `resume_at`: where an `incomplete` or `throttled` unit can go on; what was found after its first
    `resume_at.findings` is found again. `unreadable`: items of AWS's answers that could not be read, and resources that a check stumbled
    over; `unreadable_reason`: of the first. `savings_likely`: USD per month of its headline findings. `metrics`: as GetMetricData bills
    them; `unmeasured`: resources that their limit left out. `memory_mib`: of the function; `billed_seconds`: up to writing this.
    """

    unit_id: str
    account: str
    region: str
    resource_type: str
    outcome: Outcome
    reason: str = ""
    resources: int = 0
    findings: int = 0
    savings_likely: float = 0.0
    insufficient: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    seconds: float = 0.0
    metrics: int = 0
    unmeasured: int = 0
    memory_mib: int = 0
    billed_seconds: float = 0.0
    resume_at: ResumeAt | None = None
    unreadable: int = 0
    unreadable_reason: str = ""
    disabled: dict[str, int] = field(default_factory=dict)
