"""Where the rows come from: a folder, or the bucket through the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.sweeping import dataset
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

BUCKET = "bucket"
OLD = RunFolder(Bucket(None, ""), "20261123T000000Z-aaaaaa").rows("2026-11-23")
NEW = RunFolder(Bucket(None, ""), "20261124T000000Z-bbbbbb").rows("2026-11-24")
NEWER_PART = RunFolder(Bucket(None, ""), "20261124T000000Z-bbbbbb").rows("2026-11-24", 1)


class Counting:
    """A bucket whose downloads are counted."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.downloaded: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.s3, name)

    def download_file(self, bucket: str, key: str, path: str) -> None:
        self.downloaded.append(key)
        self.s3.download_file(bucket, key, path)

    def put(self, *keys: str, body: bytes = b"rows") -> None:
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)


@pytest.fixture
def bucket() -> Iterator[Counting]:
    with mock_aws():
        s3 = boto3.Session("111111111111", "x", region_name="us-east-1").client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield Counting(s3)


def touch(folder: Path, *keys: str) -> None:
    for key in keys:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(b"rows")


def test_a_folder_of_runs_is_found_whole_and_the_link_to_the_latest_doubles_nothing(tmp_path: Path) -> None:
    touch(tmp_path / "out" / "r1", OLD)
    touch(tmp_path / "out" / "r2", NEW, NEWER_PART)
    touch(tmp_path / "elsewhere", "part-00000.jsonl.gz")
    (tmp_path / "out" / "latest").symlink_to("r2")
    found = dataset.in_folder(tmp_path / "out")
    assert [part.path.relative_to(tmp_path / "out").as_posix() for part in found.parts] == [f"r1/{OLD}", f"r2/{NEW}", f"r2/{NEWER_PART}"]
    assert found.runs == ["20261123T000000Z-aaaaaa", "20261124T000000Z-bbbbbb"]
    assert dataset.in_folder(tmp_path / "out" / "latest").runs == ["20261124T000000Z-bbbbbb"]


def test_a_run_that_lies_there_twice_counts_once(tmp_path: Path) -> None:
    touch(tmp_path / "out", NEW)
    touch(tmp_path / "copy", NEW)
    assert len(dataset.in_folder(tmp_path).parts) == 1


@pytest.mark.parametrize(("since", "runs"), [("2026-11-23", 2), ("2026-11-24", 1)])
def test_since_leaves_out_earlier_days(tmp_path: Path, bucket: Counting, since: str, runs: int) -> None:
    touch(tmp_path / "out", OLD, NEW)
    bucket.put(OLD, NEW)
    assert len(dataset.in_folder(tmp_path / "out", since).runs) == runs
    assert len(dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path / "cache", print, since).runs) == runs
    assert len(bucket.downloaded) == runs


def test_nothing_there_says_what_puts_it_there(tmp_path: Path, bucket: Counting) -> None:
    touch(tmp_path, OLD)
    with pytest.raises(Ending, match=r"no findings in .* since 2026-11-24: a sweep puts them there: `make sweep`") as caught:
        dataset.in_folder(tmp_path, "2026-11-24")
    assert caught.value.code is ExitCode.BAD_INPUT
    with pytest.raises(Ending, match="no findings in nowhere: a sweep"):
        dataset.in_folder(Path("nowhere"))
    with pytest.raises(Ending, match="no findings in s3://bucket/findings/: the first sweep"):
        dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path / "cache", print)


def test_what_is_in_the_cache_is_not_downloaded_again(tmp_path: Path, bucket: Counting) -> None:
    notes: list[str] = []
    bucket.put(OLD, NEW)
    bucket.put("findings/readme.txt", "runs/r/report.json")
    first = dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, notes.append)
    assert bucket.downloaded == [OLD, NEW]
    assert notes == [f"downloading 2 files, 0.0 MB, from s3://bucket to {tmp_path}"]
    assert dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, notes.append) == first
    assert len(bucket.downloaded) == 2
    assert len(notes) == 1


def test_what_was_written_anew_or_is_gone_is_so_in_the_cache(tmp_path: Path, bucket: Counting) -> None:
    bucket.put(OLD, NEW, NEWER_PART)
    dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, print)
    bucket.put(NEW, body=b"other rows")
    bucket.s3.delete_object(Bucket=BUCKET, Key=NEWER_PART)
    bucket.s3.delete_object(Bucket=BUCKET, Key=OLD)
    found = dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, print, "2026-11-24")
    assert [part.path for part in found.parts] == [tmp_path / NEW]
    assert (tmp_path / NEW).read_bytes() == b"other rows"
    assert not (tmp_path / NEWER_PART).exists()
    assert (tmp_path / OLD).exists(), "--since does not look at it"


def test_what_is_too_much_for_this_machine_is_athenas(tmp_path: Path, bucket: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put(OLD, NEW, body=b"x" * 500_000)
    monkeypatch.setattr(dataset, "DOWNLOAD_BYTES", 999_999)
    with pytest.raises(Ending, match=r"s3://bucket/findings/ holds 1\.0 MB: give a later --since, or use Athena"):
        dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, print)
    assert bucket.downloaded == []
    monkeypatch.setattr(dataset, "DOWNLOAD_BYTES", 1_000_000)
    assert len(dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, print).parts) == 2


def test_a_bucket_or_a_cache_that_cannot_be_used_is_one_line(tmp_path: Path, bucket: Counting) -> None:
    with pytest.raises(Ending, match="the findings in s3://another/findings/ cannot be read"):
        dataset.in_bucket(Bucket(bucket, "another"), tmp_path, print)
    bucket.put(NEW)
    (tmp_path / "findings").write_text("a file where the folder should be")
    with pytest.raises(Ending, match="set XDG_CACHE_HOME to another folder"):
        dataset.in_bucket(Bucket(bucket, BUCKET), tmp_path, print)


@pytest.mark.parametrize(
    ("reported", "runs", "passed_over"),
    [
        (["20261124T000000Z-bbbbbb"], ["20261123T000000Z-aaaaaa", "20261124T000000Z-bbbbbb"], []),
        (["20261123T000000Z-aaaaaa"], ["20261123T000000Z-aaaaaa"], ["20261124T000000Z-bbbbbb"]),
        ([], ["20261123T000000Z-aaaaaa", "20261124T000000Z-bbbbbb"], []),
    ],
)
def test_the_newest_run_is_one_with_a_report(
    tmp_path: Path, bucket: Counting, reported: list[str], runs: list[str], passed_over: list[str]
) -> None:
    """Rows without a report are those of a run that is not ready yet, or never will be. Where no report is seen, nothing is left out."""
    bucket.put(OLD, NEW, NEWER_PART, *(RunFolder(Bucket(None, ""), run).summary for run in reported))
    ours = Bucket(bucket, BUCKET)
    found, without = dataset.with_report(dataset.in_bucket(ours, tmp_path, print), ours)
    assert (found.runs, without) == (runs, passed_over)


def test_the_cache_is_where_the_system_wants_caches() -> None:
    assert dataset.cache_for("b", {"XDG_CACHE_HOME": "/caches"}) == Path("/caches/finops-analyzer/b")
    assert dataset.cache_for("b", {}) == Path.home() / ".cache" / "finops-analyzer" / "b"
