"""Reading the Price List: pages, units, tiers, and everything that is not surely meant."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.errors import Denied, OutOfTime, Throttled
from functions.core.prices import price_list
from functions.core.prices.price_list import BrokenAnswer, Fresh, fetch
from tests.functions.lambda_world import ENVIRONMENT
from tests.price_list_server import PUBLISHED, PriceListServer, ebs, offer, offers


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Callable[[PriceListServer], Aws]:
    """What reads from a loopback server; throttled requests are repeated at once."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)

    def connect(server: PriceListServer) -> Aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
        return Aws("123456789012", "us-east-1", sessions._session())

    return connect


def usd(fresh: Fresh) -> dict[str, str]:
    return {key: row[0] for key, row in fresh.rows.items()}


EBS = {
    "volume.gp2": "0.11",
    "volume.gp3": "0.08",
    "volume.io1": "0.125",
    "volume.io2": "0.125",
    "volume.standard": "0.05",
    "volume.standard.io": "0.05",
    "iops.gp3": "0.005",
    "iops.io2": "0.065",
    "iops.io2.32001-64000": "0.0455",
    "throughput.gp3": "0.04",
    "snapshot.standard": "0.05",
    "snapshot.archive": "0.0125",
    "snapshot.fast-restore": "0.75",
}


@pytest.mark.parametrize("page", [1, 2, 100])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_slice_is_the_same_however_long_the_pages_are(aws: Callable[[PriceListServer], Aws], page: int, region: str) -> None:
    with PriceListServer([*offers(region), *offers("ap-northeast-2")], page=page) as server:
        ours = aws(server)
        fresh = fetch(ours, "AmazonEBS", region)
    assert usd(fresh) == EBS
    assert fresh.left_out == {}
    assert set(ours.meter.calls) == set(price_list.IAM)
    assert all({"Type": "TERM_MATCH", "Field": "regionCode", "Value": region} in request["Filters"] for request in server.requests)
    assert {request["MaxResults"] for request in server.requests} == {100}


def test_a_rate_says_where_it_comes_from(aws: Callable[[PriceListServer], Aws]) -> None:
    one = ebs("EBS:VolumeUsage.gp2", "0.1100000000", "GB-Mo", "Storage", "us-east-1", volumeApiName="gp2")
    with PriceListServer([one]) as server:
        fresh = fetch(aws(server), "AmazonEBS", "us-east-1")
    sku = one["product"]["sku"]
    source = f"AWS Price List API, offer AmazonEC2, SKU {sku}, published {PUBLISHED}"
    assert fresh.rows == {"volume.gp2": ("0.11", "GB-month", source, "2026-11-20")}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            "AmazonEC2",
            {
                "ondemand.linux.shared.m5.large": "0.097",
                "ondemand.linux.shared.m5.xlarge": "0.194",
                "cpu-credits.linux.t3": "0.05",
                "cpu-credits.windows.t3": "0.096",
            },
        ),
        ("AmazonVPC", {"nat-gateway": "0.045", "nat-gateway.data": "0.045", "public-ipv4.idle": "0.005", "public-ipv4.in-use": "0.005"}),
        (
            "AWSELB",
            {
                "load-balancer.classic": "0.025",
                "load-balancer.application": "0.0225",
                "load-balancer.network": "0.023",
                "lcu.application": "0.008",
            },
        ),
        (
            "AWSLambda",
            {
                "request": "0.2",
                "duration.x86.tier1": "0.0000166667",
                "duration.arm.tier1": "0.0000133334",
                "provisioned-concurrency.x86": "0.0000041667",
                "provisioned-duration.x86": "0.0000097222",
                "provisioned-duration.arm": "0.0000077778",
            },
        ),
        (
            "AmazonRDS",
            {
                "ondemand.postgresql.single-az.db.m6g.xlarge": "0.318",
                "ondemand.postgresql.multi-az.db.m6g.xlarge": "0.636",
                "ondemand.mysql.single-az.db.m6g.xlarge": "0.304",
                "ondemand.aurora-postgresql.single-az.db.r6g.2xlarge": "1.038",
                "ondemand.aurora-postgresql.io-optimized.db.r6g.2xlarge": "1.349",
                "storage.single-az.io2": "0.125",
                "throughput.gp3.single-az": "0.08",
                "storage.single-az.gp3": "0.115",
                "storage.multi-az.gp3": "0.23",
                "iops.gp3.single-az": "0.02",
                "backup": "0.095",
                "aurora.storage.standard": "0.1",
                "aurora.io": "0.2",
                "aurora.serverless-v2": "0.12",
                "extended-support.mysql.year-1": "0.1",
                "extended-support.postgresql.year-1": "0.1",
                "extended-support.postgresql.year-3": "0.2",
                "extended-support.aurora-mysql.year-1": "0.101",
                "extended-support.aurora-postgresql.year-1": "0.102",
                "extended-support.aurora-mysql.serverless-v2.year-1": "0.086",
                "extended-support.aurora-postgresql.serverless-v2.year-1": "0.085",
                "extended-support.aurora-postgresql.serverless-v2.year-3": "0.17",
            },
        ),
    ],
)
def test_every_service_has_the_meant_rates_in_our_units(
    aws: Callable[[PriceListServer], Aws], service: str, expected: dict[str, str]
) -> None:
    with PriceListServer(offers("eu-west-2"), page=3) as server:
        fresh = fetch(aws(server), service, "eu-west-2")
    assert usd(fresh) == expected
    assert fresh.left_out == {}


def gp2(tiers: Any = "0.1100000000", unit: str = "GB-Mo", **more: Any) -> dict[str, Any]:
    return ebs("EBS:VolumeUsage.gp2", tiers, unit, "Storage", "us-east-1", **more)


