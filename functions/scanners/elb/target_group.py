"""Target groups that no load balancer uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.aws.clients import Aws
from functions.core.limits import Limits
from functions.core.model import Action, Confidence, Level, Resource, Waste
from functions.core.money import HYGIENE
from functions.core.places import RegionWide
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check, collector
from functions.scanners.elb import tagged
from functions.scanners.elb.bills import TARGET_GROUP


@dataclass(slots=True, kw_only=True)
class TargetGroup(Resource):
    """`kind`: instance, ip, lambda or alb. `load_balancers`: how many use it. AWS does not say when a target group was made."""

    kind: str
    load_balancers: int


@collector(
    "elb:target-group",
    iam=["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTags"],
    resumes="elbv2:DescribeTargetGroups",
    placed_by=RegionWide("a target group is a list of targets and costs nothing, wherever they are"),
    bills=[TARGET_GROUP],
)
def target_groups(aws: Aws) -> Iterator[TargetGroup]:
    """Every target group, with the number of load balancers whose listeners forward to it."""

    def made(listed: tagged.Tagged) -> TargetGroup:
        item, named = listed
        return TargetGroup(
            arn=item["TargetGroupArn"],
            id=item["TargetGroupName"],
            account=aws.account,
            region=aws.region,
            name=item["TargetGroupName"],
            tags=named,
            kind=item.get("TargetType", "instance"),
            load_balancers=len(item.get("LoadBalancerArns", ())),
        )

    for page in aws.each_page("elbv2", "DescribeTargetGroups", "TargetGroups"):
        yield from aws.readable(tagged.tagged(aws, page, "TargetGroupArn"), made)


@check(
    id="elb-orphan-target-group",
    title="Target group is used by no load balancer",
    over=target_groups,
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    confidence=Confidence.MEDIUM,
    command="aws elbv2 delete-target-group --region {region} --target-group-arn {arn}",
    undo="None: create another one with the same health check, and register its targets.",
    hygiene=True,
)
def orphan(group: TargetGroup, limits: Limits, prices: Prices) -> Verdict:
    """A target group without a load balancer costs nothing, but it counts against the quota and misleads. Delete it.

    Between blue/green deployments, one target group of a pair is in no listener: leave those alone.
    """
    if group.load_balancers:
        return None
    return Waste(savings=HYGIENE, evidence={"load_balancers": 0, "target_type": group.kind})
