"""A Cost Explorer for tests in one process: what a client sends is answered from a ledger, as the embedded AWS answers it.

The answer comes in at botocore's `before-send`, after the meters have counted the request; botocore checks every parameter and parses
every answer as it does with AWS's own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse

from finops.embedded.cost_explorer.front import OPERATIONS
from finops.embedded.cost_explorer.ledger import Ledger, Reservation, Row, SavingsPlan
from finops.embedded.cost_explorer.requests import Refused

NOT_MOTO: Any = {"core": {"passthrough": {"services": ["ce"]}}}
"""`mock_aws(config=NOT_MOTO)`: moto has a Cost Explorer of its own, which would answer first."""
ACCOUNT, OTHER = "111111111111", "222222222222"
TODAY = date(2026, 11, 24)
UNSCANNED = "Amazon Elsewhere"
"""Made up: a service that no scanner will ever look at."""
EC2, RDS = "Amazon Elastic Compute Cloud - Compute", "Amazon Relational Database Service"
PLAN = SavingsPlan(
    "arn:aws:savingsplans::111111111111:savingsplan/1234", "ComputeSavingsPlans", ACCOUNT, 1.0, date(2026, 3, 1), date(2027, 3, 1)
)
RESERVED = Reservation("sub-1", RDS, ACCOUNT, "us-west-2", "db.r5.large", 2, 0.15, 0.25, date(2026, 5, 1), date(2027, 5, 1))


def row(service: str, usage_type: str, unblended: float, amortized: float, quantity: float = 0.0, **more: Any) -> Row:
    """The same spend on each of the last 90 days and today, in us-west-2."""
    began = TODAY - timedelta(90)
    given = {"account": ACCOUNT, "region": "us-west-2", **more}
    return Row(
        began, service=service, usage_type=usage_type, unblended=unblended, amortized=amortized, quantity=quantity,
        until=TODAY + timedelta(1), **given,
    )  # fmt: skip


def spend(account: str = ACCOUNT) -> list[Row]:
    """On demand only: an m5.large in us-west-2, a gp3 volume in eu-west-1, and a service that no scanner covers; and a credit."""
    return [
        row(EC2, "USW2-BoxUsage:m5.large", 2.4, 2.4, 24, account=account),
        row("EC2 - Other", "EU-EBS:VolumeUsage.gp3", 1.0, 1.0, 12, account=account, region="eu-west-1"),
        row(UNSCANNED, "Elsewhere:Requests", 0.5, 0.5, account=account),
        row(EC2, "USW2-BoxUsage:m5.large", -9, -9, account=account, record_type="Credit"),
    ]


def committed(account: str = ACCOUNT) -> list[Row]:
    """Usage that PLAN and RESERVED pay for, and their fees."""
    box, database, fees = "USW2-BoxUsage:c5.large", "USW2-InstanceUsage:db.r5.large", "Savings Plans for AWS Compute usage"
    return [
        row(EC2, box, 4.0, 3.0, 48, account=account, record_type="SavingsPlanCoveredUsage", plan=PLAN.arn),
        row(EC2, box, -4.0, 0.0, account=account, record_type="SavingsPlanNegation"),
        row(fees, "ComputeSP:1yrNoUpfront", 24.0, 21.0, account=account, record_type="SavingsPlanRecurringFee"),
        row(RDS, database, 0.0, 3.6, 24, account=account, record_type="DiscountedUsage", reservation=RESERVED.id),
        row(RDS, "USW2-HeavyUsage:db.r5.large", 7.2, 3.6, account=account, record_type="RIFee"),
    ]


@dataclass(slots=True)
class CostExplorer:
    """Answers from `ledger`; what it was asked is in `asked`. `fail(operation)` may raise Refused instead. `before` is called first."""

    ledger: Ledger = field(default_factory=lambda: Ledger(tuple(spend())))
    page_size: int = 5000
    today: Callable[[], date] = lambda: TODAY
    fail: Callable[[str], None] = lambda operation: None
    before: Callable[[], None] = lambda: None
    status: int = 400
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def requests(self) -> Counter[str]:
        """How often each operation was asked for."""
        return Counter(operation for operation, _ in self.asked)

    def answer_for(self, client: Any) -> None:
        """From now on this answers the client's requests."""
        client.meta.events.register("before-send.cost-explorer", self._send)

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        body = json.loads(request.body)
        self.asked.append((operation, body))
        self.before()
        try:
            self.fail(operation)
            return _answer(request.url, 200, OPERATIONS[operation](self.ledger, body, self.today(), self.page_size))
        except Refused as refused:
            return _answer(request.url, self.status, {"__type": refused.code, "Message": refused.message})


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def _answer(url: str, status: int, body: Any) -> AWSResponse:
    headers: Any = {"Content-Type": "application/x-amz-json-1.1"}
    return AWSResponse(url, status, headers, _Raw(json.dumps(body).encode()))
