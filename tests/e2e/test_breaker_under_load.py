"""200 threads, one breaker in a real (embedded) DynamoDB, and a Bedrock that is dead. What reaches Bedrock is counted at Bedrock."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

from finops.embedded import servers
from functions.core.advice import bedrock
from functions.core.advice.bedrock import Tool
from functions.core.advice.breaker import Breaker, State
from functions.core.errors import FinOpsError
from tests import state_table
from tests.scripted_bedrock import ScriptedBedrock, answer, down, late

pytestmark = pytest.mark.e2e

ACCOUNT, REGION = "111111111111", "us-east-1"
THREADS, REPETITIONS = 200, 20
THRESHOLD, RECOVERY = 5, 60.0
TOOL = Tool("give_advice", "Fill in the advice.", {"type": "object", "properties": {}})


@dataclass(slots=True)
class Clock:
    """Stands still until a test moves it on: a recovery time is as long as the slowest machine needs."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Scene:
    """200 workers that share a breaker and a Bedrock."""

    dynamodb: Any
    server: ScriptedBedrock
    pool: ThreadPoolExecutor
    clock: Clock = field(default_factory=Clock)
    changes: Counter[tuple[State, State]] = field(default_factory=Counter)

    def breaker(self, name: str, *, clock: Callable[[], float] | None = None, recovery_seconds: float = RECOVERY) -> Breaker:
        return Breaker(
            self.dynamodb,
            state_table.NAME,
            name,
            threshold=THRESHOLD,
            recovery_seconds=recovery_seconds,
            clock=clock or self.clock,
            on_change=lambda before, after: self.changes.update([(before, after)]),
        )

    def attempt(self, breaker: Breaker, at_once: threading.Semaphore) -> str:
        """One attempt as the handler makes it; the name of what came of it."""
        try:
            with at_once, breaker.ask():
                bedrock.ask(bedrock.client(10.0), "dead.model", system="s", facts="f", tool=TOOL, max_tokens=9)
        except FinOpsError as error:
            return type(error).__name__
        return "Answer"

    def attempts(self, breaker: Breaker, number: int = THREADS, concurrency: int = THREADS) -> Counter[str]:
        """So many attempts, so many of them at the same time."""
        at_once = threading.Semaphore(concurrency)
        return Counter(self.pool.map(lambda _: self.attempt(breaker, at_once), range(number)))


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with servers.running(ACCOUNT, REGION) as running:
        client = boto3.client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=running.endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=servers.SECRET,
            config=Config(max_pool_connections=THREADS, proxies={}, retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=60),
        )
        state_table.create(client)
        yield client


@pytest.fixture
def scene(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with ScriptedBedrock(down()) as server, ThreadPoolExecutor(THREADS) as pool:
        nowhere = servers.environment("http://127.0.0.1:1", "http://127.0.0.1:1", ACCOUNT, REGION)
        for name, value in {**nowhere, **server.environment}.items():
            monkeypatch.setenv(name, value)
        bedrock.client.cache_clear()
        bedrock.client(10.0)  # made before the threads want it
        yield Scene(dynamodb, server, pool)
        bedrock.client.cache_clear()


@pytest.mark.parametrize(("concurrency", "attempts", "repetitions"), [(4, 200, 6), (20, 200, 10), (200, 600, 4)])
def test_a_dead_bedrock_is_called_threshold_and_concurrency_times_at_the_most(
    scene: Scene, concurrency: int, attempts: int, repetitions: int
) -> None:
    scene.server.play(late(0.05, down()))
    for repetition in range(repetitions):
        scene.server.forget()
        breaker = scene.breaker(f"opens-{concurrency}-{repetition}")
        outcomes = scene.attempts(breaker, attempts, concurrency)
        called = len(scene.server.calls)
        assert THRESHOLD <= called <= THRESHOLD + concurrency
        assert outcomes == {"BedrockUnavailable": called, "CircuitOpen": attempts - called}
        assert scene.server.most_at_once() <= concurrency
        assert scene.changes == {(State.CLOSED, State.OPEN): repetition + 1}

    scene.clock.now += RECOVERY - 0.001
    assert scene.attempts(breaker) == {"CircuitOpen": THREADS}
    assert len(scene.server.calls) == called, "none while it is open"


def test_there_is_one_probe_in_each_recovery_window(scene: Scene) -> None:
    breaker = scene.breaker("windows")
    scene.attempts(breaker, THRESHOLD, concurrency=1)
    for window in range(1, REPETITIONS + 1):
        scene.clock.now += RECOVERY
        assert scene.attempts(breaker) == {"BedrockUnavailable": 1, "CircuitOpen": THREADS - 1}
        assert len(scene.server.calls) == THRESHOLD + window
        assert breaker.state() is State.OPEN
    assert scene.changes == {
        (State.CLOSED, State.OPEN): 1,
        (State.OPEN, State.HALF_OPEN): REPETITIONS,
        (State.HALF_OPEN, State.OPEN): REPETITIONS,
    }
    scene.server.play(answer({}))
    scene.clock.now += RECOVERY
    assert scene.attempts(breaker)["Answer"] >= 1
    assert breaker.state() is State.CLOSED
    assert scene.attempts(breaker) == {"Answer": THREADS}


def test_probes_are_a_recovery_time_apart_on_a_real_clock(scene: Scene) -> None:
    """All ask again and again, for a few windows of half a second."""
    recovery, windows = 0.5, 6
    scene.server.play(late(0.1, down()))
    breaker = scene.breaker("real-time", clock=time.time, recovery_seconds=recovery)
    scene.attempts(breaker, THRESHOLD, concurrency=1)
    opened = time.monotonic()
    scene.server.forget()
    while len(scene.server.calls) < windows:
        assert time.monotonic() - opened < 300
        scene.attempts(breaker)
    probes = scene.server.calls
    assert scene.server.most_at_once() == 1
    for probe, following in itertools.pairwise(probes):
        assert probe.ended is not None
        assert following.started - probe.ended >= recovery - 0.005  # two clocks
