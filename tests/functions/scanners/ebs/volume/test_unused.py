"""Volumes that nobody uses: attached to nothing, attached to what is stopped, or never read and written."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Confidence, Finding, InsufficientData, Outcome, Unit, UnitOutcome, Waste
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.usage import Usage
from functions.scanners.ebs.volume.collector import Stop, Volume, volumes
from functions.scanners.ebs.volume.unused import (
    LAST_ATTACHED,
    LAST_SIGNS,
    READ_OPS,
    WRITE_OPS,
    idle_volume,
    unattached_volume,
    volume_on_stopped_instance,
)
from tests.functions.core.check_samples import asks
from tests.functions.scanners.ebs.samples import ACCOUNT, NOW, PRICES, REGION, aws, days_ago, judged, series, usage, volume, waste
from tests.recorded import reply

CASES = Path(__file__).parents[4] / "cases"


def _free(**changes: Any) -> Volume:
    return volume(**{"state": "available", "owners": {}, **changes})


def test_loading_the_type_brings_all_of_its_checks() -> None:
    found, checks = registry.load("ebs:volume")
    assert found is volumes
    assert {check.id for check in checks} == {
        "ebs-gp2-to-gp3",
        "ebs-gp3-overprovisioned",
        "ebs-idle-volume",
        "ebs-io-to-gp3",
        "ebs-unattached-volume",
        "ebs-volume-on-stopped-instance",
    }
    assert set(registry.iam_actions(resource_type="ebs:volume")) == {*found.iam, "cloudwatch:GetMetricData"}


# --- attached to nothing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "confidence"),
    [(6.99, None), (7, Confidence.MEDIUM), (31.99, Confidence.MEDIUM), (32, Confidence.HIGH), (400, Confidence.HIGH)],
)
def test_an_unattached_volume_is_waste_after_a_week_and_surely_after_a_month(age: float, confidence: Confidence | None) -> None:
    """As far as CloudWatch remembers, it was never attached."""
    verdict = judged(unattached_volume, _asked(None, created=days_ago(age)))
    assert (verdict.confidence if isinstance(verdict, Waste) else None) == confidence


def _asked(detached: float | None, **changes: Any) -> Volume:
    """An old volume that is attached to nothing, and CloudWatch said when its last datapoint's period ended, so many days ago."""
    made = _free(**{"created": days_ago(800), **changes})
    sign = LAST_ATTACHED[1 if made.multi_attach else 0]
    values = [] if detached is None else [86_400.0] * 3
    made.usage = Usage({**dict.fromkeys(LAST_ATTACHED, ()), sign: (series(sign, values, 32, days_ago(detached or 0)),)})
    return made


@pytest.mark.parametrize("changes", [{}, {"multi_attach": True, "kind": "io2"}])
@pytest.mark.parametrize(
    ("detached", "confidence"),
    [(0, None), (6.99, None), (7, Confidence.MEDIUM), (31.99, Confidence.MEDIUM), (32, Confidence.HIGH), (None, Confidence.HIGH)],
)
def test_how_old_it_is_says_nothing_but_when_it_was_detached_does(
    changes: dict[str, Any], detached: float | None, confidence: Confidence | None
) -> None:
    verdict = judged(unattached_volume, _asked(detached, **changes))
    assert (verdict.confidence if isinstance(verdict, Waste) else None) == confidence
    if isinstance(verdict, Waste):
        since = days_ago(32 if detached is None else detached)
        assert verdict.evidence["detached_since_at_latest"] == since.isoformat()


def test_where_cloudwatch_was_not_asked_it_is_not_sure() -> None:
    found = waste(unattached_volume, _free(created=days_ago(800)))
    assert (found.confidence, found.evidence["detached_since_at_latest"]) == (Confidence.LOW, None)
    assert found.note == "CloudWatch did not say when it was attached last: that may have been today."


@pytest.mark.parametrize(("multi_attach", "metrics"), [(False, ["VolumeIdleTime"]), (True, ["VolumeReadOps", "VolumeWriteOps"])])
def test_one_metric_says_when_it_was_attached_last(multi_attach: bool, metrics: list[str]) -> None:
    """But for Multi-Attach, which lacks it."""
    one = _free(multi_attach=multi_attach)
    assert [metric.name for metric in LAST_ATTACHED if metric.dimensions(one)] == metrics


