"""Which requests leave ministack for the server beside it, and how they arrive there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ministack.services import ec2, rds

from finops.embedded.operations import LACKING, MADE_UP, Answer, operation, routed

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("headers", "body", "query", "named"),
    [
        (FORM, b"Action=DescribeInstances&Version=2016-11-15", {}, "DescribeInstances"),
        (FORM, b"", {"Action": ["DescribeVolumes"]}, "DescribeVolumes"),
        (FORM, b"", {"Action": "DescribeVolumes"}, "DescribeVolumes"),
        ({"X-Amz-Target": "AWSInsightsIndexService.GetCostAndUsage"}, b"{}", {}, "GetCostAndUsage"),
        ({"x-amz-target": "Logs_20140328.DescribeLogGroups"}, b'{"Action": 1}', {}, "DescribeLogGroups"),
        ({}, b"", {}, ""),
        ({}, b"\xff\xfe", {}, ""),
    ],
)
def test_the_operation_of_a_request(headers: dict[str, str], body: bytes, query: dict[str, Any], named: str) -> None:
    assert operation(headers, body, query) == named


@pytest.fixture
def side() -> Iterator[str]:
    """A server that repeats what it is asked, and refuses what is to be refused."""

    class Repeat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403 if b"refused" in body else 200)
            self.send_header("Content-Type", "text/xml")
            self.end_headers()
            self.wfile.write(f"{self.path} {self.headers['Authorization']} ".encode() + body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Repeat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def _own(method: str, path: str, headers: dict[str, str], body: bytes, query: Mapping[str, Any]) -> Answer:
    return 200, {}, b"ministack's own"


@pytest.mark.parametrize(
    ("body", "status", "answered"),
    [
        (b"Action=Lacking&Name=x", 200, b"/ signed Action=Lacking&Name=x"),
        (b"Action=Lacking&Name=refused", 403, b"/ signed Action=Lacking&Name=refused"),
        (b"Action=Known", 200, b"ministack's own"),
        (b"", 200, b"ministack's own"),
    ],
)
def test_what_a_service_lacks_is_handed_on_as_it_came(side: str, body: bytes, status: int, answered: bytes) -> None:
    handle = routed(frozenset({"Lacking"}), _own, side)
    headers = {"authorization": "signed", "host": "elsewhere", "content-length": str(len(body)), **FORM}
    got, _, content = asyncio.run(handle("POST", "/", headers, body, {}))
    assert (got, content) == (status, answered)


def test_ministack_still_lacks_them() -> None:
    """One that a newer ministack has can go from the table."""
    assert LACKING["ec2"].intersection(ec2._ACTION_MAP) == MADE_UP
    assert LACKING["rds"].isdisjoint(rds._ACTION_MAP)
