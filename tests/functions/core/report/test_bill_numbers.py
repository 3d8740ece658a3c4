"""The bill and the sweep's own cost in short."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.report import bill_numbers
from tests.functions.core.report import bills


@pytest.mark.parametrize("head", [{}, {"bill": None, "sweep_cost": None}])
def test_an_older_run_has_not_asked(head: dict[str, Any]) -> None:
    assert bill_numbers.short(head) == {"status": "none", "reason": "not asked"}
    assert bill_numbers.short_sweep_cost(head) is None


def test_without_a_bill_there_is_the_reason_and_nothing_else() -> None:
    assert bill_numbers.short({"bill": bills.none("AccessDeniedException: no")}) == {
        "status": "none",
        "reason": "AccessDeniedException: no",
    }


def test_a_bill_in_short() -> None:
    whole = bills.bill()
    made = bill_numbers.short({"bill": whole})
    assert (made["monthly"], made["amortized"], made["days"]) == (whole["monthly"], whole["amortized"], 30)
    assert made["explained"]["share"] == 0.2371
    assert made["blind_spot"]["found"] == len(whole["blind_spot"]["services"]) > bill_numbers.LISTED
    assert made["blind_spot"]["services"] == whole["blind_spot"]["services"][: bill_numbers.LISTED]
    assert (made["anomalies_found"], made["anomalies"]) == (2, whole["anomalies"])
    assert made["month_over_month"]["change"] == 0.08


def test_a_new_accounts_bill_in_short_is_zero() -> None:
    made = bill_numbers.short({"bill": bills.new_account()})
    assert (made["monthly"], made["month_over_month"], made["anomalies_found"]) == (0.0, None, 0)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(None, 5.0, None), (0.0, 5.0, None), (0.005, 5.0, None), (0.01, 0.02, 1.0), (4.0, 1.0, -0.75), (2.0, 2.0, 0)],
)
def test_a_change_needs_something_before(before: float | None, now: float, expected: float | None) -> None:
    assert bill_numbers.change(before, now) == expected


def month(amortized: float, complete: bool = True, **more: float) -> dict[str, Any]:
    return {"month": "m", "unblended": amortized, "amortized": amortized, "complete": complete, **more}


@pytest.mark.parametrize(
    ("months", "changes"),
    [
        ([], []),
        ([month(10), month(12), month(6, False, same_days_before=8)], [None, 0.2, -0.25]),
        ([month(3, False), month(12), month(18)], [None, None, 0.5]),
        ([month(10), month(6, False)], [None, None]),
    ],
)
def test_a_month_is_compared_with_a_month_and_days_with_the_same_days(months: list[dict[str, Any]], changes: list[float | None]) -> None:
    assert [one["change"] for one in bill_numbers.months({"months": months})] == changes


def test_the_largest_line_of_a_sweeps_cost_comes_first() -> None:
    cost = bills.sweep_cost()
    made = bill_numbers.short_sweep_cost({"sweep_cost": cost | {"lines": cost["lines"][::-1]}})
    assert made is not None
    assert made["usd"] == cost["usd"]
    assert made["largest"][0] == {"what": "GetMetricData", "usd": 0.0221, "share": 0.706409}
    assert sum(line["share"] for line in made["largest"]) == pytest.approx(1, abs=1e-3)
    assert made["unpriced"] == 1


def test_a_sweep_that_cost_nothing_has_no_shares() -> None:
    cost = bills.sweep_cost()
    made = bill_numbers.short_sweep_cost({"sweep_cost": cost | {"usd": 0.0, "lines": [line | {"usd": 0.0} for line in cost["lines"]]}})
    assert made is not None
    assert {line["share"] for line in made["largest"]} == {0.0}


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.0, "0 %"), (0.0099, "< 1 %"), (0.01, "1 %"), (0.29, "29 %"), (0.999, "99 %"), (1.0, "100 %"), (12.5, "1,250 %")]
)
def test_a_share_is_never_rounded_up(ratio: float, text: str) -> None:
    assert bill_numbers.whole(ratio) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0.0, "$0.00"), (1234.567, "$1,234.57"), (0.1, "$0.10"), (0.0312, "$0.031"), (0.0000042, "$0.0000042"), (0.01, "$0.010")],
)
def test_small_dollars_keep_two_digits(usd: float, text: str) -> None:
    assert bill_numbers.about(usd) == text


def test_the_accounts_that_a_bill_does_not_see_stand_in_it_in_short() -> None:
    whole = bills.bill(10)
    assert bill_numbers.beyond(bill_numbers.short({"bill": whole})) == ""
    made = bill_numbers.short({"bill": whole | {"without_rows": whole["accounts"][1:]}})
    assert (made["accounts"], made["without_rows_found"], made["without_rows"]) == (10, 9, whole["accounts"][1:6])
    named = ", ".join(whole["accounts"][1:4])
    assert bill_numbers.beyond(made) == f" It has no rows of 9 of 10 accounts ({named} and 6 more): it is not what these pay."
    older = {name: value for name, value in made.items() if "accounts" not in name and "without" not in name}
    assert bill_numbers.beyond(older) == ""


@pytest.mark.parametrize(
    ("found", "parts", "words"),
    [
        (1, 0, "1 service"),
        (1_200, 0, "1,200 services"),
        (3, 2, "1 service and 2 usage types of others"),
        (5, 1, "4 services and 1 usage type of others"),
        (2, 2, "2 usage types of services"),
    ],
)
def test_what_nobody_looks_at_is_counted_in_services_and_usage_types(found: int, parts: int, words: str) -> None:
    assert bill_numbers.nobody_looks_at(found, parts) == words


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"service": "AWS Glue"}, "AWS Glue"),  # of an older run
        ({"service": "AWS Glue", "usage_type": ""}, "AWS Glue"),
        ({"service": "EC2 - Other", "usage_type": "CPUCredits:t3"}, "EC2 - Other: CPUCredits:t3"),
    ],
)
def test_an_entry_of_the_blind_spot_has_a_name(entry: dict[str, str], name: str) -> None:
    assert bill_numbers.blind_name(entry) == name
