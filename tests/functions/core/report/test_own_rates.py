"""The account's own rates: how they are written, what is said of them, and how a finding says which rate counted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.core.money import money
from functions.core.report import own_rates
from functions.core.report.own_rates import LISTED, SHOWN, OwnRates, discount_in_words, parts, priced_lines, unit_price
from tests.functions import sweeps
from tests.functions.core.report import bills
from tests.functions.core.report.test_as_html import FOUND, HOSTILE, page, scripts
from tests.functions.folder_bucket import FolderBucket

MANY = [bills.rate(f"Usage{number:04}", cost=float(number), unit="Hrs") for number in range(LISTED + 7)]


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [(1234.567, "USD", "$1,234.57"), (12, "CNY", "¥12.00"), (0.3, "EUR", "€0.30"), (3, "CHF", "CHF 3.00"), (0.004, "USD", "$0.0040")],
)
def test_an_amount_has_the_sign_of_its_currency(amount: float, currency: str, written: str) -> None:
    assert money(amount, currency) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0.0736, "$0.0736"),
        (0.1, "$0.10"),
        (1.0, "$1.00"),
        (0, "$0.00"),
        (4.612e-7, "$0.0000004612"),
        (0.07360000000000001, "$0.0736"),
        (1234.5, "$1,234.50"),
        (0.0441599999, "$0.04416"),
    ],
)
def test_a_rate_has_the_digits_that_count_and_not_those_of_the_division(amount: float, written: str) -> None:
    assert unit_price(amount, "USD") == written


@pytest.mark.parametrize(
    ("discount", "written"),
    [
        (0.08, "8 %"),
        (0.125, "12.5 %"),
        (0.00005, "at list"),
        (-0.00005, "at list"),
        (0.0, "at list"),
        (0.0004, "0.04 %"),
        (-0.0273, "2.7 % more than list"),
        (None, ""),
    ],
)
def test_a_discount_is_in_words_where_a_number_would_mislead(discount: float | None, written: str) -> None:
    assert discount_in_words(discount) == written


def test_what_explains_the_largest_savings_is_first_and_then_what_costs_most() -> None:
    of = OwnRates(bills.rates(*bills.contract()))
    assert [row["usage_type"] for row in of.used][:5] == [
        "EBS:VolumeUsage.gp3", "NatGateway-Hours", "LoadBalancerUsage", "NatGateway-Bytes", "MirrorUsage:db.r5.large",
    ]  # fmt: skip
    assert [row["usage_type"] for row in of.refused] == ["EBS:VolumeUsage.gp2", "BoxUsage:t3.medium"]


def test_it_is_said_how_many_there_are_and_why_others_are_none() -> None:
    assert OwnRates(bills.rates(*bills.contract())).in_words == [
        "8 usage types have an own rate, 4 of them below list price.",
        "2 were refused: its days do not agree (1); only 2 days cost something, of 3 that it takes (1).",
    ]
    one = OwnRates(bills.rates(bills.rate("A", None)))
    assert one.in_words == ["0 usage types have an own rate.", "1 was refused: its days do not agree (1)."]
    assert OwnRates(bills.rates(bills.rate("A"))).in_words == ["1 usage type has an own rate, 1 of them below list price."]


def test_the_most_frequent_reasons_are_named_and_the_others_counted() -> None:
    reasons = ["d: 1", "a", "b", "c", "d: 2", "d: 3", "", "e"]
    of = OwnRates(bills.rates(*(bills.rate(str(number), None, refused=why) for number, why in enumerate(reasons))))
    assert of.in_words[1] == "8 were refused: d (3); a (1); b (1); other reasons (3)."
    assert {own_rates.why(row) for row in of.refused} >= {"no reason was given", "d: 2"}


def test_a_bill_of_before_rank_explains_nothing() -> None:
    row = {name: value for name, value in bills.rate("A").items() if name not in ("explains", "findings")}
    assert own_rates.explains(row) == 0
    assert OwnRates(bills.rates(row)).used == [row]


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        (0, (0, 0, 0)),
        (SHOWN, (SHOWN, 0, 0)),
        (SHOWN + 1, (SHOWN, 1, 0)),
        (LISTED, (SHOWN, LISTED - SHOWN, 0)),
        (LISTED + 7, (SHOWN, 188, 7)),
    ],
)
def test_the_first_are_in_sight_and_the_last_only_counted(count: int, lengths: tuple[int, int, int]) -> None:
    first, folded, left = parts(MANY[:count])
    assert (len(first), len(folded), left) == lengths


def term(rate: float, listed: float | None, rate_from: str = "bill", key: str = "volume.gp2") -> dict[str, Any]:
    return {"service": "AmazonEBS", "key": key, "rate": rate, "list_rate": listed, "rate_from": rate_from}


def price(key: str = "volume.gp2", **more: Any) -> dict[str, Any]:
    return {
        "service": "AmazonEBS", "key": key, "usd": 0.1, "unit": "GB-Mo", "region": "us-east-1", "source": "AWS Price List",
        "as_of": "2026-10-01", "fallback_for": None,
    } | more  # fmt: skip


def test_each_price_knows_the_rate_of_the_bill_that_counted_instead() -> None:
    own, listed, alone = term(0.092, 0.1), term(0.005, 0.005, "list", "iops"), term(0.3, None, key="throughput")
    savings = {"prices": [price(), price("iops")], "terms": [own, listed], "high_terms": [alone]}
    lines = priced_lines(savings)
    assert [(line["price"] and line["price"]["key"], line["own"], line["told"]) for line in lines] == [
        ("volume.gp2", own, True),
        ("iops", None, True),
        (None, alone, True),
    ]
    at_list = priced_lines({"prices": [price()], "terms": [term(0.1, 0.1, "list")]})
    assert [(line["own"], line["told"]) for line in at_list] == [(None, False)]
    assert [line["told"] for line in priced_lines({"prices": [price()]})] == [False]


def repriced(**members: Any) -> Callable[[FolderBucket], None]:
    """Makes of every ranked finding one that Rank has priced with the bill."""

    def write(s3: FolderBucket) -> None:
        bucket, key = sweeps.folder(s3).bucket, sweeps.folder(s3).ranked
        found = [json.loads(line) for line in gzip.decompress(bucket.need(key)).splitlines()]
        for one in found:
            one["savings"] |= members.get("savings", {})
            one |= {name: value for name, value in members.items() if name != "savings"}
        bucket.put(key, gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in found)), "application/gzip")

    return write


@pytest.mark.parametrize(
    ("own", "of", "line"),
    [
        (term(0.092, 0.1), price(), "$0.092 per GB-Mo on your bill, $0.10 at list: AmazonEBS volume.gp2, us-east-1 (AWS Price List"),
        (term(0.1, 0.1), price(), "$0.10 per GB-Mo on your bill and at list: AmazonEBS volume.gp2, us-east-1"),
        (term(0.3, None), price(unit=""), "$0.30 on your bill, no list price is known: AmazonEBS volume.gp2, us-east-1"),
        (term(0.092, None), price(), "$0.092 per GB-Mo on your bill, no list price is known: AmazonEBS volume.gp2, us-east-1"),
        (
            term(0.13, None),
            price(fallback_for="eu-south-2"),
            "$0.13 per GB-Mo on your bill: AmazonEBS volume.gp2, eu-south-2 (no list price is known there; us-east-1’s is $0.10: AWS Price",
        ),
        (term(0.3, None, key="iops"), price(), "$0.30 on your bill, no list price is known: AmazonEBS iops"),
        (term(0.3, None, key="iops"), price(), "$0.10 per GB-Mo at list: AmazonEBS volume.gp2, us-east-1"),
        (term(0.1, 0.1, "list"), price(), "$0.10 per GB-Mo: AmazonEBS volume.gp2, us-east-1"),
    ],
)
def test_a_finding_says_of_each_price_whether_the_bill_or_the_list_counted(
    tmp_path: Path, own: dict[str, Any], of: dict[str, Any], line: str
) -> None:
    found = [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(9.2))])]
    _, _, text = page(tmp_path, found, before=[repriced(savings={"terms": [own], "prices": [of]})])
    assert line in text
    assert "stands in" not in text


AT_LIST = {"low": 5.0, "likely": 10.0, "high": 20.0, "unpriced": None}


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (AT_LIST, "At the rates of your bill; at list prices $10.00."),
        (AT_LIST | {"likely": 0.0, "unpriced": "no price is known"}, "at list prices there is no amount: no price is known."),
        (AT_LIST | {"likely": 9.2}, None),
        (None, None),
    ],
)
def test_a_finding_says_what_it_would_save_at_list_prices_where_that_is_another_amount(
    tmp_path: Path, listed: dict[str, Any] | None, said: str | None
) -> None:
    found = [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(9.2))])]
    _, _, text = page(tmp_path, found, before=[repriced(list_savings=listed)])
    assert "$9.20 a month" in text
    assert (said in text) if said else ("At the rates of your bill" not in text)


def test_the_page_shows_what_each_unit_costs_beside_its_list_price(tmp_path: Path) -> None:
    _, outline, text = page(tmp_path, FOUND, head={"bill": bills.bill(rates=bills.rates(*bills.contract()))})
    for part in (
        "Your own rates What a unit costs on the bill: the cost (net amortised) divided by the quantity, on the median of the days.",
        "8 usage types have an own rate, 4 of them below list price.",
        "EBS:VolumeUsage.gp3 us-east-1 $0.0736 per GB-Mo $0.08 8 % 41,208 $3,032.91 $412.50 31 findings",
        "LoadBalancerUsage LoadBalancing:Application us-east-1 $0.0252 per Hrs $0.0252 at list",
        "VpcEndpoint-Hours us-east-1 $0.0113 per Hrs $0.011 2.7 % more than list",
        "MirrorUsage:db.r5.large us-east-1 $1.01 unknown",
        "2 usage types without an own rate, and why",
        "EBS:VolumeUsage.gp2 us-east-1 $112.72 its days do not agree: from 0.05 to 0.08, a mixture of tiers or prices",
        "Savings are at the rates of your own bill where it tells them, and else at list price",
    ):
        assert part in text
    assert ("div", "id", "own-rates") in outline.attributes
    assert outline.attributes.count(("td", "class", "num less")) == 4
    anomalies = len(bills.bill()["anomalies"])
    assert outline.attributes.count(("td", "class", "num up")) == anomalies + 1, "one is dearer than list"


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        (None, None),
        (bills.rates(reason="AccessDenied: no."), "There are none: AccessDenied: no."),
        (bills.rates(), "There are none: the bill has no usage."),
        (bills.rates(bills.rate("A"), reason="Throttled"), "what a rate explains are of a month. Not all could be read: Throttled."),
        (bills.rates(bills.rate("A"), cost="unblended"), "the cost (unblended, because the payer shows no net cost)"),
    ],
)
def test_the_page_says_why_there_are_none_and_which_cost_it_is(tmp_path: Path, rates: dict[str, Any] | None, said: str | None) -> None:
    _, _, text = page(tmp_path, FOUND, head={"bill": bills.bill() | ({"rates": rates} if rates else {})})
    assert ("Your own rates" in text) is (said is not None)
    assert said is None or said in text
    used = bool(rates and rates["rows"])
    assert ("Savings are at list price, before discounts; hours" in text) is not used


def test_another_currency_has_its_sign_and_list_prices_stay_dollars(tmp_path: Path) -> None:
    row = bills.rate("CNN1-BoxUsage", 0.6, 0.1, discount=None, cost=1234.5)
    _, _, text = page(tmp_path, FOUND, head={"bill": bills.bill(rates=bills.rates(row, currency="CNY"))})
    assert "CNN1-BoxUsage us-east-1 ¥0.60 per GB-Mo $0.10 1,193 ¥1,234.50" in text
    assert "They are in CNY and list prices in USD: no saving is counted at them." in text
    assert "Savings are at list price, before discounts; hours" in text


def test_many_are_folded_away_and_the_last_are_elsewhere(tmp_path: Path) -> None:
    refused = [row | {"own": None, "refused": "too little"} for row in MANY]
    _, _, text = page(tmp_path, FOUND, head={"bill": bills.bill(rates=bills.rates(*MANY, *refused))})
    assert "188 more usage types" in text
    assert text.count("And 7 more in report.json and finops costs rates .") == 2
    assert (text.count("Usage0007"), text.count("Usage0006"), text.count("Usage0206")) == (2, 0, 2)


def test_nothing_in_the_rates_is_markup_of_others(tmp_path: Path) -> None:
    names = ("usage_type", "operation", "region", "unit", "refused")
    rows = [row | {name: f"{row[name]}{HOSTILE}" for name in names if row[name]} for row in bills.contract()]
    rates = bills.rates(*rows, cost=HOSTILE, currency=HOSTILE, reason=HOSTILE)
    source, outline, text = page(tmp_path, FOUND, head={"bill": bills.bill(rates=rates)})
    assert scripts(outline) == 1
    assert "<script>alert" not in source
    assert text.count(HOSTILE) >= 40
