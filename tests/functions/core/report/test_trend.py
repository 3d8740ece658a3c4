"""The picture of the last runs: what stands where, and when there is none."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report.trend import trend


def row(day: int, likely: float, new: float = 0.0, realised: float = 0.0) -> dict[str, Any]:
    return {
        "run_id": f"202611{day:02}T020000Z-a", "as_of": f"2026-11-{day:02}T02:00:00+00:00", "coverage_ratio": 1.0, "findings": 3,
        "counted": 3, "monthly_likely": likely, "new": 1, "new_likely": new, "resolved": 0, "resolved_likely": 0.0,
        "realised_likely": realised,
    }  # fmt: skip


@pytest.mark.parametrize("rows", [[], [row(1, 100)], [row(1, 0), row(8, 0)]])
def test_one_run_is_no_trend_and_neither_is_nothing(rows: list[dict[str, Any]]) -> None:
    assert trend(rows) is None


def test_the_runs_stand_beside_each_other_at_their_heights() -> None:
    made = trend([row(1, 300), row(8, 150, new=75), row(15, 0, realised=300)])
    assert made is not None
    assert made.lines == [(100.0, "$0"), (66.67, "$100"), (33.33, "$200"), (0.0, "$300")]
    assert [(run.top, run.height, run.new, run.realised) for run in made.runs] == [(0, 100, 0, 100), (50, 50, 25, 100), (100, 0, 0, 0)]
    assert [run.left for run in made.runs] == sorted(run.left for run in made.runs)
    assert made.runs[-1].left + made.runs[-1].width < 100
    assert made.line == "16.666,100.00 49.999,100.00 83.334,0.00"
    assert made.runs[1].title == "2026-11-08: $150.00 a month could be saved, $75.00 of it new; $0.00 a month realised so far"
    assert "from $300.00 to $0.00 a month, and $300.00 a month have been realised" in made.label
