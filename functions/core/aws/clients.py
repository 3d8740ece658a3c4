"""The only place that sets up boto3: sessions, assumed roles, retries and timeouts.

An `Aws` is one account in one region at one moment (`as_of`). Collectors use `pages`, `each_page` and `call`; all turn AWS's refusals into
`Denied`, its slow-downs into `Throttled`, and a spent time budget into `OutOfTime`, so that those stay different things everywhere. What
they list becomes resources through `readable`, so that one odd item costs nothing but itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import ClientError
from botocore.loaders import create_loader
from botocore.session import get_session

from functions.core.aws import attempts, partitions
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
from functions.core.aws.timestamps import moment
from functions.core.errors import CannotResume, Denied, OutOfTime, TokenRefused
from functions.core.outside.pages import Tokens

Item = TypeVar("Item")
T = TypeVar("T")

CONNECTIONS = 64
"""A client keeps so many connections open, for as many threads: each new one costs a TLS handshake."""
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=attempts.CONNECT_SECONDS,
    read_timeout=30,
    max_pool_connections=CONNECTIONS,
    user_agent=f"finops-analyzer Boto3/{boto3.__version__}",
)
"""Five attempts with botocore's jittered backoff, then the state machine's turn. The User-Agent is our own: botocore's, which says more, is
put together anew for each request, a fifth of its CPU."""

PATIENT = CONFIG.merge(Config(retries={"mode": "adaptive", "total_max_attempts": 8}))
"""With a deadline, as a scan has. It is a guest in the account, with other units: once throttled, its client slows down by itself, and some
more attempts cost less than the whole unit again. Adaptive mode wants one client for each thing that AWS limits: ours is for one service
in one region of one account, and lives as long as a unit. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""


def _python_name(operation: str) -> str:
    from botocore import xform_name

    return xform_name(operation)


@lru_cache(maxsize=256)
def own_client(service: str, region: str | None = None) -> Any:
    """A client with the function's own credentials: the bucket, the state table, STS."""
    client = _session().client(service, region_name=region, config=CONFIG)  # type: ignore[call-overload]
    if service == "sts":  # there is another endpoint to ask, see roles.py
        attempts.watch(client, "", client.meta.region_name, service, lambda wait: False)
    return counted(client, service)


@lru_cache(maxsize=4)
def signing_client(region: str) -> Any:
    """A client that presigns links to S3: with signature version 4, at the bucket's own address in its region.

    Left alone, boto3 signs with version 2 in the older regions, and for the address without a region, which the regions since 2019 do
    not answer at. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", region_name=region, config=CONFIG.merge(config))


def bedrock_client(timeout_seconds: float) -> Any:
    """A client for single attempts at Bedrock: the retries are the state machine's. A read waits `timeout_seconds` at most."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=timeout_seconds)
    return counted(boto3.client("bedrock-runtime", config=CONFIG.merge(once)), "bedrock-runtime")


@dataclass(slots=True)
class Aws:
    """One account and region, seen at `as_of`. `deadline` is a `time.monotonic()` value; None is no limit.

    Listing ends `reserve` seconds sooner, so that there is time for the metrics of what was listed. `main`: the listing whose items become
    resources. `refused`: what a collector did not get and goes on without, because only some checks need it: the unit ends denied.
    `renew` gives another session of the account, for when AWS does not take the token of this one. `unreadable`: items that were left out.
    """

    account: str
    region: str
    session: boto3.Session
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    deadline: float | None = None
    reserve: float = 0.0
    main: Listing | None = None
    refused: Denied | None = None
    renew: Callable[[], Session] | None = None
    unreadable: Unreadable = field(default_factory=Unreadable)
    meter: Meter = field(default_factory=Meter)
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """The partition that its ARNs are of."""
        return partitions.partition(self.region)

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
                    raise Denied("sts:AssumeRole", f"the session's credentials are not taken in {self.region} ({refused})") from refused
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


Session = boto3.Session


@lru_cache(maxsize=1)
def _own_session() -> Session:
    return _session()


def _session(signer: CredentialResolver | None = None, **credentials: str) -> Session:
    """A session that shares the API models with all others: each would parse them anew, EC2's alone in a quarter of a second of CPU."""
    core = get_session()
    core.register_component("data_loader", _models())
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
    if signer:
        core.register_component("credential_provider", signer)
    return boto3.Session(botocore_session=core, **credentials)


def client_of_many(service: str, region: str, signer: CredentialResolver) -> Any:
    """One client for many accounts: it signs each request with the credentials that `signer`'s give at that moment.

    A session and a client for each account would be 1.6 MB and 25 ms of CPU each.
    """
    return counted(_session(signer).client(service, region_name=region, config=CONFIG), service)  # type: ignore[call-overload]


_models = lru_cache(maxsize=1)(create_loader)
