"""What auto scaling sets: asked once, and only what is refused is not known."""

from __future__ import annotations

import boto3
from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.scanners.dynamodb.table.scaling import READ, WRITE, Scaling
from tests.functions.paged import ACCOUNT, REGION
from tests.functions.scanners.dynamodb.samples import NOW

ASKED = {"ServiceNamespace": "dynamodb"}


def target(resource: str, dimension: str, least: int) -> dict[str, object]:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "MinCapacity": least,
        "MaxCapacity": 900,
        "RoleARN": "arn:aws:iam::123456789012:role/x",
        "CreationTime": NOW,
    }


def here() -> Aws:
    return Aws(ACCOUNT, REGION, boto3.Session("testing", "testing", region_name=REGION), NOW)


def test_tables_and_indexes_are_told_apart_on_every_page() -> None:
    scaling = Scaling(here())
    first = [target("table/orders", "dynamodb:table:ReadCapacityUnits", 5)]
    second = [target("table/orders/index/by-day", "dynamodb:index:WriteCapacityUnits", 7)]
    with Stubber(scaling.aws.client("application-autoscaling")) as stubbed:
        stubbed.add_response("describe_scalable_targets", {"ScalableTargets": first, "NextToken": "2"}, ASKED)
        stubbed.add_response("describe_scalable_targets", {"ScalableTargets": second}, {**ASKED, "NextToken": "2"})
        assert scaling.of("orders", "", READ) == 5
        assert scaling.of("orders", "", WRITE) is None
        assert scaling.of("orders", "by-day", WRITE) == 7
        assert scaling.of("order", "", READ) is None
        stubbed.assert_no_pending_responses()
    assert scaling.known


def test_a_refusal_is_noted_and_the_tables_are_listed_all_the_same() -> None:
    scaling = Scaling(here())
    with Stubber(scaling.aws.client("application-autoscaling")) as stubbed:
        stubbed.add_client_error("describe_scalable_targets", "AccessDeniedException", http_status_code=400)
        assert scaling.of("orders", "", READ) is None
        assert scaling.of("orders", "", WRITE) is None, "asked once"
    assert not scaling.known
    assert scaling.aws.refused is not None
    assert "application-autoscaling:DescribeScalableTargets" in str(scaling.aws.refused)


def test_a_target_that_cannot_be_read_may_be_of_any_table() -> None:
    scaling = Scaling(here())
    with Stubber(scaling.aws.client("application-autoscaling")) as stubbed:
        odd = {**target("table/x", "dynamodb:table:ReadCapacityUnits", 5)}
        stubbed.add_response("describe_scalable_targets", {"ScalableTargets": [odd]}, ASKED)
        del odd["ResourceId"]
        assert scaling.of("orders", "", READ) is None
    assert not scaling.known
    assert scaling.aws.unreadable.beside == 1
