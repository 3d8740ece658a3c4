"""Unrouted and idle NAT gateways: tables at the boundaries, what never may change a verdict, and whole scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ec2.nat_gateway import unused as scanner
from functions.scanners.ec2.nat_gateway.collector import NatGateway, nat_gateways
from functions.scanners.ec2.nat_gateway.traffic import PROCESSED
from functions.scanners.ec2.nat_gateway.unused import METRICS, SURER, idle, unrouted
from tests.functions.scanners.ec2 import nat_gateway_seed
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION, US, ago, as_waste, daily
from tests.functions.scanners.ec2.nat_gateway.test_collector import DESCRIBED, PLAIN, REGIONAL, table

MONTHLY = 0.045 * 730
"""https://aws.amazon.com/vpc/pricing/"""
WINDOW = 32
ROUTED = replace(PLAIN, routes=1)
ZONES = ("us-east-1a", "us-east-1b")
ZEROS = [0.0] * WINDOW
SILENCE = {
    "max_active_connections": 0.0,
    "packets_in_from_source": 0.0,
    "packets_in_from_destination": 0.0,
    "unused_since_at_latest": None,
    "datapoints": WINDOW,
    "expected_datapoints": WINDOW,
    "window_days": WINDOW,
}


def measured(
    like: NatGateway,
    connections: Sequence[float] = ZEROS,
    sent: Sequence[float] = ZEROS,
    received: Sequence[float] = ZEROS,
) -> NatGateway:
    """With these values a day, for whichever check asks; a regional one has them in its first zone and zeros in the others."""
    values = (connections, sent, received)
    first: list[Series] = [daily(each, WINDOW) for each in values]

    def series(one: Series) -> Series | tuple[Series, ...]:
        zones = len(like.zones)
        return (one, *[daily(ZEROS, WINDOW)] * (zones - 1))[:zones] if like.regional else one

    return replace(
        like, usage=Usage({metric: series(one) for metrics in (METRICS, SURER) for metric, one in zip(metrics, first, strict=True)})
    )


def no_route(gateway: NatGateway, prices: Prices = US) -> Verdict:
    return unrouted(gateway, unrouted.limits(NOW), prices)


def silent(gateway: NatGateway, prices: Prices = US) -> Verdict:
    return idle(gateway, idle.limits(NOW), prices)


def judged(gateway: NatGateway) -> tuple[list[Finding], dict[str, int]]:
    """By both checks, as a scan does it."""
    judge = Judge([(one, one.limits(NOW)) for one in (unrouted, idle)], US)  # type: ignore[misc]  # checks of a kind of resource
    return judge.findings(gateway), dict(judge.insufficient)


def asked(gateway: NatGateway, check: Any) -> bool:
    return bool(check.candidate(gateway, check.limits(NOW)))


# --- ec2-unrouted-nat-gateway -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "found"), [(0, False), (6.99, False), (7, True), (7.01, True), (700, True)])
def test_a_week_is_left_to_set_the_routes(days: float, found: bool) -> None:
    assert (no_route(replace(PLAIN, created=ago(days))) is not None) is found


@pytest.mark.parametrize(
    "changes", [{"routes": 1}, {"routes": 12}, {"state": "pending"}, {"state": "failed"}, {"appliances": 1}], ids=lambda each: str(each)
)
def test_what_is_routed_or_not_available_or_has_a_firewall_is_left_alone(changes: dict[str, Any]) -> None:
    one = measured(replace(PLAIN, **changes))
    assert no_route(one) is None
    assert not asked(one, unrouted)


def test_it_saves_its_hours_and_says_what_stays() -> None:
    waste = as_waste(no_route(PLAIN))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(MONTHLY)
    assert {price.key for price in waste.savings.prices} == {"nat-gateway"}, "neither its data nor its addresses"
    assert waste.evidence == {"age_days": 90, "routes": 0, "route_tables": 1}
    assert (waste.covers, waste.coverable) == ((), None)
    assert "eipalloc-1, eipalloc-2" in waste.note
    assert "not in the saving" in waste.note
    ((finding,), _) = judged(PLAIN)
    assert (finding.action, finding.confidence) == (Action.DELETE, Confidence.LOW)
    _, looked, done = finding.command.split(" &&\n")
    assert "Name=route.nat-gateway-id,Values=nat-1 " in looked
    assert done == "aws ec2 delete-nat-gateway --region us-east-1 --nat-gateway-id nat-1"
    assert as_waste(no_route(replace(PLAIN, allocations=()))).note == "", "a private one has no address"


