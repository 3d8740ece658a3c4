"""VPC endpoints that nobody needs: nothing goes through them, or another one does the same."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.core.usage import Metric
from functions.scanners.ec2.vpc_endpoint.collector import (
    BYTES,
    NAMESPACE,
    VpcEndpoint,
    hours,
    own_traffic,
    twins_traffic,
    vpc_endpoints,
)

# AWS reports them only in minutes with traffic, so an endpoint that nothing goes through has no datapoint.
# https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html
TRAFFIC = Metric(NAMESPACE, BYTES, "Sum", own_traffic, sparse=True)
TWINS_TRAFFIC = Metric(NAMESPACE, BYTES, "Sum", twins_traffic, sparse=True)
WINDOW = Threshold(30, "a month, as Trusted Advisor looks back for inactive endpoints", minimum=1, maximum=455)

DELETE = "aws ec2 delete-vpc-endpoints --region {region} --vpc-endpoint-ids {id}"
AFTERWARDS = "The command ends well also where AWS refuses: its answer names under Unsuccessful what is still there, and why."
UNDO = "None: create another one of the same service. It has another id and DNS names of its own, and the service may have to accept it."


def _age(endpoint: VpcEndpoint, limits: Limits) -> float:
    return limits.days_since(endpoint.created) if endpoint.created else 0.0


def _may_be_idle(endpoint: VpcEndpoint, limits: Limits) -> bool | InsufficientData:
    if endpoint.exempt:
        return False
    return InsufficientData(endpoint.unmeasured) if endpoint.unmeasured else _age(endpoint, limits) >= limits.window_days


def _warnings(endpoint: VpcEndpoint) -> Iterator[str]:
    if not endpoint.published:
        yield "CloudWatch has traffic of no other endpoint here, so nothing shows that it would have that of this one."
    if endpoint.kind == "GatewayLoadBalancer":
        yield "Routes that lead to it have to go first."
    if endpoint.private_dns:
        yield "Its private DNS goes with it: what asks for the service's name is led to its public addresses then."


@check(
    id="ec2-idle-vpc-endpoint",
    title="VPC endpoint has passed no traffic for a month",
    over=vpc_endpoints,
    thresholds={"window_days": WINDOW},
    metrics=[TRAFFIC],
    candidate=_may_be_idle,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=DELETE,
    undo=UNDO,
    afterwards=AFTERWARDS,
)
def idle(endpoint: VpcEndpoint, limits: Limits, prices: Prices) -> Verdict:
    """Nothing has gone through this endpoint, and it bills every hour in each of its zones. Delete it.

    CloudWatch has no datapoint of an endpoint without traffic. That it has those of another one of the region shows that it would have
    this one's too; where it has none at all, it is less sure. What is used once a quarter, or only in an emergency, looks the same.
    """
    traffic = endpoint.usage[TRAFFIC]
    if traffic.maximum > 0:
        return None
    return Waste(
        savings=saves(hours(endpoint, prices)),
        evidence={
            "age_days": round(_age(endpoint, limits), 1),
            "service": endpoint.connects_to,
            "zones": len(endpoint.subnets),
            "bytes_processed": traffic.total,
            "datapoints": traffic.count,
            "others_have_datapoints": endpoint.published,
            "window_days": limits.window_days,
        },
        confidence=Confidence.MEDIUM if endpoint.published else Confidence.LOW,
        note=" ".join(_warnings(endpoint)),
    )


@check(
    id="ec2-duplicate-vpc-endpoint",
    title="VPC endpoint does what another one in the same subnets does",
    over=vpc_endpoints,
    thresholds={
        "min_age_days": Threshold(7, "whoever replaces one by the other has both for a while", seen="both_for_days"),
        "window_days": WINDOW,
    },
    metrics=[TRAFFIC, TWINS_TRAFFIC],
    metrics_optional=True,
    candidate=lambda endpoint, limits: bool(endpoint.twin),
    reference="https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
    action=Action.DELETE,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(
        still("aws ec2 describe-vpc-endpoints --region {region} --vpc-endpoint-ids {twin} --query 'VpcEndpoints[0].State'", "available"),
        DELETE,
    ),
    undo=UNDO,
    afterwards=AFTERWARDS,
)
def duplicate(endpoint: VpcEndpoint, limits: Limits, prices: Prices) -> Verdict:
    """Another endpoint of the same service, policy and security groups is in every subnet of this one. Delete this one, which has no
    private DNS.

    What has traffic is called by its own DNS names: they have to be replaced first. Where only the other one has none, it is the other
    one that nobody needs, and this one is not found: never both go of which one is needed.
    """
    if not endpoint.twin or endpoint.both_since is None or limits.days_since(endpoint.both_since) < limits.min_age_days:
        return None
    own, other = endpoint.usage.get(TRAFFIC), endpoint.usage.get(TWINS_TRAFFIC)
    silent = own is not None and not own.maximum
    if not silent and other is not None and not other.maximum:
        return None
    if own is not None and own.maximum and other is None:
        return InsufficientData("whether the other one has traffic is not known")
    return Waste(
        savings=saves(hours(endpoint, prices)),
        evidence={
            "other_endpoint": endpoint.twin,
            "service": endpoint.connects_to,
            "zones": len(endpoint.subnets),
            "both_for_days": round(limits.days_since(endpoint.both_since), 1),
            "bytes_processed": own.total if own else None,
            "bytes_processed_by_the_other": other.total if other else None,
            "window_days": limits.window_days,
        },
        confidence=Confidence.MEDIUM if silent and endpoint.published else Confidence.LOW,
        note="It has traffic: what uses it names it by its own DNS names, which go with it." if own and own.maximum else "",
        values={"twin": endpoint.twin},
    )
