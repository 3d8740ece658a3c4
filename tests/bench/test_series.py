"""The unit of many instances that the bench measures, with few of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench import series


@pytest.mark.parametrize(("kind", "fine", "oversized"), [("worst", 10, 10), ("typical", 1, 7)])
def test_the_long_series_is_read_where_the_hours_leave_it_open(kind: str, fine: int, oversized: int) -> None:
    """Of ten: all are open, or the first; three are too busy by their hours."""
    command = [sys.executable, "-m", "tests.bench.series", kind, "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603  # our own interpreter
    said = json.loads(done.stdout.splitlines()[-1])
    assert kind in series.KINDS
    assert (said["outcome"], said["findings"]["ec2-oversized-instance"]) == ("ok", oversized)
    hours, days, six = 10 * 336, 10 * 14, oversized * 6 * 14
    idle = 2 * 14 * (said["findings"].get("ec2-idle-instance", 0))
    assert said["datapoints"] == hours + days + six + idle + fine * 4032
