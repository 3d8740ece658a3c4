"""Snapshots of DB instances that are gone, or kept for long."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core import registry
from functions.core.model import Confidence, InsufficientData, Waste
from functions.core.registry import Check
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.rds.db_snapshot.backup_storage import Backup
from functions.scanners.rds.db_snapshot.unused import CUSTOM, LAST_SIGN, old_snapshot, orphan_snapshot
from tests.functions.scanners.rds.samples import NOW, PRICES, days_ago, is_candidate, judge, lacking, waste
from tests.functions.scanners.rds.snapshot_samples import backup, measured

BOTH: list[Check[Any]] = [orphan_snapshot, old_snapshot]


def silent(**changes: Any) -> Backup:
    """CloudWatch was asked, and knows nothing of the instance in the month."""
    return backup(**{"usage": measured(sign=(LAST_SIGN, [])), **changes})


# --- which ones ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("check", "limit"), [(orphan_snapshot, 30), (old_snapshot, 90)])
def test_only_from_an_age_on(check: Any, limit: float) -> None:
    ages = (0, limit - 0.01, limit, limit + 0.01, 1_000)
    assert [judge(check, backup(age=age)) is not None for age in ages] == [False, False, True, True, True]
    assert judge(check, backup(created=None, taken=None)) is None


@pytest.mark.parametrize(
    ("taken", "copied", "found"), [(400, 400, True), (400, 30, True), (400, 29.9, False), (89.9, 89.9, False), (90, 90, True)]
)
def test_a_copy_is_as_old_as_what_it_is_a_copy_of_once_it_was_kept_for_a_month(taken: float, copied: float, found: bool) -> None:
    one = backup(taken=days_ago(taken), created=days_ago(copied))
    assert isinstance(judge(old_snapshot, one), Waste) is found


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    "changes",
    [
        {"status": "creating"},
        {"operator": "backup.amazonaws.com"},
        {"tags": {"aws:backup:source-resource": "arn:aws:rds:us-east-1:1:db:orders"}},
    ],
)
def test_what_is_not_complete_or_a_service_deletes_is_left_alone(check: Any, changes: dict[str, Any]) -> None:
    assert judge(check, backup(age=400)) is not None
    assert judge(check, backup(age=400, **changes)) is None


@pytest.mark.parametrize("tags", [{"retention": "7y"}, {"Compliance": "sox"}, {"legal-hold": ""}, {"keep-until": "2030-01-01"}])
def test_what_a_tag_keeps_is_counted_as_not_judged_and_no_metric_is_asked_for(tags: dict[str, str]) -> None:
    _, checks = registry.load("rds:db-snapshot")
    engine = Judge([(check, check.limits(NOW)) for check in checks], PRICES)
    assert engine.findings(backup(age=400, tags=tags)) == []
    assert engine.insufficient == {"rds-orphan-snapshot": 1, "rds-old-snapshot": 1}
    assert is_candidate(orphan_snapshot, backup(tags=tags)) is False


def test_an_orphan_is_one_whose_instance_is_gone_and_not_one_whose_instance_is_unknown() -> None:
    assert isinstance(judge(orphan_snapshot, backup(source_exists=False)), Waste)
    assert judge(orphan_snapshot, backup(source_exists=True)) is None
    why = "AWS does not say of which database, or that is in another Region or account"
    assert judge(orphan_snapshot, backup(source_exists=None)) == InsufficientData(why)
    assert judge(orphan_snapshot, backup(source_exists=None, age=5)) is None


@pytest.mark.parametrize(("values", "found"), [([], True), ([0.0], False), ([3.2, 4.0], False)])
def test_an_instance_that_ran_within_the_month_is_not_yet_missed(values: list[float], found: bool) -> None:
    assert isinstance(judge(orphan_snapshot, backup(usage=measured(sign=(LAST_SIGN, values)))), Waste) is found


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"source_exists": True}, False),
        ({"source_exists": None}, False),
        ({"age": 29.99}, False),
        ({"namesake": True}, False),  # the metrics of that name are the other's
        ({"status": "copying"}, False),
    ],
)
def test_only_what_would_be_reported_costs_a_metric(changes: dict[str, Any], asked: bool) -> None:
    assert is_candidate(orphan_snapshot, backup(**changes)) is asked


@pytest.mark.parametrize(
    ("changes", "confidence", "said"),
    [
        ({}, None, ""),
        ({"newest": True}, Confidence.LOW, "may be the only copy"),
        ({"namesake": True}, Confidence.LOW, "of the same name exists again"),
        ({"usage": Usage()}, Confidence.LOW, ""),  # CloudWatch was not asked, or refused
    ],
)
def test_what_makes_an_orphan_less_sure(changes: dict[str, Any], confidence: Confidence | None, said: str) -> None:
    found = waste(orphan_snapshot, silent(**changes))
    assert (found.confidence, said in found.note) == (confidence, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"newest": True, "source_exists": True}, "take a new one before"),
        ({"newest": True, "source_exists": False}, "may be the only copy"),
        ({"elsewhere": True, "source_exists": None}, "a copy from another Region"),
        ({"source_exists": True}, ""),
    ],
)
def test_what_is_to_be_known_before_an_old_one_is_deleted_is_said(changes: dict[str, Any], said: str) -> None:
    note = waste(old_snapshot, backup(age=400, **changes)).note
    assert (said in note, bool(note)) == (True, bool(said))


# --- what they save ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"charged": 1.0}, (0, 9.50, 9.50)),  # 100 GiB at $0.095, all beyond what is free
        ({"charged": 0.0}, (0, 0.00, 9.50)),  # all within it, as far as the sizes tell
        ({"charged": 0.5}, (0, 4.75, 9.50)),
        ({"charged": 1.0, "full_gib": 20}, (0, 1.90, 1.90)),  # AWS says that only 20 GiB were written
        ({"charged": 1.0, "relatives": 4}, (0, 1.90, 9.50)),  # or a fifth of one copy
        ({"charged": 1 / 3, "relatives": 1, "full_gib": 90}, (0, 1.425, 8.55)),  # the example of test_backup_storage
    ],
)
def test_savings_are_a_range_from_nothing_to_all_of_it(check: Any, changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    savings = waste(check, backup(age=400, **changes)).savings
    assert (savings.low, savings.likely, savings.high) == pytest.approx(expected)


def test_the_formula_says_what_is_shared_and_what_is_free() -> None:
    found = waste(old_snapshot, backup(age=400, full_gib=90, relatives=1, charged=0.25, held_gib=130.0, storage_gib=100.0))
    assert found.savings.formula == "90 GiB × $0.095 backup × 1/2 of shared blocks × 0.25 beyond the free storage"
    assert (found.evidence["region_backups_gib_at_least"], found.evidence["region_databases_gib"]) == (130.0, 100.0)
    whole = waste(old_snapshot, backup(age=400, charged=1.0))
    assert whole.savings.formula == "100 GiB of its database's storage × $0.095 backup × 1 beyond the free storage"


def test_what_has_no_price_is_unpriced() -> None:
    assert waste(old_snapshot, backup(age=400, engine="custom-oracle-ee")).savings.unpriced == CUSTOM
    assert "no price known" in str(waste(old_snapshot, backup(age=400), lacking("backup")).savings.unpriced)
    assert "outposts" in str(waste(old_snapshot, backup(age=400, place="outposts")).savings.unpriced)


def test_an_empty_one_is_not_worth_a_finding() -> None:
    assert waste(old_snapshot, backup(age=400, full_gib=0)).savings.worthless


# --- through the engine ------------------------------------------------------------------------------------------------------------------


def test_one_headline_and_a_command_that_looks_first() -> None:
    engine = Judge([(check, check.limits(NOW)) for check in BOTH], PRICES)
    findings = engine.findings(silent(age=400, charged=1.0))
    assert [(finding.check_id, finding.headline) for finding in findings] == [("rds-orphan-snapshot", True), ("rds-old-snapshot", False)]
    _, gone, shared, delete = findings[0].command.split(" &&\n")
    assert "--filters Name=dbi-resource-id,Values=db-GONE --query 'length(DBInstances)' --output text)\" = 0" in gone
    assert "describe-db-snapshot-attributes" in shared
    assert delete == "aws rds delete-db-snapshot --region us-east-1 --db-snapshot-identifier before-the-move"
    assert findings[0].undo.startswith("None")
