"""A finding by the beginning of its id: streamed from what the run kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from finops.ending import Ending, ExitCode
from finops.explaining import stored
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions.folder_bucket import FolderBucket

A, B, C = "abcdef" + "0" * 26, "abcdef" + "1" * 26, "123456" + "7" * 26


def finding(finding_id: str, **more: Any) -> dict[str, Any]:
    named = {"check_id": "a-check", "resource_name": "", "resource_id": "vol-1", "resource_arn": "arn:1", "counted_by": None}
    return {"finding_id": finding_id, **named, **more}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(Bucket(FolderBucket(tmp_path), "b"), "20261124T160402Z-1f3c9a")
    put(made, made.ranked, finding(A), finding(B, counted_by=C, resource_arn="arn:2"), finding(C, resource_arn="arn:2"))
    put(made, made.resolved)
    return made


def put(folder: RunFolder, key: str, *found: dict[str, Any]) -> None:
    lines = b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in found)
    folder.bucket.put(key, gzip.compress(lines), "application/gzip")


@pytest.mark.parametrize(
    ("asked", "is_one"),
    [
        ("abcdef", True),
        (A, True),
        ("abcde", False),
        (A + "0", False),
        ("abcdeg", False),
        ("ABCDEF", False),
        ("", False),
        ("arn:aws", False),
    ],
)
def test_six_digits_are_enough(asked: str, is_one: bool) -> None:
    assert stored.is_id(asked) is is_one


def test_it_is_found_by_its_id_or_what_begins_no_other(folder: RunFolder) -> None:
    assert stored.find(folder, A)[0]["finding_id"] == A
    assert stored.find(folder, "1234567")[0]["finding_id"] == C
    found, by = stored.find(folder, "abcdef1")
    assert by is not None
    assert (found["finding_id"], by["finding_id"]) == (B, C)


def test_what_begins_several_is_refused_with_their_names(folder: RunFolder) -> None:
    with pytest.raises(Ending, match=rf"'abcdef' begins the ids of several findings: {A} \(a-check of vol-1\), {B} \(a-check of") as ended:
        stored.find(folder, "abcdef")
    assert ended.value.code is ExitCode.BAD_INPUT
    put(folder, folder.ranked, *(finding(f"abcdef{number:026}") for number in range(9)))
    with pytest.raises(Ending) as ended:
        stored.find(folder, "abcdef")
    assert str(ended.value).count("a-check") == 5
    assert str(ended.value).endswith(", …")


def test_an_id_in_another_place_of_a_finding_is_not_its_own(folder: RunFolder) -> None:
    """B names C; asked for C, B is not meant."""
    assert stored.find(folder, C)[0]["finding_id"] == C


def test_what_there_is_not_is_refused_and_what_is_resolved_is_said(folder: RunFolder) -> None:
    with pytest.raises(Ending, match="has no finding 'ffffff'") as ended:
        stored.find(folder, "ffffff")
    assert ended.value.code is ExitCode.BAD_INPUT
    put(folder, folder.resolved, finding("f" * 32, last_seen="2026-11-01T00:00:00+00:00"))
    with pytest.raises(Ending, match=r"\(a-check of arn:1\) is resolved since run .*: last seen 2026-11-01"):
        stored.find(folder, "ffffff")


def test_the_findings_of_a_resource_are_those_with_its_arn(folder: RunFolder) -> None:
    assert [one["finding_id"] for one in stored.of_resource(folder, "arn:2")] == [B, C]
    assert stored.of_resource(folder, "arn:") == []
