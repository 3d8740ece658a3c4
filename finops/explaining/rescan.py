"""One resource, looked at again: the sweep's own collector and checks in this process, with a person's credentials, read-only.

All resources of its type in its region are listed, as a sweep does; metrics are asked for of this one alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from finops.ending import Ending, ExitCode
from finops.explaining.tracing import Comparison, Trace
from functions.core import registry, telemetry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.aws.main_listing import Listing
from functions.core.errors import Denied, NotEnrolled, OutOfTime, Throttled
from functions.core.limits import InForce, changes
from functions.core.model import Finding, InsufficientData, Resource, Waste
from functions.core.money import usd
from functions.core.ownership.keeping import KEPT_FROM, keeping_tag
from functions.core.prices.book import Prices
from functions.core.registry import Check
from functions.core.scan import asked_metrics, cloudwatch
from functions.core.scan.judge import Judge
from functions.core.tuning.applied import Tuning
from functions.core.tuning.rule import Rule, about, disabled_by
from functions.core.usage import Series

STOPPED = (Denied, NotEnrolled, Throttled, OutOfTime)
FOUND, SILENT, WITHHELD, DISABLED = "found", "silent", "withheld", "disabled"


@dataclass(slots=True, frozen=True)
class WhatIf:
    """What is to be tried: entries of a file, and single thresholds by "check-id.threshold", which are above all."""

    rules: Sequence[Rule] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    option: str = "--set"

    def in_force(self, check: Check[Resource], held: Sequence[Rule]) -> dict[str, InForce]:
        """What a check compares with."""
        found = check.in_force(rules=held)
        mine = {name: self.thresholds[key] for name in found if (key := f"{check.id}.{name}") in self.thresholds}
        return found | {name: InForce(value, found[name].default, self.option) for name, value in mine.items()}


@dataclass(slots=True, frozen=True)
class Said:
    """What a check says of the resource: FOUND, SILENT, WITHHELD or DISABLED, and why, with what it compared and which metrics it had."""

    check: Check[Resource]
    outcome: str
    why: str
    limits: Mapping[str, InForce]
    comparisons: Sequence[Comparison] = ()
    metrics: Sequence[str] = ()
    finding: Finding | None = None

    def as_json(self) -> dict[str, Any]:
        """For a program; a finding by its saving and its evidence."""
        found = self.finding
        return {
            "check_id": self.check.id,
            "outcome": self.outcome,
            "why": self.why,
            "thresholds": {name: {"value": one.value, "where": one.where or "default"} for name, one in self.limits.items()},
            "comparisons": [
                {"number": one.number, "sign": one.sign, "limit": one.limit, "threshold": one.threshold, "true": one.true}
                for one in self.comparisons
            ],
            "metrics": list(self.metrics),
            "finding": {"finding_id": found.finding_id, "likely": found.savings.likely, "evidence": found.evidence} if found else None,
        }


def find(aws: Aws, resource_type: str, arn: str) -> Resource:
    """The resource, as its collector lists it. Ending (bad input) where there is none."""
    collector, _ = registry.load(resource_type)
    aws.main = Listing(collector.resumes or "", None)
    found = next((one for one in collector(aws) if one.arn == arn), None)
    if found is not None:
        return found
    unread = aws.unreadable
    more = f"; {unread.items} items could not be read, the first: {unread.reason}" if unread.items else ""
    what = f"no {resource_type} {arn} is listed in {aws.region} of account {aws.account}"
    raise Ending(ExitCode.BAD_INPUT, f"{what}: it may be gone, or none that a sweep looks at{more}")


def judged(aws: Aws, resource_type: str, resource: Resource, prices: Prices, what_if: WhatIf) -> list[Said]:
    """What each check of its type says. Metrics that are not to be had are unknown to the checks, as in a sweep."""
    _, checks = registry.load(resource_type)
    traces = {check.id: Trace(check, {}) for check in checks}
    held = about(what_if.rules, aws.account, traces)

    def limits(check: Check[Resource], rules: Sequence[Rule]) -> Any:
        trace = traces[check.id]
        trace.limits = what_if.in_force(check, rules)
        return trace.traced_limits(aws.as_of, changes(trace.limits))

    tags = resource.tags
    tuning = Tuning((trace.traced() for trace in traces.values()), [rule for rule in held if rule.holds(tags)], limits)
    tuning.of(tags)  # the limits of this resource are the last that are made
    judge = Judge.of(tuning, prices)
    _asked(aws, judge, resource)
    with _unlogged():
        found = {finding.check_id: finding for finding in judge.findings(resource)}
    off = {name: disabled_by(name, [rule for rule in held if rule.holds(tags)]) for name in traces}
    withheld = {name: _withheld(trace, resource, aws.as_of, judge.reason) for name, trace in traces.items() if judge.insufficient[name]}
    return [_said(trace, resource, found.get(name), off[name], withheld.get(name)) for name, trace in traces.items()]


def _asked(aws: Aws, judge: Judge, resource: Resource) -> None:
    """Have the metrics fetched; those that are not to be had are unknown, with why."""
    for asks in (asked_metrics.at_first, asked_metrics.after_that):
        wanted = list(judge.wanted([resource], asks))
        try:
            cloudwatch.fetch(aws, wanted)
        except (*STOPPED, UNREACHABLE, ClientError) as error:
            why = str(error) or type(error).__name__
            resource.usage = resource.usage.updated({}, {metric: why for _, metric, _ in wanted})


@contextmanager
def _unlogged() -> Iterator[None]:
    """A check that stumbles is said in our words: the log's lines are for CloudWatch."""
    before = telemetry.logger.log_level
    telemetry.logger.setLevel("CRITICAL")
    try:
        yield
    finally:
        telemetry.logger.setLevel(before)


