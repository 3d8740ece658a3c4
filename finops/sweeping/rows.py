"""Rows on the screen, as a table where there is room for one; and the answer of a query as a table, as CSV, or as JSON."""

from __future__ import annotations

import csv
import datetime
import decimal
import re
from collections.abc import Sequence
from typing import IO, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.terminal import shown
from functions.core.outside.text import as_json as json_text
from functions.core.outside.text import in_cell, on_terminal

GAP = 3
"""Between two columns of a table that has lines; one less in one that has none."""
LEAST_WIDTH = 9
"""A column narrower than this, with its gap, cannot be read: where more columns are asked for, each row is written as a list."""
IDS = re.compile(r"\d{12}|\d{8}T\d{6}Z-[0-9a-f]{6}")
"""An account's or a run's id."""
Rows = Sequence[Sequence[Any]]


def as_table(screen: Console, columns: Sequence[str], rows: Rows) -> None:
    """A table, numbers to the right; a list of `column  value` for each row where there are too many columns for the screen."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        numbers = any(_is_number(row[index]) for row in rows)
        ids = any(isinstance(row[index], str) and IDS.fullmatch(row[index]) for row in rows)
        table.add_column(shown(column), justify="right" if numbers else "left", no_wrap=numbers or ids, overflow="fold")
    for row in rows:
        table.add_row(*(shown(cell(value)) for value in row))
    with_lines = [[shown(cell(value), lines=True) for value in row] for row in rows]
    put(screen, table, at_least=len(columns) * LEAST_WIDTH, as_list=with_lines)


def put(
    screen: Console,
    table: Table,
    *narrower: Table,
    least: int = LEAST_WIDTH - GAP,
    at_least: int = 0,
    as_list: Sequence[Sequence[Text]] | None = None,
) -> None:
    """Print a table, or the first of the `narrower` ones that has room; else each of its rows as a list of `column  value`. So no number
    and no id is cut however narrow the screen is.

    What has `no_wrap` stays whole; of each other column its `min_width`, or `least` characters, have to have room. `at_least`: of all.
    `as_list`: the cells as they stand in a list, where a value may have several lines; as in the table where not given. Columns that a
    narrower table leaves out are named below it.
    """
    for chosen in (table, *narrower):
        if max(at_least, _width(chosen, least)) <= screen.width:
            screen.print(chosen)
            headers, kept = _headers(table), _headers(chosen)
            left_out = [header for header in headers if header not in kept]
            if left_out and set(kept) < set(headers):
                screen.print(f"Not shown at this width: {', '.join(left_out)}.", style="italic", soft_wrap=True)
            return
    _put_list(screen, table, as_list)


def _headers(table: Table) -> list[str]:
    return [_text(column.header).plain for column in table.columns]


def _width(table: Table, least: int) -> int:
    """How many columns of a screen a table needs."""
    widest = [max(_text(one).cell_len for one in (column.header, *column.cells)) for column in table.columns]
    needed = [
        width if column.no_wrap else min(width, column.min_width or least) for width, column in zip(widest, table.columns, strict=True)
    ]
    return sum(needed) + (GAP if table.box else GAP - 1) * (len(needed) - 1)


def _put_list(screen: Console, table: Table, as_list: Sequence[Sequence[Text]] | None) -> None:
    if table.title:
        screen.print(table.title, style="italic")
    headers, *rows = zip(*([_text(one) for one in (column.header, *column.cells)] for column in table.columns), strict=True)
    rows = [tuple(row) for row in as_list] if as_list is not None else rows
    width = max(header.cell_len for header in headers)
    for number, row in enumerate(rows, 1):
        screen.print(shown(f"row {number}", "bold"))
        for header, text in zip(headers, row, strict=True):
            more = "\n" + " " * (width + 4)  # a line of a value stands under it, and is none of ours
            value = Text(more).join(text.split("\n"))
            screen.print(Text.assemble("  ", header, " " * (width - header.cell_len + 2), value), soft_wrap=True)


def _text(content: Any) -> Text:
    """A cell as it is printed."""
    return content if isinstance(content, Text) else shown(content)


def as_csv(out: IO[str], columns: Sequence[str], rows: Rows) -> None:
    """A header and a line for each row; NULL is empty, booleans as SQL writes them, numbers unrounded. No text in it is a formula, or moves
    the cursor of a terminal."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_csv_cell, columns))
    writer.writerows(map(_csv_cell, row) for row in rows)


def _csv_cell(value: Any) -> Any:
    """Lists and structs are texts too, as the csv module writes them."""
    if value is None or _is_number(value) or isinstance(value, bool):
        return in_cell(value) if isinstance(value, bool) else value
    return in_cell(on_terminal(value, keep="\n\t"))


def as_json(out: IO[str], columns: Sequence[str], rows: Rows) -> None:
    """A list of objects, a line each."""
    lines = (json_text(dict(zip(columns, row, strict=True)), default=_plain) for row in rows)
    out.write("[" + ",".join("\n  " + line for line in lines) + ("\n]\n" if rows else "]\n"))


def cell(value: Any) -> str:
    """A value as a person reads it: money and shares with two to four decimals, whole numbers as they are, NULL as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value and abs(value) < 0.0001:
            return f"{value:.3g}"
        whole, _, decimals = f"{value:,.4f}".partition(".")
        return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}" if decimals else whole
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """What JSON has no word for: a decimal is a number, a time is ISO text, the rest is as DuckDB writes it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
