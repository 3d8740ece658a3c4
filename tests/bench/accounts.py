"""What a sweep of 10, 100 and 500 accounts takes: minutes, Lambda's GB-seconds, dollars, and the quotas that get in the way.

The scans are simulated (`simulation.py`), with the units of an embedded sweep (`recorded_units.py`): an account works in AT_HOME of its
regions, each with as much as one of the sample fleet's, 250 resources; the others are empty. Plan, Rank and Aggregate take what
`at_size.py` measures, as the CPU share of their memory makes of it. Prices and the other steps are those of `finops estimate-cost`.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from rich.table import Table

from cdk_app.settings.settings import DeploymentSettings
from finops.sweeping import estimate_model
from functions.core import registry
from functions.core.advice import bedrock_price
from functions.core.meter import sweep_cost
from functions.core.meter.quantities import STEPS, Quantities
from functions.core.plan import concurrency
from functions.core.plan import units as planning
from tests.bench import big_bill, big_run, recorded_units
from tests.bench.recorded_units import Recorded, Recording
from tests.bench.simulation import VCPU_MIB, Aws, Rate, Result, Work, simulate

ACCOUNTS, CONCURRENCIES = (10, 100, 500), (10, 100, 500, 1000)
AT_HOME = 4
REGION = "us-east-1"
QUOTA = 1000
"""Lambda's, of executions at once; a new account has 10. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
PLAN_SECONDS, PLAN_ACCOUNT_SECONDS = 3.0, 0.014
RANK_SECONDS, RANK_UNIT_SECONDS, RANK_FINDING_SECONDS = 1.5, 0.0006, 0.00007
AGGREGATE_SECONDS, AGGREGATE_FINDING_SECONDS = 1.5, 0.000034
"""CPU seconds, measured by `make bench ARGS="at-size"`."""
EMBEDDED = Aws(memory_mib=VCPU_MIB, rates={}, seconds=defaultdict(float), other_seconds=0.0, cold_cpu=0.0, cold_wait=0.0,
               child_seconds=0.0, child_starts=Rate(math.inf, math.inf), new_workers=Rate(math.inf, math.inf))  # fmt: skip
"""The embedded AWS: what a unit took there is all that is modelled."""
WITHIN = 2.0
"""The factor that the check against the embedded sweep may be off: the embedded AWS does work between children that is not modelled."""


@dataclass(slots=True, frozen=True)
class Swept:
    """One sweep. Minutes: of the map alone, and of everything; `usd` with `metrics_usd` in it, which CloudWatch bills each account for."""

    accounts: int
    units: int
    resources: int
    findings: int
    concurrency: int
    scan: Result
    scan_minutes: float
    minutes: float
    gb_seconds: float
    usd: float
    metrics_usd: float

    @property
    def slowed_by(self) -> str:
        """The APIs that slow down most, and how many of their requests they refuse."""
        return ", ".join(
            f"{call} {100 * count / max(1, self.scan.calls[call]):.2g} %" for call, count in self.scan.throttled.most_common(2) if count
        )


@cache
def works(accounts: int) -> tuple[Work, ...]:
    """The units in the order of the plan. An account has the same, however many others there are."""
    kinds: dict[tuple[str, bool], list[Recorded]] = defaultdict(list)
    for unit in recorded_units.load().units:
        kinds[unit.resource_type, unit.resources > 0].append(unit)
    for name in registry.resource_types():
        for busy in (True, False):
            kinds.setdefault((name, busy), kinds["ebs:volume", busy])  # a type that is newer than the recording
    names = [big_bill.account_id(number) for number in range(accounts)]
    draws = {name: random.Random(name) for name in names}  # noqa: S311  # a simulation
    homes = {name: set(draws[name].sample(big_bill.REGION_NAMES, AT_HOME)) for name in names}
    units = planning.units(dict.fromkeys(names, big_bill.REGION_NAMES), registry.resource_types(), "scan-")
    return tuple(
        Work(unit.account, unit.region, unit.function, draws[unit.account].choice(kinds[unit.resource_type, busy]))
        for unit in units
        for busy in (unit.region in homes[unit.account],)
    )