@pytest.mark.parametrize(("changes", "asked"), [({}, True), ({"created": days_ago(6.99)}, False), ({"owners": {"i-1": "running"}}, False)])
def test_only_an_unattached_volume_that_is_not_new_costs_a_metric(changes: dict[str, Any], asked: bool) -> None:
    assert unattached_volume.candidate is not None
    assert unattached_volume.candidate(_free(**changes), unattached_volume.limits(NOW)) is asked


@pytest.mark.parametrize("case", ["volume-detached-an-hour-ago"])
def test_case(case: str) -> None:
    """Its datapoints end with the last full hour."""
    given = json.loads((CASES / f"{case}.json").read_text())
    [described], as_of = given["volumes"], datetime.fromisoformat(given["as_of"])
    made = _free(created=datetime.fromisoformat(described["CreateTime"]), kind=described["VolumeType"], size_gib=described["Size"])
    sign = LAST_ATTACHED[0]
    made.usage = usage({sign: []}, 32)
    limits = unattached_volume.limits(as_of)
    assert isinstance(unattached_volume(made, limits, PRICES), Waste)
    for hours, found in ((1, False), (24, False), (7 * 24, True)):
        made.usage = Usage({sign: series(sign, [80_000.0], 32, as_of - timedelta(hours=hours))})
        assert (unattached_volume(made, limits, PRICES) is not None) is found


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "in-use", "owners": {"i-1": "running"}},
        {"state": "in-use"},  # attached to something that is no instance
        {"state": "creating"},
        {"state": "deleting"},
        {"created": None},
    ],
)
def test_what_is_not_available_or_of_unknown_age_is_left_alone(changes: dict[str, Any]) -> None:
    assert judged(unattached_volume, _free(**changes)) is None


@pytest.mark.parametrize(
    ("changes", "likely", "low"),
    [
        ({"kind": "gp3", "size_gib": 100}, 8.00, 3.00),  # low: a snapshot of 100 GiB stays
        ({"kind": "gp3", "size_gib": 100, "iops": 6_000, "throughput_mibps": 250}, 28.00, 23.00),
        ({"kind": "io1", "size_gib": 100, "iops": 5_000}, 337.50, 332.50),
        ({"kind": "sc1", "size_gib": 500}, 7.50, 0.00),  # its snapshot may cost more than it
    ],
)
def test_an_unattached_volume_saves_what_it_bills(changes: dict[str, Any], likely: float, low: float) -> None:
    savings = waste(unattached_volume, _free(**changes)).savings
    assert (savings.low, savings.likely, savings.high) == pytest.approx((low, likely, likely))


def test_without_a_price_the_waste_is_named_and_unpriced() -> None:
    savings = waste(unattached_volume, _free(place="us-east-1-bos-1a")).savings
    assert savings.unpriced == "no price known for AmazonEBS volume.gp3 in us-east-1-bos-1a"


def test_a_recorded_io1_volume_of_aws_own() -> None:
    """100 GiB with 5,000 IOPS, created 2017 and attached to nothing: 12.50 for the storage, 325 for IOPS that nobody can use."""
    [described] = reply("test_ebs_metrics_percent_filter", "ec2.DescribeVolumes_1")["Volumes"]
    kept = _free(created=described["CreateTime"], kind=described["VolumeType"], size_gib=described["Size"], iops=described["Iops"])
    assert waste(unattached_volume, kept).savings.likely == pytest.approx(337.50)


# --- attached to what is stopped ----------------------------------------------------------------------------------------------------


def _halted(since: float | None, started: float = 90, **changes: Any) -> Volume:
    stop = Stop(None if since is None else days_ago(since), days_ago(started), changes.pop("group", ""))
    return volume(owners={"i-1": "stopped"}, stop=stop, **changes)


@pytest.mark.parametrize(("tags", "kept"), [({}, False), ({"DoNotDelete": ""}, True), ({"keep-until": "2026-05-31"}, False)])
def test_what_a_tag_of_its_instance_keeps_is_not_judged(tags: dict[str, str], kept: bool) -> None:
    verdict = judged(volume_on_stopped_instance, volume(owners={"i-1": "stopped"}, stop=Stop(days_ago(60), days_ago(90), tags=tags)))
    assert isinstance(verdict, InsufficientData if kept else Waste)


