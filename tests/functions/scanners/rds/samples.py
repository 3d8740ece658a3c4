"""RDS instances and Aurora clusters, made up for tests: everything plain, until a test says otherwise; and moto with support dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.bills import DB_CLUSTER
from functions.scanners.rds.db_cluster.collector import DbCluster, Member
from functions.scanners.rds.db_instance.collector import DbInstance
from tests.functions import lacking as lacking_prices
from tests.functions.core.check_samples import asks

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PRICES = Prices(REGION)

PLAIN = DbInstance(
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
    id="orders",
    account=ACCOUNT,
    region=REGION,
    created=NOW - timedelta(days=90),
    engine="postgres",
    version="16.4",
    instance_class="db.m5.large",
    status="available",
    multi_az=False,
    disk=Disk("postgres", "gp2", 100),
    cluster="",
    deletion_protection=False,
    restarts=None,
    support=None,
)
PLAIN_CLUSTER = DbCluster(
    arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:shop",
    id="shop",
    account=ACCOUNT,
    region=REGION,
    created=NOW - timedelta(days=90),
    engine="aurora-postgresql",
    version="16.4",
    mode="provisioned",
    status="available",
    storage_type="aurora",
    members=(
        Member("shop-1", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-1", "db.r5.large", "available"),
        Member("shop-2", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-2", "db.r5.large", "available"),
    ),
    min_acu=None,
    replicates=False,
    deletion_protection=False,
    support=None,
    also_bills=DB_CLUSTER.also_bills({}),
)


def db_instance(**changes: Any) -> DbInstance:
    """With `engine`, its storage is of that engine too."""
    made = replace(PLAIN, **changes)
    return replace(made, disk=replace(made.disk, engine=made.engine))


def db_cluster(**changes: Any) -> DbCluster:
    return replace(PLAIN_CLUSTER, **changes)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def daily(values: Sequence[float], expected: int | None = None) -> Series:
    """One value a day up to NOW."""
    times = [NOW - timedelta(days=len(values) - index) for index in range(len(values))]
    return Series(list(values), times, len(values) if expected is None else expected, DAY_SECONDS)


def lacking(*keys: str, region: str = REGION) -> Prices:
    return lacking_prices.lacking(*keys, region=region)


def usage(metric: Metric, *series: Series) -> Usage:
    return Usage({metric: series})


def judge(check: Check[Any], resource: Any, prices: Prices = PRICES, as_of: datetime = NOW, **thresholds: float) -> Verdict:
    """The check's own verdict, with its default thresholds but for those given."""
    return check(resource, check.limits(as_of, {f"{check.id}.{name}": value for name, value in thresholds.items()}), prices)


def waste(check: Check[Any], resource: Any, prices: Prices = PRICES, as_of: datetime = NOW, **thresholds: float) -> Waste:
    verdict = judge(check, resource, prices, as_of, **thresholds)
    assert isinstance(verdict, Waste), verdict
    return verdict


def is_candidate(check: Check[Any], resource: Any, as_of: datetime = NOW, **thresholds: float) -> bool | None:
    """None where the check says that it cannot judge it."""
    return asks(check, resource, check.limits(as_of, {f"{check.id}.{name}": value for name, value in thresholds.items()}))


def lifecycle_answer(engine: str, major: str, begins: datetime | None, ends: datetime | None = None) -> dict[str, Any]:
    """A DBMajorEngineVersion as AWS's documentation shows it; without `begins` only standard support, as for MariaDB.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-viewing-support-dates.html
    """
    moment = begins or NOW
    spans = [("open-source-rds-standard-support", moment - timedelta(days=2000), moment - timedelta(milliseconds=1))]
    if begins:
        spans.append(("open-source-rds-extended-support", begins, ends or begins + timedelta(days=3 * 365 - 1)))
    return {
        "Engine": engine,
        "MajorEngineVersion": major,
        "SupportedEngineLifecycles": [
            {"LifecycleSupportName": name, "LifecycleSupportStartDate": start, "LifecycleSupportEndDate": end} for name, start, end in spans
        ],
    }


def moto_answers_major_versions(monkeypatch: pytest.MonkeyPatch, answers: Iterable[dict[str, Any]] = (), *, code: str = "") -> None:
    """moto lacks DescribeDBMajorEngineVersions: let it give these answers, or refuse with an error code."""

    def describe(_: RDSResponse) -> ActionResult:
        if code:
            raise RDSClientError(code, "refused")
        return ActionResult({"DBMajorEngineVersions": list(answers)})

    monkeypatch.setattr(RDSResponse, "describe_db_major_engine_versions", describe, raising=False)
