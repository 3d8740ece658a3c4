"""A deployed analyzer whose newest report has findings of each place, for the tests of what is suppressed of them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from finops import cli
from finops.sweeping.sweep import Target
from functions.core.rank.suppressions import KEY
from functions.core.store.unit_objects import FINDING
from tests.finops.asked_runs import IDS, asked_target
from tests.functions import sweeps

TODAY = datetime.now(UTC).date()
UNTIL = TODAY + timedelta(days=100)
SOON = TODAY + timedelta(days=14)
BEFORE = """# What we keep

[[suppress]]
region = "eu-west-1"
reason = "Kept"
until = 2999-01-01
"""


def as_json(*args: Any, changes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(*args, **more), mode="json")
    return made | (changes or {})


BEST = as_json("vol-1", sweeps.saving(12))
SECOND = as_json("vol-1", sweeps.saving(5), check="ebs-gp2-to-gp3", counted_by=BEST["finding_id"])
UNPRICED = as_json("vol-2", sweeps.UNPRICED)
TAGGED = as_json(
    "vol-3",
    sweeps.saving(7.5),
    tags={"finops:ignore": "standby"},
    changes={
        "lifecycle": "suppressed",
        "headline": False,
        "suppressed_by": "tag",
        "suppression": "standby (tag finops:ignore, as long as it is there)",
    },
)
FINDINGS = [BEST, UNPRICED, SECOND, TAGGED]


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with asked_target(monkeypatch) as made:
        put(made, FINDINGS)
        yield made


def put(target: Target, findings: list[dict[str, Any]]) -> None:
    lines = b"".join(to_json(one) + b"\n" for one in findings)
    target.s3.put_object(Bucket=target.bucket, Key=target.folder(IDS["done"]).ranked, Body=gzip.compress(lines))


def write(target: Target, text: str) -> None:
    target.s3.put_object(Bucket=target.bucket, Key=KEY, Body=text.encode())


def written(target: Target) -> str | None:
    """The file as it is in the bucket; None where there is none."""
    if not target.s3.list_objects_v2(Bucket=target.bucket, Prefix=KEY).get("Contents"):
        return None
    content: bytes = target.s3.get_object(Bucket=target.bucket, Key=KEY)["Body"].read()
    return content.decode()


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, what was said, and the line on standard error."""
    code = cli.main(list(words))
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())
