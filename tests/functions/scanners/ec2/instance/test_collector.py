"""What AWS's replies about instances become: against moto, recorded replies, and pages that we inject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.core.model import Coverable
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.scanners.ec2.instance import collector, sizes
from functions.scanners.ec2.instance.collector import Instance
from tests.recorded import reply

ACCOUNT = "123456789012"
REGION = "us-east-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


def _aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, SESSION, NOW)


@pytest.fixture
def no_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sizes of a family are is not asked: test_sizes.py sees to that."""
    monkeypatch.setattr(sizes.Sizes, "ask", lambda known, types: list(types))


@pytest.fixture
def stubbed(no_sizes: None) -> Iterator[tuple[Aws, Stubber]]:
    aws = _aws()
    with Stubber(aws.client("ec2")) as stub:
        yield aws, stub
        stub.assert_no_pending_responses()


def described(name: str, state: str = "running", **more: Any) -> dict[str, Any]:
    return {
        "InstanceId": name,
        "InstanceType": "x1e.xlarge",  # nothing is to be asked about other types
        "State": {"Code": 16, "Name": state},
        "LaunchTime": NOW - timedelta(days=90),
        "Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "default"},
        "Architecture": "x86_64",
        **more,
    }


def page(*described: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"Reservations": [{"Instances": [one]} for one in described], **({"NextToken": token} if token else {})}


def volume(name: str, *owners: str, **more: Any) -> dict[str, Any]:
    attachments = [{"InstanceId": owner, "VolumeId": name, "State": "attached"} for owner in owners]
    return {"VolumeId": name, "VolumeType": "gp3", "Size": 8, "Iops": 3000, "Throughput": 125, "Attachments": attachments, **more}


def filtered(*ids: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "attachment.instance-id", "Values": list(ids)}]}


LISTED = {"MaxResults": collector.PAGE}


# --- against moto -------------------------------------------------------------------------------------------------------------------


@mock_aws
def test_fetch_makes_exactly_the_calls_that_it_declares_and_leaves_out_the_terminated() -> None:
    aws = _aws()
    ec2 = aws.session.client("ec2", region_name=REGION)
    image = "ami-0123456789abcdef0"  # none that moto knows: it takes it for Linux on x86_64
    tagged = [
        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "aws:autoscaling:groupName", "Value": "front"}]}
    ]
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.large", TagSpecifications=tagged)
    made = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="t3.micro")
    stopped, terminated = (each["InstanceId"] for each in made["Instances"])
    data = ec2.create_volume(AvailabilityZone=made["Instances"][0]["Placement"]["AvailabilityZone"], Size=100, VolumeType="gp3")
    ec2.attach_volume(VolumeId=data["VolumeId"], InstanceId=stopped, Device="/dev/sdf")
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=stopped)
    ec2.stop_instances(InstanceIds=[stopped])
    ec2.terminate_instances(InstanceIds=[terminated])

    found = {instance.kind: instance for instance in collector.ec2_instances(aws)}

    assert {iam_action(*call.split(":")) for call in aws.meter.calls} == set(collector.ec2_instances.iam)
    assert set(found) == {"m5.large", "t3.micro"}
    running, halted = found["m5.large"], found["t3.micro"]
    assert (running.name, running.group, running.state, running.platform) == ("web", "front", "running", "Linux/UNIX")
    assert running.stopped_at is None
    assert running.offered is not None
    assert "m6g.large" in running.offered
    assert (running.change.refused != (), halted.offered) == (True, None), "moto's instances have no ENA"
    assert (running.volumes, running.addresses) == ((), ())
    assert halted.id == stopped
    assert halted.arn == f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{stopped}"
    assert halted.stopped_at is not None
    assert halted.stopped_at >= halted.started.replace(microsecond=0)
    assert sorted((volume.kind, volume.size_gib) for volume in halted.volumes) == [("gp2", 8), ("gp3", 100)]
    assert f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/{data['VolumeId']}" in {volume.arn for volume in halted.volumes}
    assert halted.addresses == (f"arn:aws:ec2:us-east-1:{ACCOUNT}:elastic-ip/{address['AllocationId']}",)


