"""What each resource cost in a window, from a Data Export: one query of Athena, whose answer sweeps share until the next refresh.

The costs are what the bill's page calls amortised, after discounts where the export has them. Lines of no resource, and resources of less
than half a cent, are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from functions.core.costs.cache import Cache, Cached, Form
from functions.core.costs.export.athena import Answer, Athena, table_name
from functions.core.costs.export.manifest import Period
from functions.core.costs.export.shapes import shape_of
from functions.core.costs.rows import Window

VERSION = 1
"""Of the query: an answer to another one is not used."""
LEAST = 0.005
"""In the bill's currency: what rounds to nothing."""
ANSWER_SECONDS = 86_400.0
"""An answer outlives the day in the bucket: athena-results/ is kept longer."""


def sql(periods: Sequence[Period], window: Window) -> str:
    """The query, over the tables of the billing periods. Raises NoBill where they lack what it needs."""
    lines = " UNION ALL ".join(shape_of(one.columns).select(one.columns, f'"{table_name(one)}"') for one in periods)
    return _SQL.format(lines=lines, start=window.start, end=window.end, least=LEAST)


_SQL = """
SELECT account, region, service, resource, currency,
    SUM(cost) AS cost, SUM(list_cost) AS list_cost, MIN(day) AS first_day, MAX(day) AS last_day
FROM ({lines}) AS lines
WHERE resource IS NOT NULL AND day >= '{start}' AND day < '{end}'
GROUP BY account, region, service, resource, currency
HAVING ABS(SUM(cost)) >= {least} OR SUM(list_cost) >= {least}
"""


def gather(cache: Cache, athena: Athena, uri: str, periods: Sequence[Period], window: Window, refused_seconds: float) -> dict[str, Any]:
    """`export` of bill.json: where the answer lies. Raises NoBill with the reason, Denied and Throttled."""
    kept = asked(cache, athena, sql(periods, window), periods, refused_seconds, f"{uri} {window.start} to {window.end}")
    return {
        "status": "ok",
        "reason": "",
        "uri": uri,
        "table": shape_of(periods[-1].columns).name,
        "periods": [one.month for one in periods],
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "result": kept.value.key,
        "scanned_bytes": 0 if kept.cached else kept.value.scanned_bytes,
        "cached": kept.cached,
    }


def asked(cache: Cache, athena: Athena, query: str, periods: Sequence[Period], refused_seconds: float, what: str) -> Cached[Answer]:
    """The answer to a query over the billing periods, through the cache. Raises as `gather` does."""

    def ask(renew: Callable[[], object]) -> Answer:
        athena.publish(periods)
        return athena.ask(query, renew)

    key = _digest([query, *(f"{one.month} {one.location} {one.digest}" for one in periods)])
    return cache.get(key, ask, FORM, seconds=ANSWER_SECONDS, refused_seconds=refused_seconds, what=what)


def none(uri: str, reason: str) -> dict[str, Any]:
    """The export that could not be had."""
    return {"status": "none", "reason": reason, "uri": uri, "scanned_bytes": 0}


def _digest(parts: Iterable[str]) -> str:
    return hashlib.blake2b(json.dumps([VERSION, *parts]).encode(), digest_size=16).hexdigest()


def _read(body: bytes) -> Answer:
    try:
        return Answer(**json.loads(body))
    except TypeError as error:
        raise ValueError(str(error)) from None


FORM: Form[Answer] = Form(lambda answer: json.dumps(asdict(answer)).encode(), _read)
