"""Which metrics a check asks for of a candidate, over which window it reads them, and whether there are enough to judge by. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from functions.core.limits import Limits
from functions.core.model import InsufficientData, Resource
from functions.core.registry import Check
from functions.core.scan import cloudwatch
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage

Asks = Callable[[Check[Resource], Resource, Limits], tuple[Metric, ...]]
"""Which metrics a check asks for a candidate."""


def at_first(check: Check[Resource], resource: Resource, limits: Limits) -> tuple[Metric, ...]:
    """What a check asks for a candidate: everything, or only what decides whether the rest matters."""
    return check.metrics[: check.asked_first] if check.goes_on else check.metrics


def after_that(check: Check[Resource], resource: Resource, limits: Limits) -> tuple[Metric, ...]:
    """What a check asks for when it has seen its first metrics: the others that are not there yet, where they matter."""
    usage = resource.usage
    if check.goes_on is None or any(metric not in usage for metric in check.metrics[: check.asked_first]):
        return ()
    resource.usage = within(check.metrics, limits, usage)
    others = check.metrics[check.asked_first :]
    try:
        matter = check.goes_on(resource, limits)
        if not matter and (check.metrics_optional or too_few(check, resource, limits) is None):
            return ()
    finally:
        resource.usage = usage
    return tuple(
        metric
        for metric in (others if isinstance(matter, bool) else matter)
        if metric not in usage.unknown and not _reaches(usage, metric, getattr(limits, metric.window))
    )


def _reaches(usage: Usage, metric: Metric, days: float) -> bool:
    """The metric is there already, over so many days at least."""
    return metric in usage and all(series.expected >= round(days * DAY_SECONDS / metric.period) for series in usage.each(metric))


def unknown(check: Check[Resource], resource: Resource, limits: Limits) -> InsufficientData | None:
    """The first metric that CloudWatch did not give; None where the check's first metric has settled that the others do not matter."""
    usage, first = resource.usage, check.metrics[: check.asked_first]
    if check.goes_on is not None and all(metric in usage for metric in first) and not check.goes_on(resource, limits):
        return too_few(check, resource, limits)
    return next((InsufficientData(f"{metric.name}: {usage.unknown[metric]}") for metric in check.metrics if metric in usage.unknown), None)


def too_few(check: Check[Resource], resource: Resource, limits: Limits) -> InsufficientData | None:
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


def within(metrics: Sequence[Metric], limits: Limits, usage: Usage) -> Usage:
    """What a check sees: each of its metrics over its own window, where another check asked for more days."""
    narrowed: dict[Metric, tuple[Series, ...]] = {}
    for metric in metrics:
        if metric in usage:
            days, series = getattr(limits, metric.window), usage.each(metric)
            expected = round(days * DAY_SECONDS / metric.period)
            if series and series[0].expected > expected:
                start, _ = cloudwatch.window(limits.as_of, days)
                narrowed[metric] = tuple(one.since(start, expected) for one in series)
    return Usage({**usage.series, **narrowed}, usage.unknown) if narrowed else usage
