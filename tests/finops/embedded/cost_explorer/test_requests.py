"""What is refused, in AWS's words, and what a filter, a period and a page are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from finops.embedded.cost_explorer.requests import Refused, asked_for, days, groups, matcher, month_after, months_before, page_of, periods
from tests.finops.asking import EC2, PAYER, RDS, by, only, row

TODAY = date(2026, 11, 24)
FIELDS = {"SERVICE": "service", "REGION": "region"}


def refused(ask: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value.code, caught.value.message


def between(start: str, end: str, *, finished: bool = False) -> Any:
    return days({"TimePeriod": {"Start": start, "End": end}}, TODAY, finished=finished)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23", "2026-11-24"),
        ("2026-11-24", "2026-12-01"),  # up to the beginning of next month
        ("2025-09-24", "2026-11-24"),  # 14 months back
    ],
)
def test_a_period_that_can_be_asked_for(start: str, end: str) -> None:
    assert between(start, end) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-24", "2026-11-24", "Start date (and hour) should be before end date (and hour)"),
        ("2026-11-24", "2026-11-23", "Start date (and hour) should be before end date (and hour)"),
        ("2026-11-01", "2026-12-02", "end date past the beginning of next month"),
        ("2026-11-25", "2026-11-26", "start date 2026-11-25 is in the future"),
        ("2025-09-23", "2026-11-24", "You haven't enabled historical data beyond 14 months."),
        ("yesterday", "2026-11-24", "TimePeriod needs a Start and an End, each as YYYY-MM-DD"),
    ],
)
def test_a_period_that_is_refused(start: str, end: str, words: str) -> None:
    assert refused(lambda: between(start, end)) == ("ValidationException", words)


def test_commitments_are_asked_for_finished_days_only() -> None:
    assert between("2026-11-01", "2026-11-24", finished=True)[1] == TODAY
    assert refused(lambda: between("2026-11-01", "2026-11-25", finished=True)) == ("ValidationException", "end date past today")
    assert refused(lambda: days({}, TODAY))[0] == "ValidationException"


def test_months_end_when_they_end() -> None:
    assert [month_after(day) for day in (date(2026, 11, 1), date(2026, 12, 31))] == [date(2026, 12, 1), date(2027, 1, 1)]
    assert months_before(date(2026, 4, 30), 14) == date(2025, 2, 28)
    assert months_before(date(2026, 1, 31), 1) == date(2025, 12, 31)


def test_months_are_cut_at_both_ends_and_days_are_days() -> None:
    start, end = date(2026, 10, 30), date(2026, 12, 2)
    cut = [(start, date(2026, 11, 1)), (date(2026, 11, 1), date(2026, 12, 1)), (date(2026, 12, 1), end)]
    assert periods("MONTHLY", start, end) == cut
    assert len(periods("DAILY", start, end)) == 33
    assert refused(lambda: periods("HOURLY", start, end))[0] == "ValidationException"


def test_at_most_two_groups_of_known_dimensions() -> None:
    assert groups({"GroupBy": by("SERVICE", "REGION")}, ("SERVICE", "REGION")) == ["SERVICE", "REGION"]
    assert groups({}, ("SERVICE",)) == []
    assert refused(lambda: groups({"GroupBy": by("SERVICE", "REGION", "SERVICE")}, ("SERVICE", "REGION")))[0] == "ValidationException"
    words = "Dimension RESOURCE_ID is not allowed."
    assert refused(lambda: groups({"GroupBy": by("RESOURCE_ID")}, ("SERVICE",))) == ("ValidationException", words)


@pytest.mark.parametrize(
    ("expression", "matched"),
    [
        (None, {"a", "b", "c"}),
        (only("SERVICE", EC2), {"a", "b"}),
        (only("SERVICE", EC2, RDS), {"a", "b", "c"}),
        ({"And": [only("SERVICE", EC2), only("REGION", "us-west-2")]}, {"b"}),
        ({"Or": [only("SERVICE", RDS), only("REGION", "us-west-2")]}, {"b", "c"}),
        ({"Not": only("SERVICE", EC2)}, {"c"}),
        ({"And": [only("SERVICE", EC2), {"Not": {"Or": [only("REGION", "us-west-2"), only("SERVICE", RDS)]}}]}, {"a"}),
    ],
)
def test_a_filter_matches(expression: Any, matched: set[str]) -> None:
    rows = {"a": row(TODAY, 1), "b": row(TODAY, 1, region="us-west-2"), "c": row(TODAY, 1, service=RDS)}
    matches = matcher(expression, FIELDS)
    assert {name for name, one in rows.items() if matches(one)} == matched


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ({"And": [only("SERVICE", EC2)]}, "And expression must have at least 2 operands"),
        ({"Or": []}, "Or expression must have at least 2 operands"),
        ({**only("SERVICE", EC2), "Not": only("REGION", "x")}, "Expression has more than one roots"),
        ({}, "Expression has zero roots"),
        (only("RESOURCE_ID", "x"), "Dimension RESOURCE_ID is not allowed."),
        (only("SERVICE"), "Dimension SERVICE has no values"),
        ({"Tags": {"Key": "team", "Values": ["web"]}}, "Tags is not supported"),
        ({"Dimensions": {"Key": "SERVICE", "Values": ["A"], "MatchOptions": ["STARTS_WITH"]}}, "MatchOptions"),
    ],
)
def test_a_filter_that_is_refused(expression: Any, words: str) -> None:
    code, message = refused(lambda: matcher(expression, FIELDS))
    assert (code, message[: len(words)]) == ("ValidationException", words)


def test_only_and_where_aws_knows_only_and() -> None:
    assert refused(lambda: matcher({"Not": only("SERVICE", EC2)}, FIELDS, ("And",)))[0] == "ValidationException"


def test_the_values_asked_for_are_found_at_the_top_and_in_an_and() -> None:
    assert asked_for(only("SERVICE", RDS), "SERVICE") == [RDS]
    assert asked_for({"And": [only("LINKED_ACCOUNT", PAYER), only("SERVICE", RDS)]}, "SERVICE") == [RDS]
    assert asked_for(None, "SERVICE") == []


def test_pages_follow_one_another_and_end() -> None:
    request: dict[str, Any] = {"Metrics": ["UnblendedCost"]}
    seen = []
    while True:
        first, end, onwards = page_of(request, 5, 2, "NextPageToken")
        seen.append((first, end))
        if not onwards:
            break
        request = {"Metrics": ["UnblendedCost"], **onwards}
    assert seen == [(0, 2), (2, 4), (4, 5)]
    assert page_of({}, 2, 2, "NextPageToken") == (0, 2, {})


def test_a_token_belongs_to_its_request() -> None:
    token = page_of({"Metrics": ["A"]}, 5, 2, "NextToken")[2]
    assert refused(lambda: page_of({"Metrics": ["B"], **token}, 5, 2, "NextToken"))[0] == "RequestChangedException"
    assert refused(lambda: page_of({"NextToken": "nonsense"}, 5, 2, "NextToken"))[0] == "InvalidNextTokenException"
