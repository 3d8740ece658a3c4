"""Answers that were paid for, kept in the state table so that all sweeps of a day share them; and a lease, so that only one asks.

    rows = Cache(dynamodb, table, bucket).get(key, ask, form, seconds=86_400, refused_seconds=1_800)

An item "cost#<key>" / "answer" holds the gzipped rows, or where they are too many for it, the bucket does. It holds its version and the
checksum of what was written: an item of another version, one that is half-written or garbage, and one whose object is gone or is another
one are as if they were not there, and what is asked anew replaces them. A refusal is kept too, for the short time only.

Who finds no answer takes the lease ("cost#<key>" / "lease") by one conditional update and asks. All others wait for the answer. They take
over when the lease has run out, because its holder died, or when it is given back without an answer. DynamoDB's own `ttl` removes items
late, so it is never relied on.
"""

from __future__ import annotations

import gzip
import hashlib
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from functions.core import telemetry
from functions.core.costs.queries import VERSION
from functions.core.costs.rows import NoBill
from functions.core.errors import Throttled
from functions.core.outside.pages import ending
from functions.core.store.bucket import Bucket

PREFIX, ANSWER, LEASE = "cost#", "answer", "lease"
IN_TABLE = 300 * 1024
"""Bytes; an item of DynamoDB has at most 400 KB."""
LEASE_SECONDS = 60.0
"""How long one request of Cost Explorer may take before another sweep asks in its place; renewed before each page."""
POLL_SECONDS = 0.5
KEEP_SECONDS = 86_400
"""So long after its end an item goes away by itself."""

T = TypeVar("T")


