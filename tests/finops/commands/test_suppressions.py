"""The group of commands about suppressions."""

from __future__ import annotations

import pytest

from finops import cli


@pytest.mark.parametrize("words", [["suppress"], *(["suppressions", name] for name in ("list", "check", "stop"))])
def test_each_has_examples_and_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*words, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(word in shown for word in (f"finops {' '.join(words)} ", "Examples", "Exit codes"))
