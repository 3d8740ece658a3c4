"""What a check compares while it judges one resource: its thresholds write down every comparison that they take part in.

The checks and the engine are the sweep's own and know nothing of it: a copy of a check is given whose functions say what they answered,
and limits whose numbers remember. A sweep makes neither.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, SupportsFloat

from functions.core.limits import InForce, Limits
from functions.core.model import InsufficientData, Resource
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.usage import Metric

SIGNS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "__lt__": (">", operator.lt),
    "__le__": ("≥", operator.le),
    "__gt__": ("<", operator.gt),
    "__ge__": ("≤", operator.ge),
}
"""How a comparison reads from the other side: the threshold stands on the right."""
REVERSED = {"__radd__": operator.add, "__rsub__": operator.sub, "__rmul__": operator.mul, "__rtruediv__": operator.truediv}
ARITHMETIC = {"__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul, "__truediv__": operator.truediv}


@dataclass(slots=True, frozen=True)
class Comparison:
    """`number` `sign` `limit`, a threshold or what was made of it, is `true`."""

    number: float
    sign: str
    limit: float
    threshold: str
    true: bool


@dataclass(slots=True)
class Trace:
    """What one check did with one resource. `candidate`: its last answer; None where it was not asked. `goes_on`: whether its first metrics
    said that the others matter; None where it was not asked. `verdict`: what its judge said, if that was asked (`judged`).
    """

    check: Check[Resource]
    limits: Mapping[str, InForce]
    comparisons: dict[Comparison, None] = field(default_factory=dict)
    candidate: bool | InsufficientData | None = None
    goes_on: bool | None = None
    judged: bool = False
    verdict: Verdict = None
    active: bool = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """For the block that is the check's own: what the engine compares is none of its reasons."""
        self.active = True
        try:
            yield
        finally:
            self.active = False

    def traced(self) -> Check[Resource]:
        """A copy of the check that says here what it answered."""
        check, may_be, matters = self.check, self.check.candidate, self.check.goes_on

        def candidate(resource: Resource, limits: Limits) -> bool | InsufficientData:
            with self.listening():
                self.candidate = may_be(resource, limits) if may_be else True
            return self.candidate

        def goes_on(resource: Resource, limits: Limits) -> bool | tuple[Metric, ...]:
            with self.listening():
                answer = matters(resource, limits) if matters else True
            self.goes_on = bool(answer)
            return answer

        def judge(resource: Resource, limits: Limits, prices: Prices) -> Verdict:
            with self.listening():
                self.verdict = check.judge(resource, limits, prices)
            self.judged = True
            return self.verdict

        return replace(check, judge=judge, candidate=candidate if may_be else None, goes_on=goes_on if matters else None)

    def traced_limits(self, as_of: datetime, changed: str) -> Limits:
        """The thresholds that are in force, which write down what they are compared with."""
        return _TracedLimits({name: one.value for name, one in self.limits.items()}, as_of, changed, self)


class _TracedLimits(Limits):
    __slots__ = ("_trace",)

    def __init__(self, values: Mapping[str, float], as_of: datetime, changed: str, trace: Trace) -> None:
        super().__init__(values, as_of, changed)
        self._trace = trace

    def __getattr__(self, name: str) -> float:
        return _Threshold(super().__getattr__(name), name, self._trace)


class _Threshold(float):
    """A number that is compared as any other, and writes it down. Python asks it first, as its class is made from `float`."""

    __slots__ = ("name", "trace")
    name: str
    trace: Trace

    def __new__(cls, value: float, name: str, trace: Trace) -> _Threshold:
        made = super().__new__(cls, value)
        made.name, made.trace = name, trace
        return made

    __hash__ = float.__hash__


def _compared(name: str) -> Callable[[_Threshold, Any], Any]:
    sign, compare = SIGNS[name]

    def method(self: _Threshold, other: Any) -> Any:
        if not isinstance(other, SupportsFloat):
            return NotImplemented
        true = compare(float(self), float(other))
        if self.trace.active and not isinstance(other, _Threshold):  # the larger of two thresholds is no reason
            self.trace.comparisons[Comparison(float(other), sign, float(self), self.name, true)] = None
        return true

    return method


def _calculated(calculate: Callable[[Any, Any], Any], *, reverse: bool) -> Callable[[_Threshold, Any], Any]:
    """What is made of a threshold is compared in its place."""

    def method(self: _Threshold, other: Any) -> Any:
        if not isinstance(other, SupportsFloat):
            return NotImplemented
        left, right = (float(other), float(self)) if reverse else (float(self), float(other))
        return _Threshold(calculate(left, right), self.name, self.trace)

    return method


for _name in SIGNS:
    setattr(_Threshold, _name, _compared(_name))
for _name, _calculate in ARITHMETIC.items():
    setattr(_Threshold, _name, _calculated(_calculate, reverse=False))
for _name, _calculate in REVERSED.items():
    setattr(_Threshold, _name, _calculated(_calculate, reverse=True))
