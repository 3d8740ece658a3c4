"""report.csv: one row a finding, FOCUS column names, safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with = + - @, a tab or a line break for a formula, wherever the text came from: a tag that anybody
may set could run a command on the reader's machine. Such a text gets an apostrophe in front, as OWASP advises: `text.in_cell`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from functions.core import focus
from functions.core.outside.text import in_cell
from functions.core.store.streams import Sink


class CsvReport:
    """Writes the header when it is made, then a row for each ranked finding."""

    def __init__(self, out: Sink, as_of: str, account_names: Mapping[str, str] | None = None) -> None:
        self._rows = csv.writer(Utf8(out), lineterminator="\r\n")
        self._as_of, self._account_names = as_of, account_names
        self._rows.writerow(focus.COLUMNS)

    def add(self, finding: Mapping[str, Any]) -> None:
        """One row, from a finding as JSON."""
        self._rows.writerow([in_cell(cell) for cell in focus.row(finding, self._as_of, self._account_names).values()])


class Utf8:
    """What the csv module writes to, for what takes bytes."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    def write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "replace"))
