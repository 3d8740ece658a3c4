"""Stopped since when, in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.scanners.ec2.stop_date import stop_date


@pytest.mark.parametrize(
    ("reason", "moment"),
    [
        ("User initiated (2024-01-02 03:04:05 GMT)", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("User initiated (2019-04-08 14:29:07 UTC)", datetime(2019, 4, 8, 14, 29, 7, tzinfo=UTC)),
        ("User initiated shutdown (2024-01-02 03:04:05 GMT)", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("User initiated", None),
        ("Server.ScheduledStop", None),
        ("", None),
    ],
)
def test_stop_date(reason: str, moment: datetime | None) -> None:
    assert stop_date(reason) == moment
