"""Newer generations and Graviton peers, type by type; and what happens to an instance that cannot become one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.core.model import Confidence, Coverable, InsufficientData, Level
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.instance import modernize as scanner
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.type_change import TypeChange
from tests.functions.scanners.ec2.instance.samples import RUNNING, US, as_waste, found_in_case, limits
from tests.test_house_rules import faults_of_a_command


def _older(instance: Instance, prices: Prices = US, **share: float) -> Verdict:
    return scanner.old_generation(_offered(instance), limits(scanner.old_generation, **share), prices)


def _arm(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.graviton(_offered(instance), limits(scanner.graviton), prices)


def _offered(instance: Instance) -> Instance:
    """In a zone that has everything, where nothing else is said."""
    return instance if instance.zone else replace(instance, zone="us-east-1a", offered=frozenset(instance_types.targets(instance.kind)))


@pytest.mark.parametrize(
    ("kind", "target", "hourly"),
    [
        ("t2.micro", "t3.micro", 0.0116 - 0.0104),
        ("t1.micro", "t3.micro", 0.02 - 0.0104),
        ("m4.large", "m6i.large", 0.10 - 0.096),  # m7i.large costs more: 0.1008
        ("m3.large", "m6i.large", 0.133 - 0.096),
        ("c4.xlarge", "c6i.xlarge", 0.199 - 0.17),
        ("c4.8xlarge", "c5.9xlarge", 1.591 - 1.53),
        ("r4.large", "r6i.large", 0.133 - 0.126),  # r7i.large saves a tenth of that
        ("i2.xlarge", "i7i.xlarge", 0.853 - 0.3775),  # i3.xlarge saves 14 % more
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
        ("m5.large", "m6g.large", 0.096 - 0.077),
        ("m6i.large", "m6g.large", 0.096 - 0.077),
        ("m7i.large", "m7g.large", 0.1008 - 0.0816),
        ("m8i.large", "m8g.large", 0.10584 - 0.08976),
        ("c5.xlarge", "c6g.xlarge", 0.17 - 0.136),
        ("r5.large", "r6g.large", 0.126 - 0.1008),
        ("t8i.micro", "t4g.micro", 0.01248 - 0.0084),
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
        ({"kind": "m3.large"}, Confidence.MEDIUM, "instance store"),
        ({"kind": "i2.xlarge"}, Confidence.LOW, "instance store"),
        ({"kind": "m4.large", "group": "front"}, Confidence.MEDIUM, ""),
        ({"kind": "m4.large", "zone": "us-east-1a"}, Confidence.LOW, "AWS did not say whether us-east-1a offers m6i.large"),
        ({"kind": "m4.large", "change": TypeChange(beware=("It has a TPM.",))}, Confidence.MEDIUM, "It has a TPM."),
        ({"kind": "m4.large", "change": TypeChange(refused=("it is old",))}, Confidence.LOW, "cannot be changed: it is old. Launch"),
        ({"kind": "m4.large", "licence": "Windows"}, Confidence.MEDIUM, "A bound: what it bills for Windows"),
    ],
)
def test_how_sure_an_upgrade_is(change: dict[str, object], confidence: Confidence, words: str) -> None:
    waste = as_waste(_older(replace(RUNNING, **change)))  # type: ignore[arg-type]  # fields of several types
    assert waste.confidence is confidence
    assert words in waste.note if words else not waste.note


@pytest.mark.parametrize(
    ("change", "stops", "way", "effort", "undo"),
    [
        ({"kind": "m4.large"}, True, "modify-instance-attribute", None, ""),
        ({"kind": "m3.large"}, True, "modify-instance-attribute", None, "None for what is on its instance store"),
        ({"kind": "i2.xlarge"}, False, "run-instances", Level.HIGH, "Keep this one"),
        ({"kind": "m4.large", "change": TypeChange(refused=("it is old",))}, False, "run-instances", Level.HIGH, "Keep this one"),
        ({"kind": "m4.large", "group": "front"}, False, "describe-auto-scaling-groups", None, "Set the old type in"),
        (
            {"kind": "m4.large", "group": "front", "change": TypeChange(refused=("it is old",))},
            False,
            "describe-auto-scaling-groups",
            None,
            "Set the old type in",
        ),
    ],
)
def test_nothing_is_stopped_that_cannot_become_the_target(
    change: dict[str, object], stops: bool, way: str, effort: Level | None, undo: str
) -> None:
    waste = as_waste(_older(replace(RUNNING, **change)))  # type: ignore[arg-type]  # fields of several types
    command = waste.command or scanner.old_generation.command
    assert list(faults_of_a_command(command, waste.undo)) == []
    assert ("stop-instances" in command, way in command) == (stops, True)
    assert (waste.effort, waste.undo[: len(undo)] if undo else waste.undo) == (effort, undo)
    assert command.format_map({"region": "x", "id": "i-1", **waste.values})


@pytest.mark.parametrize(
    ("offered", "target"),
    [
        ({"m8i.large", "m7i.large"}, None),  # they cost more
        ({"m5.large"}, "m5.large"),
        ({"m6i.large", "m5.large"}, "m6i.large"),
        (set(), None),
    ],
)
def test_only_what_the_zone_offers_is_offered(offered: set[str], target: str | None) -> None:
    verdict = _older(replace(RUNNING, kind="m4.large", zone="us-east-1e", offered=frozenset(offered)))
    assert (verdict and as_waste(verdict).evidence["target"]) == target


@pytest.mark.parametrize(
    ("share", "target", "alternative", "words"),
    [
        (0.0, "c8i.large", "c6i.large", "The cheapest c6i.large saves $14.60."),
        (0.7, "c7i.large", "c6i.large", "The cheapest c6i.large saves $14.60."),
        (0.875, "c6i.large", "c8i.large", "The newer c8i.large saves $8.24."),
        (1.0, "c6i.large", "c8i.large", "The newer c8i.large saves $8.24."),
    ],
)
def test_the_cheapest_is_offered_or_a_newer_one_that_saves_nearly_as_much(share: float, target: str, alternative: str, words: str) -> None:
    waste = as_waste(_older(replace(RUNNING, kind="c3.large"), newest_share=share))
    assert (waste.evidence["target"], waste.evidence["alternative"]) == (target, alternative)
    assert words in waste.note


@pytest.mark.parametrize(
    ("platform", "licence", "older", "arm"),
    [
        ("Windows", "Windows", True, False),
        ("Windows BYOL", "", True, False),
        ("Windows", "", True, False),
        ("SQL Server Web", "SQL Server Web", True, False),
        ("Red Hat Enterprise Linux", "Red Hat Enterprise Linux", True, True),
        ("SUSE Linux", "SUSE Linux", True, True),
        ("Red Hat BYOL Linux", "", True, True),
    ],
)
def test_a_licence_is_the_same_on_both_sides(platform: str, licence: str, older: bool, arm: bool) -> None:
    linux, licensed = replace(RUNNING, kind="m4.large"), replace(RUNNING, kind="m4.large", platform=platform, licence=licence)
    assert as_waste(_older(licensed)).savings == as_waste(_older(linux)).savings
    assert ("A bound" in as_waste(_older(licensed)).note) is bool(licence)
    assert (_arm(licensed) is not None) is arm


def test_a_licence_by_the_vcpu_may_cost_more_where_there_are_more_of_them() -> None:
    assert _older(replace(RUNNING, kind="t2.micro")) is not None
    assert _older(replace(RUNNING, kind="t2.micro", platform="Windows", licence="Windows")) is None
    assert _older(replace(RUNNING, kind="t2.medium", platform="Windows", licence="Windows")) is not None


CASES = {
    "paravirtual-instance": (14.60, Confidence.LOW),
    "target-missing-in-the-zone": None,
    "windows-old-generation": (2773.85, Confidence.LOW),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    """As AWS's zones are: moto has recorded what they offer."""
    findings = [one for one in found_in_case(name) if one.check_id in ("ec2-old-generation", "ec2-graviton")]
    assert not any("stop-instances" in one.command for one in findings)
    right = CASES[name]
    if right is None:
        assert findings == []
        return
    (one,) = (one for one in findings if one.check_id == "ec2-old-generation")
    assert one.savings.likely == pytest.approx(right[0], abs=0.01)
    assert (one.confidence, "run-instances" in one.command) == (right[1], True)


def test_a_port_to_graviton_is_never_sure_and_much_work() -> None:
    assert (scanner.graviton.confidence, scanner.graviton.effort) == (Confidence.LOW, "High")
    assert as_waste(_arm(RUNNING)).confidence is None
    assert as_waste(_arm(replace(RUNNING, group="front"))).command == scanner.GROUP
