"""What a check declares, in words; the whole page is tested with scripts/checks_page.py."""

from __future__ import annotations

import pytest

from finops.explaining import words
from functions.core import registry
from functions.core.registry import METRICS_IAM

CHECKS = {check.id: check for check in registry.checks()}


@pytest.mark.parametrize(
    ("check_id", "asked", "usd"),
    [
        ("ebs-gp2-to-gp3", (), "free"),
        ("ec2-idle-vpc-endpoint", (1,), "$0.01"),
        ("ebs-idle-volume", (1, 2), "$0.01 to $0.02"),
        ("ec2-oversized-instance", (1, 10), "$0.01 to $0.10"),
    ],
)
def test_what_metrics_cost(check_id: str, asked: tuple[int, ...], usd: str) -> None:
    assert (words.metrics_asked(CHECKS[check_id]), words.metrics_usd(CHECKS[check_id])) == (asked, usd)


def test_a_metric_is_said_with_its_statistic_period_and_window() -> None:
    first = CHECKS["ec2-idle-instance"].metrics[0]
    assert words.metric(first) == "`AWS/EC2` CPUUtilization, Maximum of each day over `window_days`"


def test_the_rights_of_a_check_are_its_collectors_and_cloudwatchs_only_with_metrics() -> None:
    assert words.iam(CHECKS["ebs-gp2-to-gp3"]) == CHECKS["ebs-gp2-to-gp3"].over.iam
    assert words.iam(CHECKS["ebs-idle-volume"])[-1] == METRICS_IAM


def test_the_prices_are_those_of_its_service() -> None:
    assert "AmazonEBS" in words.priced_from(CHECKS["ebs-idle-volume"])
