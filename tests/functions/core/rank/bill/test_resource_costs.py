"""What the export has for a finding's own resource, what nobody looks at by resource, and what became of what was resolved."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from functions.core.costs.export import resources
from functions.core.costs.export.shapes import ANSWER
from functions.core.model import Finding
from functions.core.rank.bill.resource_costs import LARGEST
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core.rank.test_ranking import VOLUMES, by_name, ranked
from tests.functions.folder_bucket import FolderBucket

RESULT = "athena-results/q1.csv"
OTHER = "999988887777"


def line(resource: str, cost: float | str, list_cost: float | str = "", **more: str) -> dict[str, str]:
    """A line of the export's answer: in the window of 1 to 24 November, to its last day."""
    named = {"account": sweeps.ACCOUNT, "region": sweeps.REGION, "service": "AmazonEC2", "currency": "USD"}
    days = {"first_day": "2026-11-01", "last_day": "2026-11-24"}
    return {**named, **days, "resource": resource, "cost": str(cost), "list_cost": str(list_cost), **more}


def export(bucket: FolderBucket, *lines: dict[str, str], start: str = "2026-11-01", end: str = "2026-11-26") -> dict[str, Any]:
    """The answer in the bucket as Athena writes it, and what Cost says of it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ANSWER, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    Bucket(bucket, sweeps.BUCKET).put(RESULT, text.getvalue().encode(), "text/csv")
    said = {"status": "ok", "reason": "", "uri": "s3://b/e", "table": "CUR 2.0", "periods": ["2026-11"], "scanned_bytes": 1_000}
    return {**said, "start": start, "end": end, "result": RESULT, "cached": False}


def swept(
    bucket: FolderBucket, found: Sequence[Finding], export: dict[str, Any], run_id: str = sweeps.RUN_ID, started: str = sweeps.STARTED
) -> dict[str, Any]:
    """Rank's `export` of a sweep that found this."""
    bill = {**sweeps.NO_BILL, "accounts": [sweeps.ACCOUNT], "export": export}
    ranked(bucket, [(VOLUMES, found)], run_id=run_id, started=started, bill=bill)
    folder = sweeps.folder(bucket, run_id)
    said: dict[str, Any] = folder.bucket.need_json(folder.ranking)["bill"]["export"]
    return said


def cost_of(bucket: FolderBucket, name: str) -> dict[str, Any] | None:
    return next(one for one in by_name(bucket).values() if one["resource_id"] == name).get("resource_cost")


