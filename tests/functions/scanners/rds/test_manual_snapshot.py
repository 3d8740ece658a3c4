"""What is true of every manual snapshot: whose it is, whether its database is there, and which one is the newest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.limits import Limits
from functions.scanners.rds.manual_snapshot import find_source, gibibytes, mark_newest, moment, operator_of, text
from tests.functions.scanners.rds.samples import NOW
from tests.functions.scanners.rds.snapshot_samples import backup


@pytest.mark.parametrize(
    ("source", "elsewhere", "all_known", "exists"),
    [
        ("db-1", False, True, True),
        ("db-9", False, True, False),
        ("db-9", False, False, None),  # it may be the one that could not be read
        ("db-1", False, False, True),
        ("", False, True, None),  # never by its name
        ("db-9", True, True, None),  # its database is in another region
    ],
)
def test_a_database_is_known_by_its_resource_id_alone(source: str, elsewhere: bool, all_known: bool, exists: bool | None) -> None:
    one = backup(source=source, elsewhere=elsewhere, source_exists=None, database="orders")
    find_source(one, {"db-1": "orders"}, all_known)
    assert one.source_exists is exists
    assert one.namesake is (source != "db-1")


def test_the_newest_is_told_for_each_database() -> None:
    old, new, other = backup("a", 90), backup("b", 60), backup("c", 400, source="db-2")
    unknown, undated = [backup("d", 70, source=""), backup("e", 80, source="")], backup("f", created=None)
    mark_newest([old, new, other, *unknown, undated])
    assert [one.id for one in (old, new, other, *unknown, undated) if one.newest] == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("changes", "deletable"),
    [
        ({}, True),
        ({"status": "creating"}, False),
        ({"status": "copying"}, False),
        ({"operator": operator_of("awsbackup:job-1")}, False),
        ({"operator": operator_of("by-hand")}, True),
        ({"tags": {"aws:backup:source-resource": "arn"}}, False),
        ({"tags": {"team": "red"}}, True),
    ],
)
def test_what_aws_or_a_service_keeps_is_not_ours_to_delete(changes: dict[str, Any], deletable: bool) -> None:
    assert backup(**changes).deletable is deletable


def test_ages_are_from_when_it_was_made() -> None:
    assert backup(age=12.5).age(Limits({}, NOW)) == 12.5
    assert backup(created=None).age(Limits({}, NOW)) == 0


@pytest.mark.parametrize("odd", [None, -7, [], {}])
def test_text_is_text(odd: Any) -> None:
    assert (text({}, "A"), text({"A": "x"}, "A")) == ("", "x")
    with pytest.raises(TypeError):
        text({"A": odd}, "A")


@pytest.mark.parametrize("odd", ["yesterday", 7, [], {}])
def test_a_moment_is_a_moment(odd: Any) -> None:
    assert (moment({}, "A"), moment({"A": datetime(2026, 1, 1, tzinfo=UTC)}, "A")) == (None, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(TypeError):
        moment({"A": odd}, "A")


@pytest.mark.parametrize(("odd", "error"), [("7", TypeError), (None, TypeError), ([], TypeError), (-1, ValueError)])
def test_a_size_is_a_size(odd: Any, error: type[Exception]) -> None:
    assert (gibibytes({}, "A"), gibibytes({"A": 20}, "A")) == (0, 20)
    with pytest.raises(error):
        gibibytes({"A": odd}, "A")
