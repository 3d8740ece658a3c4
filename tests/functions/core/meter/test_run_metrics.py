"""The embedded metrics, exactly as an alarm has to name them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from functions.core.meter import run_metrics
from functions.core.model import Outcome

TODAY = date(2026, 11, 24)
SUMMARY = {
    "run": {"seconds": 42.5},
    "sweep_cost": {"usd": 0.0314},
    "resources_versus_usual": 98.5,
    "totals": {
        "resources": 1532,
        "findings": 137,
        "monthly_savings": {"low": 1.0, "likely": 2.5, "high": 3.0},
        "annual_savings": {"low": 12.0, "likely": 30.0, "high": 36.0},
        "resolved": {"findings": 3, "monthly_savings_likely": 7.5},
    },
    "coverage": {"ratio": 0.975, "units": {"ok": 5, "empty": 1, "denied": 2, "throttled": 3, "incomplete": 0, "failed": 4, "skipped": 9}},
}


def documents(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    run_metrics.emit("FinOpsAnalyzer", SUMMARY, TODAY)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def directive(document: dict[str, Any]) -> dict[str, Any]:
    (made,) = document["_aws"]["CloudWatchMetrics"]
    return dict(made)


@pytest.mark.parametrize("service", ["", "finops-analyzer"])
def test_the_totals_have_no_dimension(service: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    run, *_ = documents(capsys)
    assert directive(run) == {
        "Namespace": "FinOpsAnalyzer",
        "Dimensions": [[]],
        "Metrics": [
            {"Name": "AnalysisDuration", "Unit": "Seconds"},
            {"Name": "ResourcesAnalyzed", "Unit": "Count"},
            {"Name": "RecommendationsGenerated", "Unit": "Count"},
            {"Name": "MonthlySavings", "Unit": "None"},
            {"Name": "AnnualSavings", "Unit": "None"},
            {"Name": "RealisedSavings", "Unit": "None"},
            {"Name": "CoverageRatio", "Unit": "Percent"},
            {"Name": "ResourcesVersusUsual", "Unit": "Percent"},
            {"Name": "SweepCost", "Unit": "None"},
        ],
    }
    assert {name: run[name] for name in ("AnalysisDuration", "ResourcesAnalyzed", "RecommendationsGenerated")} == {
        "AnalysisDuration": [42.5],
        "ResourcesAnalyzed": [1532],
        "RecommendationsGenerated": [137],
    }
    assert (run["MonthlySavings"], run["AnnualSavings"], run["SweepCost"]) == ([2.5], [30.0], [0.0314])
    assert run["RealisedSavings"] == [7.5]
    assert (run["CoverageRatio"], run["ResourcesVersusUsual"]) == ([97.5], [98.5])
    assert "service" not in run


def test_a_run_whose_cost_is_not_known_has_no_metric_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    for cost in (None, {"usd": 0.0, "unpriced": 11}):
        run_metrics.emit("FinOpsAnalyzer", {**SUMMARY, "sweep_cost": cost}, TODAY)
        assert "SweepCost" not in json.loads(capsys.readouterr().out.splitlines()[0])


def test_errors_have_their_type_and_nothing_else_zeros_included(capsys: pytest.CaptureFixture[str]) -> None:
    _, *errors = documents(capsys)
    assert all(directive(document)["Dimensions"] == [["ErrorType"]] for document in errors)
    assert all(directive(document)["Metrics"] == [{"Name": "Errors", "Unit": "Count"}] for document in errors)
    assert {document["ErrorType"]: document["Errors"] for document in errors} == {
        "Denied": [2], "Throttled": [3], "Incomplete": [0], "Failed": [4], "AWS APIError": [9],
    }  # fmt: skip


def test_every_outcome_that_is_an_error_has_a_type() -> None:
    of_one = {outcomes[0] for outcomes in run_metrics.ERROR_TYPES.values() if len(outcomes) == 1}
    assert of_one == {outcome for outcome in Outcome if not outcome.good and outcome is not Outcome.SKIPPED}


MONTH = {"month": "2026-11", "unblended": 1234.5, "amortized": 1200.0, "complete": False}


@pytest.mark.parametrize(
    ("bill", "today", "usd"),
    [
        ({"month_over_month": MONTH}, date(2026, 11, 2), [1234.5]),
        ({"month_over_month": MONTH}, date(2026, 11, 30), [1234.5]),
        ({"month_over_month": {**MONTH, "unblended": 0.0}}, date(2026, 11, 2), [0.0]),
        ({"month_over_month": MONTH}, date(2026, 12, 1), None),
        ({"month_over_month": {**MONTH, "complete": True}}, date(2026, 12, 1), None),
        ({"month_over_month": {**MONTH, "complete": True}}, date(2026, 11, 30), None),
        ({"month_over_month": MONTH}, date(2025, 11, 2), None),
        ({"month_over_month": None}, date(2026, 11, 2), None),
        ({"status": "none", "reason": "AccessDenied: no"}, date(2026, 11, 2), None),
        (None, date(2026, 11, 2), None),
    ],
)
def test_the_months_bill_so_far_is_that_of_this_month_or_none(
    bill: Any, today: date, usd: list[float] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    run_metrics.emit("FinOpsAnalyzer", {**SUMMARY, "bill": bill}, today)
    written = json.loads(capsys.readouterr().out.splitlines()[0])
    assert written.get("MonthToDateCost") == usd
