"""What a run compared with, as its folder has it: of an earlier version nothing, and a broken file is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdk_app.settings import settings
from finops.ending import Ending, ExitCode
from finops.explaining import kept_limits
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.functions.folder_bucket import FolderBucket


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(Bucket(FolderBucket(tmp_path), "b"), "20261124T160402Z-1f3c9a")


def test_it_is_read_as_plan_wrote_it(folder: RunFolder) -> None:
    assert kept_limits.of_run(folder) is None
    rule = Rule(check_id="ebs-idle-volume", where="f", enabled=False)
    folder.bucket.put_json(folder.checks, Snapshot({"a.b": 1.0}, 7, [rule]).as_json())
    found = kept_limits.of_run(folder)
    assert found is not None
    assert (found.overrides, found.window_days, found.rules) == ({"a.b": 1.0}, 7, [rule])


@pytest.mark.parametrize("content", ["{}", "[]", '{"rules": [{"x": 1}]}', '{"rules": 3}'])
def test_what_is_not_as_it_was_written_is_said(folder: RunFolder, content: str) -> None:
    folder.bucket.put(folder.checks, content.encode(), "application/json")
    with pytest.raises(Ending, match=re.escape(f"{folder.checks} is not as it was written")) as ended:
        kept_limits.of_run(folder)
    assert ended.value.code is ExitCode.FAILED


def test_the_setting_of_this_folder_is_in_force_without_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "cdk_context", lambda: {"finops": {"thresholds": {"ec2-idle-instance.max_cpu_percent": 9}}})
    assert kept_limits.of_this_folder().overrides == {"ec2-idle-instance.max_cpu_percent": 9}
    monkeypatch.setattr(settings, "cdk_context", lambda: {"finops": {"thresholds": {"no.such": 9}}})
    with pytest.raises(Ending, match=r"no\.such") as ended:
        kept_limits.of_this_folder()
    assert ended.value.code is ExitCode.BAD_INPUT
