"""Findings at the account's own rates: each term at what the bill says, the list price beside it, and what had no list price."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from functions.core.model import Coverable
from functions.core.money import NOTHING, Amount, Savings, saves
from functions.core.prices.book import Prices
from functions.core.rank.bill.commitments import Commitments
from functions.core.rank.bill.own_rates import OwnRates
from functions.core.rank.totals import Place
from functions.core.store import unit_objects
from tests.functions import sweeps

PRICES = Prices(sweeps.REGION)
GP2, GP3, M5 = ("AmazonEBS", "volume.gp2"), ("AmazonEBS", "volume.gp3"), ("AmazonEC2", "ondemand.linux.shared.m5.large")
RATE_KEYS = (GP2, GP3, M5)


def row(book: tuple[str, str], own: float | None, listed: float | None = None, factor: float = 1.0, region: str = sweeps.REGION) -> Any:
    """A row of the bill's rates."""
    return {
        "usage_type": f"{book[1]}-usage",
        "region": region,
        "own": own,
        "list": listed,
        "days": 28,
        "book": [[*book, factor]],
        "refused": "" if own is not None else "its days do not agree",
    }


def rates(*rows: Any, **more: Any) -> OwnRates:
    return OwnRates(sweeps.bill(rates={"currency": "USD", "rows": list(rows), "reason": "", "cost": "net amortised"} | more))


def as_json(savings: Savings, **more: Any) -> dict[str, Any]:
    read: dict[str, Any] = from_json(unit_objects.FINDING.dump_json(sweeps.finding("vol-1", savings, **more)))
    return read


def gib(key: tuple[str, str], quantity: float, prices: Prices = PRICES) -> Amount:
    return prices.monthly(*key, quantity, "GiB")


def money(one: dict[str, Any]) -> tuple[float, float, float]:
    return one["savings"]["low"], one["savings"]["likely"], one["savings"]["high"]


def list_price(key: tuple[str, str]) -> float:
    price = PRICES.price(*key)
    assert price is not None
    return price.usd


def test_a_saving_is_counted_at_what_the_bill_says_and_keeps_what_it_was_at_list_price() -> None:
    finding = as_json(saves(gib(GP2, 100), low=gib(GP2, 50)))
    assert rates(row(GP2, 0.088, 0.1)).reprice(finding) is True
    assert money(finding) == (4.4, 8.8, 8.8)
    assert finding["list_savings"] == {"low": 5.0, "likely": 10.0, "high": 10.0, "unpriced": None}
    assert finding["savings"]["formula"] == "100 GiB × $0.088 volume.gp2 as billed"
    (term,) = finding["savings"]["terms"]
    assert (term["rate"], term["list_rate"], term["rate_from"], term["usd"]) == (0.088, 0.1, "bill", 8.8)
    (price,) = finding["savings"]["prices"]
    assert (price["usd"], price["source"]) == (0.088, "the bill's own rate of volume.gp2-usage, median of 28 days")
    assert price["as_of"] == "2026-11-23", "the last day of the bill"


def test_a_term_that_is_not_on_the_bill_stays_at_list_price_and_says_so() -> None:
    finding = as_json(saves(gib(GP2, 100) - gib(GP3, 100)))
    rates(row(GP2, 0.09)).reprice(finding)
    assert money(finding) == pytest.approx((1.0, 1.0, 1.0))
    assert [term["rate_from"] for term in finding["savings"]["terms"]] == ["bill", "list"]
    assert finding["savings"]["formula"] == "100 GiB × $0.09 volume.gp2 as billed − 100 GiB × $0.08 volume.gp3"


def test_a_discount_of_what_comes_instead_alone_makes_no_saving_larger() -> None:
    finding = as_json(saves(gib(GP2, 100) - gib(GP3, 100)))
    assert rates(row(GP2, None), row(GP3, 0.05)).reprice(finding) is False
    assert money(finding) == pytest.approx((2.0, 2.0, 2.0))
    assert [term["rate_from"] for term in finding["savings"]["terms"]] == ["list", "list"]