@dataclass(slots=True, frozen=True)
class Form(Generic[T]):
    """How an answer is written and read. `read` raises ValueError for anything that `write` did not make."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T]


class Cached(NamedTuple, Generic[T]):
    """An answer, and whether it came from the cache."""

    value: T
    cached: bool


class Entry(NamedTuple):
    """What `finops costs show` says of an item. Times are Unix seconds; `size` is in bytes, 0 for a refusal."""

    key: str
    what: str
    asked_at: float
    expires: float
    size: int
    refusal: str
    usable: bool


class Cache:
    """`wait_seconds`: how long to wait for somebody else's answer before giving up with Throttled, which the state machine retries."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        bucket: Bucket,
        *,
        wait_seconds: float = 120.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb, self._table, self._bucket = dynamodb, table, bucket
        self._wait, self._clock, self._sleep = wait_seconds, clock, sleep

    def get(
        self,
        key: str,
        ask: Callable[[Callable[[], object]], T],
        form: Form[T],
        *,
        seconds: float,
        refused_seconds: float,
        what: str = "",
    ) -> Cached[T]:
        """The answer to `key`, asked for when there is none: ask(renew) with `renew` to be called before each request.

        Raises NoBill for a refusal, a fresh or a remembered one, Throttled when others take too long, and whatever else `ask` raises.
        """
        me, give_up = uuid.uuid4().hex, self._clock() + self._wait
        while True:
            if (kept := self._read(key, form)) is not None:
                return Cached(kept, cached=True)
            if self._lease(key, me):
                break
            if self._clock() >= give_up:
                raise Throttled(f"another sweep has been asking for {what or key} for {self._wait:.0f} s")
            self._sleep(POLL_SECONDS)
        try:
            if (kept := self._read(key, form)) is not None:  # given between our look and our lease
                return Cached(kept, cached=True)
            try:
                value = ask(lambda: self._lease(key, me))
            except NoBill as refused:
                self._write(key, what, refused_seconds, {"refusal": {"S": refused.reason}})
                raise
            self._keep(key, what, seconds, form.write(value))
            return Cached(value, cached=False)
        finally:
            self._give_back(key, me)

    def entries(self) -> Iterator[Entry]:
        """Every answer that is kept, usable or not."""
        for item in self._items():
            yield Entry(
                key=item["pk"]["S"].removeprefix(PREFIX),
                what=item.get("what", {}).get("S", ""),
                asked_at=_number(item, "asked_at"),
                expires=_number(item, "expires"),
                size=int(_number(item, "size")),
                refusal=item.get("refusal", {}).get("S", ""),
                usable=_number(item, "version") == VERSION and _number(item, "expires") > self._clock(),
            )

    def clear(self) -> int:
        """Forget every answer; how many there were. What is being asked right now is written all the same."""
        count = 0
        for item in self._items():
            self._dynamodb.delete_item(TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]})
            if "object" in item:
                self._bucket.delete(item["object"]["S"])
            count += 1
        return count

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(pk, :prefix) AND sk = :answer",
            ExpressionAttributeValues={":prefix": {"S": PREFIX}, ":answer": {"S": ANSWER}},
            ProjectionExpression="pk, sk, version, what, asked_at, expires, #size, refusal, #object",
            ExpressionAttributeNames={"#size": "size", "#object": "object"},
            ConsistentRead=True,
        )
        for page in ending(pages, "dynamodb:Scan", lambda page: page.get("LastEvaluatedKey")):
            yield from page["Items"]

    def _read(self, key: str, form: Form[T]) -> T | None:
        """The answer that is kept, None when there is none to be used. Raises NoBill for a remembered refusal."""
        item = self._dynamodb.get_item(TableName=self._table, Key=_key(key, ANSWER), ConsistentRead=True).get("Item")
        if item is None or _number(item, "version") != VERSION or _number(item, "expires") <= self._clock():
            return None
        try:
            if "refusal" in item:
                raise NoBill(item["refusal"]["S"])
            body = self._body(item)
            if hashlib.blake2b(body, digest_size=16).hexdigest() != item["checksum"]["S"]:
                raise ValueError("the checksum is another one")
            return form.read(gzip.decompress(body))
        except (ValueError, KeyError, TypeError, EOFError, OSError, zlib.error) as broken:
            telemetry.logger.warning("a kept answer of the bill cannot be used", key=key, error=f"{type(broken).__name__}: {broken}")
        return None

    def _body(self, item: dict[str, Any]) -> bytes:
        if "object" not in item:
            return bytes(item["body"]["B"])
        body = self._bucket.read(item["object"]["S"], may_list=False)
        if body is None:
            raise ValueError("its object is not in the bucket")
        return body

    def _keep(self, key: str, what: str, seconds: float, content: bytes) -> None:
        body = gzip.compress(content, mtime=0)
        facts: dict[str, Any] = {"checksum": {"S": hashlib.blake2b(body, digest_size=16).hexdigest()}, "size": {"N": str(len(body))}}
        if len(body) > IN_TABLE:
            name = object_key(key)
            self._bucket.put(name, body, "application/gzip")
            facts["object"] = {"S": name}  # only now: the item never speaks of an object that is not there
        else:
            facts["body"] = {"B": body}
        self._write(key, what, seconds, facts)

    def _write(self, key: str, what: str, seconds: float, facts: dict[str, Any]) -> None:
        now = self._clock()
        numbers = {"version": VERSION, "asked_at": now, "expires": now + seconds, "ttl": int(now + seconds) + KEEP_SECONDS}
        item = {**_key(key, ANSWER), "what": {"S": what}, **facts, **{name: {"N": repr(value)} for name, value in numbers.items()}}
        self._dynamodb.put_item(TableName=self._table, Item=item)

    def _lease(self, key: str, me: str) -> bool:
        """Take the lease, or renew it; False when somebody else has it."""
        now = self._clock()
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(key, LEASE),
                UpdateExpression="SET held_by = :me, held_until = :until, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(held_until) OR held_until <= :now OR held_by = :me",
                ExpressionAttributeNames={"#ttl": "ttl"},  # "ttl" is a reserved word
                ExpressionAttributeValues={
                    ":me": {"S": me},
                    ":now": {"N": repr(now)},
                    ":until": {"N": repr(now + LEASE_SECONDS)},
                    ":ttl": {"N": str(int(now) + KEEP_SECONDS)},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _give_back(self, key: str, me: str) -> None:
        """End the lease, when it is still ours."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=_key(key, LEASE),
                ConditionExpression="held_by = :me",
                ExpressionAttributeValues={":me": {"S": me}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            telemetry.logger.warning("asking Cost Explorer took longer than the lease", key=key)


def object_key(key: str) -> str:
    """Where an answer lies in the bucket that is too big for the state table."""
    return f"cache/cost/{key}.json.gz"


def _key(key: str, sort_key: str) -> dict[str, Any]:
    return {"pk": {"S": f"{PREFIX}{key}"}, "sk": {"S": sort_key}}


def _number(item: dict[str, Any], name: str) -> float:
    """0 where the item has no such number."""
    try:
        return float(item.get(name, {}).get("N", 0))
    except (TypeError, ValueError):
        return 0.0
