"""One account in one region at one moment (`as_of`), as collectors see it.

Collectors use `pages`, `each_page` and `call` of an `Aws`; all turn AWS's refusals into `Denied`, its slow-downs into `Throttled`, and a
spent time budget into `OutOfTime`, so that those stay different things everywhere. What they list becomes resources through `readable`, so
that one odd item costs nothing but itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError

from functions.core.aws import attempts, lent, partitions
from functions.core.aws.main_listing import Listing, asks_for, following
from functions.core.aws.readable import Unreadable, readable
from functions.core.aws.refusals import DENIED as DENIED
from functions.core.aws.refusals import THROTTLED as THROTTLED
from functions.core.aws.refusals import UNREACHABLE as UNREACHABLE
from functions.core.aws.refusals import iam_action as iam_action
from functions.core.aws.refusals import passing
from functions.core.aws.refusals import translated as translated
from functions.core.aws.refusals import unless_gone as unless_gone
from functions.core.aws.request_count import Meter, counted
from functions.core.aws.sessions import CONFIG, Session
from functions.core.errors import CannotResume, Denied, OutOfTime, TokenRefused
from functions.core.outside.pages import Tokens

Item = TypeVar("Item")
T = TypeVar("T")

PATIENT = CONFIG.merge(Config(retries={"mode": "adaptive", "total_max_attempts": 8}))
"""With a deadline, as a scan has. It is a guest in the account, with other units: once throttled, its client slows down by itself, and some
more attempts cost less than the whole unit again. Adaptive mode wants one client for each thing that AWS limits: ours is for one service
in one region of one account, and lives as long as a unit. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""


def _python_name(operation: str) -> str:
    from botocore import xform_name

    return xform_name(operation)


@dataclass(slots=True)
class Aws:
    """One account and region, seen at `as_of`. `deadline` is a `time.monotonic()` value; None is no limit.

    Listing ends `reserve` seconds sooner, so that there is time for the metrics of what was listed. `main`: the listing whose items become
    resources. `refused`: what a collector did not get and goes on without, because only some checks need it: the unit ends denied.
    `renew` gives another session of the account, for when AWS does not take the token of this one. `unreadable`: items that were left out.
    `unpaid`: why nothing is asked that AWS bills a request for; "" to ask. `regions`: of a type that is asked here for all regions, those
    that are wanted; all where there are none.
    """

    account: str
    region: str
    session: Session
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    deadline: float | None = None
    reserve: float = 0.0
    main: Listing | None = None
    refused: Denied | None = None
    renew: Callable[[], Session] | None = None
    unreadable: Unreadable = field(default_factory=Unreadable)
    meter: Meter = field(default_factory=Meter)
    clients: dict[str, Any] = field(default_factory=dict)
    unpaid: str = ""
    regions: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """The partition that its ARNs are of."""
        return partitions.partition(self.region)

    def wants(self, region: str) -> bool:
        """Whether what lies in a region is asked for: for a type that is asked here for all of them."""
        return not self.regions or region in self.regions

    def arn(self, service: str, resource: str) -> str:
        """arn:aws:<service>:<region>:<account>:<resource>."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def client(self, service: str) -> Any:
        """A counted client; made once for each service."""
        if service not in self.clients:
            config = CONFIG if self.deadline is None else PATIENT
            client = self.session.client(service, region_name=self.region, config=config)  # type: ignore[call-overload]
            attempts.watch(client, self.account, self.region, service, self._late)
            self.clients[service] = counted(client, service, self.meter)
        return self.clients[service]

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One request, by AWS's name of the operation ("DescribeTags"). Raises Denied, Throttled, OutOfTime or ClientError."""
        self.check_time(self.reserve)
        answer: dict[str, Any] = self.ask(service, operation, lambda client: getattr(client, _python_name(operation))(**parameters))
        return answer

    def ask(self, service: str, operation: str, request: Callable[[Any], T]) -> T:
        """What `request` makes of a client of the service. Once more with new credentials where AWS does not take the session's token.

        Raises Denied, Throttled or ClientError; NoAnswer, at once where that is known. Where new credentials are not taken either, STS is
        what denies and not the action: whoever adds that permission changes nothing.
        """
        attempts.heed(self.account, self.region, service)
        for renew in (self.renew, None):
            try:
                with translated(service, operation):
                    return request(self.client(service))
            except TokenRefused as refused:
                if renew is None:
                    raise _not_taken(self.region, refused) from refused
                self.session = renew()
                self.clients.clear()
        raise AssertionError("the second turn has returned or raised")

    def readable(self, items: Iterable[Item], make: Callable[[Item], T | None], missed: list[Item] | None = None) -> Iterator[T]:
        """What `make` makes of each item, as they are read. One that cannot be read is counted, and left out; so is one that makes None.

        `missed`: of a listing beside the one whose items become resources; what could not be read is put there, for whoever takes
        something that it does not find for something that does not exist.
        """
        return readable(items, make, self.unreadable, missed)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """The items under `key` of every page of a listing, one page in memory at a time. Raises what `each_page` raises."""
        for page in self.each_page(service, operation, key, **parameters):
            yield from page

    def each_page(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Sequence[Any]]:
        """The pages of a listing, each the items under `key`: for a collector that takes several items together. Those must be of one page
        of `main`, because a later scan may begin with any page.

        Raises OutOfTime between two pages when the time is spent, Denied, Throttled or ClientError; CannotResume when AWS refuses the
        token that `main` begins with; Endless when a token comes again.
        """
        main = self.main if self.main is not None and self.main.operation == f"{service}:{operation}" else None
        token = main.start if main else None
        resumes, more, tokens = bool(token), True, Tokens(f"{service}:{operation}")
        made_for: Any = None
        pages: Iterator[dict[str, Any]] = iter(())

        def next_page(client: Any) -> dict[str, Any] | None:
            nonlocal made_for, pages
            if client is not made_for:  # the first, or one with new credentials, which goes on where that one stopped
                made_for, here = client, asks_for(client, operation, token) if token else {}
                pages = iter(client.get_paginator(_python_name(operation)).paginate(**parameters, **here))
            return next(pages, None)

        while True:
            if more:  # a listing that has ended is complete, however late it is
                if main:
                    main.begins(token, self.unreadable.items)
                self.check_time(self.reserve)
            try:
                if more:
                    page = self.ask(service, operation, next_page)
                else:  # at its end; or its tokens are not known, and nobody else can go on with it
                    with translated(service, operation):
                        page = next(pages, None)
            except ClientError as error:
                if resumes and not passing(error.response, None):  # it is the same request as the first of all, but for the token
                    raise CannotResume(str(error)) from error
                raise
            if page is None:
                return
            self.meter.pages += 1
            yield page.get(key, ())
            token, resumes = following(page), False
            tokens.check(token)
            more = token is not None

    def check_time(self, reserve: float = 0.0) -> None:
        """OutOfTime when the budget is spent, but for the `reserve` seconds that are to be kept."""
        if self.deadline is not None and time.monotonic() > self.deadline - reserve:
            raise OutOfTime

    def _late(self, wait: float) -> bool:
        """Whether the time does not last for so many seconds more."""
        return self.deadline is not None and time.monotonic() + wait > self.deadline


def _not_taken(region: str, refused: TokenRefused) -> Denied:
    """New credentials were not taken either. Where they are lent, they are the profile's; else a role's, and STS has given them."""
    if lent.lent():
        return lent.gone(f"{refused}; where {region} alone refuses them, set sts_regional_endpoints = regional in the profile")
    return Denied("sts:AssumeRole", f"the session's credentials are not taken in {region} ({refused})")
