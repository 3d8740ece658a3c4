"""The run's own meter: what one invocation took, from the first line of its handler to its last; and what all of a run took.

    with metered(folder, "rank", context):
        …

writes runs/<run_id>/meter/rank-<request id>.json, whether the block ends well or with an exception: a failed attempt is billed too, and
each attempt has its own object. A scan that ends well has none, its unit object says what it took. Nothing fails because it could not be
metered: that is a line in the log.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import telemetry
from functions.core.aws.request_count import SPENT, spent_calls
from functions.core.store.run_folder import RunFolder

_warm = False
"""This process has had an invocation."""


def _initialization() -> float:
    """Seconds of CPU that the process took until its first invocation; 0 for every later one.

    Lambda bills the initialization of a cold start like the invocation. It is loading modules: CPU seconds are its wall time, or less.
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """
    global _warm
    seconds = 0.0 if _warm else time.process_time()
    _warm = True
    return seconds


@dataclass(slots=True)
class Spent:
    """One invocation, from now on. `step` is whose: "plan", "rank", …; `context` is Lambda's."""

    step: str
    context: Any
    started: float = field(default_factory=lambda: time.monotonic())  # looked up when it is called
    before: Counter[str] = field(default_factory=spent_calls)
    metrics_before: int = field(default_factory=lambda: SPENT.metrics)
    initialization: float = field(default_factory=_initialization)

    @property
    def seconds(self) -> float:
        """Billed until now, with the initialization of a cold start."""
        return round(time.monotonic() - self.started + self.initialization, 3)

    @property
    def memory_mib(self) -> int:
        return int(self.context.memory_limit_in_mb)

    def calls(self, *more: str) -> dict[str, int]:
        """AWS requests of this invocation until now, by "service:Operation", and `more` that are about to come."""
        return dict(sorted((spent_calls() - self.before + Counter(more)).items()))

    def as_json(self, *more: str) -> dict[str, Any]:
        """The content of a meter object."""
        return {
            "step": self.step,
            "function": self.context.function_name,
            "memory_mib": self.memory_mib,
            "seconds": self.seconds,
            "calls": self.calls(*more),
            "metrics": SPENT.metrics - self.metrics_before,
        }


@contextmanager
def metered(folder: RunFolder, step: str, context: Any) -> Iterator[Spent]:
    """Meter a block: one invocation of a step."""
    spent = Spent(step, context)
    try:
        yield spent
    finally:
        note(folder, spent)


@contextmanager
def if_it_fails(folder: RunFolder, spent: Spent) -> Iterator[None]:
    """Write what an invocation took only when its block ends with an exception: then nothing else says it."""
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            note(folder, spent)


def note(folder: RunFolder, spent: Spent) -> None:
    """Write what an invocation took until now, this request included."""
    key = folder.meter(f"{spent.step}-{spent.context.aws_request_id}")
    try:
        folder.bucket.put_json(key, spent.as_json("s3:PutObject"))
    except (ClientError, BotoCoreError) as error:
        telemetry.logger.warning("not metered", step=spent.step, error=str(error))


@dataclass(slots=True)
class Total:
    """Invocations of a run added up; `steps`: how many by step."""

    steps: Counter[str] = field(default_factory=Counter)
    gb_seconds: float = 0.0
    metrics: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, meter: Mapping[str, Any]) -> None:
        """`meter`: the content of a meter object."""
        gb_seconds, metrics, calls = meter["seconds"] * meter["memory_mib"] / 1024, meter["metrics"], Counter(meter["calls"])
        self.steps[meter["step"]] += 1
        self.gb_seconds += gb_seconds
        self.metrics += metrics
        self.calls.update(calls)


def total(folder: RunFolder) -> Total:
    """Everything that was metered until now. A broken object is left out, and logged."""
    added = Total()
    for key in folder.bucket.keys(folder.meters):
        try:
            added.add(folder.bucket.need_json(key))
        except (ValueError, TypeError, KeyError) as broken:
            telemetry.logger.warning("a meter cannot be read", key=key, error=f"{type(broken).__name__}: {broken}")
    return added
