"""Listings of others end: a token that came before is no page more, however far back it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, cycle
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.costs import explorer
from functions.core.costs.queries import Query
from functions.core.costs.rows import NoBill
from functions.core.errors import OrganizationError
from functions.core.outside import pages
from functions.core.outside.pages import Endless, Tokens, ending
from functions.core.plan import organization
from functions.core.prices import price_list
from functions.core.prices.products import offers
from functions.core.store import ledger
from functions.core.store.bucket import Bucket

ROUND = ("a", "b", "c")
"""Tokens that come again after three pages, which botocore does not notice."""


def test_a_token_is_new_once() -> None:
    tokens = Tokens("x:List")
    assert [tokens.is_new(token) for token in ("a", "b", "a", {"pk": {"S": "a"}}, {"pk": {"S": "a"}})] == [True, True, False, True, False]


@pytest.mark.parametrize(("given", "seen"), [((), 0), (("a", "b", None), 3), (("a", "b", ""), 3)])
def test_a_listing_that_ends_is_whole(given: tuple[str | None, ...], seen: int) -> None:
    assert len(list(ending([{"token": one} for one in given], "x:List", lambda page: page["token"]))) == seen


def test_one_that_goes_round_in_circles_is_endless() -> None:
    with pytest.raises(Endless, match="x:List: its pages do not end: a token came again"):
        list(ending(({"token": one} for one in cycle(ROUND)), "x:List", lambda page: page["token"]))


def test_one_that_goes_on_and_on_is_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 5)
    with pytest.raises(Endless, match="there are more than 5"):
        list(ending(({"token": one} for one in count(1)), "x:List", lambda page: page["token"]))


def answering(client: Any, answer: Callable[[str], dict[str, Any]]) -> None:
    """Each request of a client is answered with a page whose token is the next of ROUND, for ever."""
    tokens = cycle(ROUND)
    sent = SimpleNamespace(status_code=200, headers={}, content=b"")
    client.meta.events.register("before-call", lambda **_: (sent, answer(next(tokens))))


@pytest.fixture
def aws() -> Iterator[Aws]:
    with mock_aws():
        yield Aws("111122223333", "us-east-1", boto3.Session("x", "y", region_name="us-east-1"))


def test_a_scanners_listing_ends(aws: Aws) -> None:
    answering(aws.client("ec2"), lambda token: {"Volumes": [{"VolumeId": token}], "NextToken": token})
    with pytest.raises(Endless, match="ec2:DescribeVolumes"):
        list(aws.pages("ec2", "DescribeVolumes", "Volumes"))


def test_the_price_lists_listing_ends(aws: Aws) -> None:
    answering(aws.client("pricing"), lambda token: {"PriceList": [], "NextToken": token})
    with pytest.raises(Endless, match="pricing:GetProducts"):
        price_list.fetch(aws, next(iter(offers())), "us-east-1")


def test_cost_explorers_listing_ends(aws: Aws) -> None:
    answering(aws.client("ce"), lambda token: {"ResultsByTime": [], "NextPageToken": token})
    query = Query(
        "costs", "GetCostAndUsage", {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Granularity": "DAILY", "Metrics": ["x"]}
    )
    with pytest.raises(NoBill, match="ce:GetCostAndUsage: its pages do not end"):
        explorer.ask(aws, query)


def test_the_organizations_listing_ends(aws: Aws) -> None:
    client = boto3.client("organizations", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    answering(client, lambda token: {"Accounts": [{"Id": "111122223333"}], "NextToken": token})
    with pytest.raises(OrganizationError, match="answers the same page for ever"):
        organization.accounts(client, (), (), "111122223333")


def paginator(answer: Callable[[str], dict[str, Any]]) -> Any:
    return SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=lambda **_: map(answer, cycle(ROUND))))


def test_the_buckets_listing_ends() -> None:
    s3 = paginator(lambda token: {"Contents": [], "NextContinuationToken": token})
    with pytest.raises(Endless, match="s3:ListObjectsV2"):
        list(Bucket(s3, "b").keys("runs/"))


def test_the_tables_listing_ends() -> None:
    table = paginator(lambda token: {"Items": [], "LastEvaluatedKey": {"pk": {"S": token}}})
    with pytest.raises(Endless, match="dynamodb:Query"):
        ledger.failures_of(table, "state", "r1")
