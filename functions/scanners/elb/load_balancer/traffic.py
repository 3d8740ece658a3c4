"""Load balancers that could serve and are not asked to: the checks about traffic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Dimensions, Metric
from functions.scanners.elb.load_balancer.collector import LoadBalancer, address_note, deleting, load_balancers


def _only(kind: str) -> Callable[[LoadBalancer], Sequence[Dimensions]]:
    def dimensions(balancer: LoadBalancer) -> Sequence[Dimensions]:
        return [{"LoadBalancer": balancer.suffix}] if balancer.kind == kind else []

    return dimensions


_application, _network, _gateway = _only("application"), _only("network"), _only("gateway")

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
# ConsumedLCUs is always reported, and counts use of every kind: new connections, open ones (WebSocket, gRPC streams), bytes and rules.
# RequestCount counts only requests for which a target was chosen, and is reported only while targets are registered; redirects, fixed
# responses and open connections are counted apart, and reported only when not zero.
LCUS = Metric("AWS/ApplicationELB", "ConsumedLCUs", "Sum", _application)
REQUESTS = Metric("AWS/ApplicationELB", "RequestCount", "Sum", _application, sparse=True)
REDIRECTS = Metric("AWS/ApplicationELB", "HTTP_Redirect_Count", "Sum", _application, sparse=True)
FIXED_RESPONSES = Metric("AWS/ApplicationELB", "HTTP_Fixed_Response_Count", "Sum", _application, sparse=True)
CONNECTIONS = Metric("AWS/ApplicationELB", "ActiveConnectionCount", "Sum", _application, sparse=True)
MINUTES = 24 * 60
"""Each of a day adds the connections that are open in it to CONNECTIONS."""
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
# Both are always reported. A flow may last for months, so new ones are not the whole story.
NEW_FLOWS = Metric("AWS/NetworkELB", "NewFlowCount", "Sum", _network)
FLOWS = Metric("AWS/NetworkELB", "ActiveFlowCount", "Maximum", _network)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/cloudwatch-metrics.html
# Flows are reported only when not zero; ConsumedLCUs always.
GATEWAY_NEW_FLOWS = Metric("AWS/GatewayELB", "NewFlowCount", "Sum", _gateway, sparse=True)
GATEWAY_FLOWS = Metric("AWS/GatewayELB", "ActiveFlowCount", "Maximum", _gateway, sparse=True)
GATEWAY_LCUS = Metric("AWS/GatewayELB", "ConsumedLCUs", "Sum", _gateway)


def _may_be_idle(balancer: LoadBalancer, limits: Limits) -> bool:
    """Could serve: `elb-no-targets` and `elb-no-healthy-targets` look at the others."""
    old_enough = balancer.created is not None and limits.days_since(balancer.created) >= limits.window_days
    return balancer.kind != "classic" and old_enough and not balancer.empty and not balancer.down


def _serves_little(balancer: LoadBalancer, limits: Limits) -> bool:
    """What its first metric says: where there is use, nothing else is asked for."""
    if balancer.kind == "application":
        return balancer.usage[LCUS].total / limits.window_days < limits.max_lcu_hours_per_day
    return balancer.usage[NEW_FLOWS if balancer.kind == "network" else GATEWAY_NEW_FLOWS].total == 0


@check(
    id="elb-idle",
    title="Load balancer has little or no traffic",
    over=load_balancers,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_requests_per_day": Threshold(
            10, "internet scanners find every public address; for the kinds that count flows the limit is 0", seen="requests_per_day"
        ),
        "max_lcu_hours_per_day": Threshold(
            0.1, "9,000 new connections, 100 MB or 12 that stay open: more than scanners make in a day", seen="lcu_hours_per_day"
        ),
        "max_open_connections": Threshold(
            1, "scanners do not stay: what is open all the time, such as a WebSocket, is somebody's", seen="open_connections"
        ),
    },
    metrics=[LCUS, NEW_FLOWS, GATEWAY_NEW_FLOWS, REQUESTS, REDIRECTS, FIXED_RESPONSES, CONNECTIONS, FLOWS, GATEWAY_FLOWS, GATEWAY_LCUS],
    asked_first=3,  # one for each kind
    candidate=_may_be_idle,
    goes_on=_serves_little,
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    action=Action.DELETE,
    command="aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {arn}",
    undo="None: create another one from its template. Its DNS name will be different, so update the records that point to it.",
)
def idle(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """Hardly a request or an open connection in weeks (Application), or no flow at all (Network, Gateway), yet it is billed. Delete it."""
    if balancer.kind == "application":
        evidence = _requests(balancer, limits)
    elif balancer.kind == "network":
        evidence = _flows(balancer, NEW_FLOWS, FLOWS, NEW_FLOWS)
    else:
        evidence = _flows(balancer, GATEWAY_NEW_FLOWS, GATEWAY_FLOWS, GATEWAY_LCUS)
    if evidence is None:
        return None
    busiest = _busiest_day(balancer)
    evidence |= {"type": balancer.kind, "window_days": limits.window_days, "busiest_day_requests": busiest}
    seldom = busiest is not None and busiest >= limits.max_requests_per_day
    note = f"On its busiest day it had {busiest:g} requests: is that a job that seldom runs?" if seldom else ""
    return Waste(
        savings=deleting(balancer, prices),
        evidence=evidence,
        confidence=Confidence.LOW if seldom else None,
        note=" ".join(filter(None, (note, address_note(balancer)))),
    )


def _busiest_day(balancer: LoadBalancer) -> float | None:
    """The most requests of every sort on one day, which an average over weeks hides; None for the kinds that count flows."""
    if balancer.kind != "application":
        return None
    days: dict[datetime, float] = defaultdict(float)
    for series in (balancer.usage[metric] for metric in (REQUESTS, REDIRECTS, FIXED_RESPONSES)):
        for day, value in zip(series.times, series.values, strict=True):
            days[day] += value
    return max(days.values(), default=0.0)


def _requests(balancer: LoadBalancer, limits: Limits) -> Evidence | None:
    """The evidence when there is too little use of every sort, else None."""
    lcus, connections = balancer.usage[LCUS], balancer.usage[CONNECTIONS].total / limits.window_days / MINUTES
    lcu_hours = lcus.total / limits.window_days
    served, redirected, fixed = (balancer.usage[metric].total for metric in (REQUESTS, REDIRECTS, FIXED_RESPONSES))
    per_day = (served + redirected + fixed) / limits.window_days
    in_use = lcu_hours >= limits.max_lcu_hours_per_day or connections >= limits.max_open_connections
    if in_use or per_day >= limits.max_requests_per_day:
        return None
    return {
        "requests_per_day": round(per_day, 3),
        "lcu_hours_per_day": round(lcu_hours, 4),
        "open_connections": round(connections, 3),
        "redirects": redirected,
        "fixed_responses": fixed,
        "datapoints": lcus.count,
        "expected_datapoints": lcus.expected,
    }


def _flows(balancer: LoadBalancer, new: Metric, active: Metric, always: Metric) -> Evidence | None:
    """The evidence when no flow began and none went on, else None; the datapoints are those of the metric that is always reported."""
    begun, at_once, proof = balancer.usage[new].total, balancer.usage[active].maximum, balancer.usage[always]
    if begun > 0 or at_once > 0:
        return None
    return {"new_flows": 0, "flows_at_once": 0, "datapoints": proof.count, "expected_datapoints": proof.expected}


def _classic(balancer: LoadBalancer) -> Sequence[Dimensions]:
    return [{"LoadBalancerName": balancer.name}]


def _with_instances(balancer: LoadBalancer) -> Sequence[Dimensions]:
    """Without instances there is no health to ask for."""
    return _classic(balancer) if balancer.instances else []


# https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-cloudwatch-metrics.html
# RequestCount (with TCP listeners: connections) is reported only when not zero, HealthyHostCount whenever instances are registered: it
# proves that metrics arrive at all. The load balancer's nodes differ for moments, so the largest value of a day is what counts.
CLASSIC_REQUESTS = Metric("AWS/ELB", "RequestCount", "Sum", _classic, sparse=True)
CLASSIC_HEALTHY = Metric("AWS/ELB", "HealthyHostCount", "Maximum", _with_instances)
# Few connections may carry much, and for long. It is reported only when not zero.
CLASSIC_BYTES = Metric("AWS/ELB", "EstimatedProcessedBytes", "Sum", _classic, sparse=True)
BYTES_PER_MB = 1_000_000


def _none_healthy(balancer: LoadBalancer) -> bool:
    """Has instances, and none was healthy: not now, and on no day."""
    in_service = "InService" in balancer.instances.values()
    return bool(balancer.instances) and not in_service and balancer.usage[CLASSIC_HEALTHY].maximum == 0


def _hardly_asked(balancer: LoadBalancer, limits: Limits) -> bool:
    return balancer.usage[CLASSIC_REQUESTS].total / limits.window_days < limits.max_requests_per_day


def _may_be_classic_idle(balancer: LoadBalancer, limits: Limits) -> bool:
    if balancer.kind != "classic" or balancer.created is None:
        return False
    return limits.days_since(balancer.created) >= (limits.window_days if balancer.instances else limits.min_age_days)


@check(
    id="elb-classic-idle",
    title="Classic Load Balancer has no healthy instance or hardly any requests",
    over=load_balancers,
    thresholds={
        "window_days": Threshold(7, "AWS's own check looks at the last week", minimum=1),
        "max_requests_per_day": Threshold(100, "the limit of AWS's own check", seen="requests_per_day"),
        "max_mb_per_day": Threshold(
            10, "a hundred requests of 100 KB; with TCP listeners few connections may carry much more", seen="mb_per_day"
        ),
        "min_age_days": Threshold(7, "a new load balancer may be waiting for its instances"),
    },
    metrics=[CLASSIC_REQUESTS, CLASSIC_HEALTHY, CLASSIC_BYTES],
    asked_first=2,
    candidate=_may_be_classic_idle,
    goes_on=lambda balancer, limits: _none_healthy(balancer) or _hardly_asked(balancer, limits),
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    command="aws elb delete-load-balancer --region {region} --load-balancer-name {name}",
    undo="None: create another one, preferably an Application or Network Load Balancer. Its DNS name will be different.",
)
def classic_idle(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """A Classic Load Balancer is billed every hour, even with no instances, no healthy one, or only a few requests. Delete it.

    "None healthy" must hold now and on every day of the window; with no instance now, it must have had hardly any requests either. If a
    load balancer is still needed, one of the newer kinds costs less.
    """
    per_day = balancer.usage[CLASSIC_REQUESTS].total / limits.window_days
    mb_per_day = balancer.usage[CLASSIC_BYTES].total / limits.window_days / BYTES_PER_MB
    asked = not _hardly_asked(balancer, limits) or mb_per_day >= limits.max_mb_per_day
    if asked and not _none_healthy(balancer):
        return None
    evidence: Evidence = {
        "type": "classic",
        "instances": len(balancer.instances),
        "instances_in_service": sum(state == "InService" for state in balancer.instances.values()),
        "requests_per_day": round(per_day, 3),
        "mb_per_day": round(mb_per_day, 3),
        "window_days": limits.window_days,
    }
    if balancer.instances:
        healthy = balancer.usage[CLASSIC_HEALTHY]
        evidence |= {"healthy_at_most": healthy.maximum, "datapoints": healthy.count, "expected_datapoints": healthy.expected}
    lately = not balancer.instances and per_day > 0
    return Waste(
        savings=deleting(balancer, prices),
        evidence=evidence,
        confidence=Confidence.LOW if lately else None,
        note=" ".join(filter(None, ("It is empty now, and had requests in the window." if lately else "", address_note(balancer)))),
    )
