"""config/checks.toml: what is right is read, and all that is wrong is said at once, with its place and what is allowed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidInput
from functions.core.store.bucket import Bucket
from functions.core.tuning import file
from functions.core.tuning.file import KEY, load, parse
from tests.functions.folder_bucket import FolderBucket

GOOD = """
[[check]]
id = "ec2-idle-instance"
enabled = false
account = "111122223333"

[[check]]
id = "ec2-idle-instance"
tag = "env=dev"
[check.thresholds]
max_cpu_percent = 3
window_days = 7.5
"""


def test_what_it_says_is_read() -> None:
    first, second = parse(GOOD)
    assert (first.check_id, first.where, first.enabled, first.account, first.tag) == (
        "ec2-idle-instance", f"{KEY}: check 1, line 2", False, "111122223333", "",
    )  # fmt: skip
    assert (second.enabled, second.tag, second.thresholds) == (None, "env=dev", {"max_cpu_percent": 3.0, "window_days": 7.5})


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        ('id = "ec2-idle-instances"\nenabled = false', "id: there is no check 'ec2-idle-instances'; 'ec2-idle-instance'"),
        ("id = 3\nenabled = false", "id: there is no check 3; allowed are: "),
        ("enabled = false", "id is missing"),
        ('id = "ebs-idle-volume"', "it says nothing: give enabled (true or false) or [check.thresholds]"),
        ('id = "ebs-idle-volume"\n[check.thresholds]', "it says nothing"),
        ('id = "ebs-idle-volume"\nenabled = "no"', "enabled must be true or false, not 'no'"),
        ('id = "ebs-idle-volume"\nenable = false', "unknown key 'enable'; allowed are: id, enabled, thresholds, account, tag"),
        ('id = "ebs-idle-volume"\nenabled = false\naccount = "1111"', "account: '1111' is no account; allowed are ids of 12 digits"),
        ('id = "ebs-idle-volume"\nenabled = false\naccount = 111122223333', "account: 111122223333 is no account; allowed are ids of 12"),
        ('id = "ebs-idle-volume"\nenabled = false\ntag = "=dev"', 'tag must be "key" or "key=value", not \'=dev\''),
        ('id = "ebs-idle-volume"\nenabled = false\ntag = ""', 'tag must be "key" or "key=value"'),
        ('id = "ebs-idle-volume"\nthresholds = 3', "thresholds must be a table of numbers, not 3"),
        (
            'id = "ebs-idle-volume"\n[check.thresholds]\nmax_ops = 3',
            "thresholds.max_ops: ebs-idle-volume has no such threshold; 'max_ops_per_day' is meant? allowed are: window_days",
        ),
        (
            'id = "rds-multi-az-non-production"\n[check.thresholds]\nx = 3',
            "thresholds.x: rds-multi-az-non-production has no such threshold; it",
        ),
        ('id = "ec2-idle-instance"\n[check.thresholds]\nmax_cpu_percent = 101', "thresholds.max_cpu_percent must be 0 to 100, not 101"),
        ('id = "ec2-idle-instance"\n[check.thresholds]\nwindow_days = 0', "thresholds.window_days must be 1 or more, not 0"),
        ('id = "ec2-idle-instance"\n[check.thresholds]\nwindow_days = true', "thresholds.window_days must be a number, not True"),
        ('id = "ec2-idle-instance"\n[check.thresholds]\nwindow_days = inf', "thresholds.window_days must be a number, not inf"),
        ('id = "ec2-idle-instance"\n[check.thresholds]\nwindow_days = "7"', "thresholds.window_days must be a number, not '7'"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_is_allowed(entry: str, mistake: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(f"[[check]]\n{entry}\n", "mine.toml")
    assert f"mine.toml: check 1, line 1: {mistake}" in str(refused.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse('[[check]]\nid = "x"\nenabled = 1\naccount = "7"\n[[check]]\nenabled = true\n' + GOOD + GOOD)
    for mistake in (
        "check 1, line 1: id: there is no check 'x'",
        "check 1, line 1: enabled must be true or false, not 1",
        "check 1, line 1: account: '7' is no account",
        "check 2, line 5: id is missing",
        "check 5, line 20: enabled of ec2-idle-instance (account 111122223333) is said in check 3, line 8 too",
        "check 6, line 25: window_days of ec2-idle-instance (tag env=dev) is said in check 4, line 13 too",
    ):
        assert f"{KEY}: {mistake}" in str(refused.value)


def test_what_is_said_twice_of_the_same_resources_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(GOOD + '[[check]]\nid = "ec2-idle-instance"\ntag = "env=dev"\n[check.thresholds]\nmax_cpu_percent = 9\n')
    assert str(refused.value) == (
        f"{KEY}: check 3, line 13: max_cpu_percent of ec2-idle-instance (tag env=dev) is said in check 2, line 7 too"
    )


def test_no_more_entries_than_a_unit_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MOST", 1)
    with pytest.raises(InvalidInput, match=r"2 tables \[\[check\]\]; at most 1 are allowed"):
        parse(GOOD)


def test_no_file_says_nothing_and_one_of_windows_is_read(tmp_path: Path) -> None:
    bucket = Bucket(FolderBucket(tmp_path), "b")
    assert load(bucket) == []
    bucket.put(KEY, GOOD.replace("\n", "\r\n").encode("utf-16"), "text/plain")
    assert load(bucket) == parse(GOOD)
    bucket.put(KEY, b"\xff", "text/plain")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        load(bucket)


@given(st.text())
def test_whatever_is_in_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert parse(text) == []
