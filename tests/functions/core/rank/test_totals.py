"""Sums: what counts, where a finding stands, and that every way to add up gives the same total."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.money import HYGIENE, Price
from functions.core.rank.totals import GROUPS, Place, Totals, place
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps


def as_json(*args: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(*args, **more), mode="json")
    return made


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (as_json(savings=sweeps.saving(0.0051)), Place.COUNTED),
        (as_json(savings=sweeps.saving(0, 0, 0.0051)), Place.COUNTED),
        (as_json(savings=HYGIENE), Place.HYGIENE),
        (as_json(savings=sweeps.UNPRICED), Place.UNPRICED),
        (as_json(counted_by="x"), Place.COUNTED_ELSEWHERE),
        (as_json(savings=sweeps.UNPRICED, counted_by="x"), Place.COUNTED_ELSEWHERE),
        (as_json() | {"lifecycle": "suppressed", "headline": False}, Place.SUPPRESSED),
    ],
)
def test_a_finding_has_one_place(finding: dict[str, Any], expected: Place) -> None:
    assert place(finding) is expected
    totals = Totals()
    assert totals.add(finding) is expected
    made = totals.as_json(7)
    assert made["resources"] == 7
    assert made["monthly_savings"]["high"] == (finding["savings"]["high"] if expected is Place.COUNTED else 0)
    assert made["findings"] == totals.findings == (expected is not Place.SUPPRESSED)
    assert made["lifecycle"][finding["lifecycle"]] == 1


@pytest.mark.parametrize(
    ("effort", "risk", "quick"), [("VeryLow", "Low", 1), ("Low", "Low", 1), ("Medium", "Low", 0), ("Low", "Medium", 0), ("High", "High", 0)]
)
def test_quick_is_what_takes_little_effort_and_little_risk(effort: str, risk: str, quick: int) -> None:
    totals = Totals()
    totals.add(as_json(savings=sweeps.saving(20.0)) | {"effort": effort, "risk": risk})
    totals.add(as_json(savings=sweeps.UNPRICED) | {"effort": "Low", "risk": "Low"})
    made = totals.as_json(2)["quick"]
    assert (made["findings"], made["monthly_savings"]["likely"]) == (quick, 20.0 * quick)


MONEY = st.lists(st.integers(0, 10**9), min_size=3, max_size=3).map(lambda cents: tuple(amount / 10_000 for amount in sorted(cents)))
FOUND = st.builds(
    lambda money, unit, check, counts, name: as_json(
        name,
        sweeps.saving(money[1], money[0], money[2]),
        check=check,
        of=sweeps.unit(*unit),
        counted_by=None if counts else "another",
    ),
    MONEY,
    st.tuples(
        st.sampled_from(["ebs:volume", "ec2:instance", "rds:db-instance"]),
        st.sampled_from(["111122223333", "444455556666"]),
        st.sampled_from(["us-east-1", "eu-west-1"]),
    ),
    st.sampled_from(["one", "two"]),
    st.booleans(),
    st.text(max_size=3),
)


@given(st.lists(FOUND, max_size=30))
def test_every_group_adds_up_to_the_total(findings: list[dict[str, Any]]) -> None:
    totals = Totals()
    for finding in findings:
        totals.add(finding)
    made = totals.as_json(0)
    for end in ("low", "likely", "high"):
        cents = round(made["monthly_savings"][end] * 10_000)
        assert cents == sum(round(one["savings"][end] * 10_000) for one in findings if one["headline"])
        for group in GROUPS:
            assert cents == sum(round(sums["monthly_savings"][end] * 10_000) for sums in made[f"by_{group}"].values())
        assert round(made["annual_savings"][end] * 10_000) == 12 * cents
    for group in GROUPS:
        assert sum(sums["findings"] for sums in made[f"by_{group}"].values()) == len(findings) == made["findings"]
    assert totals.monthly_likely == made["monthly_savings"]["likely"]


def test_groups_come_with_the_largest_first() -> None:
    totals = Totals()
    for region, amount in (("a", 1.0), ("b", 3.0), ("c", 2.0), ("d", 0.0)):
        totals.add(as_json(savings=sweeps.saving(amount), of=sweeps.unit(region=region)))
    assert list(totals.as_json(0)["by_region"]) == ["b", "c", "a", "d"]


def test_sources_are_those_of_what_counts() -> None:
    totals = Totals()
    both = (sweeps.PRICE, sweeps.STAND_IN)  # the same source twice is one finding of that source
    totals.add(as_json(savings=sweeps.saving(1, prices=both)))
    totals.add(as_json(savings=sweeps.saving(1, prices=both), counted_by="x"))
    totals.add(as_json(savings=HYGIENE))
    assert totals.as_json(0)["price_sources"] == [{"source": sweeps.PRICE.source, "as_of": sweeps.PRICE.as_of, "findings": 1}]


def test_the_skus_of_one_offer_are_one_source() -> None:
    def of(sku: str) -> Price:
        return dataclasses.replace(sweeps.PRICE, source=f"AWS Price List API, offer AmazonEC2, SKU {sku}, published 2026-11-20T17:35:10Z")

    totals = Totals()
    totals.add(as_json(savings=sweeps.saving(5, prices=(of("A"), of("B")))))
    totals.add(as_json(savings=sweeps.saving(5, prices=(of("C"),))))
    assert totals.as_json(0)["price_sources"] == [
        {"source": "AWS Price List API, offer AmazonEC2, published 2026-11-20T17:35:10Z", "as_of": sweeps.PRICE.as_of, "findings": 2}
    ]


def test_suppressed_and_resolved_money_stands_apart() -> None:
    totals = Totals()
    totals.add(as_json(savings=sweeps.saving(4.5)) | {"lifecycle": "suppressed"})
    totals.add_resolved(22_500)
    totals.add_resolved(0)
    made = totals.as_json(0)
    assert made["suppressed"] == {"findings": 1, "monthly_savings_likely": 4.5, "by_tag": {"findings": 0, "monthly_savings_likely": 0.0}}
    assert made["resolved"] == {"findings": 2, "monthly_savings_likely": 2.25}
    assert made["monthly_savings"] == {"low": 0, "likely": 0, "high": 0}
    assert made["by_account"] == {}


def test_of_a_suppressed_resource_the_best_action_is_hidden_once() -> None:
    totals = Totals()
    best = as_json(savings=sweeps.saving(4.5)) | {"lifecycle": "suppressed", "suppressed_by": "file"}
    tagged = as_json("vol-2", sweeps.saving(3.0)) | {"lifecycle": "suppressed", "suppressed_by": "tag"}
    for finding in (best, best | {"counted_by": best["finding_id"]}, tagged, tagged | {"counted_by": tagged["finding_id"]}):
        assert totals.add(finding) is Place.SUPPRESSED
    made = totals.as_json(0)["suppressed"]
    assert made == {"findings": 4, "monthly_savings_likely": 7.5, "by_tag": {"findings": 2, "monthly_savings_likely": 3.0}}


def test_a_sum_without_some_accounts() -> None:
    totals = Totals()
    for account, likely in (("1" * 12, 4.5), ("1" * 12, 1.0), ("2" * 12, 10.0)):
        totals.add(as_json(savings=sweeps.saving(likely), of=sweeps.unit(account=account)))
    assert set(totals.accounts) == {"1" * 12, "2" * 12}
    assert totals.monthly_likely_without([]) == totals.monthly_likely == 15.5
    assert totals.monthly_likely_without(["2" * 12, "3" * 12]) == 5.5
    assert totals.monthly_likely_without(["1" * 12, "2" * 12]) == 0.0
