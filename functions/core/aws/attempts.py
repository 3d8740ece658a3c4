"""Between two attempts at a request: is there time for another one, and does the region answer at all?

A region may swallow connections: no route leads there from the functions' VPC, or a firewall drops them. botocore's own patience would
cost each unit more than a minute there. So a client gives up after a few attempts to connect, and what it has learned holds for all
further units of that account and region in this worker, for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from functions.core.aws.refusals import passing
from functions.core.errors import OutOfTime

LONGEST_WAIT_SECONDS = 20.0
"""botocore's between two attempts: up to 1 s after the first, then doubling. https://docs.aws.amazon.com/boto3/latest/guide/retries.html"""
CONNECT_SECONDS = 3
"""For a connection: what Linux needs to send its first packet twice, and ten times what the farthest region takes."""
CONNECT_ATTEMPTS = 3
"""Attempts at a connection that nobody answers: with the waits between them, 12 s at most."""
HOLDS_SECONDS = 300.0
"""How long a worker goes by what it has learned. A warm one may serve the next sweep, when there is a route again."""
Place = tuple[str, ...]
"""Account and region, and a service where only that one is meant."""

_silent: dict[Place, tuple[float, dict[str, Any]]] = {}
"""Until when it counts as silent (`time.monotonic()`), and why."""
_answered: set[Place] = set()
"""Accounts and regions where something has answered: there, only the service that does not is silent."""


class NoAnswer(NoConnection):
    """Nobody answers in a region, or to one service there: no connection comes about."""

    fmt = (
        "{region} does not answer: no connection to {endpoint} in {attempts} attempts ({kind}): give the functions' network a route there, "
        "or list the region in the setting denied_regions if nothing may be there"
    )


def heed(account: str, region: str, service: str) -> None:
    """NoAnswer at once, with the reason that was learned, where this worker knows that a request would wait in vain."""
    for place in ((account, region), (account, region, service)):
        until, why = _silent.get(place, (0.0, {}))
        if until > time.monotonic():
            raise NoAnswer(**why)


def watch(client: Any, account: str, region: str, service: str, late: Callable[[float], bool]) -> None:
    """Have the client ask no further once there is no answer, or no time for one. `late`: whether so many seconds are too many."""

    def between(response: Any, caught_exception: Exception | None, attempts: int, **_: Any) -> None:
        """After each attempt: NoAnswer; OutOfTime where botocore would try again, and the wait for it may not fit into what is left."""
        if response is not None:
            _answered.add((account, region))
        if attempts >= CONNECT_ATTEMPTS and isinstance(caught_exception, ConnectTimeoutError | EndpointConnectionError):
            raise _learned(caught_exception, attempts, account, region, service)
        if late(min(2.0 ** (attempts - 1), LONGEST_WAIT_SECONDS)) and passing(response[1] if response else None, caught_exception):
            raise OutOfTime

    client.meta.events.register("needs-retry", between, unique_id="attempts")


def _learned(error: NoConnection, attempts: int, account: str, region: str, service: str) -> NoAnswer:
    """Only what is swallowed costs time, and is remembered: of the region, or of the one service that is silent where others answered."""
    swallowed = isinstance(error, ConnectTimeoutError)
    kind = "they time out" if swallowed else "refused, or no such name"
    why: dict[str, Any] = {"region": region, "endpoint": error.kwargs.get("endpoint_url", service), "attempts": attempts, "kind": kind}
    if swallowed:
        silent = (account, region, service) if (account, region) in _answered else (account, region)
        _silent[silent] = (time.monotonic() + HOLDS_SECONDS, why)
    return NoAnswer(**why)
