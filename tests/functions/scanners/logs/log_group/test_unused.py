"""Which log groups receive nothing any more, and what deleting them saves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.model import Action, Confidence, Waste
from functions.core.registry import Check
from functions.scanners.logs.log_group.rightsize import no_retention
from functions.scanners.logs.log_group.unused import COMPRESSED, FREE_GIB, stale
from tests.functions.paged import REGION
from tests.functions.scanners.logs.samples import CHECKS, RATE, candidate, group, judge, judged, waste


@pytest.mark.parametrize("check", [no_retention, stale], ids=lambda check: check.id)
@pytest.mark.parametrize(
    "name", ["/org/CloudTrail/all", "aws-controltower/x", "Audit-log", "web-security", "compliance", "/aws/lambda/web", "web"]
)
def test_a_name_that_speaks_for_keeping_lowers_the_confidence_and_is_said(check: Check[Any], name: str) -> None:
    found = waste(check, group(name=name, id=name))
    ours = name == "web" or (name.startswith("/aws/") and check is no_retention)
    assert found.confidence == (None if ours else Confidence.LOW)
    assert ("audit" in found.note) == (name not in ("web", "/aws/lambda/web"))
    assert ("its writer may still exist" in found.note) == (check is stale and name.startswith("/aws/"))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"stored_bytes": 0}, False),
        ({"gib": 0.099}, False),
        ({"gib": 0.101}, True),
        ({"age": 29.99}, False),
        ({"age": 30}, True),
        ({"created": None}, False),
        ({"created": datetime(2174, 2, 15, tzinfo=UTC)}, False),
        ({"retention_days": 14}, False),
        ({"retention_days": 365}, False),
        ({"retention_days": 400}, True),
        ({"log_class": "INFREQUENT_ACCESS"}, True),
        ({"log_class": "DELIVERY"}, False),
        ({"deletion_protection": True}, True),
    ],
)
def test_only_what_stores_something_since_before_the_window_and_stays_is_asked_about(changes: Mapping[str, Any], asked: bool) -> None:
    assert candidate(stale, group(**changes)) == asked


@pytest.mark.parametrize(
    ("incoming", "flagged"), [({}, True), ({30: 0.0, 1: 0.0}, True), ({30: 1.0}, False), ({1: 1.0}, False), ({1: 1e12}, False)]
)
def test_a_group_without_a_byte_in_30_days_is_stale(incoming: Mapping[int, float], flagged: bool) -> None:
    assert isinstance(judged(stale, group(incoming=incoming)), Waste) == flagged


@pytest.mark.parametrize("day", [1, 15, 30])
def test_more_bytes_never_make_a_group_more_stale(day: int) -> None:
    before: set[bool] = {True}
    for count in (0.0, 1e-9, 1.0, 1e6, 1e15):
        found = isinstance(judged(stale, group(incoming={day: count})), Waste)
        assert not found or True in before
        before = {found}
    assert before == {False}


@pytest.mark.parametrize("gib", [0.2, FREE_GIB, FREE_GIB / COMPRESSED, FREE_GIB / COMPRESSED + 1, 500, 50_000])
def test_deleting_saves_what_is_stored_and_at_least_what_is_left_compressed_free_and_tiered(gib: float) -> None:
    found = waste(stale, group(gib)).savings
    assert found.likely == found.high == pytest.approx(gib * RATE, rel=1e-3)
    assert found.low == pytest.approx(max(0, gib * 0.15 - FREE_GIB) * RATE * 0.2, rel=1e-3, abs=1e-4)
    assert [(price.key, price.unit) for price in found.prices] == [("logs.storage", "GB-month")]


def test_what_is_to_be_known_before_deleting_is_said() -> None:
    assert waste(stale, group()).note == ""
    assert waste(stale, group(deletion_protection=True)).note.startswith("Deletion protection is on")
    assert waste(stale, group(deletion_protection=True)).evidence["deletion_protection"] is True
    kept = waste(stale, group(retention_days=3653))
    assert (kept.confidence, kept.note) == (Confidence.LOW, "Somebody chose to keep it for 3653 days.")


def test_deleting_it_and_setting_a_retention_count_once() -> None:
    findings = judge().findings(group())
    assert [(one.check_id, one.action, one.headline) for one in findings] == [
        ("logs-stale-group", Action.DELETE, True),
        ("logs-no-retention", Action.RIGHTSIZE, False),
    ]
    assert findings[1].counted_by == findings[0].finding_id
    assert sum(one.savings.likely for one in findings if one.headline) == pytest.approx(100 * RATE)


def test_nothing_is_deleted_by_the_command_before_it_is_exported_and_unprotected() -> None:
    (finding,) = judge(stale).findings(group(deletion_protection=True, name="a#b", id="a#b"))
    _, export, *_, done, unprotect, delete = finding.command.split(" &&\n")
    assert f"create-export-task --region {REGION} --log-group-name 'a#b' --from 0 --to 1780272000000 --destination BUCKET" in export
    assert done.endswith("| grep -x COMPLETED")
    assert unprotect.endswith("--log-group-identifier 'a#b' --no-deletion-protection-enabled")
    assert delete == f"aws logs delete-log-group --region {REGION} --log-group-name 'a#b'"
    (finding,) = judge(stale).findings(group())
    assert "deletion-protection" not in finding.command


def test_titles_are_statements_that_fit_a_line() -> None:
    assert [check.title for check in CHECKS if check.title.endswith("?") or len(check.title) > 70] == []


def test_a_region_without_a_price_of_its_own_takes_us_east_1s_and_says_so() -> None:
    verdict = judged(stale, group(), region="mars-north-1")
    assert isinstance(verdict, Waste)
    assert [price.fallback_for for price in verdict.savings.prices] == ["mars-north-1"]
