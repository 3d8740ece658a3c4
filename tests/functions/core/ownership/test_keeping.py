"""Which tags keep a resource on purpose, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.ownership.keeping import KEPT_FOR_EVER, KEPT_UNTIL, NO, keeping_tag

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "key",
    [
        "do-not-delete", "DoNotDelete", "do_not_delete", "Do Not Delete", "DONOTDELETE", "acme:do-not-delete", "acme.com/keep", "keep",
        "Keep-Until", "keepUntil", "retention", "Retention_Period", "retain", "RetainUntil", "legal-hold", "Legal Hold", "LegalHold",
        "compliance", "Compliance", "preserve", "DoNotTerminate",
    ],
)  # fmt: skip
def test_a_key_keeps_however_it_is_written(key: str) -> None:
    assert keeping_tag({"Name": "a", key: "true"}, NOW) == key
    assert keeping_tag({key: ""}, NOW) == key


@pytest.mark.parametrize(
    "key", ["Name", "keeper", "delete", "retention-policy-owner", "aws:dlm:retention", "aws:backup:keep", "not-compliance", "", ":", "team"]
)
def test_other_keys_keep_nothing(key: str) -> None:
    assert keeping_tag({key: "do-not-delete"}, NOW) == ""


@pytest.mark.parametrize("value", [*sorted(NO), "False", " no ", "NONE"])
def test_a_tag_may_say_the_opposite(value: str) -> None:
    assert keeping_tag({"do-not-delete": value, "legal-hold": value}, NOW) == ""


@pytest.mark.parametrize(
    ("value", "keeps"),
    [
        ("2026-11-19", False),
        ("2026-11-20", True),  # through that day
        ("2026-11-21", True),
        ("2026/11/19", False),
        ("20261119", False),
        ("2027-01-31T00:00:00Z", True),
        ("2026-11-20T01:00:00Z", True),
        ("2026-11-20T01:00:00+09:00", False),  # the day before, in UTC
        ("2025-01-01T00:00:00", False),
        ("7y", True),
        ("7", True),
        ("2555 days", True),
        ("31.12.2020", True),  # no date in ISO 8601
        ("sometime", True),
        ("2026-13-01", True),
    ],
)
def test_a_date_that_is_over_keeps_nothing_and_what_is_no_date_keeps(value: str, keeps: bool) -> None:
    assert (keeping_tag({"keep-until": value}, NOW) != "") is keeps
    assert (keeping_tag({"retention": value}, NOW) != "") is keeps


def test_a_hold_does_not_end_with_the_day_that_it_began_on() -> None:
    assert [keeping_tag({key: "2020-01-01"}, NOW) for key in ("legal-hold", "compliance")] == ["legal-hold", "compliance"]


def test_one_tag_that_keeps_is_enough() -> None:
    assert keeping_tag({"keep": "no", "retain-until": "2020-01-01", "Legal-Hold": "case 7"}, NOW) == "Legal-Hold"


def test_a_moment_of_another_time_zone_is_the_same_moment() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=13)))
    assert there.date() != NOW.date()
    assert keeping_tag({"keep-until": "2026-11-20"}, there) == "keep-until"


@given(st.dates(), st.integers(0, 4_000))
def test_what_keeps_until_a_day_keeps_on_every_day_before(day: datetime, days: int) -> None:
    last = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if last - datetime(1970, 1, 1, tzinfo=UTC) > timedelta(days=days):
        assert keeping_tag({"keep-until": day.isoformat()}, last - timedelta(days=days)) == "keep-until"


@given(st.text(), st.text())
def test_no_tag_breaks_it(key: str, value: str) -> None:
    assert keeping_tag({key: value}, NOW) in ("", key)


def test_no_key_is_of_both_kinds() -> None:
    assert not KEPT_FOR_EVER & KEPT_UNTIL
