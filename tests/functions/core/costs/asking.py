"""Sweeps of one deployment that ask for their bill: a Cost Explorer, a state table, a bucket and a clock that all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.costs import queries
from functions.core.costs.cache import Cache
from functions.core.costs.gathering import Asker, gather
from functions.core.costs.rows import Answers
from functions.core.store.bucket import Bucket
from tests import state_table
from tests.billed_account import ACCOUNT, NOT_MOTO, CostExplorer

BUCKET = "the-bucket"
NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
CREDENTIALS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
SHORT = 1800.0


@dataclass(slots=True)
class Deployment:
    """`explorer.today` follows the clock."""

    dynamodb: Any
    s3: Any
    explorer: CostExplorer = field(default_factory=CostExplorer)
    now: datetime = NOW
    connected: int = 0

    def __post_init__(self) -> None:
        self.explorer.today = lambda: self.now.date()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def connect(self) -> Aws:
        """The billing account, as a new process reaches it."""
        self.connected += 1
        aws = Aws(ACCOUNT, "us-east-1", SESSION)
        self.explorer.answer_for(aws.client("ce"))
        return aws

    def asker(self, billing_account: str = ACCOUNT) -> Asker:
        """As a sweep has it."""
        kept = Cache(self.dynamodb, state_table.NAME, Bucket(self.s3, BUCKET), clock=lambda: self.now.timestamp(), sleep=self.sleep)
        return Asker(kept, billing_account, self.connect, SHORT, clock=lambda: self.now)

    def sweep(self, *accounts: str, days: int | None = None) -> tuple[Answers, Asker]:
        """The answers for one sweep as of now, and who asked for them."""
        asker = self.asker()
        asked = queries.window(self.now, self.now, days)
        return gather(asker, asked, accounts or (ACCOUNT,)), asker


SESSION = boto3.Session(region_name="eu-west-1", **CREDENTIALS)  # type: ignore[arg-type]


@contextmanager
def deployment(**given: Any) -> Iterator[Deployment]:
    """An empty state table and bucket. `given` are the fields of the Cost Explorer."""
    with mock_aws(config=NOT_MOTO):
        dynamodb, s3 = (boto3.client(service, region_name="us-east-1", **CREDENTIALS) for service in ("dynamodb", "s3"))  # type: ignore[call-overload]
        state_table.create(dynamodb)
        s3.create_bucket(Bucket=BUCKET)
        yield Deployment(dynamodb, s3, CostExplorer(**given))
