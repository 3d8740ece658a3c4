"""The circuit breaker: its boundaries, its requests, two workers in every order that is possible, and long lives against a simple model."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Semaphore, Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from moto import mock_aws

from functions.core.advice.breaker import KEEP_SECONDS, Breaker, Permit, Snapshot, State
from functions.core.errors import BedrockDenied, BedrockRefused, BedrockThrottled, BedrockTimeout, BedrockUnavailable, CircuitOpen
from tests import state_table

THRESHOLD, RECOVERY, LEASE = 5, 60.0, 30.0
START = 1_790_000_000.0
names = (f"some.model-v{number}:0" for number in itertools.count())


@dataclass(slots=True)
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class World:
    """One model's breaker, a clock, and what happened: requests to DynamoDB by operation, and transitions."""

    dynamodb: Any
    requests: Counter[str]
    name: str = field(default_factory=lambda: next(names))
    clock: Clock = field(default_factory=Clock)
    changes: list[tuple[State, State]] = field(default_factory=list)

    def breaker(self, client: Any = None, *, name: str | None = None, table: str = state_table.NAME, threshold: int = THRESHOLD) -> Breaker:
        """As a new worker has it."""
        return Breaker(
            client or self.dynamodb,
            table,
            name or self.name,
            threshold=threshold,
            recovery_seconds=RECOVERY,
            lease_seconds=LEASE,
            clock=self.clock,
            on_change=lambda before, after: self.changes.append((before, after)),
        )

    def item(self) -> dict[str, Any]:
        key = {"pk": {"S": f"breaker#{self.name}"}, "sk": {"S": "state"}}
        found: dict[str, Any] = self.dynamodb.get_item(TableName=state_table.NAME, Key=key).get("Item", {})
        return found


@pytest.fixture(scope="module")
def table() -> Iterator[tuple[Any, Counter[str]]]:
    """A client of a DynamoDB with the state table, and the requests that it makes."""
    requests: Counter[str] = Counter()

    def count(event_name: str, **_: Any) -> None:
        requests[event_name.rsplit(".", 1)[-1]] += 1

    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        state_table.create(dynamodb)
        dynamodb.meta.events.register("before-send.dynamodb", count)
        yield dynamodb, requests


@pytest.fixture
def world(table: tuple[Any, Counter[str]]) -> World:
    dynamodb, requests = table
    requests.clear()
    return World(dynamodb, requests)


