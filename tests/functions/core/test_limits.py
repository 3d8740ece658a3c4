"""A check's thresholds by name, and ages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.core.limits import Limits

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_threshold_that_is_not_declared_is_named_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no threshold 'min_agee'.*\['min_age'\]"):
        Limits({"min_age": 7.0}, NOW).min_agee  # noqa: B018  # reading it is the test


@pytest.mark.parametrize("days", [-1.0, 0.0, 0.5, 400.0])
def test_days_since_are_signed(days: float) -> None:
    assert Limits({}, NOW).days_since(NOW - timedelta(days=days)) == days
