"""The recipes for volumes: what is found of each, and when."""

from __future__ import annotations

from collections import Counter

from finops.fleet.recipes.ebs import volume
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

UNATTACHED, GP2 = "ebs-unattached-volume", "ebs-gp2-to-gp3"
FOUND = {
    "unattached-volume": {60: {UNATTACHED}, 100: {UNATTACHED}},
    "detached-an-hour-ago": on((100,), UNATTACHED),
    "unattached-gp2-volume": {6: {GP2}, 60: {UNATTACHED, GP2}, 100: {UNATTACHED, GP2}},
    "gp2-in-use": on((6, 60, 100), GP2),
    "volume-in-use": {},
    "idle-volume": {60: {"ebs-idle-volume"}},
    "one-operation-a-day": {},
    "idle-but-hardly-measured": {},
    "volume-of-a-stopped-instance": on((60, 100), "ebs-volume-on-stopped-instance"),
    "io1-with-little-use": {60: {"ebs-io-to-gp3"}},
    "io2-beyond-gp3": {},
    "io1-hardly-measured": {},
    "gp3-with-unused-iops": {60: {"ebs-gp3-overprovisioned"}},
    "gp3-half-used": {},
    "weekly-job": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(volume)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(volume)


def test_an_unattached_volume_of_every_kind_comes_up() -> None:
    recipe = next(one for one in recipes_of(volume) if one.id == "unattached-volume")
    kinds = Counter(Made(recipe, seed).asked("create_volume")[0]["VolumeType"] for seed in range(100))
    assert set(kinds) == {"gp3", "st1", "sc1", "standard", "io1"}
