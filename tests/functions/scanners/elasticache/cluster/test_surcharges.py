"""Clusters that pay extra for an old version of Redis OSS, or soon will."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.model import Confidence
from functions.core.prices.book import Prices
from functions.scanners.elasticache.cluster.surcharges import extended_support
from tests.functions.paged import nothing
from tests.functions.scanners.elasticache.cluster.test_collector import CLUSTERS, GROUPS, group, listed
from tests.functions.scanners.elasticache.cluster.test_collector import here as aws
from tests.functions.scanners.elasticache.samples import ALONE, cluster, judge, waste
from tests.recorded import reply

R5 = {"node_type": "cache.r5.large"}
WORLD = {"datastore": "sgaui-carts"}


@pytest.mark.parametrize(
    ("engine", "version", "found"),
    [
        ("redis", "3.2.10", False),
        ("redis", "4.0.10", True),
        ("redis", "5.0.6", True),
        ("redis", "6.0.5", True),
        ("redis", "6.2.6", True),
        ("redis", "7.0.7", False),
        ("valkey", "7.2.6", False),
        ("memcached", "1.6.22", False),
    ],
)
def test_which_versions(engine: str, version: str, found: bool) -> None:
    assert (judge(extended_support, cluster(engine=engine, version=version, **R5)) is not None) is found


def test_the_recorded_node_of_redis_5_in_oregon() -> None:
    """A group of one cache.r5.large in us-west-2, $0.216 an hour: 80 % of 730 × 0.216 is $126.144."""
    answer = reply("awscli_elasticache_clusters", "elasticache.DescribeCacheClusters_1")
    described = {**group("my-cluster", "my-cluster-003")}
    (one,) = listed({CLUSTERS: nothing(**answer), GROUPS: nothing(ReplicationGroups=[described])}, aws("us-west-2"))
    found = waste(extended_support, one, Prices("us-west-2"))
    assert (found.savings.low, found.savings.likely, found.savings.high) == (126.144, 126.144, 126.144)
    assert found.confidence is Confidence.HIGH
    assert found.coverable is None  # no reservation pays for it
    assert found.note == "Upgraded to Valkey instead, it would save $31.54 a month more."  # 730 × (0.216 − 0.1728) = 31.536
    assert found.evidence["charged_from"] == "2026-02-01"


def test_every_node_is_charged() -> None:
    """2 × 730 × 0.216 × 0.8 = $252.288."""
    assert waste(extended_support, cluster(version="5.0.6", **R5)).savings.likely == 252.288


@pytest.mark.parametrize(
    ("on", "likely", "high", "confidence"),
    [
        ("2026-08-04", None, None, None),  # 181 days before
        ("2026-08-05", 0, 252.288, Confidence.LOW),
        ("2027-01-31", 0, 252.288, Confidence.LOW),
        ("2027-02-01", 252.288, 252.288, Confidence.HIGH),
    ],
)
def test_a_charge_that_begins_is_foretold(on: str, likely: float | None, high: float | None, confidence: Confidence | None) -> None:
    verdict = judge(extended_support, cluster(version="6.2.6", **R5), as_of=datetime.fromisoformat(on).replace(tzinfo=UTC))
    if likely is None:
        assert verdict is None
        return
    found = waste(extended_support, cluster(version="6.2.6", **R5), as_of=datetime.fromisoformat(on).replace(tzinfo=UTC))
    assert (found.savings.likely, found.savings.high, found.confidence) == (likely, high, confidence)
    assert ("begins on 2027-02-01" in found.note) is (likely == 0)


@pytest.mark.parametrize("status", ["creating", "deleting"])
def test_what_is_not_billed_is_not_charged(status: str) -> None:
    assert judge(extended_support, cluster(version="5.0.6", status=status)) is None


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({}, "create-snapshot {R} --cache-cluster-id {node} ", "modify-replication-group {R} --replication-group-id {id} "),
        ({"sharded": True}, "create-snapshot {R} --replication-group-id {id} ", "modify-replication-group "),
        (ALONE, "create-snapshot {R} --cache-cluster-id {id} ", "modify-cache-cluster {R} --cache-cluster-id {id} "),
        (WORLD, "create-snapshot ", "modify-global-replication-group {R} --global-replication-group-id {datastore} "),
    ],
)
def test_the_steps_are_those_of_what_it_is(changes: dict[str, Any], first: str, last: str) -> None:
    found = waste(extended_support, cluster(version="5.0.6", **changes))
    steps = found.command.split(" &&\n")
    assert steps[0].startswith("aws elasticache " + first.replace("{R}", "--region {region}"))
    assert steps[-1].startswith("aws elasticache " + last.replace("{R}", "--region {region}"))
    assert "--engine-version {version}" in steps[-1]
    assert (found.values["engine"], found.values["version"]) == ("redis", "7.1")


def test_what_an_upgrade_has_to_heed_is_said() -> None:
    found = waste(extended_support, cluster(version="5.0.6", parameters="ours", user_groups=("app",), datastore="sgaui-carts"))
    assert "Its parameter group ours is not AWS's own" in found.note
    assert "Its user groups (app)" in found.note
    assert "It is of the global datastore sgaui-carts" in found.note


def test_the_charge_ends_when_support_does() -> None:
    found = waste(extended_support, cluster(version="4.0.10", **R5), as_of=datetime(2029, 2, 1, tzinfo=UTC))
    assert "Extended Support ended on 2029-01-31" in found.note
    assert found.savings.note == "At least this much; not included: what the third year's rate adds."
    assert found.savings.likely > 0
