"""NAT gateways that nobody needs: no route leads to them, or nothing goes through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.ec2.nat_gateway.collector import NatGateway, dimensions, hours, nat_gateways


def _metrics(*, sparse: bool) -> tuple[Metric, Metric, Metric]:
    """TCP connections, and packets of any kind from both sides."""
    return (
        Metric("AWS/NATGateway", "ActiveConnectionCount", "Maximum", dimensions, sparse=sparse),
        Metric("AWS/NATGateway", "PacketsInFromSource", "Sum", dimensions, sparse=sparse),
        Metric("AWS/NATGateway", "PacketsInFromDestination", "Sum", dimensions, sparse=sparse),
    )


METRICS = _metrics(sparse=False)
"""AWS reports all of them as long as a gateway is available, zeros too: no datapoint is no silence."""
# Nor is it where no route leads to the gateway. But that one is waste whatever CloudWatch says, and a gap must not keep it from being
# found: as sparse ones the engine lets them pass, and `Traffic` looks whether there are enough datapoints.
SURER = _metrics(sparse=True)
WINDOW = Threshold(32, "a month and a day, as Compute Optimizer looks back for idle gateways", minimum=1, maximum=455)


@dataclass(slots=True, frozen=True)
class Traffic:
    """What CloudWatch saw in the window, in all zones together. `datapoints`: of the metric and zone with the fewest. `last`: when the last
    day with traffic ended.
    """

    connections: float
    sent: float
    received: float
    datapoints: int
    expected: int
    last: datetime | None

    @property
    def moved(self) -> bool:
        """Whether anything went through."""
        return max(self.connections, self.sent, self.received) > 0

    def silent(self, limits: Limits) -> bool:
        """Whether surely nothing did."""
        return self.expected > 0 and self.datapoints >= limits.min_datapoints * self.expected and not self.moved

    def evidence(self, limits: Limits) -> Evidence:
        """The numbers that were compared."""
        return {
            "max_active_connections": self.connections,
            "packets_in_from_source": self.sent,
            "packets_in_from_destination": self.received,
            "unused_since_at_latest": self.last.isoformat() if self.last else None,
            "datapoints": self.datapoints,
            "expected_datapoints": self.expected,
            "window_days": limits.window_days,
        }


def _traffic(gateway: NatGateway, metrics: Sequence[Metric]) -> Traffic | None:
    """None where nobody asked, and where no zone of a regional gateway is known."""
    connections, sent, received = (gateway.usage.each(one) if one in gateway.usage else () for one in metrics)
    if not (connections and sent and received):
        return None
    series = (*connections, *sent, *received)
    return Traffic(
        connections=max(one.maximum for one in connections),
        sent=sum(one.total for one in sent),
        received=sum(one.total for one in received),
        datapoints=min(one.count for one in series),
        expected=series[0].expected,
        last=max((one.unused_since for one in series if one.unused_since is not None), default=None),
    )


def _age(gateway: NatGateway, limits: Limits) -> float:
    return limits.days_since(gateway.created) if gateway.created else 0.0


def _useless(gateway: NatGateway) -> bool:
    """Bills, and nothing but routes could use it."""
    return gateway.state == "available" and not gateway.appliances


def _addresses_stay(gateway: NatGateway) -> Iterator[str]:
    if gateway.allocations:
        yield f"Release afterwards what stays and bills on as idle: {', '.join(gateway.allocations)}. That is not in the saving."


ROUTES = "aws ec2 describe-route-tables --region {region} --filters Name=route.nat-gateway-id,Values={id}"
UNDO = "None: create another one in the same subnet with the same Elastic IPs. It has another id: every route to it has to be edited."
REFERENCE = "https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html"


def _sureness(traffic: Traffic | None, limits: Limits) -> Confidence:
    """That no route leads to it is so now; what CloudWatch saw says whether it was so before."""
    if traffic is None or traffic.moved:
        return Confidence.LOW
    return Confidence.HIGH if traffic.silent(limits) else Confidence.MEDIUM


@check(
    id="ec2-unrouted-nat-gateway",
    title="NAT gateway is in no route table",
    over=nat_gateways,
    thresholds={
        "min_age_days": Threshold(7, "whoever is still building sets the routes within a week", seen="age_days"),
        "window_days": WINDOW,
        "min_datapoints": Threshold(0.9, "share of the datapoints that must exist to be sure", maximum=1),
    },
    metrics=SURER,
    metrics_optional=True,
    candidate=lambda gateway, limits: _useless(gateway) and not gateway.routes and _age(gateway, limits) >= limits.min_age_days,
    reference=REFERENCE,
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(
        still(f"{ROUTES} --query 'length(RouteTables)'", "0"),
        "aws ec2 delete-nat-gateway --region {region} --nat-gateway-id {id}",
    ),
    undo=UNDO,
)
def unrouted(gateway: NatGateway, limits: Limits, prices: Prices) -> Verdict:
    """No route table of the region sends anything to this NAT gateway, and it bills every hour. Delete it, then release its Elastic IPs.

    That it was silent for a month too makes it sure; where CloudWatch does not tell, or a route was taken away lately, it is not. What
    passed traffic in the last week is not reported: its routes may come back.
    """
    age = _age(gateway, limits)
    if not _useless(gateway) or gateway.routes or age < limits.min_age_days:
        return None
    traffic = _traffic(gateway, SURER)
    if traffic and traffic.last and limits.days_since(traffic.last) < limits.min_age_days:
        return None
    lately = traffic is not None and traffic.moved
    notes = [f"It was used in the last {limits.window_days:g} days: was a route taken away for now?"] if lately else []
    return Waste(
        savings=saves(hours(gateway, prices)),
        evidence={
            "age_days": round(age, 1),
            "routes": 0,
            "route_tables": gateway.route_tables,
            **(traffic.evidence(limits) if traffic else {}),
        },
        confidence=_sureness(traffic, limits),
        note=" ".join([*notes, *_addresses_stay(gateway)]),
    )


@check(
    id="ec2-idle-nat-gateway",
    title="NAT gateway has passed no traffic for a month",
    over=nat_gateways,
    thresholds={"window_days": WINDOW},
    metrics=METRICS,
    candidate=lambda gateway, limits: _useless(gateway) and gateway.routes > 0 and _age(gateway, limits) >= limits.window_days,
    goes_on=lambda gateway, limits: not any(one.maximum for one in gateway.usage.each(METRICS[0])),
    reference=REFERENCE,
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    risk=Level.HIGH,
    confidence=Confidence.LOW,
    command=ROUTES,
    undo=UNDO,
    afterwards="It lists the routes that lead here. Where nobody's subnets need them, delete these routes, then the gateway.",
)
def idle(gateway: NatGateway, limits: Limits, prices: Prices) -> Verdict:
    """Routes lead to this NAT gateway, but no packet has come from either side. Ask whether it is a standby; if it is not, delete it.

    A second zone that waits for the first to fail looks the same.
    """
    traffic = _traffic(gateway, METRICS)
    if traffic is None:
        return InsufficientData("it is measured by zone, and none of its zones is known")
    if not traffic.silent(limits):
        return None
    return Waste(
        savings=saves(hours(gateway, prices)),
        evidence={"age_days": round(_age(gateway, limits), 1), "routes": gateway.routes, **traffic.evidence(limits)},
        note=" ".join(_addresses_stay(gateway)),
    )
