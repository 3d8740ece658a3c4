"""Load balancers as the checks see them, all four kinds: what is behind them, and what their listeners answer without it.

What needs one call for each load balancer is asked only as far as it can change a verdict: the targets' health until one target can take
traffic (for most load balancers the first call settles it), the listeners only of an Application Load Balancer without any target, and
their rules only where target groups are attached and no default action settles it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.core.aws.clients import Aws, unless_gone
from functions.core.model import Resource
from functions.core.money import Savings, saves
from functions.core.prices.book import Prices
from functions.core.prices.places import place
from functions.core.registry import collector
from functions.scanners.elb import tagged
from functions.scanners.elb.bills import CLASSIC, LOAD_BALANCER

STOPPED = "stopped"
"""Our word for a target whose state is "unused" because its instance is stopped or terminated (reason Target.InvalidState). A target that
is "unused" for another reason (Target.NotInUse: its zone is not enabled) keeps AWS's word: it may be well, but gets no traffic."""

OUT_OF_SERVICE = frozenset({"unhealthy", STOPPED})
"""Targets that fail. "initial" is still being checked, "draining" leaves in order, "unavailable" has no health checks: all may serve.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html"""
MAY_SERVE = frozenset({"healthy", "initial", "draining", "unhealthy.draining", "unavailable"})

KINDS = frozenset({"application", "network", "gateway"})
"""Of the types that are not Classic. What another one needs and bills nobody here knows."""

REDIRECT, ELSEWHERE, FIXED = "redirect", "redirect to another host", "fixed response"


