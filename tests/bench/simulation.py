"""The map of a sweep, event by event, on an AWS that is modelled: how long it takes, what it costs, and which API slows it down.

A unit is a sequence of requests with CPU time between them; what it asks and computes is that of a unit of a real sweep, see
`recorded_units`. Modelled are: the map, which runs so many children at the same time; Lambda's workers, cold and warm, and the member
credentials that a worker keeps; the token buckets of the scanned accounts' APIs; botocore's attempts with their jittered waits; and the
state machine's retries, after which a unit is given up. Not modelled are failures of other kinds, and what else goes on in an account.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.recorded_units import Recorded

VCPU_MIB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
SECONDS: Mapping[str, float] = {"s3": 0.03, "sts": 0.05, "lambda": 0.06, "cloudwatch": 0.15}
"""What one request waits for, by service; assumed."""
OTHER_SECONDS = 0.12
ATTEMPTS, OWN_ATTEMPTS, LONGEST_WAIT = 8, 5, 20.0
"""botocore's in scanned accounts, and in our own; see functions/core/aws/clients.py."""
RETRIES, RETRY_WAIT, RETRY_LONGEST = 3, 1.0, 10.0
"""The state machine's, with full jitter, see statemachine/finops_sweep.asl.json."""
OWN = ("sts:", "s3:")
NEVER = float("inf")


@dataclass(slots=True, frozen=True)
class Rate:
    """A token bucket."""

    capacity: float
    refill: float


UNLIMITED = Rate(NEVER, NEVER)
APIS: Mapping[str, Rate] = {
    "ec2": Rate(100, 20),
    "elb": Rate(40, 10),
    "elbv2": Rate(40, 10),
    "lambda": Rate(15, 15),
    "cloudwatch": Rate(500, 500),
    "sts": Rate(600, 600),
}
"""By account and region. EC2's and CloudWatch's are for each operation, the others' for all of them together; STS's are of the analyzer's
account. RDS and the tagging API document none. EC2: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html, with pages;
ELB: https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/api-throttling.html; Lambda, without GetFunction and GetPolicy:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; GetMetricData:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html; STS:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
EACH_OPERATION = frozenset({"ec2", "cloudwatch"})
NEW_WORKERS = Rate(1000, 100)
"""Of each function: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"""
CHILD_STARTS = Rate(1500, 1500)
"""EXPRESS executions, where the quota is not 6,000: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


@dataclass(slots=True, frozen=True, kw_only=True)
class Aws:
    """What is modelled. `seconds` of a request by its service; `cold_cpu` CPU seconds of a new worker, billed, and `cold_wait`, not billed;
    `child_seconds` between a place that is free and its unit's first instruction, and back again."""

    memory_mib: int = 512
    seconds: Mapping[str, float] = field(default_factory=lambda: SECONDS)
    other_seconds: float = OTHER_SECONDS
    rates: Mapping[str, Rate] = field(default_factory=lambda: APIS)
    new_workers: Rate = NEW_WORKERS
    child_starts: Rate = CHILD_STARTS
    cold_cpu: float = 0.5
    cold_wait: float = 0.3
    child_seconds: float = 0.1

    def cpu(self, seconds: float) -> float:
        """CPU seconds as they pass with this memory."""
        return seconds * max(1.0, VCPU_MIB / self.memory_mib)

    def wait(self, service: str) -> float:
        return self.seconds.get(service, self.other_seconds)


@dataclass(slots=True, frozen=True)
class Work:
    """One unit: where, by which function, and what it takes."""

    account: str
    region: str
    function: str
    took: Recorded


@dataclass(slots=True)
class Result:
    """Of a simulated map. Seconds of the map; billed seconds of functions; `child_seconds`, each child's up to the next tenth; requests
    by "service:Operation", each attempt; those that were throttled; `retries` of units, and `given_up` ones."""

    seconds: float = 0.0
    billed_seconds: float = 0.0
    child_seconds: float = 0.0
    invocations: int = 0
    cold: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    given_up: int = 0
    longest: float = 0.0


