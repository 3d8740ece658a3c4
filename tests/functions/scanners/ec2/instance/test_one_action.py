"""Several checks about one instance: one leads and is counted, the others say that it counts for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.core import registry
from functions.core.model import Finding
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ec2.instance import load, schedule, unused
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.sizes import Size
from functions.scanners.ec2.instance.surcharges import CHARGED
from tests.functions.scanners.ec2.instance.hourly import HOURS, LARGE, T3, daily_peaks
from tests.functions.scanners.ec2.instance.samples import NOW, US
from tests.functions.scanners.ec2.instance.test_schedule import HOURS as FOUR_WEEKS
from tests.functions.scanners.ec2.instance.test_schedule import at_work

OVERSIZED, SCHEDULABLE, IDLE = "ec2-oversized-instance", "ec2-schedulable-instance", "ec2-idle-instance"
OLD, GRAVITON, BURST = "ec2-old-generation", "ec2-graviton", "ec2-burst-credits-instance"
DEV = {"env": "dev"}
M4 = {
    size: replace(one, kind=f"m4.{size}") for size, one in (("2xlarge", Size("", 8, 32_768, interfaces=4)), ("xlarge", Size("", 4, 16_384)))
}
OLD_LARGE = replace(
    LARGE,
    kind="m4.2xlarge",
    size=M4["2xlarge"],
    smaller=(M4["xlarge"],),
    offered=frozenset({"m4.xlarge", "m5.2xlarge", "m6g.2xlarge"}),
)
BURSTING = replace(
    LARGE, kind="t3.2xlarge", size=T3["2xlarge"], smaller=(T3["xlarge"],), offered=frozenset({"t3.xlarge", "m5.2xlarge", "t4g.2xlarge"})
)


def _series(value: float | Sequence[float], metric: Metric, days: int) -> Series:
    count = days * 86_400 // metric.period
    values = [value] * count if isinstance(value, float) else list(value)
    times = [NOW - timedelta(seconds=metric.period * number) for number in range(count, 0, -1)]
    return Series(values, times, count, metric.period)


def _used(instance: Instance, cpu: float, at_night: float, traffic: float = 1e9, credits_an_hour: float = 0.0) -> Instance:
    """CPU percent in working hours and outside of them, and bytes in each of those hours; at night there are none."""
    by_hour = [cpu if at_work(moment) else at_night for moment in FOUR_WEEKS]
    bytes_by_hour = [traffic if value == cpu else 0.0 for value in by_hour]
    found = {
        load.CPU: _series(by_hour, load.CPU, 28),
        schedule.NETWORK_IN: _series(bytes_by_hour, schedule.NETWORK_IN, 28),
        schedule.NETWORK_OUT: _series(bytes_by_hour, schedule.NETWORK_OUT, 28),
        unused.CPU: _series(max(cpu, at_night), unused.CPU, 14),
        unused.NETWORK_IN: _series(traffic * 12, unused.NETWORK_IN, 14),
        unused.NETWORK_OUT: _series(0.0, unused.NETWORK_OUT, 14),
        CHARGED: _series(credits_an_hour * 24, CHARGED, 14),
        **daily_peaks(memory=10),
    }
    return replace(instance, usage=Usage(found))


def _found(instance: Instance) -> list[Finding]:
    checks = [(check, check.limits(NOW)) for check in registry.load("ec2:instance")[1]]
    return Judge(checks, US).findings(instance)


@pytest.mark.parametrize(
    ("instance", "leads", "others"),
    [
        # 0.384 an hour, 0.192 at half of the size and 0.096 at a quarter, m6g 0.308; off for 108 of 168 hours
        (_used(LARGE, 90.0, 50.0), None, set()),
        (_used(LARGE, 30.0, 15.0), OVERSIZED, set()),
        (_used(replace(LARGE, tags=DEV), 90.0, 1.0), SCHEDULABLE, set()),
        (_used(replace(LARGE, tags=DEV), 30.0, 1.0), SCHEDULABLE, {OVERSIZED}),
        (_used(replace(LARGE, tags=DEV), 15.0, 1.0), OVERSIZED, {SCHEDULABLE}),
        (_used(replace(LARGE, tags=DEV), 1.0, 1.0, traffic=0.0), IDLE, {OVERSIZED}),
        # m4.2xlarge is 0.40, m5.2xlarge 0.384, m6g.2xlarge 0.308, m4.xlarge 0.20
        (_used(OLD_LARGE, 90.0, 50.0), GRAVITON, {OLD}),
        (_used(OLD_LARGE, 30.0, 15.0), OVERSIZED, {GRAVITON, OLD}),
        (_used(replace(OLD_LARGE, tags=DEV), 30.0, 1.0), SCHEDULABLE, {OVERSIZED, GRAVITON, OLD}),
        # t3.2xlarge is 0.3328, t4g 0.2688; 60 vCPU-minutes an hour are 0.05 an hour, which is less than m5.2xlarge costs more
        (_used(BURSTING, 90.0, 50.0, credits_an_hour=120.0), GRAVITON, {BURST}),
        (_used(BURSTING, 90.0, 50.0, credits_an_hour=300.0), BURST, {GRAVITON}),
        (_used(BURSTING, 90.0, 50.0, credits_an_hour=60.0), GRAVITON, set()),
    ],
)
def test_the_dearest_leads_and_is_the_only_one_that_counts(instance: Instance, leads: str | None, others: set[str]) -> None:
    found = _found(instance)
    assert [finding.check_id for finding in found if finding.headline] == ([leads] if leads else [])
    rest = [finding for finding in found if not finding.headline]
    assert {finding.check_id for finding in rest} == others
    assert {finding.counted_by for finding in rest} <= {found[0].finding_id if found else ""}
    assert all(finding.savings.likely <= found[0].savings.likely for finding in rest)
    assert len(FOUR_WEEKS) == HOURS * 2
