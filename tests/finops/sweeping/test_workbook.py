"""The workbook: numbers are numbers, every text is a text, and each row has its place."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from finops.ending import Ending
from finops.sweeping import excerpts, workbook
from finops.sweeping.excerpts import Format
from tests.functions import sweeps
from tests.functions.core.report.excerpts import runs

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.written(tmp_path_factory.mktemp("bucket"))


def cells(path: Path, sheet: int = 1) -> tuple[list[dict[str, str]], list[list[tuple[str, str]]]]:
    """Each cell with its type: the header's as texts, and the rows."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314  # our own file
    rows: list[list[tuple[str, str]]] = []
    for row in root.iter(f"{SHEET}row"):
        rows.append([])
        for cell in row.iter(f"{SHEET}c"):
            assert cell.find(f"{SHEET}f") is None, "no cell is a formula"
            text = "".join(one.text or "" for one in cell.iter(f"{SHEET}t"))
            number = cell.find(f"{SHEET}v")
            name = re.sub(r"\d", "", cell.attrib["r"])
            rows[-1].append((name, text if number is None else f"number {number.text}"))
    return [dict(row) for row in rows], rows


def test_a_workbook_has_numbers_first_and_every_text_as_a_text(folder: Path, tmp_path: Path) -> None:
    path, _ = excerpts.write(folder, Format.EXCEL, "web", None, tmp_path / "web.xlsx")
    (header, *rows), _ = cells(path)
    assert [*header.values()] == [*workbook.WIDTHS]
    column = {name: letter for letter, name in header.items()}
    first = rows[0]
    money = [float(first[column[name]].removeprefix("number ")) for name in ("$ a month", "Low", "High")]
    assert money == pytest.approx([100.005, 90.1, 120.2])
    assert first[column["Account"]] == sweeps.ACCOUNT
    assert {row[column["Resource"]] for row in rows} >= {one for one in runs.HOSTILE if one.isprintable()}
    assert {row.get(column["Account name"]) for row in rows} == set(runs.NAMES.values())
    unpriced = next(row for row in rows if row.get(column["Not in the sum"], "").startswith("no price known"))
    assert column["$ a month"] not in unpriced, "no number, and not 0"
    about = {row["A"]: row["B"] for row in cells(path, 2)[0]}
    assert about["Whose"] == "web"
    assert about["$ a month"].startswith("number ")
    with zipfile.ZipFile(path) as book:
        assert not any("hyperlink" in name.lower() for name in book.namelist())


def test_too_many_for_excel(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(Ending, match="Excel has room for 3 findings"):
        excerpts.write(folder, Format.EXCEL, None, None, tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []
