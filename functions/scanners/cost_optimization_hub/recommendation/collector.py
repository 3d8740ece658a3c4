"""What AWS itself recommends for the resources of an account, in all regions, as Cost Optimization Hub lists it: one for each resource.

The Hub carries what Compute Optimizer recommends, which is therefore not asked for that again. What it recommends to buy is left out: the
report has advice of its own on Savings Plans and reservations, which takes off first what the findings remove, and the two exclude each
other. Its summaries are text for people, and are not read.
https://docs.aws.amazon.com/cost-management/latest/userguide/coh-optimization-strategies.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nlargest
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.aws.refusals import unless_gone
from functions.core.errors import Denied, NotEnrolled
from functions.core.model import Resource
from functions.core.prices.bills import described
from functions.core.prices.places import RegionWide
from functions.core.registry import OncePerAccount, collector
from functions.core.services import ACTIVE, Enrolment
from functions.scanners.cost_optimization_hub.service import COMPUTE_OPTIMIZER, HUB

HOME = "us-east-1"
"""Its one endpoint answers for all regions; of the other partitions none is known."""
PAGE = 1_000
"""The most on one page."""
PURCHASE = "Purchase"
"""How the actions that buy a commitment begin."""
COSTS_OF, COSTS_FROM_USD = 10, 10.0
"""Of each page so many recommendations, the largest, are asked for their costs before and after discounts, if they save as much a month."""
MODES = {"AfterDiscounts": True, "BeforeDiscounts": False}
"""The account's preference for how savings are estimated → whether discounts are taken off.

