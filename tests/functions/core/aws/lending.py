"""A machine that lends credentials to this process, as finops/local/lending.py does; and who has signed a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from functions.core.aws import lent, roles, sessions

OWN, OTHER = "111122223333", "444455556666"
REGION = "us-east-1"
TOKEN = "the-token"
PROFILE = "audit"


@dataclass(slots=True)
class Machine:
    """`keys`: the access keys that are lent, one after the other, the last one for ever; `minutes`: how long each is said to be good;
    `refuses`: the status and the reason of an answer without credentials. `asked`: the tokens that were shown."""

    keys: list[str] = field(default_factory=lambda: ["lent-1", "lent-2", "lent-3"])
    minutes: float = 20.0
    refuses: tuple[int, str] | None = None
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, token: str | None) -> tuple[int, bytes]:
        """Status and body."""
        self.asked.append(token)
        if token != TOKEN:
            return 401, b"wrong token"
        if self.refuses:
            return self.refuses[0], self.refuses[1].encode()
        key = self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
        ends = (datetime.now(UTC) + timedelta(minutes=self.minutes)).isoformat()
        return 200, json.dumps({"AccessKeyId": key, "SecretAccessKey": "s", "Token": f"token of {key}", "Expiration": ends}).encode()


def forget() -> None:
    """What a new process would not know."""
    roles._assumed.clear()
    roles._served.clear()
    for cached in (lent._endpoints, lent.config, sessions.own_client, sessions.account_client, sessions._own_session):
        cached.cache_clear()


@contextmanager
def lending(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str] | None = None) -> Iterator[Machine]:
    """This process as a function of the AWS on somebody's machine, whose credentials are "own", and which is lent others."""
    machine = Machine()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = machine.answer(self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *given: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)  # looks so often whether it shall end
    thread.start()
    machine.url = f"http://127.0.0.1:{server.server_port}/"
    own = {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": REGION}
    given = {lent.URL: machine.url, lent.TOKEN: TOKEN, lent.PROFILE: PROFILE}
    for name, value in {**own, **given, **(variables or {})}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    forget()
    try:
        yield machine
    finally:
        forget()
        server.shutdown()
        thread.join()
        server.server_close()


class Body(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


def refusal(code: str) -> bytes:
    """The body of a refusal, for EC2 and for STS."""
    error = f"<Code>{code}</Code><Message>no</Message>"
    return f"<Response><Error>{error}</Error><Errors><Error>{error}</Error></Errors></Response>".encode()


@dataclass(slots=True)
class Network:
    """Everything that a client sends, answered here. `sent`: access key and address of each request; `expired`: keys that are not taken;
    `body`: of an answer."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    expired: set[str] = field(default_factory=set)
    body: bytes = b"<Response/>"

    def of(self, client: Any) -> Any:
        """The client, answered from here on."""
        client.meta.events.register_first("before-send", self._answer, unique_id="network")
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        key = request.headers["Authorization"].decode().split("Credential=")[1].split("/")[0]
        self.sent.append((key, request.url))
        if key in self.expired:
            return AWSResponse(request.url, 400, HTTPHeaders(), Body(refusal("ExpiredToken")))
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(self.body))