def _said(trace: Trace, resource: Resource, finding: Finding | None, off: Rule | None, withheld: str | None) -> Said:
    """`withheld`: why the engine has counted it as not judged; None where it has not."""
    check = trace.check
    if off is not None:
        return Said(check, DISABLED, f"switched off by {off.where}", trace.limits)
    outcome, why = (FOUND, _worth(finding)) if finding else (SILENT, _silent(trace)) if withheld is None else (WITHHELD, withheld)
    return Said(check, outcome, why, trace.limits, list(trace.comparisons), list(_metrics(check, resource)), finding)


def _worth(finding: Finding) -> str:
    savings = finding.savings
    worth = f"no known price: {savings.unpriced}" if savings.unpriced is not None else f"{usd(savings.likely)} a month: {savings.formula}"
    return worth if finding.headline else f"{worth}; counted by the better finding on it"


def _silent(trace: Trace) -> str:
    """Why a check finds nothing although it could judge."""
    verdict, nothing = trace.verdict, "what AWS says of it is not what the check looks for"
    if isinstance(verdict, Waste):
        return f"it would save nothing: {verdict.savings.formula}"
    before = "no candidate: " if trace.candidate is False and not trace.judged else ""
    return before + (_decisive(trace) or nothing)


def _withheld(trace: Trace, resource: Resource, as_of: datetime, stumbled: str) -> str:
    """Why a check could not judge, in the order in which the engine decides it."""
    check, verdict, missing = trace.check, trace.verdict, resource.usage.unknown
    if isinstance(verdict, InsufficientData):
        return verdict.reason
    if stumbled.startswith(f"{check.id} of "):
        return f"the check stumbled: {stumbled}"
    if isinstance(verdict, Waste) and check.action in KEPT_FROM and (tag := keeping_tag(resource.tags, as_of)):
        return f"its tag {tag} keeps it"
    if isinstance(trace.candidate, InsufficientData):
        return trace.candidate.reason
    if unknown := next((f"{metric.name}: {missing[metric]}" for metric in check.metrics if metric in missing), ""):
        return f"its metrics are not to be had: {unknown}"
    return next(_few(trace, resource), "too little data")


def _few(trace: Trace, resource: Resource) -> Iterator[str]:
    """The metrics that have too few datapoints."""
    least = trace.limits["min_datapoints"].value if "min_datapoints" in trace.limits else 0.0
    for metric in trace.check.metrics:
        for series in resource.usage.each(metric) if metric in resource.usage and not metric.sparse else ():
            if series.coverage < least:
                yield f"too little data: {metric.name} has {series.count} of {series.expected} datapoints, {least:.0%} are needed"


def _decisive(trace: Trace) -> str:
    """The comparison that came last: after it, the check had its answer."""
    last = next(reversed(trace.comparisons), None)
    return f"{worded(last, trace.limits)} decided it" if last else ""


def worded(one: Comparison, limits: Mapping[str, InForce]) -> str:
    """ "43.2 > 5 (max_cpu_percent, default) is true"."""
    threshold = limits[one.threshold]
    limit = f"{one.limit:,.6g}" if one.limit == threshold.value else f"{one.limit:,.6g}, made of {threshold.value:g}"
    where = f"{limit} ({one.threshold}, {threshold.where or 'default'})"
    return f"{one.number:,.6g} {one.sign} {where} is {str(one.true).lower()}"


def _metrics(check: Check[Resource], resource: Resource) -> Iterator[str]:
    usage = resource.usage
    for metric in check.metrics:
        if metric in usage.unknown:
            yield f"{metric.name}: not known: {usage.unknown[metric]}"
        elif metric in usage:
            yield from (f"{metric.name} ({metric.stat}): {_series(one)}" for one in usage.each(metric))
        else:
            yield f"{metric.name}: not asked for"


def _series(one: Series) -> str:
    seen = f"{one.count} of {one.expected} datapoints"
    return f"{seen}, at most {one.maximum:,.6g}, {one.total:,.6g} in all" if one.count else seen


def lines(resource: Resource, resource_type: str, said: Sequence[Said]) -> Iterator[str]:
    """A resource and what each check of its type says of it."""
    yield f"{resource_type} {resource.name or resource.id}"
    yield f"{resource.arn} (account {resource.account}, {resource.region})"
    for one in sorted(said, key=lambda one: (FOUND, WITHHELD, SILENT, DISABLED).index(one.outcome)):
        yield ""
        yield f"{one.check.id}: {one.outcome}: {one.why}"
        yield from (f"  compared {worded(comparison, one.limits)}" for comparison in one.comparisons)
        yield from (f"  metric {metric}" for metric in one.metrics)
        if one.finding is not None:
            yield from (f"  {name}: {value}" for name, value in one.finding.evidence.items())
