"""A busy function whose metric CloudWatch failed to give is not unused: tests/cases/metric-internal-error.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.model import Outcome, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import unit
from tests.functions.paged import Answers, Given, nothing
from tests.functions.scanners.lambda_ import function_seed
from tests.functions.scanners.lambda_.samples import ACCOUNT, NOW, REGION, aws

CASE = Path(__file__).parents[4] / "cases" / "metric-internal-error.json"
assert CASE.exists()
FAILED: Mapping[str, Any] = json.loads(CASE.read_text(encoding="utf-8"))["GetMetricData"]


def _scan(*answers: Mapping[str, Any]) -> tuple[UnitOutcome, list[str], Sequence[str]]:
    """One old function of which CloudWatch says these things, one after the other: the outcome, the findings, and what was asked."""
    left = list(answers)
    asked: list[str] = []

    def said(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        queries = parameters["MetricDataQueries"]
        asked.extend(query["MetricStat"]["Metric"]["MetricName"] for query in queries)
        answer = left.pop(0)
        by_metric = {result["Label"]: result for result in answer["MetricDataResults"]}
        named = ((query["Id"], by_metric.get(query["MetricStat"]["Metric"]["MetricName"])) for query in queries)
        return {**answer, "MetricDataResults": [{**result, "Id": name} for name, result in named if result]}

    given: dict[str, Given] = {
        "lambda:ListFunctions": [{"Functions": [{**function_seed.function(1), "LastModified": "2025-01-01T00:00:00.000+0000"}]}],
        "lambda:GetFunctionConcurrency": nothing(),
        "lambda:ListProvisionedConcurrencyConfigs": nothing(ProvisionedConcurrencyConfigs=[]),
        "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
        "cloudwatch:GetMetricData": said,
    }
    one = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="lambda:function", function="f")
    found: list[str] = []
    with Answers(given).everywhere():
        outcome = unit.scan(one, aws(), Prices(REGION), lambda finding: found.append(finding.check_id))
    return outcome, found, asked


def _told(status: str, values: Sequence[float] = ()) -> Mapping[str, Any]:
    """Every metric that functions are asked about, with this status."""
    times: list[datetime] = [NOW - timedelta(days=len(values) - day) for day in range(len(values))]
    shared = {"Values": list(values), "Timestamps": times, "StatusCode": status}
    return {"MetricDataResults": [{"Label": name, **shared} for name in ("Invocations", "Duration", "Errors")]}


OF_THE_CASE = {"MetricDataResults": [*_told("Complete")["MetricDataResults"][1:], FAILED["MetricDataResults"][0]]}
NOT_IN_THE_ANSWER = {"MetricDataResults": _told("Complete")["MetricDataResults"][1:]}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OF_THE_CASE, id="metric-internal-error.json"),
        pytest.param(_told("Forbidden"), id="forbidden"),
        pytest.param(_told("PartialData"), id="partial"),
        pytest.param(NOT_IN_THE_ANSWER, id="left-out"),
    ],
)
def test_a_function_whose_calls_are_unknown_is_not_unused(answer: Mapping[str, Any]) -> None:
    outcome, found, asked = _scan(*[answer] * 9)
    assert "lambda-unused" not in found
    assert outcome.outcome is Outcome.OK
    assert outcome.insufficient["lambda-unused"] == 1
    assert asked.count("Invocations") >= 2, "it is asked again"


@pytest.mark.parametrize(("values", "found"), [((5.0,), False), ((), True)])
def test_what_is_known_when_it_is_asked_again_counts(values: Sequence[float], found: bool) -> None:
    outcome, findings, _ = _scan(OF_THE_CASE, *[_told("Complete", values)] * 9)
    assert ("lambda-unused" in findings) is found
    assert "lambda-unused" not in outcome.insufficient
