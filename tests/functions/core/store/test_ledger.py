"""Every way in which a planned unit can end, and that the ledger tells them apart."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from functions.core.model import Outcome, UnitOutcome
from functions.core.store import ledger, unit_objects
from functions.core.store.bucket import IN_MEMORY_BYTES
from tests.functions import sweeps
from tests.functions.folder_bucket import FolderBucket


def lambda_cause(error: str, message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": error, "requestId": "1", "stackTrace": ["  File …", "  File …"]})


@pytest.mark.parametrize(
    ("error", "cause", "outcome", "reason"),
    [
        ("Throttled", lambda_cause("Throttled", "ec2: Rate exceeded"), Outcome.THROTTLED, "Throttled: ec2: Rate exceeded"),
        ("ValueError", lambda_cause("ValueError", "no such type"), Outcome.FAILED, "ValueError: no such type"),
        (
            "Sandbox.Timedout",
            lambda_cause("Sandbox.Timedout", "timed out after 9 s"),
            Outcome.FAILED,
            "Sandbox.Timedout: timed out after 9 s",
        ),
        ("States.Timeout", "", Outcome.FAILED, "States.Timeout"),
        ("Lambda.Unknown", "The cause could not\n be determined", Outcome.FAILED, "Lambda.Unknown: The cause could not be determined"),
        ("Denied", '{"errorMessage": "no", "errorType": ""}', Outcome.FAILED, "Denied: no"),
        ("Boom", '["a list"]', Outcome.FAILED, 'Boom: ["a list"]'),
        ("Boom", '{"other": 1}', Outcome.FAILED, 'Boom: {"other": 1}'),
        ("", "", Outcome.FAILED, "failed without a word"),
    ],
)
def test_a_failure_becomes_an_outcome_with_one_line_of_reason(error: str, cause: str, outcome: Outcome, reason: str) -> None:
    unit = sweeps.unit()
    made = ledger.failed(unit, error, ledger.reason(error, cause))
    assert (made.outcome, made.reason, made.unit_id, made.account) == (outcome, reason, unit.unit_id, unit.account)


@pytest.mark.parametrize("length", [ledger.REASON_LENGTH - 1, ledger.REASON_LENGTH, ledger.REASON_LENGTH + 1, 5000])
def test_a_long_cause_is_cut_where_it_says_so(length: int) -> None:
    made = ledger.reason("", "x" * length)
    assert len(made) == min(length, ledger.REASON_LENGTH)
    assert made.endswith("…") == (length > ledger.REASON_LENGTH)


def test_failures_are_read_page_by_page_and_only_this_runs() -> None:
    with sweeps.world() as world:
        units = [sweeps.unit("ebs:volume", account=f"{100000000000 + number}") for number in range(30)]
        for unit in units:
            world.fail(unit, "Boom", "x" * 60_000)  # DynamoDB's pages end at 1 MB
        world.fail(sweeps.unit("rds:db-instance"), "Boom", "", run_id="another")
        world.dynamodb.put_item(TableName=sweeps.TABLE, Item={"pk": {"S": f"run#{sweeps.RUN_ID}"}, "sk": {"S": "other#1"}})
        found = ledger.failures_of(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID)
    assert set(found) == {unit.unit_id for unit in units}
    assert all(error == "Boom" and len(reason) == ledger.REASON_LENGTH for error, reason in found.values())


def test_groups_without_advice_are_noted_beside_the_units_and_not_mixed_with_them() -> None:
    with sweeps.world() as world:
        unit = sweeps.unit()
        world.fail(unit, "Boom", "broken")
        world.fail_advice("111122223333.ebs", "CircuitOpen", '{"errorType": "CircuitOpen", "errorMessage": "5 failures in a row"}')
        units = ledger.failures_of(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID)
        groups = ledger.failures_of(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID, ledger.ADVICE_FAILED)
    assert list(units) == [unit.unit_id]
    assert groups == {"111122223333.ebs": ("CircuitOpen", "CircuitOpen: 5 failures in a row")}


def outcomes(bucket: FolderBucket, failures: dict[str, tuple[str, str]]) -> dict[str, ledger.Entry]:
    return {entry.unit.unit_id: entry for entry in ledger.entries(sweeps.folder(bucket), failures)}


def outcome_in(entry: ledger.Entry) -> UnitOutcome:
    assert entry.body is not None
    return unit_objects.OUTCOME.validate_json(gzip.decompress(entry.body.read()).splitlines()[0])


def test_an_object_counts_more_than_a_failure_and_a_failure_more_than_nothing(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    done, retried, failed, lost, not_planned = (sweeps.unit(f"ebs:{name}") for name in ("done", "retried", "failed", "lost", "not-planned"))
    sweeps.write_plan(bucket, [done, retried, failed, lost])
    for unit in (done, retried, not_planned):
        sweeps.write_unit(bucket, unit, [sweeps.finding(of=unit)])
    failures = {unit.unit_id: ("Boom", "Boom: broken") for unit in (retried, failed, not_planned)}
    found = outcomes(bucket, failures)
    assert list(found) == [unit.unit_id for unit in (done, retried, failed, lost)]
    assert outcome_in(found[done.unit_id]).outcome is outcome_in(found[retried.unit_id]).outcome is Outcome.OK
    for unit, reason in ((failed, "Boom: broken"), (lost, ledger.NEVER_STARTED)):
        outcome = found[unit.unit_id].outcome
        assert outcome is not None
        assert (outcome.outcome, outcome.reason) == (Outcome.FAILED, reason)


def test_objects_are_fetched_a_bounded_number_ahead(tmp_path: Path) -> None:
    fetched = []

    class Counting(FolderBucket):
        def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
            fetched.append(Key)
            return super().get_object(Bucket=Bucket, Key=Key)

    bucket = Counting(tmp_path)
    units = [sweeps.unit(account=f"{100000000000 + number}") for number in range(3 * ledger.AHEAD)]
    sweeps.write_plan(bucket, units)
    for unit in units:
        sweeps.write_unit(bucket, unit)
    entries = ledger.entries(sweeps.folder(bucket), {})
    seen = 0
    for entry in entries:
        seen += 1
        assert entry.unit == units[seen - 1], "the plan's order, whichever object comes first"
        assert len(fetched) <= 1 + seen + ledger.AHEAD
    assert seen == len(units) == len(fetched) - 1


def test_a_big_object_waits_on_the_disk(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    unit = sweeps.unit()
    sweeps.write_plan(bucket, [unit])
    bucket.put_object(
        Bucket=sweeps.BUCKET,
        Key=sweeps.folder().unit(unit.unit_id),
        Body=b"x" * (IN_MEMORY_BYTES + 1),
        ContentType="application/gzip",
    )
    body: Any = outcomes(bucket, {})[unit.unit_id].body
    assert body._rolled
    assert len(body.read()) == IN_MEMORY_BYTES + 1


def test_what_the_plan_left_out_and_what_it_could_not_know_come_last_with_their_reasons(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    planned, left_out, unknown = sweeps.unit(), sweeps.unit(region="eu-north-1"), sweeps.unit(region="unknown")
    sweeps.write_plan(bucket, [planned])
    assert list(outcomes(bucket, {})) == [planned.unit_id]
    written = {}
    for key, unit, outcome, reason in (
        (sweeps.folder().skipped, left_out, Outcome.SKIPPED, "no spend"),
        (sweeps.folder().unknown, unknown, Outcome.DENIED, "could not be asked"),
    ):
        written[unit.unit_id] = UnitOutcome(
            unit_id=unit.unit_id,
            account=unit.account,
            region=unit.region,
            resource_type=unit.resource_type,
            outcome=outcome,
            reason=reason,
        )
        body = unit_objects.OUTCOME.dump_json(written[unit.unit_id]) + b"\n"
        bucket.put_object(Bucket=sweeps.BUCKET, Key=key, Body=body, ContentType="application/x-ndjson")
    found = outcomes(bucket, {})
    assert list(found) == [planned.unit_id, left_out.unit_id, unknown.unit_id]
    assert {name: found[name].outcome for name in written} == written
