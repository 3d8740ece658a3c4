"""What the types of a family have: asked for once, by family, and unknown where AWS does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.scanners.ec2.instance import sizes
from functions.scanners.ec2.instance.sizes import Attached, Size, Sizes
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION


@pytest.fixture
def stubbed() -> Iterator[tuple[Sizes, Stubber]]:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as stub:
        yield Sizes(aws), stub
        stub.assert_no_pending_responses()


def _asked(*families: str, **more: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "instance-type", "Values": [f"{one}.*" for one in families]}], "MaxResults": sizes.PAGE, **more}


def _type(kind: str, vcpus: int = 2, memory_mib: int = 8192, **more: Any) -> dict[str, Any]:
    return {"InstanceType": kind, "VCpuInfo": {"DefaultVCpus": vcpus}, "MemoryInfo": {"SizeInMiB": memory_mib}, **more}


@mock_aws
def test_a_family_as_moto_has_recorded_it_from_aws() -> None:
    known = Sizes(Aws(ACCOUNT, "us-east-1", SESSION, NOW))
    known.ask(["m5.2xlarge", "t3.small"])
    assert known.of("m5.2xlarge") == Size(
        "m5.2xlarge", 8, 32_768, network_gbps=2.5, ebs_mbps=287.5, ebs_iops=12_000, interfaces=4, addresses=15, volumes=27, shared=True
    )
    assert [size.kind for size in known.smaller("m5.2xlarge")] == ["m5.xlarge", "m5.large"]
    assert [size.kind for size in known.smaller("t3.small")] == ["t3.micro", "t3.nano"]
    assert [size.kind for size in known.smaller("m5.metal")][:2] == ["m5.16xlarge", "m5.12xlarge"], "24xlarge has as much"
    assert (known.smaller("m5.large"), known.smaller("c5.xlarge"), known.of("c5.xlarge")) == ((), (), None)


def test_families_are_asked_for_once_and_to_the_last_page(stubbed: tuple[Sizes, Stubber]) -> None:
    known, stub = stubbed
    known.ask([])
    stub.add_response("describe_instance_types", {"InstanceTypes": [_type("a.large")], "NextToken": "more"}, _asked("a", "b"))
    stub.add_response("describe_instance_types", {"InstanceTypes": [_type("b.large")]}, _asked("a", "b", NextToken="more"))
    stub.add_response("describe_instance_types", {"InstanceTypes": []}, _asked("c"))
    for types in (["b.large", "a.large", "a.xlarge"], ["a.medium"], ["c.large", "b.large"]):
        known.ask(types)
    assert [known.of(kind) is not None for kind in ("a.large", "b.large", "c.large")] == [True, True, False]


def test_what_aws_does_not_say_is_unknown_and_not_nothing(stubbed: tuple[Sizes, Stubber]) -> None:
    known, stub = stubbed
    cards = [{"BaselineBandwidthInGbps": 10.0}, {"NetworkPerformance": "High"}]
    described = [_type("a.large"), _type("a.xlarge", 4, NetworkInfo={"NetworkCards": cards}), {"InstanceType": "a.odd"}]
    stub.add_response("describe_instance_types", {"InstanceTypes": described}, _asked("a"))
    known.ask(["a.large"])
    for kind in ("a.large", "a.xlarge"):
        size = known.of(kind)
        assert size is not None
        assert (size.network_gbps, size.ebs_mbps, size.ebs_iops, size.volumes) == (None, None, None, None)
    assert known.of("a.odd") is None
    assert known.aws.unreadable.beside == 1


@pytest.mark.parametrize(("code", "noted"), [("UnauthorizedOperation", True), ("InvalidAction", False)])
def test_a_refusal_is_noted_and_the_rest_is_judged(stubbed: tuple[Sizes, Stubber], code: str, noted: bool) -> None:
    known, stub = stubbed
    stub.add_client_error("describe_instance_types", code, "no")
    known.ask(["a.large"])
    known.ask(["b.large"])
    assert known.of("a.large") is None
    assert (known.aws.refused is not None) is noted
    assert not noted or known.aws.refused.action == sizes.IAM  # type: ignore[union-attr]  # it is there


def test_what_an_instance_has_attached() -> None:
    interfaces: list[Any] = [{"PrivateIpAddresses": [{}, {}, {}]}, {"PrivateIpAddresses": [{}]}]
    described = {"NetworkInterfaces": interfaces, "BlockDeviceMappings": [{}, {}], "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1}}
    assert sizes.attached(described) == Attached(interfaces=2, addresses=3, volumes=2, vcpus=2)
    assert sizes.attached({}) == Attached()


@pytest.mark.parametrize(
    ("attached", "fits"),
    [
        (Attached(interfaces=2, addresses=4, volumes=8), True),
        (Attached(interfaces=3, addresses=1, volumes=0), False),
        (Attached(interfaces=1, addresses=5, volumes=0), False),
        (Attached(interfaces=1, addresses=1, volumes=9), True),
        (Attached(interfaces=1, addresses=1, volumes=10), False),
    ],
)
def test_whether_a_type_takes_what_is_attached(attached: Attached, fits: bool) -> None:
    """Ten attachments, of which network interfaces are some where they are shared."""
    size = Size("a.large", 2, 8192, interfaces=2, addresses=4, volumes=10, shared=True)
    assert attached.fits(size) is fits
    assert Attached(2, 4, 10).fits(Size("a.large", 2, 8192, interfaces=2, addresses=4, volumes=10)), "not shared"
    assert Attached(2, 4, 99).fits(Size("a.large", 2, 8192, interfaces=2, addresses=4)), "not known"
