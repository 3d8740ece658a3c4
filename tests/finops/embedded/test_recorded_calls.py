"""The embedded AWS's own record of what was asked of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finops.embedded import recorded_calls


def test_each_decision_is_a_line_with_who_asked_for_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(recorded_calls.FILE, str(tmp_path / "calls"))
    (tmp_path / "calls").touch()
    decide = recorded_calls.recorded(lambda key, action, *_, **__: None if action == "ec2:DescribeVolumes" else "denied")
    assert decide("AKIA1", "ec2:DescribeVolumes", "ec2", "us-east-1", resource_arn="*") is None
    assert decide("AKIA1", "ec2:DeleteVolume", "ec2", "us-east-1", resource_arn="*") == "denied"
    assert [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()] == [
        {"key": "AKIA1", "action": "ec2:DescribeVolumes", "allowed": True},
        {"key": "AKIA1", "action": "ec2:DeleteVolume", "allowed": False},
    ]


@pytest.mark.parametrize("named", [True, False])
def test_without_a_file_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool) -> None:
    monkeypatch.setenv(recorded_calls.FILE, str(tmp_path / "calls") if named else "")
    monkeypatch.chdir(tmp_path)
    recorded_calls.note("AKIA1", "ec2:DescribeVolumes", allowed=True)
    assert list(tmp_path.iterdir()) == []


def test_a_session_ends_when_it_is_ended_and_no_other_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = tmp_path / "calls"
    monkeypatch.setenv(recorded_calls.FILE, str(record))
    record.touch()
    resolve = recorded_calls.expiring(lambda key, *_, **__: f"who has {key}")
    assert resolve("ASIA1", "111111111111") == "who has ASIA1"
    recorded_calls.expire(record, "ASIA1")
    assert resolve("ASIA1", "111111111111").code == "ExpiredTokenException"
    assert [resolve("ASIA2"), resolve("")] == ["who has ASIA2", "who has "]
    record.unlink()
    assert resolve("ASIA1") == "who has ASIA1", "the record is over"
