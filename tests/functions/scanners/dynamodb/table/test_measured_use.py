"""What a table consumes: months from hours, peaks, and the capacity that they need."""

from __future__ import annotations

import pytest

from functions.scanners.dynamodb.table.collector import Units
from functions.scanners.dynamodb.table.measured_use import FIVE_READS, FIVE_WRITES, READS, WRITES, at_most, busiest, monthly, needed
from functions.scanners.dynamodb.table.rightsize import overprovisioned
from tests.functions.scanners.dynamodb.samples import HOURS, NOW, part, series, table, with_fives, with_series

LIMITS = overprovisioned.limits(NOW)


def test_a_month_is_730_hours_like_those_that_were_measured() -> None:
    made = table(part(5, 5), part(1, 1, index="by-day"), hours=[(3_600, 60), (0, 1)])
    assert monthly(made) == [Units(3_600 * 730, 60 * 730), Units(0, 730)]
    fewer = with_series(made, {READS: [series(10, READS, count=HOURS - 72), series(0, READS)], WRITES: made.usage.each(WRITES)})
    assert monthly(fewer)[0].read == 7_300, "by the hours that were measured, not by those that should have been"


def test_the_busiest_period_is_a_rate() -> None:
    made = with_fives(table(part(5, 5), hours=[(7_200, 3_600)]), (600, 150))
    assert busiest(made, READS, WRITES) == [Units(2, 1)]
    assert busiest(made, FIVE_READS, FIVE_WRITES) == [Units(2, 0.5)]
    assert at_most(made) == [Units(24, 12)], "all of an hour in five minutes"


@pytest.mark.parametrize(("peak", "capacity"), [(0, 1), (0.1, 1), (0.7, 1), (0.71, 2), (7, 10), (7.001, 11), (70, 100)])
def test_seven_tenths_of_the_capacity_are_for_the_busiest_five_minutes(peak: float, capacity: float) -> None:
    assert needed([Units(peak, 0)], LIMITS) == [Units(capacity, 1)]
