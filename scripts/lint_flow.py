"""Lint statemachine/finops_sweep.asl.json with statelint: dangling `Next`s, unknown fields, what JSONPath allows where.

python -m scripts.lint_flow        exit 1 with the problems, one a line
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

from statelint.linter import Linter

FLOW = Path(__file__).parents[1] / "statemachine" / "finops_sweep.asl.json"


def problems(flow: dict[str, Any]) -> list[str]:
    """What statelint says, but for one field that AWS has and statelint does not know: ReaderConfig.InputType.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
    """
    known_to_statelint = copy.deepcopy(flow)
    _forget_input_type(known_to_statelint)
    found: list[str] = Linter.validate(known_to_statelint)
    return found


def _forget_input_type(flow: dict[str, Any]) -> None:
    for state in flow.get("States", {}).values():
        state.get("ItemReader", {}).get("ReaderConfig", {}).pop("InputType", None)
        for branch in state.get("Branches", ()):
            _forget_input_type(branch)


def main() -> int:
    found = problems(json.loads(FLOW.read_text(encoding="utf-8")))
    for problem in found:
        print(f"{FLOW.name}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
