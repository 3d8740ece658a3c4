"""The circuit breaker in front of Bedrock, shared by every worker through one DynamoDB item a model.

    breaker = Breaker(own_client("dynamodb"), table, model_id, threshold=5, recovery_seconds=60)
    with breaker.ask():  # CircuitOpen while Bedrock is known to be down
        answer = bedrock.ask(…)

The item holds facts, not a state: how many failures in a row, when the last of them was (`opened_at`), and who may probe until when.
The state follows from them, so no worker can die between "counted" and "opened":

  CLOSED      fewer failures than the threshold
  OPEN        at least the threshold, and less than `recovery_seconds` since `opened_at`
  HALF_OPEN   the recovery time has passed; whoever wins one conditional update holds the lease and makes the one probe

Every write is one conditional update, and the count is DynamoDB's own: there is no read-modify-write to interleave. At most
threshold + concurrency calls reach a dead service: those that were counted, and those that were under way when the last one was.
Powertools has a breaker (`utilities.circuit_breaker`), and its lease is like this one, but it counts failures in the memory of each
execution environment, so that a dead service is called threshold × workers times before it opens (docs/decisions.md).

A healthy call costs one request (the read); one after a failure costs two (the read, and setting the count back).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any

from functions.core.errors import BedrockOutage, BedrockRefused, CircuitOpen
from functions.core.outside.expiry import expired

Clock = Callable[[], float]
SORT_KEY = "state"
KEEP_SECONDS = 7 * 86_400
"""So long after its last change the item goes away by itself (`ttl`); a model that is no longer used leaves nothing behind."""


class State(StrEnum):
    """What the breaker does with the next call: lets it through, refuses it, or lets one through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True, frozen=True)
class Snapshot:
    """The item as it was read. Times are Unix seconds. `expired`: there is one whose time is over, which says nothing any more."""

    failures: int = 0
    opened_at: float = 0.0
    probe_until: float = 0.0
    probe_owner: str | None = None
    expired: bool = False

    def state(self, now: float, threshold: int, recovery_seconds: float) -> State:
        """The state that follows from the facts."""
        if self.failures < threshold:
            return State.CLOSED
        return State.OPEN if self.opened_at > now - recovery_seconds else State.HALF_OPEN


