"""NAT gateways whose traffic takes a dearer way: by hand at the limits, what never may change a verdict, and beside the other checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Action, Confidence, Finding, InsufficientData
from functions.core.prices.book import Prices
from functions.core.registry import Verdict
from functions.core.scan.asked_metrics import at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Metric, Series, Usage
from functions.scanners.ec2.nat_gateway.collector import NatGateway
from functions.scanners.ec2.nat_gateway.traffic import PROCESSED, WITH_CLIENTS, cross_zone, endpointless
from functions.scanners.ec2.nat_gateway.unused import METRICS, SURER, idle, unrouted
from tests.functions.scanners.ec2.instance.samples import NOW, US, ago, as_waste, daily
from tests.functions.scanners.ec2.nat_gateway.test_collector import PLAIN

GIB = 1024**3
DAYS = 14
ROUTED = replace(PLAIN, routes=2, zone="us-east-1a", served=("rtb-1", "rtb-2"), client_zones=("us-east-1a",))
LACKING = replace(ROUTED, without_s3=("rtb-1", "rtb-2"), without_dynamodb=("rtb-2",))
CROSSING = replace(ROUTED, client_zones=("us-east-1a", "us-east-1b"))
AWAY = replace(ROUTED, client_zones=("us-east-1b",))


def moving(like: NatGateway, gb_per_month: float, days: int = DAYS) -> NatGateway:
    """With so many GB a month of 730 hours on both of its sides, a tenth of them sent, on so many of the window's days."""
    a_day = gb_per_month * GIB * 24 / 730
    series: dict[Metric, Series] = {}
    for sent, received in (PROCESSED, WITH_CLIENTS):
        series |= {sent: daily([a_day / 10] * days, DAYS), received: daily([a_day * 9 / 10] * days, DAYS)}
    return replace(like, usage=Usage(series))


def s3(gateway: NatGateway, prices: Prices = US) -> Verdict:
    return endpointless(gateway, endpointless.limits(NOW), prices)


def zones(gateway: NatGateway, prices: Prices = US) -> Verdict:
    return cross_zone(gateway, cross_zone.limits(NOW), prices)


def judged(gateway: NatGateway, prices: Prices = US) -> tuple[list[Finding], dict[str, int]]:
    """By all checks of the type, as a scan does it."""
    judge = Judge([(one, one.limits(NOW)) for one in (unrouted, idle, endpointless, cross_zone)], prices)  # type: ignore[misc]  # of a kind
    list(judge.wanted([gateway], at_first))
    return judge.findings(gateway), dict(judge.insufficient)


def found(gateway: NatGateway) -> set[str]:
    return {each.check_id for each in judged(gateway)[0]}


# --- ec2-endpointless-nat-gateway ---------------------------------------------------------------------------------------------------


def test_the_saving_by_hand() -> None:
    """6 GB sent and 42 GB received a day for 14 days are 672 GB in 336 hours: 1,460 GB in 730 hours, at $0.045 each $65.70."""
    sent, received = (Series([gb * GIB] * 14, daily([0.0] * 14, 14).times, 14, 86_400) for gb in (6, 42))
    waste = as_waste(s3(replace(LACKING, usage=Usage(dict(zip(PROCESSED, (sent, received), strict=True))))))
    assert (waste.savings.low, waste.savings.likely) == (0, 0)
    assert waste.savings.high == pytest.approx(65.70)
    assert waste.savings.formula == "1,460 GB × $0.045 nat-gateway.data × 0 known to go to S3 or DynamoDB"
    assert waste.evidence == {
        "gb_per_month": 1460.0,
        "route_tables_served": 2,
        "without_s3_endpoint": 2,
        "without_dynamodb_endpoint": 1,
        "window_days": 14,
    }


@pytest.mark.parametrize(("gb", "there"), [(0, False), (99.9, False), (100.1, True), (5_000, True)])
def test_little_traffic_is_not_worth_a_question(gb: float, there: bool) -> None:
    assert ("ec2-endpointless-nat-gateway" in found(moving(LACKING, gb))) is there


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"without_s3": ("rtb-1",)}, True),
        ({"without_dynamodb": ()}, True),
        ({"without_s3": ()}, False),
        ({"state": "pending"}, False),
        ({"created": ago(13.9)}, False),
        ({"created": ago(14)}, True),
    ],
)
def test_which_gateways_are_found(changes: Mapping[str, Any], there: bool) -> None:
    """One without DynamoDB's endpoint alone is not: nothing says that anybody there uses DynamoDB."""
    assert ("ec2-endpointless-nat-gateway" in found(moving(replace(LACKING, **changes), 1_000))) is there


