"""Which days are asked about, how long an answer is good for, and when two questions are one."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.costs import explorer, queries
from functions.core.costs.queries import A_DAY, A_MONTH, Query, window
from functions.core.costs.rows import NoBill, Window
from functions.core.prices.products import by_operation
from functions.core.services import billed_as, instance_hours

NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "days", "start", "end", "before", "history"),
    [
        ("2026-11-24T19:30", None, "2026-10-25", "2026-11-24", "2026-09-25", "2026-09-01"),
        ("2026-11-24T00:00", 30, "2026-10-25", "2026-11-24", "2026-09-25", "2026-09-01"),
        ("2026-11-23T23:59", 30, "2026-10-24", "2026-11-23", "2026-09-24", "2026-09-01"),
        ("2027-06-01T00:00", 30, "2026-10-25", "2026-11-24", "2026-09-25", "2026-09-01"),  # what may come is not billed yet
        ("2026-11-24T12:00", 1, "2026-11-23", "2026-11-24", "2026-11-22", "2026-09-01"),
        ("2026-11-24T12:00", 90, "2026-08-26", "2026-11-24", "2026-05-28", "2026-05-28"),
        ("2026-11-01T12:00", 30, "2026-10-02", "2026-11-01", "2026-09-02", "2026-08-01"),  # the last complete day is in October
        ("2026-11-24T12:00", 365, "2025-11-24", "2026-11-24", None, "2025-10-01"),  # the year before is not to be had
        ("2025-11-01T00:00", 30, "2025-10-02", "2025-11-01", None, "2025-10-01"),
        ("2025-10-11T00:00", 30, "2025-10-01", "2025-10-11", None, "2025-10-01"),  # shorter, because nothing is older
    ],
)
def test_the_window_is_of_complete_days_that_cost_explorer_has(
    as_of: str, days: int | None, start: str, end: str, before: str | None, history: str
) -> None:
    day = date.fromisoformat
    assert window(at(as_of), NOW, days) == Window(day(start), day(end), day(before) if before else None, day(history))


@pytest.mark.parametrize(("as_of", "there"), [("2025-10-02T00:00", True), ("2025-10-01T23:59", False), ("2024-01-01T00:00", False)])
def test_days_that_are_too_old_are_no_bill(as_of: str, there: bool) -> None:
    if there:
        assert window(at(as_of), NOW, 30).days == 1
    else:
        with pytest.raises(NoBill, match="begins with 2025-10-01"):
            window(at(as_of), NOW, 30)


def test_a_time_with_another_offset_is_its_utc_day() -> None:
    assert window(datetime.fromisoformat("2026-11-24T01:00+02:00"), NOW, 30).end == date(2026, 11, 23)


def asked_until(end: str) -> Query:
    return Query("daily", "GetCostAndUsage", {"TimePeriod": {"Start": "2026-01-01", "End": end}})


@pytest.mark.parametrize(
    ("end", "now", "seconds"),
    [
        ("2026-11-25", "2026-11-24T23:59", 1800),  # the 24th is not over
        ("2026-11-24", "2026-11-24T00:00", A_DAY),
        ("2026-11-02", "2026-11-30T00:00", A_DAY),  # November is open
        ("2026-11-01", "2026-11-05T23:59", A_DAY),  # October ended, but not yet five days ago
        ("2026-11-01", "2026-11-06T00:00", A_MONTH),
        ("2026-10-15", "2026-11-06T00:00", A_MONTH),
        ("2026-10-01", "2026-11-05T00:00", A_MONTH),
        ("2026-12-01", "2026-12-31T00:00", A_MONTH),
    ],
)
def test_an_answer_is_good_for_as_long_as_its_days_do_not_change(end: str, now: str, seconds: float) -> None:
    assert asked_until(end).good_for(at(now), 1800) == seconds


WINDOW = window(NOW, NOW, 30)
ACCOUNTS = [f"{number:012}" for number in range(3)]


@given(st.permutations(ACCOUNTS), st.sampled_from([queries.daily, queries.regions, queries.kinds]))
def test_the_order_of_accounts_makes_no_other_question(accounts: list[str], question: Any) -> None:
    assert question(WINDOW, accounts).digest("1") == question(WINDOW, ACCOUNTS).digest("1")
    assert question(WINDOW, [*accounts, accounts[0]]).digest("1") == question(WINDOW, ACCOUNTS).digest("1")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_what_has_none_makes_no_other_question(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # an order, no secret
    question = queries.usage("usage", WINDOW, ACCOUNTS, "Usage")

    def shuffled(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: shuffled(value[name], name) for name in chance.sample(sorted(value), len(value))}
        if isinstance(value, list):
            return [shuffled(one) for one in (value if key == "GroupBy" else chance.sample(value, len(value)))]
        return value

    assert Query("x", question.operation, shuffled(question.parameters)).digest("1") == question.digest("1")


def test_everything_that_changes_the_answer_makes_another_question(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = window(at("2026-11-23T00:00"), NOW, 30)
    grouped = queries.regions(WINDOW, ACCOUNTS)
    turned = Query("regions", grouped.operation, {**grouped.parameters, "GroupBy": grouped.parameters["GroupBy"][::-1]})
    made = [
        *(question.digest("1") for question in (queries.daily(WINDOW, ACCOUNTS), queries.daily(WINDOW, ACCOUNTS[:2]), grouped, turned)),
        queries.daily(earlier, ACCOUNTS).digest("1"),
        queries.priced(WINDOW).digest("1"),
        queries.priced(earlier).digest("1"),
        queries.priced_by_operation(WINDOW).digest("1"),
        queries.daily(WINDOW, ACCOUNTS).digest("2"),
        *(queries.reservations(WINDOW, service).digest("1") for service in instance_hours()),
        *(queries.usage("usage", WINDOW, ACCOUNTS, kind).digest("1") for kind in (queries.ON_DEMAND, queries.BY_PLAN)),
    ]
    monkeypatch.setattr(queries, "VERSION", queries.VERSION + 1)
    made.append(queries.daily(WINDOW, ACCOUNTS).digest("1"))
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("accounts", "pairs", "by_day"), [(1, True, True), (5, True, True), (6, False, True), (20, False, True), (21, False, False)]
)
def test_many_accounts_are_asked_about_in_fewer_pages(accounts: int, pairs: bool, by_day: bool) -> None:
    many = [f"{number:012}" for number in range(accounts)]
    keys = [group["Key"] for group in queries.daily(WINDOW, many).parameters["GroupBy"]]
    assert keys == (["SERVICE", "LINKED_ACCOUNT"] if pairs else ["SERVICE"])
    assert queries.usage("usage", WINDOW, many, "Usage").parameters["Granularity"] == ("DAILY" if by_day else "MONTHLY")


@pytest.mark.parametrize("question", [queries.daily, queries.regions, queries.kinds])
def test_credits_refunds_and_taxes_are_left_out(question: Any) -> None:
    assert {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund", "Tax"]}}} in question(WINDOW, ACCOUNTS).parameters[
        "Filter"
    ]["And"]


def test_what_usage_costs_is_asked_by_day_over_all_accounts_and_on_demand_only() -> None:
    """Rates and tiers are the organization's: without the account, the two dimensions that there are can be the service and the usage."""
    asked = [queries.priced(WINDOW).parameters, queries.priced_by_operation(WINDOW).parameters]
    assert [[group["Key"] for group in one["GroupBy"]] for one in asked] == [["SERVICE", "USAGE_TYPE"], ["USAGE_TYPE", "OPERATION"]]
    for one, services in zip(asked, (billed_as(), by_operation()), strict=True):
        assert (one["Granularity"], one["TimePeriod"]) == ("DAILY", {"Start": "2026-10-25", "End": "2026-11-24"})
        assert set(one["Metrics"]) == {"UnblendedCost", "AmortizedCost", "NetAmortizedCost", "UsageQuantity"}
        assert one["Filter"] == {
            "And": [
                {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund", "Tax"]}}},
                {"Dimensions": {"Key": "SERVICE", "Values": sorted(services)}},
                {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Usage"]}},
            ]
        }


def test_operations_are_asked_about_only_where_they_tell_the_price() -> None:
    assert by_operation() == {
        "Amazon Elastic Compute Cloud - Compute",
        "Amazon Relational Database Service",
        "Amazon ElastiCache",
        "Amazon Elastic Load Balancing",
    }
    assert by_operation() <= billed_as()


VIEW = "arn:aws:billing::111122223333:billingview/billing-group-abc"


def test_a_billing_view_is_asked_about_where_cost_explorer_knows_views() -> None:
    members = {name: ce_members(name) for name in explorer.TOKENS}
    assert {name for name, known in members.items() if "BillingViewArn" in known} == queries.WITH_VIEWS
    asked = queries.window(NOW, NOW, 30)
    one, plans = queries.regions(asked, ["111122223333"]), queries.savings_plans(asked)
    assert one.through(VIEW).parameters == {**one.parameters, "BillingViewArn": VIEW}
    assert one.through(VIEW).digest("1") != one.digest("1"), "another answer"
    assert one.through("") is one
    assert plans.through(VIEW) is plans


def ce_members(operation: str) -> set[str]:
    """The parameters of an operation, by botocore's model."""
    model = botocore.session.get_session().get_service_model("ce")
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    return set(shape.members)