@mock_aws
def test_volumes_are_not_listed_where_nothing_is_stopped() -> None:
    aws = _aws()
    assert list(collector.ec2_instances(aws)) == []
    assert aws.meter.calls == {"ec2:DescribeAddresses": 1, "ec2:DescribeInstances": 1}


# --- pages that we inject -----------------------------------------------------------------------------------------------------------


def test_every_page_of_instances_and_of_volumes_is_read(stubbed: tuple[Aws, Stubber]) -> None:
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    first = page(described("i-1"), described("i-2", "stopped"), described("i-3", "stopped"), token="more")
    stub.add_response("describe_instances", first, LISTED)
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-a", "i-2")], "NextToken": "next"}, filtered("i-2", "i-3"))
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-b", "i-3")]}, {**filtered("i-2", "i-3"), "NextToken": "next"})
    stub.add_response("describe_instances", page(described("i-4", "stopped")), {**LISTED, "NextToken": "more"})
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-c", "i-4")]}, filtered("i-4"))
    held = {instance.id: [volume.arn[-5:] for volume in instance.volumes] for instance in collector.ec2_instances(aws)}
    assert held == {"i-1": [], "i-2": ["vol-a"], "i-3": ["vol-b"], "i-4": ["vol-c"]}
    assert aws.meter.pages == 5


@pytest.mark.parametrize("refused", ["describe_addresses", "describe_instances", "describe_volumes"])
def test_a_refused_call_is_denied_with_its_action(refused: str) -> None:
    aws = _aws()
    answers = {
        "describe_addresses": {"Addresses": []},
        "describe_instances": page(described("i-1", "stopped")),
        "describe_volumes": {"Volumes": []},
    }
    with Stubber(aws.client("ec2")) as stub:
        for operation, answer in answers.items():
            if operation == refused:
                stub.add_client_error(operation, "UnauthorizedOperation", "no")
                break
            stub.add_response(operation, answer)
        with pytest.raises(Denied) as denied:
            list(collector.ec2_instances(aws))
    assert denied.value.action.lower() == "ec2:" + refused.replace("_", "")


@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_what_is_gone_is_left_out(stubbed: tuple[Aws, Stubber], state: str) -> None:
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(described("i-gone", state), described("i-here", "stopping")), LISTED)
    assert [(instance.id, instance.state) for instance in collector.ec2_instances(aws)] == [("i-here", "stopping")]


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        ({}, "platform", "Linux/UNIX"),
        ({"Platform": "windows"}, "platform", "windows"),
        ({"Platform": "windows", "PlatformDetails": "Windows with SQL Server Standard"}, "platform", "Windows with SQL Server Standard"),
        ({"PlatformDetails": "Red Hat Enterprise Linux"}, "platform", "Red Hat Enterprise Linux"),
        ({"PlatformDetails": "Windows", "UsageOperation": "RunInstances:0002"}, "licence", "Windows"),
        ({"PlatformDetails": "Windows", "UsageOperation": "RunInstances:0800"}, "licence", ""),
        ({"Platform": "windows"}, "licence", "windows"),
        ({}, "licence", ""),
        ({}, "zone", "us-east-1a"),
        ({}, "offered", None),
        ({"InstanceLifecycle": "spot"}, "lifecycle", "spot"),
        ({"Placement": {"AvailabilityZone": "us-east-1f", "Tenancy": "dedicated"}}, "tenancy", "dedicated"),
        ({"Placement": {}}, "tenancy", "default"),
        ({"Placement": {}}, "place", ""),
        ({"Placement": {"AvailabilityZone": "us-east-1f"}}, "place", ""),
        ({"Placement": {"AvailabilityZone": "us-east-1-bos-1a"}}, "place", "us-east-1-bos-1a"),
        ({"Placement": {"AvailabilityZone": "us-east-1-wl1-nyc-wlz-1"}}, "place", "us-east-1-wl1-nyc-wlz-1"),
        ({"OutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1"}, "place", "arn:aws:outposts:us-east-1:1:outpost/op-1"),
        ({"EnaSupport": True, "VirtualizationType": "hvm"}, "nitro_ready", True),
        ({"EnaSupport": False, "VirtualizationType": "hvm"}, "nitro_ready", False),
        ({"EnaSupport": True, "VirtualizationType": "paravirtual"}, "nitro_ready", False),
        ({"VirtualizationType": "hvm"}, "nitro_ready", False),
        ({}, "created", NOW - timedelta(days=90)),
        (
            {"NetworkInterfaces": [{"Attachment": {"DeviceIndex": 0, "AttachTime": NOW - timedelta(days=400)}}]},
            "created",
            NOW - timedelta(days=400),
        ),
        ({"NetworkInterfaces": [{"Attachment": {"DeviceIndex": 1, "AttachTime": NOW}}]}, "created", NOW - timedelta(days=90)),
    ],
)
def test_a_field(stubbed: tuple[Aws, Stubber], more: dict[str, Any], field: str, value: object) -> None:
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(described("i-1", **more)), LISTED)
    (instance,) = collector.ec2_instances(aws)
    assert getattr(instance, field) == value


