"""The bill of the sample fleet: what is there at list prices or by contract, some of it covered by commitments, and what nothing in the
fleet explains.

    billed = bill.seed(aws, fleet)
    billed.spent(days=30)            amortised USD, as a report has to say it
    billed.covered, .partly, .reserved, .anomaly, .near_misses, .blind    what has to be said of it
    billed.own_rates, .mixed         what a unit costs by contract, and what has no rate that most days have

The fleet uses the same every day, from 95 days ago to today: it stands still, so that what changes is what was planted, and what the
contracts let change within a month (`contracts.py`). The ledger goes to the embedded Cost Explorer
(`finops/embedded/cost_explorer/front.py`). Regions without a resource have no row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.cost_explorer.ledger import Ledger, Row
from finops.fleet import Fleet
from finops.fleet.bill import committed, contracts
from finops.fleet.bill.billable import EC2, EC2_OTHER, HOURS_A_DAY, PREFIXES, Adding, Billable, Use
from finops.fleet.bill.committed import COMPUTE_PLAN, INSTANCE_PLAN, ON_DEMAND, PART, Place, Pool, row
from finops.fleet.register import all_bills
from finops.fleet.scope import Aws
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.book import Prices

DAYS = 95
"""So far back goes the ledger: two whole months lie in it on every day of the year."""
STEP = 30
"""Days ago, planted spend changed."""
THREADS = 6
EXCLUDED = frozenset({"Tax", "Credit", "Refund"})
S3, SUPPORT = "Amazon Simple Storage Service", "AWS Support (Business)"
CLOUDFRONT, SQS, KMS = "Amazon CloudFront", "Amazon Simple Queue Service", "AWS Key Management Service"
BLIND = frozenset({SUPPORT, CLOUDFRONT, SQS, KMS})
"""Services on the bill that no scanner looks at."""
IN_PART = {
    (EC2_OTHER, "DataTransfer-Regional-Bytes"): (0.80, 80.0, "GB"),
    ("Amazon Virtual Private Cloud", "TransitGateway-Hours"): (1.20, 24.0, "Hrs"),
    ("AmazonCloudWatch", "CW:MetricMonitorUsage"): (0.60, 2.0, "Metrics"),
}
"""Service and usage type → USD a day in the home region, for how much, of services that scanners look at other usage types of."""
STORED, WEEKEND = 6.0, 0.9
"""USD that an account's storage in S3 costs on a weekday, at its list price, and the share of it on a weekend day."""

CHANGED = (
    (SQS, "Requests-RBP", 1, 1.50, 3.00),
    (CLOUDFRONT, "US-DataTransfer-Out-Bytes", 2, 4.00, 5.16),
    (KMS, "KMS-Keys", 0, 0.15, 0.40),
)
"""Service, usage type, which account, USD a day until `STEP` days ago and since. The first doubles, by $45 in 30 days; the second rises by
29 %, which is not more than 30 %; the third by $7.50, which is not more than $10."""


class Billing(Aws, Protocol):
    """The embedded AWS, with its Cost Explorer's control."""

    @property
    def cost_explorer(self) -> CostControl: ...


