"""Lends a profile's credentials to the functions on this machine: a local address, which answers whoever has the token.

They stand in no file and no environment; functions/core/aws/lent.py asks for them, again every few minutes. What renews itself (SSO, an
assumed role, a credential_process) is renewed here, by botocore, and keys that were changed in the configuration are read anew.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session as Core

from finops.local.profile import NOT_GIVEN, Profile
from functions.core.aws import lent

GOOD_FOR = timedelta(minutes=20)
"""Said of every answer: botocore asks again a quarter of an hour before the end, that is after five minutes."""
POLL_SECONDS = 0.05
"""So long the end of a command may wait for the server's."""


class Lender:
    """`with Lender(profile) as lender:` lends until the block is left; `lender.variables` are for the functions that may ask."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._token = secrets.token_urlsafe(32)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._lock = threading.Lock()
        self._credentials: Credentials | None = profile.session.get_credentials()

    def __enter__(self) -> Lender:
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True, name="lender").start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a function that may ask."""
        return {lent.URL: f"http://127.0.0.1:{self._server.server_port}/", lent.TOKEN: self._token, **self._profile.variables()}

    def current(self) -> ReadOnlyCredentials:
        """The credentials of this moment. Raises what botocore raises where they cannot be renewed."""
        with self._lock:
            if not isinstance(self._credentials, RefreshableCredentials):
                self._credentials = Core(profile=self._profile.name).get_credentials() or self._credentials
            held = self._credentials
        if held is None:
            raise BotoCoreError
        frozen: ReadOnlyCredentials = held.get_frozen_credentials()
        return frozen

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        lender = self

        class Handler(BaseHTTPRequestHandler):
            """Answers whoever has the token."""

            def do_GET(self) -> None:
                """The credentials of this moment, or why there are none."""
                given = self.headers.get("Authorization", "")
                if not hmac.compare_digest(given.encode(), lender._token.encode()):
                    self._answer(HTTPStatus.UNAUTHORIZED, b"wrong token")
                    return
                try:
                    now = lender.current()
                except (BotoCoreError, ClientError, *NOT_GIVEN) as error:
                    self._answer(HTTPStatus.FORBIDDEN, " ".join(str(error).split()).encode())
                    return
                said = {
                    "AccessKeyId": now.access_key,
                    "SecretAccessKey": now.secret_key,
                    "Token": now.token,
                    "Expiration": (datetime.now(UTC) + GOOD_FOR).isoformat(),
                }
                self._answer(HTTPStatus.OK, json.dumps(said).encode())

            def _answer(self, status: HTTPStatus, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *given: Any) -> None:
                """Says nothing."""

        return Handler
