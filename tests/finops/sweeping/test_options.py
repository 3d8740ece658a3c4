"""Options and files become the state machine's input, or a refusal that names the key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from finops.ending import Ending, ExitCode
from finops.sweeping import options

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()


def written(folder: Path, text: str) -> Path:
    file = folder / "sweep.json"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("given", "built"),
    [
        ({}, {}),
        ({"regions": ["all"], "accounts": ["self"], "types": ["all"]}, {"regions": "all", "accounts": "self", "resource_types": "all"}),
        ({"regions": ["us-east-1,eu-west-1", "us-west-2"]}, {"regions": ["us-east-1", "eu-west-1", "us-west-2"]}),
        ({"regions": [" us-east-1 , "]}, {"regions": ["us-east-1"]}),
        ({"accounts": ["self,111122223333"]}, {"accounts": ["self", "111122223333"]}),
        ({"types": ["ebs:volume"]}, {"resource_types": ["ebs:volume"]}),
        ({"days": "30", "min_coverage": "0.5"}, {"analysis_period_days": 30, "min_coverage": 0.5}),
        ({"analyze": False}, {"analyze": False}),
        ({"as_of": YESTERDAY}, {"as_of": YESTERDAY}),
    ],
)
def test_options_become_keys(given: dict[str, Any], built: dict[str, Any]) -> None:
    assert options.build(**given) == built


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"days": "0"}, ["analysis_period_days", "greater than or equal to 1"]),
        ({"days": "366"}, ["analysis_period_days", "less than or equal to 365"]),
        ({"days": "soon"}, ["analysis_period_days", "integer", "'soon'"]),
        ({"days": "1.5"}, ["analysis_period_days", "integer"]),
        ({"min_coverage": "1.01"}, ["min_coverage", "less than or equal to 1"]),
        ({"accounts": ["1234"]}, ["accounts", "12-digit"]),
        ({"types": ["ebs:volumes"]}, ["resource_types", "'ebs:volumes'", "ebs:volume"]),
        ({"as_of": "yesterday"}, ["as_of", "'yesterday'"]),
        ({"regions": [","]}, ["regions", '"all" or a list']),
    ],
)
def test_a_wrong_option_names_its_key_and_what_is_allowed(given: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(Ending) as caught:
        options.build(**given)
    assert caught.value.code is ExitCode.BAD_INPUT
    assert [name for name in [*names, "nothing was started"] if name not in str(caught.value)] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_as_windows_writes_it(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "sweep.json"
    file.write_bytes('{"regions":\r\n["eu-west-1"]}\r\n'.encode(encoding))
    assert options.build(file=file) == {"regions": ["eu-west-1"]}


def test_options_override_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps({"regions": "all", "min_coverage": 0.5}))
    assert options.build(file=file, regions=["us-east-1"]) == {"regions": ["us-east-1"], "min_coverage": 0.5}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"regions": ', "is not JSON"),
        ("[]", "must hold a JSON object"),
        ('{"regoins": ["us-east-1"]}', "unknown key 'regoins'; allowed keys are: accounts, regions"),
    ],
)
def test_a_file_that_is_no_input_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(Ending, match="nothing was started") as caught:
        options.build(file=written(tmp_path, text))
    assert reason in str(caught.value)
    assert caught.value.code is ExitCode.BAD_INPUT


def test_a_file_that_is_binary_or_missing_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for file, reason in ((binary, "is not JSON"), (tmp_path / "none.json", "No such file")):
        with pytest.raises(Ending, match=reason):
            options.build(file=file)
