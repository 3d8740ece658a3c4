"""Target groups that no load balancer uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.aws.clients import Aws
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, Level, Resource, Waste
from functions.core.money import HYGIENE
from functions.core.prices.book import Prices
from functions.core.prices.places import RegionWide
from functions.core.registry import Verdict, check, collector
from functions.core.usage import Metric
from functions.scanners.elb import tagged
from functions.scanners.elb.bills import TARGET_GROUP


@dataclass(slots=True, kw_only=True)
class TargetGroup(Resource):
    """`kind`: instance, ip, lambda or alb. `load_balancers`: how many use it. AWS does not say when a target group was made."""

    kind: str
    load_balancers: int


@collector(
    "elb:target-group",
    arns=["elasticloadbalancing:*:*:targetgroup/*"],
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


# Of Application Load Balancers' groups, unless a function is behind them; those of the other kinds have no metric without their load
# balancer. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
REQUESTS = Metric(
    "AWS/ApplicationELB",
    "RequestCountPerTarget",
    "Sum",
    lambda group: {"TargetGroup": group.arn.rpartition(":")[2]},
    window="unused_days",
    sparse=True,
)


@check(
    id="elb-orphan-target-group",
    title="Target group is used by no load balancer",
    over=target_groups,
    thresholds={"unused_days": Threshold(32, "two deployments are seldom more than a month apart", minimum=1, maximum=455)},
    metrics=[REQUESTS],
    candidate=lambda group, limits: not group.load_balancers,
    metrics_optional=True,
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

    Between blue/green deployments, one target group of a pair is in no listener: leave those alone. One that got requests in the last
    month is not reported; whether there were any is known of Application Load Balancers' groups only.
    """
    requests = group.usage.get(REQUESTS)
    if group.load_balancers or (requests is not None and requests.total > 0):
        return None
    evidence: Evidence = {"load_balancers": 0, "target_type": group.kind}
    if requests is None or not requests.count:
        note = "CloudWatch knows no request to it: since when no load balancer uses it is not known."
        return Waste(savings=HYGIENE, evidence=evidence, confidence=Confidence.LOW, note=note)
    return Waste(savings=HYGIENE, evidence=evidence | {"requests_per_target": 0, "window_days": limits.unused_days})
