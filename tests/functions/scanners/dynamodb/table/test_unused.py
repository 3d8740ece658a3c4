"""Tables that nobody uses, indexes that nobody reads: what is found, and what it is worth."""

from __future__ import annotations

import json

import pytest

from functions.core.model import Action, Confidence, InsufficientData, Waste
from functions.scanners.dynamodb.table.collector import Table
from functions.scanners.dynamodb.table.measured_use import READS, WRITES
from functions.scanners.dynamodb.table.unused import unused_index, unused_table
from tests.functions.scanners.dynamodb.samples import HOURS, candidate, judge_of, judged, part, series, table, waste, with_series

INDEX = part(1, 1, index="by-day")


def test_an_unused_table_saves_its_capacity_and_what_it_stores() -> None:
    """(100 × 0.00013 + 50 × 0.00065) × 730 + 40 × 0.25 = 9.49 + 23.725 + 10 = 43.215.

    Low: (75 × 0.00013 + 25 × 0.00065) × 730 + 15 × 0.25 = 7.1175 + 11.8625 + 3.75, less the backup's 40 × 0.10 = 18.73.
    """
    found = waste(unused_table, table(part(100, 50, gib=40)))
    assert (found.savings.low, found.savings.likely, found.savings.high) == (18.73, 43.215, 43.215)
    assert found.coverable is not None
    assert (found.coverable.family, round(found.coverable.usd, 4)) == ("provisioned.write", 33.215)


def test_an_unused_table_on_demand_saves_what_it_stores() -> None:
    found = waste(unused_table, table(part(gib=40), on_demand=True))
    assert (found.savings.low, found.savings.likely) == (0, 10)
    assert found.coverable is None


def test_of_standard_ia_nothing_is_free() -> None:
    """100 × 0.10, and low less 100 × 0.10 for the backup."""
    found = waste(unused_table, table(part(gib=100), on_demand=True, table_class="STANDARD_INFREQUENT_ACCESS"))
    assert (found.savings.low, found.savings.likely) == (0, 10)


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ([(0, 0), (0, 0)], True),
        ([(0.5, 0), (0, 0)], False),
        ([(0, 1), (0, 0)], False),
        ([(0, 0), (0.5, 0)], False),
        ([(0, 0), (0, 1)], False),
    ],
)
def test_any_use_of_the_table_or_an_index_is_use(hours: list[tuple[float, float]], found: bool) -> None:
    assert isinstance(judged(unused_table, table(part(5, 5), INDEX, hours=hours)), Waste) is found


def test_one_unit_in_one_hour_is_use() -> None:
    made = with_series(table(), {READS: [series(0, READS, last=0.5)], WRITES: [series(0, WRITES)]})
    assert judged(unused_table, made) is None


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (table(), True),
        (table(age=30), True),
        (table(age=29.9), False),
        (table(part(5, 5), part(1, 1, index="new", ready=False)), False),
        (table(part(), on_demand=True), False),
        (table(part(gib=0.1), on_demand=True), True),
        (table(status="UPDATING"), False),
        (table(status="CREATING"), False),
        (table(status="INACCESSIBLE_ENCRYPTION_CREDENTIALS"), False),
        (table(replicas=("eu-west-1",)), True),
    ],
)
def test_which_tables_are_asked_about(made: Table, asked: bool) -> None:
    assert candidate(unused_table, made) is asked


def test_one_of_several_strongly_consistent_replicas_is_not_judged() -> None:
    assert isinstance(candidate(unused_table, table(replicas=("us-east-2", "us-west-2"), strong=True)), InsufficientData)


@pytest.mark.parametrize(("count", "insufficient"), [(0, 1), (int(HOURS * 0.9) - 1, 1), (int(HOURS * 0.9), 0)])
def test_no_datapoint_is_no_silence(count: int, insufficient: int) -> None:
    made = with_series(table(), {READS: [series(0, READS, count=count)], WRITES: [series(0, WRITES)]})
    judge = judge_of(unused_table)
    assert len(judge.findings(made)) == 1 - insufficient
    assert judge.insufficient[unused_table.id] == insufficient