# --- recorded replies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_sizes")
def test_a_recorded_reply_with_stopped_instances() -> None:
    aws = _aws("us-east-2")
    recorded = reply("test_ec2_metric_extended_stats", "ec2.DescribeInstances_1")
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response("describe_addresses", {"Addresses": []}, {})
        stub.add_response("describe_instances", recorded, LISTED)
        stub.add_response("describe_volumes", {"Volumes": []}, filtered("i-00d3f85ef9622b0e2", "i-0f10da6b1d974db98"))
        stub.add_response("describe_instance_type_offerings", {"InstanceTypeOfferings": []})
        arm, old, running = collector.ec2_instances(aws)
    assert (arm.kind, arm.architecture, arm.state) == ("t4g.micro", "arm64", "stopped")
    assert arm.stopped_at == datetime(2025, 3, 6, 14, 33, 58, tzinfo=UTC)
    assert arm.started == datetime(2025, 3, 5, 15, 39, 17, tzinfo=UTC)
    assert arm.created == datetime(2022, 9, 8, 14, 36, 42, tzinfo=UTC)
    assert (arm.name, arm.tags["Application"]) == ("samltesting", "myapp")
    assert (old.kind, old.architecture, old.stopped_at) == ("t2.micro", "x86_64", datetime(2024, 4, 4, 4, 22, tzinfo=UTC))
    assert (running.state, running.stopped_at, running.place, running.nitro_ready) == ("running", None, "", True)


@pytest.mark.parametrize(("case", "count"), [("ec2_igw_subnet", 5), ("test_unused_ami_false", 3)])
def test_recorded_replies_with_running_instances(stubbed: tuple[Aws, Stubber], case: str, count: int) -> None:
    """The second one is from 2016: no PlatformDetails, and it is Linux all the same."""
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", reply(case, "ec2.DescribeInstances_1"), LISTED)
    stub.add_response("describe_instance_type_offerings", {"InstanceTypeOfferings": []})
    found = list(collector.ec2_instances(aws))
    assert len({instance.id for instance in found}) == count
    words = {(each.kind, each.state, each.platform, each.tenancy, each.lifecycle, each.place) for each in found}
    assert words == {("t2.micro", "running", "Linux/UNIX", "default", "", "")}


# --- the pure parts -----------------------------------------------------------------------------------------------------------------


