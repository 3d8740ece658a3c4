"""The input contract: what is accepted, and a refusal that names the key and what is allowed there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import registry
from functions.core.errors import InvalidInput
from functions.core.plan import request


def test_nothing_asked_is_the_own_account_everywhere() -> None:
    asked = request.parse({})
    assert (asked.accounts, asked.regions, asked.resource_types) == ("self", "all", "all")
    assert (asked.analysis_period_days, asked.as_of, asked.min_coverage, asked.analyze) == (None, None, 0.95, True)


@pytest.mark.parametrize(
    "given",
    [
        {"accounts": "self"},
        {"accounts": ["self", "111122223333"]},
        {"regions": ["us-east-1"]},
        {"resource_types": "all"},
        {"resource_types": ["ebs:volume", "ebs:volume"]},
        {"analysis_period_days": 1},
        {"analysis_period_days": 365},
        {"min_coverage": 0},
        {"min_coverage": 1},
        {"as_of": "2026-06-01T12:00:00+02:00"},
        {"analyze": False},
        {"notify": True},
        {"idempotency_token": "2026-11-24T02:00:00Z"},
        {"idempotency_token": "x" * 256},
        {"accounts": {"organization": {}}},
        {"accounts": {"organization": {"ous": ["ou-abcd-12345678", "r-abcd"], "exclude": ["111122223333"]}}},
        {"resume": "20261124T160402Z-1f3c9a"},
        {"resume": "20261124T160402Z-1f3c9a", "min_coverage": 0.5, "analyze": False, "notify": True},
    ],
)
def test_what_is_allowed_is_accepted(given: dict[str, Any]) -> None:
    request.parse(given)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"regoins": ["us-east-1"]}, ["unknown key 'regoins'", "allowed keys are: accounts, regions, resource_types"]),
        ({"accounts": "111122223333"}, ["accounts: ", "12-digit"]),
        ({"accounts": ["12"]}, ["accounts: ", "12-digit"]),
        ({"accounts": []}, ["accounts: ", "12-digit"]),
        ({"accounts": [111122223333]}, ["accounts: ", "12-digit"]),
        ({"regions": "us-east-1"}, ["regions: ", '["us-east-1"]', "'us-east-1'"]),
        ({"regions": []}, ["regions: ", '"all" or a list']),
        ({"resource_types": ["ebs:volumes"]}, ["resource_types: 'ebs:volumes' is no resource type", "ebs:volume"]),
        ({"resource_types": "ebs:volume"}, ["resource_types: must be", "ebs:volume"]),
        ({"analysis_period_days": 0}, ["analysis_period_days: ", "greater than or equal to 1", "(got 0)"]),
        ({"analysis_period_days": 366}, ["analysis_period_days: ", "less than or equal to 365", "(got 366)"]),
        ({"analysis_period_days": 1.5}, ["analysis_period_days: ", "integer"]),
        ({"min_coverage": 1.1}, ["min_coverage: ", "less than or equal to 1"]),
        ({"min_coverage": float("nan")}, ["min_coverage: "]),
        ({"min_coverage": -0.1}, ["min_coverage: ", "greater than or equal to 0"]),
        ({"analyze": "no"}, ["analyze: ", "boolean", "(got 'no')"]),
        ({"analyze": 0}, ["analyze: ", "boolean"]),
        ({"notify": "yes"}, ["notify: ", "boolean"]),
        ({"idempotency_token": ""}, ["idempotency_token: must be 1 to 256 letters"]),
        ({"idempotency_token": "x" * 257}, ["idempotency_token: must be 1 to 256 letters"]),
        ({"idempotency_token": "<aws.scheduler.scheduled-time>"}, ["idempotency_token: must be", "another one for each start"]),
        ({"as_of": "soon"}, ["as_of: ", "(got 'soon')"]),
        ({"accounts": {"organisation": {}}}, ["accounts: ", '{"organization": {"ous": ']),
        ({"accounts": {"organization": {"ous": []}}}, ["accounts: ", "organization"]),
        ({"accounts": {"organization": {"ous": ["production"]}}}, ["accounts: ", "ou-…"]),
        ({"accounts": {"organization": {"exclude": ["12"]}}}, ["accounts: ", "111122223333"]),
        ({"resume": "latest"}, ["resume: must be a run's id", "(got 'latest')"]),
        (
            {"resume": "20261124T160402Z-1f3c9a", "regions": ["us-east-1"], "as_of": "2026-11-01"},
            ["resume: ", "cannot be combined with as_of, regions", "allowed beside it are: min_coverage, analyze, notify"],
        ),
    ],
)
def test_a_refusal_names_the_key_and_what_is_allowed(given: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        request.parse(given)
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("given", "accounts"),
    [
        ({}, ["self"]),
        ({"accounts": ["self", "111122223333"]}, ["self", "111122223333"]),
        ({"accounts": {"organization": {}}}, ["organization"]),
        (
            {"accounts": {"organization": {"ous": ["r-abcd"], "exclude": ["111122223333"]}}},
            ["organization", "r-abcd", "without 111122223333"],
        ),
    ],
)
def test_the_scope_in_words_does_not_depend_on_what_there_is_today(given: dict[str, Any], accounts: list[str]) -> None:
    assert request.parse(given).scope == {"accounts": accounts, "regions": ["all"], "resource_types": ["all"]}
    assert request.parse({**given, "regions": ["us-east-1"]}).scope["regions"] == ["us-east-1"]


@pytest.mark.parametrize("key", ["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID", "AWS_STEP_FUNCTIONS_OF_TOMORROW", "Comment", "comment"])
def test_what_any_state_machine_may_be_started_with_asks_for_nothing(key: str) -> None:
    execution = "arn:aws:states:us-east-1:111122223333:execution:nightly:1"
    assert request.parse({key: execution}) == request.parse({})
    resumed = {"resume": "20261124T160402Z-1f3c9a"}
    assert request.parse({**resumed, key: {"anything": [1]}}) == request.parse(resumed)


@pytest.mark.parametrize("key", ["AWS_STEP_FUNCTION", "aws_step_functions_started_by_execution_id", "Comments", "_comment"])
def test_what_only_looks_like_that_is_unknown_and_is_not_offered(key: str) -> None:
    with pytest.raises(InvalidInput, match=f"unknown key '{key}'; allowed keys are: accounts, ") as caught:
        request.parse({key: "x", "Comment": "x"})
    assert "Comment," not in str(caught.value)


NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"accounts": ["000000000000"]}, "accounts: 000000000000 is no account"),
        ({"accounts": {"organization": {"exclude": ["000000000000"]}}}, "accounts: 000000000000 is no account"),
        ({"accounts": ["١١١١٢٢٢٢٣٣٣٣"]}, "accounts: must be"),
        ({"regions": [""]}, "regions: must be"),
        ({"regions": ["../x"]}, "regions: must be"),
        ({"regions": ["us-east-1\x1b[2J"]}, "regions: must be"),
        ({"resource_types": []}, "resource_types: must be"),
        ({"min_coverage": True}, "min_coverage: must be a number, not true"),
        ({"analysis_period_days": True}, "analysis_period_days: must be a number, not true"),
        ({"as_of": 0}, "as_of: must be a time in ISO 8601"),
        ({"as_of": 1795536242}, "as_of: must be a time in ISO 8601"),
        ({"as_of": True}, "as_of: must be a time in ISO 8601"),
        ({"as_of": "1795536242"}, "as_of: must be a time in ISO 8601"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of: must be a time in ISO 8601"),
        ({"as_of": "9999-12-31T23:59:59-14:00"}, "as_of: must be a time in ISO 8601"),
        ({"as_of": "2027-11-26"}, "as_of: must be at most 366 days ahead"),
        ({"as_of": "9999-01-01"}, "as_of: must be at most 366 days ahead"),
        ({"as_of": "2025-08-25"}, "as_of: CloudWatch keeps metrics for 455 days"),
        ({"as_of": "1970-01-01"}, "as_of: CloudWatch keeps metrics for 455 days"),
        ({"as_of": "2026-02-27", "analysis_period_days": 365}, "and analysis_period_days looks back 365 days more"),
        ({"resume": "20261124T160402Z-1f3c9a\n"}, "resume: must be a run's id"),
        ({"resume": "２０２６1124T160402Z-1f3c9a"}, "resume: must be a run's id"),
    ],
)
def test_what_can_mean_nothing_is_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        request.parse(given, NOW)
    assert refusal in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"as_of": "2027-11-25"},
        {"as_of": "2025-08-26"},
        {"as_of": "20261124"},
        {"as_of": "2026-11-24T02:00:00Z"},
        {"as_of": "2026-08-26", "analysis_period_days": 365},
        {"regions": ["mars-1", "us-isof-south-1", "eusc-de-east-1"]},
    ],
)
def test_the_edges_of_what_can_be_seen(given: dict[str, Any]) -> None:
    request.parse(given, NOW)


def test_each_name_counts_once() -> None:
    given = {"accounts": ["self", "111122223333", "self"], "regions": ["us-east-1", "us-east-1"], "resource_types": ["ebs:volume"] * 2}
    assert request.parse(given).scope == {"accounts": ["self", "111122223333"], "regions": ["us-east-1"], "resource_types": ["ebs:volume"]}


@pytest.mark.parametrize("given", [None, [], "all", 5, True])
def test_what_is_no_object_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"must be a JSON object such as \{\}"):
        request.parse(given)


def test_each_wrong_key_is_told_and_told_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        request.parse({"accounts": ["12", "13"], "regions": "nowhere", "analysis_period_days": 0})
    sentences = str(caught.value).split("; ")
    assert [sentence.partition(":")[0] for sentence in sentences] == ["accounts", "regions", "analysis_period_days"]


def test_a_moment_without_a_zone_is_utc_and_one_with_a_zone_is_kept() -> None:
    assert request.parse({"as_of": "2026-06-01T12:00:00"}).as_of == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert request.parse({"as_of": "2026-06-01T12:00:00+02:00"}).as_of == datetime(2026, 6, 1, 10, tzinfo=UTC)


def test_every_resource_type_can_be_asked_for_by_name() -> None:
    assert request.parse({"resource_types": list(registry.resource_types())}).resource_types == list(registry.resource_types())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(list(request.SweepRequest.model_fields)) | st.text(max_size=8), json_values, max_size=4))
def test_any_json_is_accepted_or_refused_in_one_line_and_never_breaks(given: dict[str, Any]) -> None:
    refusal = ""
    try:
        asked = request.parse(json.loads(json.dumps(given)))
    except InvalidInput as refused:
        refusal = str(refused)
    if refusal:
        assert "\n" not in refusal
    else:
        assert {key for key in given if key.lower() != request.COMMENT} <= set(request.SweepRequest.model_fields)
        assert 0 <= asked.min_coverage <= 1
