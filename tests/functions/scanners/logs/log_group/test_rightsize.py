"""Which log groups are kept for ever, and what that bills."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from functions.core.model import Waste
from functions.scanners.logs.log_group.collector import GIB
from functions.scanners.logs.log_group.rightsize import KEPT_DAYS, no_retention
from tests.functions.paged import REGION
from tests.functions.scanners.logs.samples import RATE, group, judge, judged, waste


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, True),
        ({"retention_days": 1}, False),
        ({"retention_days": 3653}, False),
        ({"log_class": "INFREQUENT_ACCESS"}, True),
        ({"log_class": "DELIVERY"}, False),
        ({"stored_bytes": GIB}, False),
        ({"stored_bytes": GIB + 1}, True),
        ({"stored_bytes": 0}, False),
        ({"age": 90}, False),
        ({"age": 90.01}, True),
        ({"age": 0}, False),
        ({"created": None}, False),
        ({"created": datetime(2174, 2, 15, tzinfo=UTC)}, False),
        ({"deletion_protection": True}, True),
    ],
)
def test_what_is_kept_for_ever_is_large_and_has_had_the_time_to_grow_old(changes: Mapping[str, Any], flagged: bool) -> None:
    assert isinstance(judged(no_retention, group(**changes)), Waste) == flagged


@pytest.mark.parametrize(("age", "share"), [(91, 1 / 91), (180, 0.5), (360, 0.75), (3600, 0.975)])
def test_the_saving_is_at_most_what_is_older_under_even_growth(age: float, share: float) -> None:
    found = waste(no_retention, group(age=age))
    assert found.savings.low == 0
    assert found.savings.likely == found.savings.high == pytest.approx(100 * share * RATE, abs=1e-4)
    assert found.evidence["older_share"] == pytest.approx(share, abs=1e-4)
    assert found.savings.unpriced is None
    assert found.savings.formula == f"100 GB × $0.03 logs.storage × {share:.4g} older than 90 days"


@pytest.mark.parametrize(("asked", "kept"), [(1, 1), (2, 3), (30, 30), (91, 120), (3653, 3653)])
def test_the_command_sets_a_retention_that_there_is(asked: float, kept: int) -> None:
    found = waste(no_retention, group(age=8000), {"logs-no-retention.keep_days": asked})
    assert found.values == {"days": str(kept)}
    assert found.evidence["keep_days"] == kept
    assert no_retention.thresholds["keep_days"].maximum == max(KEPT_DAYS)


def test_the_retentions_are_those_that_botocore_documents() -> None:
    shape = boto3.Session().client("logs", region_name=REGION).meta.service_model.shape_for("Days")
    assert tuple(map(int, re.findall(r"\d+", shape.documentation))) == KEPT_DAYS


def test_a_group_that_receives_logs_is_only_told_to_forget() -> None:
    (finding,) = judge().findings(group(incoming={3: 1e9}))
    assert finding.command.endswith(f" &&\naws logs put-retention-policy --region {REGION} --log-group-name web --retention-in-days 90")
