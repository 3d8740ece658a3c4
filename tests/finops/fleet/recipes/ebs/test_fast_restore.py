"""The recipes for fast restore: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.ebs import fast_restore
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

FOUND = {
    "fast-restore-that-nobody-uses": {60: {"ebs-fast-snapshot-restore"}, 100: {"ebs-old-snapshot"}},
    "fast-restore-used-once": {100: {"ebs-old-snapshot"}},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(fast_restore)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(fast_restore)


def test_it_is_enabled_in_the_zone_that_is_measured() -> None:
    for recipe in recipes_of(fast_restore):
        [enabled] = Made(recipe).asked("enable_fast_snapshot_restores")
        assert len(enabled["AvailabilityZones"]) == len(enabled["SourceSnapshotIds"]) == 1
