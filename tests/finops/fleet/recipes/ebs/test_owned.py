"""The recipes for volumes and snapshots of somebody else: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.ebs import owned
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "volume-of-a-claim": on((60, 100), "ebs-unattached-volume"),
    "volume-kept-on-purpose": on((6, 60, 100), "ebs-gp2-to-gp3"),
    "snapshot-in-a-template": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(owned)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(owned)


def test_a_tag_or_a_template_says_whose_it_is() -> None:
    made = {recipe.id: Made(recipe) for recipe in recipes_of(owned)}
    for name, key in (("volume-of-a-claim", "kubernetes.io/created-for/pvc/name"), ("volume-kept-on-purpose", "DoNotDelete")):
        [asked] = made[name].asked("create_volume")
        assert key in {tag["Key"] for tag in asked["TagSpecifications"][0]["Tags"]}
    [template] = made["snapshot-in-a-template"].asked("create_launch_template")
    assert template["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
