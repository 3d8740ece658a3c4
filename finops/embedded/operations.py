"""Single operations that ministack lacks: which they are, and how they reach the server beside it.

ministack looks at a request's credentials and permissions before it hands the request to its service, so IAM is enforced for these too.
The side server gets the request as it came: from its signature it knows the account and the region.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import parse_qs

MADE_UP = frozenset({"DescribeInstanceTypes"})
"""What ministack answers with sizes of its own instead of AWS's: it takes the vCPUs for the same in all families. Of EC2."""
LACKING: Mapping[str, frozenset[str]] = {
    "ec2": frozenset(
        {
            "DescribeInstanceTypeOfferings",
            "DescribeFastSnapshotRestores",
            "EnableFastSnapshotRestores",
            "DisableFastSnapshotRestores",
        }
        | MADE_UP
    ),
    "logs": frozenset({"DescribeAccountPolicies"}),
    "rds": frozenset({"DescribeDBMajorEngineVersions"}),
}
"""Service → the operations that the side server answers: `finops/embedded/side_answers.py` those that it knows, moto any other."""

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, Mapping[str, Any]], Coroutine[Any, Any, Answer]]
HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})


def operation(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> str:
    """The operation that a request names: the query protocol's Action, or the end of the JSON protocol's target. Empty for REST."""
    target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")
    if target:
        return target.rpartition(".")[2]
    named = query.get("Action") or parse_qs(body.decode("utf-8", "replace")).get("Action", "")
    return named[0] if isinstance(named, list) else str(named)


def routed(lacking: frozenset[str], answer: Handler, side: str) -> Handler:
    """A service's handler, with the operations that it lacks handed on to `side`."""

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Mapping[str, Any]) -> Answer:
        if operation(headers, body, query) not in lacking:
            return await answer(method, path, headers, body, query)
        return await asyncio.to_thread(forward, side, method, path, headers, body)

    return handle


def forward(side: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """What the side server answers; its errors are answers too."""
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP}
    request = urllib.request.Request(f"{side}{path}", data=body or None, headers=kept, method=method)  # noqa: S310  # our own server
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=30) as reply:
            return reply.status, {"Content-Type": reply.headers.get("Content-Type", "text/xml")}, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {"Content-Type": error.headers.get("Content-Type", "text/xml")}, error.read()