def test_a_finding_s_resource_is_found_by_its_id_and_by_its_arn(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    by_arn = sweeps.finding("vol-2", sweeps.saving(5))
    findings = [sweeps.finding("vol-1", sweeps.saving(30)), by_arn, sweeps.finding("vol-3", sweeps.saving(1))]
    said = swept(bucket, findings, export(bucket, line("vol-1", 41.2, 45.1), line(by_arn.resource_arn, 2.4), line("vol-9", 7)))
    assert cost_of(bucket, "vol-1") == {
        "amount": 41.2,
        "list_amount": 45.1,
        "currency": "USD",
        "start": "2026-11-01",
        "end": "2026-11-25",
        "monthly": pytest.approx(41.2 * 730 / 24 / 24, abs=1e-4),
        "billed_as": "vol-1",
    }
    found = cost_of(bucket, "vol-2")
    assert found is not None
    assert (found["amount"], found["list_amount"], found["billed_as"]) == (2.4, None, by_arn.resource_arn)
    assert cost_of(bucket, "vol-3") is None, "what is not found is not said to cost nothing"
    assert (said["findings"], said["end"]) == (2, "2026-11-25")


def test_what_several_services_and_regions_bill_of_a_resource_is_added_up(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    lines = [line("vol-1", 40, 50), line("vol-1", 2, 3, service="AmazonVPC"), line("vol-1", 99, account=OTHER)]
    swept(bucket, [sweeps.finding("vol-1", sweeps.saving(30))], export(bucket, *lines))
    found = cost_of(bucket, "vol-1")
    assert found is not None
    assert (found["amount"], found["list_amount"]) == (42.0, 53.0), "of the finding's own account"


def test_an_amount_that_is_missing_is_no_amount(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    swept(bucket, [sweeps.finding("vol-1", sweeps.saving(30))], export(bucket, line("vol-1", 40), line("vol-1", "", service="AmazonVPC")))
    assert cost_of(bucket, "vol-1") is None


def test_the_blind_spot_is_the_most_expensive_resources_of_the_sweep_s_accounts_that_no_scanner_covers(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    lines = [line(f"job-{number:02}", number, service="AWSGlue") for number in range(1, LARGEST + 4)]
    others = [
        line("i-1", 900),
        line("arn:of-another", 900, service="AWSGlue", account=OTHER),
        *(line(name, 800, service=name) for name in ("Amazon Elastic Compute Cloud", "Elastic Load Balancing", "Amazon CloudWatch")),
    ]
    said = swept(bucket, [], export(bucket, *others, *lines))
    named = [one["resource"] for one in said["blind_spot"]]
    assert named == [f"job-{number:02}" for number in range(LARGEST + 3, 3, -1)]
    assert said["blind_spot"][0]["monthly"] == pytest.approx((LARGEST + 3) * 730 / 24 / 24, abs=1e-3)


def test_accounts_without_a_line_are_named(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    said = swept(bucket, [sweeps.finding("vol-1", sweeps.saving(30))], export(bucket, line("vol-1", 4, account=OTHER)))
    assert said["without_rows"] == [sweeps.ACCOUNT]
    assert cost_of(bucket, "vol-1") is None


def test_an_export_without_lines_and_one_that_could_not_be_had_say_so_and_change_nothing(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    assert swept(bucket, [sweeps.finding()], export(bucket))["reason"] == "it has no line of a resource in the window"
    assert "not there any more" in swept(bucket, [sweeps.finding()], export(bucket) | {"result": "athena-results/gone.csv"})["reason"]
    refused = resources.none("s3://b/e", "denied")
    assert swept(bucket, [sweeps.finding()], refused) == refused
    assert cost_of(bucket, "vol-1") is None


def test_a_bill_that_began_later_is_of_the_days_that_it_has(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    swept(bucket, [sweeps.finding("vol-1", sweeps.saving(30))], export(bucket, line("vol-1", 12, first_day="2026-11-13")))
    found = cost_of(bucket, "vol-1")
    assert found is not None
    assert (found["start"], found["monthly"]) == ("2026-11-13", pytest.approx(12 * 730 / 24 / 12, abs=1e-3))


def test_currencies_are_never_added_up(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    said = swept(bucket, [sweeps.finding("vol-1", sweeps.saving(30))], export(bucket, line("vol-1", 12), line("vol-2", 3, currency="EUR")))
    assert (said["status"], said["reason"]) == ("none", "it mixes currencies")
    assert cost_of(bucket, "vol-1") is None


FIRST = [
    sweeps.finding("vol-1", sweeps.saving(25), check="ebs-gp2-to-gp3"),
    sweeps.finding("vol-1", sweeps.saving(30)),
    sweeps.finding("vol-2", sweeps.saving(5)),
    sweeps.finding("vol-3", sweeps.saving(5)),
]
NEXT = {"run_id": "20261126T160402Z-bbbb2222", "started": "2026-11-26T16:04:02+00:00"}
LATER = {"run_id": "20261220T160402Z-cccc3333", "started": "2026-12-20T16:04:02+00:00"}


def test_what_was_resolved_saved_what_its_resource_costs_no_more(tmp_path: Path) -> None:
    """vol-1 is gone, vol-2 costs a half since, and vol-3 was never in the export: 41.2 and 2.4 in 24 days before."""
    bucket = FolderBucket(tmp_path)
    swept(bucket, FIRST, export(bucket, line("vol-1", 41.2), line("vol-2", 2.4)))
    at_once = swept(bucket, [], export(bucket, line("vol-9", 1)), **NEXT)
    assert at_once["realised"]["resources"] == 0, "the window has days from before"
    lines = [line("vol-2", 1.2, last_day="2026-12-20"), line("vol-9", 1, last_day="2026-12-20")]
    later = swept(bucket, [], export(bucket, *lines, start="2026-11-27", end="2026-12-21"), **LATER)
    month = 730 / 24 / 24
    assert later["realised"] == {
        "resources": 2,
        "before_monthly": pytest.approx(43.6 * month, abs=1e-3),
        "after_monthly": pytest.approx(1.2 * month, abs=1e-3),
        "saved_monthly": pytest.approx(42.4 * month, abs=1e-3),
    }


def test_what_was_expected_stands_beside_what_the_bill_fell_by(tmp_path: Path) -> None:
    """vol-1 was to be upgraded or deleted: the better counted, and it is gone. Of vol-2 nobody had a price, vol-4 was suppressed."""
    bucket = FolderBucket(tmp_path)
    best = sweeps.finding("vol-1", sweeps.saving(30))
    other = sweeps.finding("vol-1", sweeps.saving(25), check="ebs-gp2-to-gp3", counted_by=best.finding_id)
    found = [best, other, sweeps.finding("vol-2", sweeps.UNPRICED), sweeps.finding("vol-3", sweeps.saving(5))]
    swept(bucket, found, export(bucket, line("vol-1", 24), line("vol-2", 2.4), line("vol-3", 4.8)))
    swept(bucket, [], export(bucket, line("vol-9", 1)), **NEXT)
    head = sweeps.folder(bucket, NEXT["run_id"])
    assert head.bucket.need_json(head.ranking)["realised"]["compared"] is None, "the window has days from before"
    lines = [line("vol-3", 2.4, last_day="2026-12-20"), line("vol-9", 1, last_day="2026-12-20")]
    said = swept(bucket, [], export(bucket, *lines, start="2026-11-27", end="2026-12-21"), **LATER)
    later = sweeps.folder(bucket, LATER["run_id"])
    realised = later.bucket.need_json(later.ranking)["realised"]
    assert realised == {
        "since": NEXT["started"],
        "findings": 2,
        "monthly_likely": 35,
        "compared": {"findings": 2, "expected": 35, "billed": pytest.approx((28.8 - 2.4) * 730 / 24 / 24, abs=1e-3)},
    }
    assert said["realised"]["saved_monthly"] == realised["compared"]["billed"], "one number, wherever it stands"


def test_another_currency_is_not_compared_with_dollars(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    swept(bucket, FIRST, export(bucket, line("vol-1", 41.2, currency="EUR")))
    swept(bucket, [], export(bucket, line("vol-9", 1, currency="EUR")), **NEXT)
    lines = [line("vol-9", 1, last_day="2026-12-20", currency="EUR")]
    said = swept(bucket, [], export(bucket, *lines, start="2026-11-27", end="2026-12-21"), **LATER)
    later = sweeps.folder(bucket, LATER["run_id"])
    assert later.bucket.need_json(later.ranking)["realised"]["compared"] is None
    assert (said["currency"], said["realised"]["resources"]) == ("EUR", 1)


def test_of_an_account_that_the_export_does_not_have_any_more_nothing_is_realised(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    swept(bucket, FIRST, export(bucket, line("vol-1", 41.2)))
    swept(bucket, [], export(bucket, line("vol-9", 1)), **NEXT)
    lines = [line("vol-9", 1, account=OTHER, last_day="2026-12-20")]
    later = swept(bucket, [], export(bucket, *lines, start="2026-11-27", end="2026-12-21"), **LATER)
    assert later["realised"]["resources"] == 0