@pytest.mark.parametrize(("days", "found"), [(29.99, False), (30, True), (30.01, True), (800, True)])
def test_the_date_that_aws_gives_decides(days: float, found: bool) -> None:
    assert (judged(volume_on_stopped_instance, _halted(days, started=900)) is not None) == found


def test_the_evidence_says_how_the_date_is_known() -> None:
    found = waste(volume_on_stopped_instance, _halted(40, size_gib=200))
    assert found.evidence["stopped_days"] == 40
    assert found.evidence["stopped_since_source"] == "StateTransitionReason"
    assert found.evidence["instances"] == "i-1"
    assert (found.savings.low, found.savings.likely) == pytest.approx((6.00, 16.00))
    assert (found.confidence, found.note) == (Confidence.MEDIUM, "")


def test_root_volumes_and_warm_pools_are_pointed_out() -> None:
    found = waste(volume_on_stopped_instance, _halted(40, is_root=True, group="web"))
    assert "root volume" in found.note
    assert "Auto Scaling group web" in found.note
    assert found.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("idle_time", "reads", "writes", "found"),
    [
        # the newest day with a datapoint of any metric ends so many days ago
        (29, None, None, False),
        (30, None, None, True),
        (60, 29, None, False),
        (60, None, 29, False),
        (None, 30, 45, True),
    ],
)
def test_without_a_date_the_last_datapoint_decides(idle_time: float | None, reads: float | None, writes: float | None, found: bool) -> None:
    halted = _halted(None)
    ends = dict(zip(LAST_SIGNS, (idle_time, reads, writes), strict=True))
    halted.usage = Usage(
        {metric: series(metric, [0.0] * 3 if days is not None else [], 90, days_ago(days or 0)) for metric, days in ends.items()}
    )
    verdict = judged(volume_on_stopped_instance, halted)
    assert (verdict is not None) == found
    if isinstance(verdict, Waste):
        assert verdict.evidence["stopped_since_source"] == "the day after the volume's last datapoint"


def test_without_a_date_and_without_a_datapoint_nothing_is_claimed() -> None:
    silent, unasked = _halted(None), _halted(None)
    silent.usage = usage({metric: [] for metric in LAST_SIGNS}, 90)
    for halted in (silent, unasked):  # CloudWatch denied looks like nothing asked
        assert judged(volume_on_stopped_instance, halted) == InsufficientData(
            "not known since when: no stop date, and no datapoint in 90 days"
        )


def test_what_was_started_less_than_a_month_ago_cannot_be_stopped_for_longer() -> None:
    """No date is needed to say so, and no metric is asked for."""
    limits = volume_on_stopped_instance.limits(NOW)
    candidate = volume_on_stopped_instance.candidate
    assert candidate is not None
    assert judged(volume_on_stopped_instance, _halted(None, started=29.99)) is None
    assert [candidate(_halted(None, started), limits) for started in (29.99, 30)] == [False, True]


def test_only_a_stop_without_a_date_costs_metrics() -> None:
    limits = volume_on_stopped_instance.limits(NOW)
    candidate = volume_on_stopped_instance.candidate
    assert candidate is not None
    assert not candidate(_halted(40), limits)
    assert not candidate(volume(), limits)
    assert not candidate(_free(), limits)


def test_a_volume_with_one_running_or_unknown_owner_is_not_judged() -> None:
    for owners in ({"i-1": "running"}, {"i-1": "unknown"}, {"i-1": "stopped", "i-2": "running"}):
        assert judged(volume_on_stopped_instance, volume(owners=owners)) is None


# --- never read and written ---------------------------------------------------------------------------------------------------------


def _used(reads: Sequence[float], writes: Sequence[float], **changes: Any) -> Volume:
    return volume(usage=usage({READ_OPS: reads, WRITE_OPS: writes}, 14), **changes)


