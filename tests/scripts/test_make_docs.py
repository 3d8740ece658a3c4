"""Each page is written where it belongs, and --check notices when it differs from the code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import make_docs, readme_sample


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two pages instead of the real ones, in a folder of their own."""
    monkeypatch.setattr(make_docs, "ROOT", tmp_path)
    monkeypatch.setattr(make_docs, "PAGES", {"ONE.md": lambda: "# One\n", "TWO.md": lambda: "# Two\n"})
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["make_docs", *arguments])
    return make_docs.main()


def test_check_tells_stale_from_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(monkeypatch, "--check") == 1
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert list(folder.iterdir()) == []
    assert run(monkeypatch) == 0
    capsys.readouterr()
    assert run(monkeypatch, "--check") == 0
    assert capsys.readouterr().out == ""
    page = folder / "TWO.md"
    page.write_text(page.read_text() + "edited by hand")
    assert run(monkeypatch, "--check") == 1
    said = capsys.readouterr().out
    assert said.startswith("TWO.md differs")
    assert "make docs" in said
    assert "ONE.md" not in said


def test_the_pages_are_those_that_say_they_are_generated_and_readme() -> None:
    docs = (make_docs.ROOT / "docs").glob("*.md")
    pages = {f"docs/{path.name}" for path in docs if "by `make docs`; edit the code, not this page" in path.read_text()}
    assert {*pages, "README.md"} == set(make_docs.PAGES)


def test_another_sweep_of_the_sample_fleet_is_taken_over(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    taken: list[Path] = []
    monkeypatch.setattr(readme_sample, "take", taken.append)
    assert run(monkeypatch, "--sample", "out/latest/report.json") == 0
    assert taken == [Path("out/latest/report.json")]
    assert (folder / "ONE.md").exists()
