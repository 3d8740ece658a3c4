"""An answer is asked for once, whoever looks for it and whenever; what cannot be used is asked for anew."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Semaphore, Thread
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.costs import cache
from functions.core.costs.cache import LEASE_SECONDS, Cache, Cached, Form
from functions.core.costs.queries import VERSION
from functions.core.costs.rows import NoBill
from functions.core.errors import Throttled
from functions.core.store.bucket import Bucket
from tests import state_table

BUCKET = "the-bucket"
START = 1_790_000_000.0
FORM: Form[list[int]] = Form(lambda rows: json.dumps(rows).encode(), json.loads)
keys = (f"key{number}" for number in itertools.count())


@dataclass(slots=True)
class World:
    """One question, a clock that `sleep` moves on, and how often it was asked."""

    dynamodb: Any
    s3: Any
    key: str = field(default_factory=lambda: next(keys))
    now: float = START
    asked: int = 0
    requests: Counter[str] = field(default_factory=Counter)

    def cache(self, client: Any = None, sleep: Callable[[float], None] | None = None, wait_seconds: float = 120.0) -> Cache:
        """As a new worker has it."""
        how = {"wait_seconds": wait_seconds, "clock": lambda: self.now, "sleep": sleep or self.sleep}
        return Cache(client or self.dynamodb, state_table.NAME, Bucket(self.s3, BUCKET), **how)  # type: ignore[arg-type]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, renew: Callable[[], object]) -> list[int]:
        self.asked += 1
        return [self.asked]

    def get(self, ask: Callable[[Callable[[], object]], list[int]] | None = None, of: Cache | None = None) -> Cached[list[int]]:
        return (of or self.cache()).get(self.key, ask or self.ask, FORM, seconds=3600, refused_seconds=60, what="daily")

    def item(self, sort_key: str = "answer") -> dict[str, Any]:
        return dict(self.dynamodb.get_item(TableName=state_table.NAME, Key=self.name(sort_key)).get("Item", {}))

    def name(self, sort_key: str = "answer") -> dict[str, Any]:
        return {"pk": {"S": f"cost#{self.key}"}, "sk": {"S": sort_key}}

    def put(self, **attributes: Any) -> None:
        self.dynamodb.put_item(TableName=state_table.NAME, Item={**self.name(), **attributes})

    def held_by_another_until(self, until: float) -> None:
        held = {"held_by": {"S": "another"}, "held_until": {"N": repr(until)}}
        self.dynamodb.put_item(TableName=state_table.NAME, Item={**self.name("lease"), **held})


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        given = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        dynamodb, s3 = boto3.client("dynamodb", **given), boto3.client("s3", **given)  # type: ignore[call-overload]
        state_table.create(dynamodb)
        s3.create_bucket(Bucket=BUCKET)
        yield dynamodb, s3


@pytest.fixture
def world(clients: tuple[Any, Any]) -> World:
    return World(*clients)


def test_an_answer_is_asked_for_once(world: World) -> None:
    assert [world.get() for _ in range(3)] == [([1], False), ([1], True), ([1], True)]
    assert world.asked == 1
    assert world.item("lease") == {}


@pytest.mark.parametrize(("later", "asked"), [(0.0, 1), (3599.0, 1), (3600.0, 2), (3601.0, 2)])
def test_an_answer_is_good_until_its_time(world: World, later: float, asked: int) -> None:
    world.get()
    world.now += later
    assert world.get().value == [asked]


def test_an_item_goes_away_by_itself_a_day_after_its_end(world: World) -> None:
    world.get()
    assert int(world.item()["ttl"]["N"]) == START + 3600 + 86_400


def refuse(renew: Callable[[], object]) -> list[int]:
    raise NoBill("ce:GetCostAndUsage: AccessDeniedException: no")


@pytest.mark.parametrize(("later", "remembered"), [(59.0, True), (60.0, False)])
def test_a_refusal_is_remembered_for_the_short_time_only(world: World, later: float, remembered: bool) -> None:
    with pytest.raises(NoBill, match="AccessDeniedException"):
        world.get(refuse)
    world.now += later
    if remembered:
        with pytest.raises(NoBill, match="ce:GetCostAndUsage: AccessDeniedException: no"):
            world.get()
    else:
        assert world.get() == ([1], False)
    assert world.asked == (0 if remembered else 1)


@pytest.mark.parametrize("error", [Throttled("slow down"), ValueError("a mistake of ours")])
def test_any_other_failure_is_not_remembered_and_gives_the_lease_back(world: World, error: Exception) -> None:
    def fail(renew: Callable[[], object]) -> list[int]:
        raise error

    with pytest.raises(type(error)):
        world.get(fail)
    assert (world.item(), world.item("lease")) == ({}, {})
    assert world.get() == ([1], False)


# Items that cannot be used

BODY = gzip.compress(b"[9]")
SUM = {"S": hashlib.blake2b(BODY, digest_size=16).hexdigest()}
GOOD: dict[str, Any] = {"version": {"N": str(VERSION)}, "expires": {"N": repr(START + 60)}, "body": {"B": BODY}, "checksum": SUM}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def body(content: bytes) -> dict[str, Any]:
    return {**GOOD, "body": {"B": content}, "checksum": {"S": hashlib.blake2b(content, digest_size=16).hexdigest()}}


def test_an_item_that_is_whole_is_used(world: World) -> None:
    world.put(**GOOD)
    assert world.get() == ([9], True)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {**GOOD, "version": {"N": str(VERSION - 1)}},
        {**GOOD, "version": {"N": str(VERSION + 1)}},
        {**GOOD, "version": {"S": "new"}},
        *(without(name) for name in GOOD),
        {**GOOD, "body": {"B": BODY[:-3]}},
        {**GOOD, "body": {"S": "text"}},
        {**GOOD, "checksum": {"S": "another"}},
        {**GOOD, "checksum": {"N": "1"}},
        {**GOOD, "expires": {"N": repr(START)}},
        {**GOOD, "expires": {"S": "never"}},
        {**GOOD, "refusal": {"N": "1"}},
        body(b"no gzip"),
        body(b""),
        body(BODY[:-4]),
        body(gzip.compress(b"no rows")),
        {**without("body"), "object": {"S": "cache/cost/not-there.json.gz"}},
        {**without("body"), "object": {"N": "1"}},
    ],
    ids=lambda item: json.dumps(sorted(item)) if isinstance(item, dict) else "",
)
def test_what_cannot_be_used_is_asked_for_anew_and_replaced(world: World, item: dict[str, Any]) -> None:
    world.put(**item)
    assert world.get() == ([1], False)
    assert world.get() == ([1], True)
    assert world.asked == 1


def big(renew: Callable[[], object]) -> list[int]:
    """Rows that do not compress below what the table takes."""
    stream = hashlib.shake_256(b"rows").digest(1_600_000)
    return [int.from_bytes(stream[at : at + 8], "big") for at in range(0, len(stream), 8)]


def test_a_big_answer_lies_in_the_bucket(world: World) -> None:
    first = world.get(big)
    assert "body" not in world.item()
    assert world.item()["object"]["S"] == cache.object_key(world.key)
    assert world.get() == (first.value, True)


@pytest.mark.parametrize("content", [None, b"garbage", gzip.compress(b"[2]")], ids=["gone", "garbage", "another"])
def test_a_big_answer_whose_object_is_gone_or_another_one_is_asked_for_anew(world: World, content: bytes | None) -> None:
    world.get(big)
    world.s3.delete_object(Bucket=BUCKET, Key=cache.object_key(world.key))
    if content:
        world.s3.put_object(Bucket=BUCKET, Key=cache.object_key(world.key), Body=content)
    assert world.get() == ([1], False)


def test_a_big_answer_that_may_not_be_read_is_asked_for_anew(world: World) -> None:
    """403 is also what S3 says of an object that is gone, to who may not list the bucket."""
    world.get(big)
    with Stubber(world.s3) as stub:
        for _ in range(2):  # before the lease is taken, and after
            stub.add_client_error("get_object", "AccessDenied")
        assert world.get() == ([1], False)


def test_the_limit_between_table_and_bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(gzip.compress(b"[1]", mtime=0))
    monkeypatch.setattr(cache, "IN_TABLE", size)
    world.get()
    assert "body" in world.item()
    world.now += 3600
    monkeypatch.setattr(cache, "IN_TABLE", size - 1)
    world.get()
    assert "object" in world.item()


# The lease


@pytest.mark.parametrize(("until", "waited"), [(START - 1, False), (START, False), (START + 0.5, True), (START + LEASE_SECONDS, True)])
def test_the_lease_of_a_dead_holder_is_taken_over_when_it_has_run_out(world: World, until: float, waited: bool) -> None:
    world.held_by_another_until(until)
    assert world.get() == ([1], False)
    assert world.now == (until if waited else START)
    assert world.item("lease") == {}


def test_it_waits_for_the_answer_of_the_holder(world: World) -> None:
    world.held_by_another_until(START + LEASE_SECONDS)

    def sleep(seconds: float) -> None:
        world.now += seconds
        if world.now == START + 2.0:
            world.put(**GOOD)

    assert world.get(of=world.cache(sleep=sleep)) == ([9], True)
    assert (world.asked, world.now) == (0, START + 2.0)


def test_it_gives_up_when_others_take_too_long(world: World) -> None:
    world.held_by_another_until(START + 1000)
    with pytest.raises(Throttled, match="another sweep has been asking for daily for 3 s"):
        world.get(of=world.cache(wait_seconds=3))
    assert (world.asked, world.now) == (0, START + 3)


def test_a_long_answer_keeps_its_lease_while_it_is_read(world: World) -> None:
    """Four pages of 40 seconds each, and one who looks in between."""

    def slowly(renew: Callable[[], object]) -> list[int]:
        for _ in range(4):
            renew()
            world.now += 40
            assert not world.cache()._lease(world.key, "another")
        return world.ask(renew)

    assert world.get(slowly) == ([1], False)


def test_who_was_too_slow_for_the_lease_still_keeps_its_answer(world: World) -> None:
    def too_slow(renew: Callable[[], object]) -> list[int]:
        world.now += LEASE_SECONDS
        assert world.cache()._lease(world.key, "another")
        return world.ask(renew)

    assert world.get(too_slow) == ([1], False)
    assert world.item("lease")["held_by"] == {"S": "another"}, "the lease of another is not given back"
    assert world.get() == ([1], True)


def test_an_answer_that_is_kept_costs_one_request(world: World) -> None:
    world.get()
    seen: list[str] = []
    world.dynamodb.meta.events.register("before-send.dynamodb", lambda event_name, **_: seen.append(event_name), unique_id="once")
    world.get()
    world.dynamodb.meta.events.unregister("before-send.dynamodb", unique_id="once")
    assert seen == ["before-send.dynamodb.GetItem"]


# What a person sees and clears


def test_show_and_clear_know_every_answer_and_nothing_else(world: World) -> None:
    world.cache().clear()
    world.dynamodb.put_item(TableName=state_table.NAME, Item={"pk": {"S": "run#1"}, "sk": {"S": "answer"}})
    other, old = World(world.dynamodb, world.s3), World(world.dynamodb, world.s3)
    world.get(big)
    with pytest.raises(NoBill):
        other.get(refuse)
    old.put(**{**GOOD, "version": {"N": "0"}})
    found = {entry.key: entry for entry in world.cache().entries()}
    assert set(found) == {world.key, other.key, old.key}
    assert (found[world.key].what, found[world.key].usable, found[world.key].refusal) == ("daily", True, "")
    assert found[world.key].size > cache.IN_TABLE
    assert (found[other.key].refusal, found[other.key].expires) == ("ce:GetCostAndUsage: AccessDeniedException: no", START + 60)
    assert not found[old.key].usable
    assert world.cache().clear() == 3
    assert list(world.cache().entries()) == []
    assert cache.object_key(world.key) not in list(Bucket(world.s3, BUCKET).keys("cache/"))
    assert world.cache().clear() == 0
    assert world.get() == ([1], False)


# Two workers at once


def test_many_at_once_ask_once(world: World) -> None:
    """Real threads."""
    gate, ready = threading.Event(), threading.Barrier(8)
    client, got = state_table.OneByOne(world.dynamodb), []

    def ask(renew: Callable[[], object]) -> list[int]:
        gate.wait(0.2)
        return world.ask(renew)

    def sleep(seconds: float) -> None:
        gate.wait(0.02)

    def work() -> None:
        ready.wait(60)
        got.append(world.get(ask, world.cache(client, sleep=sleep)))

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert world.asked == 1
    assert sorted(got) == [([1], False), *[([1], True)] * 7]


class Worker:
    """Looks for the answer, and stands still before each request to DynamoDB, each sleep and its question, until `step`."""

    def __init__(self, world: World) -> None:
        self.exceptions, self._world = world.dynamodb.exceptions, world
        self._arrived, self._go = Semaphore(0), Semaphore(0)
        self.steps, self.working = 0, True
        self.got: Cached[list[int]] | None = None
        self._thread = Thread(target=self._run)
        self._thread.start()
        assert self._arrived.acquire(timeout=60)

    def _run(self) -> None:
        try:
            self.got = self._world.get(self._ask, self._world.cache(self, sleep=self._sleep))
        finally:
            self.working = False
            self._arrived.release()

    def _stand_still(self) -> None:
        self._arrived.release()
        assert self._go.acquire(timeout=60)

    def _sleep(self, seconds: float) -> None:
        self._stand_still()

    def _ask(self, renew: Callable[[], object]) -> list[int]:
        renew()
        self._stand_still()
        return self._world.ask(renew)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def request(**given: Any) -> Any:
            self._stand_still()
            return getattr(self._world.dynamodb, name)(**given)

        return request

    def step(self) -> None:
        if self.working:
            self.steps += 1
            self._go.release()
            assert self._arrived.acquire(timeout=60)

    def finish(self) -> None:
        self._thread.join(60)


@pytest.mark.parametrize("order", ["A" + "".join(rest) for rest in itertools.product("AB", repeat=6)])
def test_in_every_order_of_their_first_requests_two_ask_once(world: World, order: str) -> None:
    """Worker A begins, which is no restriction; after seven steps they take turns."""
    workers = {name: Worker(world) for name in "AB"}
    for name in itertools.chain(order, itertools.cycle("AB")):
        workers[name].step()
        if not any(worker.working for worker in workers.values()):
            break
        assert sum(worker.steps for worker in workers.values()) < 200, "they wait for each other"
    for worker in workers.values():
        worker.finish()
    assert world.asked == 1
    assert sorted(worker.got for worker in workers.values() if worker.got) == [([1], False), ([1], True)]
    assert world.item("lease") == {}


def test_an_answer_given_between_the_look_and_the_lease_is_seen(world: World) -> None:
    """B looks, A does all of its work, B takes the lease: it must look again."""
    second = Worker(world)
    second.step()
    world.get()
    while second.working:
        second.step()
    second.finish()
    assert (second.got, world.asked) == (([1], True), 1)
