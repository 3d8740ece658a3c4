"""The tables of newer generations and Graviton peers, held against what AWS says of each type."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import moto
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("m3.large", ("m8i.large", "m7i.large", "m6i.large", "m5.large")),
        ("m4.xlarge", ("m8i.xlarge", "m7i.xlarge", "m6i.xlarge", "m5.xlarge")),
        ("c4.large", ("c8i.large", "c7i.large", "c6i.large", "c5.large")),
        ("c4.8xlarge", ("c5.9xlarge",)),
        ("r3.2xlarge", ("r8i.2xlarge", "r7i.2xlarge", "r6i.2xlarge", "r5.2xlarge")),
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
        ("m5.large", ("m9g.large", "m8g.large", "m7g.large", "m6g.large")),
        ("m6i.large", ("m9g.large", "m8g.large", "m7g.large", "m6g.large")),
        ("r7i.large", ("r9g.large", "r8g.large", "r7g.large")),
        ("c8a.large", ("c9g.large", "c8g.large")),
        ("t8i.micro", ("t4g.micro",)),
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
    ("rates", "stand_ins", "saved"),
    [
        ({"now": 1.0, "new": 0.75, "older": 0.5}, (), {"new": 0.25, "older": 0.5}),
        ({"now": 1.0, "new": 1.0, "older": 0.5}, (), {"older": 0.5}),
        ({"now": 1.0, "new": 1.01, "older": 1.0}, (), {}),
        ({"now": 1.0, "older": 0.75}, (), {"older": 0.25}),
        ({"now": 1.0}, (), {}),
        ({"new": 0.5}, (), {}),
        ({"now": 1.0, "new": 0.5, "older": 0.75}, ("new",), {"older": 0.25}),
        ({"now": 1.0, "new": 0.5}, ("new",), {}),
        ({"now": 1.0, "new": 0.5}, ("now",), {}),
        ({"now": 1.0, "new": 0.5}, ("now", "new"), {}),
    ],
)
def test_what_targets_save_by_the_regions_own_rates(rates: dict[str, float], stand_ins: tuple[str, ...], saved: dict[str, float]) -> None:
    found = instance_types.cheaper("now", ("new", "older"), Book(rates, frozenset(stand_ins)))
    assert (found, list(found)) == (saved, list(saved))


@pytest.mark.parametrize(
    ("saved", "share", "chosen"),
    [
        ({"new": 1.0, "old": 10.0}, 0.875, ("old", "new")),
        ({"new": 8.75, "old": 10.0}, 0.875, ("new", "old")),
        ({"new": 8.74, "old": 10.0}, 0.875, ("old", "new")),
        ({"newest": 1.0, "new": 9.0, "old": 10.0}, 0.875, ("new", "old")),
        ({"newest": 1.0, "new": 9.0, "old": 10.0}, 1.0, ("old", "newest")),
        ({"new": 10.0, "old": 10.0}, 1.0, ("new", None)),
        ({"new": 10.0, "old": 1.0}, 0.875, ("new", None)),
        ({"only": 1.0}, 0.875, ("only", None)),
        ({"newest": 1.0, "old": 10.0}, 0.0, ("newest", "old")),
    ],
)
def test_the_cheapest_is_chosen_or_a_newer_one_that_saves_nearly_as_much(
    saved: dict[str, float], share: float, chosen: tuple[str, str | None]
) -> None:
    assert instance_types.choose(saved, share) == chosen


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 100), min_size=1), st.floats(0, 1))
def test_what_is_chosen_saves_its_share_of_the_most(saved: dict[str, float], share: float) -> None:
    offered, other = instance_types.choose(saved, share)
    assert saved[offered] >= share * max(saved.values())
    assert other != offered


def test_a_successor_takes_what_is_attached() -> None:
    """What type_change.py refuses above. An i2 is never changed in place."""
    pairs = [pair for pair in _pairs(instance_types.newer) if not pair[0].startswith("i2.")]

    def network(name: str, limit: str) -> int:
        return int(_aws_types()[name]["NetworkInfo"][limit])

    assert [pair for pair in pairs if network(pair[1], "MaximumNetworkInterfaces") < network(pair[0], "MaximumNetworkInterfaces")] == []
    fewer = {pair[0] for pair in pairs if network(pair[1], "Ipv4AddressesPerInterface") < network(pair[0], "Ipv4AddressesPerInterface")}
    assert fewer == {"m3.2xlarge"}
    assert min(network(pair[1], "Ipv4AddressesPerInterface") for pair in pairs if pair[0] == "m3.2xlarge") == instance_types.ADDRESSES
    assert min(int(_aws_types()[pair[1]]["EbsInfo"]["MaximumEbsAttachments"]) for pair in pairs) == instance_types.ATTACHMENTS - 1


def test_where_a_target_has_more_vcpus_is_known() -> None:
    pairs = _pairs(instance_types.newer) + _pairs(instance_types.graviton)
    assert {pair[0] for pair in pairs if _vcpus(pair[1]) > _vcpus(pair[0])} == instance_types.MORE_VCPUS


def test_the_accelerated_types_are_those_with_an_accelerator() -> None:
    kinds = ("GpuInfo", "InferenceAcceleratorInfo", "FpgaInfo", "MediaAcceleratorInfo", "NeuronInfo")
    with_one = {instance_types.family(name) for name, about in _aws_types().items() if any(about.get(kind) for kind in kinds)}
    called_so = {instance_types.family(name) for name in _aws_types() if instance_types.accelerated(name)}
    assert len(with_one) > 20
    assert with_one <= called_so
    assert called_so - with_one <= {"trn2u"}, "moto's data of it lack the accelerators"


def test_what_a_type_costs_is_its_hourly_rate_all_month() -> None:
    amount = instance_types.linux_cost("m5.large", Prices("us-east-1"))
    assert amount.usd == pytest.approx(0.096 * 730)
    assert instance_types.linux_cost("m99.large", Prices("us-east-1")).usd is None