def test_what_would_cost_more_than_it_saves_at_own_rates_is_zero() -> None:
    finding = as_json(saves(gib(GP2, 100) - gib(GP3, 100)))
    rates(row(GP2, 0.07)).reprice(finding)
    assert money(finding) == (0.0, 0.0, 0.0)


def test_the_factor_makes_the_books_unit_of_the_bills() -> None:
    finding = as_json(saves(PRICES.monthly("AmazonEBS", "throughput.gp3", 100, "MiB/s")))
    rates(row(("AmazonEBS", "throughput.gp3"), 40.96 * 0.5, factor=1 / 1024)).reprice(finding)
    assert finding["savings"]["likely"] == pytest.approx(100 * 0.02)


@pytest.mark.parametrize(
    "own",
    [
        rates(),
        rates(row(GP2, None)),
        rates(row(GP2, 0.05, region="eu-west-1")),
        rates(row(GP3, 0.05)),
        rates(row(GP2, 0.05), currency="CNY"),
        OwnRates(sweeps.bill()),
        OwnRates({"status": "none", "reason": "denied"}),
        OwnRates(sweeps.bill(without_rows=[sweeps.ACCOUNT], rates={"currency": "USD", "rows": [row(GP2, 0.05)]})),
    ],
    ids=["no rates", "refused", "another region", "another kind", "another currency", "an older bill", "no bill", "an account not seen"],
)
def test_without_a_rate_of_the_bill_everything_stays_as_it_was(own: OwnRates) -> None:
    finding = as_json(saves(gib(GP2, 100)))
    before = (money(finding), finding["savings"]["formula"], finding["savings"]["prices"])
    assert own.reprice(finding) is False
    assert (money(finding), finding["savings"]["formula"], finding["savings"]["prices"]) == before
    assert "list_savings" not in finding
    assert "whole" not in finding["savings"]


def test_what_commitments_can_pay_for_is_at_the_own_rate_too() -> None:
    cost = PRICES.hourly(*M5)
    disks = gib(GP2, 100)
    finding = as_json(saves(cost + disks), coverable=Coverable("AmazonEC2", "m5", round(cost.usd or 0.0, 4)))
    rates(row(M5, 0.5 * list_price(M5)), row(GP2, 0.09)).reprice(finding)
    assert finding["coverable"]["usd"] == pytest.approx(0.5 * (cost.usd or 0.0))
    assert finding["savings"]["likely"] == pytest.approx(0.5 * (cost.usd or 0.0) + 9)


NOWHERE = ("AmazonEBS", "volume.gp9")


def test_what_has_no_list_price_is_priced_by_the_bill() -> None:
    finding = as_json(saves(gib(NOWHERE, 100) + gib(GP2, 10), low=gib(GP2, 10)))
    assert money(finding) == (1.0, 1.0, 1.0)
    assert finding["savings"]["lacks"] == ["no price known for AmazonEBS volume.gp9 in us-east-1"]
    assert rates(row(NOWHERE, 0.2)).reprice(finding) is True
    assert money(finding) == (1.0, 21.0, 21.0)
    assert finding["savings"]["lacks"] == []
    assert finding["savings"]["formula"] == "10 GiB × $0.1 volume.gp2 + 100 GiB × $0.2 volume.gp9 as billed"
    assert [price["key"] for price in finding["savings"]["prices"]] == ["volume.gp2", "volume.gp9"]


def test_an_unpriced_finding_gets_its_figure_from_the_bill_and_says_that_no_list_price_was_known() -> None:
    finding = as_json(saves(gib(NOWHERE, 100).times(0.5, "0.5 standby")))
    rates(row(NOWHERE, 0.2)).reprice(finding)
    assert (finding["savings"]["unpriced"], money(finding)) == (None, (10.0, 10.0, 10.0))
    assert finding["list_savings"]["unpriced"] == "no price known for AmazonEBS volume.gp9 in us-east-1"
    assert finding["savings"]["formula"] == "100 GiB × $0.2 volume.gp9 as billed × 0.5 standby"