def swept(accounts: int, at_once: int, aws: Aws | None = None, seed: int = 0) -> Swept:
    """Simulate a sweep."""
    settings, planned = DeploymentSettings(), works(accounts)
    scan = simulate(planned, at_once, aws or Aws(memory_mib=settings.scan.memory), seed, own_account=big_bill.account_id(0))
    findings = sum(work.took.findings for work in planned)
    seconds = {
        "plan": PLAN_SECONDS + PLAN_ACCOUNT_SECONDS * accounts,
        "cost": estimate_model.STEP_SECONDS["cost"],
        "rank": (RANK_SECONDS + RANK_UNIT_SECONDS * len(planned) + RANK_FINDING_SECONDS * findings) * VCPU_MIB / settings.rank.memory,
        "aggregate": (AGGREGATE_SECONDS + AGGREGATE_FINDING_SECONDS * findings) * VCPU_MIB / settings.aggregate.memory,
    }
    resources = sum(work.took.resources for work in planned)
    scope = estimate_model.Scope(accounts, big_run.REGIONS, registry.resource_types(), resources)
    groups = estimate_model.group_count(scope, settings)
    billed = {**seconds, "analyze": groups * estimate_model.ANALYZE_SECONDS}
    gb_seconds = sum(one * getattr(settings, step).memory for step, one in (*billed.items(), ("scan", scan.billed_seconds))) / 1024
    cost = sweep_cost.priced(_quantities(scan, planned, gb_seconds, groups, settings), REGION, resources)
    waited = sum(seconds.values()) - seconds["cost"] + math.ceil(groups / settings.analyze_concurrency) * estimate_model.ANALYZE_SECONDS
    return Swept(
        accounts=accounts, units=len(planned), resources=resources, findings=findings, concurrency=at_once, scan=scan,
        scan_minutes=scan.seconds / 60, minutes=(scan.seconds + waited) / 60, gb_seconds=gb_seconds, usd=cost["usd"],
        metrics_usd=next((line["usd"] for line in cost["lines"] if line["unit"] == "metrics"), 0.0),
    )  # fmt: skip


def _quantities(scan: Result, planned: tuple[Work, ...], gb_seconds: float, groups: int, settings: DeploymentSettings) -> Quantities:
    queries = estimate_model.bill_requests(len({work.account for work in planned}), commitments=True)
    usd, _ = bedrock_price.cost(settings.bedrock_model_id, REGION, *estimate_model.group_tokens(settings))
    made = Quantities(
        invocations=scan.invocations + len(STEPS) + groups,
        gb_seconds=gb_seconds,
        metrics=sum(work.took.metrics for work in planned),
        cost_explorer=queries,
        s3_puts=estimate_model.PUTS + 3 * groups,
        s3_gets=estimate_model.GETS + len(planned) + 3 * groups,
        reads=estimate_model.READS + queries * estimate_model.CACHE_READS + groups * estimate_model.ADVICE_READS,
        writes=queries * estimate_model.CACHE_WRITES + groups * estimate_model.ADVICE_WRITES,
        tokens=groups * sum(estimate_model.group_tokens(settings)),
        bedrock_usd=groups * (usd or 0.0),
    )
    made.add_calls(scan.calls)
    made.add_flow({}, len(planned), groups)
    made.add_children(len(planned), scan.child_seconds, express=True, failures=scan.given_up)
    return made


def embedded(recording: Recording | None = None) -> tuple[float, float]:
    """Seconds of the recorded map on the embedded AWS: predicted from its units, and measured."""
    recorded = recording or recorded_units.load()
    units = [replace(unit, cpu=unit.billed_seconds, calls={"s3:PutObject": 1}) for unit in recorded.units]
    took = simulate([Work("", unit.region, unit.resource_type, unit) for unit in units], recorded.concurrency, EMBEDDED)
    return took.seconds, recorded.seconds


def table(say: Callable[[str], object]) -> tuple[Table, str, bool]:
    """The table, what the check against the embedded sweep says, and whether that is well."""
    made = Table(
        "accounts", "units", "resources", "findings", "at once", "map min", "sweep min", "GB-s", "$", "metrics $", "given up",
        "slowed by", title="Accounts (simulated)",
    )  # fmt: skip
    for accounts in ACCOUNTS:
        chosen = concurrency.scans_at_once(QUOTA, accounts)
        for at_once in sorted({*CONCURRENCIES, chosen}):
            say(f"{accounts} accounts, {at_once} units at once")
            one = swept(accounts, at_once)
            made.add_row(
                f"{accounts}", f"{one.units:,}", f"{one.resources:,}", f"{one.findings:,}", f"{at_once}{' ←' if at_once == chosen else ''}",
                f"{one.scan_minutes:.1f}", f"{one.minutes:.1f}", f"{one.gb_seconds:,.0f}", f"{one.usd:.2f}", f"{one.metrics_usd:.2f}",
                f"{one.scan.given_up}", one.slowed_by, end_section=at_once == max(*CONCURRENCIES, chosen),
            )  # fmt: skip
    predicted, took = embedded()
    off = max(predicted, took) / min(predicted, took)
    words = (
        f"←: what Plan chooses where Lambda's quota is {QUOTA:,}. The recorded map of the embedded AWS is predicted with "
        f"{predicted:.1f} s and took {took:.1f} s, a factor of {off:.2f}; at most {WITHIN:g} is asked."
    )
    return made, words, off <= WITHIN