def without(one: dict[str, Any], *path: str) -> dict[str, Any]:
    """The same offer, without what the path leads to; "*" is the first key."""
    place = one
    for name in path[:-1]:
        place = place[next(iter(place)) if name == "*" else name]
    del place[next(iter(place)) if path[-1] == "*" else path[-1]]
    return one


@pytest.mark.parametrize(
    ("products", "why"),
    [
        ([gp2("0.11"), gp2("0.12")], "2 rates for it: 0.11 "),
        ([gp2("0.0000000000")], "has 0 rates where one is meant"),
        ([gp2([("0", "0.11"), ("1000", "0.10")])], "has 2 rates where one is meant"),
        ([gp2(unit="GB-Hours")], "billed per GB-Hours, which is not GB-month"),
        ([gp2("eleven cents")], "without begin, unit or rate in USD"),
        ([without(gp2(), "terms", "OnDemand")], "0 on-demand terms"),
        ([without(gp2(), "terms", "OnDemand", "*", "priceDimensions", "*", "unit")], "without begin, unit or rate in USD"),
        ([without(gp2(), "terms", "OnDemand", "*", "priceDimensions", "*", "pricePerUnit", "USD")], "without begin, unit or rate in USD"),
        ([gp2("0.11"), gp2(unit="GB-Hours")], "billed per GB-Hours"),
    ],
)
def test_what_is_not_surely_meant_is_left_out_and_said(
    aws: Callable[[PriceListServer], Aws], products: list[dict[str, Any]], why: str
) -> None:
    with PriceListServer([*products, *offers()[9:12]]) as server:
        fresh = fetch(aws(server), "AmazonEBS", "us-east-1")
    assert "volume.gp2" not in fresh.rows
    assert why in fresh.left_out["volume.gp2"]
    assert usd(fresh)["volume.gp3"] == "0.08", "the others are not its fault"


@pytest.mark.parametrize("free", [("0", "0.0000000000"), ("0", "0")])
def test_a_free_allowance_before_the_only_rate_is_no_second_rate(aws: Callable[[PriceListServer], Aws], free: tuple[str, str]) -> None:
    with PriceListServer([gp2([free, ("100", "0.11")])]) as server:
        assert usd(fetch(aws(server), "AmazonEBS", "us-east-1")) == {"volume.gp2": "0.11"}


def test_the_same_rate_under_two_skus_is_one_rate(aws: Callable[[PriceListServer], Aws]) -> None:
    with PriceListServer([gp2("0.1100000000"), gp2("0.11")]) as server:
        assert usd(fetch(aws(server), "AmazonEBS", "us-east-1")) == {"volume.gp2": "0.11"}


def between(usd: str, from_region: str, to_region: str, to_type: str = "AWS Region") -> dict[str, Any]:
    """What data costs from one place to another, which has no region of its own."""
    ends = {"fromRegionCode": from_region, "fromLocationType": "AWS Region", "toRegionCode": to_region, "toLocationType": to_type}
    made = offer("AWSDataTransfer", "DataTransfer-Regional-Bytes", usd, "GB", region=from_region, transferType="IntraRegion", **ends)
    return without(without(made, "product", "attributes", "regionCode"), "product", "attributes", "locationType")


def test_data_between_zones_has_the_rate_of_what_stays_in_the_region(aws: Callable[[PriceListServer], Aws]) -> None:
    home, elsewhere = between("0.0100000000", "eu-west-1", "eu-west-1"), between("0.0200000000", "eu-west-1", "eu-west-2")
    local = between("0.0300000000", "eu-west-1", "eu-west-1", to_type="AWS Local Zone")
    with PriceListServer([home, elsewhere, local]) as server:
        assert usd(fetch(aws(server), "AWSDataTransfer", "eu-west-1")) == {"between-zones.each-direction": "0.01"}


def test_a_region_without_products_has_an_empty_slice(aws: Callable[[PriceListServer], Aws]) -> None:
    with PriceListServer(offers("us-east-1")) as server:
        assert fetch(aws(server), "AmazonEBS", "eu-west-1") == Fresh()


def test_a_few_refusals_are_waited_out(aws: Callable[[PriceListServer], Aws]) -> None:
    with PriceListServer(offers(), throttle_first=3) as server:
        assert usd(fetch(aws(server), "AmazonEBS", "us-east-1")) == EBS
    assert len(server.requests) == 3 + 5


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", Throttled), ("AccessDeniedException", Denied), ("ExpiredNextTokenException", ClientError)],
)
@pytest.mark.parametrize("fail_from", [1, 3, 5])
def test_a_listing_that_breaks_off_is_no_slice(
    aws: Callable[[PriceListServer], Aws], code: str, error: type[Exception], fail_from: int
) -> None:
    with PriceListServer(offers(), page=2, fail_from=fail_from, code=code) as server, pytest.raises(error):
        fetch(aws(server), "AmazonEBS", "us-east-1")


def test_no_time_is_no_slice(aws: Callable[[PriceListServer], Aws]) -> None:
    with PriceListServer(offers()) as server:
        late = aws(server)
        late.deadline = time.monotonic() - 1
        with pytest.raises(OutOfTime):
            fetch(late, "AmazonEBS", "us-east-1")
    assert server.requests == []


@pytest.mark.parametrize(
    "product", ["{", "[]", '"text"', "{}", '{"product": {"attributes": [], "sku": "A"}, "publicationDate": "2026-11-20T00:00:00Z"}']
)
def test_an_answer_that_is_no_product_is_not_trusted_to_be_whole(aws: Callable[[PriceListServer], Aws], product: str) -> None:
    with PriceListServer([*offers(), product]) as server, pytest.raises(BrokenAnswer, match="AmazonEC2 in us-east-1"):
        fetch(aws(server), "AmazonEBS", "us-east-1")
