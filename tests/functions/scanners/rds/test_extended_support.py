"""Extended Support: the calendar, AWS's own dates, what is charged when, and which answer makes the calendar stand in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.aws import refusals
from functions.core.errors import Throttled
from functions.core.prices.book import Prices
from functions.scanners.rds import extended_support
from functions.scanners.rds.extended_support import CALENDAR, SupportDates, SupportLifecycle
from tests.functions.scanners.rds.samples import aws, lacking, lifecycle_answer, moto_answers_major_versions

US = Prices("us-east-1")
MYSQL_57 = CALENDAR[("mysql", "5.7")]


def _at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("engine", "version", "major"),
    [
        ("postgres", "13.4", "13"),
        ("postgres", "11.22-RDS.20240418", "11"),
        ("postgres", "9.6.24", "9.6"),
        ("mysql", "8.0.35", "8.0"),
        ("mysql", "5.7.44-RDS.20250508", "5.7"),
        ("aurora-mysql", "8.0.mysql_aurora.3.04.0", "8.0"),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.2", "5.7"),
        ("aurora-postgresql", "16.8", "16"),
        ("mysql", "8", "8"),
    ],
)
def test_the_major_version_as_aws_counts_it(engine: str, version: str, major: str) -> None:
    assert extended_support.major(engine, version) == major


def test_aws_dates_of_a_version_that_the_calendar_knows() -> None:
    found = extended_support.from_aws(lifecycle_answer("mysql", "5.7", _at(2024, 3, 1), _at(2027, 2, 28, 23)))
    assert found == (("mysql", "5.7"), SupportLifecycle(date(2024, 3, 1), date(2026, 3, 1), date(2027, 2, 28), extended_support.IAM))


def test_a_charge_that_began_a_month_after_extended_support_did() -> None:
    found = extended_support.from_aws(lifecycle_answer("aurora-mysql", "5.7", _at(2024, 11, 1), _at(2027, 2, 28)))
    assert found is not None
    assert found[1].charged_from == date(2024, 12, 1)


def test_a_beginning_that_aws_moved_on_since_is_awss() -> None:
    found = extended_support.from_aws(lifecycle_answer("mysql", "8.4", _at(2030, 5, 1), _at(2033, 4, 30)))
    assert found is not None
    assert found[1] == SupportLifecycle(date(2030, 5, 1), date(2032, 5, 1), date(2033, 4, 30), extended_support.IAM)


@pytest.mark.parametrize(("ends", "year_3"), [(_at(2036, 2, 28), date(2036, 2, 28)), (_at(2036, 2, 27), None)])
def test_a_version_that_the_calendar_does_not_know(ends: datetime, year_3: date | None) -> None:
    found = extended_support.from_aws(lifecycle_answer("postgres", "99", _at(2034, 2, 28), ends))
    assert found == (("postgres", "99"), SupportLifecycle(date(2034, 2, 28), year_3, ends.date(), extended_support.IAM))


def test_dates_are_of_utc_wherever_we_run() -> None:
    found = extended_support.from_aws(lifecycle_answer("mysql", "8.0", _at(2026, 8, 1).astimezone(timezone(timedelta(hours=-5)))))
    assert found is not None
    assert found[1].charged_from == date(2026, 8, 1)


def test_an_engine_without_extended_support_has_no_lifecycle() -> None:
    assert extended_support.from_aws(lifecycle_answer("mariadb", "10.6", None)) is None
    assert extended_support.from_aws({"Engine": "sqlserver-ee", "MajorEngineVersion": "13"}) is None


# --- who is asked -------------------------------------------------------------------------------------------------------------------


@mock_aws
def test_aws_is_asked_once_and_only_for_engines_that_can_have_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [lifecycle_answer("mysql", "8.0", _at(2026, 8, 1)), lifecycle_answer("mysql", "8.4", None)]
    moto_answers_major_versions(monkeypatch, listed)
    here = aws()
    dates = SupportDates(here)
    assert dates.lifecycle("oracle-ee", "19.0.0.0") is None
    assert dates.lifecycle("mariadb", "10.6.14") is None
    assert not here.meter.calls
    found = dates.lifecycle("mysql", "8.0.35")
    assert found is not None
    assert found.source == "rds:DescribeDBMajorEngineVersions"
    assert dates.lifecycle("postgres", "13.4") == CALENDAR[("postgres", "13")]  # not listed by AWS
    assert dates.lifecycle("mysql", "8.4.3") is None  # listed, and without Extended Support
    assert here.meter.calls == {"rds:DescribeDBMajorEngineVersions": 1}


@mock_aws
@pytest.mark.parametrize("code", sorted(refusals.NOT_OFFERED))
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_without_the_operation_the_calendar_stands_in_and_says_so(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    moto_answers_major_versions(monkeypatch, code=code)
    here = aws()
    found = SupportDates(here).lifecycle("postgres", "13.4")
    assert found == CALENDAR[("postgres", "13")]
    assert found is not None
    assert found.source.endswith("postgresql-release-calendar.html")
    assert here.refused is None


@mock_aws
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_a_refusal_is_kept_and_is_no_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    moto_answers_major_versions(monkeypatch, code="AccessDenied")
    here = aws()
    dates = SupportDates(here)
    assert dates.lifecycle("postgres", "13.4") is None
    assert dates.lifecycle("mysql", "5.7.44") is None
    assert here.refused is not None
    assert here.refused.action == "rds:DescribeDBMajorEngineVersions"
    assert here.meter.calls["rds:DescribeDBMajorEngineVersions"] == 1


@mock_aws
@pytest.mark.parametrize(
    ("code", "error"), [("InvalidParameterValue", ClientError), ("InternalError", ClientError), ("Throttling", Throttled)]
)
@pytest.mark.filterwarnings("ignore:Exception.RDSClientError.")
def test_every_other_error_is_an_error(monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]) -> None:
    moto_answers_major_versions(monkeypatch, code=code)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))  # between its attempts
    with pytest.raises(error):
        SupportDates(aws()).lifecycle("postgres", "13.4")


# --- what is charged ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "rate"),
    [
        (_at(2024, 1, 1), 0.1),  # not charged yet: the rate of its first day
        (_at(2024, 3, 1), 0.1),
        (_at(2026, 2, 28, 23), 0.1),
        (_at(2026, 3, 1), 0.2),
        (_at(2027, 6, 1), 0.2),
    ],
)
def test_the_third_year_costs_more_from_its_first_day(as_of: datetime, rate: float) -> None:
    bill = extended_support.charge("mysql", 4, MYSQL_57, as_of, US)
    assert bill.usd == pytest.approx(4 * 730 * rate)
    assert bill.lacks == ()


@pytest.mark.parametrize(
    ("engine", "serverless", "rate"),
    [
        ("mysql", False, 0.2),
        ("postgres", False, 0.2),
        ("aurora-postgresql", False, 0.2),
        ("aurora-postgresql", True, 0.17),
        ("aurora-mysql", False, 0.1),  # that it has a third year's rate is contradicted
        ("aurora-mysql", True, 0.085),
    ],
)
def test_each_engine_has_rates_of_its_own(engine: str, serverless: bool, rate: float) -> None:
    bill = extended_support.charge(engine, 4, MYSQL_57, _at(2026, 4, 1), US, serverless)
    assert bill.usd == pytest.approx(4 * 730 * rate)
    (price,) = bill.prices
    assert f"extended-support.{engine.replace('postgres', 'postgresql') if engine == 'postgres' else engine}." in price.key
    assert (".serverless-v2." in price.key, price.unit) == (serverless, "ACU-hour" if serverless else "vCPU-hour")


def test_a_third_years_rate_that_is_not_known_counts_at_the_first_years_and_is_said() -> None:
    key = "extended-support.postgresql.year-3"
    bill = extended_support.charge("postgres", 4, CALENDAR["postgres", "11"], _at(2026, 4, 1), lacking(key))
    assert bill.usd == pytest.approx(4 * 730 * 0.1)
    assert key in bill.lacks[0]


def test_only_where_it_is_contradicted_the_most_is_more_than_what_is_likely() -> None:
    third, second = _at(2026, 12, 1), _at(2026, 11, 30)
    old = CALENDAR["aurora-mysql", "5.7"]
    assert extended_support.at_most("aurora-mysql", 4, old, third, US).usd == pytest.approx(4 * 730 * 0.2)
    assert extended_support.at_most("aurora-mysql", 4, old, second, US).usd == pytest.approx(4 * 730 * 0.1)
    assert extended_support.at_most("aurora-mysql", 4, old, third, US, serverless=True).usd == pytest.approx(4 * 730 * 0.17)
    assert extended_support.at_most("mysql", 4, MYSQL_57, third, US) == extended_support.charge("mysql", 4, MYSQL_57, third, US)


@pytest.mark.parametrize(("days_before", "due", "charged"), [(181, False, False), (180, True, False), (1, True, False), (0, True, True)])
def test_due_from_the_forecast_on_and_charged_from_the_day(days_before: int, due: bool, charged: bool) -> None:
    as_of = _at(2024, 3, 1, 5) - timedelta(days=days_before)
    assert extended_support.due(MYSQL_57, as_of, 180) is due
    assert extended_support.charged(MYSQL_57, as_of) is charged


def test_a_charge_to_come_saves_nothing_yet_and_its_range_says_what_it_will_be() -> None:
    bill = extended_support.charge("mysql", 2, MYSQL_57, _at(2024, 2, 1), US)
    before, after = (extended_support.saving(bill, MYSQL_57, as_of) for as_of in (_at(2024, 2, 29), _at(2024, 3, 1)))
    assert (before.low, before.likely, before.high) == (0.0, 0.0, 146.0)
    assert (after.low, after.likely, after.high) == (146.0, 146.0, 146.0)
    assert before.formula.endswith("× 0 until 2024-03-01")
    assert not before.worthless


@pytest.mark.parametrize(
    ("as_of", "words"),
    [
        (_at(2024, 2, 1), "The charge begins on 2024-03-01"),
        (_at(2025, 2, 1), ""),
        (_at(2027, 2, 28), ""),
        (_at(2027, 3, 1), "Extended Support ended on 2027-02-28"),
    ],
)
def test_the_note_says_what_is_to_come_and_what_is_over(as_of: datetime, words: str) -> None:
    evidence: dict[str, Any] = {"engine": "mysql"}
    found = extended_support.waste(extended_support.charge("mysql", 2, MYSQL_57, as_of, US), MYSQL_57, as_of, "5.7.44", evidence)
    assert found.note.startswith(words)
    assert bool(found.note) == bool(words)
    assert found.evidence["dates_from"] == MYSQL_57.source
