"""What the Hub's replies become: recommendations for resources of the account, in the regions that are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.core.aws.clients import Aws
from functions.core.errors import Denied, NotEnrolled
from functions.core.model import Outcome, Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.scanners.cost_optimization_hub.recommendation.collector import (
    COSTS_OF,
    HOME,
    Costs,
    Recommendation,
    recommendations,
)
from tests.functions.paged import ACCOUNT, REGION, Answers, Given, nothing
from tests.functions.scanners.cost_optimization_hub.recommendation_seed import PAGES, costs, item

SESSION = boto3.Session("testing", "testing", region_name=REGION)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
HUB = "cost-optimization-hub"


def aws(regions: tuple[str, ...] = ()) -> Aws:
    return Aws(ACCOUNT, HOME, SESSION, NOW, regions=regions)


def collected(given: Mapping[str, Given] | None = None, seen: Aws | None = None, *items: dict[str, Any]) -> list[Recommendation]:
    """What becomes of some items, or of the pages of the seed."""
    listing: dict[str, Given] = {f"{HUB}:ListRecommendations": [{"items": list(items)}]} if items else {}
    with Answers({**PAGES, **listing, **(given or {})}).everywhere():
        return list(recommendations(seen or aws()))


def test_an_item_becomes_a_resource_with_all_that_aws_says_of_it() -> None:
    (one,) = collected(None, None, item(1))
    assert (one.arn, one.id, one.account, one.region) == (f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", "vol-1", ACCOUNT, REGION)
    assert (one.action, one.kind, one.monthly, one.currency, one.after_discounts) == ("Delete", "EbsVolume", 40.0, "USD", True)
    assert (one.lookback_days, one.source, one.effort, one.restart, one.rollback) == (32, "ComputeOptimizer", "Low", False, True)
    assert one.tags == {"team": "data"}
    assert one.costs == Costs(50.0, 40.0, days=14)


@pytest.mark.parametrize(
    ("listed", "own", "name"),
    [
        ("arn:aws:lambda:us-east-1:1:function:f:$LATEST", "arn:aws:lambda:us-east-1:1:function:f", "f"),
        ("arn:aws:lambda:us-east-1:1:function:f", "arn:aws:lambda:us-east-1:1:function:f", "f"),
        ("arn:aws:rds:us-east-1:1:db:mine", "arn:aws:rds:us-east-1:1:db:mine", "mine"),
        ("arn:aws:ecs:us-east-1:1:service/cluster/web", "arn:aws:ecs:us-east-1:1:service/cluster/web", "web"),
        ("arn:aws:dynamodb:us-east-1:1:table/t", "arn:aws:dynamodb:us-east-1:1:table/t", "t"),
    ],
)
def test_an_arn_is_the_one_of_the_resource_s_own_listing(listed: str, own: str, name: str) -> None:
    (one,) = collected(None, None, {**item(1), "resourceArn": listed})
    assert (one.arn, one.id, one.listed_arn) == (own, name, listed)


@pytest.mark.parametrize("left_out", [{"region": "eu-west-1"}, {"accountId": "999999999999"}, {"actionType": "PurchaseSavingsPlans"}])
def test_other_regions_and_accounts_and_purchases_are_left_out_and_not_counted_as_unreadable(left_out: dict[str, str]) -> None:
    seen = aws(("us-east-1", "us-west-2"))
    assert [one.id for one in collected(None, seen, item(1), {**item(2), **left_out})] == ["vol-1"]
    assert seen.unreadable.items == 0


def test_a_resource_without_an_arn_is_counted_as_not_read() -> None:
    seen = aws()
    without = {name: value for name, value in item(2).items() if name != "resourceArn"}
    assert [one.id for one in collected(None, seen, item(1), without)] == ["vol-1"]
    assert (seen.unreadable.items, "resourceArn" in seen.unreadable.reason) == (1, True)


def test_words_that_aws_adds_are_taken_as_they_are() -> None:
    new = {"actionType": "Hibernate", "currentResourceType": "QuantumComputer", "implementationEffort": "Heroic", "source": "Oracle"}
    (one,) = collected(None, None, {**item(1), **new})
    assert (one.action, one.kind, one.effort, one.source) == ("Hibernate", "QuantumComputer", "Heroic", "Oracle")


@pytest.mark.parametrize(("regions", "asked"), [((), None), (("us-west-2",), ["us-west-2"])])
def test_the_account_and_the_regions_are_asked_for(regions: tuple[str, ...], asked: list[str] | None) -> None:
    filters: list[Any] = []

    def listing(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        filters.append(parameters["filter"])
        return {"items": []}

    assert collected({f"{HUB}:ListRecommendations": listing}, aws(regions)) == []
    assert filters == [{"accountIds": [ACCOUNT], **({"regions": asked} if asked else {})}]


@pytest.mark.parametrize(("mode", "after"), [("AfterDiscounts", True), ("BeforeDiscounts", False), ("Sideways", None)])
def test_the_mode_is_the_account_s_preference(mode: str, after: bool | None) -> None:
    (one,) = collected({f"{HUB}:GetPreferences": nothing(savingsEstimationMode=mode)}, None, item(1))
    assert one.after_discounts is after


def test_only_the_largest_of_a_page_are_asked_for_their_costs() -> None:
    asked: list[str] = []

    def one(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(parameters["recommendationId"])
        return {"currentResourceDetails": costs(1, 1), "recommendedResourceDetails": costs(0.5, 0.25)}

    small = {**item(99), "estimatedMonthlySavings": 9.99}
    items = [{**item(number), "estimatedMonthlySavings": 10.0 + number} for number in range(COSTS_OF + 5)]
    found = collected({f"{HUB}:GetRecommendation": one}, None, small, *items)
    assert asked == [f"rec-{number}" for number in range(COSTS_OF + 4, 4, -1)]
    assert [one.id for one in found] == ["vol-99", *(f"vol-{number}" for number in range(COSTS_OF + 5))], "in the order of the listing"
    assert found[-1].costs == Costs(1, 1, 0.5, 0.25)
    assert found[0].costs == found[1].costs == Costs()


def refused(code: str, asked: list[str] | None = None) -> Given:
    def refuse(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if asked is not None:
            asked.append(parameters["recommendationId"])
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetRecommendation")

    return refuse


def test_a_recommendation_that_is_gone_has_no_costs() -> None:
    seen = aws()
    (one,) = collected({f"{HUB}:GetRecommendation": refused("ResourceNotFoundException")}, seen, item(1))
    assert (one.costs, seen.refused) == (Costs(), None)


def test_costs_that_may_not_be_asked_for_are_asked_for_once_and_the_rest_is_found() -> None:
    seen, asked = aws(), list[str]()
    found = collected({f"{HUB}:GetRecommendation": refused("AccessDeniedException", asked)}, seen, item(1), item(2))
    assert [one.costs for one in found] == [Costs(), Costs()]
    assert isinstance(seen.refused, Denied)
    assert len(asked) == 1


def scanned(given: Mapping[str, Given]) -> Any:
    unit = Unit(
        unit_id=unit_id(ACCOUNT, HOME, f"{HUB}:recommendation"), account=ACCOUNT, region=HOME, resource_type=f"{HUB}:recommendation",
        function="none",
    )  # fmt: skip
    with Answers({**PAGES, **given}).everywhere():
        return scanning.scan(unit, aws(), Prices(HOME), lambda finding: None)


def test_an_account_that_is_not_enrolled_is_neither_denied_nor_clean() -> None:
    outcome = scanned({f"{HUB}:ListEnrollmentStatuses": nothing(items=[{"accountId": ACCOUNT, "status": "Inactive"}])})
    assert (outcome.outcome, outcome.resources, outcome.outcome.good) == (Outcome.SKIPPED, 0, False)
    assert outcome.reason.startswith("not enrolled in AWS Cost Optimization Hub, so that")
    assert "enable it, free of charge" in outcome.reason


def test_without_compute_optimizer_what_there_is_is_found_and_the_unit_says_so() -> None:
    outcome = scanned({"compute-optimizer:GetEnrollmentStatus": nothing(status="Pending")})
    assert (outcome.outcome, outcome.resources, outcome.findings) == (Outcome.SKIPPED, 28, 28)
    assert outcome.reason.startswith("not enrolled in AWS Compute Optimizer: opt in")


def test_an_enrolment_that_cannot_be_read_is_not_one() -> None:
    with pytest.raises(NotEnrolled):
        collected({f"{HUB}:ListEnrollmentStatuses": nothing(items=[{"status": None}, None])})
