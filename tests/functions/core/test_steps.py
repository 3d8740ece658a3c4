"""Steps of a command: joined so that one that fails stops the rest, in the shells that people paste into."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from functions.core.steps import steps, still, would

SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
AWS = """aws() {
  echo "$*" >> "$LOG"
  case "$*" in
    *refused*) echo 'An error occurred (UnauthorizedOperation)' >&2; return 254 ;;
    *--dry-run*) echo 'An error occurred (DryRunOperation) when calling it' >&2; return 254 ;;
    *fails*) return 254 ;;
    *asks*) echo "$ANSWER" ;;
  esac
}
"""
"""What stands in for the AWS CLI: it writes down what it is asked."""


def ran(shell: str, command: str, log: Path, answer: str = "") -> tuple[list[str], bool]:
    """What reached the AWS CLI, and whether the shell was still there afterwards."""
    script = f"{AWS}\n{command}\necho 'the shell is open'\n"
    done = subprocess.run(  # noqa: S603  # a shell, with what the product writes
        [shell],
        input=script,
        env={"LOG": str(log), "ANSWER": answer, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (log.read_text(encoding="utf-8").splitlines() if log.exists() else []), "the shell is open" in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("given", "answer", "asked"),
    [
        ("aws one", "", ["one"]),
        (("aws one", "aws two"), "", ["one", "two"]),
        (("aws fails", "aws two"), "", ["fails"]),
        ((still("aws asks", "running"), "aws two"), "running", ["asks --output text", "two"]),
        ((still("aws asks", "running"), "aws two"), "stopped", ["asks --output text"]),
        ((still("aws fails", "0"), "aws two"), "", ["fails --output text"]),
        ((would("aws change"), "aws change"), "", ["change --dry-run", "change"]),
        ((would("aws refused"), "aws refused"), "", ["refused --dry-run"]),
    ],
)
def test_a_step_that_fails_stops_the_rest(shell: str, given: str | tuple[str, ...], answer: str, asked: list[str], tmp_path: Path) -> None:
    assert ran(shell, steps(given), tmp_path / "log", answer) == (asked, True)
