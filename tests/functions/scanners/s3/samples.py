"""Buckets made up for the tests of their checks, and what CloudWatch says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.model import Finding, Waste
from functions.core.prices.book import Prices
from functions.core.registry import Check, Verdict
from functions.core.scan.asked_metrics import after_that, at_first
from functions.core.scan.judge import Judge
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from functions.scanners.s3.bucket.collector import Bucket
from functions.scanners.s3.bucket.sizes import BESIDE, OBJECTS, OVERHEAD, STANDARD, TIERED
from functions.scanners.s3.storage import GIB
from tests.functions.paged import ACCOUNT, REGION

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 3


def series(value: float | None) -> Series:
    """One datapoint of three days, as S3 reports it, at the latest two days ago; none for a storage type without objects."""
    return Series([] if value is None else [value], [] if value is None else [NOW - timedelta(days=2)], DAYS, DAY_SECONDS)


def usage(
    standard: float | None = None,
    objects: float | None = 1_000,
    tiered: Sequence[float | None] = (None,) * 5,
    overhead: Sequence[float | None] = (None,) * 3,
    beside: Sequence[float | None] = (None,) * 3,
) -> Usage:
    """Sizes are in GB of 2^30 bytes."""

    def each(sizes: Sequence[float | None]) -> tuple[Series, ...]:
        return tuple(series(None if size is None else size * GIB) for size in sizes)

    return Usage(
        {
            STANDARD: each([standard]),
            OBJECTS: (series(objects),),
            TIERED: each(tiered),
            OVERHEAD: each(overhead),
            BESIDE: each(beside),
        }
    )


def bucket(age: float = 400, **changes: Any) -> Bucket:
    """One that is old, without rules, versions and uploads; the words of `usage` say what is in it."""
    sizes = {name: changes.pop(name) for name in ("standard", "objects", "tiered", "overhead", "beside") if name in changes}
    return Bucket(
        **{
            "arn": "arn:aws:s3:::data",
            "id": "data",
            "name": "data",
            "account": ACCOUNT,
            "region": REGION,
            "created": NOW - timedelta(days=age),
            "usage": usage(**sizes),
            **changes,
        }
    )


def judged(check: Check[Any], one: Bucket, overrides: Mapping[str, float] | None = None, region: str = REGION) -> Verdict:
    return check(one, check.limits(NOW, overrides), Prices(region))


def waste(check: Check[Any], one: Bucket, overrides: Mapping[str, float] | None = None, region: str = REGION) -> Waste:
    verdict = judged(check, one, overrides, region)
    assert isinstance(verdict, Waste), verdict
    return verdict


def engine(one: Bucket, *checks: Check[Any]) -> tuple[list[Finding], Mapping[str, int], set[Metric]]:
    """What the engine makes of it, how many resources each check could not judge, and the metrics that were asked for."""
    judge = Judge([(check, check.limits(NOW)) for check in checks], Prices(REGION))
    there, asked = one.usage, dict[Metric, tuple[Series, ...]]()
    one.usage = Usage()
    for asks in (at_first, after_that):
        asked |= {metric: there.each(metric) for _, metric, _ in judge.wanted([one], asks)}
        one.usage = Usage(dict(asked))
    return judge.findings(one), judge.insufficient, set(asked)
