"""Lifecycle rules: what they do, and what the commands make of those that are there."""

from __future__ import annotations

import json
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from functions.core.outside.text import shell_words
from functions.scanners.s3.bucket.lifecycle import ADD_ANOTHER, ADD_FIRST, Rule, enabled, values
from tests.recorded import reply

NOTHING: dict[str, Any] = {"ID": "a", "Status": "Enabled", "Filter": {}}


def one(**members: Any) -> Rule:
    (rule,) = enabled([{**NOTHING, **members}])
    return rule


@pytest.mark.parametrize(
    ("members", "whole"),
    [
        ({}, True),
        ({"Filter": {"Prefix": ""}}, True),
        ({"Filter": {"Prefix": "logs/"}}, False),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}}, False),
        ({"Filter": {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}}}, False),
        ({"Filter": {"ObjectSizeGreaterThan": 131_072}}, False),
        ({"Prefix": ""}, True),
        ({"Prefix": "logs/"}, False),
    ],
)
def test_a_rule_for_the_whole_bucket_has_no_filter_of_either_kind(members: dict[str, Any], whole: bool) -> None:
    assert one(**members).whole is whole


@pytest.mark.parametrize(
    ("members", "moves", "noncurrent"),
    [
        ({}, False, False),
        ({"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}, True, False),
        ({"Transitions": []}, False, False),
        ({"Expiration": {"Days": 30}}, True, False),
        ({"Expiration": {"Date": "2027-01-01"}}, True, False),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, False, False),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 30}}, False, True),
        ({"NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}]}, False, True),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}, False, False),
    ],
)
def test_what_a_rule_is_about(members: dict[str, Any], moves: bool, noncurrent: bool) -> None:
    assert (one(**members).moves, one(**members).noncurrent) == (moves, noncurrent)


def test_a_disabled_rule_does_nothing_and_one_of_an_unknown_status_cannot_be_read() -> None:
    assert enabled([{**NOTHING, "Status": "Disabled"}]) == ()
    assert one(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 9}).abort_days == 9
    with pytest.raises(LookupError):
        enabled([{**NOTHING, "Status": "Paused"}])


def test_recorded_rules_for_parts_of_a_bucket_move_and_abort_nothing() -> None:
    rules = reply("test_s3_lifecycle", "s3.GetBucketLifecycleConfiguration_4")["Rules"]
    assert enabled(rules) == (Rule(whole=False, moves=True, noncurrent=False, abort_days=None),) * 2


RULE = {"ID": "new", "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}]}


def test_the_first_rule_is_what_the_api_takes() -> None:
    assert json.loads(values(RULE)["rules"]) == {"Rules": [RULE]}


def test_another_rule_comes_after_those_that_are_there_also_after_disabled_ones() -> None:
    there = reply("test_s3_lifecycle", "s3.GetBucketLifecycleConfiguration_4")["Rules"]
    there.append({**NOTHING, "ID": "off", "Status": "Disabled"})
    merged = jmespath.search(values(RULE)["merged"], {"Rules": there, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"})
    assert merged == {"Rules": [*there, RULE]}


def test_nothing_is_replaced_without_having_looked() -> None:
    looked, put = ADD_FIRST
    assert looked.startswith("aws s3api get-bucket-lifecycle-configuration ")
    assert looked.endswith("| grep -q NoSuchLifecycleConfiguration")
    assert " put-bucket-lifecycle-configuration " in put
    first, rules, size, last = ADD_ANOTHER.split(" &&\n")
    assert all(" get-bucket-lifecycle-configuration " in step for step in (first, rules, size))
    assert last.endswith('--lifecycle-configuration "$rules" --transition-default-minimum-object-size "$size"')


def test_both_are_one_word_for_the_shell() -> None:
    given = {"region": "us-east-1", "id": "data", **values(RULE)}
    words = shell_words(given, lines=True)
    assert words["rules"] == f"'{given['rules']}'"
    assert words["merged"] == f"'{given['merged']}'"
    assert f"--query '{given['merged']}' --output json" in ADD_ANOTHER.format_map(words)
