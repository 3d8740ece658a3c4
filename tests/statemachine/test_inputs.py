"""The start inputs that can be copied: Plan takes each of them, and each does what it is called after and nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.core.plan.request import SweepRequest, parse

FOLDER = Path(__file__).parents[2] / "statemachine" / "inputs"
Says = Callable[[SweepRequest], object]
NAMED_FOR: dict[str, tuple[set[str], Says]] = {
    "everything": (set(), lambda asked: asked == SweepRequest()),
    "one-region": ({"regions", "analysis_period_days"}, lambda asked: len(asked.regions) == 1),
    "one-type": ({"resource_types"}, lambda asked: len(asked.resource_types) == 1),
    "organization": ({"accounts"}, lambda asked: not isinstance(asked.accounts, str | list)),
    "resume": ({"resume"}, lambda asked: asked.resume),
}
"""Name → the keys that it sets, and what they have to come to."""


def given(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_each_of_them_is_known_here() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMED_FOR)


@pytest.mark.parametrize("name", NAMED_FOR)
def test_plan_takes_it_and_it_does_what_its_name_says(name: str) -> None:
    keys, says = NAMED_FOR[name]
    asked = parse(given(name))
    assert set(given(name)) == asked.model_fields_set == keys
    assert says(asked)
