"""The schedule of the price refresh: what it starts, by which role, and that it can be left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_app.app import synth
from cdk_app.settings import InvalidContext, parse
from tests.cdk_app.templates import Json, actions, functions, many, resources


def test_the_prices_function_is_started_weekly_with_an_empty_request(template: Json) -> None:
    [one] = resources(template, "AWS::Scheduler::Schedule").values()
    assert one["ScheduleExpression"] == "rate(7 days)"
    assert one["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    target = one["Target"]
    assert json.loads(target["Input"]) == {}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    [started] = [
        name for name, found in template["Resources"].items() if found["Properties"].get("FunctionName") == "FinOpsAnalyzer-prices"
    ]
    assert target["Arn"] == {"Fn::GetAtt": [started, "Arn"]}


def test_its_role_starts_that_function_and_nothing_else_and_only_for_this_account(template: Json) -> None:
    [one] = resources(template, "AWS::Scheduler::Schedule").values()
    role = one["Target"]["RoleArn"]["Fn::GetAtt"][0]
    assert actions(template, role) == {"lambda:InvokeFunction": [one["Target"]["Arn"]]}
    [trust] = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert many(trust["Principal"]["Service"]) == ["scheduler.amazonaws.com"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_without_a_schedule_the_function_is_there_to_be_started_by_hand(tmp_path: Path) -> None:
    folder = synth(tmp_path / "out", account="111111111111", region="eu-west-1", bundle=False, prices_schedule=None)
    made = json.loads((folder / "FinOpsAnalyzer.template.json").read_text())
    assert resources(made, "AWS::Scheduler::Schedule") == {}
    assert "FinOpsAnalyzer-prices" in functions(made)


@pytest.mark.parametrize("expression", ["rate(1 day)", "rate(7 days)", "rate(12 hours)", "cron(0 3 ? * MON *)", None])
def test_what_a_schedule_may_be(expression: str | None) -> None:
    assert parse({"prices_schedule": expression}).prices_schedule == expression


@pytest.mark.parametrize("expression", ["weekly", "rate(7)", "rate(0 days)", "rate(days)", "cron(0 3 * *)", "at(2026-11-24T00:00:00)", ""])
def test_what_it_may_not_be_is_refused_by_its_key(expression: str) -> None:
    with pytest.raises(InvalidContext, match="prices_schedule: "):
        parse({"prices_schedule": expression})