def test_that_it_was_silent_for_a_month_too_makes_it_sure() -> None:
    waste = as_waste(no_route(measured(PLAIN)))
    assert waste.confidence is Confidence.HIGH
    assert waste.evidence == {"age_days": 90, "routes": 0, "route_tables": 1, **SILENCE}


@pytest.mark.parametrize(("datapoints", "confidence"), [(0, "medium"), (28, "medium"), (29, "high"), (32, "high")])
@pytest.mark.parametrize("short", [0, 1, 2])
def test_too_few_datapoints_leave_it_what_it_is_without(short: int, datapoints: int, confidence: str) -> None:
    """28 of 32 are 88 %, 29 are 91 %."""
    values = [ZEROS, ZEROS, ZEROS]
    values[short] = ZEROS[:datapoints]
    ((finding,), insufficient) = judged(measured(PLAIN, *values))
    assert (finding.check_id, finding.confidence, insufficient) == ("ec2-unrouted-nat-gateway", confidence, {})


@pytest.mark.parametrize("busy", [0, 1, 2])
def test_traffic_of_late_is_said_and_it_is_not_sure(busy: int) -> None:
    values = [ZEROS, ZEROS, ZEROS]
    values[busy] = [*ZEROS[:20], 1.0, *ZEROS[21:]]
    waste = as_waste(no_route(measured(PLAIN, *values)))
    assert waste.confidence is Confidence.LOW
    assert "used in the last 32 days" in waste.note


@pytest.mark.parametrize(("day", "found"), [(31, False), (25, False), (24, True), (0, True)])
def test_what_passed_traffic_within_the_week_lost_its_routes_perhaps_for_now(day: int, found: bool) -> None:
    values = [*ZEROS[:day], 1.0, *ZEROS[day + 1 :]]
    assert (no_route(measured(PLAIN, values)) is not None) is found


@pytest.mark.parametrize(("days", "worth_asking"), [(6, False), (7, True), (8, True), (32, True)])
def test_metrics_are_asked_for_of_all_that_may_be_found(days: float, worth_asking: bool) -> None:
    """Also where they do not reach back the whole window: what was used yesterday shows all the same."""
    assert asked(replace(PLAIN, created=ago(days)), unrouted) is worth_asking


def test_a_regional_one_is_found_without_a_number() -> None:
    waste = as_waste(no_route(measured(replace(PLAIN, regional=True, zones=ZONES))))
    assert waste.savings.unpriced == "no price known for a regional NAT gateway in us-east-1"
    assert (waste.savings.likely, waste.confidence) == (0, Confidence.HIGH)


# --- ec2-idle-nat-gateway -----------------------------------------------------------------------------------------------------------


def test_a_silent_one_may_be_a_standby_and_is_to_be_looked_at() -> None:
    waste = as_waste(silent(measured(ROUTED)))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(MONTHLY)
    assert waste.evidence == {"age_days": 90, "routes": 1, **SILENCE}
    assert "eipalloc-1" in waste.note
    ((finding,), _) = judged(measured(ROUTED))
    assert (finding.check_id, finding.action, finding.confidence) == ("ec2-idle-nat-gateway", Action.REVIEW, Confidence.LOW)
    assert "Name=route.nat-gateway-id,Values=nat-1" in finding.command


@pytest.mark.parametrize("busy", [0, 1, 2])
@pytest.mark.parametrize("day", [0, 15, 31])
def test_one_connection_or_packet_on_one_day_is_use(busy: int, day: int) -> None:
    values = [list(ZEROS), list(ZEROS), list(ZEROS)]
    values[busy][day] = 1.0
    assert judged(measured(ROUTED, *values)) == ([], {})


