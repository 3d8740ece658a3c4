"""Scanning one unit: collect, ask CloudWatch for the candidates, judge, and say exactly how it ended.

Resources stream through in batches, so a region is never in memory whole. Findings go to a sink as they are made; whatever stops a
unit half-way (denied, out of time), what was found until then is kept and the outcome says that it is not everything, and where a later
scan can go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from functions.core import registry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.aws.main_listing import ListedPage, Listing
from functions.core.errors import CannotResume, Denied, OutOfTime
from functions.core.model import Finding, Outcome, Resource, ResumeAt, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import cloudwatch
from functions.core.scan.judge import Judge, after_that, at_first

BATCH = 500
"""Resources judged together: enough to fill GetMetricData calls, few enough to stay small."""
METRICS_SECONDS = 20.0
"""Kept for the metrics of the batch that is listed when the time for listing ends: some ten calls of one or two seconds. Without it a unit
whose batches take long to list would never have any judged with metrics, however often it is resumed."""

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
    resume_at: ResumeAt | None = None,
) -> UnitOutcome:
    """Scan one unit. Returns its outcome; raises Throttled (the state machine retries) and whatever is a bug of ours.

    `resume_at`: where an earlier scan of it stopped. Then only what comes from there on is judged and goes to the sink; the outcome counts
    all of it. CannotResume when AWS does not take the token any more: nothing has gone to the sink then.
    """
    started = time.monotonic()
    collector, checks = registry.load(unit.resource_type)
    if resume_at and resume_at.operation != collector.resumes:
        raise CannotResume(f"{unit.resource_type} was listed by {resume_at.operation}, now it resumes {collector.resumes}")
    if aws.deadline is not None and any(check.metrics for check in checks):
        aws.reserve = max(0.0, min(METRICS_SECONDS, (aws.deadline - started) / 4))
    aws.main = Listing(collector.resumes or "", resume_at.token if resume_at else None)
    judge = Judge([(check, check.limits(aws.as_of, overrides, window_days)) for check in checks], prices)
    if resume_at:
        judge.insufficient.update(resume_at.insufficient)
    outcome = begun(unit, resume_at)
    progress = _Progress(aws, aws.main, judge, sink, outcome, resume_at)
    try:
        progress.judge_all(collector(aws))
        if progress.denied:
            outcome.outcome, outcome.reason = Outcome.DENIED, progress.denied
        elif not outcome.resources:
            outcome.outcome = Outcome.EMPTY
    except Denied as denied:
        outcome.outcome, outcome.reason = Outcome.DENIED, str(denied)
    except OutOfTime as late:
        outcome.outcome, outcome.reason, outcome.resume_at = Outcome.INCOMPLETE, str(late), progress.resume_at
    except UNREACHABLE as unreachable:
        outcome.outcome, outcome.reason = Outcome.FAILED, f"{type(unreachable).__name__}: {unreachable}"
    outcome.insufficient = dict(judge.insufficient)
    outcome.calls = dict(aws.meter.calls)
    outcome.pages, outcome.metrics = aws.meter.pages, aws.meter.metrics
    outcome.seconds = round(time.monotonic() - started, 3)
    return outcome


def begun(unit: Unit, resume_at: ResumeAt | None = None) -> UnitOutcome:
    """The outcome of a unit before anything is scanned: what an earlier scan counted up to where this one goes on."""
    outcome = UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=Outcome.OK
    )
    if resume_at:
        outcome.resources, outcome.findings, outcome.savings_likely = resume_at.resources, resume_at.findings, resume_at.savings_likely
        outcome.insufficient = dict(resume_at.insufficient)
    return outcome


@dataclass(slots=True)
class _Batch:
    """Resources that are judged together, each with the page that it comes from. `halt`: what stopped the listing after them."""

    resources: list[Resource] = field(default_factory=list)
    pages: list[ListedPage] = field(default_factory=list)
    halt: Exception | None = None


@dataclass(slots=True)
class _Progress:
    """One scan under way. `resume_at` follows it: all before that was judged as it should be. `page`: the one that `resume_at` is of."""

    aws: Aws
    listing: Listing
    judge: Judge
    sink: Sink
    outcome: UnitOutcome
    resume_at: ResumeAt | None
    page: ListedPage = field(init=False)
    metrics_denied: Denied | None = None
    denied_before: str = field(init=False)

    def __post_init__(self) -> None:
        self.page = self.listing.at
        self.denied_before = self.resume_at.denied if self.resume_at else ""

    @property
    def denied(self) -> str:
        """What AWS refused that only some checks need; empty when all of it could be judged by all of them."""
        return self.denied_before or str(self.metrics_denied or self.aws.refused or "")

    def judge_all(self, collected: Iterable[Resource]) -> None:
        """Judge every resource. What stops the listing or the metrics half-way is raised when all that was listed before is judged."""
        resources = iter(collected)
        while True:
            batch = self._listed(resources)
            stopped = self._ask(batch)
            for resource, page in zip(batch.resources, batch.pages, strict=True):
                if stopped is None or page is batch.pages[0]:
                    self._reach(page)
                self._judge(resource)
            if stopped is None and batch.halt is not None:
                self._reach(self.listing.at)
            halt = batch.halt or stopped
            if halt is not None:
                raise halt
            if not batch.resources:
                return

    def _listed(self, resources: Iterator[Resource]) -> _Batch:
        batch = _Batch()
        try:
            for resource in islice(resources, BATCH):
                batch.resources.append(resource)
                batch.pages.append(self.listing.at)
        except HALTS as reason:
            batch.halt = reason
        return batch

    def _ask(self, batch: _Batch) -> Exception | None:
        """Have the metrics fetched. Returns what stopped that; checks without metrics can judge all the same."""
        if self.metrics_denied or isinstance(batch.halt, UNREACHABLE):  # no answer: then CloudWatch has none either
            return None
        try:
            for asks in (at_first, after_that):
                cloudwatch.fetch(self.aws, self.judge.wanted(batch.resources, asks))
        except Denied as denied:  # the rest of the unit can still be judged by checks that need no metrics
            self.metrics_denied = denied
        except HALTS as reason:
            return reason
        return None

    def _reach(self, page: ListedPage) -> None:
        """All resources before this page have been judged."""
        if page is self.page:
            return
        self.page = page
        self.resume_at = None
        if page.token is not None:
            self.resume_at = ResumeAt(
                operation=self.listing.operation,
                token=page.token,
                resources=self.outcome.resources,
                findings=self.outcome.findings,
                savings_likely=self.outcome.savings_likely,
                insufficient=dict(self.judge.insufficient),
                denied=self.denied,
            )

    def _judge(self, resource: Resource) -> None:
        self.outcome.resources += 1
        for finding in self.judge.findings(resource):
            self.sink(finding)
            self.outcome.findings += 1
            self.outcome.savings_likely += finding.savings.likely if finding.headline else 0.0
