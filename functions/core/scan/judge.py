"""Judging resources: which metrics their checks want, and the findings that come of it. Pure: no AWS, and no clock but the limits'."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from functions.core import tags
from functions.core.limits import Limits
from functions.core.model import Finding, InsufficientData, Resource, Waste, finding_id
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan import cloudwatch
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

Asks = Callable[[Check[Resource], Resource, Limits], tuple[Metric, ...]]
"""Which metrics a check asks for a candidate."""


@dataclass(slots=True)
class Judge:
    """The checks of one resource type, with their limits at one moment."""

    checks: Sequence[tuple[Check[Resource], Limits]]
    prices: Prices
    insufficient: Counter[str] = field(default_factory=Counter)
    shared: Mapping[str, tuple[Metric, ...]] = field(init=False)
    """By check, its metrics that another check looks back on for another number of days: only those need narrowing."""

    def __post_init__(self) -> None:
        windows: dict[Metric, set[float]] = defaultdict(set)
        for check, limits in self.checks:
            for metric in check.metrics:
                windows[metric].add(getattr(limits, metric.window))
        self.shared = {check.id: tuple(metric for metric in check.metrics if len(windows[metric]) > 1) for check, _ in self.checks}

    def findings(self, resource: Resource) -> list[Finding]:
        """Every finding of one resource; the most valuable is its headline, the others say that it counts for them."""
        found = []
        usage = resource.usage
        for check, limits in self.checks:
            if check.metrics and not check.metrics_optional and not self._has_metrics(check, resource, limits, usage):
                continue
            shared = self.shared[check.id]
            resource.usage = _within(shared, limits, usage) if shared and usage.series else usage
            verdict = self._verdict(check, resource, limits, self.prices)
            if isinstance(verdict, InsufficientData):
                self.insufficient[check.id] += 1
            elif verdict is not None and (check.hygiene or not verdict.savings.worthless):
                found.append(_finding(check, resource, _with_window_end(check, limits, usage, verdict)))
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
    return check.metrics[: check.asked_first] if check.goes_on else check.metrics


def after_that(check: Check[Resource], resource: Resource, limits: Limits) -> tuple[Metric, ...]:
    """What a check asks for when it has seen its first metrics: the others that are not there yet, where they matter."""
    if check.goes_on is None:
        return ()
    usage = resource.usage
    resource.usage = _within(check.metrics, limits, usage)
    matters = check.goes_on(resource, limits) or _too_few(check, resource, limits) is not None
    resource.usage = usage
    return (
        tuple(metric for metric in check.metrics[check.asked_first :] if not _reaches(usage, metric, getattr(limits, metric.window)))
        if matters
        else ()
    )


def _reaches(usage: Usage, metric: Metric, days: float) -> bool:
    """The metric is there already, over so many days at least."""
    return metric in usage and all(series.expected >= round(days * DAY_SECONDS / metric.period) for series in usage.each(metric))


def _too_few(check: Check[Resource], resource: Resource, limits: Limits) -> InsufficientData | None:
    """The first metric with too few datapoints to judge by."""
    if not resource.usage.series:
        return None
    for metric in check.metrics:
        if metric.sparse or metric not in resource.usage:  # not there: only where metrics are optional, or not asked for yet
            continue
        for series in resource.usage.each(metric):
            if series.coverage < limits.min_datapoints:
                return InsufficientData(f"{metric.name}: {series.count} of {series.expected} datapoints")
    return None


def _within(metrics: Sequence[Metric], limits: Limits, usage: Usage) -> Usage:
    """What a check sees: each of its metrics over its own window, where another check asked for more days."""
    narrowed: dict[Metric, tuple[Series, ...]] = {}
    for metric in metrics:
        if metric in usage:
            days, series = getattr(limits, metric.window), usage.each(metric)
            expected = round(days * DAY_SECONDS / metric.period)
            if series and series[0].expected > expected:
                start, _ = cloudwatch.window(limits.as_of, days)
                narrowed[metric] = tuple(one.since(start, expected) for one in series)
    return Usage({**usage.series, **narrowed}) if narrowed else usage


def _with_window_end(check: Check[Resource], limits: Limits, usage: Usage, waste: Waste) -> Waste:
    """Says until when CloudWatch was looked at, where it was: what began to be used after that is not seen."""
    if usage.series and any(metric in usage for metric in check.metrics):
        waste.evidence["window_end"] = _window_end(limits.as_of)
    return waste


@lru_cache(maxsize=8)  # one sweep has one
def _window_end(as_of: datetime) -> str:
    return cloudwatch.window(as_of, 0)[1].isoformat()


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
