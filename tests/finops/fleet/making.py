"""Runs one recipe against a stand-in for AWS that gives every resource an id and remembers what it was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from finops.fleet.register import RECIPES, Recipe, all_beginnings
from finops.fleet.rules import Moment
from finops.fleet.scope import Book, Scope

ACCOUNT, REGION = "111111111111", "us-east-1"
CREATED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
AS_OF = CREATED + timedelta(days=60)
SHOWN = (6, 60, 100)
"""Days after the fleet's creation at which the tests look."""


@cache
def outputs(service: str) -> ServiceModel:
    """What the operations of a service answer, as botocore knows it."""
    return botocore.session.get_session().get_service_model(service)


def likely(shape: Shape | None, depth: int = 4) -> Any:
    """An answer of a shape: strings that are unique, no things in lists, and nothing beyond a depth, where shapes contain themselves."""
    if isinstance(shape, StructureShape):
        return {name: likely(member, depth - 1) for name, member in shape.members.items()} if depth else {}
    if isinstance(shape, ListShape):
        return []
    return f"{shape.name}-{next(_numbers)}" if shape is not None and shape.type_name == "string" else None


class Client:
    """Answers as AWS does, as far as the recipes read the answers: with ids for what is made, and as if nothing else were there."""

    def __init__(self, service: str, calls: list[tuple[str, Mapping[str, Any]]]) -> None:
        self._model, self._calls = outputs(service), calls

    def _answer(self, operation: str, given: Mapping[str, Any]) -> Any:
        if operation in ANSWERS:
            return ANSWERS[operation](given)
        name = next(name for name in self._model.operation_names if xform_name(name) == operation)
        return likely(self._model.operation_model(name).output_shape) or {}

    def get_paginator(self, operation: str) -> Any:
        """One page."""
        return SimpleNamespace(paginate=lambda **given: [self._answer(operation, given)])

    def __getattr__(self, operation: str) -> Any:
        def call(**given: Any) -> Any:
            self._calls.append((operation, given))
            return self._answer(operation, given)

        return call


_numbers = count(1)


def _instances(given: Mapping[str, Any]) -> Any:
    made = [f"i-{next(_numbers)}" for _ in range(given["MinCount"])]
    return {"Instances": [{"InstanceId": one, "BlockDeviceMappings": [{"Ebs": {"VolumeId": f"vol-of-{one}"}}]} for one in made]}


def _elb(what: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{what}/{next(_numbers)}"


def _rds(what: str) -> str:
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:{what}"


ANSWERS: Mapping[str, Any] = {
    "run_instances": _instances,
    "create_volume": lambda given: {"VolumeId": f"vol-{next(_numbers)}"},
    "create_snapshot": lambda given: {"SnapshotId": f"snap-{next(_numbers)}"},
    "create_db_instance": lambda given: {"DBInstance": {"DBInstanceArn": _rds(f"db:{given['DBInstanceIdentifier']}")}},
    "create_db_cluster": lambda given: {"DBCluster": {"DBClusterArn": _rds(f"cluster:{given['DBClusterIdentifier']}")}},
    "create_load_balancer": lambda given: {"LoadBalancers": [{"LoadBalancerArn": _elb("loadbalancer/app/x")}]},
    "create_target_group": lambda given: {"TargetGroups": [{"TargetGroupArn": _elb("targetgroup/x")}]},
    "create_function": lambda given: {"FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{given['FunctionName']}"},
}


class StandIn:
    """One account in one region."""

    accounts = (ACCOUNT,)
    regions = (REGION,)

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        return Client(service, self.calls)


class Made:
    """What one recipe made, and what has to be found of it so many days after its creation."""

    def __init__(self, recipe: Recipe, seed: int = 0) -> None:
        self.aws = StandIn()
        self.recipe = recipe
        self.scope = Scope(self.aws, ACCOUNT, REGION, Book(), AS_OF, seed)
        for beginning in all_beginnings():
            beginning(self.scope)
        self.aws.calls.clear()
        self.book = self.scope.book = Book()
        recipe.make(self.scope, f"{recipe.id[:25]}-1", Random(seed))  # noqa: S311

    def checks(self, days: float) -> set[str]:
        """The checks that find something, this many days after the creation."""
        moment = Moment(CREATED + timedelta(days=days), CREATED, AS_OF)
        return {check for (_, check), rule in self.book.planted if rule(moment)}

    @property
    def nearly(self) -> set[str]:
        return {check for _, check in self.book.near}

    def asked(self, operation: str) -> list[Mapping[str, Any]]:
        """What an operation was called with."""
        return [given for name, given in self.aws.calls if name == operation]


def recipes_of(module: Any) -> list[Recipe]:
    """The recipes that a module registers."""
    return [recipe for recipe in RECIPES if getattr(recipe.make, "__module__", "") == module.__name__]


def shown(made: Made) -> dict[int, set[str]]:
    """Checks that find something, by day, without the days on which none does."""
    return {days: found for days in SHOWN if (found := made.checks(days))}


def on(days: Iterable[int], *checks: str) -> dict[int, set[str]]:
    """The same checks on each of these days, as `shown` tells it."""
    return {day: set(checks) for day in days}


def assert_made_as_declared(module: Any) -> None:
    """Every recipe of a module makes what it declares, whatever the dice say; and what is nearly found is not found at day 60."""
    for recipe in recipes_of(module):
        for seed in range(5):
            made = Made(recipe, seed)
            assert made.book.resources == Counter(recipe.makes), recipe.id
            moment = Moment(AS_OF, CREATED, AS_OF)
            found = {key for key, rule in made.book.planted if rule(moment)}
            assert not found & made.book.near, recipe.id
