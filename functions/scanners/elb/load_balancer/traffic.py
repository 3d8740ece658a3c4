"""Load balancers that could serve and are not asked to: the checks about traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Evidence, Waste
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
# RequestCount counts only requests for which a target was chosen, and is reported only while targets are registered; redirects and fixed
# responses are counted apart, and reported only when not zero. ConsumedLCUs is always reported: it proves that metrics arrive at all.
REQUESTS = Metric("AWS/ApplicationELB", "RequestCount", "Sum", _application, sparse=True)
REDIRECTS = Metric("AWS/ApplicationELB", "HTTP_Redirect_Count", "Sum", _application, sparse=True)
FIXED_RESPONSES = Metric("AWS/ApplicationELB", "HTTP_Fixed_Response_Count", "Sum", _application, sparse=True)
LCUS = Metric("AWS/ApplicationELB", "ConsumedLCUs", "Sum", _application)
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
    """Of an Application Load Balancer its first metric may say it all; the other kinds do not have that one."""
    return balancer.kind != "application" or balancer.usage[REQUESTS].total / limits.window_days < limits.max_requests_per_day


@check(
    id="elb-idle",
    title="Load balancer has little or no traffic",
    over=load_balancers,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly job twice", minimum=1),
        "max_requests_per_day": Threshold(10, "internet scanners find every public address; for the kinds that count flows the limit is 0"),
    },
    metrics=[REQUESTS, REDIRECTS, FIXED_RESPONSES, LCUS, NEW_FLOWS, FLOWS, GATEWAY_NEW_FLOWS, GATEWAY_FLOWS, GATEWAY_LCUS],
    candidate=_may_be_idle,
    goes_on=_serves_little,
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    action=Action.DELETE,
    command="aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {arn}",
    undo="None: create another one from its template. Its DNS name will be different, so update the records that point to it.",
)
def idle(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """Hardly a request in weeks (Application) or no flow at all (Network, Gateway), yet every hour is billed. Delete it."""
    if balancer.kind == "application":
        evidence = _requests(balancer, limits)
    elif balancer.kind == "network":
        evidence = _flows(balancer, NEW_FLOWS, FLOWS, NEW_FLOWS)
    else:
        evidence = _flows(balancer, GATEWAY_NEW_FLOWS, GATEWAY_FLOWS, GATEWAY_LCUS)
    if evidence is None:
        return None
    evidence |= {"type": balancer.kind, "window_days": limits.window_days}
    return Waste(savings=deleting(balancer, prices), evidence=evidence, note=address_note(balancer))


def _requests(balancer: LoadBalancer, limits: Limits) -> Evidence | None:
    """The evidence when there are too few requests of every sort, else None."""
    served, redirected, fixed = (balancer.usage[metric].total for metric in (REQUESTS, REDIRECTS, FIXED_RESPONSES))
    per_day = (served + redirected + fixed) / limits.window_days
    if per_day >= limits.max_requests_per_day:
        return None
    lcus = balancer.usage[LCUS]
    return {
        "requests_per_day": round(per_day, 3),
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


def _classic_dimensions(balancer: LoadBalancer) -> Sequence[Dimensions]:
    """Nothing to ask of a load balancer without instances: it reports nothing."""
    return [{"LoadBalancerName": balancer.name}] if balancer.instances else []


# https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-cloudwatch-metrics.html
# RequestCount (with TCP listeners: connections) is reported only when not zero, HealthyHostCount whenever instances are registered: it
# proves that metrics arrive at all. The load balancer's nodes differ for moments, so the largest value of a day is what counts.
CLASSIC_REQUESTS = Metric("AWS/ELB", "RequestCount", "Sum", _classic_dimensions, sparse=True)
CLASSIC_HEALTHY = Metric("AWS/ELB", "HealthyHostCount", "Maximum", _classic_dimensions)


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
        "max_requests_per_day": Threshold(100, "the limit of AWS's own check"),
        "min_age_days": Threshold(7, "a new load balancer may be waiting for its instances"),
    },
    metrics=[CLASSIC_REQUESTS, CLASSIC_HEALTHY],
    candidate=_may_be_classic_idle,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    command="aws elb delete-load-balancer --region {region} --load-balancer-name {name}",
    undo="None: create another one, preferably an Application or Network Load Balancer. Its DNS name will be different.",
)
def classic_idle(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """A Classic Load Balancer is billed every hour, even with no instances, no healthy one, or only a few requests. Delete it.

    "None healthy" must hold now and on every day of the window. If a load balancer is still needed, one of the newer kinds costs less.
    """
    in_service = sum(state == "InService" for state in balancer.instances.values())
    evidence: Evidence = {"type": "classic", "instances": len(balancer.instances), "instances_in_service": in_service}
    if balancer.instances:
        requests, healthy = balancer.usage[CLASSIC_REQUESTS], balancer.usage[CLASSIC_HEALTHY]
        per_day = requests.total / limits.window_days
        none_healthy = in_service == 0 and healthy.maximum == 0
        if per_day >= limits.max_requests_per_day and not none_healthy:
            return None
        evidence |= {
            "requests_per_day": round(per_day, 3),
            "healthy_at_most": healthy.maximum,
            "datapoints": healthy.count,
            "expected_datapoints": healthy.expected,
            "window_days": limits.window_days,
        }
    return Waste(savings=deleting(balancer, prices), evidence=evidence, note=address_note(balancer))