RUNNING = Instance(
    arn="arn:aws:ec2:us-east-1:123456789012:instance/i-1",
    id="i-1",
    account=ACCOUNT,
    region=REGION,
    kind="m5.large",
    state="running",
    started=NOW - timedelta(days=90),
)


def test_compute_costs_the_on_demand_rate_all_month() -> None:
    assert collector.compute_cost(RUNNING, Prices(REGION)).usd == pytest.approx(0.096 * 730)


@pytest.mark.parametrize("licence", ["Windows", "Red Hat Enterprise Linux", "SUSE Linux", "SQL Server Web"])
def test_with_a_licence_linux_is_the_least_that_it_costs(licence: str) -> None:
    licensed = replace(RUNNING, platform=licence, licence=licence)
    assert collector.compute_cost(licensed, Prices(REGION)) == collector.compute_cost(RUNNING, Prices(REGION))


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (replace(RUNNING, tenancy="dedicated"), "with tenancy dedicated"),
        (replace(RUNNING, place="us-east-1-bos-1a"), "in us-east-1-bos-1a"),
        (replace(RUNNING, kind="m99.large"), "m99.large in us-east-1"),
    ],
)
def test_another_rate_is_unknown_and_says_why(instance: Instance, why: str) -> None:
    amount = collector.compute_cost(instance, Prices(REGION).at(instance.place))
    assert amount.usd is None
    assert amount.formula.startswith("no price known for")
    assert amount.formula.endswith(why)


@pytest.mark.parametrize("kind", ["m5.large", "mac1.metal", "m5.metal"])
def test_on_a_dedicated_host_the_host_bills(kind: str) -> None:
    amount = collector.compute_cost(replace(RUNNING, kind=kind, tenancy="host"), Prices(REGION))
    assert amount.usd is None
    assert amount.formula.startswith("its Dedicated Host bills, and not the instance")


OWN, BYOIP = {"IpOwnerId": ACCOUNT, "PublicIp": "192.0.2.1"}, {"IpOwnerId": ACCOUNT, "PublicIp": "192.0.2.2"}
GIVEN = {"IpOwnerId": "amazon", "PublicIp": "203.0.113.5"}


@pytest.mark.parametrize(
    ("interfaces", "count"),
    [
        ([], 0),
        ([{}], 0),
        ([{"Association": GIVEN}], 1),
        ([{"Association": GIVEN, "PrivateIpAddresses": [{"Association": GIVEN}, {"PrivateIpAddress": "10.0.0.9"}]}], 1),
        ([{"Association": OWN}], 0),
        ([{"Association": OWN, "PrivateIpAddresses": [{"Association": OWN}, {"Association": BYOIP}]}], 0),
        ([{"Association": GIVEN}, {"Association": OWN}], 1),
        ([{"Association": GIVEN}, {"Association": {**GIVEN, "PublicIp": "203.0.113.6"}}], 2),
        ([{"Association": {"CarrierIp": "203.0.113.7", "IpOwnerId": "amazon"}}], 0),
    ],
)
def test_the_public_addresses_that_aws_gave_an_instance(stubbed: tuple[Aws, Stubber], interfaces: list[dict[str, Any]], count: int) -> None:
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page({**described("i-1"), "NetworkInterfaces": interfaces}), LISTED)
    assert [found.public_addresses for found in collector.ec2_instances(aws)] == [count]


def test_a_plan_may_have_paid_for_a_whole_compute_saving_also_where_only_the_bill_may_tell_its_number() -> None:
    there, unknown = (saves(collector.compute_cost(replace(RUNNING, kind=kind), Prices(REGION))) for kind in ("m5.large", "m99.large"))
    assert collector.coverable(RUNNING, there) == Coverable("AmazonEC2", "m5", there.likely)
    assert collector.coverable(RUNNING, unknown) == Coverable("AmazonEC2", "m5", 0.0)
    assert collector.coverable(RUNNING, replace(unknown, whole=None)) is None


# --- who acts and who pays ------------------------------------------------------------------------------------------------------------