@dataclass(slots=True, frozen=True)
class TargetGroup:
    """`kind`: instance, ip, lambda or alb. `states`: how many of its targets are in each state, AWS's words and `STOPPED`."""

    arn: str
    name: str
    kind: str
    states: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class LoadBalancer(Resource):
    """`kind`: application, network, gateway or classic. `addresses`: public IPv4 addresses that AWS gave it and bills, one a zone at least.
    `elastic`: its Elastic IPs, by their allocation, which stay without it.

    `attached`: how many target groups; `groups`: those that were looked at, all of them unless one has a target that may serve.
    `answers`: what the listeners do without a target, looked at only where there is none. `instances`: of a classic one, id → state.
    """

    kind: str
    addresses: int
    elastic: tuple[str, ...] = ()
    attached: int = 0
    groups: Sequence[TargetGroup] = ()
    answers: frozenset[str] = frozenset()
    instances: Mapping[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """The last part of the ARN, as CloudWatch names it: app/my-load-balancer/50dc6c495c0c9188, net/… or gwy/…."""
        return self.arn.partition(":loadbalancer/")[2]

    @property
    def targets(self) -> Counter[str]:
        """Targets by state, in the target groups that were looked at."""
        total: Counter[str] = Counter()
        for group in self.groups:
            total.update(group.states)
        return total

    @property
    def empty(self) -> bool:
        """Needs targets and has none. Redirects and fixed responses need none; beside forwarding, only a redirect elsewhere is of use."""
        if self.kind == "classic" or self.targets:
            return False
        return ELSEWHERE not in self.answers if self.attached else not self.answers

    @property
    def down(self) -> bool:
        """Has targets that fail, and none that may serve. Targets that are all "unused" for other reasons are not failing."""
        states = self.targets.keys()
        return self.kind != "classic" and states <= OUT_OF_SERVICE | {"unused"} and bool(states & OUT_OF_SERVICE)


def deleting(balancer: LoadBalancer, prices: Prices) -> Savings:
    """What deleting a load balancer saves: its hours (capacity units bill next to nothing without traffic), and the public IPv4 addresses
    that AWS gave it, of which there is at least one a zone. https://aws.amazon.com/elasticloadbalancing/pricing/
    https://aws.amazon.com/blogs/networking-and-content-delivery/identify-and-optimize-public-ipv4-address-usage-on-aws/
    """
    hours = prices.hourly("AWSELB", f"load-balancer.{balancer.kind}")
    if not balancer.addresses:
        return saves(hours)
    return saves(hours + prices.hourly("AmazonVPC", "public-ipv4.in-use", balancer.addresses, "public IPv4 addresses"))


def address_note(balancer: LoadBalancer) -> str:
    """What stays when it is deleted and bills on, for the finding's reader."""
    return (
        f"Its Elastic IPs stay and bill on as idle, which is not in the saving: {', '.join(balancer.elastic)}." if balancer.elastic else ""
    )


@collector(
    "elb:load-balancer",
    arns=["elasticloadbalancing:*:*:loadbalancer/*"],
    iam=[
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeInstanceHealth",
        "elasticloadbalancing:DescribeTags",
    ],
    placed_by=["AvailabilityZones[].OutpostId", "AvailabilityZones[].ZoneName"],
    resumes="elbv2:DescribeLoadBalancers",  # what stops among the Classic ones, of which there are few, goes on from its last page
    bills=[LOAD_BALANCER, CLASSIC],
    each={
        "elasticloadbalancing:DescribeTargetHealth": "one for each target group, up to the first of a load balancer that may serve",
        "elasticloadbalancing:DescribeListeners": "a page for each Application Load Balancer without a target, and one for its rules",
        "elasticloadbalancing:DescribeInstanceHealth": "one for each Classic Load Balancer with instances",
    },
)
def load_balancers(aws: Aws) -> Iterator[LoadBalancer]:
    """Every Application, Network and Gateway Load Balancer with what is behind it, then every Classic one."""
    attached, lost = defaultdict[str, list[Mapping[str, Any]]](list), list[Any]()
    groups = aws.pages("elbv2", "DescribeTargetGroups", "TargetGroups")
    for arns, group in aws.readable(groups, lambda group: (frozenset(group.get("LoadBalancerArns", ())), group), lost):
        for arn in arns:
            attached[arn].append(group)

    def made(listed: tagged.Tagged) -> LoadBalancer | None:
        item, named = listed
        behind = attached.get(item["LoadBalancerArn"], [])
        if item["Type"] not in KINDS:
            raise ValueError(f"a load balancer of type {item['Type']!r}")
        if lost and not behind:
            raise LookupError("a target group that may be its own could not be read")
        with unless_gone():
            return _load_balancer(aws, item, behind, named)
        return None

    def classic(listed: tagged.Tagged) -> LoadBalancer | None:
        with unless_gone():
            return _classic(aws, *listed)
        return None

    for page in aws.each_page("elbv2", "DescribeLoadBalancers", "LoadBalancers"):
        yield from aws.readable(tagged.tagged(aws, page, "LoadBalancerArn"), made)
    older = tagged.classic_tagged(aws, aws.pages("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"))
    yield from aws.readable(older, classic)


def _load_balancer(aws: Aws, item: Mapping[str, Any], attached: Sequence[Mapping[str, Any]], named: Mapping[str, str]) -> LoadBalancer:
    kind = item["Type"]
    own_pool = item.get("CustomerOwnedIpv4Pool") or item.get("IpamPools")  # addresses that the account brought are not billed
    zones = item.get("AvailabilityZones", ())
    public = kind != "gateway" and not own_pool and item.get("IpAddressType") != "dualstack-without-public-ipv4"
    ends = (end for zone in item.get("AvailabilityZones", ()) for end in zone.get("LoadBalancerAddresses", ()))
    elastic = tuple(end["AllocationId"] for end in ends if end.get("AllocationId"))
    balancer = LoadBalancer(
        arn=item["LoadBalancerArn"],
        id=item["LoadBalancerName"],
        account=aws.account,
        region=aws.region,
        name=item["LoadBalancerName"],
        tags=named,
        created=item.get("CreatedTime"),
        kind=kind,
        addresses=max(0, _zones(item) - len(elastic)) if public else 0,
        elastic=elastic,
        attached=len(attached),
        groups=_looked_at(aws, attached),
        place=place(aws.region, *(zone.get("OutpostId") for zone in zones), *(zone.get("ZoneName") for zone in zones)),
    )
    if kind == "application" and not balancer.targets:  # listeners of the other kinds can only forward
        balancer.answers = _answers(aws, balancer)
    return balancer


def _zones(item: Mapping[str, Any]) -> int:
    """The Availability Zones of an internet-facing load balancer, each with at least one public address; 0 for an internal one."""
    return len(item.get("AvailabilityZones", ())) if item.get("Scheme") == "internet-facing" else 0


def _looked_at(aws: Aws, attached: Sequence[Mapping[str, Any]]) -> list[TargetGroup]:
    """The target groups with their targets' states, up to the first that may serve: it settles that the load balancer has a use."""
    groups = []
    for item in attached:
        with unless_gone():
            answer = aws.call("elbv2", "DescribeTargetHealth", TargetGroupArn=item["TargetGroupArn"])
            states = Counter(_state(target["TargetHealth"]) for target in answer["TargetHealthDescriptions"])
            groups.append(TargetGroup(item["TargetGroupArn"], item["TargetGroupName"], item.get("TargetType", "instance"), states))
            if states.keys() & MAY_SERVE:
                break
    return groups


def _state(health: Mapping[str, str]) -> str:
    return STOPPED if health["State"] == "unused" and health.get("Reason") == "Target.InvalidState" else health["State"]


def _answers(aws: Aws, balancer: LoadBalancer) -> frozenset[str]:
    """What the listeners do by themselves. Without a target group no rule can forward, so the default actions tell all that matters."""
    listeners = list(aws.pages("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=balancer.arn))
    found = {answer for listener in listeners for answer in _own_answers(listener.get("DefaultActions", ()))}
    for listener in listeners if balancer.attached else ():
        if ELSEWHERE in found:
            break
        for rule in aws.pages("elbv2", "DescribeRules", "Rules", ListenerArn=listener["ListenerArn"]):
            found.update(_own_answers(rule.get("Actions", ())))
    return frozenset(found)


def _own_answers(actions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A redirect that keeps the host (the usual one from HTTP to HTTPS) comes back to the same load balancer."""
    for action in actions:
        if action["Type"] == "fixed-response":
            yield FIXED
        elif action["Type"] == "redirect":
            yield REDIRECT if action.get("RedirectConfig", {}).get("Host", "#{host}") == "#{host}" else ELSEWHERE


def _classic(aws: Aws, item: Mapping[str, Any], named: Mapping[str, str]) -> LoadBalancer:
    name = item["LoadBalancerName"]
    states = {instance["InstanceId"]: "Unknown" for instance in item.get("Instances", ())}
    if states:
        answer = aws.call("elb", "DescribeInstanceHealth", LoadBalancerName=name)
        states.update({instance["InstanceId"]: instance["State"] for instance in answer["InstanceStates"]})
    return LoadBalancer(
        arn=aws.arn("elasticloadbalancing", f"loadbalancer/{name}"),
        id=name,
        account=aws.account,
        region=aws.region,
        name=name,
        tags=named,
        created=item.get("CreatedTime"),
        kind="classic",
        addresses=_zones(item),
        instances=states,
        place=place(aws.region, *item.get("AvailabilityZones", ())),
    )