@pytest.mark.parametrize(("datapoints", "found"), [(0, False), (28, False), (29, True), (32, True)])
@pytest.mark.parametrize("short", [0, 1, 2])
def test_no_datapoint_is_no_zero(short: int, datapoints: int, found: bool) -> None:
    values = [ZEROS, ZEROS, ZEROS]
    values[short] = ZEROS[:datapoints]
    findings, insufficient = judged(measured(ROUTED, *values))
    assert [each.check_id for each in findings] == (["ec2-idle-nat-gateway"] if found else [])
    assert insufficient == ({} if found else {"ec2-idle-nat-gateway": 1})


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"created": ago(32)}, True),
        ({"created": ago(31.99)}, False),
        ({"routes": 0}, False),
        ({"state": "pending"}, False),
        ({"appliances": 1}, False),
    ],
)
def test_which_gateways_may_be_idle(changes: dict[str, Any], candidate: bool) -> None:
    one = measured(replace(ROUTED, **changes))
    assert asked(one, idle) is candidate
    assert ("ec2-idle-nat-gateway" in {each.check_id for each in judged(one)[0]}) is candidate


@pytest.mark.parametrize(("connections", "on"), [(0.0, True), (1.0, False)])
def test_packets_are_asked_for_only_where_there_was_no_connection(connections: float, on: bool) -> None:
    """And where they are not asked for, they could not have made it idle."""
    one = measured(ROUTED, connections=[*ZEROS[1:], connections])
    assert idle.goes_on is not None
    assert idle.goes_on(one, idle.limits(NOW)) is on
    assert (silent(one) is not None) is on


def test_a_regional_one_is_measured_in_each_of_its_zones() -> None:
    one = replace(ROUTED, regional=True, zones=ZONES)
    assert {metric.name: metric.dimensions(one) for metric in METRICS}["PacketsInFromSource"] == [
        {"NatGatewayId": "nat-1", "AvailabilityZone": "us-east-1a"},
        {"NatGatewayId": "nat-1", "AvailabilityZone": "us-east-1b"},
    ]
    assert METRICS[0].dimensions(ROUTED) == {"NatGatewayId": "nat-1"}
    assert as_waste(silent(measured(one))).savings.unpriced is not None
    assert silent(measured(one, sent=[*ZEROS[1:], 1.0])) is None


def test_a_regional_one_without_a_zone_cannot_be_judged() -> None:
    one = measured(replace(ROUTED, regional=True))
    assert silent(one) == InsufficientData("it is measured by zone, and none of its zones is known")
    assert judged(one) == ([], {"ec2-idle-nat-gateway": 1})


# --- both ---------------------------------------------------------------------------------------------------------------------------

LEVELS = (None, Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
AMOUNTS = st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, 1e9]), min_size=WINDOW, max_size=WINDOW)


def sureness(gateway: NatGateway) -> int:
    """How sure the checks are that it is waste."""
    return max((LEVELS.index(each.confidence) for each in judged(gateway)[0]), default=0)


@given(routes=st.integers(0, 2), before=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), which=st.integers(0, 2), more=AMOUNTS)
def test_more_traffic_never_makes_a_gateway_more_idle(
    routes: int, before: tuple[list[float], list[float], list[float]], which: int, more: list[float]
) -> None:
    after = list(before)
    after[which] = [old + new for old, new in zip(before[which], more, strict=True)]
    one = replace(PLAIN, routes=routes)
    assert sureness(measured(one, *after)) <= sureness(measured(one, *before))


@given(routes=st.integers(0, 2), age=st.floats(0, 100), moved=AMOUNTS)
def test_a_gateway_is_never_both(routes: int, age: float, moved: list[float]) -> None:
    assert len(judged(measured(replace(PLAIN, routes=routes, created=ago(age)), sent=moved))[0]) <= 1


# --- whole scans --------------------------------------------------------------------------------------------------------------------


def scan(aws: Aws) -> tuple[UnitOutcome, dict[str, Finding]]:
    unit = Unit(unit_id="u", account=aws.account, region=aws.region, resource_type="ec2:nat-gateway", function="f")
    found: list[Finding] = []
    outcome = scanning.scan(unit, aws, Prices(aws.region), found.append)
    assert len({one.resource_id for one in found}) == len(found)
    return outcome, {one.resource_id: one for one in found}


