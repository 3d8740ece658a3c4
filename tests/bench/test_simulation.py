"""What has to hold for a simulated map, whatever is in it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.recorded_units import Recorded
from tests.bench.simulation import ATTEMPTS, RETRIES, UNLIMITED, Aws, Rate, Result, Work, simulate

FREE = Aws(
    memory_mib=1769, rates={}, new_workers=UNLIMITED, child_starts=UNLIMITED, cold_cpu=0.0, cold_wait=0.0, child_seconds=0.0,
    seconds={"ec2": 0.5}, other_seconds=0.0,
)  # fmt: skip
"""Nothing is limited, nothing is cold, and only EC2's requests take time."""


def work(cpu: float = 0.0, account: str = "1", region: str = "us-east-1", function: str = "scan-ec2", **calls: int) -> Work:
    asked = {f"ec2:{name}": count for name, count in calls.items()} or {"s3:PutObject": 1}
    took = Recorded(
        resource_type="ec2:instance",
        region=region,
        resources=1,
        findings=0,
        metrics=0,
        cpu=cpu,
        seconds=0.0,
        billed_seconds=0.0,
        calls=asked,
    )
    return Work(account, region, function, took)


def run(works: list[Work], concurrency: int, aws: Aws = FREE) -> Result:
    return simulate(works, concurrency, aws, own_account="1")


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=40), st.integers(1, 50))
@settings(deadline=None)
def test_without_limits_the_map_takes_its_work_divided_by_its_places(cpu: list[float], concurrency: int) -> None:
    took = run([work(one) for one in cpu], concurrency)
    assert sum(cpu) / concurrency - 1e-6 <= took.seconds <= sum(cpu) / concurrency + max(cpu) + 1e-6
    assert took.billed_seconds == pytest.approx(sum(cpu))
    assert (took.invocations, took.retries, took.given_up, took.throttled.total()) == (len(cpu), 0, 0, 0)
    assert took.longest == pytest.approx(max(cpu))


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=40), st.integers(1, 20), st.integers(1, 20))
@settings(deadline=None)
def test_more_places_are_never_slower_where_nothing_is_limited(cpu: list[float], concurrency: int, more: int) -> None:
    works = [work(one) for one in cpu]
    assert run(works, concurrency + more).seconds <= run(works, concurrency).seconds + 1e-6


def test_a_place_runs_one_unit_after_the_other_and_workers_are_used_again() -> None:
    aws = replace(FREE, cold_cpu=0.5, cold_wait=0.25, child_seconds=0.1)
    took = run([work(DescribeVolumes=2) for _ in range(4)], 2, aws)
    assert took.cold == 2
    assert took.seconds == pytest.approx(0.75 + 2 * (1.0 + 0.1))
    assert took.billed_seconds == pytest.approx(2 * 0.5 + 4 * 1.0)
    assert took.child_seconds == pytest.approx(2 * 1.8 + 2 * 1.0), "each up to the next tenth"
    assert took.calls == {"ec2:DescribeVolumes": 8}


def test_a_function_has_its_own_workers_and_a_worker_its_credentials() -> None:
    took = run([work(account=account, function=name) for account in "1232" for name in ("scan-a", "scan-b")], 1)
    assert took.cold == 2
    assert took.calls["sts:AssumeRole"] == 4, "two accounts that are not the own one, once for each function"


def test_an_api_answers_no_faster_than_its_bucket_fills() -> None:
    """A thousand requests, 100 at once and 20 a second."""
    aws = replace(FREE, rates={"ec2": Rate(100, 20)}, seconds={"ec2": 0.01})
    took = run([work(DescribeVolumes=1) for _ in range(1000)], 40, aws)
    assert 45 <= took.seconds < 90, "some tokens are lost while everybody waits"
    assert took.throttled["ec2:DescribeVolumes"] > 0
    assert took.calls["ec2:DescribeVolumes"] == 1000 + took.throttled["ec2:DescribeVolumes"]


@pytest.mark.parametrize(("other", "seconds"), [({"region": "us-west-2"}, 0), ({"account": "2"}, 0), ({}, 4)])
def test_a_bucket_is_of_one_account_in_one_region(other: dict[str, str], seconds: float) -> None:
    aws = replace(FREE, rates={"ec2": Rate(10, 1)}, seconds={"ec2": 0.001})
    took = run([work(DescribeVolumes=10), work(DescribeVolumes=5, **other)], 2, aws)  # type: ignore[arg-type]
    assert (took.seconds >= seconds) == (took.throttled.total() > 0 or not seconds)


def test_each_operation_of_ec2_has_a_bucket_and_all_of_elb_share_one() -> None:
    def asked(service: str) -> int:
        unit = work()
        unit.took.calls = {f"{service}:DescribeTags": 10, f"{service}:DescribeListeners": 10}
        rate = Rate(10, 1)
        return run([unit], 1, replace(FREE, rates={service: rate}, seconds={})).throttled.total()

    assert asked("ec2") == 0
    assert asked("elbv2") > 0


def test_a_unit_whose_api_never_answers_is_given_up_after_all_attempts() -> None:
    took = run([work(DescribeVolumes=1), work(1.0)], 1, replace(FREE, rates={"ec2": Rate(0, 0)}))
    assert (took.given_up, took.retries, took.invocations) == (1, RETRIES, RETRIES + 2)
    assert took.calls["ec2:DescribeVolumes"] == ATTEMPTS * (RETRIES + 1)


def test_new_workers_and_children_start_no_faster_than_aws_lets_them() -> None:
    burst = run([work(5.0) for _ in range(100)], 100, replace(FREE, new_workers=Rate(50, 10)))
    assert burst.cold <= 50 + 10 * burst.seconds
    assert burst.throttled["lambda:Invoke"] > 0
    slow = run([work(0.001) for _ in range(100)], 100, replace(FREE, child_starts=Rate(10, 10)))
    assert 9 <= slow.seconds < 10


def test_the_same_seed_is_the_same_map() -> None:
    aws = replace(FREE, rates={"ec2": Rate(10, 5)})
    works = [work(DescribeVolumes=3) for _ in range(50)]
    assert simulate(works, 9, aws, seed=3) == simulate(works, 9, aws, seed=3)
    assert simulate(works, 9, aws, seed=3) != simulate(works, 9, aws, seed=4)


def test_less_memory_is_less_cpu_and_the_same_waiting() -> None:
    def seconds(memory: int) -> float:
        return run([work(1.0, DescribeVolumes=1)], 1, replace(FREE, memory_mib=memory)).seconds

    assert seconds(1769) == seconds(3538) == pytest.approx(1.5)
    assert math.isclose(seconds(512), 0.5 + 1769 / 512)
