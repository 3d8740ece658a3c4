"""Log groups that take in much at the Standard rate: which ones, what another class would save, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.core.model import Action, Confidence, Level, Waste
from functions.core.prices.book import Prices
from functions.scanners.logs.log_group.collector import GIB, LogGroup
from functions.scanners.logs.log_group.modernize import VENDED, infrequent_access
from tests.functions import lacking as lacking_prices
from tests.functions.paged import REGION
from tests.functions.scanners.logs.samples import NOW, candidate, group, judge, judged, waste


def busy(gib_a_day: float, **changes: Any) -> LogGroup:
    """As much on each of the last 30 days."""
    return group(**{"incoming": dict.fromkeys(range(1, 31), gib_a_day * GIB), **changes})


@pytest.mark.parametrize(("gib_a_day", "flagged"), [(0, False), (9.99, False), (10, True), (10.01, True), (500, True)])
def test_only_what_takes_in_ten_gigabytes_a_day(gib_a_day: float, flagged: bool) -> None:
    assert isinstance(judged(infrequent_access, busy(gib_a_day)), Waste) is flagged


def test_it_is_the_mean_of_the_month_that_counts() -> None:
    assert judged(infrequent_access, group(incoming={1: 299 * GIB})) is None
    assert waste(infrequent_access, group(incoming={1: 300 * GIB})).evidence["incoming_gb_a_day"] == 10


def test_half_of_what_comes_in_is_saved_at_most() -> None:
    """24 GB a day are 730 in a month of 730 hours; $0.50 for each, or $0.25."""
    savings = waste(infrequent_access, busy(24)).savings
    assert [savings.low, savings.likely, savings.high] == pytest.approx([0, 182.50, 182.50])
    assert savings.formula == "730 GB × $0.5 logs.ingest.standard − 730 GB × $0.25 logs.ingest.infrequent-access"


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"log_class": "INFREQUENT_ACCESS"}, False),
        ({"log_class": "DELIVERY"}, False),
        ({"metric_filters": 1}, False),
        ({"subscribed": True}, False),
        ({"subscribed": None}, None),  # AWS refused to say
        ({"age": 29.9}, False),
        ({"age": 30}, True),
        ({"created": None}, False),
        ({"gib": 0.49}, False),
        ({"gib": 0.5}, True),
        ({"name": "app-emf"}, False),
        ({"name": "/ecs/otel-collector"}, False),
        ({"name": "/aws/containerinsights/prod/performance"}, False),
        ({"name": "/aws/lambda-insights"}, False),
        ({"name": "/aws/vpc/flow"}, None),
        ({"name": "/aws/rds/instance/orders/error"}, None),
        ({"name": "/aws/lambda/web"}, True),
        ({"name": "/ecs/web"}, True),
    ],
)
def test_what_needs_the_standard_class_or_cannot_be_known_is_not_asked_about(changes: Mapping[str, Any], asked: bool | None) -> None:
    assert candidate(infrequent_access, group(**changes)) is asked


def test_what_lambda_sends_bills_by_tiers_and_is_unpriced() -> None:
    assert waste(infrequent_access, busy(24, name="/aws/lambda/web")).savings.unpriced == VENDED


@pytest.mark.parametrize("key", ["logs.ingest.standard", "logs.ingest.infrequent-access"])
def test_without_both_rates_it_is_unpriced(key: str) -> None:
    prices = lacking_prices.lacking(key, region=REGION)
    verdict = infrequent_access(busy(24), infrequent_access.limits(NOW), prices)
    assert isinstance(verdict, Waste)
    assert "no price known" in str(verdict.savings.unpriced)


def test_it_is_a_question_that_takes_work() -> None:
    (finding,) = [one for one in judge(infrequent_access).findings(busy(24, name="audit")) if one.check_id == infrequent_access.id]
    assert (finding.action, finding.effort, finding.confidence) == (Action.REVIEW, Level.HIGH, Confidence.LOW)
    assert "metrics in its events (EMF)" in finding.note
    assert "audit" in finding.note
    assert "point what writes to web at it" in finding.note
    _, nobody, create = finding.command.split(" &&\n")
    assert nobody.endswith("--query 'length(subscriptionFilters)' --output text)\" = 0")
    assert create.endswith("--log-group-name web-infrequent-access --log-group-class INFREQUENT_ACCESS")


def test_what_comes_in_and_what_is_stored_are_not_counted_together() -> None:
    """The larger of the two leads, and counts for the other."""
    findings = judge().findings(busy(24))
    assert [(one.check_id, one.headline) for one in findings] == [("logs-infrequent-access-group", True), ("logs-no-retention", False)]
    assert findings[1].counted_by == findings[0].finding_id


def test_a_group_that_receives_nothing_has_nothing_to_gain() -> None:
    assert [one.check_id for one in judge().findings(group())] == ["logs-stale-group", "logs-no-retention"]


def test_where_aws_bills_at_other_rates_those_count() -> None:
    verdict = judged(infrequent_access, busy(24), region="eu-central-1")
    assert isinstance(verdict, Waste)
    assert verdict.savings.likely == pytest.approx(730 * (0.63 - 0.315))
    assert Prices("eu-central-1").own("AmazonCloudWatch", "logs.ingest.standard") == 0.63
