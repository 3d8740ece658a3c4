"""Scanning one unit: collect, ask CloudWatch for the candidates, judge, and say exactly how it ended.

Resources stream through in batches, so a region is never in memory whole. Findings go to a sink as they are made; whatever stops a
unit half-way (denied, throttled, out of time, a failure of AWS), what was found until then is kept and the outcome says that it is not
everything, and where a later scan can go on. Where only CloudWatch does not give what it is asked for, the unit goes on without metrics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from botocore.exceptions import ClientError

from functions.core import registry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.aws.main_listing import ListedPage, Listing
from functions.core.aws.refusals import passing
from functions.core.errors import CannotResume, Denied, NotEnrolled, OutOfTime, Throttled
from functions.core.model import Finding, Outcome, Resource, ResumeAt, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import cloudwatch
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.scan.ration import Ration, unmeasured
from functions.core.tuning.applied import Tuning

BATCH = 500
"""Resources judged together: enough to fill GetMetricData calls, few enough to stay small."""
METRICS_SECONDS = 20.0
"""Kept for the metrics of the batch that is listed when the time for listing ends: some ten calls of one or two seconds. Without it a unit
whose batches take long to list would never have any judged with metrics, however often it is resumed."""

HALTS = (Denied, NotEnrolled, Throttled, OutOfTime, UNREACHABLE)
"""What ends a unit early, as a failure of AWS does (see `_halts`): it keeps what was found, and the outcome says what stopped it."""
OUTCOMES = (
    (Denied, Outcome.DENIED),
    (NotEnrolled, Outcome.SKIPPED),
    (Throttled, Outcome.THROTTLED),
    (OutOfTime, Outcome.INCOMPLETE),
)
"""What becomes of a unit that is stopped so; by anything else it has failed."""
GOES_ON = frozenset({Outcome.THROTTLED, Outcome.INCOMPLETE})
"""The outcomes of a unit that a later scan need not begin anew."""

Sink = Callable[[Finding], None]


def scan(
    unit: Unit,
    aws: Aws,
    prices: Prices,
    sink: Sink,
    overrides: Mapping[str, float] | None = None,
    window_days: int | None = None,
    resume_at: ResumeAt | None = None,
    take: Callable[[int], int] | None = None,
) -> UnitOutcome:
    """Scan one unit. Returns its outcome, a throttled one too (the handler lets the state machine retry); raises what is a bug of ours.

    `resume_at`: where an earlier scan of it stopped. Then only what comes from there on is judged and goes to the sink; the outcome counts
    all of it. `take` gives so many of the metrics that the sweep may still ask for; without it all are asked for. CannotResume when AWS
    does not take the token any more: nothing has gone to the sink then.
    """
    started = time.monotonic()
    collector, checks = registry.load(unit.resource_type)
    if resume_at and resume_at.operation != collector.resumes:
        raise CannotResume(f"{unit.resource_type} was listed by {resume_at.operation}, now it resumes {collector.resumes}")
    if aws.deadline is not None and any(check.metrics for check in checks):
        aws.reserve = max(0.0, min(METRICS_SECONDS, (aws.deadline - started) / 4))
    aws.regions = unit.regions
    aws.main = Listing(collector.resumes or "", resume_at.token if resume_at else None)
    tuning = Tuning(checks, unit.rules, lambda check, rules: check.limits(aws.as_of, overrides, window_days, rules))
    judge = Judge.of(tuning, prices)
    if resume_at:
        judge.insufficient.update(resume_at.insufficient)
        judge.disabled.update(resume_at.disabled)
        aws.unreadable.items, aws.unreadable.reason = resume_at.unreadable, resume_at.unreadable_reason
    outcome = begun(unit, resume_at)
    ration = Ration(take, collector, prices) if take else None
    progress = _Progress(aws, aws.main, judge, sink, outcome, resume_at, ration)
    try:
        progress.judge_all(collector(aws))
        halt = None if isinstance(progress.lost, Denied) else progress.lost
    except (*HALTS, ClientError) as reason:
        if not _halts(reason):
            raise
        halt = reason
    unreadable = aws.unreadable
    if halt is not None:
        outcome.outcome, outcome.reason = _ended(halt)
        outcome.resume_at = progress.resume_at if outcome.outcome in GOES_ON else None
    elif progress.denied:
        outcome.outcome, outcome.reason = Outcome.DENIED, progress.denied
    elif not outcome.resources:
        outcome.outcome = Outcome.EMPTY
        if unreadable.items:  # that is not nothing
            outcome.outcome, outcome.reason = Outcome.FAILED, f"not one of {unreadable.items} items could be read: {unreadable.reason}"
    outcome.unreadable = unreadable.items + unreadable.beside + judge.stumbled
    outcome.unreadable_reason = unreadable.reason or judge.reason
    outcome.insufficient, outcome.disabled = dict(judge.insufficient), dict(judge.disabled)
    outcome.calls = dict(aws.meter.calls)
    outcome.pages, outcome.metrics = aws.meter.pages, aws.meter.metrics
    outcome.seconds = round(time.monotonic() - started, 3)
    return outcome


def _halts(error: Exception) -> bool:
    """Whether it ends a unit early and is no bug of ours: one of HALTS, or a failure on AWS's side that outlasted botocore's attempts."""
    return isinstance(error, HALTS) or (isinstance(error, ClientError) and passing(error.response, None))


def _ended(halt: Exception) -> tuple[Outcome, str]:
    outcome = next((outcome for kind, outcome in OUTCOMES if isinstance(halt, kind)), None)
    return (outcome, str(halt)) if outcome else (Outcome.FAILED, f"{type(halt).__name__}: {halt}")


def begun(unit: Unit, resume_at: ResumeAt | None = None) -> UnitOutcome:
    """The outcome of a unit before anything is scanned: what an earlier scan counted up to where this one goes on."""
    outcome = UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=Outcome.OK
    )
    if resume_at:
        outcome.resources, outcome.findings, outcome.savings_likely = resume_at.resources, resume_at.findings, resume_at.savings_likely
        outcome.insufficient, outcome.disabled = dict(resume_at.insufficient), dict(resume_at.disabled)
        outcome.unmeasured = resume_at.unmeasured
        outcome.unreadable, outcome.unreadable_reason = resume_at.unreadable, resume_at.unreadable_reason
    return outcome


@dataclass(slots=True)
class _Batch:
    """Resources that are judged together, each with the page that it comes from. `halt`: what stopped the listing after them."""

    resources: list[Resource] = field(default_factory=list)
    pages: list[ListedPage] = field(default_factory=list)
    halt: Exception | None = None


@dataclass(slots=True)
class _Progress:
    """One scan under way. `resume_at` follows it: all before that was judged as it should be. `page`: the one that `resume_at` is of.

    `lost`: what keeps CloudWatch's metrics from us. It is asked no more then, and the rest is judged by checks that need none.
    """

    aws: Aws
    listing: Listing
    judge: Judge
    sink: Sink
    outcome: UnitOutcome
    resume_at: ResumeAt | None
    ration: Ration | None = None
    page: ListedPage = field(init=False)
    lost: Exception | None = None
    denied_before: str = field(init=False)

    def __post_init__(self) -> None:
        self.page = self.listing.at
        self.denied_before = self.resume_at.denied if self.resume_at else ""

    @property
    def denied(self) -> str:
        """What AWS refused that only some checks need; empty when all of it could be judged by all of them."""
        return self.denied_before or str((self.lost if isinstance(self.lost, Denied) else self.aws.refused) or "")

    @property
    def stays(self) -> bool:
        """The metrics are lost, but may be had another time: a later scan goes on where they began to lack. What is denied stays denied."""
        return self.lost is not None and not isinstance(self.lost, Denied)

    def judge_all(self, collected: Iterable[Resource]) -> None:
        """Judge every resource. What stops the listing or the metrics half-way is raised when all that was listed before is judged."""
        resources = iter(collected)
        while True:
            batch = self._listed(resources)
            stayed = self.stays
            stopped = self._ask(batch)
            whole = stopped is None and not self.stays
            for resource, page in zip(batch.resources, batch.pages, strict=True):
                if whole or (page is batch.pages[0] and not stayed):
                    self._reach(page)
                self._judge(resource)
            if whole and batch.halt is not None:
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
        except (*HALTS, ClientError) as reason:
            if not _halts(reason):
                raise
            batch.halt = reason
        return batch

    def _ask(self, batch: _Batch) -> Exception | None:
        """Have the metrics fetched. Returns what stopped that for lack of time; checks without metrics can judge all the same."""
        if self.lost or isinstance(batch.halt, UNREACHABLE):  # no answer: then CloudWatch has none either
            return None
        try:
            for asks in (at_first, after_that):
                wanted = self.judge.wanted(batch.resources, asks)
                cloudwatch.fetch(self.aws, self.ration.share(wanted) if self.ration else wanted)
        except OutOfTime as late:
            return late
        except (*HALTS, ClientError) as reason:
            self.lost = reason
        return None

    def _reach(self, page: ListedPage) -> None:
        """All resources before this page have been judged."""
        if page is self.page:
            return
        self.page = page
        self.resume_at = None
        if page.token is not None:
            unreadable = page.unreadable + self.judge.stumbled
            self.resume_at = ResumeAt(
                operation=self.listing.operation,
                token=page.token,
                resources=self.outcome.resources,
                findings=self.outcome.findings,
                savings_likely=self.outcome.savings_likely,
                insufficient=dict(self.judge.insufficient),
                disabled=dict(self.judge.disabled),
                denied=self.denied,
                unmeasured=self.outcome.unmeasured,
                unreadable=unreadable,
                unreadable_reason=(self.aws.unreadable.reason or self.judge.reason) if unreadable else "",
            )

    def _judge(self, resource: Resource) -> None:
        self.outcome.resources += 1
        self.outcome.unmeasured += self.ration is not None and unmeasured(resource)
        for finding in self.judge.findings(resource):
            self.sink(finding)
            self.outcome.findings += 1
            self.outcome.savings_likely += finding.savings.likely if finding.headline else 0.0
