"""Scanning one unit: collect, ask CloudWatch for the candidates, judge, and say exactly how it ended.

Resources stream through in batches, so a region is never in memory whole. Findings go to a sink as they are made; whatever stops a
unit half-way (denied, out of time), what was found until then is kept and the outcome says that it is not everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from functions.core import cloudwatch, registry
from functions.core.aws import UNREACHABLE, Aws
from functions.core.errors import Denied, OutOfTime
from functions.core.judging import Judge, after_that, at_first
from functions.core.model import Finding, Outcome, Resource, Unit, UnitOutcome
from functions.core.prices import Prices
from functions.core.registry import Collector

BATCH = 500
"""Resources judged together: enough to fill GetMetricData calls, few enough to stay small."""

HALTS = (Denied, OutOfTime, UNREACHABLE)
"""What ends a unit early and is no reason to try again: it keeps what was found, and the outcome says what stopped it."""

Sink = Callable[[Finding], None]


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
