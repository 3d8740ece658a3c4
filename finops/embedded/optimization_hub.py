"""Cost Optimization Hub, and Compute Optimizer's enrolment, for the embedded AWS, in front of moto, which has neither.

Every account is enrolled in both until it is told otherwise, and nothing is recommended until it is said. As on AWS, the Hub is in one
region, about all of them; each account sees its own. Beside AWS's operations it has a control endpoint, which `HubControl` speaks to:

    POST   /moto-api/optimization-hub/recommendations   {"account", "item", "costs"}: one more, as ListRecommendations shows it
    PUT    /moto-api/optimization-hub/account           {"account", "hub", "optimizer", "mode"}: what is given of it
    PUT    /moto-api/optimization-hub/settings          {"page_size": 1000}
"""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTROL = "/moto-api/optimization-hub/"
HUB, OPTIMIZER = "CostOptimizationHubService.", "ComputeOptimizerService."
HUB_REGION = "us-east-1"
REGION = re.compile(r"Credential=\w+/\d+/([\w-]+)/")
SECONDS = 30.0
PAGE_SIZE = 1_000
FILTERS = {
    "accountIds": "accountId",
    "regions": "region",
    "resourceTypes": "currentResourceType",
    "actionTypes": "actionType",
    "resourceArns": "resourceArn",
    "recommendationIds": "recommendationId",
}
"""A filter of ListRecommendations → the member that it goes by."""
Json = dict[str, Any]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(slots=True)
class Account:
    """What there is of one account: its enrolments, how savings are estimated, and the recommendations with their costs by id."""

    hub: str = "Active"
    optimizer: str = "Active"
    mode: str = "AfterDiscounts"
    items: list[Json] = field(default_factory=list)
    costs: dict[str, Json] = field(default_factory=dict)


class Refused(Exception):
    """An answer of AWS's that is an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class OptimizationHub:
    """A WSGI application that answers both services' requests, and hands all others on. Safe for threads.

    The caller's account is in the environment, where `finops/embedded/side_server.py` puts it.
    """

    def __init__(self, application: Wsgi) -> None:
        self.application = application
        self.accounts: defaultdict[str, Account] = defaultdict(Account)
        self.page_size = PAGE_SIZE
        self._lock = threading.Lock()
        self._operations: Mapping[str, Callable[[Account, Json], Json]] = {
            f"{HUB}ListEnrollmentStatuses": lambda account, given: {"items": [{"status": account.hub}]},
            f"{HUB}GetPreferences": lambda account, given: {"savingsEstimationMode": account.mode},
            f"{HUB}ListRecommendations": self._listed,
            f"{HUB}GetRecommendation": self._one,
            f"{OPTIMIZER}GetEnrollmentStatus": lambda account, given: {"status": account.optimizer},
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target, path = environ.get("HTTP_X_AMZ_TARGET", ""), environ.get("PATH_INFO", "")
        if not path.startswith(CONTROL) and target not in self._operations:
            return self.application(environ, start_response)
        given = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        try:
            with self._lock:
                if path.startswith(CONTROL):
                    return _reply(start_response, "200 OK", self._control(path.removeprefix(CONTROL), given))
                return _reply(start_response, "200 OK", self._answer(target, environ, given))
        except Refused as refused:
            return _reply(start_response, "400 Bad Request", {"__type": refused.code, "message": refused.message})

    def _answer(self, target: str, environ: Mapping[str, Any], given: Json) -> Json:
        signed = REGION.search(environ.get("HTTP_AUTHORIZATION", ""))
        if target.startswith(HUB) and signed and signed[1] != HUB_REGION:
            return {"items": []}  # AWS has no endpoint there
        return self._operations[target](self.accounts[environ.get("HTTP_X_MOTO_ACCOUNT_ID", "")], given)

    def _listed(self, account: Account, given: Json) -> Json:
        """A page of what the filters allow. Its token is where the next one begins."""
        if account.hub != "Active":
            raise Refused("AccessDeniedException", "Account is not enrolled for recommendations.")
        wanted = {FILTERS[name]: set(values) for name, values in given.get("filter", {}).items() if name in FILTERS}
        found = [item for item in account.items if all(item.get(name) in values for name, values in wanted.items())]
        start, size = int(given.get("nextToken", 0)), min(given.get("maxResults", PAGE_SIZE), self.page_size)
        more = {"nextToken": str(start + size)} if start + size < len(found) else {}
        return {"items": found[start : start + size], **more}

    def _one(self, account: Account, given: Json) -> Json:
        for item in account.items:
            if item["recommendationId"] == given["recommendationId"]:
                return {**item, **account.costs.get(item["recommendationId"], {})}
        raise Refused("ResourceNotFoundException", "Recommendation not found.")

    def _control(self, what: str, given: Json) -> Json:
        match what:
            case "recommendations":
                account = self.accounts[given["account"]]
                account.items.append(given["item"])
                account.costs[given["item"]["recommendationId"]] = given.get("costs", {})
            case "account":
                for name in ("hub", "optimizer", "mode"):
                    setattr(self.accounts[given["account"]], name, given.get(name, getattr(self.accounts[given["account"]], name)))
            case "settings":
                self.page_size = given["page_size"]
            case _:
                raise Refused("ValidationException", f"there is no {what}")
        return {}


class HubControl:
    """The control endpoint of the Hub behind `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._base = endpoint + CONTROL
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy of this machine

    def recommend(self, account: str, item: Mapping[str, Any], costs: Mapping[str, Any] | None = None) -> None:
        """One recommendation more for an account, as ListRecommendations shows it; `costs`: what GetRecommendation adds."""
        self._send("POST", "recommendations", {"account": account, "item": dict(item), "costs": dict(costs or {})})

    def enrol(self, account: str, hub: str = "Active", optimizer: str = "Active", mode: str = "AfterDiscounts") -> None:
        """What an account is enrolled in, "Active" or "Inactive", and how its savings are estimated."""
        self._send("PUT", "account", {"account": account, "hub": hub, "optimizer": optimizer, "mode": mode})

    def page_size(self, items: int) -> None:
        """So many recommendations a page, at most."""
        self._send("PUT", "settings", {"page_size": items})

    def _send(self, method: str, what: str, given: Json) -> None:
        request = urllib.request.Request(self._base + what, json.dumps(given).encode(), method=method)  # noqa: S310  # loopback
        with self._opener.open(request, timeout=SECONDS):
            return


def _reply(start_response: Any, status: str, answer: Mapping[str, Any]) -> list[bytes]:
    body = json.dumps(answer).encode()
    start_response(status, [("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(body)))])
    return [body]
