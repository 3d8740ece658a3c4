"""Unit objects that stream in and out, whose outcome is read without the rest."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pydantic import TypeAdapter

from functions.core.model import Action, Confidence, Finding, Level, Lifecycle, Outcome, ResumeAt, UnitOutcome
from functions.core.money import Price, Savings
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket

BUCKET, KEY = "bucket", "runs/r1/units/u1.jsonl.gz"
RESUME_AT = ResumeAt(
    operation="ec2:DescribeVolumes", token="page-3", resources=7, findings=1, savings_likely=0.1, insufficient={"a": 2}, denied="no"
)
PRICE = Price("AmazonEBS", "volume.gp2", 0.1, "GiB-month", "us-east-1", "a list", "2026-01-01")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def finding(number: int, **more: Any) -> Finding:
    words: dict[str, Any] = {
        "finding_id": f"{number:032x}",
        "check_id": "ebs-unattached-volume",
        "title": "Is it?",
        "resource_type": "ebs:volume",
        "resource_arn": f"arn:aws:ec2:us-east-1:111122223333:volume/vol-{number}",
        "resource_id": f"vol-{number}",
        "resource_name": "naïve\nname",
        "account": "111122223333",
        "region": "us-east-1",
        "tags": {"Name": "naïve\nname"},
        "owner": "",
        "action": Action.DELETE,
        "effort": Level.LOW,
        "risk": Level.LOW,
        "undo": "Undo.",
        "command": "aws ec2 delete-volume",
        "reference": "https://example.com",
        "confidence": Confidence.HIGH,
        "evidence": {"age_days": 60.5, "attachments": 0, "root": False, "stopped": None, "type": "gp2"},
        "savings": Savings(1.0, 2.0, 3.0, "20 GiB × $0.1", (PRICE,)),
        "covers": ("arn:1", "arn:2"),
    }
    return Finding(**{**words, **more})


def outcome(**more: Any) -> UnitOutcome:
    words: dict[str, Any] = {
        "unit_id": "u1",
        "account": "111122223333",
        "region": "us-east-1",
        "resource_type": "ebs:volume",
        "outcome": Outcome.OK,
        "calls": {"ec2:DescribeVolumes": 3},
        "insufficient": {"ebs-idle-volume": 2},
    }
    return UnitOutcome(**{**words, **more})


def put(s3: Any, findings: list[Finding], made: UnitOutcome) -> bytes:
    with unit_objects.FindingsSpool() as spool:
        for one in findings:
            spool.add(one)
        spool.upload(Bucket(s3, BUCKET), KEY, made)
    body: bytes = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    return body


@pytest.mark.parametrize("count", [0, 1, 700])
def test_a_unit_comes_back_as_it_was_put(s3: Any, count: int) -> None:
    findings = [finding(number) for number in range(count)]
    put(s3, findings, outcome(findings=count))
    seen, back = unit_objects.read_unit(Bucket(s3, BUCKET), KEY)
    assert seen == outcome(findings=count)
    assert list(back) == findings


def test_every_word_of_a_finding_survives(s3: Any) -> None:
    odd = finding(1, headline=False, counted_by="x", lifecycle=Lifecycle.REGRESSED, savings=Savings(0, 0, 0, "?", (), "no price"), note="n")
    put(s3, [odd], outcome(outcome=Outcome.INCOMPLETE, reason="late", resume_at=RESUME_AT))
    seen, back = unit_objects.read_unit(Bucket(s3, BUCKET), KEY)
    assert (seen.outcome, seen.reason, seen.resume_at) == (Outcome.INCOMPLETE, "late", RESUME_AT)
    assert list(back) == [odd]


def test_the_outcome_is_a_gzip_member_of_its_own_and_the_whole_is_json_lines(s3: Any) -> None:
    body = put(s3, [finding(1), finding(2)], outcome(findings=2))
    head = zlib.decompressobj(wbits=31)
    first = head.decompress(body)
    assert unit_objects.OUTCOME.validate_json(first) == outcome(findings=2)
    assert first.count(b"\n") == 1
    assert head.unused_data.startswith(b"\x1f\x8b"), "the findings are another member"
    assert gzip.decompress(body).startswith(first)
    assert len(gzip.decompress(body).splitlines()) == 3


def test_the_same_scan_makes_the_same_bytes(s3: Any) -> None:
    assert put(s3, [finding(1)], outcome()) == put(s3, [finding(1)], outcome())


def test_the_outcome_is_read_from_the_first_bytes_of_a_large_unit(s3: Any) -> None:
    body = put(s3, [finding(number, note=f"{number * 7919:064x}") for number in range(3000)], outcome(findings=3000))
    assert len(body) > 5 * 8192
    asked: list[str] = []
    s3.meta.events.register("before-call.s3.GetObject", lambda params, **_: asked.append(params["headers"]["Range"]))
    assert unit_objects.read_outcome(Bucket(s3, BUCKET), KEY) == outcome(findings=3000)
    assert asked == ["bytes=0-8191"]


def test_an_outcome_with_a_very_long_reason_is_read_all_the_same(s3: Any) -> None:
    long = outcome(reason=Random(1).randbytes(20_000).hex())  # noqa: S311  # what gzip cannot make small
    put(s3, [finding(1)], long)
    assert unit_objects.read_outcome(Bucket(s3, BUCKET), KEY) == long


def test_many_findings_go_to_the_disk_and_come_back(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_objects, "SPOOL_BYTES", 1024)
    findings = [finding(number, note=f"{number * 7919:064x}") for number in range(500)]
    assert len(put(s3, findings, outcome())) > 1024
    assert list(unit_objects.read_unit(Bucket(s3, BUCKET), KEY)[1]) == findings


@pytest.mark.parametrize("megabytes", [0, 7, 8, 17])
def test_a_unit_object_says_beforehand_how_it_will_be_put(s3: Any, megabytes: int) -> None:
    made: list[str] = []
    s3.meta.events.register("before-send", lambda event_name, **_: made.append("s3:" + event_name.rsplit(".", 1)[-1]))
    outcome = UnitOutcome(unit_id="u1", account="1", region="r", resource_type="ebs:volume", outcome=Outcome.OK)
    with unit_objects.FindingsSpool() as spool:
        spool._file.write(Random(1).randbytes(megabytes * 1024 * 1024))  # noqa: S311  # content that is no finding, but as many bytes
        expected = spool.requests()
        spool.upload(Bucket(s3, BUCKET), KEY, outcome)
    assert sorted(made) == sorted(expected)


def test_what_findings_are_written_with_is_built_by_the_first_one() -> None:
    fresh = unit_objects._Later(Finding)
    assert "_adapter" not in vars(fresh)
    assert fresh.dump_json(finding(1)) == TypeAdapter(Finding).dump_json(finding(1))
    assert {"_adapter", "dump_json"} <= vars(fresh).keys()
