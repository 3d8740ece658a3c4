"""The report on disk: whole, at its place, and `latest` never dangling."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.sweeping import dataset, download
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.finops.reports import RUN_ID, finding, put, report, summary

BUCKET = "bucket"
KEYS = RunFolder(Bucket(None, ""), RUN_ID)  # only for its keys


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("111111111111", "x", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_three_files_and_a_link_to_them(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [])
    folder = download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path / "out")
    assert folder == tmp_path / "out" / RUN_ID
    assert sorted(path.name for path in folder.iterdir()) == ["report.csv", "report.html", "report.json"]
    assert (tmp_path / "out" / "latest" / "report.html").read_text() == "<report.html>"
    assert download.read_report(folder) == report([])


def test_the_rows_of_the_run_come_along_under_their_keys_and_those_of_others_do_not(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [])
    mine = [KEYS.rows("2026-11-24", part) for part in (0, 1)]
    others = [
        RunFolder(Bucket(None, ""), "20261124T160402Z-other1").rows("2026-11-24"),
        KEYS.rows("2026-11-25"),
    ]
    for key in mine + others:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    folder = download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path)
    assert {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.gz")} == {key: key for key in mine}
    assert dataset.in_folder(tmp_path).runs == dataset.in_folder(tmp_path / "latest").runs == [RUN_ID]


@pytest.mark.parametrize(("code", "read"), [("403", True), ("503", False)])
def test_who_may_not_list_the_bucket_has_the_report_all_the_same(s3: Any, tmp_path: Path, code: str, read: bool) -> None:
    put(s3, BUCKET, [])

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "HeadObject")

    s3.meta.events.register("before-call.s3.HeadObject", lambda **words: refuse() if "findings/" in words["params"]["url"] else None)
    if read:
        assert (download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path) / "report.html").exists()
    else:
        with pytest.raises(Ending, match="HeadObject answered 503"):
            download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path)


def test_latest_moves_to_the_newer_run_and_the_older_one_stays(s3: Any, tmp_path: Path) -> None:
    for run_id in (RUN_ID, "20261125T000000Z-abcdef"):
        put(s3, BUCKET, [], run_id=run_id)
        download.fetch(RunFolder(Bucket(s3, BUCKET), run_id), tmp_path)
    assert (tmp_path / "latest").readlink() == Path("20261125T000000Z-abcdef")
    assert sorted(path.name for path in tmp_path.iterdir()) == [RUN_ID, "20261125T000000Z-abcdef", "latest"]


def test_latest_does_not_move_back_to_an_older_run(s3: Any, tmp_path: Path) -> None:
    newer = "20261125T000000Z-abcdef"
    for run_id in (newer, RUN_ID):
        put(s3, BUCKET, [], run_id=run_id)
        download.fetch(RunFolder(Bucket(s3, BUCKET), run_id), tmp_path)
    assert (tmp_path / "latest").readlink() == Path(newer)
    shutil.rmtree(tmp_path / newer)
    download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path)
    assert (tmp_path / "latest").readlink() == Path(RUN_ID), "the newer one is not there any more"


def test_a_report_that_is_not_whole_does_not_become_latest(s3: Any, tmp_path: Path) -> None:
    put(s3, BUCKET, [])
    s3.delete_object(Bucket=BUCKET, Key=f"runs/{RUN_ID}/report.csv")
    with pytest.raises(Ending, match=r"s3://bucket/runs/.*/report\.csv does not exist: see the log of the aggregate function") as caught:
        download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path)
    assert caught.value.code is ExitCode.FAILED
    assert not (tmp_path / "latest").exists()


def test_a_bucket_that_is_not_there_is_told_in_one_line(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(Ending, match="does not exist"):
        download.fetch(RunFolder(Bucket(s3, "another-bucket"), RUN_ID), tmp_path)


def test_the_summary_is_read_where_it_lies(s3: Any) -> None:
    put(s3, BUCKET, [finding(1, 12.0)])
    assert download.read_summary(RunFolder(Bucket(s3, BUCKET), RUN_ID)) == summary([finding(1, 12.0)])
    with pytest.raises(Ending, match="the summary of run r2 cannot be read"):
        download.read_summary(RunFolder(Bucket(s3, BUCKET), "r2"))


@pytest.mark.parametrize("blocked", [RUN_ID, "latest"])
def test_a_place_that_cannot_be_written_names_the_option(s3: Any, tmp_path: Path, blocked: str) -> None:
    put(s3, BUCKET, [])
    if blocked == "latest":
        (tmp_path / "latest" / "something").mkdir(parents=True)
    else:
        (tmp_path / blocked).write_text("a file where the folder should be")
    with pytest.raises(Ending, match="name another folder with --out"):
        download.fetch(RunFolder(Bucket(s3, BUCKET), RUN_ID), tmp_path)