class _Bucket:
    """Tokens of a rate at a moment."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate) -> None:
        self._rate, self._tokens, self._at = rate, rate.capacity, 0.0

    def take(self, now: float) -> bool:
        if self._rate.capacity == NEVER:
            return True
        self._tokens = min(self._rate.capacity, self._tokens + (now - self._at) * self._rate.refill)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class _Worker:
    """An execution environment, and the accounts that it has credentials for."""

    __slots__ = ("accounts",)

    def __init__(self) -> None:
        self.accounts: set[str] = set()


def simulate(works: Sequence[Work], concurrency: int, aws: Aws, seed: int = 0, own_account: str = "") -> Result:
    """Run the map to its end."""
    return _Map(works, concurrency, aws, seed, own_account).run()


class _Map:
    def __init__(self, works: Sequence[Work], concurrency: int, aws: Aws, seed: int, own_account: str) -> None:
        self._works, self._aws, self._own, self._concurrency = iter(works), aws, own_account, concurrency
        self._draw = random.Random(seed)  # noqa: S311  # a simulation
        self._result = Result()
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}
        self._idle: dict[str, list[_Worker]] = defaultdict(list)
        self._growth: dict[str, _Bucket] = defaultdict(lambda: _Bucket(aws.new_workers))
        self._starts = _Bucket(aws.child_starts)
        self._events: list[tuple[float, int, Iterator[float]]] = []
        self._number = 0

    def run(self) -> Result:
        for _ in range(self._concurrency):
            self._push(0.0, self._place())
        now = 0.0
        while self._events:
            now, _, process = heapq.heappop(self._events)
            self._now = now
            wait = next(process, None)
            if wait is not None:
                self._push(now + wait, process)
        self._result.seconds = now
        return self._result

    def _push(self, when: float, process: Iterator[float]) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, process))

    def _place(self) -> Iterator[float]:
        """One of the children that the map runs at the same time: unit after unit. A process yields how long it waits."""
        for work in self._works:
            while not self._starts.take(self._now):
                yield 0.05
            began = self._now
            yield from self._unit(work)
            took = self._now - began
            self._result.longest = max(self._result.longest, took)
            self._result.child_seconds += -(-took // 0.1) / 10
            yield self._aws.child_seconds

    def _unit(self, work: Work) -> Iterator[float]:
        for attempt in range(RETRIES + 1):
            if attempt:
                self._result.retries += 1
                yield self._draw.random() * min(RETRY_LONGEST, RETRY_WAIT * 2.0 ** (attempt - 1))
            ended = False

            def end(well: bool) -> None:
                nonlocal ended
                ended = well

            yield from self._invocation(work, end)
            if ended:
                return
        self._result.given_up += 1

    def _invocation(self, work: Work, end: Callable[[bool], None]) -> Iterator[float]:
        idle, aws, billed = self._idle[work.function], self._aws, self._now
        if idle:
            worker = idle.pop()
        elif self._growth[work.function].take(self._now):
            worker = _Worker()
            self._result.cold += 1
            yield aws.cold_wait
            billed = self._now
            yield aws.cpu(aws.cold_cpu)
        else:
            self._result.throttled["lambda:Invoke"] += 1
            return
        self._result.invocations += 1
        well = True
        calls = [call for call, count in self._asked(work, worker).items() for _ in range(count)]
        pause = aws.cpu(work.took.cpu) / len(calls) if calls else 0.0
        for call in calls:
            attempts = OWN_ATTEMPTS if call.startswith(OWN) else ATTEMPTS
            for attempt in range(1, attempts + 1):
                self._result.calls[call] += 1
                if self._bucket(work, call).take(self._now):
                    break
                self._result.throttled[call] += 1
                if attempt == attempts:
                    well = False
                else:
                    yield self._draw.random() * min(LONGEST_WAIT, 2.0 ** (attempt - 1))
            if not well:
                break
            yield aws.wait(call.partition(":")[0]) + pause
        worker.accounts.add(work.account)
        self._result.billed_seconds += self._now - billed
        idle.append(worker)
        end(well)

    def _asked(self, work: Work, worker: _Worker) -> dict[str, int]:
        """What was recorded, but that a worker assumes the role of an account that is new to it, and of no other."""
        asked = {call: count for call, count in work.took.calls.items() if not call.startswith("sts:")}
        if work.account != self._own and work.account not in worker.accounts:
            return {"sts:AssumeRole": 1, **asked}
        return asked

    def _bucket(self, work: Work, call: str) -> _Bucket:
        service = call.partition(":")[0]
        key = ("", "", service) if service == "sts" else (work.account, work.region, call if service in EACH_OPERATION else service)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._aws.rates.get(service, UNLIMITED))
        return bucket
