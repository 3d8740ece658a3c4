"""EC2 checks: tables at the boundaries, what never may change a verdict, and whole scans against moto and recorded replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core import judging, registry, scanning
from functions.core.aws import Aws, iam_action
from functions.core.instances import HeldVolume, Instance
from functions.core.model import Confidence, Coverable, Finding, InsufficientData, Outcome, Unit, UnitOutcome, Waste
from functions.core.prices import Prices
from functions.core.registry import Check, Limits, Verdict
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners import ec2_instance as scanner
from tests.recorded import reply

ACCOUNT = "123456789012"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
US = Prices("us-east-1")
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def _ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def _arn(what: str) -> str:
    return f"arn:aws:ec2:us-east-1:{ACCOUNT}:{what}"


RUNNING = Instance(
    arn=_arn("instance/i-1"),
    id="i-1",
    account=ACCOUNT,
    region="us-east-1",
    kind="m5.large",
    state="running",
    started=_ago(400),
    nitro_ready=True,
)
DISK = HeldVolume(_arn("volume/vol-1"), "gp3", 100, 3000, 125)
STOPPED = replace(RUNNING, state="stopped", stopped_at=_ago(60), volumes=(DISK,))


def _daily(values: Sequence[float], days: int) -> Series:
    """One value a day, the newest for yesterday."""
    times = [TODAY - timedelta(days=len(values) - index) for index in range(len(values))]
    return Series(values, times, days, DAY_SECONDS)


def _limits(check: Check[Instance], **overrides: float) -> Limits:
    return check.limits(NOW, {f"{check.id}.{name}": value for name, value in overrides.items()})


def _waste(verdict: Verdict) -> Waste:
    assert isinstance(verdict, Waste)
    return verdict


# --- ec2-stopped-instance -----------------------------------------------------------------------------------------------------------

STOPPED_LIMITS = _limits(scanner.stopped_instance)


def _stopped(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.stopped_instance(instance, STOPPED_LIMITS, prices)


def _with_cpu_until(days_ago: int, instance: Instance = STOPPED) -> Instance:
    """Without a date; its last CPU datapoint begins so many days before today."""
    series = Series([1.0, 2.0], [TODAY - timedelta(days=days_ago + 1), TODAY - timedelta(days=days_ago)], 90, DAY_SECONDS)
    return replace(instance, stopped_at=None, usage=Usage({scanner.LAST_CPU: series}))


@pytest.mark.parametrize(("days", "found"), [(0, False), (29, False), (29.99, False), (30, True), (30.01, True), (700, True)])
def test_stopped_for_so_many_days(days: float, found: bool) -> None:
    verdict = _stopped(replace(STOPPED, started=_ago(800), stopped_at=_ago(days)))
    assert (verdict is not None) is found


@pytest.mark.parametrize("state", ["running", "stopping", "pending"])
def test_only_a_stopped_instance_is_stopped(state: str) -> None:
    assert _stopped(replace(STOPPED, state=state)) is None


def test_the_date_that_aws_gives_is_the_source_and_needs_no_metric() -> None:
    waste = _waste(_stopped(STOPPED))
    assert waste.evidence["stopped_since_source"] == "StateTransitionReason"
    assert waste.evidence["stopped_since"] == _ago(60).isoformat()
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
        waste = _waste(verdict)
        assert waste.evidence["stopped_since_source"] == "last CPUUtilization datapoint"
        assert waste.evidence["cpu_datapoints"] == 2
        assert waste.evidence["stopped_days"] == days_ago - 1 + 0.5
        assert waste.confidence is Confidence.MEDIUM


def test_without_date_and_datapoint_it_is_not_known_and_not_waste() -> None:
    empty = Usage({scanner.LAST_CPU: Series([], [], 90, DAY_SECONDS)})
    assert _stopped(replace(STOPPED, stopped_at=None, usage=empty)) == InsufficientData("stopped since unknown")
    assert _stopped(replace(STOPPED, stopped_at=None)) == InsufficientData("stopped since unknown")


@pytest.mark.parametrize(("days", "candidate"), [(29.99, False), (30, True)])
def test_what_was_started_lately_cannot_be_stopped_for_long_and_costs_no_query(days: float, candidate: bool) -> None:
    instance = replace(STOPPED, stopped_at=None, started=_ago(days))
    assert scanner.stopped_instance.candidate is not None
    assert scanner.stopped_instance.candidate(instance, STOPPED_LIMITS) is candidate
    assert _stopped(instance) == (InsufficientData("stopped since unknown") if candidate else None)


@pytest.mark.parametrize("instance", [STOPPED, RUNNING, replace(RUNNING, state="stopping")])
def test_no_metric_is_asked_where_the_answer_is_known(instance: Instance) -> None:
    assert scanner.stopped_instance.candidate is not None
    assert not scanner.stopped_instance.candidate(instance, STOPPED_LIMITS)


def test_the_saving_is_storage_and_addresses_and_never_compute() -> None:
    disks = (DISK, HeldVolume(_arn("volume/vol-2"), "gp2", 50, 150, 0))
    addresses = (_arn("elastic-ip/eipalloc-1"), _arn("elastic-ip/eipalloc-2"))
    waste = _waste(_stopped(replace(STOPPED, kind="p4d.24xlarge", volumes=disks, addresses=addresses)))
    assert waste.savings.likely == pytest.approx(100 * 0.08 + 50 * 0.10 + 2 * 0.005 * 730)
    assert waste.savings.low == pytest.approx(waste.savings.likely - 150 * 0.05)
    assert waste.savings.high == waste.savings.likely
    assert {price.service for price in waste.savings.prices} == {"AmazonEBS", "AmazonVPC"}
    assert waste.coverable is None
    assert waste.covers == (_arn("volume/vol-1"), _arn("volume/vol-2"), *addresses)
    assert (waste.evidence["volumes"], waste.evidence["size_gib"], waste.evidence["elastic_ips"]) == (2, 150, 2)


def test_a_region_that_borrows_the_address_rate_is_priced_and_says_so() -> None:
    waste = _waste(_stopped(replace(STOPPED, region="eu-west-1", addresses=(_arn("elastic-ip/eipalloc-1"),)), Prices("eu-west-1")))
    assert waste.savings.unpriced is None
    assert waste.savings.low > 0
    borrowed = {price.key for price in waste.savings.prices if price.fallback_for == "eu-west-1"}
    assert borrowed == {"public-ipv4.idle"}


def test_a_stopped_instance_that_holds_nothing_saves_nothing() -> None:
    assert _waste(_stopped(replace(STOPPED, volumes=()))).savings.worthless


def test_a_stopped_instance_of_a_group_may_be_its_warm_pool() -> None:
    waste = _waste(_stopped(replace(STOPPED, group="front")))
    assert waste.confidence is Confidence.LOW
    assert "front" in waste.note


@given(days=st.floats(0, 2000), more=st.floats(0, 2000))
def test_more_time_stopped_never_makes_an_instance_less_stopped(days: float, more: float) -> None:
    sooner = _stopped(replace(STOPPED, started=_ago(5000), stopped_at=_ago(days)))
    later = _stopped(replace(STOPPED, started=_ago(5000), stopped_at=_ago(days) - timedelta(days=more)))
    assert sooner is None or later is not None


# --- ec2-idle-instance --------------------------------------------------------------------------------------------------------------

IDLE_LIMITS = _limits(scanner.idle_instance)
MB = 1_000_000.0
QUIET = [1.0] * 14


def _used(
    cpu: Sequence[float] = QUIET, received: Sequence[float] = QUIET, sent: Sequence[float] = QUIET, like: Instance = RUNNING
) -> Instance:
    series = {scanner.CPU: cpu, scanner.NETWORK_IN: received, scanner.NETWORK_OUT: sent}
    return replace(like, usage=Usage({metric: _daily(values, 14) for metric, values in series.items()}))


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
    waste = _waste(_idle(_used(received=in_turns, sent=[*in_turns[1:], 0.0])))
    assert waste.evidence["busiest_day_network_mb"] == 4.9


def test_an_idle_instance_saves_its_on_demand_rate_and_shows_what_was_compared() -> None:
    waste = _waste(_idle(_used(cpu=[*QUIET[:12], 3.123])))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(0.096 * 730)
    assert {price.service for price in waste.savings.prices} == {"AmazonEC2"}
    assert waste.coverable == Coverable("AmazonEC2", "m5", 70.08)
    assert waste.evidence == {
        "type": "m5.large",
        "max_cpu_percent": 3.12,
        "busiest_day_network_mb": 0.0,
        "cpu_datapoints": 13,
        "network_in_datapoints": 14,
        "network_out_datapoints": 14,
        "expected_datapoints": 14,
        "window_days": 14,
    }


@pytest.mark.parametrize(
    "instance",
    [
        replace(RUNNING, platform="Windows"),
        replace(RUNNING, platform="Red Hat Enterprise Linux"),
        replace(RUNNING, platform="Linux with SQL Server Standard"),
        replace(RUNNING, tenancy="dedicated"),
        replace(RUNNING, elsewhere="us-east-1-bos-1a"),
    ],
)
def test_an_idle_instance_at_an_unknown_rate_is_found_without_a_number(instance: Instance) -> None:
    waste = _waste(_idle(_used(like=instance)))
    savings = waste.savings
    assert savings.unpriced is not None
    assert waste.coverable is None
    assert savings.unpriced.startswith("no price known for m5.large")
    assert (savings.likely, savings.worthless) == (0, False)


@pytest.mark.parametrize(
    ("instance", "candidate"),
    [
        (RUNNING, True),
        (replace(RUNNING, started=_ago(14)), True),
        (replace(RUNNING, started=_ago(13.99)), False),
        (replace(RUNNING, state="stopped"), False),
        (replace(RUNNING, state="pending"), False),
        (replace(RUNNING, group="front"), False),
        (replace(RUNNING, lifecycle="spot"), False),
        (replace(RUNNING, lifecycle="capacity-block"), False),
    ],
)
def test_which_instances_may_be_idle(instance: Instance, candidate: bool) -> None:
    assert scanner.idle_instance.candidate is not None
    assert scanner.idle_instance.candidate(instance, IDLE_LIMITS) is candidate


@pytest.mark.parametrize("short", [scanner.CPU, scanner.NETWORK_IN, scanner.NETWORK_OUT])
@pytest.mark.parametrize(("datapoints", "judged"), [(12, False), (13, True), (14, True)])
def test_too_few_datapoints_of_any_metric_are_insufficient(short: Metric, datapoints: int, judged: bool) -> None:
    """12 of 14 are 86 %, 13 are 93 %."""
    usage = dict(_used().usage.series) | {short: _daily([0.0] * datapoints, 14)}
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


# --- ec2-old-generation and ec2-graviton --------------------------------------------------------------------------------------------


def _older(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.old_generation(instance, _limits(scanner.old_generation), prices)


def _arm(instance: Instance, prices: Prices = US) -> Verdict:
    return scanner.graviton(instance, _limits(scanner.graviton), prices)


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
    waste = _waste(verdict)
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
    waste = _waste(verdict)
    assert (waste.evidence["type"], waste.evidence["target"], waste.values["target"]) == (kind, target, target)
    assert waste.savings.likely == pytest.approx(hourly * 730, abs=0.02)
    assert waste.coverable == Coverable("AmazonEC2", kind.partition(".")[0], waste.savings.likely)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "stopped"},
        {"state": "stopping"},
        {"state": "pending"},
        {"lifecycle": "spot"},
        {"architecture": "arm64"},
        {"architecture": "i386"},
        {"architecture": ""},
        {"platform": "Windows"},
        {"platform": "Red Hat Enterprise Linux"},
        {"tenancy": "dedicated"},
        {"elsewhere": "us-east-1-bos-1a"},
    ],
)
def test_what_has_no_cheaper_type_to_show(change: dict[str, str]) -> None:
    instance = replace(RUNNING, kind="m4.large")
    assert _older(instance) is not None
    assert _arm(instance) is not None
    changed = replace(instance, **change)  # type: ignore[arg-type]  # every one of them is text
    assert _older(changed) is None
    assert _arm(changed) is None


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
        ({"kind": "m4.large", "group": "front"}, Confidence.HIGH, "launch template of Auto Scaling group front"),
    ],
)
def test_how_sure_an_upgrade_is(change: dict[str, object], confidence: Confidence, words: str) -> None:
    waste = _waste(_older(replace(RUNNING, **change)))  # type: ignore[arg-type]  # fields of several types
    assert waste.confidence is confidence
    assert words in waste.note if words else not waste.note


def test_a_port_to_graviton_is_never_sure_and_much_work() -> None:
    assert (scanner.graviton.confidence, scanner.graviton.effort) == (Confidence.LOW, "High")
    assert _waste(_arm(RUNNING)).confidence is None
    assert "front" in _waste(_arm(replace(RUNNING, group="front"))).note


# --- whole scans --------------------------------------------------------------------------------------------------------------------

LINUX_IMAGE = "ami-760aaa0f"
"""Amazon Linux among the images that moto knows."""


def _scan(aws: Aws) -> tuple[UnitOutcome, list[Finding]]:
    unit = Unit(unit_id="u", account=ACCOUNT, region=aws.region, resource_type="ec2:instance", function="f")
    found: list[Finding] = []
    return scanning.scan(unit, aws, Prices(aws.region), found.append), found


def _put(aws: Aws, instance: str, metrics: dict[str, float], days: range) -> None:
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            "Timestamp": aws.as_of.replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=day),
            "Value": value,
        }
        for day in days
        for name, value in metrics.items()
    ]
    aws.session.client("cloudwatch", region_name=aws.region).put_metric_data(Namespace="AWS/EC2", MetricData=data)


@mock_aws
def test_a_scan_finds_what_was_planted_and_nothing_else() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    ec2 = SESSION.client("ec2", region_name="us-east-1")

    def launch(kind: str) -> str:
        made = ec2.run_instances(ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1, InstanceType=kind)
        return str(made["Instances"][0]["InstanceId"])

    idle, busy, unclear, old, arm = launch("m8g.large"), launch("m8g.large"), launch("m8g.large"), launch("m4.large"), launch("t4g.micro")
    stopped = launch("m4.large")
    quiet = {"CPUUtilization": 2.0, "NetworkIn": 1e6, "NetworkOut": 1e6}
    for name, metrics, days in (
        (idle, quiet, range(1, 15)),
        (busy, quiet | {"CPUUtilization": 5.5}, range(1, 15)),
        (unclear, quiet, range(1, 13)),
        (old, quiet | {"NetworkOut": 9e6}, range(1, 15)),
        (arm, quiet | {"NetworkOut": 9e6}, range(1, 15)),
    ):
        _put(aws, name, metrics, days)
    ec2.stop_instances(InstanceIds=[stopped])

    outcome, found = _scan(aws)

    assert {(finding.check_id, finding.resource_id) for finding in found} == {
        ("ec2-idle-instance", idle),
        ("ec2-old-generation", old),
        ("ec2-graviton", old),
        ("ec2-stopped-instance", stopped),
    }
    assert (outcome.outcome, outcome.resources, outcome.insufficient) == (Outcome.OK, 6, {"ec2-idle-instance": 1})
    assert {iam_action(*call.split(":")) for call in outcome.calls} == {*scanner.ec2_instances.iam, registry.METRICS_IAM}
    assert [finding.check_id for finding in found if finding.resource_id == old and finding.headline] == ["ec2-graviton"]
    (halted,) = (finding for finding in found if finding.resource_id == stopped)
    assert len(halted.covers) == 1
    assert halted.savings.likely == pytest.approx(8 * 0.10)
    assert f"--instance-ids {stopped}" in halted.command
    (upgrade,) = (finding for finding in found if finding.check_id == "ec2-old-generation")
    assert "--instance-type Value=m6i.large" in upgrade.command


@mock_aws
def test_a_stopped_instance_without_a_date_is_judged_by_its_last_datapoint() -> None:
    """As on an AWS that gives no StateTransitionReason: the reason is taken out of the reply."""
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    ec2 = SESSION.client("ec2", region_name="us-east-1")
    made = ec2.run_instances(ImageId=LINUX_IMAGE, MinCount=3, MaxCount=3, InstanceType="t3.micro")["Instances"]
    long_ago, lately, never = (each["InstanceId"] for each in made)
    ec2.stop_instances(InstanceIds=[long_ago, lately, never])
    _put(aws, long_ago, {"CPUUtilization": 50.0}, range(40, 45))
    _put(aws, lately, {"CPUUtilization": 50.0}, range(20, 45))

    def forget(parsed: dict[str, list[dict[str, list[dict[str, object]]]]], **_: object) -> None:
        for reservation in parsed["Reservations"]:
            for instance in reservation["Instances"]:
                instance["StateTransitionReason"] = ""

    aws.client("ec2").meta.events.register("after-call.ec2.DescribeInstances", forget)
    outcome, found = _scan(aws)
    assert [(finding.check_id, finding.resource_id) for finding in found] == [("ec2-stopped-instance", long_ago)]
    assert found[0].evidence["stopped_since_source"] == "last CPUUtilization datapoint"
    assert found[0].evidence["cpu_datapoints"] == 5
    assert outcome.insufficient == {"ec2-stopped-instance": 1}


def test_without_metrics_the_rest_is_still_judged() -> None:
    """GetMetricData is refused: what needs no metric is found, the unit says that it could not look everywhere."""
    aws = Aws(ACCOUNT, "us-east-2", SESSION, datetime(2025, 5, 2, 18, tzinfo=UTC))
    old_disk = {"VolumeId": "vol-0fad53c0a1ad70418", "VolumeType": "gp3", "Size": 8, "Iops": 3000, "Throughput": 125}
    attached = [{"InstanceId": "i-0f10da6b1d974db98", "VolumeId": old_disk["VolumeId"], "State": "attached"}]
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_addresses", {"Addresses": []})
        ec2.add_response("describe_instances", reply("test_ec2_metric_extended_stats", "ec2.DescribeInstances_1"))
        ec2.add_response("describe_volumes", {"Volumes": [{**old_disk, "Attachments": attached}]})
        cloudwatch.add_client_error("get_metric_data", "AccessDenied", "no")
        outcome, found = _scan(aws)
    assert outcome.outcome is Outcome.DENIED
    assert "cloudwatch:GetMetricData" in outcome.reason
    by_check = {finding.check_id: finding for finding in found}
    assert set(by_check) == {"ec2-stopped-instance", "ec2-old-generation", "ec2-graviton"}
    halted = by_check["ec2-stopped-instance"]
    assert halted.resource_id == "i-0f10da6b1d974db98"
    assert halted.evidence["stopped_days"] == pytest.approx(393.6, abs=0.1)
    assert halted.covers == (f"arn:aws:ec2:us-east-2:{ACCOUNT}:volume/vol-0fad53c0a1ad70418",)
    assert by_check["ec2-old-generation"].evidence["target"] == "t3.micro"
    assert by_check["ec2-graviton"].evidence["target"] == "t4g.micro"
    assert {by_check["ec2-old-generation"].resource_id, by_check["ec2-graviton"].resource_id} == {"i-0fdc8cff63616a335"}


def test_aws_reports_no_cpu_for_what_is_stopped() -> None:
    """Recorded for the three instances of the same case, in the order of their listing: stopped, stopped, running."""
    states = [
        instance["State"]["Name"]
        for reservation in reply("test_ec2_metric_extended_stats", "ec2.DescribeInstances_1")["Reservations"]
        for instance in reservation["Instances"]
    ]
    counts = [
        len(reply("test_ec2_metric_extended_stats", f"monitoring.GetMetricStatistics_{number}")["Datapoints"]) for number in (1, 2, 3)
    ]
    assert [(state, count > 0) for state, count in zip(states, counts, strict=True)] == [
        ("stopped", False),
        ("stopped", False),
        ("running", True),
    ]


def test_the_checks_are_registered_under_their_permanent_ids() -> None:
    collector, checks = registry.load("ec2:instance")
    assert collector.iam == ("ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeAddresses")
    assert {check.id for check in checks} == {"ec2-stopped-instance", "ec2-idle-instance", "ec2-old-generation", "ec2-graviton"}
