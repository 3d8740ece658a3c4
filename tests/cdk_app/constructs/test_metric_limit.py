"""What the setting `max_metric_usd` adds: a count in the state table that only scanners keep, and nothing without it."""

from __future__ import annotations

import pytest

from cdk_app.settings.settings import InvalidContext, parse
from tests.cdk_app.templates import Json, functions, resources, statements

SID = "CountMetrics"


def counting(template: Json) -> dict[str, Json]:
    """By role, the statement that lets it count."""
    roles = resources(template, "AWS::IAM::Role")
    return {role: one for role in roles for one in statements(template, role) if one.get("Sid") == SID}


def test_without_the_setting_no_scanner_touches_the_table(template: Json) -> None:
    assert counting(template) == {}
    assert not any("MAX_METRIC_USD" in str(function) for function in functions(template).values())


def test_scanners_count_in_the_items_of_runs_only(full_template: Json) -> None:
    found = counting(full_template)
    assert {role for role in resources(full_template, "AWS::IAM::Role") if role.startswith("FunctionsScan")} == set(found)
    for one in found.values():
        assert one["Action"] == "dynamodb:UpdateItem"
        assert one["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["run#*"]}}


def test_only_scanners_know_of_it(full_template: Json) -> None:
    told = {name for name, one in functions(full_template).items() if "MAX_METRIC_USD" in one["Environment"]["Variables"]}
    assert told == {name for name in functions(full_template) if "-scan-" in name}


@pytest.mark.parametrize("wrong", [0, -1, "much", "inf"])
def test_what_is_no_sum_is_refused_with_its_key(wrong: object) -> None:
    with pytest.raises(InvalidContext, match="max_metric_usd"):
        parse({"max_metric_usd": wrong})
