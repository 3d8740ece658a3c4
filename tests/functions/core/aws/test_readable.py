"""One odd item costs itself: what counts as odd, what is said of it, and what is never taken for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.core.aws.readable import REASON_LENGTH, Unreadable, called, readable
from functions.core.errors import Denied, OutOfTime, Throttled
from functions.core.model import Resource

Item = Mapping[str, Any]


def _resource(item: Item) -> Resource:
    return Resource(arn=item["Arn"], id=item["Id"], account="1", region="r", created=item.get("Created"))


def _read(items: list[Any], make: Callable[[Any], Any], missed: list[Any] | None = None) -> tuple[list[Any], Unreadable]:
    tally = Unreadable()
    return list(readable(items, make, tally, missed)), tally


GOOD = {"Arn": "arn:a", "Id": "a"}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"Arn": "arn:b"}, "arn:b: KeyError: 'Id'"),
        ({"Id": "b"}, "b: KeyError: 'Arn'"),
        ({"Arn": "arn:b", "Id": None}, "arn:b: TypeError: id None, ARN 'arn:b', created None"),
        ({**GOOD, "Created": "yesterday"}, "a: TypeError: id 'a', ARN 'arn:a', created 'yesterday'"),
        ({}, "an item without an id: KeyError: 'Arn'"),
        (None, "an item that is None: TypeError"),
        ("b", "an item that is a str: TypeError"),
    ],
)
def test_an_odd_item_is_left_out_and_counted_and_the_others_are_read(odd: Any, reason: str) -> None:
    made, tally = _read([GOOD, odd, {"Arn": "arn:c", "Id": "c", "Created": datetime(2026, 1, 1, tzinfo=UTC)}], _resource)
    assert [resource.id for resource in made] == ["a", "c"]
    assert (tally.items, tally.beside) == (1, 0)
    assert tally.reason.startswith(reason)


def test_the_first_reason_is_kept_and_all_are_counted() -> None:
    made, tally = _read([{"Id": "x"}, GOOD, {"Arn": "y"}], _resource)
    assert (len(made), tally.items, tally.reason) == (1, 2, "x: KeyError: 'Arn'")


def test_what_is_listed_beside_is_counted_apart_and_handed_to_whom_it_concerns() -> None:
    missed: list[Any] = []
    made, tally = _read([GOOD, {"Id": "x"}], _resource, missed)
    assert (len(made), tally.items, tally.beside, missed) == (1, 0, 1, [{"Id": "x"}])


def test_what_is_none_is_left_out_and_is_no_fault() -> None:
    assert _read([1, 2, 3], lambda number: number if number != 2 else None) == ([1, 3], Unreadable())


@pytest.mark.parametrize("raised", [ValueError("odd"), OverflowError("far"), ZeroDivisionError(), AttributeError("get"), IndexError()])
def test_whatever_code_raises_on_odd_data_is_one_item(raised: Exception) -> None:
    def make(item: str) -> str:
        if item == "odd":
            raise raised
        return item

    made, tally = _read(["a", "odd", "b"], make)
    assert (made, tally.items) == (["a", "b"], 1)


def test_a_value_that_is_no_parameter_is_one_item() -> None:
    """botocore counts that among the errors of which others mean that AWS cannot be reached."""
    client = boto3.Session("testing", "testing", region_name="us-east-1").client("lambda")
    made, tally = _read([7], lambda name: client.get_function_concurrency(FunctionName=name))
    assert (made, tally.items) == ([], 1)
    assert "ParamValidationError" in tally.reason


@pytest.mark.parametrize(
    "raised",
    [
        Denied("a:B", "no"),
        Throttled("slow"),
        OutOfTime(),
        EndpointConnectionError(endpoint_url="https://nowhere"),
        ClientError({"Error": {"Code": "InternalFailure"}}, "X"),
        RuntimeError("a bug"),
    ],
)
def test_what_is_not_about_the_item_is_raised(raised: Exception) -> None:
    def make(_: Any) -> None:
        raise raised

    with pytest.raises(type(raised)):
        _read([1], make)


def test_what_the_listing_raises_is_raised() -> None:
    def listing() -> Iterator[Item]:
        yield GOOD
        raise KeyError("the listing is broken")

    with pytest.raises(KeyError, match="the listing is broken"):
        list(readable(listing(), _resource, Unreadable()))


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"VolumeType": "gp9", "VolumeId": "vol-1"}, "vol-1"),
        ({"LoadBalancerName": "n", "LoadBalancerArn": "arn:n"}, "arn:n"),
        ({"logGroupName": "g"}, "g"),
        ({"DBInstanceIdentifier": "db"}, "db"),
        (({"FunctionArn": "arn:f"}, {"team": "web"}), "arn:f"),
        ({"VolumeId": 7}, "an item without an id"),
        ((), "an item that is a tuple"),
    ],
)
def test_an_item_is_called_by_what_says_which_it_is(item: Any, name: str) -> None:
    assert called(item) == name


def test_what_comes_from_aws_is_a_short_line_of_text() -> None:
    _, tally = _read([{"Id": "\x1b[31mred\n" + "x" * 1000}], _resource)
    assert tally.reason.startswith(" [31mred x")
    assert len(tally.reason) == REASON_LENGTH
