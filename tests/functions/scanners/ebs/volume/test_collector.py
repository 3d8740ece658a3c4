"""What AWS's replies about volumes become: against moto, recorded replies, and pages that we inject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.scanners.ebs.volume.collector import Stop, Volume, cost, volumes
from tests.functions.scanners.ebs.samples import ACCOUNT, PRICES, REGION, aws, days_ago, volume
from tests.recorded import reply

PAGE = {"MaxResults": 1_000}


@pytest.fixture
def stubbed() -> Iterator[tuple[Aws, Stubber]]:
    here = aws()
    with Stubber(here.client("ec2")) as stub:
        yield here, stub
        stub.assert_no_pending_responses()


def _described(name: str, *owners: str, **more: Any) -> dict[str, Any]:
    attachments = [{"InstanceId": owner, "VolumeId": name, "State": "attached"} for owner in owners]
    zone = {"AvailabilityZone": "us-east-1a"}
    return {"VolumeId": name, "VolumeType": "gp3", "Size": 8, "State": "in-use", "CreateTime": days_ago(90), "Attachments": attachments,
            **zone, **more}  # fmt: skip


def _instance(name: str, state: str, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"InstanceId": name, "State": {"Name": state}, "StateTransitionReason": reason, "LaunchTime": days_ago(60), **more}


def _collected(stubbed: tuple[Aws, Stubber], instances: list[dict[str, Any]], described: list[dict[str, Any]]) -> dict[str, Volume]:
    here, stub = stubbed
    stub.add_response("describe_instances", {"Reservations": [{"Instances": [one]} for one in instances]}, PAGE)
    stub.add_response("describe_volumes", {"Volumes": described}, PAGE)
    return {found.id: found for found in volumes(here)}


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    here = aws()
    ec2 = here.session.client("ec2", region_name=REGION)
    image = ec2.register_image(Name="any")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="m5.large")
    running, stopped = (instance["InstanceId"] for instance in made["Instances"])
    zone = made["Instances"][0]["Placement"]["AvailabilityZone"]
    named = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "data"}, {"Key": "team", "Value": "red"}]}]
    free = ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="io1", Iops=2_000, TagSpecifications=named)["VolumeId"]
    held = ec2.create_volume(AvailabilityZone=zone, Size=50, VolumeType="gp3", Iops=4_000, Throughput=300)["VolumeId"]
    ec2.attach_volume(VolumeId=held, InstanceId=stopped, Device="/dev/sdf")
    ec2.stop_instances(InstanceIds=[stopped])

    found = {each.id: each for each in volumes(here)}

    assert {iam_action(*call.split(":")) for call in here.meter.calls} == set(volumes.iam)
    assert here.meter.calls == {"ec2:DescribeInstances": 1, "ec2:DescribeVolumes": 1}
    assert len(found) == 4  # the two, and the instances' root volumes
    one = found[free]
    assert (one.arn, one.name, one.tags["team"]) == (f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/{free}", "data", "red")
    assert (one.kind, one.size_gib, one.iops, one.state, one.owners, one.stop) == ("io1", 100, 2_000, "available", {}, None)
    other = found[held]
    assert (other.iops, other.throughput_mibps, other.owners, other.is_root) == (4_000, 300, {stopped: "stopped"}, False)
    assert other.stop is not None
    assert other.stop.since is not None
    roots = [each for each in found.values() if each.is_root]
    assert sorted(each.running for each in roots) == [False, True]
    assert {owner for each in roots for owner in each.owners} == {running, stopped}


def test_every_page_is_read(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_response("describe_instances", {"Reservations": [{"Instances": [_instance("i-1", "running")]}], "NextToken": "a"}, PAGE)
    stub.add_response("describe_instances", {"Reservations": [{"Instances": [_instance("i-2", "stopped")]}]}, {**PAGE, "NextToken": "a"})
    stub.add_response("describe_volumes", {"Volumes": [_described("vol-1", "i-1")], "NextToken": "b"}, PAGE)
    stub.add_response("describe_volumes", {"Volumes": [_described("vol-2", "i-2")]}, {**PAGE, "NextToken": "b"})
    assert [(each.id, dict(each.owners)) for each in volumes(here)] == [("vol-1", {"i-1": "running"}), ("vol-2", {"i-2": "stopped"})]
    assert here.meter.pages == 4


def test_an_instance_that_is_not_listed_is_unknown_and_neither_running_nor_stopped(stubbed: tuple[Aws, Stubber]) -> None:
    found = _collected(stubbed, [_instance("i-1", "stopped")], [_described("vol-1", "i-9")])["vol-1"]
    assert found.owners == {"i-9": "unknown"}
    assert not found.running
    assert found.stop is None


@pytest.mark.parametrize(("given", "mibps"), [({}, 125), ({"Throughput": 300}, 300), ({"VolumeType": "io1"}, 0)])
def test_gp3_without_a_throughput_has_the_included_one(stubbed: tuple[Aws, Stubber], given: dict[str, Any], mibps: int) -> None:
    assert _collected(stubbed, [], [_described("vol-1", **given)])["vol-1"].throughput_mibps == mibps


AWS_DATE = "User initiated (2026-04-02 03:04:05 GMT)"
AT = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)
LATER_DATE = "User initiated (2026-05-02 03:04:05 GMT)"
LATER = datetime(2026, 5, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "stop"),
    [
        ([("stopped", AWS_DATE)], Stop(AT, days_ago(60))),
        ([("stopped", "")], Stop(None, days_ago(60))),
        ([("stopped", "Server.ScheduledStop")], Stop(None, days_ago(60))),
        ([("stopped", LATER_DATE), ("stopped", AWS_DATE)], Stop(LATER, days_ago(60))),  # the last of them counts
        ([("stopped", AWS_DATE), ("stopped", "")], Stop(None, days_ago(60))),
        ([("stopped", AWS_DATE), ("running", "")], None),
        ([("stopping", AWS_DATE)], None),
    ],
)
def test_a_volume_is_stopped_when_all_its_instances_are(
    stubbed: tuple[Aws, Stubber], states: list[tuple[str, str]], stop: Stop | None
) -> None:
    instances = [_instance(f"i-{index}", state, reason) for index, (state, reason) in enumerate(states)]
    found = _collected(stubbed, instances, [_described("vol-1", *(one["InstanceId"] for one in instances))])
    assert found["vol-1"].stop == stop


def test_the_last_start_and_the_auto_scaling_group_of_stopped_instances_are_kept(stubbed: tuple[Aws, Stubber]) -> None:
    pool = [{"Key": "aws:autoscaling:groupName", "Value": "web"}]
    instances = [_instance("i-1", "stopped", LaunchTime=days_ago(5)), _instance("i-2", "stopped", Tags=pool)]
    found = _collected(stubbed, instances, [_described("vol-1", "i-1", "i-2")])
    assert found["vol-1"].stop == Stop(None, days_ago(5), "web")


def test_an_attachment_to_something_that_is_no_instance_is_no_owner(stubbed: tuple[Aws, Stubber]) -> None:
    task = {"AssociatedResource": "arn:aws:ecs:us-east-1:123456789012:task/1", "State": "attached"}
    found = _collected(stubbed, [], [_described("vol-1", Attachments=[task])])["vol-1"]
    assert (found.owners, found.state) == ({}, "in-use")


@pytest.mark.parametrize(
    ("described", "place"),
    [
        ({}, ""),
        ({"AvailabilityZone": "us-east-1f"}, ""),
        ({"AvailabilityZone": "us-east-1-bos-1a"}, "us-east-1-bos-1a"),
        ({"OutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1"}, "arn:aws:outposts:us-east-1:1:outpost/op-1"),
    ],
)
def test_the_regions_prices_hold_in_its_own_zones_only(stubbed: tuple[Aws, Stubber], described: dict[str, str], place: str) -> None:
    found = _collected(stubbed, [], [_described("vol-1", **described)])["vol-1"]
    assert found.place == place
    assert (cost(found, PRICES.at(found.place)).usd is None) == bool(place)


def test_a_refusal_is_denied_with_the_action(stubbed: tuple[Aws, Stubber]) -> None:
    here, stub = stubbed
    stub.add_client_error("describe_instances", "UnauthorizedOperation")
    with pytest.raises(Denied, match="ec2:DescribeInstances"):
        list(volumes(here))


def test_recorded_replies_of_2016_without_throughput_and_multi_attach(stubbed: tuple[Aws, Stubber]) -> None:
    case = "test_ebs_instance_filter"
    instances = [one for group in reply(case, "ec2.DescribeInstances_1")["Reservations"] for one in group["Instances"]]
    found = _collected(stubbed, instances, reply(case, "ec2.DescribeVolumes_1")["Volumes"])
    assert {name: (each.state, dict(each.owners), each.is_root) for name, each in found.items()} == {
        "vol-2b047792": ("available", {}, False),
        "vol-466f46ff": ("available", {}, False),
        "vol-96c7ee2f": ("in-use", {"i-6c3cc5b1": "running"}, True),
    }
    assert found["vol-2b047792"].name == "CompileLambda"
    assert {(each.throughput_mibps, each.multi_attach) for each in found.values()} == {(0, False)}


def test_recorded_replies_tell_roots_from_data_volumes(stubbed: tuple[Aws, Stubber]) -> None:
    case = "test_ebs_modifyable_filter"
    instances = [one for group in reply(case, "ec2.DescribeInstances_1")["Reservations"] for one in group["Instances"]]
    found = _collected(stubbed, instances, reply(case, "ec2.DescribeVolumes_1")["Volumes"])
    assert {name for name, each in found.items() if each.is_root} == {"vol-03f0cd3521d73ce1b", "vol-0e4cba7adc4764f79"}
    assert {name for name, each in found.items() if each.running} == set(found) - {"vol-091e2a63a6e4da54d"}
    assert sorted((each.kind, each.size_gib, each.iops) for each in found.values()) == [
        ("gp2", 8, 100),
        ("gp2", 8, 100),
        ("gp2", 32, 100),
        ("io1", 16, 400),
        ("io1", 64, 1_000),
        ("standard", 128, 0),  # AWS gives magnetic volumes no Iops
    ]


def test_the_sample_volume_costs_what_the_arithmetic_says() -> None:
    assert cost(volume(size_gib=100, iops=4_000, throughput_mibps=225), PRICES).usd == pytest.approx(8 + 5 + 4)


def test_who_operates_a_volume_and_the_tags_of_its_stopped_instances_are_kept(stubbed: tuple[Aws, Stubber]) -> None:
    instances = [
        _instance("i-1", "stopped", Tags=[{"Key": "keep", "Value": "yes"}]),
        _instance("i-2", "stopped", Tags=[{"Key": "team", "Value": "db"}]),
    ]
    operated = {"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}
    found = _collected(stubbed, instances, [_described("vol-1", "i-1", "i-2", **operated), _described("vol-2")])
    assert [found[name].operator for name in ("vol-1", "vol-2")] == ["eks.amazonaws.com", ""]
    assert found["vol-1"].stop is not None
    assert found["vol-1"].stop.tags == {"keep": "yes", "team": "db"}
