"""A sweep of one's own account, from the command to the report: another embedded AWS stands for the real one, on the same machine."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded import recorded_calls
from tests.e2e import own_account

RESOURCES = 1_500
GOAL_SECONDS = 30.0
"""After set-up: once the template of this version is synthesised."""
REGIONS = ("us-east-1", "us-west-2")


def seconds() -> tuple[float, int]:
    """Of the second command, and how many resources it saw. RuntimeError with what a command wrote that did not end well."""
    with TemporaryDirectory() as folder:
        record = Path(folder) / "calls.jsonl"
        with embedded.start(variables={recorded_calls.FILE: str(record)}, accounts=("111111111111",), regions=REGIONS) as aws:
            made = fleet.seed(aws, resources=RESOURCES)
            reader = own_account.reader(aws, Path(folder), record)
            words = ("sweep", "--yes", "--regions", ",".join(REGIONS), "--as-of", made.as_of.isoformat())
            for _ in range(2):
                began = time.monotonic()
                code, said = reader.type(*words)
                took = time.monotonic() - began
                if code:
                    raise RuntimeError(f"the sweep ended with {code}:\n{said}")
            return took, int(reader.report()["totals"]["resources"])
