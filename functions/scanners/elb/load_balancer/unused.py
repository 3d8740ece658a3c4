"""Load balancers that cannot serve anyone: with nothing behind them, or with targets of which none has been healthy for days.

Importing this module registers all checks of load balancers; those about traffic are in `elb_load_balancer_traffic`.
"""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Level, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Dimensions, Metric
from functions.scanners.elb.load_balancer.collector import FIXED, LoadBalancer, address_note, deleting, load_balancers

DELETE = "aws elbv2 delete-load-balancer --region {region} --load-balancer-arn {arn}"
CREATE_AGAIN = "None: create another one from its template. Its DNS name will be different, so update the records that point to it."


@check(
    id="elb-no-targets",
    title="Load balancer has no registered targets",
    over=load_balancers,
    thresholds={"min_age_days": Threshold(7, "a new load balancer may be waiting for its targets")},
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-delete.html",
    action=Action.DELETE,
    command=DELETE,
    undo=CREATE_AGAIN,
)
def no_targets(balancer: LoadBalancer, limits: Limits, prices: Prices) -> Verdict:
    """A load balancer without any target is billed every hour and can only answer with errors. Check DNS for its name, then delete it.

    Targets of every type count (instances, addresses, functions, other load balancers). Not reported: one whose listeners do all
    their work themselves, with redirects and fixed responses, and one that also redirects to another host.
    """
    age = limits.days_since(balancer.created) if balancer.created else 0.0
    if not balancer.empty or age < limits.min_age_days:
        return None
    answers = FIXED in balancer.answers
    return Waste(
        savings=deleting(balancer, prices),
        evidence={"type": balancer.kind, "target_groups": balancer.attached, "targets": 0, "age_days": round(age, 1)},
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
    thresholds={"down_days": Threshold(7, "a service that somebody misses is repaired within a week", minimum=1)},
    metrics=HEALTHY,
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

    Check first whether requests still arrive: without a healthy target a load balancer sends them to all targets, and a wrong health
    check looks just like this. Targets that are still being checked, are draining, or have no health checks are not counted as failing.
    """
    days = [series for metric in HEALTHY for series in balancer.usage.each(metric)]
    if any(series.maximum > 0 for series in days):
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
            "datapoints": sum(series.count for series in days),
            "window_days": limits.down_days,
        },
        confidence=Confidence.MEDIUM if days else Confidence.LOW,
        note=" ".join(filter(None, (unhealthy if days else unseen, address_note(balancer)))),
    )
