"""The recipes for Elastic IP addresses: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.ec2 import address
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

STOPPED = ("ec2-address-on-stopped-instance", "ec2-stopped-instance", "ebs-volume-on-stopped-instance")
FOUND = {
    "unassociated-address": on((6, 60, 100), "ec2-unassociated-address"),
    "address-in-use": {},
    "address-of-an-interface": {},
    "address-on-stopped": on((60, 100), *STOPPED),
    "address-on-one-stopped-late": on((100,), *STOPPED),
    "address-on-one-stopped-once": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(address)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(address)


def test_an_address_is_associated_with_what_it_says() -> None:
    asked = {recipe.id: Made(recipe).asked("associate_address") for recipe in recipes_of(address)}
    on_instances = ("address-in-use", "address-on-stopped", "address-on-one-stopped-late", "address-on-one-stopped-once")
    assert {name: [{*given} - {"AllocationId"} for given in calls] for name, calls in asked.items()} == {
        "unassociated-address": [],
        "address-of-an-interface": [{"NetworkInterfaceId"}],
        **{name: [{"InstanceId"}] for name in on_instances},
    }