def put(aws: Aws, gateway: str, values: Mapping[str, float], days: range) -> None:
    """The same values on each of these days before the sweep."""
    moments = [aws.as_of.replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=day) for day in days]
    of = [{"Name": "NatGatewayId", "Value": gateway}]
    points: Any = [
        {"MetricName": name, "Dimensions": of, "Timestamp": at, "Value": value} for at in moments for name, value in values.items()
    ]
    SESSION.client("cloudwatch").put_metric_data(Namespace="AWS/NATGateway", MetricData=points)


@mock_aws
def test_a_scan_finds_what_was_planted_and_nothing_else() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    standby, unneeded = nat_gateway_seed.seed(SESSION)
    busy, also_unneeded = nat_gateway_seed.seed(SESSION)
    unclear, sure = nat_gateway_seed.seed(SESSION)
    quiet = dict.fromkeys((metric.name for metric in (*METRICS, *PROCESSED)), 0.0)
    month = range(1, WINDOW + 1)
    put(aws, standby, quiet, month)
    put(aws, busy, quiet | {"ActiveConnectionCount": 1.0}, month)
    put(aws, unclear, quiet, month[:28])
    put(aws, sure, quiet, month)
    outcome, found = scan(aws)
    assert {name: (one.check_id, one.confidence) for name, one in found.items()} == {
        standby: ("ec2-idle-nat-gateway", Confidence.LOW),
        unneeded: ("ec2-unrouted-nat-gateway", Confidence.MEDIUM),
        also_unneeded: ("ec2-unrouted-nat-gateway", Confidence.MEDIUM),
        sure: ("ec2-unrouted-nat-gateway", Confidence.HIGH),
    }
    assert (outcome.outcome, outcome.resources, outcome.insufficient) == (Outcome.OK, 6, {"ec2-idle-nat-gateway": 1})
    assert outcome.metrics == 3 * 3 + 1 + 2 * 3 + 2, "of the busy one its connections only; of the one that serves a subnet its bytes too"
    assert {iam_action(*call.split(":")) for call in outcome.calls} == {*nat_gateways.iam, registry.METRICS_IAM}


def test_without_metrics_an_unrouted_one_is_found_all_the_same() -> None:
    """GetMetricData is refused, and the unit says that it could not look everywhere."""
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    gateways = [DESCRIBED, {**DESCRIBED, "NatGatewayId": "nat-2"}, {**DESCRIBED, **REGIONAL, "NatGatewayId": "nat-3"}]
    with Stubber(aws.client("ec2")) as ec2, Stubber(aws.client("cloudwatch")) as cloudwatch:
        ec2.add_response("describe_nat_gateways", {"NatGateways": gateways})
        ec2.add_response("describe_route_tables", {"RouteTables": [table("rtb-1", "nat-2")]})
        ec2.add_response("describe_subnets", {"Subnets": []})
        cloudwatch.add_client_error("get_metric_data", "AccessDenied", "no")
        outcome, found = scan(aws)
    assert outcome.outcome is Outcome.DENIED
    assert {name: (one.check_id, one.confidence) for name, one in found.items()} == {
        "nat-1": ("ec2-unrouted-nat-gateway", Confidence.LOW),
        "nat-3": ("ec2-unrouted-nat-gateway", Confidence.LOW),
    }


def test_the_window_is_one_that_cloudwatch_answers() -> None:
    """What begins more than 15 days ago needs periods of whole 5 minutes, else the answer is empty and looks like nothing."""
    metrics: tuple[Metric, ...] = (*METRICS, *SURER)
    assert scanner.WINDOW.default == WINDOW
    assert {metric.period % 300 for metric in metrics} == {0}


def test_the_checks_are_registered_under_their_permanent_ids() -> None:
    collector, checks = registry.load("ec2:nat-gateway")
    assert collector.resumes == "ec2:DescribeNatGateways"
    assert {check.id for check in checks} == {
        "ec2-unrouted-nat-gateway",
        "ec2-idle-nat-gateway",
        "ec2-endpointless-nat-gateway",
        "ec2-cross-zone-nat-gateway",
    }