def fails(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(BedrockUnavailable), breaker.ask():
            raise BedrockUnavailable("down")


def succeeds(breaker: Breaker) -> None:
    with breaker.ask():
        pass


def refused(breaker: Breaker) -> str:
    with pytest.raises(CircuitOpen) as caught:
        breaker.ask()
    return str(caught.value)


# Boundaries


@pytest.mark.parametrize(("failures", "state"), [(0, State.CLOSED), (4, State.CLOSED), (5, State.OPEN)])
def test_it_opens_at_the_threshold(world: World, failures: int, state: State) -> None:
    fails(world.breaker(), failures)
    assert world.breaker().state() is state
    assert world.changes == ([(State.CLOSED, State.OPEN)] if state is State.OPEN else [])


def test_only_failures_in_a_row_open_it(world: World) -> None:
    fails(world.breaker(), 4)
    succeeds(world.breaker())
    fails(world.breaker(), 4)
    assert world.breaker().state() is State.CLOSED
    fails(world.breaker())
    assert world.breaker().state() is State.OPEN


@pytest.mark.parametrize(("waited", "state"), [(0.0, State.OPEN), (59.75, State.OPEN), (60.0, State.HALF_OPEN), (60.25, State.HALF_OPEN)])
def test_it_is_half_open_when_the_recovery_time_has_passed(world: World, waited: float, state: State) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += waited
    assert world.breaker().state() is state
    if state is State.OPEN:
        assert refused(world.breaker()) == f"{world.name}: 5 failures in a row; the next call is due in {RECOVERY - waited:.1f} s"
    else:
        assert world.breaker().ask().owner


def test_the_recovery_time_begins_with_the_last_failure(world: World) -> None:
    fails(world.breaker(), 4)
    world.clock.now += 1000
    fails(world.breaker())
    world.clock.now += RECOVERY - 0.25
    assert world.breaker().state() is State.OPEN


def test_a_late_failure_of_a_call_that_was_under_way_changes_nothing(world: World) -> None:
    late = world.breaker().ask()
    fails(world.breaker(), THRESHOLD)
    before = world.item()
    world.clock.now += 10
    world.breaker().failed(late)
    assert world.item() == before


def test_a_late_success_of_a_call_that_was_under_way_is_no_probe(world: World) -> None:
    fails(world.breaker())
    late = world.breaker().ask()
    fails(world.breaker(), THRESHOLD - 1)
    world.breaker().succeeded(late)
    assert world.breaker().state() is State.OPEN


def test_a_probe_that_succeeds_closes_it(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    succeeds(world.breaker())
    assert world.breaker().state() is State.CLOSED
    assert world.breaker().read() == Snapshot()
    assert world.changes == [(State.CLOSED, State.OPEN), (State.OPEN, State.HALF_OPEN), (State.HALF_OPEN, State.CLOSED)]


def test_a_probe_that_fails_opens_it_for_a_whole_recovery_time(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    probe = world.breaker().ask()
    world.clock.now += 10
    world.breaker().failed(probe)
    assert world.changes[-1] == (State.HALF_OPEN, State.OPEN)
    world.clock.now += RECOVERY - 0.25
    refused(world.breaker())
    world.clock.now += 0.25
    assert world.breaker().ask().owner


@pytest.mark.parametrize(("waited", "freed"), [(0.0, False), (29.75, False), (30.0, True)])
def test_a_worker_that_dies_while_it_probes_frees_the_probe_after_its_lease(world: World, waited: float, freed: bool) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    dead = world.breaker().ask()
    world.clock.now += waited
    if not freed:
        assert "another worker" in refused(world.breaker())
        return
    heir = world.breaker().ask()
    assert heir.owner not in (None, dead.owner)
    before = world.item()
    world.breaker().succeeded(dead)  # it was not dead, only slow: the probe is not its any more
    world.breaker().failed(dead)
    assert world.item() == before


@pytest.mark.parametrize(
    ("error", "failures"),
    [(BedrockThrottled("x"), 1), (BedrockTimeout("x"), 1), (BedrockUnavailable("x"), 1), (BedrockRefused("x"), 0), (BedrockDenied("x"), 0)],
)
def test_an_outage_is_counted_and_a_refusal_shows_that_it_is_up(world: World, error: Exception, failures: int) -> None:
    with pytest.raises(type(error)), world.breaker().ask():
        raise error
    assert world.breaker().read().failures == failures
    fails(world.breaker(), THRESHOLD - failures)
    world.clock.now += RECOVERY
    with pytest.raises(type(error)), world.breaker().ask():
        raise error
    assert world.breaker().state() is (State.OPEN if failures else State.CLOSED)


def test_a_mistake_of_ours_says_nothing_about_the_service(world: World) -> None:
    fails(world.breaker(), 3)
    with pytest.raises(KeyError), world.breaker().ask():
        raise KeyError("a bug")
    assert world.breaker().read().failures == 3
    fails(world.breaker(), 2)
    world.clock.now += RECOVERY
    with pytest.raises(KeyError), world.breaker().ask():
        raise KeyError("a bug")
    refused(world.breaker())


def test_each_model_has_its_own(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    assert world.breaker(name="another.model").state() is State.CLOSED


def test_it_is_closed_by_hand(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    world.breaker().reset()
    assert world.item() == {}
    succeeds(world.breaker())


def test_an_abandoned_model_leaves_nothing_behind(world: World) -> None:
    def ttl() -> int:
        return int(world.item()["ttl"]["N"])

    fails(world.breaker(), THRESHOLD)
    assert ttl() == int(world.clock.now) + KEEP_SECONDS
    world.clock.now += RECOVERY
    probe = world.breaker().ask()
    assert ttl() == int(world.clock.now) + KEEP_SECONDS
    world.clock.now += 1.5
    world.breaker().succeeded(probe)
    assert ttl() == int(world.clock.now) + KEEP_SECONDS


def test_failures_whose_time_is_over_count_no_more(world: World) -> None:
    """DynamoDB removes the item late: until it does, it is as if it were gone."""
    fails(world.breaker(), THRESHOLD - 1)
    world.clock.now += KEEP_SECONDS + 1
    assert world.breaker().read() == Snapshot(expired=True)
    fails(world.breaker(), 1)
    assert world.breaker().read().failures == 1
    assert world.breaker().state() is State.CLOSED
    fails(world.breaker(), THRESHOLD - 1)
    assert world.breaker().state() is State.OPEN


def test_of_two_workers_that_saw_what_is_over_both_failures_count(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += KEEP_SECONDS + 1
    first, second = world.breaker().ask(), world.breaker().ask()
    world.breaker().failed(first)
    world.breaker().failed(second)
    assert world.breaker().read().failures == 2


def test_a_breaker_that_opens_at_once_opens_anew(world: World) -> None:
    fails(world.breaker(threshold=1), 1)
    world.clock.now += KEEP_SECONDS + 1
    fails(world.breaker(threshold=1), 1)
    assert world.breaker(threshold=1).state() is State.OPEN
    assert world.changes == [(State.CLOSED, State.OPEN)] * 2


def test_a_table_that_does_not_answer_lets_nothing_through(world: World) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        world.breaker(table="gone").ask()


# What it costs


def test_a_healthy_call_costs_one_request(world: World) -> None:
    succeeds(world.breaker())
    assert world.requests == {"GetItem": 1}


def test_a_call_after_a_failure_costs_two(world: World) -> None:
    fails(world.breaker())
    world.requests.clear()
    succeeds(world.breaker())
    assert world.requests == {"GetItem": 1, "UpdateItem": 1}


def test_a_refused_call_costs_one_request(world: World) -> None:
    fails(world.breaker(), THRESHOLD)
    world.requests.clear()
    refused(world.breaker())
    world.clock.now += RECOVERY
    world.breaker().ask()
    refused(world.breaker())
    assert world.requests == {"GetItem": 3, "UpdateItem": 1}


# Two workers, in every order that is possible


class InTurn:
    """A client whose every request waits until it is let through."""

    def __init__(self, client: Any) -> None:
        self.exceptions = client.exceptions
        self.arrived, self._go = Semaphore(0), Semaphore(0)
        self._client = client

    def let_through(self) -> None:
        self._go.release()

    def get_item(self, **given: Any) -> Any:
        return self._in_turn(self._client.get_item, given)

    def update_item(self, **given: Any) -> Any:
        return self._in_turn(self._client.update_item, given)

    def _in_turn(self, request: Callable[..., Any], given: dict[str, Any]) -> Any:
        self.arrived.release()
        assert self._go.acquire(timeout=60)
        return request(**given)


class Worker:
    """Its work stands still before each request until `step` is called."""

    def __init__(self, world: World, work: Callable[[Breaker], None]) -> None:
        self._client = InTurn(world.dynamodb)
        self._thread = Thread(target=self._run, args=(world, work))
        self._at_request = True
        self._thread.start()
        self._stand_still()

    def _run(self, world: World, work: Callable[[Breaker], None]) -> None:
        try:
            work(world.breaker(self._client))
        finally:
            self._at_request = False
            self._client.arrived.release()

    def _stand_still(self) -> None:
        assert self._client.arrived.acquire(timeout=60)

    def step(self) -> None:
        """One request, and on to the next one, or to the end."""
        if self._at_request:
            self._client.let_through()
            self._stand_still()

    def finish(self) -> None:
        while self._at_request:
            self.step()
        self._thread.join()


def orders(requests: str) -> list[str]:
    """Every order of these workers' requests: "AABB" is worker A's two and worker B's two."""
    return sorted({"".join(order) for order in itertools.permutations(requests)})


def orders_of_equals(requests: str) -> list[str]:
    """Without those that are the same but for the workers' names."""
    return [order for order in orders(requests) if list(dict.fromkeys(order)) == sorted(set(order))]


def play(world: World, order: str, *works: Callable[[Breaker], None]) -> None:
    workers = [Worker(world, work) for work in works]
    for letter in order:
        workers[ord(letter) - ord("A")].step()
    for worker in workers:
        worker.finish()


def one_failure(breaker: Breaker) -> None:
    breaker.failed(breaker.ask())


def one_success_unless_open(breaker: Breaker) -> None:
    with contextlib.suppress(CircuitOpen), breaker.ask():
        pass


def test_there_are_as_many_orders_as_there_should_be() -> None:
    assert orders("AABB") == ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]
    assert len(orders("AABBCC")) == 90
    assert len(orders_of_equals("AABBCC")) == 15


@pytest.mark.parametrize("order", orders("AABB"))
def test_two_failures_are_never_one(world: World, order: str) -> None:
    fails(world.breaker(), 3)
    play(world, order, one_failure, one_failure)
    assert world.breaker().read().failures == THRESHOLD
    assert world.changes == [(State.CLOSED, State.OPEN)], "and one of them is the one that opened it"


@pytest.mark.parametrize("order", orders("AABB"))
def test_a_success_leaves_nothing_or_the_failure_that_came_after_it(world: World, order: str) -> None:
    fails(world.breaker(), 3)
    play(world, order, one_failure, one_success_unless_open)
    assert world.breaker().read().failures == (0 if order.rindex("B") > order.rindex("A") else 1)


@pytest.mark.parametrize("order", orders("AABB"))
def test_a_failure_that_opens_it_outlives_a_success_of_before(world: World, order: str) -> None:
    fails(world.breaker(), 4)
    play(world, order, one_failure, one_success_unless_open)
    opened = order.rindex("A") < order.rindex("B")
    assert world.breaker().state() is (State.OPEN if opened else State.CLOSED)


@pytest.mark.parametrize("order", orders_of_equals("AABBCC"))
def test_there_are_never_two_probes(world: World, order: str) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    probes: list[Permit] = []
    play(world, order, *[asking(probes)] * 3)
    assert len(probes) == 1
    assert world.changes.count((State.OPEN, State.HALF_OPEN)) == 1


@pytest.mark.parametrize("order", orders("AABB"))
def test_there_are_never_two_heirs_of_a_dead_probe(world: World, order: str) -> None:
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    world.breaker().ask()
    world.clock.now += LEASE
    probes: list[Permit] = []
    play(world, order, *[asking(probes)] * 2)
    assert len(probes) == 1


def asking(probes: list[Permit]) -> Callable[[Breaker], None]:
    def work(breaker: Breaker) -> None:
        with contextlib.suppress(CircuitOpen):
            probes.append(breaker.ask())

    return work


def test_who_read_half_open_before_a_probe_failed_does_not_probe_after_it(world: World) -> None:
    """B has seen that a probe is due, and asks for it when A's has failed already."""
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    probes: list[Permit] = []
    slow = Worker(world, asking(probes))
    slow.step()
    world.breaker().failed(world.breaker().ask())
    slow.finish()
    assert probes == []
    assert world.breaker().state() is State.OPEN


def test_who_read_half_open_before_it_closed_is_no_probe_after_it(world: World) -> None:
    """B comes back after minutes, in which A's probe closed it and a single call has failed again."""
    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    probes: list[Permit] = []
    slow = Worker(world, asking(probes))
    slow.step()
    succeeds(world.breaker())
    fails(world.breaker())
    world.clock.now += 2 * RECOVERY
    slow.finish()
    assert probes == []
    assert world.breaker().read().probe_owner is None


def test_a_repeated_request_for_the_lease_is_the_same_lease(world: World) -> None:
    """The answer to the first one was lost, and botocore sent it again."""

    class Twice(InTurn):
        def _in_turn(self, request: Callable[..., Any], given: dict[str, Any]) -> Any:
            request(**given)
            return request(**given)

    fails(world.breaker(), THRESHOLD)
    world.clock.now += RECOVERY
    probe = world.breaker(Twice(world.dynamodb)).ask()
    assert probe.owner == world.breaker().read().probe_owner


# Long lives against a simple model

FEW = 2
"""Failures that open it here, so that a short life has ups and downs."""


@dataclass(slots=True)
class Model:
    """The same in words of states, for one process: who is right when the two differ is this one."""

    state: State = State.CLOSED
    in_a_row: int = 0
    opened: float = 0.0
    prober: Permit | None = None
    probing_until: float = 0.0

    def at(self, now: float) -> State:
        return State.HALF_OPEN if self.state is State.OPEN and now - self.opened >= RECOVERY else self.state

    def lets_through(self, now: float) -> bool:
        state = self.at(now)
        return state is State.CLOSED or (state is State.HALF_OPEN and (self.prober is None or now >= self.probing_until))

    def asked(self, permit: Permit, now: float) -> None:
        if self.at(now) is State.HALF_OPEN:
            self.prober, self.probing_until = permit, now + LEASE

    def failed(self, permit: Permit, now: float) -> None:
        if permit.owner:
            if permit is self.prober:
                self.opened, self.prober = now, None
        elif self.state is State.CLOSED:
            self.in_a_row += 1
            if self.in_a_row == FEW:
                self.state, self.opened = State.OPEN, now

    def succeeded(self, permit: Permit) -> None:
        if permit.owner:
            if permit is self.prober:
                self.state, self.in_a_row, self.prober = State.CLOSED, 0, None
        elif permit.seen.failures and self.state is State.CLOSED:
            self.in_a_row = 0


class Lives(RuleBasedStateMachine):
    """Four workers ask, fail, succeed, die and dawdle, while time goes by."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.name = next(names)
        self.world.clock.now = START
        self.world.changes.clear()
        self.model = Model()
        self.permits: dict[int, Permit] = {}

    def breaker(self) -> Breaker:
        return self.world.breaker(name=self.name, threshold=FEW)

    @precondition(lambda self: len(self.permits) < 4)
    @rule()
    def ask(self) -> None:
        expected = self.model.lets_through(self.world.clock.now)
        try:
            permit = self.breaker().ask()
        except CircuitOpen:
            assert not expected
            return
        assert expected
        self.model.asked(permit, self.world.clock.now)
        self.permits[min({0, 1, 2, 3} - set(self.permits))] = permit

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(0, 3))
    def fail(self, which: int) -> None:
        permit = self.taken(which)
        self.breaker().failed(permit)
        self.model.failed(permit, self.world.clock.now)

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(0, 3))
    def succeed(self, which: int) -> None:
        permit = self.taken(which)
        self.breaker().succeeded(permit)
        self.model.succeeded(permit)

    @precondition(lambda self: self.permits)
    @rule(which=st.integers(0, 3))
    def die(self, which: int) -> None:
        self.taken(which)

    def taken(self, which: int) -> Permit:
        return self.permits.pop(sorted(self.permits)[which % len(self.permits)])

    @precondition(lambda self: self.model.state is State.OPEN)
    @rule(early=st.sampled_from([0.0, 0.25]))
    def wait_for_the_probe_to_be_due(self, early: float) -> None:
        self.wait_until(self.model.opened + RECOVERY - early)

    @precondition(lambda self: self.model.prober)
    @rule(early=st.sampled_from([0.0, 0.25]))
    def wait_for_the_lease_to_run_out(self, early: float) -> None:
        self.wait_until(self.model.probing_until - early)

    @rule(seconds=st.sampled_from([0.25, LEASE, RECOVERY]))
    def wait(self, seconds: float) -> None:
        self.world.clock.now += seconds

    def wait_until(self, moment: float) -> None:
        self.world.clock.now = max(self.world.clock.now, moment)

    @invariant()
    def they_agree(self) -> None:
        seen = self.breaker().read()
        assert seen.failures == self.model.in_a_row
        assert seen.probe_owner == (self.model.prober.owner if self.model.prober else None)
        assert seen.state(self.world.clock.now, FEW, RECOVERY) is self.model.at(self.world.clock.now)

    @invariant()
    def the_transitions_are_a_path(self) -> None:
        # A dead probe's heir makes OPEN → HALF_OPEN once more.
        after = State.CLOSED
        for before, then in self.world.changes:
            assert before is after or (before, then, after) == (State.OPEN, State.HALF_OPEN, State.HALF_OPEN)
            after = then


def test_it_lives_as_its_model_says(world: World) -> None:
    lives = type("LivesHere", (Lives,), {"world": world})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lives, settings=settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    )
