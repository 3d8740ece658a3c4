"""The synth in a process of its own ends with its owner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_it_ends_when_its_owner_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "finops.embedded.synth", str(tmp_path / "out"), '{"account": "111111111111", "region": "us-east-1"}'],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as synth:
        assert synth.stdin
        synth.stdin.close()
        assert synth.wait(60) == 1
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_setting_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    settings = '{"account": "111111111111", "region": "us-east-1", "max_concurency": 3}'
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "finops.embedded.synth", str(tmp_path / "out"), settings],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as synth:
        assert synth.wait(60) == 1
        assert synth.stderr
        assert b"unknown key 'max_concurency'" in synth.stderr.read()