https://docs.aws.amazon.com/cost-management/latest/userguide/coh-preferences.html
"""
RECOMMENDATION = described(
    "cost-optimization-hub",
    "Recommendation",
    priced="estimatedMonthlySavings currencyCode",
    free="recommendationId accountId region resourceId resourceArn currentResourceType recommendedResourceType estimatedSavingsPercentage "
    "estimatedMonthlyCost implementationEffort restartNeeded actionType rollbackPossible currentResourceSummary "
    "recommendedResourceSummary lastRefreshTimestamp recommendationLookbackPeriodInDays source tags",
)
"""A recommendation bills nothing: what it has is what AWS says of a resource."""


@dataclass(slots=True, frozen=True)
class Costs:
    """What AWS says a resource costs, in the recommendation's currency: before and after discounts, now and as recommended.

    Each is None where AWS does not say. `days`: the usage of how many days it looks at.
    """

    before_discounts: float | None = None
    after_discounts: float | None = None
    recommended_before_discounts: float | None = None
    recommended_after_discounts: float | None = None
    days: int | None = None


@dataclass(slots=True, kw_only=True)
class Recommendation(Resource):
    """A resource of the account with what AWS recommends for it; `arn` as its own service writes it, `listed_arn` as the Hub does.

    `action`, `kind`, `recommended_kind`, `effort` and `source` are AWS's words, which may be new ones. `monthly`: what AWS says that it
    saves, in `currency`; `after_discounts` is None where the account's preference is not known.
    """

    listed_arn: str
    recommendation_id: str
    action: str
    kind: str
    recommended_kind: str
    monthly: float
    currency: str
    after_discounts: bool | None
    refreshed: datetime
    lookback_days: int | None
    source: str
    effort: str
    restart: bool | None
    rollback: bool | None
    costs: Costs = Costs()


@collector(
    "cost-optimization-hub:recommendation",
    iam=[
        "cost-optimization-hub:ListRecommendations",
        "cost-optimization-hub:ListEnrollmentStatuses",
        "cost-optimization-hub:GetPreferences",
        "cost-optimization-hub:GetRecommendation",
        "compute-optimizer:GetEnrollmentStatus",
    ],
    resumes="cost-optimization-hub:ListRecommendations",
    placed_by=RegionWide("AWS prices what it recommends"),
    bills=[RECOMMENDATION],
    each={"cost-optimization-hub:GetRecommendation": f"{COSTS_OF} at most for each page of {PAGE:,}"},
    once=OncePerAccount({"aws": HOME}),
)
def recommendations(aws: Aws) -> Iterator[Recommendation]:
    """Every recommendation for a resource of the account in a region that is wanted. Three requests, one a page, and COSTS_OF a page more.

    NotEnrolled where the account does not use the Hub; and in the end where it does not use Compute Optimizer, without which the Hub has
    next to nothing.
    """
    if not _enrolled(aws, HUB):
        raise NotEnrolled(f"not enrolled in {HUB.name}, so that what AWS itself recommends is not in the report: {HUB.fix}")
    optimized = _enrolled(aws, COMPUTE_OPTIMIZER)
    after_discounts = MODES.get(aws.call("cost-optimization-hub", "GetPreferences").get("savingsEstimationMode", ""))
    wanted = {"accountIds": [aws.account], **({"regions": list(aws.regions)} if aws.regions else {})}

    def made(item: Mapping[str, Any]) -> Recommendation | None:
        mine = item["accountId"] == aws.account and aws.wants(item.get("region", ""))
        return _recommendation(item, after_discounts) if mine and not item["actionType"].startswith(PURCHASE) else None

    for page in aws.each_page("cost-optimization-hub", "ListRecommendations", "items", filter=wanted, maxResults=PAGE):
        listed = list(aws.readable(page, made))
        largest = nlargest(COSTS_OF, (one for one in listed if one.monthly >= COSTS_FROM_USD), key=lambda one: one.monthly)
        for one in largest:
            if aws.refused is None:
                one.costs = _costs(aws, one)
        yield from listed
    if not optimized:
        raise NotEnrolled(f"not enrolled in {COMPUTE_OPTIMIZER.name}: {COMPUTE_OPTIMIZER.fix}")


def _enrolled(aws: Aws, enrolment: Enrolment) -> bool:
    answer = aws.call(enrolment.asks.service, enrolment.asks.operation)
    return ACTIVE in list(aws.readable(enrolment.states(answer), lambda one: str(one["status"]), []))


def _recommendation(item: Mapping[str, Any], after_discounts: bool | None) -> Recommendation:
    listed_arn, refreshed, named = item["resourceArn"], item["lastRefreshTimestamp"], _tags(item)
    if not isinstance(refreshed, datetime):
        raise TypeError(f"refreshed {refreshed!r}")
    arn = _own_arn(listed_arn)
    return Recommendation(
        arn=arn,
        id=arn.replace("/", ":").rpartition(":")[2],
        account=item["accountId"],
        region=str(item["region"]),
        name=named.get("Name", ""),
        tags=named,
        listed_arn=listed_arn,
        recommendation_id=str(item["recommendationId"]),
        action=item["actionType"],
        kind=str(item["currentResourceType"]),
        recommended_kind=str(item.get("recommendedResourceType", "")),
        monthly=float(item["estimatedMonthlySavings"]),
        currency=str(item.get("currencyCode", "")),
        after_discounts=after_discounts,
        refreshed=refreshed,
        lookback_days=_optional(int, item.get("recommendationLookbackPeriodInDays")),
        source=str(item.get("source", "")),
        effort=str(item.get("implementationEffort", "")),
        restart=_optional(bool, item.get("restartNeeded")),
        rollback=_optional(bool, item.get("rollbackPossible")),
    )


def _own_arn(listed: str) -> str:
    """The ARN as the resource's own listing has it: without the version that Compute Optimizer names of a function.

    https://docs.aws.amazon.com/compute-optimizer/latest/APIReference/API_LambdaFunctionRecommendation.html
    """
    parts = listed.split(":")
    if len(parts) < 6:
        raise ValueError(f"no ARN: {listed!r}")
    return ":".join(parts[:7]) if parts[2] == "lambda" and parts[5] == "function" else listed


def _tags(item: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["key"]): str(tag.get("value", "")) for tag in item.get("tags", ())}


def _optional(kind: type[Any], value: Any) -> Any:
    return None if value is None else kind(value)


def _costs(aws: Aws, one: Recommendation) -> Costs:
    """What GetRecommendation says of its costs; nothing where the recommendation is gone since it was listed, or may not be asked for."""
    try:
        with unless_gone():
            answer = aws.call("cost-optimization-hub", "GetRecommendation", recommendationId=one.recommendation_id)
            return next(aws.readable([answer], _read_costs, []), Costs())
    except Denied as refused:
        aws.refused = refused
    return Costs()


def _read_costs(answer: Mapping[str, Any]) -> Costs:
    now, then = (_pricing(answer.get(name) or {}) for name in ("currentResourceDetails", "recommendedResourceDetails"))
    made = Costs(
        now.get("estimatedCostBeforeDiscounts"),
        now.get("estimatedCostAfterDiscounts"),
        then.get("estimatedCostBeforeDiscounts"),
        then.get("estimatedCostAfterDiscounts"),
    )
    return replace(made, days=_optional(int, answer.get("costCalculationLookbackPeriodInDays")))


def _pricing(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the details of one resource, which are under the name of its kind."""
    kinds = (one for one in details.values() if isinstance(one, Mapping))
    pricing: Mapping[str, Any] = next(kinds, {}).get("costCalculation", {}).get("pricing", {})
    return pricing
