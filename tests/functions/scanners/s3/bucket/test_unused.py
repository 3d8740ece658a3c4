"""Incomplete uploads and old versions: which buckets keep them, and what they bill."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.core.model import Confidence, InsufficientData, Waste
from functions.scanners.s3.bucket.lifecycle import ADD_ANOTHER, Rule
from functions.scanners.s3.bucket.refusals import LIFECYCLE, TAGS, UPLOADS, VERSIONING
from functions.scanners.s3.bucket.sizes import OBJECTS, STANDARD
from functions.scanners.s3.bucket.unused import SHOW, incomplete_uploads, noncurrent_versions
from functions.scanners.s3.bucket.uploads import Upload, Uploads
from tests.functions.core.check_samples import asks
from tests.functions.scanners.s3.samples import NOW, bucket, engine, judged, waste


def upload(gib: float = 1, storage_class: str = "STANDARD", age: float = 30, whole: bool = True) -> Upload:
    return Upload(storage_class, NOW - timedelta(days=age), gib, whole)


def holding(*old: Upload, more: bool = False, **changes: Any) -> Any:
    return bucket(uploads=Uploads(old, more), **changes)


# --- incomplete uploads -------------------------------------------------------------------------------------------------------------


def test_the_arithmetic_by_hand() -> None:
    """40 GB for S3 Standard at 0.023, at least 0.021, and 10 GB for Standard-IA at 0.0125."""
    found = waste(incomplete_uploads, holding(upload(25), upload(15), upload(10, "STANDARD_IA")))
    assert found.savings.likely == found.savings.high == pytest.approx(0.92 + 0.125)
    assert found.savings.low == pytest.approx(0.84 + 0.125)
    assert found.savings.lacks == ()
    assert found.evidence["uploads"] == 3
    assert found.evidence["parts_gb"] == 50
    assert found.confidence is None


@pytest.mark.parametrize(
    ("uploads", "flagged"),
    [([], False), ([upload(age=6.99)], False), ([upload(age=7)], True), ([upload(age=6), upload(age=8)], True)],
)
def test_an_upload_without_a_new_part_for_a_week_is_waste(uploads: list[Upload], flagged: bool) -> None:
    assert isinstance(judged(incomplete_uploads, holding(*uploads)), Waste) is flagged


def test_only_the_old_ones_count() -> None:
    found = waste(incomplete_uploads, holding(upload(1_000, age=6), upload(10)))
    assert found.evidence["uploads"] == 1
    assert found.savings.likely == pytest.approx(0.23)


def test_parts_that_were_not_counted_make_it_the_least_that_it_can_be() -> None:
    found = waste(incomplete_uploads, holding(upload(10), upload(0, whole=False)))
    assert found.savings.likely == pytest.approx(0.23)
    assert found.savings.lacks == ("parts that could not be counted, of 1 upload",)
    assert found.confidence is Confidence.MEDIUM


def test_with_no_part_counted_there_is_no_figure() -> None:
    found = waste(incomplete_uploads, holding(upload(0, whole=False)))
    assert found.savings.unpriced == "parts that could not be counted, of 1 upload"


def test_there_may_be_others_that_were_not_read() -> None:
    assert waste(incomplete_uploads, holding(upload(10), more=True)).savings.lacks == ("uploads that were not read",)
    assert isinstance(judged(incomplete_uploads, holding(more=True)), InsufficientData), "none of those that were read is old"


def test_uploads_without_a_part_bill_nothing() -> None:
    findings, insufficient, _ = engine(holding(upload(0)), incomplete_uploads)
    assert (findings, insufficient) == ([], {})


def test_a_class_without_a_price_is_not_free() -> None:
    found = waste(incomplete_uploads, holding(upload(10), upload(5, "REDUCED_REDUNDANCY")))
    assert found.savings.likely == pytest.approx(0.23)
    assert "REDUCED_REDUNDANCY" in found.savings.lacks[0]


@pytest.mark.parametrize("action", [LIFECYCLE, UPLOADS, TAGS])
def test_a_bucket_that_does_not_tell_is_not_judged(action: str) -> None:
    assert judged(incomplete_uploads, bucket(refused={action: "no"})) == InsufficientData("no")
    assert judged(incomplete_uploads, holding(upload(), refused={VERSIONING: "no"})) is not None


def test_a_rule_that_aborts_them_later_is_said() -> None:
    later = Rule(whole=True, moves=False, noncurrent=False, abort_days=30)
    found = waste(incomplete_uploads, holding(upload(), rules=(later,), rule_count=1))
    assert found.note.startswith("A rule aborts them after 30 days")
    assert found.confidence is Confidence.MEDIUM
    assert waste(incomplete_uploads, holding(upload(), rules=(Rule(False, False, False, 30),), rule_count=1)).note == ""


def test_what_the_command_does() -> None:
    first = waste(incomplete_uploads, holding(upload()))
    (rule,) = json.loads(first.values["rules"])["Rules"]
    assert (rule["Filter"], rule["AbortIncompleteMultipartUpload"]) == ({"Prefix": ""}, {"DaysAfterInitiation": 7})
    assert first.command == ""
    assert waste(incomplete_uploads, holding(upload(), rule_count=2)).command == ADD_ANOTHER
    with_mfa = waste(incomplete_uploads, holding(upload(), mfa_delete=True))
    assert (with_mfa.command, with_mfa.note.startswith("It has MFA delete")) == (SHOW, True)


@pytest.mark.parametrize("gib", [0.5, 10, 1_000])
def test_more_parts_save_more(gib: float) -> None:
    less, more = (waste(incomplete_uploads, holding(upload(size))).savings for size in (gib, gib * 2))
    assert less.likely < more.likely
    assert less.low < less.likely


# --- old versions -------------------------------------------------------------------------------------------------------------------

ELSEWHERE = Rule(whole=False, moves=True, noncurrent=False, abort_days=7)
SOME = Rule(whole=False, moves=False, noncurrent=True, abort_days=None)


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, False),
        ({"versioning": "Enabled"}, True),
        ({"versioning": "Suspended"}, True),
        ({"versioning": "Enabled", "mfa_delete": True}, False),
        ({"versioning": "Enabled", "rules": (ELSEWHERE,)}, True),
        ({"versioning": "Enabled", "rules": (ELSEWHERE, SOME)}, False),
        ({"versioning": "Enabled", "age": 30}, True),
        ({"versioning": "Enabled", "age": 29.99}, False),
        ({"versioning": "Enabled", "refused": {UPLOADS: "no"}}, True),
        ({"refused": {VERSIONING: "no"}}, None),
        ({"versioning": "Enabled", "refused": {LIFECYCLE: "no"}}, None),
        ({"versioning": "Enabled", "refused": {TAGS: "no"}}, None),
    ],
)
def test_which_keep_every_version(changes: dict[str, Any], candidate: bool | None) -> None:
    assert asks(noncurrent_versions, bucket(**changes), noncurrent_versions.limits(NOW)) is candidate


@pytest.mark.parametrize(("standard", "flagged"), [(None, False), (99.99, False), (100, True)])
def test_a_large_one_is_named_without_a_figure(standard: float | None, flagged: bool) -> None:
    findings, insufficient, asked = engine(bucket(versioning="Enabled", standard=standard, objects=5_000), noncurrent_versions)
    assert (bool(findings), insufficient, asked) == (flagged, {}, {STANDARD, OBJECTS})
    for finding in findings:
        assert finding.savings.unpriced == "how many of its bytes are old versions, only S3 Storage Lens tells"
        assert (finding.savings.likely, finding.savings.high) == (0, 0)
        assert (finding.evidence["versioning"], finding.evidence["objects"]) == ("Enabled", 5_000)


def test_without_any_series_nothing_is_known() -> None:
    findings, insufficient, _ = engine(bucket(versioning="Enabled", objects=None), noncurrent_versions)
    assert (findings, insufficient) == ([], {"s3-noncurrent-versions-bucket": 1})


@pytest.mark.parametrize(("asked", "days"), [(None, 90), (365, 365)])
def test_versions_are_kept_as_long_as_is_asked(asked: float | None, days: int) -> None:
    overrides = {"s3-noncurrent-versions-bucket.keep_days": asked} if asked else None
    found = waste(noncurrent_versions, bucket(versioning="Suspended", standard=500), overrides)
    (rule,) = json.loads(found.values["rules"])["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": days}
    assert found.note.startswith("Ask first who restores old versions")
    assert waste(noncurrent_versions, bucket(versioning="Enabled", standard=500, rule_count=1)).command == ADD_ANOTHER
