"""One bucket is there again the next time, with all that was acknowledged, and nothing else is written anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ministack.core.responses import get_account_id
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS
from finops.embedded.ministack import kept as ministack_kept
from finops.embedded.servers import Kept

KEPT, OTHER = "finops-analyzer", "assets"
HANDLERS = provisioners._RESOURCE_HANDLERS[ministack_kept.TYPE]
REPLACED = ("_persist_object", "_create_bucket")


@pytest.fixture
def ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is by itself, also afterwards, and without a bucket."""
    for name in ("S3_PERSIST", "DATA_DIR", *REPLACED):
        monkeypatch.setattr(s3, name, getattr(s3, name))
    monkeypatch.setitem(HANDLERS, "create", HANDLERS["create"])
    monkeypatch.setattr(s3._buckets, "_data", {})
    for name in (ministack_kept.BUCKET, ministack_kept.FOLDER):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(ministack: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the objects lie of the one bucket that is kept, of the account of a request."""
    monkeypatch.setenv(ministack_kept.BUCKET, KEPT)
    monkeypatch.setenv(ministack_kept.FOLDER, str(tmp_path))
    ministack_kept.put_right()
    account: str = get_account_id()
    return tmp_path / account / KEPT


def create(name: str) -> str:
    """As a template creates a bucket."""
    physical, _ = HANDLERS["create"]("Bucket", {"BucketName": name}, "stack")
    return str(physical)


def put(name: str, key: str, body: bytes, **headers: str) -> None:
    status, *_ = s3._put_object(name, key, body, headers)
    assert status == 200


def get(name: str, key: str) -> tuple[int, str, bytes]:
    status, headers, body = s3._get_object(name, key, {})
    return status, headers.get("Content-Type", ""), body


def another_time() -> None:
    """ministack has ended, however that was, and begins anew."""
    s3._buckets._data.clear()


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_the_bucket_that_is_kept_is_empty_at_first_and_has_everything_the_next_time(folder: Path) -> None:
    assert create(KEPT) == KEPT
    assert get(KEPT, "runs/r1/report.html")[0] == 404
    put(KEPT, "runs/r1/report.html", b"<html>", **{"content-type": "text/html; charset=utf-8"})
    put(KEPT, "history/a.jsonl.gz", b"\x00\xff")
    another_time()
    create(KEPT)
    assert get(KEPT, "runs/r1/report.html") == (200, "text/html; charset=utf-8", b"<html>")
    assert get(KEPT, "history/a.jsonl.gz")[2] == b"\x00\xff"
    assert sorted(s3._buckets[KEPT]["objects"]) == ["history/a.jsonl.gz", "runs/r1/report.html"]


def test_what_was_acknowledged_lies_there_as_it_is_called(folder: Path) -> None:
    create(KEPT)
    put(KEPT, "config/suppressions.toml", b"[[suppress]]")
    assert (folder / "config" / "suppressions.toml").read_bytes() == b"[[suppress]]"
    assert files(folder) == ["config/suppressions.toml", "config/suppressions.toml.meta.json"]
    put(KEPT, "config/suppressions.toml", b"")
    assert (folder / "config" / "suppressions.toml").read_bytes() == b""


def test_a_file_that_somebody_laid_there_is_an_object(folder: Path) -> None:
    """The user's own suppressions, or what was brought from another machine."""
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "suppressions.toml").write_bytes(b"[[suppress]]")
    create(KEPT)
    assert get(KEPT, "config/suppressions.toml")[::2] == (200, b"[[suppress]]")


def test_what_was_deleted_stays_deleted(folder: Path) -> None:
    create(KEPT)
    put(KEPT, "cache/cost/1.json.gz", b"x")
    put(KEPT, "cache/cost/2.json.gz", b"y")
    s3._delete_object(KEPT, "cache/cost/1.json.gz", {})
    another_time()
    create(KEPT)
    assert [get(KEPT, f"cache/cost/{number}.json.gz")[0] for number in (1, 2)] == [404, 200]


def test_of_another_bucket_nothing_is_written_and_it_works_all_the_same(folder: Path) -> None:
    create(OTHER)
    s3._create_bucket("by-a-request", b"", {})
    for name in (OTHER, "by-a-request"):
        put(name, "code.zip", b"zip")
        assert get(name, "code.zip")[2] == b"zip"
    root = folder.parent.parent
    assert [path for path in root.rglob("*") if OTHER in path.name or "by-a-request" in path.name] == []
    another_time()
    create(OTHER)
    assert get(OTHER, "code.zip")[0] == 404


def test_the_bucket_of_another_account_is_another_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(KEPT)
    put(KEPT, "runs/r1/report.html", b"x")
    another_time()
    monkeypatch.setattr(ministack_kept, "get_account_id", lambda: "999988887777")
    create(KEPT)
    assert s3._buckets[KEPT]["objects"] == {}
    assert (folder / "runs" / "r1" / "report.html").exists()


def test_only_an_empty_folder_of_another_bucket_is_removed(ministack: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(s3, "DATA_DIR", str(tmp_path))
    account = tmp_path / get_account_id()

    def made(name: str, body: bytes = b"") -> str:
        (account / name).mkdir(parents=True, exist_ok=True)
        return f"made {name} {body.decode()}"

    create_bucket = ministack_kept.without_folder(KEPT, made)
    (account / "full").mkdir(parents=True)
    (account / "full" / "of.txt").touch()
    assert [create_bucket(name, body=b"so") for name in (KEPT, OTHER, "full")] == [f"made {name} so" for name in (KEPT, OTHER, "full")]
    assert sorted(path.name for path in account.iterdir()) == [KEPT, "full"]


@pytest.mark.parametrize(("bucket", "written"), [(KEPT, [(KEPT, "key", b"")]), (OTHER, []), (f"{KEPT}-2", [])])
def test_an_object_is_persisted_where_it_is_of_the_bucket(bucket: str, written: list[Any]) -> None:
    persisted: list[Any] = []
    ministack_kept.only(KEPT, lambda *given: persisted.append(given))(bucket, "key", b"")
    assert persisted == written


def test_where_nothing_is_to_be_kept_ministack_is_as_it_was(ministack: None) -> None:
    before = [getattr(s3, name) for name in REPLACED], HANDLERS["create"], s3.S3_PERSIST
    ministack_kept.put_right()
    assert ([getattr(s3, name) for name in REPLACED], HANDLERS["create"], s3.S3_PERSIST) == before


def test_the_server_is_told_which_bucket_and_where(tmp_path: Path) -> None:
    def told(kept: Kept | None) -> dict[str, str]:
        given = servers._servers([1, 2], "http://127.0.0.1:1", "http://127.0.0.1:2", ACCOUNTS[0], REGIONS[0], None, None, kept)
        environment: dict[str, str] = given["ministack"]["environment"]
        return environment

    assert told(Kept(KEPT, tmp_path)).items() - told(None).items() == {
        (ministack_kept.BUCKET, KEPT),
        (ministack_kept.FOLDER, str(tmp_path)),
    }
    assert str(tmp_path) not in json.dumps(told(None))
