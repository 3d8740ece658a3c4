"""Judging resources: which metrics their checks want, and the findings that come of it. Pure: no AWS, and no clock but the limits'.

A check that stumbles over a resource costs that resource and that check, and not their unit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from functions.core import telemetry
from functions.core.aws.readable import STUMBLES, why
from functions.core.declarations import precedence
from functions.core.limits import Limits
from functions.core.model import Action, Finding, InsufficientData, Resource, Waste
from functions.core.ownership.keeping import KEPT_FROM, keeping_tag
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan import asked_metrics, cloudwatch
from functions.core.scan.asked_metrics import Asks, at_first
from functions.core.scan.stakeholders import finding_of
from functions.core.tuning.applied import Tuning
from functions.core.usage import Metric, Usage

ENDS = frozenset({Action.DELETE, Action.STOP})
"""Actions that save all that a resource bills, and not only a part."""
CHANGED = "changed_thresholds"
"""Where a finding's evidence says which thresholds are not the defaults, and where they were changed."""


@dataclass(slots=True)
class Judge:
    """The checks of one resource type, with their limits at one moment; where a resource's tags may change them, `tuning` says how.

    `disabled`: of each check that config/checks.toml may switch off, for how many resources it is. `insufficient`: for each, how many
    resources it could not judge. `stumbled`: over how many of those it stumbled, which is a bug of the check or something in AWS's answer
    that nobody foresaw; `reason`: the first of them, and why.
    """

    checks: Sequence[tuple[Check[Resource], Limits]]
    prices: Prices
    insufficient: Counter[str] = field(default_factory=Counter)
    reason: str = ""
    tuning: Tuning | None = None
    disabled: Counter[str] = field(default_factory=Counter)
    _over: dict[str, set[str]] = field(default_factory=dict)
    unjudged: dict[int, tuple[Resource, list[str]]] = field(default_factory=dict)
    """By identity: resources of the batch that metrics were wanted for last, and the checks that said that they cannot judge them."""
    shared: Mapping[str, tuple[Metric, ...]] = field(init=False)
    """By check, its metrics that another check looks back on for another number of days: only those need narrowing."""

    def __post_init__(self) -> None:
        if self.tuning is not None:
            self.disabled.update(dict.fromkeys(self.tuning.may_disable, 0))
        windows: dict[Metric, set[float]] = defaultdict(set)
        for check, limits in self.checks:
            for metric in check.metrics:
                windows[metric].add(getattr(limits, metric.window))
        every = self.tuning.checks if self.tuning is not None else [check for check, _ in self.checks]
        alike = self.tuning is None  # else a tag may change any window
        self.shared = {check.id: tuple(one for one in check.metrics if not alike or len(windows[one]) > 1) for check in every}

    @classmethod
    def of(cls, tuning: Tuning, prices: Prices) -> Judge:
        """By what config/checks.toml says, which costs nothing where it says nothing."""
        return cls(tuning.plain.checks, prices, tuning=tuning if tuning.matters else None)

    @property
    def stumbled(self) -> int:
        return sum(map(len, self._over.values()))

    def findings(self, resource: Resource) -> list[Finding]:
        """Every finding of one resource; the most valuable is its headline, the others say that it counts for them."""
        found = []
        usage = resource.usage
        if self.unjudged and self.unjudged.get(id(resource), (None,))[0] is resource:
            self.insufficient.update(self.unjudged.pop(id(resource))[1])
        if self.tuning is not None:
            self.disabled.update(self.tuning.of(resource.tags).disabled)
        for check, limits in self._checks_of(resource):
            if self._over and resource.arn in self._over.get(check.id, ()):  # it stumbled when it was to say which metrics it wants
                continue
            try:
                verdict = self._verdict(check, resource, limits, usage)
                if isinstance(verdict, InsufficientData):
                    self.insufficient[check.id] += 1
                elif verdict is not None:
                    _say_what_else_ends(check, resource, verdict)
                    if not check.hygiene and verdict.savings.worthless:
                        continue
                    if check.action in KEPT_FROM and keeping_tag(resource.tags, limits.as_of):  # somebody has answered already
                        self.insufficient[check.id] += 1
                        continue
                    found.append(finding_of(check, resource, _with_what_it_went_by(check, limits, usage, verdict)))
            except STUMBLES as error:
                self._stumble(check, resource, error)
        resource.usage = usage
        if len(found) > 1:
            found.sort(key=_order)
            for finding in found[1:]:
                finding.headline, finding.counted_by = False, found[0].finding_id
        return found

    def _checks_of(self, resource: Resource) -> Sequence[tuple[Check[Resource], Limits]]:
        return self.checks if self.tuning is None else self.tuning.of(resource.tags).checks

    def wanted(self, batch: Sequence[Resource], asks: Asks) -> Iterator[cloudwatch.Wanted]:
        """The metrics worth asking for: each metric of each candidate once, over the longest window that a check needs."""
        if asks is at_first:
            self.unjudged.clear()
        for resource in batch:
            asked: dict[Metric, float] = {}
            for check, limits in self._checks_of(resource):
                try:
                    if not check.metrics:
                        continue
                    answer = check.candidate is None or check.candidate(resource, limits)
                    if isinstance(answer, InsufficientData):
                        if asks is at_first and not check.metrics_optional:
                            self.unjudged.setdefault(id(resource), (resource, []))[1].append(check.id)
                    elif answer:
                        for metric in asks(check, resource, limits):
                            asked[metric] = max(asked.get(metric, 0), getattr(limits, metric.window))
                except STUMBLES as error:
                    self._stumble(check, resource, error)
            for metric, days in asked.items():
                yield resource, metric, days

    def _verdict(self, check: Check[Resource], resource: Resource, limits: Limits, usage: Usage) -> Verdict:
        if check.metrics:
            if not check.metrics_optional:
                there = all(metric in usage for metric in check.metrics)
                if not there and not usage.unknown:
                    return None
                if check.candidate is not None and check.candidate(resource, limits) is not True:  # another check asked for its metrics
                    return None
                if not there:
                    resource.usage = self._narrowed(check, limits, usage)
                    return asked_metrics.unknown(check, resource, limits)
            resource.usage = self._narrowed(check, limits, usage)
            if check.metrics_optional and check.candidate is not None and check.candidate(resource, limits) is not True:
                return check(resource, limits, self.prices)  # what others asked for is nothing to it
        return asked_metrics.too_few(check, resource, limits) or check(resource, limits, self.prices)

    def _narrowed(self, check: Check[Resource], limits: Limits, usage: Usage) -> Usage:
        shared = self.shared[check.id]
        return asked_metrics.within(shared, limits, usage) if shared and usage.series else usage

    def _stumble(self, check: Check[Resource], resource: Resource, error: Exception) -> None:
        """It costs this resource and this check. The first of a check is logged with its trace: it is to be seen, and mended."""
        if check.id not in self._over:
            telemetry.logger.exception("a check stumbled over a resource", check=check.id, arn=resource.arn)
        over = self._over.setdefault(check.id, set())
        if resource.arn not in over:
            over.add(resource.arn)
            self.insufficient[check.id] += 1
            self.reason = self.reason or why(f"{check.id} of {resource.id}", error)


def _say_what_else_ends(check: Check[Resource], resource: Resource, waste: Waste) -> None:
    """What else the resource bills ends with it: the saving is then the least that it can be."""
    if resource.also_bills and check.action in ENDS:
        waste.savings = waste.savings.without(resource.also_bills)


def _order(finding: Finding) -> tuple[float | str, ...]:
    return precedence(finding.savings.likely, finding.savings.high, finding.confidence, finding.effort, finding.risk, finding.check_id)


def _with_what_it_went_by(check: Check[Resource], limits: Limits, usage: Usage, waste: Waste) -> Waste:
    """Says which thresholds are not the defaults, and until when CloudWatch was looked at, where it was: what began to be used after that
    is not seen."""
    if limits.changed:
        waste.evidence[CHANGED] = limits.changed
    if usage.series and any(metric in usage for metric in check.metrics):
        waste.evidence["window_end"] = _window_end(limits.as_of)
    return waste


@lru_cache(maxsize=8)  # one sweep has one
def _window_end(as_of: datetime) -> str:
    return cloudwatch.window(as_of, 0)[1].isoformat()
