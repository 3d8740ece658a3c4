"""Settings of a deployment: what is refused, by which key, and where the bounds are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_app.settings import settings
from cdk_app.settings.settings import DeploymentSettings, InvalidContext, cdk_context, parse


def test_nothing_set_is_the_defaults() -> None:
    assert parse(None) == parse({}) == parse("{}") == DeploymentSettings()


def test_the_deployment_guides_retry_numbers_are_the_defaults() -> None:
    retry = DeploymentSettings().retry
    assert (retry.max_attempts, retry.base_delay, retry.max_delay) == (3, 1, 10)


def test_cdk_json_is_valid() -> None:
    assert parse(cdk_context()["finops"])


def test_one_number_of_a_function_leaves_the_others() -> None:
    assert parse({"scan": {"timeout": 100}}).scan.model_dump() == {"memory": 512, "disk": 512, "timeout": 100}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"scan": {"memory": 127}}, "scan.memory"),
        ({"scan": {"timeout": 0}}, "scan.timeout"),
        ({"rank": {"timeout": 901}}, "rank.timeout"),
        ({"rank": {"disk": 511}}, "rank.disk"),
        ({"scan": {"speed": 1}}, "scan.speed"),
        ({"scan": 240}, "scan"),
        ({"retry": {"max_attempts": -1}}, "retry.max_attempts"),
        ({"retry": {"base_delay": 0.5}}, "retry.base_delay"),
        ({"retry": {"base_delay": 10, "max_delay": 10}}, "retry.max_delay"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"children": "FAST"}, "children"),
        ({"sweep_timeout": 599}, "sweep_timeout"),
        ({"analyzer_account": "12345"}, "analyzer_account"),
        ({"member_role_name": "a role"}, "member_role_name"),
        ({"member_external_id": "x"}, "member_external_id"),
        ({"analysis_period_days": 366}, "analysis_period_days"),
        ({"log_level": "LOUD"}, "log_level"),
        ({"stack_name": "finops_analyzer"}, "stack_name"),
        ({"stack_name": "1st"}, "stack_name"),
        ({"stack_name": "x" * 33}, "stack_name"),
        ({"log_retention_days": 91}, "log_retention_days"),
        ({"run_retention_days": 6}, "run_retention_days"),
        ({"run_retention_days": 36_501}, "run_retention_days"),
        ({"billing_account": "１１１１２２２２３３３３"}, "billing_account"),
        ({"sweep_cost_limit_usd": float("inf")}, "sweep_cost_limit_usd"),
        ({"savings_alarm_usd": float("nan")}, "savings_alarm_usd"),
        ({"thresholds": {"ebs-idle-volume.window_days": "long"}}, "thresholds.ebs-idle-volume.window_days"),
        ({"thresholds": {"ebs-idle-volume.window_days": 0}}, "thresholds"),
        ({"thresholds": {"ebs-idle-volume.windw_days": 7}}, "thresholds"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidContext) as refused:
        parse(given)
    assert f"{key}: " in str(refused.value) or f"unknown key '{key}'" in str(refused.value)


def test_names_follow_the_stacks_unless_they_are_set() -> None:
    named = parse({"stack_name": "Team-A"})
    assert (named.member_role_name, named.metric_namespace) == ("Team-AReader", "Team-A")
    set_too = parse({"stack_name": "Team-A", "member_role_name": "Auditor", "metric_namespace": "Ours"})
    assert (set_too.member_role_name, set_too.metric_namespace) == ("Auditor", "Ours")


def test_a_cdk_json_that_is_no_json_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cdk.json").write_text('{"context": {"finops": {},}}')
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    with pytest.raises(InvalidContext, match=r"^cdk\.json is not JSON: .*line 1"):
        cdk_context()


def test_an_unknown_key_is_refused_with_what_there_is() -> None:
    with pytest.raises(InvalidContext, match=r"unknown key 'max_concurency'; there are: .*plan, cost, scan, .*max_concurrency"):
        parse({"max_concurency": 4})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidContext, match=r"log_level: .*; .*log_format: "):
        parse({"log_level": "LOUD", "log_format": "xml"})


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidContext, match='context "finops": not JSON'):
        parse("{scan: 1}")


@pytest.mark.parametrize(
    ("children", "timeout", "allowed"), [("EXPRESS", 270, True), ("EXPRESS", 271, False), ("STANDARD", 271, True), ("STANDARD", 900, True)]
)
def test_a_scan_has_to_fit_into_its_child(children: str, timeout: int, allowed: bool) -> None:
    given = {"children": children, "scan": {"timeout": timeout}}
    if allowed:
        assert parse(given).scan.timeout == timeout
    else:
        with pytest.raises(InvalidContext, match=r'scan\.timeout: 271 s is too long for EXPRESS children: at most 270, or .*"STANDARD"'):
            parse(given)


def test_only_express_children_have_a_common_time_for_their_attempts() -> None:
    assert parse({}).unit_seconds == 280
    assert parse({"children": "STANDARD"}).unit_seconds is None
