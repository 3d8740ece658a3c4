"""Stopped for long, and idle: tables at the boundaries, and what never may change a verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from functions.core.aws.clients import Aws
from functions.core.model import Confidence, Coverable, InsufficientData
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from functions.core.scan import asked_metrics
from functions.core.scan import judge as judging
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.ec2.instance import unused as scanner
from functions.scanners.ec2.instance.collector import Instance, ec2_instances
from functions.scanners.ec2.instance.held import HeldVolume
from tests.functions.lacking import lacking
from tests.functions.scanners.ec2.instance.samples import (
    ACCOUNT,
    DISK,
    RUNNING,
    SESSION,
    STOPPED,
    TODAY,
    US,
    ago,
    arn,
    as_waste,
    daily,
    limits,
)

CASES = Path(__file__).parents[4] / "cases"

# --- ec2-stopped-instance -----------------------------------------------------------------------------------------------------------

STOPPED_LIMITS = limits(scanner.stopped_instance)


def _stopped(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.stopped_instance(instance, STOPPED_LIMITS, prices)


def _with_cpu_until(days_ago: int, instance: Instance = STOPPED) -> Instance:
    """Without a date; its last CPU datapoint begins so many days before today."""
    series = Series([1.0, 2.0], [TODAY - timedelta(days=days_ago + 1), TODAY - timedelta(days=days_ago)], 90, DAY_SECONDS)
    return replace(instance, stopped_at=None, usage=Usage({scanner.LAST_CPU: series}))


@pytest.mark.parametrize(("days", "found"), [(0, False), (29, False), (29.99, False), (30, True), (30.01, True), (700, True)])
def test_stopped_for_so_many_days(days: float, found: bool) -> None:
    verdict = _stopped(replace(STOPPED, started=ago(800), stopped_at=ago(days)))
    assert (verdict is not None) is found


@pytest.mark.parametrize("state", ["running", "stopping", "pending"])
def test_only_a_stopped_instance_is_stopped(state: str) -> None:
    assert _stopped(replace(STOPPED, state=state)) is None


def test_the_date_that_aws_gives_is_the_source_and_needs_no_metric() -> None:
    waste = as_waste(_stopped(STOPPED))
    assert waste.evidence["stopped_since_source"] == "StateTransitionReason"
    assert waste.evidence["stopped_since"] == ago(60).isoformat()
    assert waste.evidence["stopped_days"] == 60
    assert "cpu_datapoints" not in waste.evidence
    assert waste.confidence is Confidence.HIGH


@pytest.mark.parametrize(("days_ago", "found"), [(29, False), (30, False), (31, True), (60, True)])
def test_without_a_date_the_last_cpu_datapoint_tells(days_ago: int, found: bool) -> None:
    """A daily datapoint covers its day, so a last one of 30 days ago is a stop of 29 to 30 days ago, plus the half day of NOW."""
    instance = _with_cpu_until(days_ago)
    verdict = _stopped(instance)
    assert (verdict is not None) is found
    if verdict is not None:
        waste = as_waste(verdict)
        assert waste.evidence["stopped_since_source"] == "last CPUUtilization datapoint"
        assert waste.evidence["cpu_datapoints"] == 2
        assert waste.evidence["stopped_days"] == days_ago - 1 + 0.5
        assert waste.confidence is Confidence.MEDIUM


def test_without_date_and_datapoint_it_is_not_known_and_not_waste() -> None:
    empty = Usage({scanner.LAST_CPU: Series([], [], 90, DAY_SECONDS)})
    assert _stopped(replace(STOPPED, stopped_at=None, usage=empty)) == InsufficientData("not known since when it has been stopped")
    assert _stopped(replace(STOPPED, stopped_at=None)) == InsufficientData("not known since when it has been stopped")


@pytest.mark.parametrize(("days", "candidate"), [(29.99, False), (30, True)])
def test_what_was_started_lately_cannot_be_stopped_for_long_and_costs_no_query(days: float, candidate: bool) -> None:
    instance = replace(STOPPED, stopped_at=None, started=ago(days))
    assert scanner.stopped_instance.candidate is not None
    assert scanner.stopped_instance.candidate(instance, STOPPED_LIMITS) is candidate
    assert _stopped(instance) == (InsufficientData("not known since when it has been stopped") if candidate else None)


@pytest.mark.parametrize("instance", [STOPPED, RUNNING, replace(RUNNING, state="stopping")])
def test_no_metric_is_asked_where_the_answer_is_known(instance: Instance) -> None:
    assert scanner.stopped_instance.candidate is not None
    assert not scanner.stopped_instance.candidate(instance, STOPPED_LIMITS)


def test_the_saving_is_storage_and_addresses_and_never_compute() -> None:
    disks = (DISK, HeldVolume(arn("volume/vol-2"), "gp2", 50, 150, 0))
    addresses = (arn("elastic-ip/eipalloc-1"), arn("elastic-ip/eipalloc-2"))
    waste = as_waste(_stopped(replace(STOPPED, kind="p4d.24xlarge", volumes=disks, addresses=addresses)))
    assert waste.savings.likely == pytest.approx(100 * 0.08 + 50 * 0.10 + 2 * 0.005 * 730)
    assert waste.savings.low == pytest.approx(waste.savings.likely - 150 * 0.05)
    assert waste.savings.high == waste.savings.likely
    assert {price.service for price in waste.savings.prices} == {"AmazonEBS", "AmazonVPC"}
    assert waste.coverable is None
    assert waste.covers == (arn("volume/vol-1"), arn("volume/vol-2"), *addresses)
    assert (waste.evidence["volumes"], waste.evidence["size_gib"], waste.evidence["elastic_ips"]) == (2, 150, 2)


def test_what_it_holds_has_a_place_of_its_own_each_and_what_is_known_is_kept() -> None:
    """An instance on an Outpost with an address of the region: the address has a rate, the volumes there have none."""
    outpost = "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"
    disks = (replace(DISK, place=outpost), HeldVolume(arn("volume/vol-2"), "gp2", 50, 150, 0, outpost))
    addresses = {arn("elastic-ip/eipalloc-1"): "", arn("elastic-ip/eipalloc-2"): "us-east-1-bos-1"}
    instance = replace(STOPPED, place=outpost, volumes=disks, addresses=tuple(addresses), address_places=addresses)
    savings = as_waste(_stopped(instance)).savings
    assert (savings.low, savings.likely) == pytest.approx((3.65, 3.65))
    assert savings.unpriced is None
    assert savings.lacks == (
        f"no price known for AmazonEBS volume.gp3 in {outpost}",
        f"no price known for AmazonEBS volume.gp2 in {outpost}",
        "no price known for AmazonVPC public-ipv4.idle in us-east-1-bos-1",
    )
    assert savings.formula == "1 Elastic IP × 730 h × $0.005 public-ipv4.idle"


def test_a_region_that_borrows_the_address_rate_is_priced_and_says_so() -> None:
    prices = lacking("public-ipv4.idle", region="eu-west-1")
    waste = as_waste(_stopped(replace(STOPPED, region="eu-west-1", addresses=(arn("elastic-ip/eipalloc-1"),)), prices))
    assert waste.savings.unpriced is None
    assert waste.savings.low > 0
    borrowed = {price.key for price in waste.savings.prices if price.fallback_for == "eu-west-1"}
    assert borrowed == {"public-ipv4.idle"}


def test_a_stopped_instance_that_holds_nothing_saves_nothing() -> None:
    assert as_waste(_stopped(replace(STOPPED, volumes=()))).savings.worthless


def test_a_stopped_instance_with_a_volume_that_a_tag_keeps_is_not_judged() -> None:
    kept = replace(DISK, kept_by="do-not-delete")
    verdict = _stopped(replace(STOPPED, volumes=(DISK, kept)))
    assert verdict == InsufficientData(f"{kept.arn} would go with it, and its tag do-not-delete keeps it")


@given(days=st.floats(0, 2000), more=st.floats(0, 2000))
def test_more_time_stopped_never_makes_an_instance_less_stopped(days: float, more: float) -> None:
    sooner = _stopped(replace(STOPPED, started=ago(5000), stopped_at=ago(days)))
    later = _stopped(replace(STOPPED, started=ago(5000), stopped_at=ago(days) - timedelta(days=more)))
    assert sooner is None or later is not None


# --- ec2-idle-instance --------------------------------------------------------------------------------------------------------------

IDLE_LIMITS = limits(scanner.idle_instance)
MB = 1_000_000.0
QUIET = [1.0] * 14


def _used(
    cpu: Sequence[float] = QUIET, received: Sequence[float] = QUIET, sent: Sequence[float] = QUIET, like: Instance = RUNNING
) -> Instance:
    series = {scanner.CPU: cpu, scanner.NETWORK_IN: received, scanner.NETWORK_OUT: sent}
    return replace(like, usage=Usage({metric: daily(values, 14) for metric, values in series.items()}))


def _idle(instance: Instance) -> Verdict:
    return scanner.idle_instance(instance, IDLE_LIMITS, US)


@pytest.mark.parametrize(("cpu", "found"), [(0.0, True), (4.99, True), (5.0, True), (5.01, False), (100.0, False)])
def test_one_day_of_cpu_is_enough_to_be_used(cpu: float, found: bool) -> None:
    assert (_idle(_used(cpu=[*QUIET[:13], cpu])) is not None) is found


@pytest.mark.parametrize(
    ("received", "sent", "found"),
    [
        (0, 0, True),
        (5.0, 0, True),
        (0, 5.0, True),
        (2.5, 2.5, True),
        (5.000001, 0, False),
        (2.5, 2.500001, False),
        (0, 900, False),
    ],
)
def test_one_day_of_network_in_and_out_together_is_enough_to_be_used(received: float, sent: float, found: bool) -> None:
    rest = [0.0] * 7
    instance = _used(received=[*rest, received * MB, *rest[:6]], sent=[*rest, sent * MB, *rest[:6]])
    assert (_idle(instance) is not None) is found


@pytest.mark.parametrize(("cpu", "asked"), [(4.99, True), (5.0, True), (5.01, False)])
def test_network_is_asked_for_only_where_the_cpu_is_idle(cpu: float, asked: bool) -> None:
    """And where it is not asked for, it could not have made the instance idle."""
    seen = _used(cpu=[cpu] * 14)
    assert scanner.idle_instance.goes_on is not None
    assert scanner.idle_instance.goes_on(seen, IDLE_LIMITS) == asked == (_idle(seen) is not None)


def test_network_is_judged_a_day_and_not_over_the_window() -> None:
    in_turns = [4.9 * MB, 0.0] * 7
    waste = as_waste(_idle(_used(received=in_turns, sent=[*in_turns[1:], 0.0])))
    assert waste.evidence["busiest_day_network_mb"] == 4.9


def test_an_idle_instance_saves_its_on_demand_rate_and_shows_what_was_compared() -> None:
    waste = as_waste(_idle(_used(cpu=[*QUIET[:12], 3.123])))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(0.096 * 730)
    assert {price.service for price in waste.savings.prices} == {"AmazonEC2"}
    assert waste.coverable == Coverable("AmazonEC2", "m5", 70.08)
    assert waste.evidence == {
        "type": "m5.large",
        "public_addresses": 0,
        "max_cpu_percent": 3.12,
        "busiest_day_network_mb": 0.0,
        "cpu_datapoints": 13,
        "network_in_datapoints": 14,
        "network_out_datapoints": 14,
        "expected_datapoints": 14,
        "window_days": 14,
    }


def test_an_idle_instance_with_a_licence_saves_at_least_the_linux_rate() -> None:
    waste = as_waste(_idle(_used(like=replace(RUNNING, platform="Windows", licence="Windows"))))
    assert waste.savings.likely == as_waste(_idle(_used())).savings.likely
    assert waste.savings.note == "At least this much; not included: what it bills by the hour for Windows."


@pytest.mark.parametrize(
    ("kind", "sure"),
    [
        ("m5.large", True),
        ("g5.xlarge", False),
        ("gr6.4xlarge", False),
        ("p4d.24xlarge", False),
        ("inf2.xlarge", False),
        ("trn1.2xlarge", False),
    ],
)
def test_no_metric_of_gpus_is_looked_at_and_that_is_said(kind: str, sure: bool) -> None:
    waste = as_waste(_idle(_used(like=replace(RUNNING, kind=kind))))
    assert (waste.confidence, waste.note) == ((None, "") if sure else (Confidence.LOW, scanner.NO_GPU_METRIC))


@pytest.mark.parametrize(
    "instance",
    [
        replace(RUNNING, tenancy="dedicated"),
        replace(RUNNING, place="us-east-1-bos-1a"),
    ],
)
def test_an_idle_instance_at_an_unknown_rate_is_found_without_a_number(instance: Instance) -> None:
    waste = as_waste(_idle(_used(like=instance)))
    savings = waste.savings
    assert savings.unpriced is not None
    assert waste.coverable is None
    assert savings.unpriced.startswith("no price known for ")
    assert "m5.large" in savings.unpriced
    assert (savings.likely, savings.worthless) == (0, False)


@pytest.mark.parametrize(
    ("instance", "candidate"),
    [
        (RUNNING, True),
        (replace(RUNNING, started=ago(14)), True),
        (replace(RUNNING, started=ago(13.99), created=ago(13.99)), False),
        (replace(RUNNING, started=ago(13.99), created=None), False),
        (replace(RUNNING, state="stopped"), False),
        (replace(RUNNING, state="pending"), False),
        (replace(RUNNING, group="front", started=ago(13), created=ago(13)), False),
        (replace(RUNNING, group="front", state="stopped"), False),
    ],
)
def test_which_instances_may_be_idle(instance: Instance, candidate: bool) -> None:
    assert scanner.idle_instance.candidate is not None
    assert scanner.idle_instance.candidate(instance, IDLE_LIMITS) is candidate


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (replace(RUNNING, group="front"), "Auto Scaling group front"),
        (replace(RUNNING, lifecycle="spot"), "spot"),
        (replace(RUNNING, lifecycle="capacity-block"), "capacity-block"),
        (replace(RUNNING, started=ago(0.5), created=ago(14)), "started anew"),
        (replace(RUNNING, started=ago(13.99), created=ago(400)), "started anew"),
    ],
)
def test_what_is_never_judged_is_counted(instance: Instance, why: str) -> None:
    assert scanner.idle_instance.candidate is not None
    answer = scanner.idle_instance.candidate(instance, IDLE_LIMITS)
    assert isinstance(answer, InsufficientData)
    assert answer.reason.startswith(why)
    judge = judging.Judge([(scanner.idle_instance, IDLE_LIMITS)], US)  # type: ignore[list-item]  # a check of a kind of resource
    measured = _used(like=instance)
    for asks in (asked_metrics.at_first, asked_metrics.after_that):
        assert list(judge.wanted([instance, measured], asks)) == []
    assert judge.insufficient == {}, "it counts when its turn comes, so that a resumed scan does not count it twice"
    assert judge.findings(instance) == []
    assert judge.insufficient == {"ec2-idle-instance": 1}
    assert judge.findings(measured) == []
    assert judge.insufficient == {"ec2-idle-instance": 2}


@pytest.mark.parametrize(
    ("instance", "usd", "lacks"),
    [
        (replace(RUNNING, public_addresses=1), 0.096 * 730 + 3.65, ()),
        (replace(RUNNING, public_addresses=2), 0.096 * 730 + 7.3, ()),
        (replace(RUNNING, public_addresses=1, tenancy="dedicated"), 3.65, ("no price known for m5.large with tenancy dedicated",)),
        (replace(RUNNING, addresses=(arn("elastic-ip/eipalloc-1"),)), 0.096 * 730, ()),
    ],
)
def test_the_address_that_aws_gave_it_goes_with_the_stop_and_an_elastic_one_stays(
    instance: Instance, usd: float, lacks: tuple[str, ...]
) -> None:
    waste = as_waste(_idle(_used(like=instance)))
    assert waste.savings.likely == pytest.approx(usd)
    assert waste.savings.lacks == lacks
    assert waste.coverable == (None if lacks else Coverable("AmazonEC2", "m5", 70.08))
    assert ("eipalloc-1" in waste.note) is bool(instance.addresses)


def test_the_case_of_an_idle_nano_with_a_public_address() -> None:
    """The file's instance, collected and judged: idle-nano-with-public-address."""
    case = json.loads((CASES / "idle-nano-with-public-address.json").read_text(encoding="utf-8"))
    as_of = datetime.fromisoformat(case["as_of"])
    [described] = case["instances"]
    interface = described["NetworkInterfaces"][0]
    interface["Attachment"]["AttachTime"] = datetime.fromisoformat(interface["Attachment"]["AttachTime"])
    described["LaunchTime"] = datetime.fromisoformat(described["LaunchTime"])
    aws = Aws(ACCOUNT, case["region"], SESSION, as_of)
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response("describe_addresses", {"Addresses": []})
        stub.add_response("describe_instances", {"Reservations": [{"Instances": [described]}]})
        stub.add_response("describe_instance_types", {"InstanceTypes": []})
        stub.add_response("describe_instance_type_offerings", {"InstanceTypeOfferings": []})
        [instance] = ec2_instances(aws)
    waste = as_waste(scanner.idle_instance(_used(like=instance), scanner.idle_instance.limits(as_of), US))
    assert waste.savings.likely == pytest.approx(7.45, abs=0.005)
    assert waste.coverable is not None
    assert waste.coverable.usd == pytest.approx(3.8, abs=0.005)


