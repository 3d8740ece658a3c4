"""The scope's book and metrics, and the names of its devices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random

from finops.fleet.rules import always
from finops.fleet.scope import TEAMS, Book, Scope, tags
from tests.finops.fleet.making import ACCOUNT, REGION, StandIn

AS_OF = datetime(2027, 1, 23, 16, 30, tzinfo=UTC)


def scope() -> Scope:
    return Scope(StandIn(), ACCOUNT, REGION, Book(), AS_OF)


def test_daily_points_are_in_the_middle_of_24_hours_up_to_the_full_hour() -> None:
    made = scope()
    made.daily("AWS/RDS", "DatabaseConnections", {"DBInstanceIdentifier": "db"}, 3.0, [1, 2])
    first, second = made.metrics["AWS/RDS"]
    assert first == {
        "MetricName": "DatabaseConnections",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "db"}],
        "Timestamp": datetime(2027, 1, 23, 4, tzinfo=UTC),
        "Value": 3.0,
    }
    assert second["Timestamp"] == datetime(2027, 1, 22, 4, tzinfo=UTC)


def test_hourly_points_are_in_the_middle_of_whole_hours() -> None:
    made = scope()
    made.hourly("AWS/EBS", "VolumeWriteOps", {"VolumeId": "vol-1"}, 1.0, [1, 24])
    assert [point["Timestamp"] for point in made.metrics["AWS/EBS"]] == [
        datetime(2027, 1, 23, 15, 30, tzinfo=UTC),
        datetime(2027, 1, 22, 16, 30, tzinfo=UTC),
    ]


def test_devices_differ_for_each_instance() -> None:
    made = scope()
    assert [*[made.device("i-1") for _ in range(28)][:2], made.device("i-2")] == ["/dev/sdaaaa", "/dev/sdaaab", "/dev/sdaaaa"]
    assert made.device("i-1") == "/dev/sdaabc"


def test_the_book_loses_nothing_to_threads() -> None:
    book = Book()

    def write(number: int) -> None:
        book.count("ebs:volume")
        book.plant(f"arn:{number}", "check", always)
        book.near_miss(f"arn:{number}", "other")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(500)))
    assert (book.resources["ebs:volume"], len(book.planted), len(book.near)) == (500, 500, 500)


def test_tags_name_the_thing_and_its_owner() -> None:
    named = {pair["Key"]: pair["Value"] for pair in tags("db-1", Random(1), env="dev")}  # noqa: S311
    assert (named["Name"], named["env"]) == ("db-1", "dev")
    assert named["team"] in TEAMS


def test_arns_and_zones_are_the_scopes_own() -> None:
    assert scope().arn("ec2", "volume/vol-1") == f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
    assert scope().zone == "us-east-1a"
