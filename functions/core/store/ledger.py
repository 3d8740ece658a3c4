"""The ledger of a run: what became of every planned unit, in the order of the plan, and nothing of what was not planned.

A unit ended in one of three ways: it wrote its object into the bucket; or it failed for good and the state machine noted that in the
state table; or neither, and then it never started. Objects are read a few at a time and kept compressed, so a ledger of 85,000 units
needs the memory of a few dozen.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from functions.core.aws.sessions import CONNECTIONS
from functions.core.errors import short
from functions.core.model import Outcome, Unit, UnitOutcome
from functions.core.outside.expiry import expired
from functions.core.outside.pages import ending
from functions.core.store.run_folder import RunFolder
from functions.core.store.unit_objects import UNIT

READERS = CONNECTIONS
"""Objects fetched at once, as many as the client keeps connections: S3 takes tens of milliseconds for each."""
AHEAD = 4 * READERS
"""Objects fetched before they are asked for."""
REASON_LENGTH = 300
"""Characters of a failure's reason that are kept: enough for an AWS error, not for a stack trace."""

ADVICE_FAILED = "advice-failed#"

NEVER_STARTED = "never started: the sweep ended without a result or a failure of this unit"


@dataclass(slots=True)
class Entry:
    """One planned unit: either the `body` of its object, still compressed, or the `outcome` that it has without one."""

    unit: Unit
    body: BinaryIO | None = None
    outcome: UnitOutcome | None = None


def entries(folder: RunFolder, failures: Mapping[str, tuple[str, str]]) -> Iterator[Entry]:
    """Every planned unit in the plan's order, then those that Plan left out on purpose, and those that it could not know of.

    `failures`: unit id → error and cause, see `failures_of`. An object counts more than a failure: a unit that failed and was run again has
    seen its scope.
    """
    written, download = folder.list_units(), folder.bucket.download

    def fetch(unit: Unit) -> Entry:
        if (good := written.get(unit.unit_id)) is not None:
            return Entry(unit, body=download(folder.unit(unit.unit_id, good=good)))
        failure = failures.get(unit.unit_id)
        return Entry(unit, outcome=failed(unit, *failure) if failure else never_started(unit))

    planned = _planned(download(folder.plan))
    with ThreadPoolExecutor(READERS, thread_name_prefix="ledger") as readers:
        ahead: deque[Future[Entry]] = deque(readers.submit(fetch, unit) for unit in islice(planned, AHEAD))
        while ahead:
            entry = ahead.popleft().result()
            ahead.extend(readers.submit(fetch, unit) for unit in islice(planned, 1))
            yield entry
    for key in (folder.skipped, folder.unknown):
        for outcome in folder.read_outcomes(key):
            unit = Unit(
                unit_id=outcome.unit_id,
                account=outcome.account,
                region=outcome.region,
                resource_type=outcome.resource_type,
                function="",
            )
            yield Entry(unit, outcome=outcome)


def _planned(plan: BinaryIO) -> Iterator[Unit]:
    with plan:
        for line in plan:
            yield UNIT.validate_json(line)


def failures_of(dynamodb: Any, table: str, run_id: str, kind: str = "failed#") -> dict[str, tuple[str, str]]:
    """The units of a run that failed for good: unit id → error name and cause, the cause cut to what a reason shows.

    `kind` is how their sort keys begin: the groups that no model gave advice for are noted as ADVICE_FAILED.
    """
    found: dict[str, tuple[str, str]] = {}
    pages: Iterable[Mapping[str, Any]] = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :run AND begins_with(sk, :failed)",
        ExpressionAttributeValues={":run": {"S": f"run#{run_id}"}, ":failed": {"S": kind}},
        ConsistentRead=True,  # the last failure may have been noted just before
    )
    for page in ending(pages, "dynamodb:Query", lambda page: page.get("LastEvaluatedKey")):
        for item in page["Items"]:
            if expired(item):
                continue
            unit_id = item["sk"]["S"].removeprefix(kind)
            error = item.get("error", {}).get("S", "")
            found[unit_id] = (error, reason(error, item.get("cause", {}).get("S", "")))
    return found


def reason(error: str, cause: str) -> str:
    """A failure in one line. Lambda's cause is JSON with errorType and errorMessage; other causes are text, or nothing."""
    try:
        reported = json.loads(cause)
    except (ValueError, RecursionError):
        reported = None
    if isinstance(reported, dict) and (reported.get("errorType") or reported.get("errorMessage")):
        words = (str(reported.get("errorType") or error), str(reported.get("errorMessage") or ""))
    else:
        words = (error, cause)
    line = " ".join(": ".join(word for word in words if word).split()) or "failed without a word"
    return short(line, REASON_LENGTH)


def failed(unit: Unit, error: str, why: str) -> UnitOutcome:
    """A unit that failed for good: throttled when AWS kept slowing us down, else failed."""
    return _unseen(unit, Outcome.THROTTLED if error == "Throttled" else Outcome.FAILED, why)


def never_started(unit: Unit) -> UnitOutcome:
    """A unit of which there is neither a result nor a failure."""
    return _unseen(unit, Outcome.FAILED, NEVER_STARTED)


def unreadable(unit: Unit, why: str) -> UnitOutcome:
    """A unit whose object is broken counts as not seen."""
    return _unseen(unit, Outcome.FAILED, short(f"its result cannot be read: {why}", REASON_LENGTH))


def _unseen(unit: Unit, outcome: Outcome, why: str) -> UnitOutcome:
    return UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=outcome, reason=why
    )