def test_the_command_makes_an_endpoint_for_the_tables_that_have_none() -> None:
    ((finding,), _) = judged(moving(LACKING, 1_000))
    assert (finding.action, finding.confidence) == (Action.REVIEW, Confidence.LOW)
    assert finding.command.endswith(
        "aws ec2 create-vpc-endpoint --region us-east-1 --vpc-id vpc-1 --vpc-endpoint-type Gateway"
        """ --service-name com.amazonaws.us-east-1.s3 --route-table-ids '["rtb-1", "rtb-2"]'"""
    )
    assert "for DynamoDB too: rtb-2." in finding.note
    assert as_waste(s3(moving(replace(LACKING, without_dynamodb=()), 1_000))).note == ""


def test_where_endpoints_are_not_seen_nothing_is_said_of_them() -> None:
    findings, insufficient = judged(moving(replace(LACKING, without_s3=(), unseen="AWS refused"), 1_000))
    assert (findings, insufficient) == ([], {"ec2-endpointless-nat-gateway": 1})


@pytest.mark.parametrize(("days", "there"), [(0, False), (12, False), (13, True)])
def test_too_few_datapoints_are_no_traffic_and_no_silence(days: int, there: bool) -> None:
    """12 of 14 are 86 %, 13 are 93 %."""
    findings, insufficient = judged(moving(LACKING, 1_000, days))
    assert (bool(findings), insufficient) == (there, {} if there else {"ec2-endpointless-nat-gateway": 1})


def test_a_regional_one_has_no_price_here() -> None:
    regional = replace(LACKING, regional=True, zone="", zones=("us-east-1a", "us-east-1b"))
    one = moving(regional, 1_000)
    whole = {metric: (series, series) for metric, series in one.usage.series.items() if isinstance(series, Series)}
    waste = as_waste(s3(replace(one, usage=Usage(whole))))
    assert waste.savings.unpriced == "no price known for data through a regional NAT gateway in us-east-1"
    assert waste.evidence["gb_per_month"] == 2_000
    nowhere = replace(regional, zones=(), usage=Usage(dict.fromkeys(PROCESSED, ())))
    assert s3(nowhere) == InsufficientData("it is measured by zone, and none of its zones is known")


# --- ec2-cross-zone-nat-gateway -----------------------------------------------------------------------------------------------------


def test_the_net_by_hand() -> None:
    """10,000 GB × 2 sides × $0.01 are $200; one more gateway bills 730 × ($0.045 + $0.005) = $36.50."""
    waste = as_waste(zones(moving(CROSSING, 10_000)))
    assert (waste.savings.low, waste.savings.likely, waste.confidence) == (0, 0, Confidence.LOW)
    assert waste.savings.high == pytest.approx(200 - 36.50)
    assert waste.evidence == {
        "gb_per_month": 10_000,
        "zone": "us-east-1a",
        "client_zones": "us-east-1a, us-east-1b",
        "zones_with_another_gateway": "",
        "window_days": 14,
    }


@pytest.mark.parametrize(
    ("changes", "gb", "there"),
    [
        ({}, 1_824, False),
        ({}, 1_826, True),
        ({"public": False}, 1_642, False),
        ({"public": False}, 1_643, True),
        ({"client_zones": ("us-east-1a", "us-east-1b", "us-east-1c")}, 1_826, True),
        ({"other_gateways": ("us-east-1b",)}, 101, True),
        ({"other_gateways": ("us-east-1b",)}, 99, False),
        ({"client_zones": ("us-east-1b",)}, 101, True),
        ({"client_zones": ("us-east-1b",)}, 99, False),
        ({"client_zones": ("us-east-1b",), "unplaced": 1}, 1_824, False),
    ],
)
def test_it_has_to_pay_for_what_it_takes(changes: Mapping[str, Any], gb: float, there: bool) -> None:
    """$36.50 are 1,825 GB; a private gateway has no address to pay, $32.85 are 1,642.5 GB. Where a gateway is there already, or only this
    one is in the wrong zone, it takes no more; but little traffic is not worth the change.
    """
    assert ("ec2-cross-zone-nat-gateway" in found(moving(replace(CROSSING, **changes), gb))) is there


def test_where_no_client_is_in_its_own_zone_everything_crosses() -> None:
    waste = as_waste(zones(moving(AWAY, 1_000)))
    assert waste.savings.low == waste.savings.likely == waste.savings.high == pytest.approx(20)
    assert waste.confidence is Confidence.MEDIUM


