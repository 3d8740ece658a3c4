"""The recipes for log groups: what is found of each, and when. A fleet whose logs stop is one day stale as a whole."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from finops.fleet.recipes import logs
from finops.fleet.rules import DAY, Moment
from finops.fleet.scope import Book, Scope
from functions.scanners.logs.log_group.modernize import infrequent_access
from functions.scanners.logs.log_group.rightsize import no_retention
from functions.scanners.logs.log_group.unused import stale
from tests.finops.fleet.making import ACCOUNT, AS_OF, CREATED, REGION, Made, assert_made_as_declared, on, recipes_of, shown

KEPT, STALE, MUCH = no_retention.id, stale.id, infrequent_access.id
FOUND = {
    "stale-log-group": {60: {STALE}, 100: {STALE, KEPT}},
    "log-group-kept-for-ever": {100: {STALE, KEPT}},
    "one-byte-30-days-ago": {100: {STALE, KEPT}},
    "silent-for-a-year-at-most": {},
    "silent-for-ten-years": on((60, 100), STALE),
    "log-group-of-one-gigabyte": {100: {STALE}},
    "stale-log-group-of-a-few-cents": {},
    "log-group-for-delivery": {},
    "log-group-that-takes-in-much": on((60,), MUCH),
    "log-group-that-is-sent-on": {},
    "log-group-with-an-alarm": {},
}


def test_what_is_found_of_each() -> None:
    assert {recipe.id: shown(Made(recipe)) for recipe in recipes_of(logs)} == FOUND


def test_recipes_make_what_they_declare() -> None:
    assert_made_as_declared(logs)


def test_as_much_came_in_as_is_stored() -> None:
    came_in = {}
    for recipe in recipes_of(logs):
        points = Made(recipe).scope.metrics["AWS/Logs"]
        came_in[recipe.id] = sum(point["Value"] for point in points) / logs.GIB
    assert came_in["log-group-of-one-gigabyte"] == 1, "not more than the threshold"
    assert came_in["stale-log-group-of-a-few-cents"] < stale.thresholds["min_stored_gb"].default
    assert min(gib for name, gib in came_in.items() if KEPT in FOUND[name].get(100, ())) > no_retention.thresholds["min_stored_gb"].default


@pytest.mark.parametrize(("age", "much"), [(29.9, False), (34, False), (36, True), (60, True), (74, True), (76, False)])
def test_much_came_in_while_half_of_a_month_has_twice_as_much(age: float, much: bool) -> None:
    rule = logs.takes_in_much(logs.TWICE_AS_MUCH, logs.UP_TO_NOW)
    assert rule(Moment(CREATED + DAY * age, CREATED, AS_OF)) == much


@pytest.mark.parametrize(("gib", "days", "waste"), [(500, 90, False), (500, 90.1, True), (2, 98.1, False), (2, 98.2, True), (2, 60, False)])
def test_it_is_kept_too_long_once_that_is_worth_half_a_cent(gib: float, days: float, waste: bool) -> None:
    assert logs.kept_too_long(gib)(Moment(CREATED + DAY * days, CREATED, AS_OF)) == waste


class Deployed:
    """An account in which the analyzer's deployment made two log groups."""

    accounts, regions = (ACCOUNT,), (REGION,)

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        there = [{"logGroupName": "/aws/lambda/plan"}, {"logGroupName": "/aws/lambda/scan-logs"}]

        def paginate(logGroupNamePrefix: str) -> list[dict[str, Any]]:  # noqa: N803  # AWS's name
            return [{"logGroups": [group for group in there if group["logGroupName"].startswith(logGroupNamePrefix)]}]

        return SimpleNamespace(get_paginator=lambda operation: SimpleNamespace(paginate=paginate))


def test_the_analyzers_log_groups_are_counted_and_no_recipes_name_looks_like_theirs() -> None:
    scope = Scope(Deployed(), ACCOUNT, REGION, Book(), AS_OF)
    logs.log_groups_of_the_analyzer(scope)
    assert scope.book.resources == {logs.GROUP: 2}
    for recipe in recipes_of(logs):
        assert not Made(recipe).asked("create_log_group")[0]["logGroupName"].startswith("/")
