"""The trend of a scope: of runs that overlap, are repeated or resumed, and whose entries are broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.rank.lifecycle import trend
from functions.core.rank.lifecycle.trend import SHOWN, entry, gone_on, key_of
from functions.core.store.bucket import Bucket
from tests.functions import sweeps

DAY_1 = datetime(2026, 1, 1, 2, tzinfo=UTC)
SCOPE, OTHER_SCOPE = "0123456789abcdef", "fedcba9876543210"


def run(s3: Any, day: float, likely: float = 0.0, scope: str = SCOPE) -> list[float]:
    """One run; the days of its trend and what could be saved then."""
    started = DAY_1 + timedelta(days=day)
    name = f"{started:%Y%m%dT%H%M%SZ}-abcdef"
    money = {"monthly_savings": {"low": 0.0, "likely": likely, "high": likely}}
    totals = {
        **money, "findings": 3, "counted": 2, "lifecycle": {"new": 1}, "by_state": {"new": {"findings": 1, **money}},
        "resolved": {"findings": 1, "monthly_savings_likely": 2.5},
    }  # fmt: skip
    own = entry(name, started, 0.5, totals, {"monthly_likely": 7.5})
    found = gone_on(sweeps.folder(s3, name), scope, own, started)
    assert found[-1] == own == {
        "run_id": name, "as_of": started.isoformat(), "coverage_ratio": 0.5, "findings": 3, "counted": 2, "monthly_likely": likely,
        "new": 1, "new_likely": likely, "resolved": 1, "resolved_likely": 2.5, "realised_likely": 7.5,
    }  # fmt: skip
    return [one["monthly_likely"] for one in found]


def test_a_run_goes_on_with_the_runs_of_its_scope() -> None:
    with sweeps.world() as world:
        assert run(world.s3, 1, 10) == [10]
        assert run(world.s3, 2, 99, OTHER_SCOPE) == [99]
        assert run(world.s3, 8, 20) == [10, 20]
        assert run(world.s3, 8, 20) == [10, 20], "Rank again"
        assert run(world.s3, 15, 30) == [10, 20, 30]


def test_one_that_began_before_and_ended_after_is_in_the_trend_of_those_that_follow() -> None:
    with sweeps.world() as world:
        run(world.s3, 1, 10)
        assert run(world.s3, 2.5, 30) == [10, 30]
        assert run(world.s3, 2, 20) == [10, 20], "the long one ends at last, and knows nothing of what began after it"
        assert run(world.s3, 3, 40) == [10, 20, 30, 40]
        assert run(world.s3, 1, 11) == [11], "it was resumed"
        assert run(world.s3, 4, 50) == [11, 20, 30, 40, 50]


@pytest.mark.parametrize("every", [1, 7, 15])
def test_the_last_26_are_shown(every: int) -> None:
    with sweeps.world() as world:
        shown = [run(world.s3, every * number, number) for number in range(SHOWN + 3)]
    assert shown[-1] == list(range(3, SHOWN + 3))
    assert shown[SHOWN - 1] == list(range(SHOWN))


def test_what_the_history_has_forgotten_is_in_no_trend() -> None:
    with sweeps.world() as world:
        run(world.s3, 0, 1)
        run(world.s3, 200, 2)
        assert run(world.s3, 500, 3) == [2, 3]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"run_id": "x"}'])
def test_an_entry_that_somebody_broke_is_left_out(body: bytes) -> None:
    with sweeps.world() as world:
        run(world.s3, 1, 10)
        run(world.s3, 2, 20)
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=key_of(SCOPE, f"{DAY_1 + timedelta(days=1):%Y%m%dT%H%M%SZ}-abcdef"), Body=body)
        assert run(world.s3, 3, 30) == [20, 30]


def test_of_frequent_runs_only_the_last_weeks_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    listed = Bucket.objects

    def objects(self: Any, prefix: str, after: str = "") -> Any:
        asked.append(after.removeprefix(f"{trend.PREFIX}{SCOPE}/"))
        return listed(self, prefix, after)

    with sweeps.world() as world:
        for number in range(SHOWN):
            run(world.s3, 100 + number)
        monkeypatch.setattr(Bucket, "objects", objects)
        run(world.s3, 100 + SHOWN)
    assert asked == [f"{DAY_1 + timedelta(days=100 + SHOWN - 40):%Y%m%dT%H%M%SZ}"]
