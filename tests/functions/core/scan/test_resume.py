"""A unit that ran out of time goes on from its page, exactly: nothing twice, nothing lost, and each attempt gets further."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from functions.core import registry
from functions.core.aws import clients as aws_module
from functions.core.aws.clients import Aws
from functions.core.errors import CannotResume, Denied, Throttled
from functions.core.limits import Limits
from functions.core.model import Finding, InsufficientData, Outcome, Resource, ResumeAt, Unit, UnitOutcome, Waste
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check, Collector, Verdict
from functions.core.scan import cloudwatch, resume, unit
from functions.core.scan.resume import Earlier
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.usage import DAY_SECONDS, Metric, Series, Usage
from tests.functions.core.check_samples import DAYS, NOW, SPARSE, check, dimensions, plain, resource
from tests.functions.paged import Answers

BUCKET, KEY = "bucket", "runs/r1/units/u.unseen.jsonl.gz"
UNIT = Unit(unit_id="u", account="111122223333", region="us-east-1", resource_type="test:thing", function="f", resumed=True)
SESSION = boto3.Session("testing", "testing", region_name="us-east-1")
EC2 = SESSION.client("ec2")
SECOND = Metric("AWS/Test", "Second", "Sum", dimensions, sparse=True)


def number_of(thing: Resource) -> int:
    return int(thing.id.removeprefix("vol-"))


def worth(thing: Resource) -> Savings:
    """Sums of such numbers depend on the order of adding."""
    usd = 0.1 + 1 / (1 + number_of(thing))
    return Savings(usd / 3, usd, usd * 3, "made up")


def always(thing: Resource, limits: Limits, prices: Prices) -> Verdict:
    number = number_of(thing)
    return Waste(savings=worth(thing), evidence={"number": number, "share": 0.1 * number, "odd": number % 2 == 1})


def unclear(thing: Resource, limits: Limits, prices: Prices) -> Verdict:
    return InsufficientData("unclear") if number_of(thing) % 3 == 0 else None


def seen(thing: Resource, limits: Limits, prices: Prices) -> Verdict:
    """Says how much of each metric it saw: other evidence when nobody asked for it."""
    usage = thing.usage
    counts = {metric.name: sum(each.count for each in usage.each(metric)) if metric in usage else -1 for metric in (SPARSE, SECOND)}
    return Waste(savings=worth(thing), evidence={**counts})


def checks() -> tuple[Check[Resource], ...]:
    """One without metrics, one that needs them, one that goes on to a second, one that does with none, one that cannot judge."""
    bare = plain("test-always", Savings(1, 1, 1, "1"), judge=always, command="")
    of_some = replace(check("test-of-some", SPARSE, DAYS, ())[0], candidate=lambda thing, limits: number_of(thing) % 2 == 0, judge=seen)
    two = replace(of_some, id="test-two", metrics=(SPARSE, SECOND), candidate=lambda thing, limits: number_of(thing) % 5 < 2)
    goes_on = replace(two, id="test-goes-on", goes_on=lambda thing, limits: number_of(thing) % 2 == 0)
    return bare, of_some, goes_on, replace(two, id="test-optional", metrics_optional=True), replace(bare, id="test-unclear", judge=unclear)


@dataclass
class World:
    """A region with so many volumes on each page. A page takes a second, a call of CloudWatch `call_seconds`, what is asked about each
    volume `item_seconds`; `together`: of so many volumes of a page before the first of them is yielded. CloudWatch fails for volumes from
    the number `fails_from` on, and the `odd` ones cannot be read.
    """

    sizes: Sequence[int]
    batch: int = unit.BATCH
    call_seconds: float = 0.0
    item_seconds: float = 0.0
    together: int = 1
    clock: float = 0.0
    metrics_denied: bool = False
    metrics_fail: Exception | None = None
    fails_from: int = 0
    odd: frozenset[int] = frozenset()
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        names = iter(range(sum(self.sizes)))
        pages = [{"Volumes": [{"VolumeId": f"vol-{next(names)}"} for _ in range(size)]} for size in self.sizes]
        self.answers = Answers({"ec2:DescribeVolumes": pages}, self.pass_second)

    def pass_second(self, _: str) -> None:
        self.clock += 1

    def collect(self, aws: Aws) -> Iterator[Resource]:
        for page in aws.each_page("ec2", "DescribeVolumes", "Volumes"):
            volumes = iter(page)
            while taken := list(islice(volumes, self.together)):
                for _ in taken if self.item_seconds else ():
                    aws.check_time(aws.reserve)  # as `Aws.call` does
                    self.clock += self.item_seconds
                yield from aws.readable(taken, self.make)

    def make(self, volume: Mapping[str, Any]) -> Resource:
        thing = resource(volume["VolumeId"])
        if number_of(thing) in self.odd:
            raise ValueError("odd")
        return thing

    def fetch(self, aws: Aws, wanted: Iterable[cloudwatch.Wanted]) -> None:
        """All or nothing, as the real one: and nothing is asked where nothing is wanted."""
        wants = list(wanted)
        if not wants:
            return
        aws.check_time()
        if self.metrics_denied:
            raise Denied("cloudwatch:GetMetricData", "AccessDenied: no")
        if self.metrics_fail and any(number_of(thing) >= self.fails_from for thing, _, _ in wants):
            raise self.metrics_fail
        self.clock += self.call_seconds
        aws.check_time()
        aws.meter.metrics += len(wants)
        for thing, metric, _ in wants:
            count = number_of(thing) % DAYS
            thing.usage = Usage({**thing.usage.series, metric: Series([1.0] * count, [NOW] * count, DAYS, DAY_SECONDS)})

    def scan(self, seconds: float | None, before: Attempt | None = None) -> Attempt:
        """One attempt with so much time, on what the one before left."""
        made = Attempt()
        resume_at = None
        if before is not None:
            earlier = Earlier(before.outcome, iter(before.findings()))
            resume_at = earlier.resume_at
            earlier.keep(resume_at.findings if resume_at else 0, made.add)
        deadline = None if seconds is None else self.clock + seconds
        aws = Aws(UNIT.account, UNIT.region, SESSION, NOW, deadline, clients={"ec2": EC2})
        loaded = Collector("test:thing", (), self.collect, "ec2:DescribeVolumes"), checks()
        clock = SimpleNamespace(monotonic=lambda: self.clock)
        with (
            patch.object(registry, "load", lambda resource_type: loaded),
            patch.object(cloudwatch, "fetch", self.fetch),
            patch.object(aws_module, "time", clock),
            patch.object(unit, "time", clock),
            patch.object(unit, "BATCH", self.batch),
            self.answers.taken_by(EC2, "ec2"),
        ):
            made.outcome = unit.scan(UNIT, aws, Prices("us-east-1"), made.add, resume_at=resume_at)
        if before is not None:
            resume.add_what_it_took(made.outcome, before.outcome)
        return made

    def resumed(self, budgets: Iterable[float]) -> tuple[Attempt, int]:
        """Attempts until the unit is whole: the last one, and how many there were."""
        attempt, attempts = None, 0
        for seconds in budgets:
            attempt, attempts = self.scan(seconds, attempt), attempts + 1
            if attempt.outcome.outcome is not Outcome.INCOMPLETE:
                break
        assert attempt is not None
        return attempt, attempts


@dataclass
class Attempt:
    """A unit object: its lines as they are written, and read again for the next attempt."""

    lines: list[bytes] = field(default_factory=list)
    outcome: UnitOutcome = field(default_factory=lambda: unit.begun(UNIT))

    def add(self, finding: Finding) -> None:
        self.lines.append(unit_objects.FINDING.dump_json(finding))

    def findings(self) -> list[Finding]:
        return [unit_objects.FINDING.validate_json(line) for line in self.lines]


def saw(outcome: UnitOutcome) -> tuple[Any, ...]:
    """What an outcome says of the unit, not of what it took."""
    counts = (
        outcome.resources,
        outcome.findings,
        outcome.savings_likely,
        outcome.insufficient,
        outcome.unreadable,
        outcome.unreadable_reason,
    )
    return outcome.outcome, outcome.reason, outcome.resume_at, counts


SIZES = st.lists(st.integers(0, 7), min_size=1, max_size=7)


@pytest.mark.parametrize("batch", [1, 4, 500])
@pytest.mark.parametrize("pages", [1, 2, 5, 6, 7])
@pytest.mark.parametrize("a_time", [1, 2, 3])
def test_with_time_for_some_pages_an_attempt_a_unit_takes_no_more_attempts_than_it_must(pages: int, a_time: int, batch: int) -> None:
    sizes = [3 + page % 3 for page in range(pages)]
    whole = World(sizes, batch).scan(None)
    seconds = 1.2 * a_time  # of which a quarter is kept for metrics
    resumed, attempts = World(sizes, batch).resumed([seconds] * 20)
    assert attempts == math.ceil(pages / a_time)
    assert resumed.lines == whole.lines
    assert saw(resumed.outcome) == saw(whole.outcome)
    assert (resumed.outcome.pages, resumed.outcome.metrics) == (pages, whole.outcome.metrics), "nothing was done twice"


@settings(deadline=None, max_examples=150)
@given(
    st.builds(
        World,
        sizes=SIZES,
        batch=st.integers(1, 9),
        call_seconds=st.sampled_from([0.0, 0.3, 1.5]),
        item_seconds=st.sampled_from([0.0, 0.2]),
        together=st.integers(1, 4),
        metrics_denied=st.booleans(),
        odd=st.frozensets(st.integers(0, 30), max_size=5),
    ),
    st.lists(st.floats(-0.5, 9), max_size=8),
)
def test_wherever_it_is_interrupted_the_findings_are_those_of_a_scan_in_one_go(world: World, budgets: list[float]) -> None:
    whole, attempt, reached, sizes = world.scan(None), None, 0, world.sizes
    for seconds in budgets:
        attempt = world.scan(seconds, attempt)
        at = attempt.outcome.resume_at
        assert len(attempt.lines) == attempt.outcome.findings
        if attempt.outcome.outcome is not Outcome.INCOMPLETE:
            break
        if at is None:
            assert reached == 0, "what was reached is not lost"
            continue
        page = int(at.token.removeprefix("page-"))
        assert page >= max(reached, 2)
        reached = page
        before = sum(sizes[: page - 1])
        assert at.unreadable == sum(number < before for number in world.odd)
        assert at.resources == before - at.unreadable, "all resources of the pages before, and none of this"
        assert attempt.lines[: at.findings] == whole.lines[: at.findings], "and each of them judged with its metrics"
        assert at.findings <= attempt.outcome.findings
        assert at.resources <= attempt.outcome.resources
    if attempt is None or attempt.outcome.outcome is Outcome.INCOMPLETE:
        attempt = world.scan(None, attempt)
    assert attempt.lines == whole.lines
    assert saw(attempt.outcome) == saw(whole.outcome)
    assert attempt.outcome.pages >= whole.outcome.pages
    assert attempt.outcome.metrics >= whole.outcome.metrics


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=20), st.integers(1, 9))
def test_where_one_request_fits_into_what_is_kept_for_metrics_each_attempt_gets_further(sizes: list[int], batch: int) -> None:
    """However pages and batches lie: a quarter of 6 seconds is a page and the two calls of a batch, three quarters are a page whole."""
    attempt, attempts = World(sizes, batch, call_seconds=0.2).resumed([6.0] * 50)
    assert attempt.outcome.outcome in (Outcome.OK, Outcome.EMPTY)
    assert attempts <= len(sizes)


def test_a_batch_that_begins_with_a_page_and_has_no_time_for_metrics_goes_on_with_that_page() -> None:
    """Two pages, each with a call after it: four seconds, of which the last is not there."""
    attempt = World([1, 1], batch=1, call_seconds=1.0).scan(3.9)
    assert attempt.outcome.resources == 2
    assert attempt.outcome.resume_at is not None
    assert (attempt.outcome.resume_at.token, attempt.outcome.resume_at.resources) == ("page-2", 1)


def test_metrics_that_were_denied_before_a_unit_went_on_are_not_forgotten() -> None:
    """The permission came in between: what was judged without metrics stays unseen, and is said."""
    world = World([3, 3, 3], metrics_denied=True)
    first = world.scan(2)
    assert first.outcome.resume_at is not None
    world.metrics_denied = False
    second = world.scan(None, first)
    assert second.outcome.outcome is Outcome.DENIED
    assert second.outcome.reason == "cloudwatch:GetMetricData: AccessDenied: no"


@pytest.mark.parametrize("batch", [2, 4, 500])
@pytest.mark.parametrize("fails_from", [0, 3, 5, 9, 11])
def test_a_unit_whose_metrics_are_throttled_keeps_the_rest_and_goes_on_where_they_began_to_lack(fails_from: int, batch: int) -> None:
    sizes = [3, 3, 3, 3]
    whole = World(sizes, batch).scan(None)
    world = World(sizes, batch, metrics_fail=Throttled("cloudwatch:GetMetricData: SlowDown"), fails_from=fails_from)
    first = world.scan(None)
    assert (first.outcome.outcome, first.outcome.reason) == (Outcome.THROTTLED, "cloudwatch:GetMetricData: SlowDown")
    assert first.outcome.resources == 12, "the listing goes on"
    found = {finding.resource_id for finding in first.findings() if finding.check_id == "test-always"}
    assert len(found) == 12, "and what needs no metric is found"
    at = first.outcome.resume_at
    if at is not None:
        assert at.resources <= fails_from
        assert first.lines[: at.findings] == whole.lines[: at.findings]
    world.metrics_fail = None
    world.answers.asked.clear()
    second = world.scan(None, first)
    assert second.lines == whole.lines
    assert saw(second.outcome) == saw(whole.outcome)
    assert next(page for _, page in world.answers.asked) == (at.resources // 3 + 1 if at else 1)


def test_a_unit_whose_metrics_fail_on_the_side_of_aws_keeps_the_rest_and_begins_anew() -> None:
    fails: Any = {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    first = World([3, 3], 2, metrics_fail=ClientError(fails, "GetMetricData"), fails_from=4).scan(None)
    assert (first.outcome.outcome, first.outcome.resources, first.outcome.resume_at) == (Outcome.FAILED, 6, None)
    assert "ServiceUnavailable" in first.outcome.reason
    assert {finding.resource_id for finding in first.findings() if finding.check_id == "test-of-some"} == {"vol-0", "vol-2"}


def test_a_token_that_aws_does_not_know_any_more_cannot_be_resumed() -> None:
    world = World([2, 2, 2])
    first = world.scan(1.2)
    world.answers.word = "new"
    with pytest.raises(CannotResume, match="InvalidNextToken"):
        world.scan(None, first)


# --- the unit object ----------------------------------------------------------------------------------------------------------------


RESUME_AT = ResumeAt(operation="ec2:DescribeVolumes", token="t", resources=7, findings=2, savings_likely=0.1, insufficient={"a": 1})


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_an_incomplete_or_a_throttled_unit_goes_on(outcome: Outcome) -> None:
    ended = replace(unit.begun(UNIT), outcome=outcome, resume_at=RESUME_AT)
    assert Earlier(ended, iter(())).resume_at == (RESUME_AT if outcome in (Outcome.INCOMPLETE, Outcome.THROTTLED) else None)
    assert Earlier(replace(ended, resume_at=None), iter(())).resume_at is None


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = SESSION.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def put(s3: Any, findings: int) -> list[bytes]:
    """A unit object with so many findings; returns its lines."""
    made = World([findings]).scan(None)
    outcome = replace(made.outcome, outcome=Outcome.INCOMPLETE, resume_at=RESUME_AT)
    with unit_objects.FindingsSpool() as spool:
        for each in made.findings():
            spool.add(each)
        spool.upload(Bucket(s3, BUCKET), KEY, outcome)
    return made.lines


def kept(earlier: Earlier, count: int) -> list[bytes]:
    sink = Attempt()
    earlier.keep(count, sink.add)
    return sink.lines


def test_the_first_findings_come_back_byte_for_byte(s3: Any) -> None:
    lines = put(s3, 5)
    earlier = resume.earlier(Bucket(s3, BUCKET), KEY)
    assert earlier is not None
    assert earlier.resume_at == RESUME_AT
    assert kept(earlier, 3) == lines[:3]


def test_without_an_object_or_with_an_unreadable_one_there_is_no_earlier_scan(s3: Any) -> None:
    assert resume.earlier(Bucket(s3, BUCKET), KEY) is None
    for body in (b"", b"no gzip", gzip.compress(b""), gzip.compress(b"{}\n"), gzip.compress(b'{"outcome": "ok"}\n')[:-9]):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)
        assert resume.earlier(Bucket(s3, BUCKET), KEY) is None


def test_a_bucket_that_may_not_be_read_is_an_error_and_no_missing_object(s3: Any) -> None:
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucket"):
        resume.earlier(Bucket(s3, "another"), KEY)


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_an_object_that_was_cut_off_cannot_be_resumed(s3: Any, cut: int) -> None:
    put(s3, 30)
    body = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=body[:-cut])
    earlier = resume.earlier(Bucket(s3, BUCKET), KEY)
    assert earlier is not None
    with pytest.raises(CannotResume, match="broken"):
        kept(earlier, 1000)


@pytest.mark.parametrize("broken", [EOFError("cut off"), OSError("CRC"), zlib.error("bits"), ValueError("no JSON")])
def test_whatever_is_broken_while_findings_are_read_is_no_scan_to_go_on_with(broken: Exception) -> None:
    def findings() -> Iterator[Finding]:
        yield from World([1]).scan(None).findings()
        raise broken

    with pytest.raises(CannotResume, match="broken"):
        kept(Earlier(unit.begun(UNIT), findings()), 9)


def test_findings_that_are_not_there_cannot_be_kept(s3: Any) -> None:
    count = len(put(s3, 2))
    earlier = resume.earlier(Bucket(s3, BUCKET), KEY)
    assert earlier is not None
    with pytest.raises(CannotResume, match=f"{count} findings where {count + 1} were"):
        kept(earlier, count + 1)


def test_what_all_scans_of_a_unit_took_is_added_up() -> None:
    took: dict[str, Any] = {"pages": 3, "metrics": 5, "seconds": 1.2, "billed_seconds": 2.1, "findings": 9}
    before, after = (
        replace(unit.begun(UNIT), calls={"ec2:DescribeVolumes": 2, one: 1}, **took) for one in ("s3:PutObject", "s3:GetObject")
    )
    resume.add_what_it_took(after, before)
    assert after.calls == {"ec2:DescribeVolumes": 4, "s3:GetObject": 1, "s3:PutObject": 1}
    assert (after.pages, after.metrics, after.seconds, after.billed_seconds, after.findings) == (6, 10, 2.4, 4.2, 9)
