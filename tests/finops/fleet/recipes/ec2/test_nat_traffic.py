"""The recipes for NAT gateways with traffic: what is found of each, when, and at which numbers."""

from __future__ import annotations

from collections import defaultdict

import pytest

from finops.fleet.recipes.ec2 import nat_traffic
from tests.finops.fleet.making import Made, assert_made_as_declared, on, recipes_of, shown

FOUND = {
    "endpointless-nat-gateway": on((60,), "ec2-endpointless-nat-gateway"),
    "endpoint-of-another-table": on((60,), "ec2-endpointless-nat-gateway"),
    "s3-served-nat-gateway": {},
    "quiet-nat-gateway": {},
    "cross-zone-nat-gateway": on((60,), "ec2-cross-zone-nat-gateway"),
    "nat-gateway-of-another-zone": on((60,), "ec2-cross-zone-nat-gateway"),
    "too-little-to-cross-for": {},
    "nat-gateway-in-each-zone": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(nat_traffic)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(nat_traffic)


@pytest.mark.parametrize(
    ("recipe", "gb_a_day", "zones"),
    [("quiet-nat-gateway", 3, "a"), ("cross-zone-nat-gateway", 200, "aab"), ("too-little-to-cross-for", 40, "aabc")],
)
def test_the_traffic_is_what_the_recipe_says_and_comes_from_these_zones(recipe: str, gb_a_day: float, zones: str) -> None:
    made = Made(next(one for one in recipes_of(nat_traffic) if one.id == recipe))
    sums: dict[str, float] = defaultdict(float)
    for point in made.scope.metrics["AWS/NATGateway"]:
        sums[point["MetricName"]] += point["Value"] / 14 / 1024**3
    assert sums["BytesOutToDestination"] + sums["BytesInFromDestination"] == pytest.approx(gb_a_day)
    assert sums["BytesInFromSource"] + sums["BytesOutToSource"] == pytest.approx(gb_a_day)
    assert [one["AvailabilityZone"] for one in made.asked("create_subnet")] == [f"us-east-1{zone}" for zone in zones]
    assert len(made.asked("associate_route_table")) == len(zones) - (len(zones) > 1)
