"""The recipes for snapshots of databases: what is found of each, and when; and what backups bill."""

from __future__ import annotations

import pytest

from finops.fleet.bill.billable import HOURS_A_DAY, Adding, Billable
from finops.fleet.recipes.rds import snapshot
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.book import Prices
from tests.finops.fleet.making import ACCOUNT, REGION, Made, StandIn, assert_made_as_declared, recipes_of, shown

ORPHAN, OLD, AURORA_ORPHAN, AURORA_OLD = "rds-orphan-snapshot", "rds-old-snapshot", "aurora-orphan-snapshot", "aurora-old-snapshot"
FOUND: dict[str, dict[int, set[str]]] = {
    "database-snapshots-left-over": {60: {ORPHAN}, 100: {ORPHAN, OLD}},
    "snapshot-of-a-database-gone-today": {100: {ORPHAN, OLD}},
    "database-snapshot-for-the-auditor": {},
    "database-with-a-snapshot": {100: {OLD}},
    "cluster-snapshot-left-over": {60: {AURORA_ORPHAN}, 100: {AURORA_ORPHAN, AURORA_OLD}},
    "snapshot-of-a-cluster-gone-today": {100: {AURORA_ORPHAN, AURORA_OLD}},
    "cluster-snapshot-for-the-auditor": {},
    "cluster-with-a-snapshot": {100: {AURORA_OLD}},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(snapshot)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(snapshot)


@pytest.mark.parametrize(
    ("databases", "snapshots", "gib"),
    [([100, 100], [4_000], 3_800), ([5_000], [4_000], 0), ([], [50, 50], 50)],  # two of one database are one copy
)
def test_backups_bill_what_is_beyond_the_storage_of_the_databases(
    monkeypatch: pytest.MonkeyPatch, databases: list[int], snapshots: list[int], gib: float
) -> None:
    there = {
        "DBInstances": [{"Engine": "postgres", "AllocatedStorage": size} for size in databases],
        "DBSnapshots": [{"DbiResourceId": "db-1", "AllocatedStorage": size} for size in snapshots],
    }
    monkeypatch.setattr(Adding, "listed", lambda adding, service, operation, key: iter(there[key]))
    billable = Billable(ACCOUNT, REGION)
    snapshot.backups(Adding(billable, Prices(REGION), StandIn()))
    quantities = {use.usage_type: round(quantity * HOURS_PER_MONTH / HOURS_A_DAY) for use, (_, quantity) in billable.uses.items()}
    assert quantities == ({"RDS:ChargedBackupUsage": gib} if gib else {})
