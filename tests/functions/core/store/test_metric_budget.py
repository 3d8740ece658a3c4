"""The budget of a sweep: nobody gets what another has taken, and together no more is given than there is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from moto import mock_aws

from functions.core.store.metric_budget import MetricBudget
from tests import state_table


@pytest.fixture
def budget() -> Iterator[MetricBudget]:
    with mock_aws():
        dynamodb = state_table.client()
        yield MetricBudget(dynamodb, state_table.create(dynamodb), "r1", 10)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([10], [10]),
        ([11], [10]),
        ([4, 6], [4, 6]),
        ([4, 7], [4, 6]),
        ([4, 7, 1], [4, 6, 0]),
        ([10, 1], [10, 0]),
        ([0, 10], [0, 10]),
        ([9, 9, 9], [9, 1, 0]),
    ],
)
def test_what_is_asked_for_is_given_as_long_as_it_lasts(budget: MetricBudget, asked: list[int], given: list[int]) -> None:
    assert [budget.take(one) for one in asked] == given


def test_each_run_has_its_own(budget: MetricBudget) -> None:
    other = MetricBudget(budget.dynamodb, budget.table, "r2", 10)
    assert (budget.take(10), other.take(10), budget.take(1)) == (10, 10, 0)


def test_units_that_ask_at_the_same_moment_get_no_more_than_there_is(budget: MetricBudget) -> None:
    shared = replace(budget, dynamodb=state_table.OneByOne(budget.dynamodb))
    with ThreadPoolExecutor(8) as units:
        given = list(units.map(lambda number: shared.take(1 + number % 3), range(16)))
    assert sum(given) == 10


def test_nothing_may_be_asked_for_where_there_is_no_budget(budget: MetricBudget) -> None:
    assert MetricBudget(budget.dynamodb, budget.table, "r1", 0).take(5) == 0
