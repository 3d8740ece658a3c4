"""The dashboard: the six groups of the deployment guide, and only metrics that are written."""

from __future__ import annotations

import json

from cdk_app.constructs.dashboard import GROUPS
from tests.cdk_app.templates import Json, resources

GUIDE = {
    "AnalysisDuration", "ResourcesAnalyzed", "RecommendationsGenerated", "BedrockAPICall", "Errors", "MonthlySavings", "AnnualSavings",
}  # fmt: skip


def text(template: Json) -> str:
    [dashboard] = resources(template, "AWS::CloudWatch::Dashboard").values()
    return "".join(part if isinstance(part, str) else "x" for part in dashboard["DashboardBody"]["Fn::Join"][1])


def test_the_guides_six_groups_of_metrics_are_there(template: Json) -> None:
    widgets = json.loads(text(template))["widgets"]
    shown = {metric[1] for widget in widgets for metric in widget["properties"]["metrics"]}
    assert shown >= GUIDE | {name for _, metrics in GROUPS for name, _ in metrics}
    assert {"ExecutionsStarted", "ExecutionsFailed", "Duration"} <= shown


def test_it_has_the_names_of_stack_and_region_and_every_graph_a_title(template: Json) -> None:
    [dashboard] = resources(template, "AWS::CloudWatch::Dashboard").values()
    assert dashboard["DashboardName"] == "FinOpsAnalyzer-us-east-1", "an account has one name for a dashboard, whatever its regions"
    assert all(widget["properties"]["title"] for widget in json.loads(text(template))["widgets"])
