"""`make test-sfn-local`: the tests of test_flow_cases.py on AWS's Step Functions Local.

Where no Docker engine runs it says so in one line and exits 0, so that a build may always call it; where one runs and the image cannot be
had or does not start, it fails.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.statemachine.engines import ASKED_FOR, LOCAL, no_docker

TESTS = Path(__file__).with_name("test_flow_cases.py")


def main(arguments: Sequence[str] = ()) -> int:
    """Run them; `arguments` are pytest's. The exit code."""
    if missing := no_docker():
        print(f"Step Functions Local was not tried: {missing}")
        return 0
    os.environ[ASKED_FOR] = "1"
    return int(pytest.main([str(TESTS), "-k", LOCAL, *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
