"""Newer generations and Graviton peers, type by type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.core.model import Confidence, Coverable, InsufficientData
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from functions.scanners.ec2.instance import modernize as scanner
from functions.scanners.ec2.instance.collector import Instance
from tests.functions.scanners.ec2.instance.samples import (
    RUNNING,
    US,
    as_waste,
    limits,
)


def _older(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.old_generation(instance, limits(scanner.old_generation), prices)


def _arm(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.graviton(instance, limits(scanner.graviton), prices)


@pytest.mark.parametrize(
    ("kind", "target", "hourly"),
    [
        ("t2.micro", "t3.micro", 0.0116 - 0.0104),
        ("t1.micro", "t3.micro", 0.02 - 0.0104),
        ("m4.large", "m6i.large", 0.10 - 0.096),  # m7i.large costs more: 0.1008
        ("m3.large", "m7i.large", 0.133 - 0.1008),
        ("c4.xlarge", "c7i.xlarge", 0.199 - 0.1785),
        ("c4.8xlarge", "c5.9xlarge", 1.591 - 1.53),
        ("r4.large", "r7i.large", 0.133 - 0.1323),
        ("i2.xlarge", "i7i.xlarge", 0.853 - 0.3775),
        ("m4.10xlarge", None, 0),  # no type of that size since
        ("m3.medium", None, 0),
        ("m5.large", None, 0),
        ("t3.micro", None, 0),
        ("m99.large", None, 0),
    ],
)
def test_the_newer_generation_of_a_type(kind: str, target: str | None, hourly: float) -> None:
    verdict = _older(replace(RUNNING, kind=kind))
    if target is None:
        assert verdict is None
        return
    waste = as_waste(verdict)
    assert (waste.evidence["type"], waste.evidence["target"], waste.values["target"]) == (kind, target, target)
    assert waste.savings.likely == pytest.approx(hourly * 730, abs=0.02)
    assert waste.coverable == Coverable("AmazonEC2", kind.partition(".")[0], waste.savings.likely)
    assert waste.savings.likely > 0


@pytest.mark.parametrize(
    ("kind", "target", "hourly"),
    [
        ("m5.large", "m7g.large", 0.096 - 0.0816),
        ("m6i.large", "m7g.large", 0.096 - 0.0816),
        ("m7i.large", "m7g.large", 0.1008 - 0.0816),
        ("c5.xlarge", "c7g.xlarge", 0.17 - 0.145),
        ("r5.large", "r7g.large", 0.126 - 0.1071),
        ("t3.medium", "t4g.medium", 0.0416 - 0.0336),
        ("t2.micro", "t4g.micro", 0.0116 - 0.0084),
        ("m5.24xlarge", "m8g.24xlarge", 4.608 - 4.30848),  # there is no m7g of that size
        ("c5.9xlarge", None, 0),
        ("c4.8xlarge", None, 0),
        ("m5d.large", None, 0),
        ("g5.xlarge", None, 0),
        ("m99.large", None, 0),
    ],
)
def test_the_graviton_peer_of_a_type(kind: str, target: str | None, hourly: float) -> None:
    verdict = _arm(replace(RUNNING, kind=kind))
    if target is None:
        assert verdict is None
        return
    waste = as_waste(verdict)
    assert (waste.evidence["type"], waste.evidence["target"], waste.values["target"]) == (kind, target, target)
    assert waste.savings.likely == pytest.approx(hourly * 730, abs=0.02)
    assert waste.coverable == Coverable("AmazonEC2", kind.partition(".")[0], waste.savings.likely)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "stopped"},
        {"state": "stopping"},
        {"state": "pending"},
        {"architecture": "arm64"},
        {"architecture": "i386"},
        {"architecture": ""},
        {"platform": "Windows"},
        {"platform": "Red Hat Enterprise Linux"},
        {"tenancy": "dedicated"},
        {"place": "us-east-1-bos-1a"},
    ],
)
def test_what_has_no_cheaper_type_to_show(change: dict[str, str]) -> None:
    instance = replace(RUNNING, kind="m4.large")
    assert _older(instance) is not None
    assert _arm(instance) is not None
    changed = replace(instance, **change)  # type: ignore[arg-type]  # every one of them is text
    assert _older(changed) is None
    assert _arm(changed) is None


@pytest.mark.parametrize(
    ("change", "older", "arm"),
    [
        ({"kind": "m4.large", "lifecycle": "spot"}, "spot: it does not bill on demand", "spot: it does not bill on demand"),
        ({"kind": "m5.large", "lifecycle": "capacity-block"}, None, "capacity-block: it does not bill on demand"),
        ({"kind": "m5.metal"}, None, "a whole server, of which no other has the size"),
        ({"kind": "m5.metal", "state": "stopped"}, None, None),
        ({"kind": "m7g.metal", "architecture": "arm64"}, None, None),
        ({"kind": "p4d.24xlarge", "lifecycle": "spot"}, None, None),
    ],
)
def test_what_is_not_compared_although_its_family_has_successors_is_counted(
    change: dict[str, str], older: str | None, arm: str | None
) -> None:
    changed = replace(RUNNING, **change)  # type: ignore[arg-type]  # every one of them is text
    assert _older(changed) == (None if older is None else InsufficientData(older))
    assert _arm(changed) == (None if arm is None else InsufficientData(arm))


@pytest.mark.parametrize(("kind", "said"), [("t2.large", True), ("t3.large", True), ("m4.large", False)])
def test_surplus_credits_of_burstable_types_are_said_to_be_left_out(kind: str, said: bool) -> None:
    assert ("surplus CPU credits" in as_waste(_arm(replace(RUNNING, kind=kind))).note) is said


def test_a_region_without_a_rate_of_its_own_shows_nothing() -> None:
    """m4 was never sold in me-central-1, so us-east-1's rate would stand in: that proves no saving there."""
    there = Prices("me-central-1")
    known = there.price("AmazonEC2", "ondemand.linux.shared.m4.large")
    assert known is not None
    assert known.fallback_for == "me-central-1"
    assert _older(replace(RUNNING, kind="m4.large"), there) is None
    assert _arm(replace(RUNNING, kind="m4.large"), there) is None


@pytest.mark.parametrize(
    ("change", "confidence", "words"),
    [
        ({"kind": "m4.large"}, Confidence.HIGH, ""),
        ({"kind": "m4.large", "nitro_ready": False}, Confidence.MEDIUM, ""),
        ({"kind": "m3.large"}, Confidence.MEDIUM, "instance store"),
        ({"kind": "i2.xlarge"}, Confidence.MEDIUM, "instance store"),
    ],
)
def test_how_sure_an_upgrade_is(change: dict[str, object], confidence: Confidence, words: str) -> None:
    waste = as_waste(_older(replace(RUNNING, **change)))  # type: ignore[arg-type]  # fields of several types
    assert waste.confidence is confidence
    assert words in waste.note if words else not waste.note


def test_a_port_to_graviton_is_never_sure_and_much_work() -> None:
    assert (scanner.graviton.confidence, scanner.graviton.effort) == (Confidence.LOW, "High")
    assert as_waste(_arm(RUNNING)).confidence is None
