"""Times as AWS words them: whatever is read by us is read as boto3 reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core.aws.sessions import own_client
from functions.core.aws.timestamps import moment
from tests.functions import sweeps

MIN, MAX = (datetime.fromisoformat(day) for day in ("1971-01-01", "2037-12-31"))
ZONES = st.just(UTC) | st.builds(timezone, st.integers(-12 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-24T16:04:02.345Z", "2026-11-24T16:04:02Z", "2026-11-24T16:04:02.345+0000", "2026-11-24T16:04:02+02:00",
        "2026-11-24T16:04:02", "2026-11-24T16:04", "2026-11-24T16:04:02.123456789Z", "2026-11-24", "20261124T160402Z",
        "Tue, 24 Nov 2026 16:04:02 GMT", "Tuesday, 24-Nov-26 16:04:02 GMT",
        "Tue Nov 24 16:04:02 2026", "1795536242", 1795536242, 1795536242.5,
    ],
)  # fmt: skip
def test_what_aws_tells_is_read_as_boto3_reads_it(told: Any) -> None:
    read = moment(told)
    assert read == parse_timestamp(told)
    assert read.date() == date(2026, 11, 24)


def test_the_usual_form_is_in_utc() -> None:
    assert moment("2026-11-24T16:04:02.345Z") == datetime(2026, 11, 24, 16, 4, 2, 345_000, UTC)


@given(st.datetimes(MIN, MAX, timezones=ZONES), st.sampled_from(["auto", "seconds", "milliseconds"]))
def test_any_iso_time_is_read_as_boto3_reads_it(when: datetime, timespec: str) -> None:
    told = when.isoformat(timespec=timespec)
    assert moment(told) == parse_timestamp(told)


@given(st.datetimes(MIN, MAX), st.booleans())
def test_any_http_date_is_read_as_boto3_reads_it(when: datetime, named: bool) -> None:
    told = format_datetime(when.replace(tzinfo=UTC), usegmt=True)
    told = told if named else told.partition(", ")[2]
    assert moment(told) == parse_timestamp(told)


@pytest.mark.parametrize("told", ["", "never", " GMT", "soon GMT", "2026-13-24T16:04:02Z", "2026-11-24Tnoon"])
def test_what_is_no_time_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid timestamp|month"):
        moment(told)


@given(st.integers(0, 2**31 - 1) | st.floats(0, 2**31 - 1).map(lambda seconds: round(seconds, 3)))
def test_any_number_of_seconds_is_read_as_boto3_reads_it_and_in_utc(told: Any) -> None:
    """The datapoints of CloudWatch's metrics have no other form."""
    assert moment(told) == parse_timestamp(told)
    assert moment(told).tzinfo is UTC


@pytest.mark.parametrize("told", [float("nan"), float("inf"), 10**20])
def test_a_number_that_is_no_time_is_refused(told: float) -> None:
    with pytest.raises((ValueError, OverflowError, RuntimeError)):
        moment(told)


def test_our_clients_read_times_with_it() -> None:
    with sweeps.world() as world, mock_aws():
        world.s3.put_object(Bucket=sweeps.BUCKET, Key="key", Body=b"")
        [listed] = own_client("s3", sweeps.REGION).list_objects_v2(Bucket=sweeps.BUCKET)["Contents"]
    assert listed["LastModified"].tzinfo is UTC
