"""Judging resources: which metrics their checks want, and the findings that come of it. Pure: no AWS, and no clock but the limits'."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from functions.core import tags
from functions.core.limits import Limits
from functions.core.model import Action, Finding, InsufficientData, Resource, Waste, finding_id, precedence
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan import cloudwatch
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

Asks = Callable[[Check[Resource], Resource, Limits], tuple[Metric, ...]]
"""Which metrics a check asks for a candidate."""
ENDS = frozenset({Action.DELETE, Action.STOP})
"""Actions that save all that a resource bills, and not only a part."""


@dataclass(slots=True)
class Judge:
    """The checks of one resource type, with their limits at one moment."""

    checks: Sequence[tuple[Check[Resource], Limits]]
    prices: Prices
    insufficient: Counter[str] = field(default_factory=Counter)
    unjudged: dict[int, tuple[Resource, list[str]]] = field(default_factory=dict)
    """By identity: resources of the batch that metrics were wanted for last, and the checks that said that they cannot judge them."""

    def findings(self, resource: Resource) -> list[Finding]:
        """Every finding of one resource; the most valuable is its headline, the others say that it counts for them."""
        found = []
        usage = resource.usage
        if self.unjudged and self.unjudged.get(id(resource), (None,))[0] is resource:
            self.insufficient.update(self.unjudged.pop(id(resource))[1])
        for check, limits in self.checks:
            if check.metrics and not check.metrics_optional and not self._has_metrics(check, resource, limits, usage):
                continue
            if check.metrics:
                resource.usage = _within(check, limits, usage)
            verdict = self._verdict(check, resource, limits, self.prices)
            if isinstance(verdict, InsufficientData):
                self.insufficient[check.id] += 1
            elif verdict is not None:
                _say_what_else_ends(check, resource, verdict)
                if check.hygiene or not verdict.savings.worthless:
                    found.append(_finding(check, resource, verdict))
        resource.usage = usage
        if len(found) > 1:
            found.sort(key=_order)
            for finding in found[1:]:
                finding.headline, finding.counted_by = False, found[0].finding_id
        return found

    def wanted(self, batch: Sequence[Resource], asks: Asks) -> Iterator[cloudwatch.Wanted]:
        """The metrics worth asking for: each metric of each candidate once, over the longest window that a check needs."""
        if asks is at_first:
            self.unjudged.clear()
        for resource in batch:
            asked: dict[Metric, float] = {}
            for check, limits in self.checks:
                if not check.metrics:
                    continue
                answer = check.candidate is None or check.candidate(resource, limits)
                if isinstance(answer, InsufficientData):
                    if asks is at_first and not check.metrics_optional:
                        self.unjudged.setdefault(id(resource), (resource, []))[1].append(check.id)
                elif answer:
                    for metric in asks(check, resource, limits):
                        asked[metric] = max(asked.get(metric, 0), getattr(limits, metric.window))
            for metric, days in asked.items():
                yield resource, metric, days

    @staticmethod
    def _has_metrics(check: Check[Resource], resource: Resource, limits: Limits, usage: Usage) -> bool:
        """Its metrics are there, and not only because another check asked for them."""
        there = all(metric in usage for metric in check.metrics)
        return there and (check.candidate is None or check.candidate(resource, limits) is True)

    @staticmethod
    def _verdict(check: Check[Resource], resource: Resource, limits: Limits, prices: Prices) -> Verdict:
        return _too_few(check, resource, limits) or check.judge(resource, limits, prices)


def _say_what_else_ends(check: Check[Resource], resource: Resource, waste: Waste) -> None:
    """What else the resource bills ends with it: the saving is then the least that it can be."""
    if resource.also_bills and check.action in ENDS and waste.savings.unpriced is None:
        waste.savings = replace(waste.savings, lacks=tuple(dict.fromkeys((*waste.savings.lacks, *resource.also_bills))))


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


def _order(finding: Finding) -> tuple[float | str, ...]:
    return precedence(finding.savings.likely, finding.savings.high, finding.confidence, finding.effort, finding.risk, finding.check_id)


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
        note=" ".join(filter(None, (waste.note, waste.savings.note))),
        covers=waste.covers,
        coverable=waste.coverable,
    )
