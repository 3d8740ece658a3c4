"""The alarms: that each watches a metric that is really written, knows what missing data means, and leads to the runbook."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from cdk_app.constructs.alarms import hours_without_start
from cdk_app.settings.settings import ROOT, parse
from functions.core.advice import bedrock_metrics
from functions.core.errors import BedrockUnavailable
from functions.core.meter import run_metrics
from functions.core.model import Outcome
from tests.cdk_app.templates import Json, functions, resources

NAMESPACE = "FinOpsAnalyzer"
SUMMARY = {
    "run": {"seconds": 1.0},
    "sweep_cost": {"usd": 0.1},
    "resources_versus_usual": 100.0,
    "totals": {
        "resources": 1,
        "findings": 1,
        "monthly_savings": {"likely": 1.0},
        "annual_savings": {"likely": 12.0},
        "resolved": {"findings": 0, "monthly_savings_likely": 0.0},
    },
    "bill": {"month_over_month": {"month": "2026-11", "unblended": 9.0, "complete": False}},
    "coverage": {"ratio": 1.0, "units": {outcome.value: 0 for outcome in Outcome}},
}
WHAT = {
    "SweepFailed", "SweepTimedOut", "SweepAborted", "NoSweep", "BedrockErrors", "BreakerOpen", "CoverageLow", "FewerResources",
    "SweepTooDear", "DeadLetters",
}  # fmt: skip


@pytest.fixture(scope="module")
def alarms(template: Json) -> dict[str, Json]:
    """Alarms by the construct's name."""
    found = resources(template, "AWS::CloudWatch::Alarm")
    return {re.sub(r"^Alarms|[0-9A-F]{8}$", "", name): one for name, one in found.items()}


def written(capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, frozenset[tuple[str, str]]]]:
    """Namespace, name and dimensions of every metric that a sweep and its advice write."""
    run_metrics.emit(NAMESPACE, SUMMARY, date(2026, 11, 24))
    with pytest.raises(BedrockUnavailable), bedrock_metrics.counted(NAMESPACE):
        raise BedrockUnavailable("down")
    found = set()
    for line in capsys.readouterr().out.splitlines():
        if '"_aws"' not in line:
            continue
        document: dict[str, Any] = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, document[name]) for name in names)
                found |= {(directive["Namespace"], metric["Name"], dimensions) for metric in directive["Metrics"]}
    return found


def test_there_is_one_for_each_thing_that_can_go_wrong_and_for_each_function(template: Json, alarms: dict[str, Json]) -> None:
    near = {name for name in alarms if name.endswith("NearTimeout")}
    assert set(alarms) - near == WHAT
    assert len(near) == len(functions(template))


def test_every_metric_of_ours_is_written_with_that_namespace_name_and_dimensions(
    alarms: dict[str, Json], capsys: pytest.CaptureFixture[str]
) -> None:
    watched = {
        (one["Namespace"], one["MetricName"], frozenset((each["Name"], each["Value"]) for each in one.get("Dimensions", ())))
        for one in alarms.values()
        if not one["Namespace"].startswith("AWS/")
    }
    assert len(watched) == 5
    assert watched <= written(capsys)


@pytest.mark.parametrize(("name", "metric", "seconds"), [
    ("SweepFailed", "ExecutionsFailed", 300), ("SweepTimedOut", "ExecutionsTimedOut", 300), ("SweepAborted", "ExecutionsAborted", 300),
    ("NoSweep", "ExecutionsStarted", 3600),
])  # fmt: skip
def test_how_sweeps_end_is_what_step_functions_says_of_this_machine(
    template: Json, alarms: dict[str, Json], name: str, metric: str, seconds: int
) -> None:
    """By the names of https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html; no other machine's count."""
    [machine] = resources(template, "AWS::StepFunctions::StateMachine")
    one = alarms[name]
    assert (one["Namespace"], one["MetricName"], one["Statistic"], one["Period"]) == ("AWS/States", metric, "Sum", seconds)
    assert one["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": machine}}]
    assert one["EvaluationPeriods"] == (26 if name == "NoSweep" else 1), "a day, and two hours in which a start may be late"


