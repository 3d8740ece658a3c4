"""Logs are JSON for CloudWatch, and text for a terminal."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """from functions.core.telemetry import logger
logger.append_keys(run_id='r1')
logger.info('unit done', findings=3)
logger.debug('quiet')
"""


def logged(script: str = SCRIPT, **environment: str) -> str:
    """What a fresh process logs: the logger is set up when the module is imported."""
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env={"PYTHONPATH": ".", **environment}, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    return ended.stdout


def test_json_lines_carry_the_keys_of_the_run() -> None:
    line = json.loads(logged())
    assert (line["message"], line["run_id"], line["findings"], line["service"], line["level"]) == (
        "unit done",
        "r1",
        3,
        "finops-analyzer",
        "INFO",
    )


def test_text_is_for_a_terminal() -> None:
    assert logged(LOG_FORMAT="text") == "INFO unit done run_id=r1 findings=3\n"


def test_the_text_of_a_failure_has_its_trace() -> None:
    script = "from functions.core.telemetry import logger\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logger.exception('it failed')"
    words = logged(script, LOG_FORMAT="text")
    assert words.splitlines()[0] == "ERROR it failed"
    assert words.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 2), ("INFO", 1), ("ERROR", 0)])
def test_the_level_is_the_environments(level: str, lines: int) -> None:
    assert len(logged(LOG_LEVEL=level).splitlines()) == lines
