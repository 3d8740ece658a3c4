"""What a volume needs: what hours tell of five minutes, and when five minutes are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ebs.volume.collector import Volume
from functions.scanners.ebs.volume.measured_use import FIVE_MINUTES, HOURLY, MIB, Peak, measured
from functions.scanners.ebs.volume.modernize import gp3_overprovisioned, io_to_gp3
from tests.functions.scanners.ebs.samples import HOURS, NOW, REGION, evenly, judged, series, volume, waste

CASES = Path(__file__).parents[4] / "cases"


def _hours(ops: Sequence[float], flow: Sequence[float], **changes: Any) -> Volume:
    """Measured by the hour only."""
    whole = evenly(ops, flow, len(ops))
    return volume(usage=Usage({metric: whole[metric] for metric in HOURLY}), **changes)


def _with_burst(ops: Sequence[float], burst: float, **changes: Any) -> Volume:
    """With its five minutes, of which those of the last hour did all that hour's work in one."""
    made, whole = volume(**changes), evenly(ops, [1.0] * HOURS)
    metric = FIVE_MINUTES[0]
    values = [*whole[metric].values[:-12], *[0.0] * 11, burst * 300]
    made.usage = Usage({**whole.series, metric: series(metric, values), FIVE_MINUTES[1]: series(FIVE_MINUTES[1], [0.0] * len(values))})
    return made


@pytest.mark.parametrize(
    ("hours", "provisioned", "least", "most"),
    [([10.0, 100.0], 3_000, 100, 1_200), ([10.0, 1_000.0], 3_000, 1_000, 3_000), ([4_000.0], 3_000, 4_000, 4_000), ([], 3_000, 0, 0)],
)
def test_an_hour_bounds_its_five_minutes(hours: list[float], provisioned: float, least: float, most: float) -> None:
    """What was provisioned bounds them too, unless it has been lowered since."""
    assert Peak.within(series(HOURLY[0], hours), provisioned) == Peak(least, most)


@pytest.mark.parametrize(
    ("iops", "mibps", "asked"),
    [
        (208, 8, False),  # all of an hour in five minutes: 2,496 IOPS and 96 MiB/s, and a fifth more is included
        (209, 8, True),
        (208, 8.7, True),
        (8_000, 8, False),  # half of what is provisioned already on average: it stays
        (7_999, 8, True),
    ],
)
def test_five_minutes_are_asked_only_where_hours_leave_the_verdict_open(iops: float, mibps: float, asked: bool) -> None:
    seen = _hours([iops] * HOURS, [mibps] * HOURS, iops=16_000, throughput_mibps=250)
    check: Any = gp3_overprovisioned  # the engine holds checks of every resource class
    assert at_first(check, seen, check.limits(NOW)) == HOURLY
    assert after_that(check, seen, check.limits(NOW)) == (FIVE_MINUTES if asked else ())


@given(st.floats(0, 20_000), st.floats(0, 1_200), st.integers(1, 12), st.sampled_from([gp3_overprovisioned, io_to_gp3]))
def test_where_hours_decide_five_minutes_change_nothing(iops: float, mibps: float, share: int, check: Any) -> None:
    """Whatever the five minutes were: `share` twelfths of an hour's work lie in one of them."""
    provisioned = 16_000 if check is gp3_overprovisioned else 20_000
    kind = {"iops": provisioned, **({"throughput_mibps": 1_000} if check is gp3_overprovisioned else {"kind": "io1"})}
    by_hours = _hours([iops] * 2, [mibps] * 2, **kind)
    if after_that(check, by_hours, check.limits(NOW)):
        return
    peak = min(iops * share, max(iops, provisioned))
    fine = evenly([peak] * 2, [mibps] * 2, 2)
    both = volume(usage=Usage({**by_hours.usage.series, **{metric: fine[metric] for metric in FIVE_MINUTES}}), **kind)
    assert _target(check, by_hours) == _target(check, both)


def _target(check: Any, one: Volume) -> Mapping[str, str] | None:
    verdict = judged(check, one)
    return verdict.values if isinstance(verdict, Waste) else None


