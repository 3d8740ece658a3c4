"""The recipes for snapshots: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.ebs import snapshot
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

FOUND = {
    "orphan-snapshots": {60: {"ebs-orphan-snapshot"}, 100: {"ebs-orphan-snapshot", "ebs-old-snapshot"}},
    "snapshot-of-a-volume-that-went-today": {100: {"ebs-orphan-snapshot", "ebs-old-snapshot"}},
    "orphan-snapshot-kept-on-purpose": {},
    "snapshot-of-an-image": {},
    "volume-with-snapshots": {100: {"ebs-old-snapshot"}},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(snapshot)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(snapshot)


def test_orphans_lose_their_volume_and_the_others_do_not() -> None:
    deleted = {recipe.id: len(Made(recipe).asked("delete_volume")) for recipe in recipes_of(snapshot)}
    assert deleted == {
        "orphan-snapshots": 1,
        "snapshot-of-a-volume-that-went-today": 1,
        "orphan-snapshot-kept-on-purpose": 1,
        "snapshot-of-an-image": 1,
        "volume-with-snapshots": 0,
    }


def test_only_the_volume_that_went_today_was_seen_lately() -> None:
    seen = {recipe.id for recipe in recipes_of(snapshot) if Made(recipe).scope.metrics.get("AWS/EBS")}
    assert seen == {"snapshot-of-a-volume-that-went-today"}
