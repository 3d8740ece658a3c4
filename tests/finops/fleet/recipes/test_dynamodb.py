"""The recipes for DynamoDB tables: what is found of each, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from finops.fleet.recipes import dynamodb
from finops.fleet.register import Recipe
from finops.fleet.rules import DAY, Moment
from finops.fleet.scope import Book, Scope
from functions.core.usage import Metric
from functions.scanners.dynamodb.table.capacity_mode import hardly_used, steady
from functions.scanners.dynamodb.table.rightsize import overprovisioned
from functions.scanners.dynamodb.table.table_class import standard_to_ia
from functions.scanners.dynamodb.table.unused import unused_index, unused_table
from tests.finops.fleet.making import ACCOUNT, AS_OF, CREATED, REGION, Made, assert_made_as_declared, on, recipes_of, shown

UNUSED, TOO_MUCH, HARDLY = unused_table.id, overprovisioned.id, hardly_used.id
FOUND = {
    "unused-table": on([60], UNUSED, TOO_MUCH, HARDLY),
    "unused-table-on-demand": on([60], UNUSED, standard_to_ia.id),
    "table-that-nobody-measured": {},
    "table-hardly-measured": {},
    "empty-table-on-demand": {},
    "table-read-once-in-a-month": on([60], TOO_MUCH, HARDLY),
    "table-with-unread-index": on([60], unused_index.id),
    "index-read-once-in-a-month": {},
    "table-well-used": {},
    "table-that-scales": {},
    "steady-table-on-demand": on([60], steady.id),
    "spiky-table-on-demand": {},
    "large-table-that-is-seldom-read": on([60], standard_to_ia.id),
    "large-table-of-standard-ia": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(dynamodb)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(dynamodb)


def test_every_check_is_planted_and_nearly_missed() -> None:
    every = {unused_table.id, unused_index.id, overprovisioned.id, hardly_used.id, steady.id, standard_to_ia.id}
    assert set(dynamodb.CHECKS) == every
    assert set().union(*(found.get(60, set()) for found in FOUND.values())) == every


@pytest.mark.parametrize("recipe", recipes_of(dynamodb), ids=lambda recipe: recipe.id)
def test_a_month_of_hours_is_what_the_checks_ask_for(recipe: Recipe) -> None:
    window = unused_table.limits(AS_OF).window_days
    assert window == dynamodb.WINDOW
    metric: Metric = unused_table.metrics[0]
    points = [one for one in Made(recipe).scope.metrics.get(metric.namespace, ()) if one["MetricName"] == metric.name]
    times = [one["Timestamp"] for one in points]
    assert all(AS_OF - window * DAY - DAY / 24 <= moment < AS_OF for moment in times)


def test_a_month_later_nothing_of_it_is_known() -> None:
    later = Moment(CREATED + 100 * DAY, CREATED, AS_OF)
    assert not dynamodb.A_MONTH(later)


class Deployed:
    """An account in which the analyzer's deployment made its table."""

    accounts, regions = (ACCOUNT,), (REGION,)

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        pages = [{"TableNames": ["finops-Storage-State-1"]}, {"TableNames": ["unused-table-1"]}]
        return SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=lambda: pages))


def test_the_analyzers_table_is_counted() -> None:
    scope = Scope(Deployed(), ACCOUNT, REGION, Book(), AS_OF)
    dynamodb.tables_of_the_analyzer(scope)
    assert scope.book.resources == {dynamodb.TABLE: 1}