def test_ten_minutes_that_an_hour_hides_are_seen() -> None:
    """500 IOPS on average, and 4,900 in five minutes: it is sized for those. From 5,000 on, half of what it has, nothing is said."""
    found = waste(gp3_overprovisioned, _with_burst([500.0] * HOURS, 4_900, iops=10_000, throughput_mibps=125))
    assert found.values["iops"] == "5880"
    assert found.evidence["busiest_five_minutes_iops"] == 4_900
    assert found.evidence["sized_for"] == "the busiest five minutes of 14 days plus 20 %"
    assert judged(gp3_overprovisioned, _with_burst([500.0] * HOURS, 6_000, iops=10_000, throughput_mibps=125)) is None


def test_without_five_minutes_the_target_holds_whatever_they_were() -> None:
    """Where the time ran out before they were asked for."""
    found = waste(gp3_overprovisioned, _hours([300.0] * HOURS, [1.0] * HOURS, iops=10_000, throughput_mibps=125))
    assert (found.values["iops"], found.evidence["busiest_five_minutes_iops"]) == ("4320", None)


def test_too_few_five_minutes_are_no_verdict() -> None:
    seen = _hours([500.0] * HOURS, [1.0] * HOURS, iops=10_000)
    few = {metric: series(metric, [1.0] * 3_628, 4_032) for metric in FIVE_MINUTES}
    seen.usage = Usage({**seen.usage.series, **few})
    assert judged(gp3_overprovisioned, seen) == InsufficientData("I/O metrics: 3628 and 3628 of 4032 periods of five minutes")


@given(st.lists(st.floats(0, 5_000), min_size=5, max_size=5), st.integers(0, 4), st.floats(0, 5_000))
def test_a_busier_hour_never_lowers_the_target(ops: list[float], hour: int, more: float) -> None:
    busier = [*ops[:hour], ops[hour] + more, *ops[hour + 1 :]]
    before, after = (measured(_hours(each, [1.0] * 5, iops=16_000)) for each in (ops, busier))
    assert before.iops.least <= after.iops.least
    assert before.iops.most <= after.iops.most


@pytest.mark.parametrize("case", ["gp3-with-a-weekly-job"])
def test_case(case: str) -> None:
    """The job needs 15,000 of 16,000 IOPS for an hour a week, and hardly any throughput is used."""
    given = json.loads((CASES / f"{case}.json").read_text())
    [described] = given["volumes"]
    as_of = datetime.fromisoformat(given["as_of"])
    made = _described(described)
    use = [100.0] * HOURS
    use[10] = use[10 + 7 * 24] = 15_000.0
    made.usage = _until(evenly(use, [each / 64 for each in use]), as_of)
    judge = Judge([(gp3_overprovisioned, gp3_overprovisioned.limits(as_of))], Prices(REGION))  # type: ignore[list-item]  # of every class
    for finding in judge.findings(made):
        words = finding.command.split()
        assert float(words[words.index("--iops") + 1]) > 15_000


def _described(described: Mapping[str, Any]) -> Volume:
    return volume(
        id=described["VolumeId"],
        created=datetime.fromisoformat(described["CreateTime"]),
        kind=described["VolumeType"],
        size_gib=described["Size"],
        iops=described["Iops"],
        throughput_mibps=described["Throughput"],
        owners={attachment["InstanceId"]: "running" for attachment in described["Attachments"]},
    )


def _until(use: Usage, as_of: datetime) -> Usage:
    """The same up to another moment."""
    later = as_of.astimezone(UTC) - NOW
    moved: dict[Metric, Series] = {}
    for metric in (*HOURLY, *FIVE_MINUTES):
        one = use[metric]
        moved[metric] = Series(one.values, [moment + later for moment in one.times], one.expected, one.period)
    return Usage(dict(moved))


def test_bytes_are_mebibytes() -> None:
    assert measured(_hours([0.0] * HOURS, [7.0] * HOURS)).hours.mibps.maximum == pytest.approx(7.0)
    assert MIB == 2**20
