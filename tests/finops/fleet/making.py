"""Runs one recipe against a stand-in for AWS that gives every resource an id and remembers what it was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from finops.fleet.register import RECIPES, Recipe
from finops.fleet.rules import Moment
from finops.fleet.scope import Book, Scope

ACCOUNT, REGION = "111111111111", "us-east-1"
CREATED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
AS_OF = CREATED + timedelta(days=60)
SHOWN = (6, 60, 100)
"""Days after the fleet's creation at which the tests look."""


class Client:
    """Answers as AWS does, as far as the recipes read the answers."""

    def __init__(self, calls: list[tuple[str, Mapping[str, Any]]]) -> None:
        self._calls = calls

    def __getattr__(self, operation: str) -> Any:
        def call(**given: Any) -> Any:
            self._calls.append((operation, given))
            return ANSWERS[operation](given) if operation in ANSWERS else {}

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
        return Client(self.calls)


class Made:
    """What one recipe made, and what has to be found of it so many days after its creation."""

    def __init__(self, recipe: Recipe, seed: int = 0) -> None:
        self.aws = StandIn()
        self.recipe = recipe
        self.book = Book()
        self.scope = Scope(self.aws, ACCOUNT, REGION, self.book, AS_OF, backend="i-backend", stopped="i-stopped", role="arn:role")
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
