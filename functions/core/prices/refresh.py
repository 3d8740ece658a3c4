"""Refreshing `prices/` in the bucket: which slices, in which order, and what became of each.

Each part, one service of our book in one region, is replaced whole by what the Price List says now, or left as it is.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from botocore.exceptions import ClientError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from functions.core import run_ids, telemetry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.errors import Denied, FinOpsError, InvalidInput, OutOfTime
from functions.core.prices import price_list
from functions.core.prices.book import Prices, format_rows
from functions.core.prices.products import offers
from functions.core.prices.refreshed import PREFIX, RefreshedPrices, key_of
from functions.core.services import services as cards
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RUNS, RunFolder

IN_USE_DAYS = 8
"""What the sweeps of so many days looked at is in use: a week, and the day on which the weekly schedule is late."""
EXAMPLES = 3
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


class NothingRefreshed(FinOpsError):
    """Not one part could be refreshed; the message has the reasons. The function fails, so that Lambda tries it again."""


def _known_services(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in offers()]
    if unknown:
        raise ValueError(f"{unknown[0]!r} cannot be refreshed; allowed are: {', '.join(sorted(offers()))}")
    return names


def _region_names(names: list[str]) -> list[str]:
    wrong = [name for name in names if not _REGION.fullmatch(name)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no region's name such as us-east-1")
    return names


class RefreshRequest(BaseModel):
    """What a person may ask for; what is left out is what the sweeps use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regions: Annotated[list[str], Field(min_length=1), AfterValidator(_region_names)] | None = None
    services: Annotated[list[str], Field(min_length=1), AfterValidator(_known_services)] | None = None


def parse(given: Any) -> RefreshRequest:
    """The request, or InvalidInput that names the wrong key and what is allowed there."""
    try:
        return RefreshRequest.model_validate(given)
    except ValidationError as error:
        raise InvalidInput("; ".join(_sentence(problem) for problem in error.errors())) from None


def _sentence(problem: Any) -> str:
    key = str(problem["loc"][0]) if problem["loc"] else "input"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}; allowed keys are: {', '.join(RefreshRequest.model_fields)}"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"


@dataclass(slots=True, frozen=True, order=True)
class Part:
    """One service of our book in one region."""

    service: str
    region: str


def wanted(bucket: Bucket, asked: RefreshRequest, own_region: str, now: datetime) -> list[Part]:
    """The parts to refresh, those that were refreshed longest ago first, so that a run that is out of time is continued by the next.

    Without any sweep in the last days: the analyzer's own region, all services.
    """
    regions, types = in_use(bucket, now) if asked.regions is None or asked.services is None else (set(), set())
    services = {service for name in types for service in _prices_from(name)} or set(offers())
    parts = [Part(service, region) for service in asked.services or services for region in asked.regions or regions or {own_region}]
    ages = {item["Key"]: item["LastModified"].timestamp() for item in bucket.objects(PREFIX)}
    return sorted(set(parts), key=lambda one: (ages.get(key_of(one.service, one.region), 0.0), one))


def _prices_from(resource_type: str) -> tuple[str, ...]:
    card = cards().get(resource_type.partition(":")[0])
    return card.prices_from if card else ()


def in_use(bucket: Bucket, now: datetime) -> tuple[set[str], set[str]]:
    """The regions and resource types that the sweeps of the last days looked at, from the scope that Plan wrote of each."""
    since = f"{RUNS}{now - timedelta(days=IN_USE_DAYS):%Y%m%dT%H%M%SZ}"  # run ids begin with when the run started
    regions: set[str] = set()
    types: set[str] = set()
    for run_id in filter(run_ids.is_one, bucket.folders(RUNS, since)):
        scope = bucket.read_json(RunFolder(bucket, run_id).scope)
        if scope is not None:
            regions.update(scope["regions"])
            types.update(scope["resource_types"])
    return regions, types


def refresh(aws: Aws, bucket: Bucket, parts: Sequence[Part]) -> dict[str, Any]:
    """Refresh each; returns {"refreshed": [...], "kept": [...], "requests"}. NothingRefreshed when every one of them had to be kept."""
    refreshed: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    halt = ""
    for one in parts:
        reason = halt
        if not halt:
            try:
                refreshed.append(_replace(aws, bucket, one))
                continue
            except (Denied, OutOfTime) as error:  # so it would be with all others
                reason = halt = str(error) if isinstance(error, Denied) else "the function's time is spent: the next run begins with these"
            except (FinOpsError, ClientError, UNREACHABLE) as error:
                reason = f"{type(error).__name__}: {error}"
            telemetry.logger.warning("prices kept", service=one.service, region=one.region, reason=reason)
        kept.append({"service": one.service, "region": one.region, "reason": reason})
    if kept and not refreshed:
        raise NothingRefreshed("; ".join(dict.fromkeys(entry["reason"] for entry in kept)))
    return {"refreshed": refreshed, "kept": kept, "requests": sum(aws.meter.calls.values())}


class Empty(FinOpsError):
    """The Price List knows none of our keys there."""


def _replace(aws: Aws, bucket: Bucket, one: Part) -> dict[str, Any]:
    fresh = price_list.fetch(aws, one.service, one.region)
    if not fresh.rows:
        raise Empty(f"the Price List has no rate of {one.service} in {one.region} that we know")
    before = Prices(one.region, RefreshedPrices(bucket).rows)
    changes = [
        {"key": key, "before": was, "now": now}
        for key, (usd, *_) in sorted(fresh.rows.items())
        if (was := before.own(one.service, key)) != (now := float(usd))
    ]
    bucket.put(key_of(one.service, one.region), gzip.compress(format_rows(fresh.rows).encode(), mtime=0), "application/gzip")
    for key, why in sorted(fresh.left_out.items()):
        telemetry.logger.warning("price left out", service=one.service, region=one.region, key=key, reason=why)
    return {
        "service": one.service,
        "region": one.region,
        "keys": len(fresh.rows),
        "changed": len(changes),
        "examples": changes[:EXAMPLES],
        "left_out": len(fresh.left_out),
        "published": max(row[3] for row in fresh.rows.values()),
    }
