"""What of others runs in the page is what its package has, to the byte: pinned by version and hash in vendored.json."""

from __future__ import annotations

import hashlib
import json

import pytest

from functions.core.report.as_html import FOLDER, SCRIPTS

BROWSER = FOLDER / "browser"
PINS = json.loads((BROWSER / "vendored.json").read_text(encoding="utf-8"))


def test_every_script_is_ours_or_pinned() -> None:
    assert {name for name in SCRIPTS if name not in PINS} == {"model.js", "findings.js"}


@pytest.mark.parametrize("name", sorted(PINS))
def test_a_vendored_file_is_the_one_that_is_pinned(name: str) -> None:
    content, pin = (BROWSER / name).read_bytes(), PINS[name]
    assert hashlib.sha256(content).hexdigest() == pin["sha256"]
    assert f"v{pin['version']} ".encode() in content[:200]
    licence = (BROWSER / f"{name.partition('.')[0]}.LICENSE.txt").read_text(encoding="utf-8")
    assert "Apache License" in licence
