"""report.csv: one row a finding, FOCUS column names, safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with = + - @, a tab or a line break for a formula, wherever the text came from: a tag that anybody
may set could run a command on the reader's machine. Such a text gets an apostrophe in front, as OWASP advises
(https://owasp.org/www-community/attacks/CSV_Injection); the wide forms of those characters count as well. Numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from functions.core import focus
from functions.core.store.streams import Sink

FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
Cell = str | float | bool | None


class CsvReport:
    """Writes the header when it is made, then a row for each ranked finding."""

    def __init__(self, out: Sink, as_of: str) -> None:
        self._rows = csv.writer(_Text(out), lineterminator="\r\n")
        self._as_of = as_of
        self._rows.writerow(focus.COLUMNS)

    def add(self, finding: Mapping[str, Any]) -> None:
        """One row, from a finding as JSON."""
        self._rows.writerow([safe(cell) for cell in focus.row(finding, self._as_of).values()])


def safe(cell: Cell) -> Cell:
    """The cell as it may stand in a CSV file; booleans as SQL and JSON write them, None is empty."""
    if isinstance(cell, str):
        return "'" + cell if cell and cell[0] in FORMULA else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell


class _Text:
    def __init__(self, out: Sink) -> None:
        self._out = out

    def write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "replace"))
