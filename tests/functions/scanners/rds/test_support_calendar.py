"""The calendar of Extended Support: in order, and each row with its page."""

from __future__ import annotations

import pytest

from functions.scanners.rds.support_calendar import CALENDAR


def test_the_calendar_is_in_order_and_every_row_has_its_page() -> None:
    for (engine, _), row in CALENDAR.items():
        assert row.source.startswith("https://docs.aws.amazon.com/AmazonRDS/latest/")
        assert engine.startswith("aurora") == ("Aurora" in row.source)
        assert row.charged_from < (row.year_3_from or row.ends) <= row.ends
        assert row.charged_from.day == 1
        if row.year_3_from:
            assert (row.year_3_from.year, row.year_3_from.month) == (row.charged_from.year + 2, row.charged_from.month)


@pytest.mark.parametrize("engine", sorted({engine for engine, _ in CALENDAR}))
def test_a_later_major_version_is_charged_later(engine: str) -> None:
    rows = [CALENDAR[key] for key in sorted((key for key in CALENDAR if key[0] == engine), key=lambda key: float(key[1]))]
    assert [row.charged_from for row in rows] == sorted({row.charged_from for row in rows})