class Breaker:
    """Asked before every call, and told after it how it went.

    `lease_seconds`: how long a probe may take before another worker may probe in its place; a worker that dies while it probes
    holds everybody up for as long. It must be longer than a call can be. `on_change` hears (before, after) of each transition that
    this worker makes. Errors of DynamoDB are passed on: a breaker that cannot be asked lets nothing through.
    """

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        name: str,
        *,
        threshold: int,
        recovery_seconds: float,
        lease_seconds: float = 30.0,
        clock: Clock = time.time,
        on_change: Callable[[State, State], None] = lambda before, after: None,
    ) -> None:
        self._dynamodb, self._table, self._name = dynamodb, table, name
        self._threshold, self._recovery, self._lease = threshold, recovery_seconds, lease_seconds
        self._clock, self._on_change = clock, on_change

    def read(self) -> Snapshot:
        """The facts, as they are now."""
        item = self._dynamodb.get_item(TableName=self._table, Key=self._key(), ConsistentRead=True).get("Item", {})
        if expired(item, self._clock()):
            return Snapshot(expired=True)
        return Snapshot(
            int(item.get("failures", {"N": "0"})["N"]),
            float(item.get("opened_at", {"N": "0"})["N"]),
            float(item.get("probe_until", {"N": "0"})["N"]),
            item.get("probe_owner", {"S": None})["S"],
        )

    def state(self) -> State:
        """The state, as it is now."""
        return self.read().state(self._clock(), self._threshold, self._recovery)

    def reset(self) -> None:
        """Close it by hand."""
        self._dynamodb.delete_item(TableName=self._table, Key=self._key())

    def ask(self) -> Permit:
        """Leave to make one call. Raises CircuitOpen while the service is known to be down, and no probe is due or another one runs."""
        seen, now = self.read(), self._clock()
        state = seen.state(now, self._threshold, self._recovery)
        if state is State.CLOSED:
            return Permit(self, seen, None)
        if state is State.OPEN:
            wait = f"the next call is due in {seen.opened_at + self._recovery - now:.1f} s"
            raise CircuitOpen(f"{self._name}: {seen.failures} failures in a row; {wait}")
        owner = uuid.uuid4().hex
        if seen.probe_until <= now and self._take_lease(owner):
            self._on_change(State.OPEN, State.HALF_OPEN)
            return Permit(self, seen, owner)
        raise CircuitOpen(f"{self._name}: {seen.failures} failures in a row; another worker is trying whether it is up again")

    def _take_lease(self, owner: str) -> bool:
        now = self._clock()
        # "OR probe_owner = :owner": botocore repeats a request whose answer was lost, and then the lease is ours already.
        taken = self._update(
            "SET probe_until = :until, probe_owner = :owner, #ttl = :ttl",
            "failures >= :threshold AND opened_at <= :due"
            " AND (attribute_not_exists(probe_until) OR probe_until <= :now OR probe_owner = :owner)",
            {
                ":until": _number(now + self._lease),
                ":owner": {"S": owner},
                ":threshold": _number(self._threshold),
                ":due": _number(now - self._recovery),
                ":now": _number(now),
            },
        )
        return taken is not None

    def failed(self, permit: Permit) -> None:
        """The service did not answer the call that this permit allowed."""
        now = _number(self._clock())
        if permit.owner:
            reopen = "SET opened_at = :now, #ttl = :ttl REMOVE probe_until, probe_owner"
            if self._update(reopen, "probe_owner = :owner", {":now": now, ":owner": {"S": permit.owner}}) is not None:
                self._on_change(State.HALF_OPEN, State.OPEN)
            return
        if permit.seen.expired:
            begun = "SET failures = :one, opened_at = :now, #ttl = :ttl REMOVE probe_until, probe_owner"
            values = {":one": _number(1), ":now": now, ":over": _number(int(self._clock()))}
            if self._update(begun, "#ttl <= :over", values) is not None:  # else another worker has begun anew
                if self._threshold <= 1:
                    self._on_change(State.CLOSED, State.OPEN)
                return
        # Counts only while closed: a late failure of a call that was under way must not push the recovery time back.
        counted = self._update(
            "ADD failures :one SET opened_at = :now, #ttl = :ttl",
            "attribute_not_exists(failures) OR failures < :threshold",
            {":one": _number(1), ":now": now, ":threshold": _number(self._threshold)},
        )
        if counted is not None and int(counted["failures"]["N"]) >= self._threshold:
            self._on_change(State.CLOSED, State.OPEN)

    def succeeded(self, permit: Permit) -> None:
        """The service answered the call that this permit allowed."""
        zero = "SET failures = :zero, #ttl = :ttl REMOVE opened_at, probe_until, probe_owner"
        if permit.owner:
            if self._update(zero, "probe_owner = :owner", {":zero": _number(0), ":owner": {"S": permit.owner}}) is not None:
                self._on_change(State.HALF_OPEN, State.CLOSED)
        elif permit.seen.failures:
            # Only while closed: the late success of a call from before it opened is no probe.
            self._update(zero, "failures < :threshold", {":zero": _number(0), ":threshold": _number(self._threshold)})

    def _update(self, change: str, condition: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """One conditional update, which sets :ttl too; the new item, or None when the condition did not hold."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key(),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#ttl": "ttl"},  # "ttl" is a reserved word
                ExpressionAttributeValues={**values, ":ttl": _number(int(self._clock()) + KEEP_SECONDS)},
                ReturnValues="ALL_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        attributes: dict[str, Any] = answer["Attributes"]
        return attributes

    def _key(self) -> dict[str, Any]:
        return {"pk": {"S": f"breaker#{self._name}"}, "sk": {"S": SORT_KEY}}


@dataclass(slots=True, frozen=True)
class Permit:
    """Leave to make one call, in its `with` block; `owner` is set when it is the probe.

    An outage (BedrockOutage) counts as a failure. The block's end, and an answer that is refused, count as a success: the service is up.
    Any other error says nothing about the service; a probe that ends so leaves its lease to run out.
    """

    breaker: Breaker
    seen: Snapshot
    owner: str | None

    def __enter__(self) -> Permit:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, BedrockOutage):
            self.breaker.failed(self)
        elif error is None or isinstance(error, BedrockRefused):
            self.breaker.succeeded(self)


def _number(value: float) -> dict[str, str]:
    return {"N": repr(value)}
