"""The scan engine: what a finding says, and how a unit ends."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from functions.core import registry, telemetry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.errors import CannotResume, Denied, OutOfTime, Throttled
from functions.core.limits import Limits
from functions.core.model import (
    Action,
    Confidence,
    Finding,
    InsufficientData,
    Level,
    Outcome,
    Resource,
    ResumeAt,
    Unit,
    UnitOutcome,
    finding_id,
)
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check, Collector, Verdict
from functions.core.scan import cloudwatch
from functions.core.scan.unit import BATCH, METRICS_SECONDS, scan
from tests.functions.core.check_samples import DAYS, NOW, SPARSE, check, plain, resource


def _scan(
    monkeypatch: pytest.MonkeyPatch,
    listing: Callable[[Aws], Iterator[Resource]],
    *checks: Check[Resource],
    deadline: float | None = None,
    resume_at: ResumeAt | None = None,
    take: Callable[[int], int] | None = None,
) -> tuple[UnitOutcome, list[Finding]]:
    monkeypatch.setattr(registry, "load", lambda resource_type: (Collector("test:thing", (), listing), checks))
    aws = Aws("111122223333", "us-east-1", boto3.Session("testing", "testing", region_name="us-east-1"), NOW, deadline)
    unit = Unit(unit_id="u", account="111122223333", region="us-east-1", resource_type="test:thing", function="f")
    found: list[Finding] = []
    return scan(unit, aws, Prices("us-east-1"), found.append, resume_at=resume_at, take=take), found


def _listing(count: int, then: Exception | None = None) -> Callable[[Aws], Iterator[Resource]]:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield from (resource(f"r{number}") for number in range(count))
        if then:
            raise then

    return listing


FIVE, TWO, NONE = Savings(4, 5, 6, "5"), Savings(1, 2, 9, "2"), Savings(0, 0, 0.005, "0")


def test_a_unit_that_was_seen_whole_is_ok_and_counts_headlines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(monkeypatch, _listing(3), plain("test-five", FIVE), plain("test-two", TWO))
    assert (outcome.outcome, outcome.reason, outcome.resources, outcome.findings, outcome.savings_likely) == (Outcome.OK, "", 3, 6, 15.0)
    assert len(found) == 6
    assert outcome.seconds >= 0


def test_a_unit_without_resources_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(monkeypatch, _listing(0), plain("test-five", FIVE))
    assert (outcome.outcome, outcome.resources, found) == (Outcome.EMPTY, 0, [])


def test_the_best_of_several_actions_is_the_headline_and_the_others_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = _scan(monkeypatch, _listing(1), plain("test-two", TWO), plain("test-five", FIVE))
    best, other = found
    assert (best.check_id, best.headline, best.counted_by) == ("test-five", True, None)
    assert (other.check_id, other.headline, other.counted_by) == ("test-two", False, best.finding_id)


def test_equal_savings_have_the_same_headline_in_whatever_order_the_checks_come(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [plain("test-b", FIVE), plain("test-a", FIVE)]
    first = [_scan(monkeypatch, _listing(1), *order)[1][0].check_id for order in (checks, checks[::-1])]
    assert first == ["test-a", "test-a"]


@pytest.mark.parametrize(("hygiene", "findings"), [(False, 0), (True, 1)])
def test_what_saves_nothing_is_dropped_unless_it_is_hygiene(monkeypatch: pytest.MonkeyPatch, hygiene: bool, findings: int) -> None:
    assert len(_scan(monkeypatch, _listing(1), plain("test-none", NONE, hygiene=hygiene))[1]) == findings


def test_what_has_no_price_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = _scan(monkeypatch, _listing(1), plain("test-unknown", Savings(0, 0, 0, "?", (), "no price known")))
    assert [finding.savings.unpriced for finding in found] == ["no price known"]


def test_a_finding_says_who_where_what_and_how(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield replace(resource("r1"), name="it's; rm -rf", tags={"Team": "platform"})

    _, (finding,) = _scan(monkeypatch, listing, plain("test-five", FIVE))
    assert (finding.account, finding.region, finding.resource_arn) == ("111122223333", "us-east-1", "arn:r1")
    assert (finding.tags, finding.owner) == ({"Team": "platform"}, ""), "who owns it is Rank's to say"
    assert (finding.action, finding.risk, finding.confidence) == (Action.DELETE, Level.MEDIUM, Confidence.HIGH)
    assert finding.finding_id == finding_id("111122223333", "us-east-1", "arn:r1", "test-five")
    guard, command = finding.command.split(" &&\n")
    assert guard.endswith(" = 111122223333")
    assert shlex.split(command) == ["aws", "test", "delete", "--id", "r1", "--name", "it's; rm -rf", "--size", "a b"]


def test_a_resource_without_a_name_is_called_by_its_id_in_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (finding,) = _scan(monkeypatch, _listing(1), plain("test-five", FIVE))
    assert (finding.resource_name, "--name r0" in finding.command) == ("", True)


FAILS: Any = {"Error": {"Code": "InternalFailure", "Message": "oops"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
HALTS = [
    (Denied("test:DescribeMore", "AccessDenied: no"), Outcome.DENIED, "test:DescribeMore: AccessDenied: no"),
    (Throttled("test:DescribeMore: SlowDown"), Outcome.THROTTLED, "test:DescribeMore: SlowDown"),
    (ClientError(FAILS, "DescribeMore"), Outcome.FAILED, "InternalFailure"),
    (OutOfTime(), Outcome.INCOMPLETE, "time budget"),
    (EndpointConnectionError(endpoint_url="https://nowhere"), Outcome.FAILED, "EndpointConnectionError: "),
    (ReadTimeoutError(endpoint_url="https://nowhere"), Outcome.FAILED, "ReadTimeoutError: "),
]


@pytest.mark.parametrize("listed", [0, 1, BATCH, BATCH + 1])
@pytest.mark.parametrize(("halt", "outcome", "reason"), HALTS)
def test_what_was_listed_before_a_halt_is_judged_and_the_outcome_says_what_it_was(
    monkeypatch: pytest.MonkeyPatch, listed: int, halt: Exception, outcome: Outcome, reason: str
) -> None:
    seen, found = _scan(monkeypatch, _listing(listed, halt), plain("test-five", FIVE))
    assert (seen.outcome, seen.resume_at) == (outcome, None)
    assert reason in seen.reason
    assert (seen.resources, seen.findings, len(found), seen.savings_likely) == (listed, listed, listed, 5.0 * listed)


@pytest.mark.parametrize(("halt", "outcome", "reason"), HALTS)
def test_metrics_that_cannot_be_had_leave_the_findings_that_need_none(
    monkeypatch: pytest.MonkeyPatch, halt: Exception, outcome: Outcome, reason: str
) -> None:
    asked: list[int] = []

    def fetch(aws: Aws, wanted: Iterator[cloudwatch.Wanted]) -> None:
        asked.append(len(list(wanted)))
        raise halt

    monkeypatch.setattr(cloudwatch, "fetch", fetch)
    names = tuple(f"r{number}" for number in range(BATCH + 1))
    seen, found = _scan(monkeypatch, _listing(BATCH + 1), check("test-asks", SPARSE, DAYS, names)[0], plain("test-five", FIVE))
    assert (seen.outcome, seen.resume_at) == (outcome, None)
    assert reason in seen.reason
    assert {finding.check_id for finding in found} == {"test-five"}
    assert asked == [BATCH], "it asks once, and not again for the next batch"
    assert seen.resources == (BATCH if outcome is Outcome.INCOMPLETE else BATCH + 1), "the listing goes on where only metrics are lost"


@pytest.mark.parametrize(("halt", "outcome", "reason"), HALTS)
def test_what_was_listed_before_a_halt_is_asked_about_unless_aws_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, halt: Exception, outcome: Outcome, reason: str
) -> None:
    asked: list[str] = []

    def fetch(aws: Aws, wanted: Iterator[cloudwatch.Wanted]) -> None:
        asked.extend(thing.id for thing, _, _ in wanted)

    monkeypatch.setattr(cloudwatch, "fetch", fetch)
    _, found = _scan(monkeypatch, _listing(2, halt), check("test-asks", SPARSE, DAYS, ("r0",))[0], plain("test-five", FIVE))
    assert asked == ([] if isinstance(halt, UNREACHABLE) else ["r0"])
    assert len(found) == 2


def test_what_a_collector_went_on_without_makes_the_unit_denied_with_all_else_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(aws: Aws) -> Iterator[Resource]:
        aws.refused = Denied("test:DescribeDates", "AccessDenied: no")
        yield from (resource("r0"), resource("r1"))

    seen, found = _scan(monkeypatch, listing, plain("test-five", FIVE))
    assert (seen.outcome, seen.reason, seen.resources, len(found)) == (Outcome.DENIED, "test:DescribeDates: AccessDenied: no", 2, 2)


@pytest.mark.parametrize(("budget", "metrics", "reserve"), [(200, True, METRICS_SECONDS), (20, True, 5), (-3, True, 0), (200, False, 0)])
def test_time_is_kept_for_metrics_where_any_check_has_some(
    monkeypatch: pytest.MonkeyPatch, budget: float, metrics: bool, reserve: float
) -> None:
    kept: list[float] = []

    def listing(aws: Aws) -> Iterator[Resource]:
        kept.append(aws.reserve)
        yield from ()

    monkeypatch.setattr("functions.core.scan.unit.time", SimpleNamespace(monotonic=lambda: 1_000.0))
    asks = check("test-asks", SPARSE, DAYS, ())[0]
    _scan(monkeypatch, listing, asks if metrics else plain("test-five", FIVE), deadline=1_000.0 + budget)
    assert kept == [reserve]


def test_where_a_type_is_listed_by_another_operation_now_nothing_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, Any] = {"resources": 0, "findings": 0, "savings_likely": 0.0, "insufficient": {}}
    with pytest.raises(CannotResume, match="test:ListThings"):
        _scan(monkeypatch, _listing(2), plain("test-five", FIVE), resume_at=ResumeAt(operation="test:ListThings", token="t", **counts))


@pytest.mark.parametrize("error", [KeyError("a bug"), RuntimeError("a bug"), ClientError({"Error": {"Code": "ValidationError"}}, "X")])
def test_what_is_a_bug_is_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error)):
        _scan(monkeypatch, _listing(2, error), plain("test-five", FIVE))


def test_what_no_check_could_judge_is_counted_by_check(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, found = _scan(
        monkeypatch, _listing(3), plain("test-blind", FIVE, judge=lambda resource, limits, prices: InsufficientData("no idea"))
    )
    assert (outcome.outcome, outcome.insufficient, found) == (Outcome.OK, {"test-blind": 3}, [])


def test_a_question_that_cloudwatch_refuses_costs_no_finding_that_needs_no_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(aws: Aws, wanted: Iterator[cloudwatch.Wanted]) -> None:
        raise ClientError({"Error": {"Code": "ValidationError", "Message": "too long"}}, "GetMetricData")

    monkeypatch.setattr(cloudwatch, "fetch", fetch)
    seen, found = _scan(monkeypatch, _listing(2), check("test-asks", SPARSE, DAYS, ("r0",))[0], plain("test-five", FIVE))
    assert (seen.outcome, len(found)) == (Outcome.FAILED, 2)
    assert "ValidationError" in seen.reason


# --- what cannot be read ------------------------------------------------------------------------------------------------------------


def _reading(*items: str, beside: tuple[str, ...] = ()) -> Callable[[Aws], Iterator[Resource]]:
    """A collector that stumbles over items called "odd"."""

    def make(item: str) -> Resource:
        return resource({"odd": {}}.get(item, {"Id": item})["Id"])

    def listing(aws: Aws) -> Iterator[Resource]:
        list(aws.readable(beside, make, []))
        yield from aws.readable(items, make)

    return listing


def test_an_item_that_cannot_be_read_is_counted_and_the_unit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, found = _scan(monkeypatch, _reading("a", "odd", "b", "odd"), plain("test-five", FIVE))
    assert (seen.outcome, seen.reason, seen.resources, len(found)) == (Outcome.OK, "", 2, 2)
    assert (seen.unreadable, seen.unreadable_reason) == (2, "an item that is a str: KeyError: 'Id'")


def test_a_unit_of_which_nothing_can_be_read_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, found = _scan(monkeypatch, _reading("odd", "odd"), plain("test-five", FIVE))
    assert (seen.outcome, seen.unreadable, found) == (Outcome.FAILED, 2, [])
    assert seen.reason == "not one of 2 items could be read: an item that is a str: KeyError: 'Id'"


def test_what_is_listed_beside_makes_no_empty_unit_a_failed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, _ = _scan(monkeypatch, _reading(beside=("odd", "a")), plain("test-five", FIVE))
    assert (seen.outcome, seen.unreadable) == (Outcome.EMPTY, 1)


def test_a_unit_that_is_stopped_says_what_stopped_it_and_what_could_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(aws: Aws) -> Iterator[Resource]:
        yield from _reading("odd", "a")(aws)
        raise Denied("test:More", "no")

    seen, _ = _scan(monkeypatch, listing, plain("test-five", FIVE))
    assert (seen.outcome, seen.reason, seen.unreadable) == (Outcome.DENIED, "test:More: no", 1)


NOTHING_KNOWN: dict[str, Verdict] = {}


def test_a_resource_that_a_check_stumbles_over_costs_that_check_and_that_resource(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumbles(thing: Resource, limits: Limits, prices: Prices) -> Verdict:
        return None if thing.id == "r1" else NOTHING_KNOWN["m9"]

    logged: list[str] = []
    monkeypatch.setattr(telemetry.logger, "exception", lambda message, **more: logged.append(more["check"]))
    seen, found = _scan(monkeypatch, _listing(3), plain("test-odd", FIVE, judge=stumbles), plain("test-five", FIVE))
    assert (seen.outcome, seen.resources, len(found), seen.insufficient) == (Outcome.OK, 3, 3, {"test-odd": 2})
    assert (seen.unreadable, seen.unreadable_reason) == (2, "test-odd of r0: KeyError: 'm9'")
    assert logged == ["test-odd"], "a bug is seen, with one trace"


@pytest.mark.parametrize(("budget", "asked", "unmeasured"), [(None, 3, 0), (3, 3, 0), (2, 2, 1), (0, 0, 3)])
def test_what_the_sweeps_limit_for_metrics_leaves_out_is_not_judged_and_counted(
    monkeypatch: pytest.MonkeyPatch, budget: int | None, asked: int, unmeasured: int
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(cloudwatch, "fetch", lambda aws, wanted: seen.extend(one.id for one, _, _ in wanted))
    measured, _ = check("measured", SPARSE, DAYS, ("r0", "r1", "r2"))
    take = None if budget is None else lambda count: min(count, budget)
    outcome, _ = _scan(monkeypatch, _listing(3), measured, plain("plain", FIVE), take=take)
    assert (len(seen), outcome.unmeasured, outcome.outcome) == (asked, unmeasured, Outcome.OK)
    assert outcome.insufficient == ({"measured": unmeasured} if unmeasured else {})
    assert outcome.findings == 3, "what needs no metric is found"