def test_a_protected_table_has_its_protection_taken_first() -> None:
    found = waste(unused_table, table(deletion_protection=True))
    steps = found.command.split(" &&\n")
    assert [step.split()[2] for step in steps[-2:]] == ["update-table", "delete-table"]
    assert steps[-2].endswith("--no-deletion-protection-enabled")
    assert "create-backup" in steps[0]
    assert "protection" in found.note


def test_a_replica_is_taken_from_the_others_and_may_be_a_standby() -> None:
    found = waste(unused_table, table(part(5, 5, gib=40), replicas=("eu-west-1", "us-west-2")))
    assert found.confidence is Confidence.LOW
    assert "eu-west-1, us-west-2" in found.note
    assert "delete-table" not in found.command
    assert found.values["other"] == "eu-west-1"
    assert json.loads(found.values["replica"]) == [{"Delete": {"RegionName": "us-east-1"}}]
    assert found.undo.startswith("Add it again")


def test_readers_of_a_stream_consume_no_capacity() -> None:
    found = waste(unused_table, table(stream=True))
    assert found.confidence is Confidence.LOW
    assert "stream" in found.note


def test_an_unread_index_saves_only_what_it_bills_itself() -> None:
    """(1 × 0.00013 + 1 × 0.00065) × 730 = 0.5694; low: it may be free."""
    found = waste(unused_index, table(part(100, 100, gib=40), INDEX, hours=[(9, 9), (0, 9)]))
    assert (found.savings.low, found.savings.likely) == (0, 0.5694)
    assert found.evidence["indexes"] == "by-day"
    assert found.command == ""
    assert json.loads(found.values["delete"]) == [{"Delete": {"IndexName": "by-day"}}]


def test_an_unread_index_on_demand_saves_its_writes() -> None:
    """2,000 an hour × 730 = 1.46 million × 0.625 = 0.9125, and 40 × 0.25 = 10; low: 15 × 0.25 of the storage."""
    made = table(part(gib=40), part(gib=40, index="by-day"), hours=[(9, 2_000), (0, 2_000)], on_demand=True)
    found = waste(unused_index, made)
    assert (found.savings.low, found.savings.likely) == (4.6625, 10.9125)


def test_two_unread_indexes_are_deleted_one_after_the_other() -> None:
    made = table(part(9, 9), INDEX, part(2, 2, index="by-size"), part(3, 3, index="used"), hours=[(9, 9), (0, 9), (0, 9), (1, 9)])
    found = waste(unused_index, made)
    assert found.savings.likely == pytest.approx(3 * (0.00013 + 0.00065) * 730, abs=1e-4)
    assert found.evidence["indexes"] == "by-day, by-size"
    verbs = [step.split()[2] for step in found.command.split(" &&\n")]
    assert verbs == ["describe-table", "update-table", "wait", "update-table"]
    assert "by-size" in found.values["delete_2"]


@pytest.mark.parametrize(
    ("hours", "found"),
    [([(9, 9), (0, 9)], True), ([(0, 9), (0, 9)], True), ([(9, 9), (0.5, 9)], False), ([(0, 0), (0, 0)], False)],
)
def test_an_index_is_unused_when_nobody_reads_it_and_somebody_uses_the_table(hours: list[tuple[float, float]], found: bool) -> None:
    assert isinstance(judged(unused_index, table(part(5, 5), INDEX, hours=hours)), Waste) is found


def test_which_indexes_are_asked_about() -> None:
    assert candidate(unused_index, table(part(5, 5), INDEX)) is True
    assert candidate(unused_index, table(part(5, 5))) is False
    assert candidate(unused_index, table(part(5, 5), part(1, 1, index="new", ready=False))) is False
    assert isinstance(candidate(unused_index, table(part(5, 5), INDEX, replicas=("eu-west-1",))), InsufficientData)


def test_what_scales_counts_with_its_least() -> None:
    made = table(part(9, 9), part(100, 100, index="by-day", scaled_from=(1, 1)), hours=[(9, 9), (0, 9)])
    assert waste(unused_index, made).savings.likely == 0.5694


def test_the_table_bills_on_when_an_index_is_deleted() -> None:
    made = table(part(100, 100), INDEX, hours=[(9, 9), (0, 9)], also_bills=("its vector indexes",))
    judge = judge_of(unused_index)
    (finding,) = judge.findings(made)
    assert finding.savings.lacks == ()
    assert finding.action is Action.RIGHTSIZE
