"""What nodes bill, and what of it a commitment may have paid for."""

from __future__ import annotations

import pytest

from functions.core.money import NOTHING
from functions.core.prices.book import Prices
from functions.scanners.elasticache.billing import coverable, nodes_cost, snapshot_cost
from tests.functions.scanners.elasticache.samples import PRICES


@pytest.mark.parametrize(
    ("engine", "nodes", "usd", "formula"),
    [
        ("redis", 1, 157.68, "1 node × 730 h × $0.216 ondemand.redis.cache.r5.large"),
        ("redis", 3, 473.04, "3 nodes × 730 h × $0.216 ondemand.redis.cache.r5.large"),
        ("valkey", 1, 126.144, "1 node × 730 h × $0.1728 ondemand.valkey.cache.r5.large"),
        ("memcached", 1, 157.68, "1 node × 730 h × $0.216 ondemand.memcached.cache.r5.large"),
    ],
)
def test_nodes_bill_by_the_hour_of_their_engine(engine: str, nodes: int, usd: float, formula: str) -> None:
    amount = nodes_cost(engine, "cache.r5.large", nodes, PRICES)
    assert amount.usd == pytest.approx(usd)
    assert amount.formula == formula


def test_a_commitment_pays_for_hours_of_a_family() -> None:
    found = coverable("cache.r5.large", nodes_cost("redis", "cache.r5.large", 1, PRICES))
    assert found is not None
    assert (found.service, found.family, found.usd, found.engine) == ("AmazonElastiCache", "cache.r5", 157.68, "")


def test_what_costs_nothing_is_covered_by_nothing_and_what_has_no_price_may_be() -> None:
    assert coverable("cache.r5.large", NOTHING) is None
    unpriced = coverable("cache.x9.large", nodes_cost("redis", "cache.x9.large", 1, PRICES))
    assert unpriced is not None
    assert unpriced.usd == 0


def test_a_snapshot_bills_its_gib_where_the_region_says_its_rate() -> None:
    """26.32 × 0.085 = $2.2372."""
    amount = snapshot_cost(26.32, PRICES)
    assert amount is not None
    assert amount.usd == pytest.approx(2.2372)
    assert snapshot_cost(26.32, Prices("eu-central-1")) is None
