"""The recipes for load balancers: what is found of each, and when."""

from __future__ import annotations

from finops.fleet.recipes.elb import load_balancer
from tests.finops.fleet.making import Made, assert_made_as_declared, recipes_of, shown

EMPTY = {60: {"elb-no-targets"}, 100: {"elb-no-targets"}}
FOUND = {
    "balancer-without-targets": EMPTY,
    "balancer-with-an-empty-group": EMPTY,
    "scaled-to-nothing-for-now": {100: {"elb-no-targets"}},
    "balancer-that-redirects": {},
    "balancer-without-healthy-targets": {60: {"elb-no-healthy-targets"}},
    "failing-and-asked-all-the-same": {},
    "balancer-that-was-healthy-this-week": {},
    "one-healthy-target": {},
    "idle-application-balancer": {60: {"elb-idle"}},
    "websockets-that-stay-open": {},
    "one-websocket": {},
    "idle-network-balancer": {60: {"elb-idle"}},
    "one-long-flow": {},
    "idle-gateway-balancer": {60: {"elb-idle"}},
    "balancer-hardly-measured": {},
    "busy-balancer": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(load_balancer)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(load_balancer)


def test_all_kinds_of_load_balancers_come_up_without_targets() -> None:
    recipe = next(one for one in recipes_of(load_balancer) if one.id == "balancer-without-targets")
    assert {Made(recipe, seed).asked("create_load_balancer")[0]["Type"] for seed in range(50)} == {"application", "network", "gateway"}


def test_metrics_name_their_load_balancer_as_cloudwatch_does() -> None:
    recipe = next(one for one in recipes_of(load_balancer) if one.id == "balancer-without-healthy-targets")
    (dimensions,) = {tuple(sorted(pair.items()) for pair in point["Dimensions"]).__repr__() for point in points(Made(recipe))}
    assert "'app/x/" in dimensions
    assert "'targetgroup/x/" in dimensions


def points(made: Made) -> list[dict[str, list[dict[str, str]]]]:
    return made.scope.metrics["AWS/ApplicationELB"]
