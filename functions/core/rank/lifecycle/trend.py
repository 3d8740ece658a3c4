"""How the sums of a scope went, run after run: what a report shows of the runs before it.

`history/trend/<scope id>/<run id>.json` is one run's entry, some 250 bytes, written by its Rank and by nobody else. A run reads those of
the runs before it (run ids sort by time) and shows them with its own. So the same run again gives the same answer, of sweeps that overlap
each has its entry whichever ended first, what a resumed run says at last replaces what it had said, and nothing is lost when a run's own
folder is deleted after its time. A what-if sweep is in no trend and has none: it looks at another day.

Requests: one or two listings, of as many keys as runs of the scope in `DAYS`, a GET for each entry that is shown and one PUT.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from functions.core.rank import history
from functions.core.rank.coverage import Coverage
from functions.core.rank.lifecycle.scope import Scope
from functions.core.rank.run import Run
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

PREFIX = f"{history.PREFIX}trend/"
SHOWN = 26
"""Runs, with this one: half a year of weekly ones."""
DAYS = (40, history.FORGET_DAYS)
"""How far back entries are looked for: first where those of frequent sweeps are, then as far as the history remembers."""
READERS = 8
Entry = dict[str, Any]
"""run_id, as_of (ISO), coverage_ratio, and of the run's totals: findings, counted, new and resolved (numbers), and monthly_likely,
new_likely, resolved_likely and realised_likely (USD per month). `realised_likely` adds up over the runs, see realised.py."""


def key_of(scope_id: str, run_id: str) -> str:
    """Where a run's entry lies."""
    return f"{PREFIX}{scope_id}/{run_id}.json"


def entry(run_id: str, as_of: datetime, coverage_ratio: float, totals: Mapping[str, Any], realised: Mapping[str, Any]) -> Entry:
    """A run's entry, from its `totals` and `realised` as in report.json."""
    resolved, fresh = totals["resolved"], totals["by_state"].get("new")
    return {
        "run_id": run_id,
        "as_of": as_of.isoformat(timespec="seconds"),
        "coverage_ratio": coverage_ratio,
        "findings": totals["findings"],
        "counted": totals["counted"],
        "monthly_likely": totals["monthly_savings"]["likely"],
        "new": totals["lifecycle"]["new"],
        "new_likely": fresh["monthly_savings"]["likely"] if fresh else 0.0,
        "resolved": resolved["findings"],
        "resolved_likely": resolved["monthly_savings_likely"],
        "realised_likely": realised["monthly_likely"],
    }


def over_time(
    folder: RunFolder, run: Run, scope: Scope | None, coverage: Coverage, totals: Mapping[str, Any], realised: dict[str, Any]
) -> dict[str, Any]:
    """`trend` and `realised` of ranking.json: nothing of a run that is compared with no other, a what-if or one of a version that noted no
    scope. `totals` as in report.json."""
    if run.what_if or scope is None:
        return {"trend": [], "realised": None}
    own = entry(run.run_id, run.as_of, round(coverage.ratio, 6), totals, realised)
    return {"trend": gone_on(folder, scope.id, own, run.started), "realised": realised}


def gone_on(folder: RunFolder, scope_id: str, own: Entry, started: datetime) -> list[Entry]:
    """Note this run's entry; returns it after those of the same scope before it, oldest first, at most `SHOWN`."""
    keys = _before(folder.bucket, key_of(scope_id, folder.run_id), started)
    with ThreadPoolExecutor(READERS, thread_name_prefix="trend") as readers:
        earlier = [found for found in readers.map(lambda key: _read(folder.bucket, key), keys) if found is not None]
    folder.bucket.put_json(key_of(scope_id, folder.run_id), own)
    return [*earlier, own]


def _before(bucket: Bucket, own: str, started: datetime) -> Collection[str]:
    """The keys of the last entries before this run's."""
    prefix = own.rpartition("/")[0] + "/"
    found = deque[str](maxlen=SHOWN - 1)
    for days in DAYS:
        found.clear()
        keys = (item["Key"] for item in bucket.objects(prefix, f"{prefix}{started - timedelta(days):%Y%m%dT%H%M%SZ}"))
        found.extend(takewhile(lambda key: key < own, keys))
        if len(found) == SHOWN - 1:
            break
    return found


def _read(bucket: Bucket, key: str) -> Entry | None:
    """An entry; None where there is none any more, or somebody broke it: a trend without it is better than a sweep without a report."""
    try:
        found = bucket.read_json(key)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.keys() >= SHAPE else None


SHAPE = frozenset(
    "run_id as_of coverage_ratio findings counted monthly_likely new new_likely resolved resolved_likely realised_likely".split()  # noqa: SIM905
)