PLACED = {"AvailabilityZone": "us-east-1a", "Tenancy": "host"}


@pytest.mark.parametrize(
    ("members", "words", "step"),
    [
        ({}, "", ""),
        ({"CapacityReservationId": "cr-1"}, "Capacity Reservation cr-1", "modify-capacity-reservation --region us-east-1"),
        ({"CapacityReservationId": "cr-1", "InstanceLifecycle": "capacity-block"}, "Capacity Block cr-1", ""),
        ({"CapacityBlockId": "cb-1", "CapacityReservationId": "cr-1"}, "Capacity Block cb-1", ""),
        ({"CapacityReservationSpecification": {"CapacityReservationPreference": "open"}}, "", ""),
        ({"Placement": {**PLACED, "HostId": "h-1"}}, "Dedicated Host h-1", "release-hosts --region us-east-1 --host-ids h-1"),
        ({"Placement": {**PLACED, "HostResourceGroupArn": "arn:group"}}, "Dedicated Host arn:group", ""),
    ],
)
def test_what_pays_for_the_place_of_an_instance(stubbed: tuple[Aws, Stubber], members: dict[str, Any], words: str, step: str) -> None:
    aws, stub = stubbed
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(described("i-1", **members), described("i-2", "stopped", **members)), LISTED)
    stub.add_response("describe_volumes", {"Volumes": []}, filtered("i-2"))
    running, stopped = collector.ec2_instances(aws)
    assert (running.payer.words if running.payer else "") == words
    assert step in (running.payer.ending("i-1", "us-east-1") if running.payer else "")
    assert stopped.payer is None, "it pays for no place"


@pytest.mark.parametrize(
    ("codes", "product"),
    [
        ([], ""),
        ([{"ProductCodeId": "abc", "ProductCodeType": "marketplace"}], "abc"),
        ([{"ProductCodeId": "old", "ProductCodeType": "devpay"}, {"ProductCodeId": "abc", "ProductCodeType": "marketplace"}], "abc"),
        ([{"ProductCodeType": "marketplace"}], ""),
    ],
)
def test_who_operates_an_instance_and_what_software_bills_beside_it(
    stubbed: tuple[Aws, Stubber], codes: list[dict[str, str]], product: str
) -> None:
    aws, stub = stubbed
    operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(described("i-1", ProductCodes=codes, Operator=operator)), LISTED)
    [found] = collector.ec2_instances(aws)
    assert (found.marketplace, found.operator) == (product, "ecs.amazonaws.com")


def test_an_address_that_a_tag_keeps_is_not_released_with_its_instance(stubbed: tuple[Aws, Stubber]) -> None:
    aws, stub = stubbed
    held = [{"InstanceId": "i-1", "AllocationId": name, "PublicIp": "192.0.2.1"} for name in ("eipalloc-1", "eipalloc-2")]
    addresses = [held[0], {**held[1], "Tags": [{"Key": "do-not-delete", "Value": "true"}]}]
    stub.add_response("describe_addresses", {"Addresses": addresses}, {})
    stub.add_response("describe_instances", page(described("i-1", "stopped")), LISTED)
    stub.add_response("describe_volumes", {"Volumes": []}, filtered("i-1"))
    [found] = collector.ec2_instances(aws)
    assert [arn.rpartition("/")[2] for arn in found.addresses] == ["eipalloc-1"]


def test_a_tag_that_keeps_a_held_volume_is_known(stubbed: tuple[Aws, Stubber]) -> None:
    aws, stub = stubbed
    kept = [{"Key": "Retain-Until", "Value": (NOW + timedelta(days=9)).date().isoformat()}]
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(described("i-1", "stopped")), LISTED)
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-a", "i-1", Tags=kept), volume("vol-b", "i-1")]}, filtered("i-1"))
    [found] = collector.ec2_instances(aws)
    assert [volume.kept_by for volume in found.volumes] == ["Retain-Until", ""]
