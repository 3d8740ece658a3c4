"""Surplus CPU credits: what they cost against a type without credits, and when they are no pattern."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.core.model import Confidence, Coverable, InsufficientData
from functions.core.registry import Verdict
from functions.core.usage import DAY_SECONDS, Series, Usage
from functions.scanners.ec2.instance import surcharges
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.surcharges import CHARGED, burst_credits_instance
from functions.scanners.ec2.instance.type_change import TypeChange
from tests.functions.core.check_samples import asks
from tests.functions.scanners.ec2.instance.samples import RUNNING, TODAY, US, ago, as_waste, limits

LIMITS = limits(burst_credits_instance)
T3 = replace(RUNNING, kind="t3.large", zone="us-east-1a", offered=frozenset({"m5.large", "m6i.large", "t3.medium"}))


def _charged(credits_a_day: float, days: int = 14, like: Instance = T3) -> Instance:
    """So many credits (vCPU-minutes) on each of the last days."""
    series = Series([credits_a_day] * days, [TODAY - timedelta(days=day) for day in range(days, 0, -1)], 14, DAY_SECONDS)
    return replace(like, usage=Usage({CHARGED: series}))


def _judged(instance: Instance) -> Verdict:
    return burst_credits_instance(instance, LIMITS, US)


def test_what_it_saves_by_hand() -> None:
    """1,440 credits a day are 24 vCPU-hours, in a month of 730 hours 730: 36.50 at 0.05. With 730 hours at 0.0832 that is 97.236; m5.large
    and m6i.large cost 0.096 an hour, 70.08.
    """
    waste = as_waste(_judged(_charged(1_440)))
    assert waste.savings.likely == pytest.approx(36.5 + 0.0832 * 730 - 0.096 * 730)
    assert waste.coverable == Coverable("AmazonEC2", "t3", round(0.0832 * 730, 4))
    assert waste.values == {"target": "m6i.large", "zone": "us-east-1a", "type": "t3.large"}
    assert waste.evidence == {
        "type": "t3.large", "target": "m6i.large", "days_charged": 14, "window_days": 14, "charged_vcpu_hours": 336,
        "surplus_vcpu_hours_a_month": 730, "zone": "us-east-1a", "offered_in_zone": True,
    }  # fmt: skip


@pytest.mark.parametrize(("credits_a_day", "found"), [(368, False), (370, True)])
def test_the_break_even(credits_a_day: float, found: bool) -> None:
    """The gap of 0.0128 an hour is 0.256 vCPU-hours of surplus an hour: 368.64 credits a day. AWS's page has 42.5 % for its older rates."""
    assert (_judged(_charged(credits_a_day)) is not None) is found


@pytest.mark.parametrize(("days", "found"), [(0, False), (1, False), (9, False), (10, True), (14, True)])
def test_only_what_is_charged_on_most_days_is_a_pattern(days: int, found: bool) -> None:
    assert (_judged(_charged(10_000, days)) is not None) is found


def test_a_day_without_surplus_is_none_of_them() -> None:
    assert surcharges.days_charged(_charged(0.0).usage[CHARGED]) == 0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lifecycle": "spot"}, "spot: it does not bill on demand"),
        ({"group": "web"}, "judge the group"),
        ({"licence": "Windows"}, "another rate for each of the two types"),
    ],
)
def test_what_is_not_judged_is_not_asked_about(changes: dict[str, str], why: str) -> None:
    answer = surcharges._may_be_charged(replace(T3, **changes), LIMITS)  # type: ignore[arg-type]  # fields of an instance
    assert isinstance(answer, InsufficientData)
    assert why in answer.reason


@pytest.mark.parametrize("changes", [{"kind": "t3.medium"}, {"kind": "m5.large"}, {"state": "stopped"}, {"started": ago(13)}])
def test_what_has_no_type_of_its_size_is_no_candidate(changes: dict[str, object]) -> None:
    assert asks(burst_credits_instance, replace(T3, **changes), LIMITS) is False  # type: ignore[arg-type]  # fields of an instance


def test_without_a_rate_of_its_credits_it_cannot_be_compared() -> None:
    """T3a's is not in the book."""
    assert isinstance(_judged(_charged(10_000, like=replace(T3, kind="t3a.large", offered=None))), InsufficientData)


def test_what_cannot_be_changed_in_place_is_not_told_to() -> None:
    old = _charged(10_000, like=replace(T3, kind="t2.large", change=TypeChange(refused=("no",))))
    assert _judged(old) == InsufficientData("its type cannot be changed in place: no")
    assert _judged(replace(old, kind="t3.large")) is not None, "it runs on Nitro already"


@pytest.mark.parametrize(("offered", "target"), [(frozenset({"m5.large"}), "m5.large"), (frozenset(), None), (None, "m6i.large")])
def test_only_what_the_zone_offers(offered: frozenset[str] | None, target: str | None) -> None:
    verdict = _judged(_charged(1_440, like=replace(T3, offered=offered)))
    assert (None if verdict is None else as_waste(verdict).evidence["target"]) == target
    if offered is None:
        assert as_waste(verdict).confidence is Confidence.LOW