@dataclass(slots=True, frozen=True)
class Billed:
    """What has to be said of a fleet's bill.

    `covered` is the pool that a plan covers to the full, `partly` the one that the other plan covers `share` of, `reserved` the one of
    databases; None where the fleet has no such thing. `anomaly` and `near_misses` are (service, account). `unpriced`: how many things
    have no price in the book or by contract and are not on the bill, by price key.
    `own_rates`: service, region and usage type (with the region's code) → USD for one, net, where the contracts make it another than the
    list price. `mixed`: those whose days cost so many different rates that none of them is the rate, in windows of ten days or more.
    """

    today: date
    ledger: Ledger = field(repr=False)
    unpriced: Mapping[str, int]
    covered: Pool | None
    partly: Pool | None
    reserved: Pool | None
    anomaly: tuple[str, str]
    near_misses: tuple[tuple[str, str], ...]
    blind: frozenset[str] = BLIND
    own_rates: Mapping[contracts.Key, float] = field(default_factory=dict)
    mixed: frozenset[contracts.Key] = frozenset()

    def rows(self, **wanted: str) -> Iterator[Row]:
        """Rows without taxes, credits and refunds, with these values in their fields."""
        for one in self.ledger.rows:
            if one.record_type not in EXCLUDED and all(getattr(one, name) == value for name, value in wanted.items()):
                yield one

    def spent(self, days: int = STEP, end: date | None = None, metric: str = "AmortizedCost", **wanted: str) -> float:
        """USD (or the quantity) in the `days` before `end` (default: today)."""
        until = end or self.today
        return sum(one.days_in(until - days * committed.DAY, until) * one.amount(metric) for one in self.rows(**wanted))

    def by(self, name: str, days: int = STEP, end: date | None = None, metric: str = "AmortizedCost") -> dict[str, float]:
        """The same by the values of a field (service, account, region, …); values without a day in the window are not there."""
        until = end or self.today
        start = until - days * committed.DAY
        found: dict[str, float] = defaultdict(float)
        for one in self.rows():
            if one.days_in(start, until):
                found[getattr(one, name)] += one.days_in(start, until) * one.amount(metric)
        return dict(found)

    def hours(self, pool: Pool, record_type: str, days: int = STEP) -> float:
        """The hours of a pool's family with a record type: Usage, SavingsPlanCoveredUsage or DiscountedUsage."""
        until = self.today
        return sum(
            one.days_in(until - days * committed.DAY, until) * one.quantity
            for one in self.rows(account=pool.account, region=pool.region, record_type=record_type)
            if one.instance_type.rpartition(".")[0] == pool.family
        )

    def blind_monthly(self, days: int = STEP) -> float:
        """USD a month that no scanner looks at: in services, and in usage types of others (see IN_PART)."""
        whole = sum(self.spent(days, service=service) for service in self.blind) / days
        return (whole + sum(usd for usd, _, _ in IN_PART.values())) * HOURS_PER_MONTH / HOURS_A_DAY


def seed(aws: Billing, fleet: Fleet | None = None, today: date | None = None) -> Billed:
    """Bill what is there, and load the ledger. With a fleet, the covered pools have findings: an idle instance, and one not on Graviton."""
    scopes = [(account, region) for account in aws.accounts for region in aws.regions]
    with ThreadPoolExecutor(THREADS) as pool:
        billables = list(pool.map(lambda scope: described(aws, *scope), scopes))
    billed = make(billables, aws.accounts, aws.regions[0], today or datetime.now(UTC).date(), fleet)
    aws.cost_explorer.load(billed.ledger)
    return billed


def described(aws: Aws, account: str, region: str) -> Billable:
    """Everything that bills in one account and region, as far as the fleet's recipes say what it bills."""
    made = Billable(account, region)
    adding = Adding(made, Prices(region), aws, contracts.AGREED)
    for bill in all_bills():
        bill(adding)
    return made


def make(billables: list[Billable], accounts: tuple[str, ...], home: str, today: date, fleet: Fleet | None = None) -> Billed:
    """The ledger and what it says. The first account pays for all."""
    start, until = today - DAYS * committed.DAY, today + committed.DAY
    uses = [use for billable in billables for use in billable.lines()]
    compute = committed.places(use for use in uses if contracts.agreed(use) is None)
    found = _findings(billables, fleet)
    rows: list[Row] = []
    done: set[Use] = set()
    plans, reservations = [], []
    covered = partly = reserved = None

    if place := committed.choose(compute, found["ec2-idle-instance"]):
        plan = committed.full_plan(place, compute[place], today)
        covered = Pool("AmazonEC2", *place, 1.0, plan.arn, plan.end)
        rows += committed.plan_rows(plan, compute[place], 1.0, INSTANCE_PLAN, start, until)
        done.update(compute.pop(place))
        plans.append(plan)
    if place := committed.choose(compute, found["ec2-graviton"], avoid=[covered.account] if covered else []):
        plan = committed.part_plan(place, compute[place], accounts[0], today)
        partly = Pool("AmazonEC2", *place, PART, plan.arn, plan.end)
        rows += committed.plan_rows(plan, compute[place], PART, COMPUTE_PLAN, start, until)
        done.update(compute.pop(place))
        plans.append(plan)
    if chosen := committed.reserve(uses, today):
        use, one = chosen
        share = (
            one.count
            * HOURS_A_DAY
            / sum(each.quantity for each in committed.places(uses, use.service)[use.account, use.region, use.family])
        )
        reserved = Pool("AmazonRDS", use.account, use.region, use.family, share, one.id, one.end)
        rows += committed.reserved_rows(one, use, start, until)
        done.add(use)
        reservations.append(one)

    rows += [_on_demand(use, start, until) for use in uses if use not in done]
    rows += _elsewhere(accounts, home, today, start, until)
    changed = [(service, accounts[number % len(accounts)]) for service, _, number, _, _ in CHANGED]
    unpriced = sum((billable.unpriced for billable in billables), Counter[str]())
    ledger = Ledger(tuple(made for one in rows for made in contracts.applied(one)), tuple(plans), tuple(reservations))
    return Billed(
        today,
        ledger,
        dict(unpriced),
        covered,
        partly,
        reserved,
        changed[0],
        tuple(changed[1:]),
        own_rates=contracts.own_rates(uses),
        mixed=contracts.mixed(uses),
    )


