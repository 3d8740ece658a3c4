"""An answer as a table, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from finops.sweeping import rows
from finops.terminal import Terminal

COLUMNS = ("account", "savings")


def table(columns: Any, answer: Any, width: int = 140) -> str:
    out = io.StringIO()
    rows.as_table(Console(file=out, width=width), columns, answer)
    return out.getvalue()


def test_numbers_stand_to_the_right_and_markup_is_text() -> None:
    lines = [line.rstrip() for line in table(COLUMNS, [("[red]one", 1234.5), ("two", 7.25), (None, None)]).splitlines()]
    assert lines[0].split() == ["account", "savings"]
    assert lines[2:] == [" [red]one   1,234.50", " two            7.25", ""] or [line.split() for line in lines[2:4]] == [
        ["[red]one", "1,234.50"],
        ["two", "7.25"],
    ]
    assert lines[2].index("1,234.50") + len("1,234.50") == lines[3].index("7.25") + len("7.25")


def test_no_rows_are_a_header() -> None:
    assert table(COLUMNS, []).split()[:2] == ["account", "savings"]


@pytest.mark.parametrize(("width", "lists"), [(45, False), (44, True)])
def test_more_columns_than_the_screen_can_show_are_a_list_for_each_row(width: int, lists: bool) -> None:
    shown = table(["a", "b", "c", "d", "long_name"], [(1, "x" * 200, None, 0.5, True)], width)
    assert ("row 1" in shown) == lists
    if lists:
        assert shown.splitlines()[1:] == [
            "  a          1",
            "  b          " + "x" * 200,
            "  c          ",
            "  d          0.50",
            "  long_name  true",
        ]


@pytest.mark.parametrize("width", range(20, 145, 5))
def test_no_number_and_no_id_is_cut_however_narrow_the_screen(width: int) -> None:
    run, account, dollars = "20261124T160402Z-1f3c9a", "111122223333", 12_345_678.91
    shown = table(["run", "account", "name", "dollars"], [(run, account, "a name of several words that may be broken", dollars)], width)
    assert {run, account, "12,345,678.91"} <= set(shown.split())
    assert "…" not in shown


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (26, ["Account       Name   Place", "111111111111  web    [b]x"]),
        (25, ["Account       Place", "111111111111  [b]x", "Not shown at this width: Name."]),
        (18, ["row 1", "  Account  111111111111", "  Name     web", "  Place    [b]x"]),
    ],
)
def test_the_first_table_that_has_room_is_printed_and_the_columns_that_it_lacks_are_named(width: int, shown: list[str]) -> None:
    def made(*names: str) -> Table:
        one = Table(box=None, pad_edge=False)
        for name in names:
            one.add_column(name, no_wrap=True)
        one.add_row(*({"Account": "1" * 12, "Name": "web  ", "Place": "[b]x"}[name] for name in names))
        return one

    out = io.StringIO()
    rows.put(Terminal(file=out, width=width), made("Account", "Name", "Place"), made("Account", "Place"))
    assert [line.rstrip() for line in out.getvalue().splitlines()] == shown


def test_a_title_is_shown_in_a_list_too_and_markup_is_text() -> None:
    wide = Table(title="Largest", box=None)
    wide.add_column("Account", no_wrap=True)
    wide.add_column("[b]Name")
    wide.add_row("1" * 12, "[red]web")
    out = io.StringIO()
    rows.put(Terminal(file=out, width=16), wide)
    assert out.getvalue().splitlines() == ["Largest", "row 1", "  Account  111111111111", "  [b]Name  [red]web"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (0.0, "0.00"),
        (379.6, "379.60"),
        (12383.2, "12,383.20"),
        (0.0312, "0.0312"),
        (0.0001, "0.0001"),
        (0.00009, "9e-05"),
        (-1.005, "-1.005"),
        (float("inf"), "inf"),
        (20261124, "20261124"),
        ("a\tb", "a\tb"),
    ],
)
def test_a_value_as_a_person_reads_it(value: Any, shown: str) -> None:
    assert rows.cell(value) == shown


def test_csv_can_be_read_back() -> None:
    out = io.StringIO()
    rows.as_csv(out, COLUMNS, [('a,"b"\nc', 0.1 + 0.2), (None, True)])
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["account", "savings"], ['a,"b"\nc', "0.30000000000000004"], ["", "true"]]


def test_json_is_a_list_of_objects() -> None:
    out = io.StringIO()
    rows.as_json(out, COLUMNS, [("ä", Decimal("1.50")), (date(2026, 11, 24), None), ({"a": [1]}, True)])
    assert json.loads(out.getvalue()) == [
        {"account": "ä", "savings": 1.5},
        {"account": "2026-11-24", "savings": None},
        {"account": {"a": [1]}, "savings": True},
    ]
    empty = io.StringIO()
    rows.as_json(empty, COLUMNS, [])
    assert json.loads(empty.getvalue()) == []