@pytest.mark.parametrize(
    ("reads", "writes", "idle"),
    [
        ([0] * 14, [0] * 14, True),
        ([0] * 14, [0] * 13 + [13], True),
        ([0] * 14, [0] * 13 + [14], False),  # one a day
        ([7] + [0] * 13, [0] * 13 + [7], False),
        ([1_000] * 14, [1_000] * 14, False),
    ],
)
def test_less_than_one_operation_a_day_is_idle(reads: list[float], writes: list[float], idle: bool) -> None:
    assert (judged(idle_volume, _used(reads, writes)) is not None) == idle


@pytest.mark.parametrize(("reads_a_day", "asked"), [(0.0, True), (0.9, True), (1.0, False), (2.0, False)])
def test_writes_are_asked_for_only_where_nothing_is_read(reads_a_day: float, asked: bool) -> None:
    """And where they are not asked for, they could not have made the volume idle."""
    seen = _used([reads_a_day] * 14, [0.0] * 14)
    assert idle_volume.goes_on is not None
    assert idle_volume.goes_on(seen, idle_volume.limits(NOW)) == asked == (judged(idle_volume, seen) is not None)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"owners": {"i-1": "stopped"}}, False),
        ({"owners": {"i-1": "unknown"}}, None),
        ({"owners": {"i-1": "unknown", "i-2": "running"}}, True),
        ({"owners": {}}, False),
        ({"owners": {"i-1": "stopped", "i-2": "running"}}, True),
        ({"is_root": True}, False),
        ({"created": days_ago(13.99)}, False),
        ({"created": days_ago(14)}, True),
        ({"created": None}, False),
    ],
)
def test_only_old_data_volumes_of_running_instances_are_measured(changes: dict[str, Any], asked: bool | None) -> None:
    assert asks(idle_volume, volume(**changes), idle_volume.limits(NOW)) is asked


@given(st.lists(st.floats(0, 1e9), min_size=14, max_size=14), st.lists(st.floats(0, 1e9), min_size=14, max_size=14), st.floats(0, 1e6))
def test_more_io_never_makes_a_volume_idle(reads: list[float], writes: list[float], more: float) -> None:
    if judged(idle_volume, _used(reads, writes)) is None:
        assert judged(idle_volume, _used([reads[0] + more, *reads[1:]], writes)) is None


# --- through the engine -------------------------------------------------------------------------------------------------------------


def _scan(sweep: Aws) -> tuple[UnitOutcome, list[Finding]]:
    found: list[Finding] = []
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="ebs:volume", function="")
    return scanning.scan(unit, sweep, Prices(REGION), found.append), found


