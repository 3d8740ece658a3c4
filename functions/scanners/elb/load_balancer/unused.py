"""Load balancers that cannot serve anyone: with nothing behind them, or with targets of which none has been healthy for days.

Importing this module registers all checks of load balancers; those about traffic are in `traffic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Level, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Dimensions, Metric
from functions.scanners.elb.load_balancer.collector import FIXED, LoadBalancer, address_note, deleting, load_balancers
from functions.scanners.elb.load_balancer.traffic import GATEWAY_NEW_FLOWS, NEW_FLOWS, REQUESTS

DELETE = "aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {arn}"
CREATE_AGAIN = "None: create another one from its template. Its DNS name will be different, so update the records that point to it."


# A load balancer without a target establishes no flow and chooses no target for a request, so there may be nothing to report.
NEW_FLOWS_IF_ANY = replace(NEW_FLOWS, sparse=True)
SERVED = (REQUESTS, NEW_FLOWS_IF_ANY, GATEWAY_NEW_FLOWS)
"""One for each kind: what reached a target. A target group may be empty, and a listener missing, only for now."""
SERVED_WHILE_DOWN = tuple(replace(metric, window="down_days") for metric in SERVED)


def _age(balancer: LoadBalancer, limits: Limits) -> float:
    return limits.days_since(balancer.created) if balancer.created else 0.0


def _empty_now(balancer: LoadBalancer, limits: Limits) -> bool:
    return balancer.empty and _age(balancer, limits) >= limits.min_age_days


@check(
    id="elb-no-targets",
    title="Load balancer has no registered targets",
    over=load_balancers,
    thresholds={
        "min_age_days": Threshold(7, "a new load balancer may be waiting for its targets", seen="age_days"),
        "window_days": Threshold(
            14, "an environment that is scaled to nothing for nights and weekends had targets in two weeks", minimum=1
        ),
    },
    metrics=SERVED,
    candidate=_empty_now,
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-delete.html",
    action=Action.DELETE,
    command=DELETE,
    undo=CREATE_AGAIN,
)
def no_targets(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """A load balancer without any target is billed every hour and can only answer with errors. Check DNS for its name, then delete it.

    That it is empty now is not enough: no request and no flow has reached a target for two weeks either, and an Application Load
    Balancer, which counts requests as long as it has a target, has counted none.
    Targets of every type count (instances, addresses, functions, other load balancers). Not reported: one whose listeners do all
    their work themselves, with redirects and fixed responses, and one that also redirects to another host.
    """
    if not _empty_now(balancer, limits):
        return None
    requests, flows = balancer.usage.each(REQUESTS), (*balancer.usage.each(NEW_FLOWS_IF_ANY), *balancer.usage.each(GATEWAY_NEW_FLOWS))
    if any(series.count for series in requests) or any(series.total for series in flows):
        return None  # had targets in the window, whether or not they were asked for anything
    answers = FIXED in balancer.answers
    return Waste(
        savings=deleting(balancer, prices),
        evidence={
            "type": balancer.kind,
            "target_groups": balancer.attached,
            "targets": 0,
            "requests" if requests else "new_flows": 0,
            "window_days": limits.window_days,
            "age_days": round(_age(balancer, limits), 1),
        },
        confidence=Confidence.MEDIUM if answers else Confidence.HIGH,
        note=" ".join(filter(None, (address_note(balancer), "It also returns fixed responses." if answers else ""))),
    )


def _group_dimensions(kind: str, balancer: LoadBalancer) -> Sequence[Dimensions]:
    """Every target group with instances or addresses: the health of functions and load balancers as targets is in no metric."""
    if balancer.kind != kind:
        return []
    return [
        {"LoadBalancer": balancer.suffix, "TargetGroup": group.arn.rpartition(":")[2]}
        for group in balancer.groups
        if group.states and group.kind in ("instance", "ip")
    ]


# Reported as long as there are registered targets, also when it is 0; a Network Load Balancer's does not count targets that are load
# balancers. Its nodes differ for moments, so the largest value of a day is what counts.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html (and …/network/…)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/cloudwatch-metrics.html
HEALTHY = tuple(
    Metric(namespace, "HealthyHostCount", "Maximum", dimensions, window="down_days")
    for namespace, dimensions in (
        ("AWS/ApplicationELB", lambda balancer: _group_dimensions("application", balancer)),
        ("AWS/NetworkELB", lambda balancer: _group_dimensions("network", balancer)),
        ("AWS/GatewayELB", lambda balancer: _group_dimensions("gateway", balancer)),
    )
)


def _may_be_down(balancer: LoadBalancer, limits: Limits) -> bool:
    return balancer.down and balancer.created is not None and limits.days_since(balancer.created) >= limits.down_days


@check(
    id="elb-no-healthy-targets",
    title="Load balancer has no healthy target",
    over=load_balancers,
    thresholds={
        "down_days": Threshold(7, "a service that somebody misses is repaired within a week", minimum=1),
        "max_requests_per_day": Threshold(10, "internet scanners find every public address", seen="requests_or_flows_per_day"),
    },
    metrics=(*HEALTHY, *SERVED_WHILE_DOWN),
    candidate=_may_be_down,
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
    action=Action.DELETE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=DELETE,
    undo=CREATE_AGAIN,
)
def no_healthy_targets(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """No target is healthy now, and none was on any of the last days: nobody misses what is behind it. Repair it or delete it.

    Not reported while requests or flows still arrive: without a healthy target a load balancer sends them to all targets, and a wrong
    health check looks just like this. Targets that are still being checked, are draining, or have no health checks do not count as failing.
    """
    days = [series for metric in HEALTHY for series in balancer.usage.each(metric)]
    arriving = sum(series.total for metric in SERVED_WHILE_DOWN for series in balancer.usage.each(metric)) / limits.down_days
    if any(series.maximum > 0 for series in days) or arriving >= limits.max_requests_per_day:
        return None
    unhealthy = "Any requests that still arrive go to the failing targets all the same."
    unseen = "No metric records the health of such targets over time: this is their state now."
    return Waste(
        savings=deleting(balancer, prices),
        evidence={
            "type": balancer.kind,
            "target_groups": balancer.attached,
            **{f"targets_{state}": count for state, count in sorted(balancer.targets.items())},
            "healthy_at_most": 0 if days else None,
            "requests_or_flows_per_day": round(arriving, 3),
            "datapoints": sum(series.count for series in days),
            "window_days": limits.down_days,
        },
        confidence=Confidence.MEDIUM if days else Confidence.LOW,
        note=" ".join(filter(None, (unhealthy if days else unseen, address_note(balancer)))),
    )
