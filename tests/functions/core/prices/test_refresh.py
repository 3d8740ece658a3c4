"""Which parts are refreshed, in which order, and that each is replaced whole or left as it is."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.s3.models import s3_backends

from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.errors import InvalidInput
from functions.core.prices import book, products
from functions.core.prices.refresh import NothingRefreshed, Part, RefreshRequest, in_use, parse, refresh, wanted
from functions.core.prices.refreshed import key_of
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions.lambda_world import BUCKET, REGION, world
from tests.price_list_server import PriceListServer, offers

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
EBS_KEY = "prices/AmazonEBS/us-east-1.tsv.gz"


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    with world(monkeypatch):
        yield sessions.own_client("s3", REGION)


def ours(server: PriceListServer, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Only S3 is moto's: the price list is asked over the network."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
    return Aws("123456789012", "us-east-1", sessions._session())


def content(s3: Any, key: str = EBS_KEY) -> book.Slice:
    return book.parse(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode())


def scoped(s3: Any, started: datetime, regions: list[str], types: list[str]) -> None:
    body = json.dumps({"accounts": ["123456789012"], "regions": regions, "resource_types": types})
    s3.put_object(Bucket=BUCKET, Key=RunFolder(Bucket(None, ""), f"{started:%Y%m%dT%H%M%SZ}-abcdef").scope, Body=body)


@pytest.mark.parametrize("given", [{}, {"regions": ["eu-west-1", "us-gov-west-1"]}, {"services": ["AmazonEBS"], "regions": ["us-east-1"]}])
def test_what_may_be_asked_for(given: dict[str, Any]) -> None:
    assert parse(given).model_dump(exclude_none=True) == given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "us-east-1"}, "unknown key 'region'; allowed keys are: regions, services"),
        ({"regions": []}, "regions: "),
        ({"regions": "us-east-1"}, "regions: "),
        ({"regions": ["../runs"]}, "regions: '../runs' is no region's name such as us-east-1"),
        ({"services": ["Elsewhere"]}, f"services: 'Elsewhere' cannot be refreshed; allowed are: {', '.join(products.offers())}"),
        ([], "input: "),
        ("all", "input: "),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(given: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(given)
    assert message in str(refused.value)


def test_without_a_sweep_it_is_the_own_region_and_every_service(bucket: Any) -> None:
    expected = sorted(Part(service, "eu-west-1") for service in products.offers())
    assert wanted(Bucket(bucket, BUCKET), RefreshRequest(), "eu-west-1", NOW) == expected


def test_what_all_sweeps_of_the_last_days_looked_at_is_in_use(bucket: Any) -> None:
    scoped(bucket, NOW - timedelta(days=9), ["ap-south-1"], ["rds:db-instance"])
    scoped(bucket, NOW - timedelta(days=7, hours=23), ["eu-west-1"], ["lambda:function"])
    scoped(bucket, NOW - timedelta(hours=1), ["us-east-1"], ["ebs:volume", "ebs:snapshot"])
    bucket.put_object(Bucket=BUCKET, Key=f"runs/{NOW:%Y%m%dT%H%M%SZ}-fedcba/plan.jsonl", Body=b"")  # before there were scopes
    assert in_use(Bucket(bucket, BUCKET), NOW) == ({"eu-west-1", "us-east-1"}, {"lambda:function", "ebs:volume", "ebs:snapshot"})
    assert wanted(Bucket(bucket, BUCKET), RefreshRequest(), "sa-east-1", NOW) == [
        Part(service, region) for service in ("AWSLambda", "AmazonEBS") for region in ("eu-west-1", "us-east-1")
    ]


def test_what_is_asked_for_counts_and_the_rest_is_what_is_in_use(bucket: Any) -> None:
    scoped(bucket, NOW, ["us-east-1"], ["ebs:volume"])
    assert wanted(Bucket(bucket, BUCKET), parse({"regions": ["eu-west-1"]}), REGION, NOW) == [Part("AmazonEBS", "eu-west-1")]
    assert wanted(Bucket(bucket, BUCKET), parse({"services": ["AmazonRDS", "AmazonRDS"]}), REGION, NOW) == [Part("AmazonRDS", "us-east-1")]


def test_what_was_refreshed_longest_ago_comes_first(bucket: Any) -> None:
    asked = parse({"regions": ["us-east-1", "eu-west-1", "eu-west-2"], "services": ["AmazonEBS"]})
    for region, age in (("us-east-1", 1), ("eu-west-1", 5)):
        made = NOW - timedelta(days=age)
        bucket.put_object(Bucket=BUCKET, Key=key_of("AmazonEBS", region), Body=b"")
        held = s3_backends["123456789012"]["aws"].buckets[BUCKET].keys[key_of("AmazonEBS", region)]
        held.last_modified = made.replace(tzinfo=None)
    assert [part.region for part in wanted(Bucket(bucket, BUCKET), asked, REGION, NOW)] == ["eu-west-2", "eu-west-1", "us-east-1"]


def test_a_part_is_replaced_and_what_changed_is_said(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with PriceListServer(offers(), page=4) as server:
        first = refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), [Part("AmazonEBS", "us-east-1")])
        again = refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), [Part("AmazonEBS", "us-east-1")])
    rows = content(bucket)
    assert rows["volume.gp2"][:2] == (0.11, "GB-month")
    assert "SKU" in rows["volume.gp2"][2]
    assert first == {
        "refreshed": [
            {
                "service": "AmazonEBS",
                "region": "us-east-1",
                "keys": 13,
                "changed": 1,
                "examples": [{"key": "volume.gp2", "before": 0.1, "now": 0.11}],
                "left_out": 0,
                "published": "2026-11-20",
            }
        ],
        "kept": [],
        "requests": len(server.requests) // 2,
    }
    assert again["refreshed"][0]["changed"] == 0, "it is compared with what was refreshed before"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ThrottlingException", "Throttled: pricing:GetProducts: ThrottlingException"),
        ("AccessDeniedException", "pricing:GetProducts: AccessDeniedException"),
        ("InvalidNextTokenException", "InvalidNextTokenException"),
    ],
)
@pytest.mark.parametrize("fail_from", [1, 2, 4])
def test_a_listing_that_breaks_off_leaves_the_old_object(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, code: str, reason: str, fail_from: int
) -> None:
    bucket.put_object(Bucket=BUCKET, Key=EBS_KEY, Body=b"as it was")
    with PriceListServer(offers(), page=2, fail_from=fail_from, code=code) as server, pytest.raises(NothingRefreshed, match=reason):
        refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), [Part("AmazonEBS", "us-east-1")])
    assert bucket.get_object(Bucket=BUCKET, Key=EBS_KEY)["Body"].read() == b"as it was"


def test_a_part_that_fails_does_not_keep_the_others_from_being_refreshed(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [Part("AmazonEBS", "eu-west-1"), Part("AmazonEBS", "us-east-1")]
    with PriceListServer(offers()) as server:
        result = refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), parts)
    assert [entry["region"] for entry in result["refreshed"]] == ["us-east-1"]
    reason = "Empty: the Price List has no rate of AmazonEBS in eu-west-1 that we know"
    assert result["kept"] == [{"service": "AmazonEBS", "region": "eu-west-1", "reason": reason}]
    assert list(Bucket(bucket, BUCKET).keys("prices/")) == [EBS_KEY]


def test_after_a_refusal_nothing_more_is_asked(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [Part("AWSELB", "us-east-1"), Part("AmazonEBS", "us-east-1"), Part("AmazonRDS", "us-east-1")]
    with PriceListServer(offers(), fail_from=2) as server:
        result = refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), parts)
    assert len(server.requests) == 2
    assert [entry["service"] for entry in result["refreshed"]] == ["AWSELB"]
    assert [entry["service"] for entry in result["kept"]] == ["AmazonEBS", "AmazonRDS"]
    assert len({entry["reason"] for entry in result["kept"]}) == 1


def test_when_the_time_is_spent_the_next_run_begins_with_the_rest(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with PriceListServer(offers()) as server:
        late = ours(server, monkeypatch)
        late.deadline = time.monotonic() - 1
        with pytest.raises(NothingRefreshed, match="time is spent: the next run begins with these"):
            refresh(late, Bucket(bucket, BUCKET), [Part("AWSELB", "us-east-1"), Part("AmazonEBS", "us-east-1")])
    assert server.requests == []


def test_nothing_to_do_is_no_failure(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with PriceListServer(offers()) as server:
        assert refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), []) == {"refreshed": [], "kept": [], "requests": 0}


def test_a_key_with_two_rates_is_counted_and_not_written(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    products = offers()
    gp2 = next(one for one in products if one["product"]["attributes"]["usagetype"] == "EBS:VolumeUsage.gp2")
    other = json.loads(json.dumps(gp2).replace("0.1100000000", "0.1200000000").replace(gp2["product"]["sku"], "OTHER"))
    with PriceListServer([*products, other]) as server:
        result = refresh(ours(server, monkeypatch), Bucket(bucket, BUCKET), [Part("AmazonEBS", "us-east-1")])
    assert (result["refreshed"][0]["keys"], result["refreshed"][0]["left_out"]) == (12, 1)
    assert "volume.gp2" not in content(bucket)
