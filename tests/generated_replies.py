"""Replies as botocore's models allow them: every member may be missing, every enum may have a value that nobody knows yet.

`judge(seed)` makes an account whose listings are made up by the model of each operation that a scanner asks, scans it with one resource
type, and says what should not have happened. 500 of them are a test, 20,000 a topic of `make bench`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from functions.core import registry
from functions.core.model import Finding, Outcome
from functions.core.money import Savings, SavingsTerm
from tests.cases.given_account import ACCOUNT, GivenAccount

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOKENS = frozenset({"nexttoken", "marker", "nextmarker", "paginationtoken", "continuationtoken", "istruncated", "lastevaluatedtablename"})
MISSING, UNKNOWN = 0.04, 0.05
"""How often an optional member is left out, and an enum has a value of tomorrow."""
SEVERAL = 4
"""Items of a list, at most."""
DEEPEST = 7

WORDS: Mapping[str, tuple[str, ...]] = {
    "InstanceType": ("m5.large", "c3.xlarge", "t2.micro", "i2.8xlarge", "p3.2xlarge", "mac2.metal", "m99.large", "odd"),
    "AvailabilityZone": ("us-east-1a", "us-east-1e", "us-east-1-bos-1a", ""),
    "ZoneName": ("us-east-1a", "us-east-1-bos-1a"),
    "BucketRegion": ("us-east-1", "us-east-1", "eu-central-1"),
    "Engine": ("postgres", "mysql", "aurora-mysql", "aurora-postgresql", "oracle-ee", "sqlserver-se", "docdb", "tomorrow"),
    "EngineVersion": ("16.4", "12.22", "5.7.44", "8.0.mysql_aurora.3.04.0", "5.1", "", "next"),
    "DBInstanceClass": ("db.m5.large", "db.t3.micro", "db.r4.xlarge", "db.serverless", "db.odd"),
    "DBInstanceStatus": ("available", "stopped", "modifying", "tomorrow"),
    "Status": ("available", "stopped", "active", "tomorrow"),
    "StorageType": ("gp2", "gp3", "io1", "io2", "standard", "aurora-iopt1"),
    "StateTransitionReason": ("", "User initiated (2026-01-02 03:04:05 GMT)", "User initiated (2026-99-99 03:04:05 GMT)"),
    "PlatformDetails": ("Linux/UNIX", "Windows", "Red Hat Enterprise Linux", "SQL Server", "tomorrow"),
    "LastModified": ("2026-01-01T00:00:00.000+0000", "yesterday"),
    "Key": ("Name", "env", "do-not-delete", "keep-until", "aws:autoscaling:groupName", "kubernetes.io/created-for/pvc/name"),
    "Value": ("dev", "true", "2027-01-01", "soon", "$(reboot)", ""),
    "Description": ("", "[Copied snap-0123456789abcdef0 from us-east-1]", "Created by CreateImage(i-1) for ami-1"),
}
"""Values of members that mean something, by the end of their name; other texts are ids that are taken from a few, so that they meet."""

RESOURCE_TYPES = registry.resource_types()


def judge(seed: int) -> Iterator[str]:
    """Scan one made-up account: what is wrong with the outcome and the findings, in words; nothing when all is as it should be."""
    rng = random.Random(seed)  # noqa: S311  # nothing secret
    resource_type = RESOURCE_TYPES[seed % len(RESOURCE_TYPES)]
    account = _Account("us-east-1" if rng.random() < 0.7 else rng.choice(("eu-central-1", "cn-north-1", "us-gov-west-1")), NOW, rng)
    outcome, found = account.scan(resource_type)
    none_readable = outcome.outcome is Outcome.FAILED and outcome.reason.startswith("not one of ")
    not_enrolled = outcome.outcome is Outcome.SKIPPED and outcome.reason.startswith("not enrolled in ")
    if outcome.outcome not in (Outcome.OK, Outcome.EMPTY) and not (none_readable or not_enrolled):
        yield f"{resource_type}: {outcome.outcome}: {outcome.reason}"
    for finding in found:
        yield from (f"{finding.check_id} {finding.resource_id}: {wrong}" for wrong in inconsistent(finding))


def inconsistent(finding: Finding) -> Iterator[str]:
    """How a finding contradicts itself."""
    saving = finding.savings
    if not 0 <= saving.low <= saving.likely <= saving.high or not math.isfinite(saving.high):
        yield f"no range: {saving.low}, {saving.likely}, {saving.high}"
    for figure, terms in _ends(saving):
        total = max(0.0, sum(term.usd for term in terms))
        if not math.isclose(figure, total, rel_tol=1e-6, abs_tol=1e-3):
            yield f"{figure} is not what its terms add up to, {total}"
    for term in saving.terms:
        if not math.isclose(term.usd, term.quantity * term.hours * term.factor * term.rate, rel_tol=1e-6, abs_tol=1e-3):
            yield f"{term} is not its product"
    if saving.high > 0 and not saving.prices:
        yield "a saving without a price"


def _ends(saving: Savings) -> Iterator[tuple[float, tuple[SavingsTerm, ...]]]:
    if saving.unpriced is None and saving.stated is None:
        yield saving.likely, saving.terms
        if saving.low_terms:
            yield saving.low, saving.low_terms
        if saving.high_terms:
            yield saving.high, saving.high_terms


class _Account(GivenAccount):
    """An account that answers whatever the model of the operation allows."""

    def __init__(self, region: str, as_of: datetime, rng: random.Random) -> None:
        super().__init__(region, as_of)
        self.rng = rng
        self.made: dict[str, Any] = {}

    def answer(self, operation: str, params: Mapping[str, Any], model: Any = None) -> Mapping[str, Any]:
        """The same answer to the same question, so that what is described twice is the same."""
        if operation == "GetMetricData":
            return self._metrics(params)
        key = f"{operation} {sorted(params.items())!r}"
        if key not in self.made:
            shape = model.output_shape if model is not None else None
            self.made[key] = _structure(shape, self.rng, 0) if shape is not None else {}
        return dict(self.made[key])

    def _metrics(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.status = self.rng.choice(("Complete", "Complete", "Complete", "PartialData", "InternalError", "Forbidden"))
        level = self.rng.choice((None, 0.0, 0.5, 7.0, 1e6, 1e12))
        self.metrics = (
            {} if level is None else {query["MetricStat"]["Metric"]["MetricName"]: level for query in params["MetricDataQueries"]}
        )
        return self._metric_data(params)


def _structure(shape: StructureShape, rng: random.Random, depth: int) -> dict[str, Any]:
    made = {}
    for name, member in shape.members.items():
        if name.lower() in TOKENS or (depth and rng.random() < MISSING):
            continue
        made[name] = _value(name, member, rng, depth + 1)
    return made


def _value(name: str, shape: Shape, rng: random.Random, depth: int) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, rng, depth) if depth < DEEPEST else {}
    if isinstance(shape, ListShape):
        count = rng.randint(0, SEVERAL if depth < 4 else 2)
        return [_value(name, shape.member, rng, depth + 1) for _ in range(count)] if depth < DEEPEST else []
    if isinstance(shape, MapShape):
        return {}
    if isinstance(shape, StringShape):
        return _text(name, shape, rng)
    scalar = SCALARS.get(shape.type_name)
    return scalar(rng) if scalar else None


def _text(name: str, shape: StringShape, rng: random.Random) -> str:
    known = next((words for end, words in WORDS.items() if name.endswith(end)), shape.enum)
    if known:
        return "tomorrow" if rng.random() < UNKNOWN else rng.choice(known)
    if name.lower().endswith("arn"):
        return f"arn:aws:service:us-east-1:{ACCOUNT}:thing/app/{name.lower()}-{rng.randint(1, 6)}/50dc6c495c0c9188"
    return f"{name.lower()}-{rng.randint(1, 6)}"


def _moment(rng: random.Random) -> datetime:
    return NOW - timedelta(days=rng.choice((-3, 0, 0.1, 6, 8, 31, 91, 400, 5_000)))


SCALARS: Mapping[str, Callable[[random.Random], Any]] = {
    "timestamp": _moment,
    "boolean": lambda rng: rng.random() < 0.5,
    "integer": lambda rng: rng.choice((0, 1, 2, 30, 100, 128, 3_000, 20_000, 65_536)),
    "long": lambda rng: rng.choice((0, 1, 1_000, 10**9, 10**13, 1_700_000_000_000)),
    "double": lambda rng: rng.choice((0.0, 0.5, 2.0, 128.0)),
    "float": lambda rng: rng.choice((0.0, 0.5, 2.0, 128.0)),
}