@mock_aws
def test_the_whole_scan_against_moto_finds_the_planted_and_none_of_the_near_misses() -> None:
    """moto creates everything now, so that the sweep looks back from 60 days later; metrics are put up to that moment."""
    sweep = aws()
    ec2, cloudwatch = (sweep.session.client(name, region_name=REGION) for name in ("ec2", "cloudwatch"))
    image = ec2.register_image(Name="any")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="m5.large")["Instances"]
    zone, running, stopped = made[0]["Placement"]["AvailabilityZone"], made[0]["InstanceId"], made[1]["InstanceId"]

    def create(owner: str | None = None, device: str = "f", **spec: Any) -> str:
        name: str = ec2.create_volume(AvailabilityZone=zone, **{"Size": 100, "VolumeType": "gp3", **spec})["VolumeId"]
        if owner:
            ec2.attach_volume(VolumeId=name, InstanceId=owner, Device=f"/dev/sd{device}")
        return name

    free, dead = create(), create(stopped)
    idle, busy, gaps = (create(running, device) for device in "ghi")
    io1 = create(running, "j", VolumeType="io1", Iops=4_000)
    rich = create(running, "k", Iops=10_000, Throughput=500)
    ec2.stop_instances(InstanceIds=[stopped])
    sweep.as_of = ec2.describe_volumes(VolumeIds=[free])["Volumes"][0]["CreateTime"] + timedelta(days=60)

    def put(name: str, metric: str, values: Sequence[float], step: timedelta) -> None:
        end = sweep.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "VolumeId", "Value": name}],
                "Timestamp": end - step * (len(values) - index),
                "Value": value,
            }
            for index, value in enumerate(values)
        ]
        for start in range(0, len(data), 500):
            cloudwatch.put_metric_data(Namespace="AWS/EBS", MetricData=data[start : start + 500])

    day, hour = timedelta(days=1), timedelta(hours=1)
    for name, values in ((idle, [0.0] * 14), (busy, [50.0] * 14), (gaps, [0.0] * 10)):
        put(name, "VolumeReadOps", values, day)
        put(name, "VolumeWriteOps", values, day)
    for name in (io1, rich):
        for metric in ("VolumeReadOps", "VolumeWriteOps"):
            put(name, metric, [100 * 3_600.0] * 14 * 24, hour)
        for metric in ("VolumeReadBytes", "VolumeWriteBytes"):
            put(name, metric, [4 * 1024 * 1024 * 3_600.0] * 14 * 24, hour)

    outcome, found = _scan(sweep)

    assert outcome.outcome is Outcome.OK
    # Root volumes are gp2 in moto; the stop of an instance has a date there.
    planted = {(finding.resource_id, finding.check_id) for finding in found if finding.evidence.get("type") != "gp2"}
    assert planted == {
        (free, "ebs-unattached-volume"),
        (dead, "ebs-volume-on-stopped-instance"),
        (idle, "ebs-idle-volume"),
        (io1, "ebs-io-to-gp3"),
        (rich, "ebs-gp3-overprovisioned"),
    }
    assert outcome.insufficient == {"ebs-idle-volume": 1}  # ten of fourteen days
    money = {finding.resource_id: finding.savings.likely for finding in found}
    assert money[io1] == pytest.approx(12.50 + 4_000 * 0.065 - 8.00)
    assert money[rich] == pytest.approx(7_000 * 0.005 + 375 * 0.04)
    assert {iam_action(*call.split(":")) for call in outcome.calls} == set(registry.iam_actions(resource_type="ebs:volume"))


@mock_aws
def test_a_region_of_unattached_volumes_asks_cloudwatch_nothing() -> None:
    sweep = aws()
    ec2 = sweep.session.client("ec2", region_name=REGION)
    for kind in ("gp2", "gp3", "io1", "st1"):
        extra = {"Iops": 3_000} if kind in ("gp3", "io1") else {}
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=500, VolumeType=kind, **extra)
    outcome, _ = _scan(sweep)
    assert set(outcome.calls) == {"ec2:DescribeInstances", "ec2:DescribeVolumes"}


@mock_aws
def test_where_metrics_are_denied_the_checks_without_them_still_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = aws()
    ec2 = sweep.session.client("ec2", region_name=REGION)
    image = ec2.register_image(Name="any")["ImageId"]
    [instance] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.large")["Instances"]
    zone = instance["Placement"]["AvailabilityZone"]
    data, free = (ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp3")["VolumeId"] for _ in range(2))
    ec2.attach_volume(VolumeId=data, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    sweep.as_of = instance["LaunchTime"] + timedelta(days=60)

    def refuse(**_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")

    sweep.client("cloudwatch").meta.events.register("before-call", refuse)
    outcome, found = _scan(sweep)
    assert outcome.outcome is Outcome.DENIED
    assert "cloudwatch:GetMetricData" in outcome.reason
    assert [finding.check_id for finding in found if finding.resource_id == free] == ["ebs-unattached-volume"]


@pytest.mark.parametrize("check", [unattached_volume, volume_on_stopped_instance, idle_volume])
def test_commands_are_valid_shell_and_delete_nothing_before_the_snapshot_is_complete(check: Any) -> None:
    command = check.command.format_map({"id": "vol-1", "region": REGION, "name": "x", "arn": "x"})
    subprocess.run(["/bin/sh", "-n", "-c", command], check=True)  # noqa: S603  # only parsed, and our own
    snapshot, done, after = command.partition("wait snapshot-completed")
    assert "create-snapshot" in snapshot
    assert done
    assert "delete" not in snapshot
    assert ("delete" in after) is (check is not idle_volume), "what runs has to be unmounted by hand"
    assert ("delete it" in check.afterwards) is (check is idle_volume)


def test_prices_of_the_samples_are_of_the_region() -> None:
    price = PRICES.price("AmazonEBS", "volume.gp3")
    assert price is not None
    assert price.fallback_for is None
