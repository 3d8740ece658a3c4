"""The link to a report: how it is signed, until when it can work, and what remains after that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.core.aws.sessions import signing_client
from functions.core.digest import link

NOW = datetime(2026, 11, 24, 16, 5, tzinfo=UTC)
KEY = "runs/20261124T160402Z-aaaaaa/report.html"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "ASIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials that it saw first, in whichever test
    signing_client.cache_clear()


def made(region: str = "eu-south-2", hours: int = 12) -> link.Link:
    return link.to_report(signing_client(region), "the-bucket", KEY, "20261124T160402Z-aaaaaa", hours, NOW)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "the-bucket.s3.amazonaws.com"),
        ("eu-west-1", "the-bucket.s3.eu-west-1.amazonaws.com"),
        ("eu-south-2", "the-bucket.s3.eu-south-2.amazonaws.com"),
        ("cn-north-1", "the-bucket.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_it_is_signed_with_version_4_for_the_buckets_own_address(region: str, host: str) -> None:
    url = urlsplit(made(region).url)
    asked = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", host, f"/{KEY}")
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert asked["X-Amz-Credential"][0].split("/")[2:4] == [region, "s3"]
    assert asked["X-Amz-Security-Token"] == ["token"]


@pytest.mark.parametrize("hours", [1, 12])
def test_the_time_that_is_told_is_the_time_that_is_signed(hours: int) -> None:
    one = made(hours=hours)
    assert parse_qs(urlsplit(one.url).query)["X-Amz-Expires"] == [str(hours * 3600)]
    assert one.until == NOW + timedelta(hours=hours)


def test_the_table_and_the_data_are_signed_for_the_same_time() -> None:
    one = made()
    for address, name in ((one.url, "html"), (one.table, "csv"), (one.data, "json")):
        url = urlsplit(address)
        assert url.path == f"/{KEY.removesuffix('html')}{name}"
        assert parse_qs(url.query)["X-Amz-Expires"] == [str(12 * 3600)]


def test_what_lasts_is_the_command_and_the_console() -> None:
    one = made()
    assert one.command == "finops report 20261124T160402Z-aaaaaa --open"
    assert one.console == (
        "https://eu-south-2.console.aws.amazon.com/s3/object/the-bucket?region=eu-south-2&prefix=runs%2F20261124T160402Z-aaaaaa%2Freport.html"
    )


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("cn-northwest-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_each_partition_has_its_own_console(region: str, host: str) -> None:
    assert urlsplit(link.console(region, "b", "k")).netloc == host


@pytest.mark.parametrize("region", ["us-iso-east-1", "mars-north-1"])
def test_where_the_console_is_not_known_there_is_no_link_to_it(region: str) -> None:
    assert link.console(region, "b", "k") == ""
    assert made(region).console == ""
