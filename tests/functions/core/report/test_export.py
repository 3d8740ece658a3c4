"""The bill by resource on the page: what is said with an export, without one, and when it could not be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.core.report.export import Export, last_day
from tests.functions import sweeps
from tests.functions.core.report.test_as_html import page

OF: dict[str, Any] = {
    "status": "ok",
    "reason": "",
    "uri": "s3://b/exports/cur2",
    "table": "CUR 2.0",
    "start": "2026-11-01",
    "end": "2026-11-25",
    "currency": "EUR",
    "findings": 2,
    "without_rows": [],
    "blind_spot": [
        {"monthly": 40.0, "account": "111122223333", "service": "AWSGlue", "region": "eu-west-1", "resource": "job/<b>nightly</b>"},
        {"monthly": 10.0, "account": "111122223333", "service": "AWSGlue", "region": "eu-west-1", "resource": "job/2"},
    ],
    "realised": {"resources": 3, "before_monthly": 100.0, "after_monthly": 12.5, "saved_monthly": 87.5},
}


@pytest.mark.parametrize(("end", "day"), [("2026-11-25", "2026-11-24"), ("2026-03-01", "2026-02-28")])
def test_the_last_day_is_in_the_window(end: str, day: str) -> None:
    assert last_day({"end": end}) == day


def test_the_largest_is_the_measure_of_the_others() -> None:
    export = Export(OF)
    assert export.there
    assert [row["share"] for row in export.blind_spot] == [100.0, 25.0]
    assert (export.last_day, export.currency) == ("2026-11-24", "EUR")


def test_one_that_could_not_be_had_has_its_reason_and_none_is_none() -> None:
    refused = Export({"status": "none", "reason": "s3:GetObject: AccessDenied. ", "uri": "s3://b/e", "scanned_bytes": 0})
    assert (refused.there, refused.reason) == (False, "s3:GetObject: AccessDenied")
    assert (Export({}).there, Export({}).reason) == (False, "")


def with_export(folder: Path, export: dict[str, Any]) -> tuple[str, str]:
    """The page of a run without Cost Explorer's bill: its source and its text."""
    bill = {**sweeps.NO_BILL, "export": export}
    source, _, text = page(folder, [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(12.5))])], head={"bill": bill})
    return source, text


def test_the_page_says_what_nobody_looks_at_and_what_was_saved_in_the_bill_s_currency(tmp_path: Path) -> None:
    source, text = with_export(tmp_path, OF)
    assert "From the CUR 2.0 export s3://b/exports/cur2, 2026-11-01 to 2026-11-24. It tells for 2 findings" in text
    assert "job/<b>nightly</b> AWSGlue 111122223333 eu-west-1 €40.00" in text
    assert "<b>nightly</b>" not in source, "a resource's name is a text"
    assert "€87.50 a month : 3 resources of findings" in text or "€87.50 a month: 3 resources of findings" in text
    assert "cost €100.00 a month before, and €12.50 since" in text


def test_the_page_says_why_an_export_could_not_be_used_and_nothing_where_there_is_none(tmp_path: Path) -> None:
    refused = {"status": "none", "reason": "s3:GetObject: AccessDenied", "uri": "s3://b/e", "scanned_bytes": 0}
    (tmp_path / "refused").mkdir()
    _, text = with_export(tmp_path / "refused", refused)
    assert "The export s3://b/e could not be used: s3:GetObject: AccessDenied. What single resources cost is not said." in text
    (tmp_path / "none").mkdir()
    source, _, _ = page(tmp_path / "none", [(sweeps.unit(), [sweeps.finding()])])
    assert "The bill by resource" not in source
