"""What the zones of a region offer: asked for late, once, and unknown where AWS does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.scanners.ec2.instance import offerings
from functions.scanners.ec2.instance.offerings import Offerings
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION


@pytest.fixture
def stubbed() -> Iterator[tuple[Offerings, Stubber]]:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as stub:
        yield Offerings(aws), stub
        stub.assert_no_pending_responses()


def _asked(*types: str, **more: str) -> dict[str, Any]:
    only = [{"Name": "instance-type", "Values": list(types)}]
    return {"LocationType": "availability-zone", "Filters": only, "MaxResults": offerings.PAGE, **more}


def _offered(*pairs: tuple[str, str], **more: str) -> dict[str, Any]:
    listed = [{"InstanceType": kind, "LocationType": "availability-zone", "Location": f"us-east-1{zone}"} for zone, kind in pairs]
    return {"InstanceTypeOfferings": listed, **more}


@mock_aws
def test_a_zone_offers_less_than_its_region() -> None:
    """Recorded by moto from AWS."""
    asked = Offerings(Aws(ACCOUNT, "us-east-1", SESSION, NOW))
    asked.ask(["c4.large", "c5.large", "c6i.large", "c7i.large"])
    new = ("c5.large", "c6i.large", "c7i.large")
    assert asked.of("us-east-1a", new) == frozenset(new)
    assert asked.of("us-east-1e", new) == frozenset()
    assert asked.of("us-east-1e", ("c4.large",)) == frozenset({"c4.large"})
    assert asked.of("us-east-1z", new) is None
    assert asked.of("", new) is None


def test_nothing_is_asked_for_nothing_and_nothing_twice(stubbed: tuple[Offerings, Stubber]) -> None:
    asked, stub = stubbed
    asked.ask([])
    stub.add_response("describe_instance_type_offerings", _offered(("a", "a.1"), NextToken="more"), _asked("a.1", "b.1"))
    stub.add_response("describe_instance_type_offerings", _offered(("b", "b.1")), _asked("a.1", "b.1", NextToken="more"))
    stub.add_response("describe_instance_type_offerings", _offered(("a", "c.1")), _asked("c.1"))
    for types in (["b.1", "a.1", "a.1"], ["a.1"], ["c.1", "b.1"]):
        asked.ask(types)
    assert asked.of("us-east-1a", ["a.1", "b.1", "c.1"]) == frozenset({"a.1", "c.1"})
    assert asked.of("us-east-1b", ["a.1", "b.1"]) == frozenset({"b.1"})


def test_a_filter_never_has_more_than_200_values(stubbed: tuple[Offerings, Stubber]) -> None:
    asked, stub = stubbed
    types = [f"a.{number:03}" for number in range(201)]
    stub.add_response("describe_instance_type_offerings", _offered(("a", types[0])), _asked(*types[:200]))
    stub.add_response("describe_instance_type_offerings", _offered(("a", types[200])), _asked(types[200]))
    asked.ask(types)
    assert asked.of("us-east-1a", types) == frozenset({types[0], types[200]})


@pytest.mark.parametrize(("code", "noted"), [("UnauthorizedOperation", True), ("InvalidAction", False)])
def test_a_refusal_is_noted_and_the_rest_is_judged(stubbed: tuple[Offerings, Stubber], code: str, noted: bool) -> None:
    asked, stub = stubbed
    stub.add_client_error("describe_instance_type_offerings", code, "no")
    asked.ask([f"a.{number}" for number in range(300)])
    asked.ask(["b.1"])
    assert asked.of("us-east-1a", ["a.1"]) is None
    assert (asked.aws.refused is not None) is noted
    assert not noted or asked.aws.refused.action == offerings.IAM  # type: ignore[union-attr]  # it is there


def test_an_answer_without_anything_tells_nothing(stubbed: tuple[Offerings, Stubber]) -> None:
    asked, stub = stubbed
    stub.add_response("describe_instance_type_offerings", _offered(), _asked("a.1"))
    asked.ask(["a.1"])
    assert asked.of("us-east-1a", ["a.1"]) is None
