"""What stays with a stopped instance: its volumes, and the Elastic IPs that bill."""

from __future__ import annotations

from typing import Any

from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.scanners.ec2.instance import collector
from functions.scanners.ec2.instance.held import HeldVolume
from tests.functions.scanners.ec2.instance.test_collector import ACCOUNT, LISTED, described, filtered, no_sizes, page, stubbed, volume

__all__ = ["no_sizes", "stubbed"]


def test_only_what_bills_because_of_the_instance_counts(stubbed: tuple[Aws, Stubber]) -> None:
    aws, stub = stubbed
    addresses: list[dict[str, Any]] = [
        {"AllocationId": "eipalloc-1", "PublicIp": "192.0.2.1", "InstanceId": "i-1", "PublicIpv4Pool": "amazon"},
        {"AllocationId": "eipalloc-2", "PublicIp": "192.0.2.2", "InstanceId": "i-1"},
        {"AllocationId": "eipalloc-own", "PublicIp": "192.0.2.3", "InstanceId": "i-1", "PublicIpv4Pool": "ipv4pool-ec2-012345"},
        {"AllocationId": "eipalloc-free", "PublicIp": "192.0.2.4"},
        {"AllocationId": "eipalloc-busy", "PublicIp": "192.0.2.5", "InstanceId": "i-2"},
    ]
    volumes = [volume("vol-own", "i-1", Iops=4000, Throughput=250), volume("vol-shared", "i-1", "i-2")]
    stub.add_response("describe_addresses", {"Addresses": addresses}, {})
    stub.add_response("describe_instances", page(described("i-1", "stopped"), described("i-2")), LISTED)
    stub.add_response("describe_volumes", {"Volumes": volumes}, filtered("i-1"))
    stopped, running = collector.ec2_instances(aws)
    assert stopped.volumes == (HeldVolume(f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-own", "gp3", 8, 4000, 250),)
    assert [arn.rpartition("/")[2] for arn in stopped.addresses] == ["eipalloc-1", "eipalloc-2"]
    assert (running.volumes, [arn.rpartition("/")[2] for arn in running.addresses]) == ((), ["eipalloc-busy"])


def test_what_a_stopped_instance_holds_says_where_it_is_itself(stubbed: tuple[Aws, Stubber]) -> None:
    """On an Outpost: its volume is there, its address may be one of the region."""
    aws, stub = stubbed
    outpost = "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"
    addresses: list[dict[str, Any]] = [
        {"AllocationId": "eipalloc-1", "PublicIp": "192.0.2.1", "InstanceId": "i-1", "NetworkBorderGroup": "us-east-1"},
        {"AllocationId": "eipalloc-2", "PublicIp": "192.0.2.2", "InstanceId": "i-1", "NetworkBorderGroup": "us-east-1-bos-1"},
    ]
    volumes = [volume("vol-1", "i-1", AvailabilityZone="us-east-1a", OutpostArn=outpost)]
    stub.add_response("describe_addresses", {"Addresses": addresses}, {})
    stub.add_response("describe_instances", page(described("i-1", "stopped", OutpostArn=outpost)), LISTED)
    stub.add_response("describe_volumes", {"Volumes": volumes}, filtered("i-1"))
    (stopped,) = collector.ec2_instances(aws)
    assert stopped.place == outpost
    assert [volume.place for volume in stopped.volumes] == [outpost]
    assert [stopped.address_places[arn] for arn in stopped.addresses] == ["", "us-east-1-bos-1"]


def test_a_filter_never_has_more_than_200_values(stubbed: tuple[Aws, Stubber]) -> None:
    aws, stub = stubbed
    ids = [f"i-{number:03}" for number in range(201)]
    stub.add_response("describe_addresses", {"Addresses": []}, {})
    stub.add_response("describe_instances", page(*(described(name, "stopped") for name in ids)), LISTED)
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-a", ids[0])]}, filtered(*ids[:200]))
    stub.add_response("describe_volumes", {"Volumes": [volume("vol-b", ids[200])]}, filtered(ids[200]))
    found = list(collector.ec2_instances(aws))
    assert [instance.id for instance in found] == ids
    assert [instance.id for instance in found if instance.volumes] == [ids[0], ids[200]]
