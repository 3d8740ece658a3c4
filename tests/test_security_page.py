"""docs/security.md: the tests that it names exist, and each threat names some."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_house_rules import nothing, tree

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
THREATS = (
    "Confused deputy",
    "Hostile tags",
    "Prompt injection",
    "Lent credentials",
    "Report access",
    "Poisoned price file",
    "Poisoned suppression file",
)


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 30
    nothing(f"{path}::{name}" for path, name in NAMED if not (ROOT / path).exists() or name not in functions_of(path))


def functions_of(path: str) -> set[str]:
    return {node.name for node in tree(Path(path)).body if hasattr(node, "name")}


def test_each_threat_names_the_tests_that_cover_it() -> None:
    parts = dict(re.findall(r"^\*\*([^*]+)\.\*\* (.*?)(?=^\*\*|^## )", PAGE, re.DOTALL | re.MULTILINE))
    assert [threat for threat in THREATS if threat not in parts] == []
    assert [threat for threat, said in parts.items() if "::test_" not in said] == []
