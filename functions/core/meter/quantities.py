"""How much of what AWS bills a sweep takes: the same quantities, measured after a run and predicted before one.

Step Functions counts a transition for each state entered, for each retry, and for each iteration of a Distributed Map; an EXPRESS child
is a request and its duration at 64 MB, a STANDARD child its own transitions. https://aws.amazon.com/step-functions/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.meter.invocations import Total

Json = Mapping[str, Any]

STEPS = {"plan": "Plan", "cost": "Cost", "rank": "Rank", "aggregate": "Aggregate"}
"""Step → its state, which is entered once for each attempt."""
ONCE = ("Gather", "HasUnits", "Scan", "HasGroups", "Notify", "Verdict", "Done")
"""States that every sweep enters once and no meter sees: without a function, or after the sum. In the place of Done it may be
CoverageTooLow, in the place of Scan NothingToScan. A start that was delivered twice ends in StartedAlready, and has no meter."""
FOR_ADVICE = "Analyze"
"""The state that is entered when there are groups to ask a model about."""
CHILD_MEMORY_GB = 64 / 1024
"""Step Functions bills EXPRESS memory in steps of 64 MB; our children, whose data are a few kilobytes, stay within the first."""
MAP_READS, MAP_WRITES = 1, 2
"""What Step Functions itself asks S3 for a map: its items, and its results with their manifest.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

# Classes of requests: https://aws.amazon.com/s3/pricing/ ("PUT, COPY, POST, LIST requests"; "GET, SELECT, and all other requests";
# DELETE and CANCEL are free). The parts of a multipart upload are PUTs, its beginning and end are POSTs.
S3_PUTS = frozenset(
    {
        "PutObject", "CopyObject", "ListObjects", "ListObjectsV2", "ListObjectVersions", "CreateMultipartUpload", "UploadPart",
        "UploadPartCopy", "CompleteMultipartUpload",
    }
)  # fmt: skip
S3_LISTS_OF_SCANS = frozenset({"ListBuckets", "ListMultipartUploads", "ListParts"})
S3_GETS_OF_SCANS = "GetBucket"
"""What only scans ask, of the buckets of the account that they read, and how the operations begin that tell how a bucket is set up. The
analyzer asks its own bucket for objects, and scans ask nobody for any: no role lets them."""
S3_FREE = frozenset({"DeleteObject", "DeleteObjects", "AbortMultipartUpload"})
ATHENA_LEAST_BYTES, TB = 10 * 1024**2, 1024**4
DYNAMODB_READS = frozenset({"GetItem", "Query", "Scan", "BatchGetItem"})
DYNAMODB_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


@dataclass(slots=True, kw_only=True)
class Quantities:
    """What a sweep takes. `transitions` to `writes` are counts, but for GB-hours and GB-seconds.

    `s3_puts` and `s3_gets` are requests to the analyzer's own bucket, `scan_lists` and `scan_gets` those about the buckets that are
    scanned. A DynamoDB request counts as one unit, which is an item of up to 1 KB written or 4 KB read. `bedrock_usd` is the price of the
    answers that have one, `bedrock_unpriced` the number of those that have none.
    """

    transitions: float = 0
    express_requests: float = 0
    express_gb_hours: float = 0
    invocations: float = 0
    gb_seconds: float = 0
    s3_puts: float = 0
    s3_gets: float = 0
    scan_lists: float = 0
    scan_gets: float = 0
    metrics: float = 0
    cost_explorer: float = 0
    athena_tb: float = 0
    reads: float = 0
    writes: float = 0
    tokens: float = 0
    bedrock_usd: float = 0
    bedrock_unpriced: int = 0

    def add_calls(self, calls: Mapping[str, float]) -> None:
        """Requests by "service:Operation", those that cost something. Describe* and the like are free."""
        for call, count in calls.items():
            service, _, operation = call.partition(":")
            if service == "ce":
                self.cost_explorer += count
            elif service == "s3":
                self._add_s3(operation, count)
            elif service == "dynamodb" and operation in DYNAMODB_READS:
                self.reads += count
            elif service == "dynamodb" and operation in DYNAMODB_WRITES:
                self.writes += count

    def _add_s3(self, operation: str, count: float) -> None:
        if operation in S3_LISTS_OF_SCANS:
            self.scan_lists += count
        elif operation.startswith(S3_GETS_OF_SCANS):
            self.scan_gets += count
        elif operation in S3_PUTS:
            self.s3_puts += count
        elif operation not in S3_FREE:
            self.s3_gets += count

    def add_query(self, scanned_bytes: float) -> None:
        """A query of Athena, which is billed for 10 MB at least; of 0 bytes there was none. https://aws.amazon.com/athena/pricing/"""
        if scanned_bytes:
            self.athena_tb += max(scanned_bytes, ATHENA_LEAST_BYTES) / TB

    def add_flow(self, attempts: Mapping[str, int], children: int, groups: int) -> None:
        """The state machine's own part. `attempts` at each step, `children` of the map Scan, `groups` of the map Analyze."""
        self.transitions += sum(max(1, attempts.get(step, 0)) for step in STEPS) + len(ONCE) + children
        self.s3_gets += MAP_READS
        self.s3_puts += MAP_WRITES
        if groups:
            self.transitions += 1 + groups + max(groups, attempts.get("analyze", 0))
            self.s3_gets += MAP_READS
            self.s3_puts += MAP_WRITES

    def add_children(self, children: int, seconds: float, *, express: bool, failed_attempts: int = 0, failures: int = 0) -> None:
        """The map's children, which took so many `seconds`; `failures` is how many of them had to be written down."""
        if express:
            self.express_requests += children
            self.express_gb_hours += seconds * CHILD_MEMORY_GB / 3600
        else:
            self.transitions += children + failed_attempts + failures
        self.writes += failures


def asked_of_accounts(of: Quantities) -> Quantities:
    """Of these, what AWS bills where the flow runs on somebody's own machine: the requests to the accounts."""
    return Quantities(metrics=of.metrics, cost_explorer=of.cost_explorer, scan_lists=of.scan_lists, scan_gets=of.scan_gets)


def measured(head: Json, metered: Total, advice_failures: int, *, express: bool) -> Quantities:
    """What a run took. `head` is ranking.json's content with `advice`; `metered` are all invocations that are no scan, or failed ones."""
    coverage, took = head["coverage"], head["coverage"]["took"]
    attempts = metered.steps
    children = coverage["planned"] - coverage["units"]["skipped"] + sum(coverage.get("not_enrolled", {}).values())
    groups = len(head["groups"]) if head["analyze"] else 0
    made = Quantities(
        invocations=took["invocations"] + attempts.total(),
        gb_seconds=took["gb_seconds"] + metered.gb_seconds,
        metrics=took["metrics"] + metered.metrics,
    )
    made.add_calls(coverage["api_calls"])
    made.add_calls(metered.calls)
    made.add_query((head.get("bill") or {}).get("export", {}).get("scanned_bytes", 0))
    made.add_flow(attempts, children, groups)
    made.add_children(children, took["child_seconds"], express=express, failed_attempts=attempts["scan"], failures=took["failures"])
    made.transitions += advice_failures  # NoteByRule
    made.writes += advice_failures
    for one in head["advice"]:
        made.tokens += sum(one["tokens"].values())
        made.bedrock_usd += one["usd"] or 0
        made.bedrock_unpriced += one["usd"] is None
    return made
