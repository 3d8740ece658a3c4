"""Prices: the handler against a price list on the network, and a scan that then goes by the new rates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions import prices, scan
from functions.core.aws import sessions
from functions.core.errors import InvalidInput
from functions.core.model import Finding, unit_id
from functions.core.prices import refreshed
from functions.core.prices.refresh import NothingRefreshed
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions.lambda_world import ACCOUNT, BUCKET, REGION, Context, world
from tests.price_list_server import PUBLISHED, PriceListServer, offers

EBS = {"regions": [REGION], "services": ["AmazonEBS"]}
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def lambda_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    with world(monkeypatch):
        yield


@pytest.fixture
def price_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceListServer]:
    with PriceListServer(offers(REGION), page=5, throttle_first=2) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
        sessions._own_session.cache_clear()
        yield server


def unattached_gp2() -> Finding:
    """The finding about 100 GiB of gp2 that are attached to nothing, of a scan now."""
    of = {"account": ACCOUNT, "region": REGION, "resource_type": "ebs:volume"}
    unit = unit_id(ACCOUNT, REGION, "ebs:volume")
    event = {"unit_id": unit, **of, "function": "f", "run_id": "r1", "as_of": (NOW + timedelta(days=60)).isoformat()}
    scan.handler(event, Context())
    _, findings = unit_objects.read_unit(Bucket(sessions.own_client("s3", REGION), BUCKET), RunFolder(Bucket(None, ""), "r1").unit(unit))
    return next(finding for finding in findings if finding.check_id == "ebs-unattached-volume")


def test_a_scan_after_the_refresh_uses_the_new_rate_and_says_its_source(price_list: PriceListServer) -> None:
    sessions.own_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=100, VolumeType="gp2")
    before = unattached_gp2()
    result = prices.handler(EBS, Context())
    assert (len(result["refreshed"]), result["kept"]) == (1, [])
    assert result["requests"] == len(price_list.requests)
    assert unattached_gp2().savings == before.savings, "a warm worker keeps what it has for an hour"
    refreshed.shared.cache_clear()
    after = unattached_gp2()
    assert (before.savings.high, after.savings.high) == (10.0, 11.0)
    (price,) = {one for one in after.savings.prices if one.key == "volume.gp2"}
    assert price.usd == 0.11
    assert price.as_of == "2026-11-20"
    assert price.source.startswith("AWS Price List API, offer AmazonEC2, SKU ")
    assert price.source.endswith(f", published {PUBLISHED}")


def test_a_warm_scan_reads_each_slice_once(price_list: PriceListServer) -> None:
    sessions.own_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=100, VolumeType="gp2")
    asked: list[str] = []
    s3 = sessions.own_client("s3", REGION)

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["Key"])

    s3.meta.events.register("provide-client-params.s3.GetObject", note)
    try:
        for _ in range(3):
            unattached_gp2()
    finally:
        s3.meta.events.unregister("provide-client-params.s3.GetObject", note)
    slices = [key for key in asked if key.startswith("prices/")]
    assert slices == ["prices/AmazonEBS/us-east-1.tsv.gz"], "not there, and that is remembered"


@pytest.mark.parametrize("event", [{}, EBS])
def test_the_schedule_and_a_person_start_the_same_function(price_list: PriceListServer, event: dict[str, Any]) -> None:
    result = prices.handler(event, Context())
    assert {entry["region"] for entry in result["refreshed"]} == {REGION}
    assert "AmazonEBS" in {entry["service"] for entry in result["refreshed"]}
    assert result["seconds"] >= 0


def test_a_wrong_request_asks_nobody(price_list: PriceListServer) -> None:
    with pytest.raises(InvalidInput, match="unknown key 'region'"):
        prices.handler({"region": REGION}, Context())
    assert price_list.requests == []


def test_a_function_almost_out_of_time_fails_and_writes_nothing(price_list: PriceListServer) -> None:
    with pytest.raises(NothingRefreshed, match="time is spent"):
        prices.handler(EBS, Context(seconds=prices.RESERVE_SECONDS - 1))
    assert list(Bucket(sessions.own_client("s3", REGION), BUCKET).keys("prices/")) == []


@pytest.mark.parametrize(("region", "why"), [("us-gov-west-1", "has no endpoint in GovCloud"), ("eusc-de-east-1", "is in EUR")])
def test_where_there_is_no_price_list_in_dollars_that_is_said(
    price_list: PriceListServer, monkeypatch: pytest.MonkeyPatch, region: str, why: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    with pytest.raises(NothingRefreshed, match=why):
        prices.handler(EBS, Context())
    assert price_list.requests == []
