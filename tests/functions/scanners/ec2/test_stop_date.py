"""Stopped since when, in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.core.usage import DAY_SECONDS, Series
from functions.scanners.ec2.stop_date import stop_date, stopped_since


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


DATED, DAY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
DATE, CPU = "StateTransitionReason", "last CPUUtilization datapoint"


@pytest.mark.parametrize(
    ("stopped_at", "cpu", "since", "source"),
    [
        (DATED, None, DATED, DATE),
        (DATED, Series([1.0], [DAY], 90, DAY_SECONDS), DATED, DATE),
        (None, Series([1.0, 2.0], [DAY - ONE_DAY, DAY], 90, DAY_SECONDS), DAY + ONE_DAY, CPU),
    ],
)
def test_aws_date_counts_else_the_end_of_the_last_day_with_cpu(
    stopped_at: datetime | None, cpu: Series | None, since: datetime, source: str
) -> None:
    found = stopped_since(stopped_at, cpu)
    assert found is not None
    assert (found[0], found[1]["stopped_since_source"]) == (since, source)


@pytest.mark.parametrize("cpu", [None, Series([], [], 90, DAY_SECONDS)])
def test_without_a_date_and_a_datapoint_it_is_not_known(cpu: Series | None) -> None:
    assert stopped_since(None, cpu) is None
