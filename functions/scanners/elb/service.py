"""Elastic Load Balancing: application, network, gateway and classic load balancers, and target groups."""

from __future__ import annotations

from functions.core.prices.products import Rate, by_usage_and_operation, products
from functions.core.services import NOBODY, Arn, Request, service

IAM = "elasticloadbalancing"


def _load_balancer(arn: Arn) -> str:
    return arn(IAM, f"loadbalancer/app/{NOBODY}/0123456789abcdef")


ELB = service(
    "elb",
    name="Elastic Load Balancing",
    category="Networking",
    short="",
    billed_as=("Amazon Elastic Load Balancing",),
    prices_from=("AWSELB", "AmazonVPC"),
    iam_prefixes={"elb": IAM, "elbv2": IAM},
    gone=frozenset({"LoadBalancerNotFound", "AccessPointNotFound", "TargetGroupNotFound", "ListenerNotFound"}),
    requests={
        f"{IAM}:DescribeInstanceHealth": lambda arn: Request("elb", "DescribeInstanceHealth", {"LoadBalancerName": NOBODY}),
        f"{IAM}:DescribeListeners": lambda arn: Request("elbv2", "DescribeListeners", {"LoadBalancerArn": _load_balancer(arn)}),
        f"{IAM}:DescribeRules": lambda arn: Request(
            "elbv2", "DescribeRules", {"ListenerArn": arn(IAM, f"listener/app/{NOBODY}/0123456789abcdef/0123456789abcdef")}
        ),
        f"{IAM}:DescribeTags": lambda arn: Request("elbv2", "DescribeTags", {"ResourceArns": [_load_balancer(arn)]}),
        f"{IAM}:DescribeTargetHealth": lambda arn: Request(
            "elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn(IAM, f"targetgroup/{NOBODY}/0123456789abcdef")}
        ),
    },
)

_RATES = {
    ("LoadBalancerUsage", "LoadBalancing"): Rate("load-balancer.classic", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Application"): Rate("load-balancer.application", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Network"): Rate("load-balancer.network", "hour"),
    ("LoadBalancerUsage", "LoadBalancing:Gateway"): Rate("load-balancer.gateway", "hour"),
    ("LCUUsage", "LoadBalancing:Application"): Rate("lcu.application", "LCU-hour"),
    ("LCUUsage", "LoadBalancing:Network"): Rate("lcu.network", "LCU-hour"),
    ("LCUUsage", "LoadBalancing:Gateway"): Rate("lcu.gateway", "LCU-hour"),
    ("DataProcessing-Bytes", "LoadBalancing"): Rate("classic.data", "GB"),
}
"""By usage type and operation: the usage types of the four kinds are the same."""

products("AWSELB", by_usage_and_operation("AWSELB", ELB.billed_as[0], _RATES))
