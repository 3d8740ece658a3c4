"""The only place that sets up boto3: sessions and clients, with retries and timeouts.

A function has clients of what is the analyzer's own, and clients of what is the account's that it looks at. On AWS both have the
function's credentials; on somebody's own machine the second are lent ones, see lent.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.loaders import create_loader
from botocore.session import get_session

from functions.core.aws import attempts, lent
from functions.core.aws.request_count import counted
from functions.core.aws.timestamps import moment

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


@lru_cache(maxsize=256)
def own_client(service: str, region: str | None = None) -> Any:
    """A client of what is the analyzer's own: the bucket, the state table, its functions. With the function's own credentials."""
    return counted(_session().client(service, region_name=region, config=CONFIG), service)  # type: ignore[call-overload]


@lru_cache(maxsize=256)
def account_client(service: str, region: str | None = None) -> Any:
    """A client of what is the own account's, beside what the analyzer keeps there: its regions, its organization, STS. See lent.py."""
    client = _own_session().client(service, region_name=region, config=CONFIG)  # type: ignore[call-overload]
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


Session = boto3.Session


class LentSession(Session):
    """A session whose clients go where the profile says, and never to the AWS on this machine."""

    def client(self, service_name: str, *positional: Any, **named: Any) -> Any:
        named["endpoint_url"] = named.get("endpoint_url") or lent.endpoint(service_name)
        named["config"] = (named.get("config") or Config()).merge(lent.config())
        return super().client(service_name, *positional, **named)  # type: ignore[call-overload]


@lru_cache(maxsize=1)
def _own_session() -> Session:
    """The session that looks at the own account."""
    return account_session(lent.Lent()) if lent.lent() else _session()


def _session(signer: CredentialResolver | None = None, kind: type[Session] = Session, **credentials: str) -> Session:
    """A session that shares the API models with all others: each would parse them anew, EC2's alone in a quarter of a second of CPU."""
    core = get_session()
    core.register_component("data_loader", _models())
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
    if signer:
        core.register_component("credential_provider", signer)
    return kind(botocore_session=core, **credentials)


def account_session(signer: CredentialResolver | None = None, **credentials: str) -> Session:
    """A session for looking at an account: its clients go where accounts are, see lent.py."""
    return _session(signer, LentSession if lent.lent() else Session, **credentials)


def client_of_many(service: str, region: str, signer: CredentialResolver) -> Any:
    """One client for many accounts: it signs each request with the credentials that `signer`'s give at that moment.

    A session and a client for each account would be 1.6 MB and 25 ms of CPU each.
    """
    return counted(account_session(signer).client(service, region_name=region, config=CONFIG), service)  # type: ignore[call-overload]


_models = lru_cache(maxsize=1)(create_loader)
