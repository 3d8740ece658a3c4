"""What a setting may not be although its type is right."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_app.settings.settings import InvalidContext, parse


@pytest.mark.parametrize("namespace", ["FinOpsAnalyzer", "Team/FinOps", "finops.prod-1_a#b:c", "AWSomeTeam", "x" * 255])
def test_a_namespace_of_ones_own(namespace: str) -> None:
    assert parse({"metric_namespace": namespace}).metric_namespace == namespace


@pytest.mark.parametrize(
    "namespace", ["AWS/FinOps", "AWS/", "aws/lambda", ":finops", "", " finops", "finops ", "fin\nops", "фин", "x" * 256]
)
def test_a_namespace_that_cloudwatch_keeps_or_does_not_take(namespace: str) -> None:
    with pytest.raises(InvalidContext, match="metric_namespace: "):
        parse({"metric_namespace": namespace})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resume": "20261124T160402Z-1f3c9a"}, "resume: belongs to a single sweep"),
        ({"as_of": "2026-06-01T00:00:00Z"}, "as_of: belongs to a single sweep"),
        ({"regoins": []}, "unknown key 'regoins'"),
    ],
)
def test_the_input_of_a_schedule_is_that_of_any_number_of_sweeps(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidContext, match=f"schedule_input: {message}"):
        parse({"schedule_input": given})


@pytest.mark.parametrize("key", ["sweep_cost_limit_usd", "savings_alarm_usd"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_alarm_can_have_a_limit_that_is_no_number(key: str, value: float) -> None:
    with pytest.raises(InvalidContext, match=f"{key}: "):
        parse({key: value})


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_threshold_can_be_no_number(value: float) -> None:
    with pytest.raises(InvalidContext, match=r"thresholds\.ebs-unattached-volume\.min_age_days: "):
        parse({"thresholds": {"ebs-unattached-volume.min_age_days": value}})
