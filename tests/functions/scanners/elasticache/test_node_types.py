"""Node types: what AWS's page says of them, and what follows."""

from __future__ import annotations

import pytest

from functions.core.prices.book import Prices, _slice
from functions.scanners.elasticache import node_types
from functions.scanners.elasticache.node_types import known, newer, runs, smaller, version


@pytest.mark.parametrize(
    ("name", "gib", "gbps", "vcpus", "baseline"),
    [
        ("cache.r5.large", 13.07, 0.75, 2, 100),
        ("cache.m4.10xlarge", 154.64, 5, 40, 100),
        ("cache.r7g.16xlarge", 419.09, 30, 64, 100),
        ("cache.m8g.xlarge", 14.18, 1.875, 4, 100),
        ("cache.t4g.micro", 0.5, 0.064, 2, 10),
        ("cache.t3.small", 1.37, 0.128, 2, 20),
        ("cache.t2.small", 1.55, 0.128, 1, 20),
        ("cache.t2.medium", 3.22, 0.256, 2, 20),
        ("cache.r3.large", 13.48, None, 2, 100),
        ("cache.m3.medium", 2.78, None, 1, 100),
    ],
)
def test_what_the_page_says_of_a_type(name: str, gib: float, gbps: float | None, vcpus: int, baseline: int) -> None:
    one = known(name)
    assert one is not None
    assert (one.name, one.memory_gib, one.gbps, one.vcpus, one.baseline) == (name, gib, gbps, vcpus, baseline)


@pytest.mark.parametrize("name", ["cache.r6gd.xlarge", "cache.m1.small", "cache.r5.8xlarge", "db.r5.large", ""])
def test_of_a_type_that_is_not_in_the_table_nothing_is_known(name: str) -> None:
    assert (known(name), newer(name), smaller(name), runs("redis", "7.1", name), runs("valkey", "8.0", name)) == (
        None,
        (),
        None,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cache.m4.large", "m8g m7g m6g m5"),
        ("cache.m5.24xlarge", ""),  # only here
        ("cache.m5.large", "m8g m7g m6g"),
        ("cache.m6g.8xlarge", "m8g m7g"),
        ("cache.m8g.large", ""),
        ("cache.r3.8xlarge", "r8g r7g r6g r4"),
        ("cache.t2.micro", "t4g t3"),
        ("cache.t4g.micro", ""),
        ("cache.m3.medium", ""),
        ("cache.c7gn.large", "c8gn"),
    ],
)
def test_newer_types_have_the_same_size_and_the_newest_comes_first(name: str, expected: str) -> None:
    size = name.rpartition(".")[2]
    assert newer(name) == tuple(f"cache.{family}.{size}" for family in expected.split())


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("cache.r6g.xlarge", "cache.r6g.large"),
        ("cache.r5.12xlarge", "cache.r5.4xlarge"),
        ("cache.r5.large", None),
        ("cache.t3.medium", "cache.t3.small"),
        ("cache.t3.micro", None),
        ("cache.t2.medium", None),  # AWS makes no new ones
        ("cache.r3.xlarge", None),
    ],
)
def test_the_next_smaller_type(name: str, below: str | None) -> None:
    found = smaller(name)
    assert (found.name if found else None) == below


@pytest.mark.parametrize(
    ("engine", "engine_version", "name", "expected"),
    [
        ("redis", "5.0.6", "cache.m6g.large", True),
        ("redis", "5.0.5", "cache.m6g.large", False),
        ("redis", "5.0.6", "cache.t4g.micro", True),
        ("redis", "4.0.10", "cache.m5.large", True),
        ("redis", "3.2.10", "cache.m5.large", False),
        ("redis", "6.2.6", "cache.r7g.large", True),
        ("redis", "6.0.5", "cache.r7g.large", False),
        ("redis", "6.x", "cache.r7g.large", False),  # which minor version it is nobody knows
        ("redis", "7.1", "cache.r8g.large", False),
        ("valkey", "7.2", "cache.r8g.large", True),
        ("valkey", "8.0", "cache.m6g.large", True),
        ("redis", "7.1", "cache.r3.large", False),
        ("memcached", "1.6.22", "cache.m6g.large", False),
    ],
)
def test_which_versions_run(engine: str, engine_version: str, name: str, expected: bool) -> None:
    assert runs(engine, engine_version, name) is expected


@pytest.mark.parametrize(("text", "parts"), [("5.0.6", (5, 0, 6)), ("6.x", (6,)), ("7.1", (7, 1)), ("", ()), ("x", ())])
def test_versions_compare_as_numbers(text: str, parts: tuple[int, ...]) -> None:
    assert version(text) == parts


def test_all_that_the_tables_name_has_a_price_or_is_of_the_eighth_generation() -> None:
    sold = {key.removeprefix("ondemand.valkey.") for key in _slice("AmazonElastiCache", "us-east-1") if key.startswith("ondemand.valkey.")}
    unsold = {one for one in node_types._KNOWN if one not in sold}
    assert {one.split(".")[1] for one in unsold} == {"m8g", "r8g", "c8gn"}
    assert sold - set(node_types._KNOWN) == {one for one in sold if one.split(".")[1] in ("c1", "m1", "m2", "t1", "r6gd")}
    assert Prices("us-east-1").price("AmazonElastiCache", "ondemand.redis.cache.m7g.large") is not None
