"""When sweeps are killed, and how; the sweeps themselves take an hour: `make bench ARGS=killed`."""

from __future__ import annotations

from random import Random

from tests.bench import killed
from tests.statemachine.stand_ins import TASKS, function_of


def test_each_way_of_being_killed_has_its_turn() -> None:
    turns = [killed.KINDS[number % len(killed.KINDS)] for number in range(killed.REPETITIONS)]
    assert set(turns) == {"worker", "engine", "stop", "Plan", "Rank", "Aggregate"}
    assert min(map(turns.count, killed.KINDS)) >= 3


def test_a_state_is_killed_with_the_function_that_it_calls() -> None:
    assert {state: function_of(TASKS[state]) for state in killed.STATES} == killed.STATES


def test_some_are_killed_before_the_first_unit_and_some_after_the_last() -> None:
    dice = Random(1)  # noqa: S311  # moments, not secrets
    moments = [killed.moment(dice, 800) for _ in range(1_000)]
    assert (min(moments), max(moments)) == (0, 800)
    assert 50 < moments.count(0) < 200
    assert 50 < moments.count(800) < 200
