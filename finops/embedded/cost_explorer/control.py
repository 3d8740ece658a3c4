"""Tells the embedded Cost Explorer what to answer: its ledger, its failures, its pages; and asks it how often it was asked."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from finops.embedded.cost_explorer.ledger import Ledger

CONTROL = "/moto-api/cost-explorer/"
"""Where `finops/embedded/cost_explorer/front.py` listens to it."""
SECONDS = 30.0


class CostControl:
    """The control endpoint of the Cost Explorer behind `endpoint`. Raises ValueError with its words when it does not understand."""

    def __init__(self, endpoint: str) -> None:
        self._base = endpoint + CONTROL
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy of this machine

    def load(self, ledger: Ledger) -> None:
        """Put a ledger in the place of the one that is there."""
        self._send("PUT", "ledger", "\n".join(ledger.lines()))

    def requests(self) -> dict[str, int]:
        """How often each operation was asked for since the start or the last `reset_requests`; refused requests count, too."""
        return dict(self._send("GET", "requests"))

    def reset_requests(self) -> None:
        """Count from zero."""
        self._send("DELETE", "requests")

    def fail(self, code: str, times: int | None = None, operation: str | None = None, message: str = "") -> None:
        """Refuse the next `times` requests, or all until `recover`, with an error of AWS's; of one operation, or of all."""
        self._send("PUT", "failure", json.dumps({"code": code, "times": times, "operation": operation, "message": message}))

    def recover(self) -> None:
        """Answer again."""
        self._send("DELETE", "failure")

    def page_size(self, groups: int) -> None:
        """So many groups a page."""
        self._send("PUT", "settings", json.dumps({"page_size": groups}))

    def payer(self, account: str) -> None:
        """The account that sees everything."""
        self._send("PUT", "settings", json.dumps({"payer": account}))

    def _send(self, method: str, what: str, body: str = "") -> Any:
        request = urllib.request.Request(self._base + what, body.encode() or None, method=method)  # noqa: S310  # loopback
        try:
            with self._opener.open(request, timeout=SECONDS) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} {what}: {json.load(error)['message']}") from error
