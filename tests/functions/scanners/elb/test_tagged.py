"""Tags of load balancers and target groups: twenty a call, and none lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from functions.core.aws.clients import Aws
from functions.scanners.elb import tagged


@pytest.fixture
def here() -> Aws:
    return Aws("123456789012", "us-east-1", boto3.Session("testing", "testing"), datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 41])
def test_every_item_comes_back_with_its_own_tags_after_the_fewest_calls(here: Aws, count: int) -> None:
    items = [{"Arn": f"arn:{number}"} for number in range(count)]
    with Stubber(here.client("elbv2")) as stub:
        for start in range(0, count, 20):
            arns = [item["Arn"] for item in items[start : start + 20]]
            described = [{"ResourceArn": arn, "Tags": [{"Key": "of", "Value": arn}]} for arn in reversed(arns)]
            stub.add_response("describe_tags", {"TagDescriptions": described}, {"ResourceArns": arns})
        assert list(tagged.tagged(here, items, "Arn")) == [(item, {"of": item["Arn"]}) for item in items]
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("count", [0, 1, 20, 21])
def test_classic_load_balancers_are_asked_for_by_name(here: Aws, count: int) -> None:
    items = [{"LoadBalancerName": f"n{number}"} for number in range(count)]
    with Stubber(here.client("elb")) as stub:
        for start in range(0, count, 20):
            names = [item["LoadBalancerName"] for item in items[start : start + 20]]
            stub.add_response("describe_tags", {"TagDescriptions": [{"LoadBalancerName": names[0]}]}, {"LoadBalancerNames": names})
        assert list(tagged.classic_tagged(here, items)) == [(item, {}) for item in items]
        stub.assert_no_pending_responses()


def test_items_deleted_since_they_were_listed_cost_their_batch_its_tags_and_nothing_more(here: Aws) -> None:
    items = [{"Arn": "arn:1"}, {"Arn": "arn:2"}]
    with Stubber(here.client("elbv2")) as stub:
        stub.add_client_error("describe_tags", "TargetGroupNotFound", http_status_code=400)
        assert list(tagged.tagged(here, items, "Arn")) == [(items[0], {}), (items[1], {})]


class Tagless(Aws):
    """Nothing has tags here."""

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        return {"TagDescriptions": []}


TAGLESS = Tagless("123456789012", "us-east-1", boto3.Session("testing", "testing"))


@given(st.integers(0, 200))
def test_the_listing_is_read_as_it_is_needed(count: int) -> None:
    """A region with a thousand load balancers is never in memory whole: at most twenty are read ahead."""
    read = 0

    def listing() -> Iterator[dict[str, str]]:
        nonlocal read
        for number in range(count):
            read += 1
            yield {"Arn": f"arn:{number}"}

    for given_back, _ in enumerate(tagged.tagged(TAGLESS, listing(), "Arn"), start=1):
        assert read <= (given_back + 19) // 20 * 20
    assert read == count
