"""The rows' only arithmetic."""

from __future__ import annotations

from datetime import date

import pytest

from functions.core.costs.rows import Window


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 10, 25), date(2026, 11, 24), 30),
        (date(2026, 11, 23), date(2026, 11, 24), 1),
        (date(2024, 2, 28), date(2024, 3, 1), 2),
    ],
)
def test_the_end_of_a_window_is_no_part_of_it(start: date, end: date, days: int) -> None:
    assert Window(start, end, None, start).days == days