def _findings(billables: list[Billable], fleet: Fleet | None) -> dict[str, Counter[Place]]:
    """Check id → how many instances of a place it has to find."""
    where = {arn: (one.account, one.region, family) for one in billables for arn, family in one.families.items()}
    found: dict[str, Counter[Place]] = defaultdict(Counter)
    for arn, check in fleet.expected() if fleet else ():
        if arn in where:
            found[check][where[arn]] += 1
    return found


def _on_demand(use: Use, start: date, until: date) -> Row:
    return row(use, start, until, "Usage", use.usd, use.usd, use.quantity, purchase_type=ON_DEMAND if use.family else "")


def _elsewhere(accounts: tuple[str, ...], home: str, today: date, start: date, until: date) -> Iterator[Row]:
    """What nothing in the fleet explains: other services, support, tax, credits and a refund."""
    step = today - STEP * committed.DAY
    prefix = PREFIXES[home]

    def spend(where: tuple[str, str], service: str, usage_type: str, usd: float, days: tuple[date, date], **more: Any) -> Row:
        account, region = where
        return Row(days[0], account, service, usage_type, region=region, unblended=usd, amortized=usd, until=days[1], **more)

    stored = Prices(home).price("AmazonS3", "storage.standard.first-50TB")
    assert stored is not None, home  # noqa: S101  # us-east-1 has one
    for account in accounts:
        day = start
        while day < until:
            usd, one = STORED * (1 if day.weekday() < 5 else WEEKEND), (day, day + committed.DAY)
            yield spend((account, home), S3, f"{prefix}TimedStorage-ByteHrs", usd, one, quantity=usd / stored.usd, unit="GB-Mo")
            day += committed.DAY
    for (service, usage_type), (usd, quantity, unit) in IN_PART.items():
        yield spend((accounts[0], home), service, prefix + usage_type, usd, (start, until), quantity=quantity, unit=unit)
    yield spend((accounts[0], "global"), SUPPORT, "Dollar", 3.30, (start, until), record_type="Fee")
    for service, usage_type, number, before, since in CHANGED:
        where = (accounts[number % len(accounts)], "global" if service == CLOUDFRONT else home)
        named = usage_type if service == CLOUDFRONT else prefix + usage_type
        yield spend(where, service, named, before, (start, step))
        yield spend(where, service, named, since, (step, until))
    for ago in range(5, DAYS, 10):
        day = today - ago * committed.DAY
        once = (day, day + committed.DAY)
        yield spend((accounts[0], "NoRegion"), "Tax", "Tax", 40.0, once, record_type="Tax")
        yield spend((accounts[0], home), EC2, f"{prefix}BoxUsage:m5.large", -25.0, once, record_type="Credit")
    refunded = (today - 9 * committed.DAY, today - 8 * committed.DAY)
    yield spend((accounts[0], home), EC2, f"{prefix}BoxUsage:m5.large", -7.0, refunded, record_type="Refund")
