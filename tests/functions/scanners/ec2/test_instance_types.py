"""The tables of newer generations and Graviton peers, held against what AWS says of each type."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import moto
import pytest

from functions.core.money import Price
from functions.core.prices.book import Prices
from functions.scanners.ec2 import instance_types


@cache
def _aws_types() -> dict[str, dict[str, Any]]:
    """DescribeInstanceTypes of AWS, as moto carries it."""
    path = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    known: dict[str, dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    return known


def _vcpus(name: str) -> int:
    return int(_aws_types()[name]["VCpuInfo"]["DefaultVCpus"])


def _memory(name: str) -> int:
    return int(_aws_types()[name]["MemoryInfo"]["SizeInMiB"])


def _disk(name: str) -> int:
    return int((_aws_types()[name].get("InstanceStorageInfo") or {}).get("TotalSizeInGB", 0))


def _architectures(name: str) -> set[str]:
    return set(_aws_types()[name]["ProcessorInfo"]["SupportedArchitectures"])


def _pairs(of: Any) -> list[tuple[str, str]]:
    """Every type that AWS has, with each of its targets that AWS has."""
    return [(name, target) for name in sorted(_aws_types()) for target in of(name) if target in _aws_types()]


def test_the_tables_name_families_that_exist() -> None:
    families = {instance_types.family(name) for name in _aws_types()}
    named = {*instance_types.NEWER, *(target for targets in instance_types.NEWER.values() for target in targets)}
    named |= {target for targets in instance_types.GRAVITON.values() for target in targets}
    assert named <= families


def test_there_is_something_to_check() -> None:
    assert len(_pairs(instance_types.newer)) > 90
    assert len(_pairs(instance_types.graviton)) > 250


def test_a_newer_type_is_no_smaller_and_has_the_same_architecture() -> None:
    pairs = _pairs(instance_types.newer)
    assert [pair for pair in pairs if _vcpus(pair[1]) < _vcpus(pair[0]) or _memory(pair[1]) < _memory(pair[0])] == []
    assert [pair for pair in pairs if "x86_64" not in _architectures(pair[0]) & _architectures(pair[1])] == []
    assert {target for _, target in pairs if _aws_types()[target]["Hypervisor"] != "nitro"} == {
        f"i3.{size}" for size in ("xlarge", "2xlarge", "4xlarge", "8xlarge")
    }


def test_a_graviton_type_is_no_smaller_and_has_the_other_architecture() -> None:
    pairs = _pairs(instance_types.graviton)
    assert [pair for pair in pairs if _vcpus(pair[1]) < _vcpus(pair[0]) or _memory(pair[1]) < _memory(pair[0])] == []
    assert [pair for pair in pairs if _disk(pair[0]) or _disk(pair[1])] == []
    assert [pair for pair in pairs if "x86_64" not in _architectures(pair[0]) or _architectures(pair[1]) != {"arm64"}] == []


def test_the_families_with_local_disks_are_those_that_aws_gives_disks() -> None:
    with_disks = {instance_types.family(name) for name, _ in _pairs(instance_types.newer) if _disk(name)}
    assert with_disks == instance_types.INSTANCE_STORE
    assert all(_disk(target) >= _disk(name) for name, target in _pairs(instance_types.newer) if name.startswith("i2."))


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("t1.micro", ("t3.micro",)),
        ("t2.small", ("t3.small",)),
        ("m3.large", ("m7i.large", "m6i.large", "m5.large")),
        ("m4.xlarge", ("m7i.xlarge", "m6i.xlarge", "m5.xlarge")),
        ("c4.large", ("c7i.large", "c6i.large", "c5.large")),
        ("c4.8xlarge", ("c5.9xlarge",)),
        ("r3.2xlarge", ("r7i.2xlarge", "r6i.2xlarge", "r5.2xlarge")),
        ("i2.xlarge", ("i7i.xlarge", "i4i.xlarge", "i3.xlarge")),
        ("t3.micro", ()),
        ("m7i.large", ()),
        ("a1.large", ()),
        ("x1.16xlarge", ()),
        ("nonsense", ()),
    ],
)
def test_newer(name: str, targets: tuple[str, ...]) -> None:
    assert instance_types.newer(name) == targets


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("t3.micro", ("t4g.micro",)),
        ("t2.micro", ("t4g.micro",)),
        ("m5.large", ("m7g.large", "m8g.large", "m6g.large")),
        ("m6i.large", ("m7g.large", "m8g.large", "m6g.large")),
        ("r7i.large", ("r7g.large", "r8g.large")),
        ("c8a.large", ("c8g.large",)),
        ("c4.8xlarge", ()),
        ("m5.metal", ()),
        ("m6i.metal", ()),
        ("m5d.large", ()),
        ("g5.xlarge", ()),
        ("m7g.large", ()),
        ("t4g.micro", ()),
    ],
)
def test_graviton(name: str, targets: tuple[str, ...]) -> None:
    assert instance_types.graviton(name) == targets


class Book(Prices):
    """Hourly rates that a test sets; a type in `stand_ins` has only another region's rate."""

    def __init__(self, rates: dict[str, float], stand_ins: frozenset[str] = frozenset()) -> None:
        super().__init__("eu-west-1")
        self.rates, self.stand_ins = rates, stand_ins

    def price(self, service: str, key: str) -> Price | None:
        name = key.removeprefix("ondemand.linux.shared.")
        if name not in self.rates:
            return None
        fallback = self.region if name in self.stand_ins else None
        return Price(service, key, self.rates[name], "hour", "us-east-1" if fallback else self.region, "test", "2026-01-01", fallback)


@pytest.mark.parametrize(
    ("rates", "stand_ins", "chosen"),
    [
        ({"now": 1.0, "new": 0.99, "older": 0.5}, (), "new"),
        ({"now": 1.0, "new": 1.0, "older": 0.5}, (), "older"),
        ({"now": 1.0, "new": 1.01, "older": 1.0}, (), None),
        ({"now": 1.0, "older": 0.9}, (), "older"),
        ({"now": 1.0}, (), None),
        ({"new": 0.5}, (), None),
        ({"now": 1.0, "new": 0.5, "older": 0.9}, ("new",), "older"),
        ({"now": 1.0, "new": 0.5}, ("new",), None),
        ({"now": 1.0, "new": 0.5}, ("now",), None),
        ({"now": 1.0, "new": 0.5}, ("now", "new"), None),
    ],
)
def test_the_first_target_that_costs_less_by_the_regions_own_rates(
    rates: dict[str, float], stand_ins: tuple[str, ...], chosen: str | None
) -> None:
    assert instance_types.first_cheaper("now", ("new", "older"), Book(rates, frozenset(stand_ins))) == chosen


def test_what_a_type_costs_is_its_hourly_rate_all_month() -> None:
    amount = instance_types.linux_cost("m5.large", Prices("us-east-1"))
    assert amount.usd == pytest.approx(0.096 * 730)
    assert instance_types.linux_cost("m99.large", Prices("us-east-1")).usd is None
