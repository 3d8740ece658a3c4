"""A sweep's limit for metrics: whole resources, the dearest first, and the others not judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.money import Amount, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Collector
from functions.core.scan import ration
from functions.core.scan.ration import SPENT, Ration, metrics_for
from functions.core.usage import Dimensions, Metric

LOAD = Metric("Test", "Load", "Maximum", lambda resource: {"Id": resource.id})
MEAN = Metric("Test", "Load", "Average", lambda resource: {"Id": resource.id})
PARTS = Metric("Test", "Parts", "Sum", lambda resource: [{"Id": resource.id, "Part": part} for part in resource.name.split()])


def _broken(resource: Resource) -> Dimensions:
    raise KeyError("no such member")


BROKEN = Metric("Test", "Broken", "Sum", _broken)
PRICES = Prices("us-east-1")


def _nothing(aws: Aws) -> Iterator[Resource]:
    yield from ()


def _cost(resource: Resource, prices: Prices) -> Amount:
    """So many public addresses as the tag says."""
    if "price" not in resource.tags:
        return unknown("no price known")
    return prices.hourly("AmazonVPC", "public-ipv4.idle", int(resource.tags["price"]))


def _thing(name: str, price: str = "", parts: str = "") -> Resource:
    return Resource(
        arn=f"arn:{name}", id=name, account="111122223333", region="us-east-1", name=parts, tags={"price": price} if price else {}
    )


def _shared(left: int, things: Sequence[Resource], *metrics: Metric, priced: bool = True) -> tuple[list[str], list[int]]:
    """Which resources are asked about, in their order, and what was asked of the budget."""
    asked: list[int] = []

    def take(count: int) -> int:
        asked.append(count)
        return min(count, left)

    collector: Collector[Resource] = Collector("test:thing", (), _nothing, costs=_cost if priced else None)
    granted = Ration(take, collector, PRICES).share((thing, metric, 14.0) for thing in things for metric in metrics)
    return list(dict.fromkeys(thing.id for thing, _, _ in granted)), asked


@pytest.mark.parametrize(
    ("left", "asked_about"),
    [(9, ["large", "middle", "small"]), (3, ["large", "middle", "small"]), (2, ["large", "middle"]), (1, ["large"]), (0, [])],
)
def test_the_dearest_are_asked_about_first(left: int, asked_about: list[str]) -> None:
    things = [_thing("small", "1"), _thing("large", "30"), _thing("middle", "2")]
    assert _shared(left, things, LOAD) == (asked_about, [3])
    assert {thing.id for thing in things if ration.unmeasured(thing)} == {"small", "large", "middle"} - set(asked_about)


def test_what_has_no_price_comes_last_and_without_any_prices_all_come_as_they_are_listed() -> None:
    things = [_thing("a"), _thing("b", "1"), _thing("c")]
    assert _shared(2, things, LOAD)[0] == ["b", "a"]
    assert _shared(2, things, LOAD, priced=False)[0] == ["a", "b"]


def test_a_resource_gets_all_of_its_metrics_or_none_and_no_cheaper_one_comes_before_it() -> None:
    things = [_thing("many", "9", parts="a b c"), _thing("one", "1", parts="a")]
    assert _shared(2, things, PARTS) == ([], [4])
    assert [thing.usage.unknown for thing in things] == [{PARTS: SPENT}, {PARTS: SPENT}]


def test_what_was_too_little_for_one_resource_is_there_for_the_next() -> None:
    budget = [4]

    def take(count: int) -> int:
        given = min(count, budget[0])
        budget[0] -= given
        return given

    shared = Ration(take, Collector("test:thing", (), _nothing), PRICES)
    large, small = _thing("large", parts="a b c"), _thing("small", parts="a")
    assert [thing.id for thing, _, _ in shared.share([(large, PARTS, 14.0)])] == ["large"]
    assert shared.share([(large, PARTS, 14.0)]) == []
    assert [thing.id for thing, _, _ in shared.share([(small, PARTS, 14.0)])] == ["small"]
    assert (budget, shared.spare) == ([0], 0)


def test_statistics_of_one_metric_are_billed_as_one_and_a_broken_one_as_none() -> None:
    assert _shared(9, [_thing("a"), _thing("b")], LOAD, MEAN, BROKEN) == (["a", "b"], [2])


@pytest.mark.parametrize(("usd", "metrics"), [(0.01, 1_000), (0.000_01, 1), (0.000_009, 0), (1.0, 100_000), (0.29, 29_000)])
def test_a_sum_pays_for_so_many_metrics(usd: float, metrics: int) -> None:
    assert metrics_for(usd, PRICES) == metrics, "1,000 metrics are $0.01"


def test_without_a_price_nothing_may_be_asked_for() -> None:
    assert metrics_for(5, PRICES.at("us-east-1-bos-1")) == 0
