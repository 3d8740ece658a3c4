"""Oversized instances: tables at the boundaries, what is not judged, and what is asked of CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from functions.core.model import Confidence, Coverable, InsufficientData
from functions.core.registry import Verdict
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ec2.instance import load
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.rightsize import COMMITTED_ONLY, MEMORY_UNKNOWN, oversized_instance
from functions.scanners.ec2.instance.sizes import Attached, Size
from functions.scanners.ec2.instance.type_change import TypeChange
from tests.functions.core.check_samples import asks
from tests.functions.lacking import lacking
from tests.functions.scanners.ec2.instance.hourly import HOURS, LARGE, M5, POINTS, T3, busy, daily_peaks, series, used
from tests.functions.scanners.ec2.instance.samples import US, ago, as_waste, limits

LIMITS = limits(oversized_instance)


def _judged(instance: Instance, **overrides: float) -> Verdict:
    return oversized_instance(instance, limits(oversized_instance, **overrides), US)


def _target(instance: Instance) -> object:
    verdict = _judged(instance)
    return None if verdict is None else as_waste(verdict).evidence["target"]


def test_one_size_down_by_hand() -> None:
    """m5.2xlarge is 0.384 an hour, m5.xlarge 0.192. 30 % of 8 vCPUs are 60 % of 4, and 9.6 of 32 GiB fit into 80 % of 16, not of 8."""
    waste = as_waste(_judged(used(busy(30), daily_peaks(network_mbps=10, memory=30))))
    assert waste.savings.likely == pytest.approx((0.384 - 0.192) * 730)
    assert waste.savings.formula == ("730 h × $0.384 ondemand.linux.shared.m5.2xlarge − 730 h × $0.192 ondemand.linux.shared.m5.xlarge")
    assert waste.coverable == Coverable("AmazonEC2", "m5", waste.savings.likely)
    assert (waste.confidence, waste.note) == (None, "")
    assert waste.values == {"target": "m5.xlarge", "zone": "us-east-1a", "type": "m5.2xlarge"}
    assert waste.evidence == {
        "type": "m5.2xlarge", "target": "m5.xlarge", "vcpus": 8, "target_vcpus": 4, "memory_gib": 32, "target_memory_gib": 16,
        "p99_5_cpu_percent": 30, "projected_cpu_percent": 60, "cpu_period_seconds": 3600, "cpu_datapoints": 336,
        "expected_datapoints": 336, "window_days": 14, "zone": "us-east-1a", "offered_in_zone": True,
        "used_memory_gib": 9.6, "network_mb_per_second": 10, "target_network_mb_per_second": 156.25,
        "ebs_mb_per_second": 1, "target_ebs_mb_per_second": 143.75, "ebs_iops": 1, "target_ebs_iops": 6000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cpu", "others", "target"),
    [
        (busy(20), daily_peaks(memory=20), "m5.large"),  # a quarter of the vCPUs, 80 %; 6.4 of 8 GiB
        (busy(20.1), daily_peaks(memory=20), "m5.xlarge"),
        (busy(20), daily_peaks(memory=20.1), "m5.xlarge"),
        (busy(20), daily_peaks(memory=40.1), None),
        (busy(40), daily_peaks(memory=20), "m5.xlarge"),
        (busy(40.1), daily_peaks(memory=20), None),
        (busy(20), daily_peaks(memory=20, network_mbps=94), "m5.xlarge"),  # m5.large sustains 93.75 MB a second
        (busy(20), daily_peaks(memory=20, network_mbps=157), None),
        (busy(20), daily_peaks(memory=20, iops=3_601), "m5.xlarge"),
        (busy(20), daily_peaks(memory=20, ebs_mbps=144), None),
        (busy(5), daily_peaks(), "m5.xlarge"),  # memory is not known: one size down
        (busy(5), daily_peaks(committed=10), "m5.xlarge"),
    ],
)
def test_the_smallest_type_that_has_enough_of_everything(cpu: Sequence[float], others: Mapping[Metric, Series], target: str | None) -> None:
    assert _target(used(cpu, others)) == target


@pytest.mark.parametrize(
    ("others", "change", "confidence", "note"),
    [
        (daily_peaks(memory=10), {}, None, ""),
        (daily_peaks(), {}, Confidence.LOW, MEMORY_UNKNOWN),
        (daily_peaks(committed=10), {"platform": "Windows"}, Confidence.LOW, COMMITTED_ONLY),
        (daily_peaks(memory=10, ebs_mbps=None, iops=None), {}, Confidence.LOW, "instances before Nitro do not report it"),
        (daily_peaks(memory=10), {"offered": None}, Confidence.LOW, "AWS did not say whether us-east-1a offers"),
        (
            daily_peaks(memory=10),
            {"smaller": (replace(M5["xlarge"], network_gbps=None),)},
            Confidence.LOW,
            "sustains to the network is not",
        ),
        (daily_peaks(memory=10), {"smaller": (replace(M5["xlarge"], ebs_mbps=None),)}, Confidence.LOW, "to its volumes is not known"),
        (daily_peaks(memory=10), {"change": TypeChange((), ("Beware.",))}, None, "Beware."),
    ],
)
def test_what_is_not_known_is_said_and_makes_it_less_sure(
    others: Mapping[Metric, Series], change: dict[str, object], confidence: Confidence | None, note: str
) -> None:
    waste = as_waste(_judged(replace(used(busy(5), others), **change)))  # type: ignore[arg-type]  # fields of an instance
    assert waste.confidence is confidence
    assert note in waste.note
    assert bool(note) == bool(waste.note)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"offered": frozenset({"m5.large"})}, None),  # the nearest is not offered, and memory is not known
        ({"attached": Attached(interfaces=4)}, "m5.xlarge"),
        ({"attached": Attached(interfaces=5)}, None),
        ({"attached": Attached(volumes=28)}, None),
        ({"smaller": ()}, None),
    ],
)
def test_only_a_type_that_is_there_and_takes_what_is_attached(changes: dict[str, object], target: str | None) -> None:
    assert _target(replace(used(busy(5)), **changes)) == target  # type: ignore[arg-type]  # fields of an instance


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"group": "web"}, "judge the group"),
        ({"lifecycle": "spot"}, "spot: it does not bill on demand"),
        ({"tenancy": "host"}, "on a Dedicated Host"),
        ({"started": ago(13)}, "started anew"),
        ({"size": None}, "AWS did not say what m5.2xlarge has"),
        ({"place": "us-east-1-bos-1a"}, "types and prices of its own"),
        ({"size": replace(M5["2xlarge"], metal=True)}, "a whole server"),
        ({"kind": "g5.2xlarge"}, "GPUs"),
        ({"root_is_lost": True}, "instance store"),
        ({"size": replace(M5["2xlarge"], disks_gb=300)}, "instance store"),
        ({"attached": Attached(vcpus=4)}, "its CPU options give it 4 of 8 vCPUs"),
        ({"kind": "t8i.2xlarge", "size": replace(M5["2xlarge"], bursts=True)}, "sustains by its credits is not known"),
    ],
)
def test_what_is_not_judged_says_why_and_is_not_asked_about(changes: dict[str, object], why: str) -> None:
    instance = replace(used(busy(5)), created=ago(400), **changes)  # type: ignore[arg-type]  # fields of an instance
    verdict = _judged(instance)
    assert isinstance(verdict, InsufficientData)
    assert why in verdict.reason
    assert asks(oversized_instance, instance, LIMITS) is None


@pytest.mark.parametrize("changes", [{"state": "stopped"}, {"started": ago(13)}, {"smaller": ()}, {"attached": Attached(interfaces=9)}])
def test_what_is_no_candidate_is_clean(changes: dict[str, object]) -> None:
    instance = replace(used(busy(5)), **changes)  # type: ignore[arg-type]  # fields of an instance
    assert _judged(instance) is None
    assert asks(oversized_instance, instance, LIMITS) is False


BESIDE = [metric.name for metric in load.BESIDE_CPU]


@pytest.mark.parametrize(
    ("hours", "then"),
    [
        (busy(30), BESIDE),  # m5.xlarge has the CPU, m5.large certainly not
        (busy(15), BESIDE),  # both have
        (busy(50), []),
        (busy(5, 90, 21), []),
        (busy(5, 90, 2), [*BESIDE, "CPUUtilization"]),
        (busy(15, 30, 10), [*BESIDE, "CPUUtilization"]),  # the hours tell of m5.xlarge, and leave m5.large open: two vCPUs more
        ([5.0] * 302, []),  # 89.9 % of the hours
    ],
)
def test_the_long_series_is_asked_for_only_where_the_hours_leave_something_open(hours: list[float], then: list[str]) -> None:
    judge = Judge([(oversized_instance, LIMITS)], US)  # type: ignore[list-item]  # a check of a kind of resource
    assert [metric.name for _, metric, _ in judge.wanted([LARGE], at_first)] == ["CPUUtilization"]
    seen = replace(LARGE, usage=Usage({load.CPU: series(hours, load.HOUR, HOURS)}))
    wanted = [metric for _, metric, _ in judge.wanted([seen], after_that)]
    assert [metric.name for metric in wanted] == then
    assert all(metric.period != load.FIVE_MINUTES for metric in wanted) or wanted[-1] == load.CPU_FINE


def test_so_few_vcpus_are_not_worth_the_long_series() -> None:
    seen = replace(LARGE, usage=Usage({load.CPU: series(busy(5, 90, 2), load.HOUR)}))
    judge = Judge([(oversized_instance, limits(oversized_instance, min_vcpus_of_interest=7))], US)  # type: ignore[list-item]  # as above
    assert list(judge.wanted([seen], after_that)) == []
    assert judge.findings(seen) == []
    assert judge.insufficient == {}


@pytest.mark.parametrize(("above", "found"), [(20, True), (21, False)])
def test_the_five_minute_maxima_decide_what_the_hours_leave_open(above: int, found: bool) -> None:
    seen = used(busy(5, 90, 10), daily_peaks(memory=10))
    seen.usage = Usage({**seen.usage.series, load.CPU_FINE: series(busy(5, 90, above, POINTS), load.FIVE_MINUTES)})
    verdict = _judged(seen)
    assert (verdict is not None) is found
    if verdict is not None:
        evidence = as_waste(verdict).evidence
        assert (evidence["cpu_period_seconds"], evidence["cpu_datapoints"], evidence["p99_5_cpu_percent"]) == (300, 4032, 5)


@pytest.mark.parametrize("unknown", [load.CPU, load.NETWORK[0], load.EBS_BYTES[1], load.CPU_FINE])
def test_what_cloudwatch_did_not_give_whole_is_insufficient(unknown: Metric) -> None:
    seen = used(busy(5))
    known = {metric: found for metric, found in seen.usage.series.items() if metric != unknown}
    verdict = _judged(replace(seen, usage=Usage(known, {unknown: "PartialData"})))
    assert verdict == InsufficientData(f"{unknown.name}: PartialData")


def test_without_any_metric_nothing_is_said() -> None:
    """CloudWatch is denied: the unit says so."""
    assert _judged(LARGE) is None


def test_a_licence_that_is_billed_by_the_vcpu_makes_it_the_least() -> None:
    windows = replace(used(busy(5), daily_peaks(committed=10)), platform="Windows", licence="Windows")
    savings = as_waste(_judged(windows)).savings
    assert savings.likely == pytest.approx(0.192 * 730)
    assert savings.lacks == ("what Windows bills less for fewer vCPUs",)


def test_without_a_price_it_is_unpriced_and_not_nothing() -> None:
    key = "ondemand.linux.shared.m5.2xlarge"
    waste = as_waste(oversized_instance(used(busy(5)), LIMITS, lacking(key, region="us-east-1")))
    assert waste.savings.unpriced is not None
    assert as_waste(_judged(replace(used(busy(5)), tenancy="dedicated"))).savings.unpriced is not None


def test_a_burstable_target_shows_its_credits() -> None:
    """10 % of 8 vCPUs in every hour are 20 % of 4, and t3.xlarge sustains 40."""
    small = replace(LARGE, kind="t3.2xlarge", size=T3["2xlarge"], smaller=(T3["xlarge"],), offered=frozenset({"t3.xlarge"}))
    evidence = as_waste(_judged(used(busy(10), like=small))).evidence
    assert (evidence["busiest_day_cpu_percent"], evidence["target_baseline_percent"]) == (20, 40)
    assert _judged(used(busy(20.1), like=small)) is None


def test_more_use_never_makes_a_smaller_type_fit() -> None:
    order: dict[object, int] = {"m5.large": 0, "m5.xlarge": 1, None: 2}
    found = [order[_target(used(busy(percent), daily_peaks(memory=20)))] for percent in range(1, 100, 3)]
    assert found == sorted(found)


def test_sizes_compare_by_vcpus_and_memory() -> None:
    small, more_memory, other = Size("a", 2, 1024), Size("b", 2, 2048), Size("c", 4, 512)
    assert small.smaller_than(more_memory)
    assert not more_memory.smaller_than(small)
    assert not small.smaller_than(small)
    assert not other.smaller_than(small)
    assert not small.smaller_than(other)
