"""Scanning one unit: collect, ask CloudWatch for the candidates, judge, and say exactly how it ended.

Resources stream through in batches, so a region is never in memory whole. Findings go to a sink as they are made; whatever stops a
unit half-way (denied, out of time), what was found until then is kept and the outcome says that it is not everything.
"""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from functions.core import cloudwatch, registry, tags
from functions.core.aws import UNREACHABLE, Aws
from functions.core.errors import Denied, OutOfTime
from functions.core.model import Finding, InsufficientData, Outcome, Resource, Unit, UnitOutcome, Waste, finding_id
from functions.core.prices import Prices
from functions.core.registry import Check, Collector, Limits, Verdict
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

BATCH = 500
"""Resources judged together: enough to fill GetMetricData calls, few enough to stay small."""

HALTS = (Denied, OutOfTime, UNREACHABLE)
"""What ends a unit early and is no reason to try again: it keeps what was found, and the outcome says what stopped it."""

Sink = Callable[[Finding], None]
Asks = Callable[[Check[Resource], Resource, Limits], tuple[Metric, ...]]
"""Which metrics a check asks for a candidate."""


@dataclass(slots=True)
class Judge:
    """The checks of one resource type, with their limits at one moment."""

    checks: Sequence[tuple[Check[Resource], Limits]]
    prices: Prices
    insufficient: Counter[str] = field(default_factory=Counter)
    denied: Denied | None = None

    def findings(self, resource: Resource) -> list[Finding]:
        """Every finding of one resource; the most valuable is its headline, the others say that it counts for them."""
        found = []
        usage = resource.usage
        for check, limits in self.checks:
            if check.metrics and not check.metrics_optional and not self._has_metrics(check, resource, limits, usage):
                continue
            if check.metrics:
                resource.usage = _within(check, limits, usage)
            verdict = self._verdict(check, resource, limits, self.prices)
            if isinstance(verdict, InsufficientData):
                self.insufficient[check.id] += 1
            elif verdict is not None and (check.hygiene or not verdict.savings.worthless):
                found.append(_finding(check, resource, verdict))
        resource.usage = usage
        if len(found) > 1:
            found.sort(key=lambda finding: (-finding.savings.likely, -finding.savings.high, finding.check_id))
            for finding in found[1:]:
                finding.headline, finding.counted_by = False, found[0].finding_id
        return found

    def wanted(self, batch: Sequence[Resource], asks: Asks) -> Iterator[cloudwatch.Wanted]:
        """The metrics worth asking for: each metric of each candidate once, over the longest window that a check needs."""
        for resource in batch:
            asked: dict[Metric, float] = {}
            for check, limits in self.checks:
                if check.metrics and (check.candidate is None or check.candidate(resource, limits)):
                    for metric in asks(check, resource, limits):
                        asked[metric] = max(asked.get(metric, 0), getattr(limits, metric.window))
            for metric, days in asked.items():
                yield resource, metric, days

    @staticmethod
    def _has_metrics(check: Check[Resource], resource: Resource, limits: Limits, usage: Usage) -> bool:
        """Its metrics are there, and not only because another check asked for them."""
        there = all(metric in usage for metric in check.metrics)
        return there and (check.candidate is None or check.candidate(resource, limits))

    @staticmethod
    def _verdict(check: Check[Resource], resource: Resource, limits: Limits, prices: Prices) -> Verdict:
        return _too_few(check, resource, limits) or check.judge(resource, limits, prices)


def at_first(check: Check[Resource], resource: Resource, limits: Limits) -> tuple[Metric, ...]:
    """What a check asks for a candidate: everything, or only what decides whether the rest matters."""
    return check.metrics[:1] if check.goes_on else check.metrics


def after_that(check: Check[Resource], resource: Resource, limits: Limits) -> tuple[Metric, ...]:
    """What a check asks for when it has seen its first metric: the others that are not there yet, where they matter."""
    if check.goes_on is None:
        return ()
    usage = resource.usage
    resource.usage = _within(check, limits, usage)
    matters = check.goes_on(resource, limits) or _too_few(check, resource, limits) is not None
    resource.usage = usage
    return tuple(metric for metric in check.metrics[1:] if not _reaches(usage, metric, getattr(limits, metric.window))) if matters else ()


def _reaches(usage: Usage, metric: Metric, days: float) -> bool:
    """The metric is there already, over so many days at least."""
    return metric in usage and all(series.expected >= round(days * DAY_SECONDS / metric.period) for series in usage.each(metric))


def _too_few(check: Check[Resource], resource: Resource, limits: Limits) -> InsufficientData | None:
    """The first metric with too few datapoints to judge by."""
    for metric in check.metrics:
        if metric not in resource.usage or metric.sparse:  # not there: only where metrics are optional, or not asked for yet
            continue
        for series in resource.usage.each(metric):
            if series.coverage < limits.min_datapoints:
                return InsufficientData(f"{metric.name}: {series.count} of {series.expected} datapoints")
    return None


