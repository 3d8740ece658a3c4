"""What sweeps on this machine know is taken along: found where they keep it, copied once, and understood by the next sweep there."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from finops.local import importing
from functions.core.rank import history, scratch_database
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

ACCOUNT, BUCKET = "111111111111", "the-bucket"
FIRST, SECOND, DEPLOYED = "20261101T020000Z-abcdef", "20261108T020000Z-abcdef", "20261115T020000Z-fedcba"
VOLUME, LATER = sweeps.finding("vol-1"), sweeps.finding("vol-2")


def keep(out: Path, name: str, content: bytes = b"", account: str = ACCOUNT) -> Path:
    """A file in the folder where a sweep on this machine keeps its bucket."""
    path = out / "kept" / account / "finops-analyzer" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.with_name(f"{path.name}.meta.json").write_text(json.dumps({"key": name}))
    return path


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_the_histories_of_the_account_are_found_and_nothing_else(tmp_path: Path) -> None:
    second, first = (keep(tmp_path, f"history/{run}.jsonl.gz") for run in (SECOND, FIRST))
    keep(tmp_path, "history/notes.jsonl.gz")
    keep(tmp_path, f"history/{FIRST}.jsonl")
    keep(tmp_path, f"runs/{FIRST}/plan.jsonl")
    keep(tmp_path, f"history/{FIRST}.jsonl.gz", account="222222222222")
    entry = keep(tmp_path, f"history/trend/{'0' * 16}/{FIRST}.json")
    keep(tmp_path, f"history/trend/{'0' * 16}/notes.json")
    keep(tmp_path, f"history/trend/other/{FIRST}.json")
    found = importing.histories(tmp_path, ACCOUNT)
    assert list(found.items()) == [
        (f"history/{FIRST}.jsonl.gz", first),
        (f"history/{SECOND}.jsonl.gz", second),
        (f"history/trend/{'0' * 16}/{FIRST}.json", entry),
    ]


def test_where_no_sweep_was_there_is_none(tmp_path: Path) -> None:
    assert importing.histories(tmp_path / "nowhere", ACCOUNT) == {}
    keep(tmp_path, f"history/{FIRST}.jsonl.gz", account="222222222222")
    assert importing.histories(tmp_path, ACCOUNT) == {}


def test_each_is_copied_as_it_is_and_only_once(tmp_path: Path, s3: Any) -> None:
    for run in (FIRST, SECOND):
        keep(tmp_path, f"history/{run}.jsonl.gz", run.encode())
    found = importing.histories(tmp_path, ACCOUNT)
    assert importing.copy(found, s3, BUCKET) == (2, 0)
    copied = Bucket(s3, BUCKET)
    assert {key: copied.need(key) for key in copied.keys("")} == {key: path.read_bytes() for key, path in found.items()}
    assert s3.head_object(Bucket=BUCKET, Key=f"history/{FIRST}.jsonl.gz")["ContentType"] == "application/gzip"
    assert importing.copy(found, s3, BUCKET) == (0, 2)


def test_what_is_there_already_stays_as_it_is(tmp_path: Path, s3: Any) -> None:
    for run in (FIRST, SECOND):
        keep(tmp_path, f"history/{run}.jsonl.gz", b"of this machine")
    s3.put_object(Bucket=BUCKET, Key=history.key_of(FIRST), Body=b"of the analyzer")
    assert importing.copy(importing.histories(tmp_path, ACCOUNT), s3, BUCKET) == (1, 1)
    assert [Bucket(s3, BUCKET).need(history.key_of(run)) for run in (FIRST, SECOND)] == [b"of the analyzer", b"of this machine"]


def test_another_refusal_is_none_of_an_object_that_is_there(tmp_path: Path, s3: Any) -> None:
    keep(tmp_path, f"history/{FIRST}.jsonl.gz")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        importing.copy(importing.histories(tmp_path, ACCOUNT), s3, "another-bucket")


def swept(s3: Any, bucket: str, run_id: str, *found: Any) -> list[str]:
    """What a run says of its findings' lives."""
    now = datetime.strptime(run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    folder = RunFolder(Bucket(s3, bucket), run_id)
    with closing(scratch_database.database()) as database, history.History(folder, now, database) as books:
        lives = [books.note(FINDING.dump_python(one, mode="json"), sweeps.unit().unit_id)[0] for one in found]
        assert list(books.close_books()) == []
    return lives


def test_the_first_sweep_of_the_deployed_analyzer_knows_what_is_new(tmp_path: Path, s3: Any) -> None:
    s3.create_bucket(Bucket="of-this-machine")
    assert swept(s3, "of-this-machine", FIRST, VOLUME) == ["new"]
    written = Bucket(s3, "of-this-machine").need(history.key_of(FIRST))
    assert gzip.decompress(written)
    keep(tmp_path, history.key_of(FIRST), written)
    importing.copy(importing.histories(tmp_path, ACCOUNT), s3, BUCKET)
    assert swept(s3, BUCKET, DEPLOYED, VOLUME, LATER) == ["persisting", "new"]
