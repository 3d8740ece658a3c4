"""The page of costs counts what the template has, and says of sweeps what the command says that stands beside it."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from cdk_app.settings import settings as deployment
from finops import cli
from scripts import costs_page
from scripts.iam_policies import Stack


@pytest.fixture(scope="module")
def page() -> str:
    return costs_page.page()


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in page.partition(f"## {heading}")[2].partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_what_stands_there_adds_up(page: str) -> None:
    *items, total = rows(page, "Fixed costs, with or without sweeps")
    assert {item[0] for item in items} == {"metrics with an alarm", "dashboards", "KMS keys"}
    for _, count, each, month, source in items:
        assert float(month) == pytest.approx(int(count) * float(each))
        assert re.search(r", \d{4}-\d\d", source), "a price has a source and a date"
    assert float(total[3].strip("*")) == pytest.approx(sum(float(item[3]) for item in items))


def test_an_alarm_is_counted_by_its_metrics() -> None:
    metric = {"MetricStat": {"Stat": "Sum"}}
    alarms = {
        "Plain": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}},
        "Ratio": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [metric, metric, {"Expression": "a / b"}]}},
    }
    assert costs_page.standing(Stack({"Resources": alarms}, {}))[0].count == 3


def test_each_example_is_what_its_command_says(page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(deployment, "cdk_context", dict)
    examples = rows(page, "What the sweeps cost")
    assert len(examples) == len(costs_page.SCOPES)
    for a_sweep, month, largest, command in examples:
        program, *arguments = shlex.split(command.strip("`"))
        assert program == "finops"
        assert cli.main([*arguments, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert float(a_sweep) == pytest.approx(said["sweep"]["usd"], abs=0.005)
        assert float(month.strip("*")) == pytest.approx(said["month_usd"], abs=0.005)
        assert largest == f"{said['lever']['what']}, {100 * said['lever']['share']:.0f} %"
