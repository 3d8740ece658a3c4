"""Idle and duplicate VPC endpoints: tables at the boundaries, that no hour counts twice, and whole scans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Action, Confidence, Finding, InsufficientData, Outcome, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from functions.core.scan import unit as scanning
from functions.core.scan.asked_metrics import at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ec2.vpc_endpoint.collector import VpcEndpoint, own_traffic, vpc_endpoints
from functions.scanners.ec2.vpc_endpoint.unused import TRAFFIC, TWINS_TRAFFIC, duplicate, idle
from tests.functions.scanners.ec2 import vpc_endpoint_seed
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION, US, ago, as_waste, daily
from tests.functions.scanners.ec2.vpc_endpoint.test_collector import DESCRIBED, PLAIN, collected
from tests.recorded import reply

WINDOW = 30
IDLE, DUPLICATE = "ec2-idle-vpc-endpoint", "ec2-duplicate-vpc-endpoint"
SHOWN = replace(PLAIN, published=True)
SECOND = replace(SHOWN, id="vpce-2", private_dns=False, twin="vpce-1", both_since=ago(60))


def measured(like: VpcEndpoint, *own: float, twins: tuple[float, ...] | None = None) -> VpcEndpoint:
    """With these sums on the last days of the window; `twins`: those of its twin, None where nobody asked."""
    series: dict[Metric, Series] = {TRAFFIC: daily(own, WINDOW)}
    if twins is not None:
        series[TWINS_TRAFFIC] = daily(twins, WINDOW)
    return replace(like, usage=Usage(series))


def silent(endpoint: VpcEndpoint, prices: Prices = US) -> Verdict:
    return idle(endpoint, idle.limits(NOW), prices)


def double(endpoint: VpcEndpoint, prices: Prices = US) -> Verdict:
    return duplicate(endpoint, duplicate.limits(NOW), prices)


def judged(endpoint: VpcEndpoint) -> tuple[list[Finding], dict[str, int]]:
    """By both checks, as a scan does it."""
    judge = Judge([(one, one.limits(NOW)) for one in (idle, duplicate)], US)  # type: ignore[misc]  # checks of a kind of resource
    list(judge.wanted([endpoint], at_first))
    return judge.findings(endpoint), dict(judge.insufficient)


# --- ec2-idle-vpc-endpoint ----------------------------------------------------------------------------------------------------------


def test_the_saving_by_hand() -> None:
    """730 hours in each of two zones at $0.01 are $14.60."""
    waste = as_waste(silent(measured(SHOWN)))
    assert waste.savings.low == waste.savings.likely == waste.savings.high == pytest.approx(14.60)
    assert waste.evidence == {
        "age_days": 90,
        "service": "com.amazonaws.us-east-1.ssm",
        "zones": 2,
        "bytes_processed": 0,
        "datapoints": 0,
        "others_have_datapoints": True,
        "window_days": 30,
    }
    ((finding,), _) = judged(measured(SHOWN))
    assert (finding.check_id, finding.action, finding.confidence) == (IDLE, Action.DELETE, Confidence.MEDIUM)
    assert finding.command.endswith("aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpce-1")
    assert "under Unsuccessful" in finding.note
    assert "private DNS" in finding.note


@pytest.mark.parametrize(("published", "confidence"), [(True, Confidence.MEDIUM), (False, Confidence.LOW)])
def test_no_datapoint_is_surely_none_where_others_have_some(published: bool, confidence: Confidence) -> None:
    """A wrong dimension would have none either."""
    waste = as_waste(silent(measured(replace(PLAIN, published=published))))
    assert waste.confidence is confidence
    assert ("traffic of no other endpoint" in waste.note) is not published


@pytest.mark.parametrize(("own", "found"), [((), True), ((0.0,), True), ((0.0,) * 30, True), ((1.0,), False), ((*[0.0] * 29, 1.0), False)])
def test_one_byte_is_traffic(own: tuple[float, ...], found: bool) -> None:
    assert ([each.check_id for each in judged(measured(SHOWN, *own))[0]] == [IDLE]) is found


@pytest.mark.parametrize(
    ("changes", "found", "insufficient"),
    [
        ({}, True, False),
        ({"created": ago(30)}, True, False),
        ({"created": ago(29.9)}, False, False),
        ({"kind": "GatewayLoadBalancer"}, True, False),
        ({"exempt": "another service made it and deletes it"}, False, False),
        ({"unmeasured": "CloudWatch has no traffic of a Resource endpoint", "kind": "Resource"}, False, True),
    ],
)
def test_which_endpoints_are_judged(changes: Mapping[str, Any], found: bool, insufficient: bool) -> None:
    """What nobody can measure is said to be so; what is another service's is nobody's waste here."""
    findings, unjudged = judged(measured(replace(SHOWN, **changes)))
    assert ([each.check_id for each in findings], unjudged) == ([IDLE] if found else [], {IDLE: 1} if insufficient else {})


def test_a_firewalls_endpoint_has_a_price_of_its_own_and_routes() -> None:
    waste = as_waste(silent(measured(replace(SHOWN, kind="GatewayLoadBalancer", subnets=("subnet-1",), private_dns=False))))
    assert {price.key for price in waste.savings.prices} == {"vpc-endpoint.gateway-load-balancer"}
    assert waste.savings.likely == pytest.approx(7.30)
    assert waste.note == "Routes that lead to it have to go first."


def test_where_cloudwatch_does_not_answer_nothing_is_idle() -> None:
    unknown = replace(SHOWN, usage=Usage({}, {TRAFFIC: "InternalError"}))
    assert judged(unknown) == ([], {IDLE: 1})


# --- ec2-duplicate-vpc-endpoint -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "found"), [(6.9, False), (7, True), (400, True)])
def test_a_week_is_left_to_replace_one_by_the_other(days: float, found: bool) -> None:
    assert (double(replace(SECOND, both_since=ago(days))) is not None) is found


def test_what_has_no_twin_is_no_duplicate() -> None:
    assert double(measured(SHOWN, twins=())) is None


BUSY, QUIET = (5e6,), ()


@pytest.mark.parametrize(
    ("own", "twins", "confidence"),
    [
        (QUIET, QUIET, Confidence.MEDIUM),
        (QUIET, BUSY, Confidence.MEDIUM),
        (QUIET, None, Confidence.MEDIUM),
        (BUSY, BUSY, Confidence.LOW),
        (BUSY, QUIET, None),
    ],
)
def test_traffic_says_which_of_both_nobody_needs(
    own: tuple[float, ...], twins: tuple[float, ...] | None, confidence: Confidence | None
) -> None:
    verdict = double(measured(SECOND, *own, twins=twins))
    assert (None if verdict is None else as_waste(verdict).confidence) == confidence


def test_what_is_not_known_of_the_traffic() -> None:
    assert as_waste(double(SECOND)).confidence is Confidence.LOW, "CloudWatch was not asked"
    assert double(measured(SECOND, *BUSY)) == InsufficientData("whether the other one has traffic is not known")
    only_twin = replace(SECOND, usage=Usage({TWINS_TRAFFIC: daily((), WINDOW)}))
    assert double(only_twin) is None, "the other one is idle, and this one may be in use"
    assert as_waste(double(measured(replace(SECOND, published=False), twins=()))).confidence is Confidence.LOW


def test_the_command_asks_first_whether_the_other_one_is_there() -> None:
    ((finding, *_), _) = judged(measured(SECOND, *BUSY, twins=BUSY))
    _, looked, done = finding.command.split(" &&\n")
    assert "--vpc-endpoint-ids vpce-1 --query 'VpcEndpoints[0].State' --output text)\" = available" in looked
    assert done == "aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpce-2"
    assert finding.savings.likely == pytest.approx(14.60)
    assert "its own DNS names" in finding.note
    assert finding.evidence["bytes_processed_by_the_other"] == 5e6


# --- both ---------------------------------------------------------------------------------------------------------------------------


@given(age=st.floats(0, 90), other_age=st.floats(0, 90), own=st.sampled_from([QUIET, BUSY]), twins=st.sampled_from([QUIET, BUSY]))
def test_no_hour_counts_twice_and_what_is_in_use_stays(
    age: float, other_age: float, own: tuple[float, ...], twins: tuple[float, ...]
) -> None:
    """Of two that do the same both go only where neither is used; and of one endpoint only one finding counts."""
    first = measured(replace(SHOWN, created=ago(other_age)), *twins)
    second = measured(replace(SECOND, created=ago(age), both_since=ago(min(age, other_age))), *own, twins=twins)
    counted = [[each for each in judged(one)[0] if each.headline] for one in (first, second)]
    assert all(len(each) <= 1 for each in counted)
    if own or twins:
        assert sum(map(len, counted)) <= 1
    assert not (twins and counted[0])


def test_of_one_endpoint_that_is_both_one_finding_counts() -> None:
    findings, _ = judged(measured(SECOND, twins=()))
    assert {each.check_id for each in findings} == {IDLE, DUPLICATE}
    assert [each.headline for each in findings] == [True, False]


# --- whole scans --------------------------------------------------------------------------------------------------------------------


def scan(aws: Aws) -> tuple[UnitOutcome, list[Finding]]:
    unit = Unit(unit_id="u", account=aws.account, region=aws.region, resource_type="ec2:vpc-endpoint", function="f")
    found: list[Finding] = []
    return scanning.scan(unit, aws, Prices(aws.region), found.append), found


@mock_aws
def test_a_scan_finds_what_was_planted_and_nothing_else() -> None:
    """Of two that do the same one has traffic: the other one is found by both checks."""
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    used, unused = vpc_endpoint_seed.seed(SESSION)
    (one,) = (each for each in vpc_endpoints(aws) if each.id == used)
    dimensions = [{"Name": name, "Value": value} for name, value in own_traffic(one).items()]
    point: Any = {"MetricName": "BytesProcessed", "Dimensions": dimensions, "Timestamp": aws.as_of - timedelta(days=3), "Value": 7.0}
    SESSION.client("cloudwatch").put_metric_data(Namespace="AWS/PrivateLinkEndpoints", MetricData=[point])
    aws.meter.calls.clear()
    outcome, found = scan(aws)
    assert {(each.resource_id, each.check_id, each.confidence) for each in found} == {
        (unused, IDLE, Confidence.MEDIUM),
        (unused, DUPLICATE, Confidence.MEDIUM),
    }
    assert (outcome.outcome, outcome.resources, outcome.insufficient) == (Outcome.OK, 2, {})
    assert outcome.metrics == 2, "that of one as the other's is the same metric"
    assert {iam_action(*call.split(":")) for call in outcome.calls} == {*vpc_endpoints.iam, registry.METRICS_IAM}


def test_without_metrics_only_what_does_the_same_is_found() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    second = {**DESCRIBED, "VpcEndpointId": "vpce-2", "PrivateDnsEnabled": False}
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_vpc_endpoints", {"VpcEndpoints": [DESCRIBED, second]})
        ec2.add_response("describe_subnets", {"Subnets": []})
        cloudwatch.add_response("list_metrics", {"Metrics": []})
        cloudwatch.add_client_error("get_metric_data", "AccessDenied", "no")
        outcome, found = scan(aws)
    assert outcome.outcome is Outcome.DENIED
    assert [(each.resource_id, each.check_id, each.confidence) for each in found] == [("vpce-2", DUPLICATE, Confidence.LOW)]


def test_recorded_endpoints_without_traffic() -> None:
    """Of the recording only the endpoint for Athena is the account's own and bills: $14.60 for its two zones."""
    listed = reply("test_vpc_endpoint_filter", "ec2.DescribeVpcEndpoints_1")["VpcEndpoints"]
    found = [finding for one in collected(listed) for finding in judged(measured(one))[0]]
    assert [(each.resource_id, each.check_id) for each in found] == [("vpce-08ff0494faf0210d3", IDLE)]
    assert found[0].savings.likely == pytest.approx(14.60)


def test_a_recorded_endpoint_with_connections_is_in_use() -> None:
    """The recording has a sum of ActiveConnections, 240, and traffic goes with them."""
    (described,) = reply("test_vpc_endpoint_metrics_filter", "ec2.DescribeVpcEndpoints_1")["VpcEndpoints"]
    points = reply("test_vpc_endpoint_metrics_filter", "monitoring.GetMetricStatistics_1")["Datapoints"]
    (one,) = collected([described], region="ap-southeast-2")
    assert silent(measured(one, *(point["Sum"] for point in points))) is None


def test_the_windows_are_ones_that_cloudwatch_answers() -> None:
    """What begins more than 15 days ago needs periods of whole 5 minutes, else the answer is empty and looks like nothing."""
    assert {metric.period % 300 for metric in (TRAFFIC, TWINS_TRAFFIC)} == {0}
    assert all(metric.sparse for metric in (TRAFFIC, TWINS_TRAFFIC))


def test_the_checks_are_registered_under_their_permanent_ids() -> None:
    collector, checks = registry.load("ec2:vpc-endpoint")
    assert collector.resumes is None
    assert {check.id for check in checks} == {IDLE, DUPLICATE}
