"""Whatever a test of a scanner finds: what the evidence says of a threshold agrees with the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.declarations import Check
from functions.core.limits import Limits
from functions.core.model import Waste

DECIDED_OTHERWISE = {"elb-classic-idle": "without instances no request is answered, however many there are"}
"""Checks with another way to a finding, by which a threshold is not what decides."""


@pytest.fixture(autouse=True, scope="session")
def every_comparison_agrees() -> Iterator[None]:
    """`Threshold.seen` names what was compared with it: `finops explain` says of it that it holds."""
    judged = Check.__call__

    def compared(self: Check[Any], resource: Any, limits: Limits, prices: Any) -> Any:
        verdict = judged(self, resource, limits, prices)
        if isinstance(verdict, Waste) and self.id not in DECIDED_OTHERWISE:
            for name, threshold in self.thresholds.items():
                seen = verdict.evidence.get(threshold.seen)
                if isinstance(seen, int | float):
                    assert threshold.holds(name, seen, getattr(limits, name)), f"{self.id}: {threshold.seen} is {seen}, {name} {limits}"
        return verdict

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Check, "__call__", compared)
        yield