@pytest.mark.parametrize("short", [scanner.CPU, scanner.NETWORK_IN, scanner.NETWORK_OUT])
@pytest.mark.parametrize(("datapoints", "judged"), [(12, False), (13, True), (14, True)])
def test_too_few_datapoints_of_any_metric_are_insufficient(short: Metric, datapoints: int, judged: bool) -> None:
    """12 of 14 are 86 %, 13 are 93 %."""
    usage = dict(_used().usage.series) | {short: daily([0.0] * datapoints, 14)}
    judge = judging.Judge([(scanner.idle_instance, IDLE_LIMITS)], US)  # type: ignore[list-item]  # a check of a kind of resource
    found = judge.findings(replace(RUNNING, usage=Usage(usage)))
    assert [finding.check_id for finding in found] == (["ec2-idle-instance"] if judged else [])
    assert judge.insufficient == ({} if judged else {"ec2-idle-instance": 1})


DAYS = st.lists(st.floats(0, 100), min_size=14, max_size=14)


@given(cpu=st.lists(st.floats(0, 8), min_size=14, max_size=14), more=DAYS)
def test_more_cpu_never_makes_an_instance_more_idle(cpu: list[float], more: list[float]) -> None:
    before, after = _idle(_used(cpu=cpu)), _idle(_used(cpu=[old + new for old, new in zip(cpu, more, strict=True)]))
    assert before is not None or after is None


@given(sent=st.lists(st.floats(0, 8 * MB), min_size=14, max_size=14), more=DAYS)
def test_more_network_never_makes_an_instance_more_idle(sent: list[float], more: list[float]) -> None:
    before, after = _idle(_used(sent=sent)), _idle(_used(sent=sent, received=[value * MB for value in more]))
    assert before is not None or after is None
