"""An AWS configuration of the test's own, and an STS that answers whoever is asked at its address."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ACCOUNT, ARN = "111122223333", "arn:aws:iam::111122223333:user/ann"
KEY, SECRET, SESSION_TOKEN = "the-key-of-the-profile", "the-secret-of-the-profile", "the-token-of-the-profile"
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\naws_session_token = {SESSION_TOKEN}\n"
KNOWN = f"""<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{ACCOUNT}</Account><Arn>{ARN}</Arn><UserId>U</UserId>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass(slots=True)
class Sts:
    """`refusal`: the code with which it refuses; `asked`: the access key and the region of each request."""

    url: str = ""
    refusal: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, authorization: str) -> tuple[int, bytes]:
        """Status and body."""
        key, _, region = authorization.split("Credential=")[1].split("/")[:3]
        self.asked.append((key, region))
        if self.refusal:
            return 403, f"<ErrorResponse><Error><Code>{self.refusal}</Code><Message>no</Message></Error></ErrorResponse>".encode()
        return 200, KNOWN.encode()


@dataclass(slots=True)
class Configured:
    """Where the configuration lies; `sts` is where its profiles ask who they are, if they say `at_sts`."""

    config: Path
    credentials: Path
    sts: Sts

    def write(self, config: str, credentials: str = "") -> None:
        """Both files; SERVICES may follow a profile's own lines."""
        self.config.write_text(config, encoding="utf-8")
        self.credentials.write_text(credentials, encoding="utf-8")

    def profile(self, lines: str = KEYS, name: str = "audit") -> None:
        """One profile, which asks our STS who it is."""
        self.write(
            f"[profile {name}]\n{lines}\nservices = here\nmax_attempts = 1\n[services here]\nsts =\n  endpoint_url = {self.sts.url}\n"
        )


@contextmanager
def configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """Nothing of this machine's own configuration is seen."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)
    made = Configured(folder / "config", folder / "credentials", Sts())
    for name, value in {
        "AWS_CONFIG_FILE": str(made.config),
        "AWS_SHARED_CREDENTIALS_FILE": str(made.credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
    }.items():
        monkeypatch.setenv(name, value)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = made.sts.answer(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *given: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    made.sts.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