def test_of_two_zones_without_one_this_gateway_can_serve_only_one() -> None:
    """$200 cross for sure. Two gateways take the place of this one: one more than there is."""
    two = replace(AWAY, client_zones=("us-east-1b", "us-east-1c"))
    waste = as_waste(zones(moving(two, 10_000)))
    assert waste.savings.likely == pytest.approx(200 - 36.50)
    assert waste.savings.high == pytest.approx(200)
    small = as_waste(zones(moving(two, 500)))
    assert (small.savings.low, small.savings.likely) == (0, 0), "no saving is below nothing"
    assert small.savings.high == pytest.approx(10)
    assert as_waste(zones(moving(replace(two, other_gateways=("us-east-1c",)), 500))).savings.likely == pytest.approx(10)


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"client_zones": ("us-east-1a",)}, False),
        ({"client_zones": ()}, False),
        ({"regional": True, "zone": "", "zones": ("us-east-1a",)}, False),
        ({"place": "us-east-1-bos-1a"}, False),
        ({"state": "pending"}, False),
        ({"created": ago(13.9)}, False),
    ],
)
def test_which_gateways_cross(changes: Mapping[str, Any], there: bool) -> None:
    findings, insufficient = judged(moving(replace(CROSSING, **changes), 10_000))
    assert ([each.check_id for each in findings], insufficient) == (["ec2-cross-zone-nat-gateway"] if there else [], {})


def test_a_gateway_of_an_unknown_zone_is_not_judged() -> None:
    assert judged(moving(replace(CROSSING, zone=""), 10_000)) == ([], {"ec2-cross-zone-nat-gateway": 1})


def test_where_nobody_knows_the_rates_nobody_knows_whether_it_pays() -> None:
    assert judged(moving(CROSSING, 10_000), Prices("cn-north-1")) == ([], {"ec2-cross-zone-nat-gateway": 1})


@given(
    gb=st.floats(0, 1e6), more=st.floats(0, 1e6), clients=st.sets(st.sampled_from("abc"), min_size=1), others=st.sets(st.sampled_from("bc"))
)
def test_more_traffic_never_saves_less_and_never_more_than_its_rate(gb: float, more: float, clients: set[str], others: set[str]) -> None:
    one = replace(
        CROSSING,
        client_zones=tuple(f"us-east-1{zone}" for zone in sorted(clients)),
        other_gateways=tuple(f"us-east-1{zone}" for zone in sorted(others & clients)),
    )

    def saved(amount: float) -> tuple[float, float]:
        verdict = zones(moving(one, amount))
        return (0, 0) if verdict is None else (as_waste(verdict).savings.likely, as_waste(verdict).savings.high)

    (likely, high), (then_likely, then_high) = saved(gb), saved(gb + more)
    assert likely <= then_likely + 1e-3
    assert high <= then_high + 1e-3
    assert likely <= high <= gb * 0.02 + 1e-3


# --- beside the other checks --------------------------------------------------------------------------------------------------------


def whole(routed: bool, gb: float, packets: float) -> NatGateway:
    """A gateway that lacks endpoints and serves another zone, or one without a route; with bytes where it has packets."""
    like = replace(CROSSING, without_s3=("rtb-1",)) if routed else PLAIN
    one = moving(like, gb)
    counts: Sequence[tuple[Metric, float]] = [
        (metric, packets if "Packets" in metric.name else 0.0) for metrics in (METRICS, SURER) for metric in metrics
    ]
    month = {metric: daily([value] * 32, 32) for metric, value in counts}
    return replace(one, usage=Usage({**one.usage.series, **month}))


@given(routed=st.booleans(), gb=st.floats(0, 1e6), packets=st.floats(0, 1e12))
def test_what_nobody_needs_has_no_traffic_that_could_take_another_way(routed: bool, gb: float, packets: float) -> None:
    """No byte moves without a packet, and what no route leads to serves nobody: never is a gateway of both kinds."""
    unneeded = {"ec2-unrouted-nat-gateway", "ec2-idle-nat-gateway"}
    ids = found(whole(routed, gb if packets else 0.0, packets))
    assert not (ids & unneeded and ids - unneeded)


def test_both_ways_on_one_gateway_count_once() -> None:
    findings, _ = judged(whole(routed=True, gb=10_000, packets=1e9))
    assert [(each.check_id, each.headline) for each in findings] == [
        ("ec2-endpointless-nat-gateway", True),
        ("ec2-cross-zone-nat-gateway", False),
    ]