def _within(check: Check[Resource], limits: Limits, usage: Usage) -> Usage:
    """What a check sees: each of its metrics over its own window, where another check asked for more days."""
    narrowed: dict[Metric, tuple[Series, ...]] = {}
    for metric in check.metrics:
        if metric in usage:
            days, series = getattr(limits, metric.window), usage.each(metric)
            expected = round(days * DAY_SECONDS / metric.period)
            if series and series[0].expected > expected:
                start, _ = cloudwatch.window(limits.as_of, days, metric.period)
                narrowed[metric] = tuple(one.since(start, expected) for one in series)
    return Usage({**usage.series, **narrowed}) if narrowed else usage


def _finding(check: Check[Resource], resource: Resource, waste: Waste) -> Finding:
    words = {"id": resource.id, "arn": resource.arn, "name": resource.name or resource.id, "region": resource.region, **waste.values}
    return Finding(
        finding_id=finding_id(resource.account, resource.region, resource.arn, check.id),
        check_id=check.id,
        title=check.title,
        resource_type=check.over.resource_type,
        resource_arn=resource.arn,
        resource_id=resource.id,
        resource_name=resource.name,
        account=resource.account,
        region=resource.region,
        tags=resource.tags,
        owner=tags.owner(resource.tags),
        action=check.action,
        effort=check.effort,
        risk=check.risk,
        undo=check.undo,
        command=check.command.format_map({name: shlex.quote(value) for name, value in words.items()}),
        reference=check.reference,
        confidence=waste.confidence or check.confidence,
        evidence=waste.evidence,
        savings=waste.savings,
        note=waste.note,
        covers=waste.covers,
        coverable=waste.coverable,
    )


def scan(
    unit: Unit,
    aws: Aws,
    prices: Prices,
    sink: Sink,
    overrides: Mapping[str, float] | None = None,
    window_days: int | None = None,
) -> UnitOutcome:
    """Scan one unit. Returns its outcome; raises Throttled (the state machine retries) and whatever is a bug of ours."""
    started = time.monotonic()
    collector, checks = registry.load(unit.resource_type)
    judge = Judge([(check, check.limits(aws.as_of, overrides, window_days)) for check in checks], prices)
    outcome = UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=Outcome.OK
    )
    try:
        _scan_batches(collector, aws, judge, outcome, sink)
        if judge.denied:
            outcome.outcome, outcome.reason = Outcome.DENIED, str(judge.denied)
        elif not outcome.resources:
            outcome.outcome = Outcome.EMPTY
    except Denied as denied:
        outcome.outcome, outcome.reason = Outcome.DENIED, str(denied)
    except OutOfTime as late:
        outcome.outcome, outcome.reason, outcome.next_token = Outcome.INCOMPLETE, str(late), late.token
    except UNREACHABLE as unreachable:
        outcome.outcome, outcome.reason = Outcome.FAILED, f"{type(unreachable).__name__}: {unreachable}"
    outcome.insufficient = dict(judge.insufficient)
    outcome.calls = dict(aws.meter.calls)
    outcome.pages, outcome.metrics = aws.meter.pages, aws.meter.metrics
    outcome.seconds = round(time.monotonic() - started, 3)
    return outcome


def _scan_batches(collector: Collector[Resource], aws: Aws, judge: Judge, outcome: UnitOutcome, sink: Sink) -> None:
    """Judge every resource. What stops the listing or the metrics half-way is raised when all that was listed before is judged."""
    resources = iter(collector(aws))
    halt: Exception | None = None
    while halt is None:
        batch: list[Resource] = []
        try:
            batch.extend(islice(resources, BATCH))
        except HALTS as reason:
            halt = reason
        if batch:
            ask = halt is None or isinstance(halt, Denied)  # no time, or no answer: then CloudWatch has none either
            unasked = _scan_batch(batch, aws, judge, outcome, sink, ask=ask)
            halt = halt or unasked
        elif halt is None:
            return
    raise halt


def _scan_batch(batch: Sequence[Resource], aws: Aws, judge: Judge, outcome: UnitOutcome, sink: Sink, *, ask: bool) -> Exception | None:
    """Judge a batch, with its metrics if we `ask` for them. Returns what stopped the asking; checks without metrics have judged then."""
    outcome.resources += len(batch)
    halt: Exception | None = None
    if ask and judge.denied is None:
        try:
            for asks in (at_first, after_that):
                cloudwatch.fetch(aws, judge.wanted(batch, asks))
        except Denied as denied:  # the rest of the unit can still be judged by checks that need no metrics
            judge.denied = denied
        except HALTS as reason:
            halt = reason
    for resource in batch:
        for finding in judge.findings(resource):
            sink(finding)
            outcome.findings += 1
            outcome.savings_likely += finding.savings.likely if finding.headline else 0.0
    return halt
