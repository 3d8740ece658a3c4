"""The schedules: what they start, by which roles, what becomes of a start that fails, and that they can be left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from cdk_app.constructs.schedule import ONE_START
from cdk_app.settings.settings import InvalidContext, parse
from functions.core.errors import InvalidInput
from functions.core.plan.request import parse as parse_input
from tests.cdk_app.templates import Json, actions, functions, many, resources

SWEEP, PRICES = "FinOps Analyzer: a sweep", "FinOps Analyzer: refreshes the list prices"


def schedules(template: Json) -> dict[str, Json]:
    return {one["Description"]: one for one in resources(template, "AWS::Scheduler::Schedule").values()}


def named(template: Json, name: str) -> list[str]:
    return [key for key, found in template["Resources"].items() if name in found["Properties"].values()]


def made_with(folder: Path, **settings: Any) -> Json:
    out = synth(folder / "out", account="111111111111", region="eu-west-1", bundle=False, **settings)
    made: Json = json.loads((out / "FinOpsAnalyzer.template.json").read_text())
    return made


def test_a_sweep_is_started_at_two_every_night_with_the_input_that_sweeps_everything(template: Json) -> None:
    one = schedules(template)[SWEEP]
    assert (one["ScheduleExpression"], one["ScheduleExpressionTimezone"]) == ("cron(0 2 * * ? *)", "UTC")
    assert one["FlexibleTimeWindow"] == {"Mode": "OFF"}
    [machine] = resources(template, "AWS::StepFunctions::StateMachine")
    assert one["Target"]["Arn"] in ({"Ref": machine}, {"Fn::GetAtt": [machine, "Arn"]})
    assert json.loads(one["Target"]["Input"]) == {"idempotency_token": "<aws.scheduler.schedule-arn>@<aws.scheduler.scheduled-time>"}


def test_each_delivery_of_a_start_says_which_start_it_is(template: Json) -> None:
    """In words that the input's contract takes once Scheduler has replaced them, and not before."""
    given = json.loads(schedules(template)[SWEEP]["Target"]["Input"])
    with pytest.raises(InvalidInput, match="idempotency_token: must be"):
        parse_input(given)
    arn = f"arn:aws:scheduler:us-east-1:111111111111:schedule/{'g' * 64}/{'n' * 64}"
    said = given["idempotency_token"].replace("<aws.scheduler.schedule-arn>", arn)
    assert parse_input({"idempotency_token": said.replace("<aws.scheduler.scheduled-time>", "2026-11-24T02:00:00Z")})


def test_the_prices_function_is_started_weekly_with_an_empty_request(template: Json) -> None:
    one = schedules(template)[PRICES]
    assert one["ScheduleExpression"] == "rate(7 days)"
    assert one["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    [started] = named(template, "FinOpsAnalyzer-prices")
    assert (one["Target"]["Arn"], json.loads(one["Target"]["Input"])) == ({"Fn::GetAtt": [started, "Arn"]}, {})


@pytest.mark.parametrize(("what", "action"), [(SWEEP, "states:StartExecution"), (PRICES, "lambda:InvokeFunction")])
def test_a_start_is_tried_again_then_kept_and_its_role_can_do_nothing_else(template: Json, what: str, action: str) -> None:
    target = schedules(template)[what]["Target"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    dead = target["DeadLetterConfig"]["Arn"]
    queue = template["Resources"][dead["Fn::GetAtt"][0]]["Properties"]
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == (True, 14 * 86_400)
    role = target["RoleArn"]["Fn::GetAtt"][0]
    assert actions(template, role) == {action: [target["Arn"]], "sqs:SendMessage": [dead]}
    [trust] = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert many(trust["Principal"]["Service"]) == ["scheduler.amazonaws.com"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
    [group] = trust["Condition"]["ArnLike"]["aws:SourceArn"]
    assert group["Fn::Join"][1] == ["arn:", {"Ref": "AWS::Partition"}, ":scheduler:us-east-1:111111111111:schedule-group/default"]


def test_without_schedules_everything_is_there_to_be_started_by_hand(tmp_path: Path) -> None:
    made = made_with(tmp_path, schedule=None, prices_schedule=None)
    assert schedules(made) == {}
    assert "FinOpsAnalyzer-prices" in functions(made)
    assert resources(made, "AWS::StepFunctions::StateMachine")


def test_the_settings_say_when_where_and_with_what(tmp_path: Path) -> None:
    given = {"regions": ["eu-west-1"], "skip_regions_without_spend": True}
    made = made_with(tmp_path, schedule="rate(12 hours)", schedule_timezone="Europe/Berlin", schedule_input=given)
    one = schedules(made)[SWEEP]
    assert (one["ScheduleExpression"], one["ScheduleExpressionTimezone"]) == ("rate(12 hours)", "Europe/Berlin")
    assert json.loads(one["Target"]["Input"]) == {**given, "idempotency_token": ONE_START}


@pytest.mark.parametrize("name", ["schedule", "prices_schedule"])
@pytest.mark.parametrize("expression", ["rate(1 day)", "rate(7 days)", "rate(12 hours)", "cron(0 3 ? * MON *)", None])
def test_what_a_schedule_may_be(name: str, expression: str | None) -> None:
    assert getattr(parse({name: expression}), name) == expression


@pytest.mark.parametrize("name", ["schedule", "prices_schedule"])
@pytest.mark.parametrize("expression", ["weekly", "rate(7)", "rate(0 days)", "rate(days)", "cron(0 3 * *)", "at(2026-11-24T00:00:00)", ""])
def test_what_it_may_not_be_is_refused_by_its_key(name: str, expression: str) -> None:
    with pytest.raises(InvalidContext, match=f"{name}: "):
        parse({name: expression})


@pytest.mark.parametrize(("given", "message"), [({"regoins": []}, "unknown key 'regoins'"), ({"min_coverage": 2}, "min_coverage: ")])
def test_an_input_that_plan_would_refuse_is_refused_at_deployment(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidContext, match=message):
        parse({"schedule_input": given})
