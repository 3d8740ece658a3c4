"""A Cost Explorer for the embedded AWS, in front of moto, whose own only returns what was queued before.

It computes its answers from a ledger (`finops/embedded/cost_explorer/ledger.py`). The payer sees everything in it, any other account its
own. Beside AWS's operations it has a control endpoint, which `finops/embedded/cost_explorer/control.py` speaks to:

    PUT    /moto-api/cost-explorer/ledger     JSON lines, in place of the ledger that is there
    GET    /moto-api/cost-explorer/requests   {"GetCostAndUsage": 3}; every request counts, as every one is billed; DELETE begins at 0
    PUT    /moto-api/cost-explorer/failure    {"code", "message", "times", "operation"}: fail so often (null: until DELETE)
    PUT    /moto-api/cost-explorer/settings   {"page_size": 5000, "payer": "111111111111"}, either one
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from finops.embedded.cost_explorer import answers, commitment_answers, coverage_answers
from finops.embedded.cost_explorer import ledger as cost_ledger
from finops.embedded.cost_explorer.control import CONTROL
from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Json, Refused

TARGET = "AWSInsightsIndexService."
PAGE_SIZE = 5_000
MESSAGES = {
    "AccessDeniedException": "User not enabled for cost explorer access",
    "DataUnavailableException": "Data is not available. Please try to adjust the time period. "
    "If just enabled Cost Explorer, data might not be ingested yet",
    "ThrottlingException": "Rate exceeded",
    "LimitExceededException": "You made too many calls in a short period of time. Try again later.",
}
"""AWS's words for the failures that it can be told to have."""
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
OPERATIONS: Mapping[str, Callable[[Ledger, Json, date, int], dict[str, Any]]] = {
    "GetCostAndUsage": answers.cost_and_usage,
    "GetSavingsPlansUtilizationDetails": commitment_answers.savings_plans_utilization_details,
    "GetReservationUtilization": commitment_answers.reservation_utilization,
    "GetReservationCoverage": coverage_answers.reservation_coverage,
}


def today() -> date:
    """The UTC day."""
    return datetime.now(UTC).date()


class CostExplorer:
    """A WSGI application that answers Cost Explorer's requests, and hands all others on. Safe for threads.

    The caller's account is in the environment, where `finops/embedded/side_server.py` puts it.
    """

    def __init__(self, application: Wsgi, payer: str, clock: Callable[[], date] = today) -> None:
        self.application = application
        self.payer = payer
        self.page_size = PAGE_SIZE
        self.ledger = Ledger()
        self.requests: Counter[str] = Counter()
        self.failure: dict[str, Any] | None = None
        self._clock = clock
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        path = environ.get("PATH_INFO", "")
        if path.startswith(CONTROL):
            return self._controlled(path.removeprefix(CONTROL), environ, start_response)
        if target.startswith(TARGET) and target.removeprefix(TARGET) in OPERATIONS:
            return self._answered(target.removeprefix(TARGET), environ, start_response)
        return self.application(environ, start_response)

    def _answered(self, operation: str, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = _body(environ)  # also of a request that is refused: the connection goes on
        try:
            self._count(operation)
            account = environ.get("HTTP_X_MOTO_ACCOUNT_ID", self.payer)
            ledger = self.ledger if account == self.payer else self.ledger.linked(account)
            answer = OPERATIONS[operation](ledger, json.loads(body), self._clock(), self.page_size)
        except Refused as refused:
            return _reply(start_response, "400 Bad Request", {"__type": refused.code, "Message": refused.message})
        return _reply(start_response, "200 OK", answer)

    def _count(self, operation: str) -> None:
        """Count a request, and refuse it when a failure was asked for."""
        with self._lock:
            self.requests[operation] += 1
            failure = self.failure
            if failure is None or failure["operation"] not in (None, operation):
                return
            if failure["times"] is not None:
                failure["times"] -= 1
                if failure["times"] <= 0:
                    self.failure = None
        raise Refused(failure["code"], failure["message"])

    def _controlled(self, what: str, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answer = self._control(environ["REQUEST_METHOD"], what, _body(environ))
        except (KeyError, ValueError) as error:
            return _reply(start_response, "400 Bad Request", {"message": str(error)})
        return _reply(start_response, "200 OK", answer)

    def _control(self, method: str, what: str, body: str) -> dict[str, Any]:
        with self._lock:
            match (method, what):
                case ("PUT", "ledger"):
                    self.ledger = cost_ledger.read(body.splitlines())
                    return {"rows": len(self.ledger.rows)}
                case ("GET", "requests"):
                    return dict(self.requests)
                case ("DELETE", "requests"):
                    self.requests.clear()
                case ("PUT", "failure"):
                    given = json.loads(body)
                    code, times = given["code"], given.get("times")
                    message = given.get("message") or MESSAGES.get(code, code)
                    self.failure = {"code": code, "message": message, "times": times, "operation": given.get("operation")}
                case ("DELETE", "failure"):
                    self.failure = None
                case ("PUT", "settings"):
                    given = json.loads(body)
                    self.page_size = given.get("page_size", self.page_size)
                    self.payer = given.get("payer", self.payer)
                case _:
                    raise ValueError(f"there is no {method} {what}")
        return {}


def _body(environ: Mapping[str, Any]) -> str:
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))).decode()


def _reply(start_response: Any, status: str, answer: Mapping[str, Any]) -> list[bytes]:
    body = json.dumps(answer).encode()
    start_response(status, [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
    return [body]