def test_another_regions_price_gives_way_to_the_bill() -> None:
    away, key = Prices("ap-southeast-7"), ("AmazonEBS", "volume.standard.io")
    stand_in = away.price(*key)
    assert stand_in is not None
    assert stand_in.fallback_for == "ap-southeast-7"
    finding = as_json(saves(gib(key, 100, away)), of=sweeps.unit(region="ap-southeast-7"))
    rates(row(key, 0.048, region="ap-southeast-7")).reprice(finding)
    (price,) = finding["savings"]["prices"]
    assert (price["fallback_for"], price["region"], price["usd"]) == (None, "ap-southeast-7", 0.048)
    assert finding["savings"]["likely"] == pytest.approx(4.8)
    assert finding["savings"]["terms"][0]["list_rate"] is None


def test_what_is_missing_from_the_bill_as_well_stays_unpriced() -> None:
    finding = as_json(saves(gib(NOWHERE, 100)))
    assert rates(row(GP2, 0.05)).reprice(finding) is False
    assert finding["savings"]["unpriced"] == "no price known for AmazonEBS volume.gp9 in us-east-1"


def test_what_a_plan_pays_for_already_is_taken_off_both_figures() -> None:
    cost = PRICES.hourly(*M5)
    finding = as_json(saves(cost), coverable=Coverable("AmazonEC2", "m5", round(cost.usd or 0.0, 4)))
    rates(row(M5, 0.5 * list_price(M5))).reprice(finding)
    hours = {"service": "AmazonEC2", "account": sweeps.ACCOUNT, "region": sweeps.REGION, "family": "m5", "ends": None, "why": "a plan"}
    pool = hours | {"plan_hours": 75.0, "reserved_hours": 0.0, "on_demand_hours": 25.0}
    assert Commitments(sweeps.bill([pool])).net(finding)
    assert finding["savings"]["likely"] == pytest.approx(0.25 * 0.5 * (cost.usd or 0.0))
    assert finding["list_savings"]["likely"] == pytest.approx(0.25 * (cost.usd or 0.0))


def test_a_rate_explains_what_counts_and_nothing_else() -> None:
    own = rates(row(GP2, 0.088), row(GP3, None))
    counted, elsewhere = as_json(saves(gib(GP2, 60) + gib(GP2, 40))), as_json(saves(gib(GP2, 999)))
    for finding in (counted, elsewhere):
        own.reprice(finding)
    counted["savings"]["likely"] = 4.4  # half of it is netted
    own.explain(counted, Place.COUNTED)
    own.explain(elsewhere, Place.COUNTED_ELSEWHERE)
    shown = own.explained({"rates": {"rows": [row(GP2, 0.088), row(GP3, None)]}})["rows"]
    assert [(one["explains"], one["findings"]) for one in shown] == [(4.4, 1), (0.0, 0)]


parts = st.lists(st.tuples(st.sampled_from(RATE_KEYS), st.floats(0.1, 5_000), st.sampled_from([1.0, 0.5, -1.0])), min_size=1, max_size=5)


def made(lines: list[tuple[tuple[str, str], float, float]]) -> dict[str, Any]:
    amounts = [
        (PRICES.hourly(*key, 1) if key == M5 else gib(key, quantity)).times(factor, f"{factor} of it") for key, quantity, factor in lines
    ]
    return as_json(saves(sum(amounts, NOTHING), low=amounts[0]))


@given(parts)
def test_own_rates_that_are_the_list_prices_change_no_figure(lines: list[tuple[tuple[str, str], float, float]]) -> None:
    finding = made(lines)
    before = (money(finding), finding["savings"]["formula"])
    assert rates(*(row(key, list_price(key)) for key in RATE_KEYS)).reprice(finding) is False
    assert (money(finding), finding["savings"]["formula"]) == before


@given(parts)
def test_a_uniform_discount_takes_its_share_of_every_figure(lines: list[tuple[tuple[str, str], float, float]]) -> None:
    finding = made(lines)
    before = money(finding)
    rates(*(row(key, 0.88 * list_price(key)) for key in RATE_KEYS)).reprice(finding)
    assert money(finding) == pytest.approx(tuple(0.88 * figure for figure in before), abs=1e-4)
