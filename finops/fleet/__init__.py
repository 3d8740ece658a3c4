"""The sample fleet: accounts full of planted waste, near misses and ordinary things, made through AWS's own APIs.

    fleet = seed(aws, resources=1500)
    fleet.expected(fleet.as_of)      what a sweep at that moment has to find, as (ARN, check id), and nothing else
    fleet.near_misses                what it must not find, although it looks like it

The expected findings come from the rules of the checks (`rules.py`, and `recipes/`, a module for each service), never from what a scanner
said. Everything is created now, and looked at from `as_of`, 60 days later; the metrics are put up to that moment. Six days after its
creation the same fleet has none of the waste that takes time.

Every check is planted. What takes a quarter is found from 90 days on: `expected` says it for such a moment. Two things cannot be made in
the embedded AWS:

    gp3 with unused MiB/s               ministack does not tell a volume's throughput; unused IOPS are planted
    instances with a dated stop         ministack has no StateTransitionReason; the last datapoint tells
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

from finops.fleet.plan import Item, plan
from finops.fleet.register import all_beginnings, all_endings
from finops.fleet.rules import SWEEP_AFTER, Moment
from finops.fleet.scope import Advising, Book, Key, Place, Scope

SEED = 20_251_124
RESOURCES = 1500
THREADS = 8
DATAPOINTS_A_CALL = 1_000
"""PutMetricData's limit."""


@dataclass(slots=True, frozen=True)
class Fleet:
    """`resources`: how many a sweep has to see, by type. `as_of`: the moment to sweep it at. `near_misses`: never findings at `as_of`."""

    resources: Mapping[str, int]
    created: datetime
    as_of: datetime
    near_misses: frozenset[Key]
    book: Book = field(repr=False)

    def expected(self, as_of: datetime | None = None) -> frozenset[Key]:
        """Every finding of a sweep at a moment (default: the fleet's own): the ARN of the resource, and the id of the check."""
        moment = Moment(as_of or self.as_of, self.created, self.as_of)
        return frozenset(key for key, rule in self.book.planted if rule(moment))

    def place(self, arn: str) -> Place:
        """Account and region of something that was made."""
        if arn in self.book.places:
            return self.book.places[arn]
        region, account = arn.split(":")[3:5]
        return account, region


def seed(aws: Advising, resources: int = RESOURCES, seed: int = SEED, deploy: Callable[[], object] | None = None) -> Fleet:
    """Make about so many resources (never fewer than one of each kind), the same ones for the same seed; their ids are AWS's choice.

    `deploy`: deploys the analyzer where that is not done yet. It is called when all is made, and only then are the analyzer's own
    functions counted.
    """
    created = datetime.now(UTC)
    as_of = created + SWEEP_AFTER
    book = Book()
    scopes = [Scope(aws, account, region, book, as_of, seed) for region in aws.regions for account in aws.accounts]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_begin, scopes))

        def make(item: Item) -> None:
            item.recipe.make(scopes[item.scope], item.name, Random(f"{seed}/{item.name}"))  # noqa: S311  # a fleet, not a secret

        list(pool.map(make, plan(resources, len(scopes), seed)))
        metrics = aws.metrics
        list(pool.map(lambda batch: metrics.put(*batch), _batches(scopes)))
        for scope in scopes:
            for item, costs in scope.recommended:
                aws.optimization_hub.recommend(scope.account, item, costs)
        if deploy:
            deploy()
        list(pool.map(_end, scopes))
    return Fleet(dict(book.resources), created, as_of, frozenset(book.near), book)


def _begin(scope: Scope) -> None:
    """What the recipes of a scope share."""
    for beginning in all_beginnings():
        beginning(scope)


def _end(scope: Scope) -> None:
    """What is there and no recipe made."""
    for ending in all_endings():
        ending(scope)


def _batches(scopes: Iterable[Scope]) -> Iterator[tuple[str, str, str, list[dict[str, Any]]]]:
    """Account, region, namespace and points: what PutMetricData is asked."""
    for scope in scopes:
        for namespace, points in scope.metrics.items():
            rest = iter(points)
            while batch := list(islice(rest, DATAPOINTS_A_CALL)):
                yield scope.account, scope.region, namespace, batch
