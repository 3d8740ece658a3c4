"""The recipes for Lambda functions: what is found of each, and when. One day every one of them is unused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from finops.fleet.recipes import lambda_
from finops.fleet.scope import Book, Scope
from tests.finops.fleet.making import ACCOUNT, AS_OF, REGION, Made, assert_made_as_declared, recipes_of, shown

UNUSED = "lambda-unused"
OFF, READY = "lambda-reserved-concurrency-zero", "lambda-unused-provisioned-concurrency"
FOUND = {
    "function-on-x86": {60: {"lambda-arm64"}},
    "function-on-x86-that-nobody-calls": {100: {UNUSED}},
    "busy-function": {},
    "failing-function": {60: {"lambda-errors"}},
    "function-switched-off": {60: {OFF}, 100: {OFF, UNUSED}},
    "function-switched-off-today": {100: {"lambda-reserved-concurrency-zero"}},
    "function-with-one-reserved": {100: {UNUSED}},
    "provisioned-for-nobody": {60: {READY}, 100: {READY, UNUSED}},
    "provisioned-and-a-little-used": {100: {READY}},
    "function-that-nobody-calls": {100: {UNUSED}},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(lambda_)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(lambda_)


def test_one_day_every_function_is_unused() -> None:
    assert all(UNUSED in Made(recipe).checks(200) for recipe in recipes_of(lambda_))


def test_errors_are_just_above_and_just_at_one_in_ten() -> None:
    shares = {}
    for recipe in recipes_of(lambda_):
        points = Made(recipe).scope.metrics.get("AWS/Lambda", [])
        totals = {name: sum(point["Value"] for point in points if point["MetricName"] == name) for name in ("Errors", "Invocations")}
        if totals["Errors"]:
            shares[recipe.id] = totals["Errors"] / totals["Invocations"]
    assert shares["busy-function"] == 0.1
    assert 0.1 < shares["failing-function"] < 0.1001


class Deployed:
    """An account in which a recipe made one function, and the analyzer's deployment another."""

    accounts, regions = (ACCOUNT,), (REGION,)

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        pages = [{"Functions": [{"FunctionArn": "arn:recipe"}]}, {"Functions": [{"FunctionArn": "arn:analyzer"}]}]
        return SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=lambda: pages))


def test_the_analyzers_functions_are_counted_beside_those_of_recipes() -> None:
    scope = Scope(Deployed(), ACCOUNT, REGION, Book(), AS_OF)
    scope.book.count(lambda_.FUNCTION)
    scope.book.plant("arn:recipe", UNUSED, lambda_.unused())
    lambda_.functions_of_the_analyzer(scope)
    assert scope.book.resources == {lambda_.FUNCTION: 2}
    assert [key for key, _ in scope.book.planted] == [("arn:recipe", UNUSED), ("arn:analyzer", UNUSED)]
