"""Which versions of Redis OSS are charged for, from when, and how much."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.core.prices.book import Prices
from functions.scanners.elasticache.extended_support import charged, lifecycle, surcharge
from tests.functions.lacking import lacking
from tests.functions.scanners.elasticache.samples import NOW, PRICES


@pytest.mark.parametrize(
    ("engine", "major", "on", "expected"),
    [
        ("redis", 4, "2026-01-31", False),
        ("redis", 4, "2026-02-01", True),
        ("redis", 5, "2026-02-01", True),
        ("redis", 6, "2027-01-31", False),
        ("redis", 6, "2027-02-01", True),
        ("redis", 3, "2030-01-01", False),
        ("redis", 7, "2030-01-01", False),
        ("valkey", 5, "2030-01-01", False),
        ("memcached", 4, "2030-01-01", False),
    ],
)
def test_the_first_day_that_is_charged(engine: str, major: int, on: str, expected: bool) -> None:
    found = lifecycle(engine, major)
    assert (found is not None and charged(found, datetime.fromisoformat(on).replace(tzinfo=UTC))) is expected


def test_the_example_of_the_page() -> None:
    """cache.m5.large in us-east-2: $0.156 on demand, 80 % of it is $0.1248 an hour, which is $91.104 in 730 hours."""
    of = lifecycle("redis", 5)
    assert of is not None
    amount = surcharge("cache.m5.large", 1, of, NOW, Prices("us-east-2"))
    assert amount.usd == pytest.approx(91.104)
    assert amount.formula == "1 node × 730 h × $0.156 ondemand.redis.cache.m5.large × 0.8 surcharge"


def test_the_regions_own_rate_of_the_surcharge_is_used_where_it_is_known() -> None:
    of = lifecycle("redis", 5)
    assert of is not None
    own = surcharge("cache.m6g.large", 2, of, NOW, PRICES)
    assert own.usd == pytest.approx(2 * 730 * 0.119)
    without = surcharge("cache.m6g.large", 2, of, NOW, lacking("extended-support.redis.year-1.cache.m6g.large", region="us-east-1"))
    assert without.usd == pytest.approx(2 * 730 * 0.149 * 0.8)


def test_what_the_third_year_adds_is_not_guessed() -> None:
    of, third_year = lifecycle("redis", 4), datetime(2028, 2, 1, tzinfo=UTC)
    assert of is not None
    assert surcharge("cache.m6g.large", 1, of, third_year, PRICES).usd == pytest.approx(730 * 0.238)
    least = surcharge("cache.r5.large", 1, of, third_year, PRICES)
    assert least.usd == pytest.approx(730 * 0.216 * 0.8)
    assert least.lacks == ("what the third year's rate adds",)
    assert surcharge("cache.r5.large", 1, of, datetime(2028, 1, 31, tzinfo=UTC), PRICES).lacks == ()


def test_without_a_price_of_the_node_there_is_none_of_the_surcharge() -> None:
    of = lifecycle("redis", 4)
    assert of is not None
    assert surcharge("cache.x9.large", 1, of, NOW, PRICES).usd is None
