"""Our Cost Explorer on a port of this machine, asked through boto3, and its answers held against botocore's model of AWS."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import get_session
from botocore.validate import ParamValidator
from werkzeug.serving import make_server

from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.cost_explorer.front import CostExplorer
from finops.embedded.cost_explorer.ledger import Ledger, Row
from finops.embedded.side_server import ByAccount

TODAY = date(2026, 11, 24)
PAYER, LINKED = "111111111111", "222222222222"
EC2, RDS = "Amazon Elastic Compute Cloud - Compute", "Amazon Relational Database Service"
MODEL = get_session().get_service_model("ce")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def last(days: int, until: date = TODAY) -> dict[str, str]:
    """A TimePeriod of so many days."""
    return {"Start": (until - timedelta(days=days)).isoformat(), "End": until.isoformat()}


def by(*keys: str) -> list[dict[str, str]]:
    return [{"Type": "DIMENSION", "Key": key} for key in keys]


def only(key: str, *values: str) -> dict[str, Any]:
    return {"Dimensions": {"Key": key, "Values": list(values)}}


def row(day: date, usd: float, **more: Any) -> Row:
    """A row of EC2 in the payer's account; amortised as unblended unless said otherwise."""
    given = {"account": PAYER, "service": EC2, "usage_type": "BoxUsage:m5.large", "region": "us-east-1", "amortized": usd, **more}
    return Row(day, unblended=usd, **given)


def assert_shaped(operation: str, answer: Mapping[str, Any]) -> None:
    """Every member is one of AWS's, of its type, and none that AWS always sends is missing."""
    shape = MODEL.operation_model(operation).output_shape
    assert shape is not None
    report = ParamValidator().validate(dict(answer), shape)
    assert not report.has_errors(), report.generate_report()


@contextlib.contextmanager
def serving(ledger: Ledger | None = None) -> Iterator[tuple[Callable[..., Any], CostControl, CostExplorer]]:
    """What makes a client of an account (default: the payer's), the control, and the application."""

    def elsewhere(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"{}"]

    explorer = CostExplorer(elsewhere, PAYER, clock=lambda: TODAY)
    server = make_server("127.0.0.1", 0, ByAccount(explorer, lambda key: key), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"

    def client(account: str = PAYER) -> Any:
        return boto3.client(
            "ce",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=account,
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    control = CostControl(endpoint)
    try:
        if ledger:
            control.load(ledger)
        yield client, control, explorer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
