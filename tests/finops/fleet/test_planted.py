"""Found against planted: sets, not counts."""

from __future__ import annotations

from typing import Any

import pytest

from finops.fleet import Fleet, planted
from finops.fleet.scope import Book
from functions.core.plan import request
from tests.finops.fleet.making import AS_OF, CREATED
from tests.finops.reports import finding, report


def key(number: int, region: str = "us-east-1", account: str = "111111111111", check: str = "ebs-unattached-volume") -> planted.Key:
    return f"arn:aws:ec2:{region}:{account}:volume/vol-{number}", check


def test_the_same_set_is_one_quiet_line() -> None:
    found = planted.found_in(report([finding(1, 2.0), finding(2, 0.0, headline=False)]))
    comparison = planted.Comparison(frozenset({key(1), key(2)}), found)
    assert comparison.equal
    assert comparison.line() == "planted 2, found 2, missed 0, unexpected 0"
    assert comparison.differences() == ""


def test_equal_counts_of_different_things_are_a_difference_with_names() -> None:
    comparison = planted.Comparison(frozenset({key(1), key(2)}), frozenset({key(2), key(3, check="ebs-gp2-to-gp3")}))
    assert not comparison.equal
    assert comparison.line() == "planted 2, found 2, missed 1, unexpected 1"
    assert comparison.differences() == (
        "missed: ebs-unattached-volume on arn:aws:ec2:us-east-1:111111111111:volume/vol-1; "
        "unexpected: ebs-gp2-to-gp3 on arn:aws:ec2:us-east-1:111111111111:volume/vol-3"
    )
    assert comparison.document()["unexpected"] == [list(key(3, check="ebs-gp2-to-gp3"))]


@pytest.mark.parametrize(("count", "ends"), [(5, "vol-4"), (6, "vol-4 and 1 more")])
def test_many_differences_name_the_first_five(count: int, ends: str) -> None:
    assert planted.Comparison(frozenset(key(n) for n in range(count)), frozenset()).differences().endswith(ends)


@pytest.mark.parametrize(
    ("asked", "within"),
    [
        ({}, {1, 2, 3, 4}),
        ({"regions": "all", "resource_types": "all"}, {1, 2, 3, 4}),
        ({"regions": ["eu-west-1"]}, {2}),
        ({"accounts": ["222222222222"]}, {3}),
        ({"accounts": {"organization": {}}}, {1, 2, 3, 4}),
        ({"accounts": {"organization": {"exclude": ["222222222222"]}}}, {1, 2, 4}),
        ({"resource_types": ["ec2:instance"]}, set()),
        ({"resource_types": ["ebs:volume"], "regions": ["us-east-1"], "accounts": ["111111111111"]}, {1, 4}),
    ],
)
def test_a_narrower_sweep_must_find_what_is_planted_there(asked: dict[str, Any], within: set[int]) -> None:
    keys = {1: key(1), 2: key(2, region="eu-west-1"), 3: key(3, account="222222222222"), 4: key(4, check="ebs-gp2-to-gp3")}
    place = Fleet({}, CREATED, AS_OF, frozenset(), Book()).place
    assert planted.within(request.parse(asked), keys.values(), place) == {keys[number] for number in within}


def test_where_something_lies_is_known_also_where_its_arn_does_not_say_it() -> None:
    book = Book()
    book.lies("arn:aws:s3:::bucket", "222222222222", "eu-west-1")
    place = Fleet({}, CREATED, AS_OF, frozenset(), book).place
    assert (place("arn:aws:s3:::bucket"), place(key(1)[0])) == (("222222222222", "eu-west-1"), ("111111111111", "us-east-1"))