@pytest.mark.parametrize(
    ("settings", "hours"),
    [
        ({}, 26),
        ({"schedule": "cron(0 6 ? * MON-FRI *)"}, 74),
        ({"schedule": "cron(0 6 ? * MON-FRI *)", "schedule_timezone": "Europe/Berlin"}, 75),
        ({"schedule": "cron(0 2,14 * * ? *)"}, 14),
        ({"schedule": "rate(1 minute)"}, 3),
        ({"schedule": "rate(30 minutes)"}, 3),
        ({"schedule": "rate(6 days)"}, 146),
        ({"schedule": "rate(167 hours)"}, 168),
        ({"schedule": "rate(7 days)"}, 168),
        ({"schedule": "cron(0 6 ? * SUN *)"}, 168),
        ({"schedule": "rate(169 hours)"}, None),
        ({"schedule": "cron(0 6 1 * ? *)"}, None),
        ({"schedule": "cron(0 6 * * ? 2027)"}, None),
        ({"schedule": None}, None),
    ],
)
def test_no_sweep_is_longer_than_the_schedule_leaves_between_two(settings: dict[str, Any], hours: int | None) -> None:
    """At most 604,800 s in all. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    assert hours_without_start(parse(settings)) == hours


def test_a_function_is_near_its_timeout_at_93_percent_or_14_minutes(template: Json, alarms: dict[str, Json]) -> None:
    made = resources(template, "AWS::Lambda::Function")
    for name, one in alarms.items():
        if name.endswith("NearTimeout"):
            [dimension] = one["Dimensions"]
            timeout = made[dimension["Value"]["Ref"]]["Timeout"]
            assert one["Threshold"] == min(930 * timeout, 840_000) if timeout != 900 else 837_000
            assert (one["Namespace"], one["MetricName"], one["Statistic"]) == ("AWS/Lambda", "Duration", "Maximum")


def test_missing_data_is_fine_except_where_there_should_be_some(alarms: dict[str, Json]) -> None:
    assert {name for name, one in alarms.items() if one["TreatMissingData"] == "breaching"} == {"NoSweep"}
    assert {one["TreatMissingData"] for one in alarms.values()} == {"breaching", "notBreaching"}
    assert all("missing data: " in one["AlarmDescription"] for one in alarms.values())


@pytest.mark.parametrize(("name", "operator", "limit"), [
    ("CoverageLow", "LessThanThreshold", 95), ("FewerResources", "LessThanThreshold", 70), ("NoSweep", "LessThanThreshold", 1),
    ("SweepTooDear", "GreaterThanThreshold", 1.0), ("DeadLetters", "GreaterThanThreshold", 0), ("SweepFailed", "GreaterThanThreshold", 0),
])  # fmt: skip
def test_the_limits(alarms: dict[str, Json], name: str, operator: str, limit: float) -> None:
    assert (alarms[name]["ComparisonOperator"], alarms[name]["Threshold"]) == (operator, limit)


def test_each_tells_the_topic_and_leads_to_a_section_of_the_runbook(template: Json, alarms: dict[str, Json]) -> None:
    [topic] = resources(template, "AWS::SNS::Topic")
    headings = re.findall(r"^### (.+)$", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for name, one in alarms.items():
        assert one["AlarmActions"] == one["OKActions"] == [{"Ref": topic}], name
        assert one["AlarmDescription"].rpartition("docs/operations.md#")[2] in anchors, name


def test_the_settings_move_the_limits_and_add_the_alarms_about_savings_and_the_bill(tmp_path: Path) -> None:
    out = synth(
        tmp_path / "out",
        account="111111111111",
        region="eu-west-1",
        bundle=False,
        schedule=None,
        sweep_cost_limit_usd=5,
        savings_alarm_usd=10_000,
        bill_limit_usd=25_000,
    )
    made = resources(json.loads((out / "FinOpsAnalyzer.template.json").read_text()), "AWS::CloudWatch::Alarm")
    limits = {one["MetricName"]: one["Threshold"] for one in made.values()}
    assert (limits["SweepCost"], limits["MonthlySavings"], limits["MonthToDateCost"]) == (5, 10_000, 25_000)
    assert "ExecutionsStarted" not in limits, "without a schedule nobody expects a sweep"
