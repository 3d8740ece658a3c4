"""The report as a workbook that Excel opens right in every language: in a CSV it guesses what commas, dots and long numbers mean.

Every text is written as a text: none is a formula, an address to click on or a number, so an account keeps its twelve digits. Rows go to
the disk one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode
from functions.core.outside.text import on_page
from functions.core.report import counts
from functions.core.report.as_html import day, words
from functions.core.report.excerpts import texts
from functions.core.report.excerpts.excerpt import Excerpt

MOST_ROWS = 1_048_575
"""Below the header. This and the next: https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3"""
MOST_CHARS = 32_767
WIDTHS = {
    "$ a month": 12, "Low": 11, "High": 11, "Not in the sum": 18, "Action": 14, "Resource": 34, "Account": 15, "Account name": 20,
    "Region": 14, "Service": 24, "Check": 34, "State": 11, "First seen": 12, "Owner": 18, "Owner from": 18, "Effort": 10, "Risk": 10,
    "Confidence": 11, "ARN": 40, "Finding": 36, "Note": 40, "Command": 60, "Undo": 40,
}  # fmt: skip
"""The columns, each with its width in characters: the money first."""
Json = Mapping[str, Any]


def write(path: Path, excerpt: Excerpt, head: Json, findings: Iterable[Json]) -> int:
    """Write the workbook; returns how many findings are in it. Ending where XlsxWriter is not installed, or there are too many of them."""
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise Ending(ExitCode.BAD_INPUT, "XlsxWriter is not installed: pip install -r requirements-dev.txt; or --format csv") from None
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"title": title(excerpt), "created": datetime.fromisoformat(head["run"]["as_of"]).replace(tzinfo=None)})
    try:
        count = _findings(book, head, findings)
        _about(book, excerpt, head)
    finally:
        book.close()
    return count


def title(excerpt: Excerpt) -> str:
    """What the workbook calls itself."""
    return f"FinOps: {texts.cut(excerpt.words)}"


def _findings(book: Any, head: Json, findings: Iterable[Json]) -> int:
    sheet, bold, money = book.add_worksheet("Findings"), book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    sheet.freeze_panes(1, 1)
    for column, (name, width) in enumerate(WIDTHS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    count, names = 0, head["run"].get("account_names") or {}
    for count, finding in enumerate(findings, 1):
        if count > MOST_ROWS:
            raise Ending(ExitCode.BAD_INPUT, f"Excel has room for {MOST_ROWS:,} findings: name an owner or an account, or --format csv")
        for column, cell in enumerate(_row(finding, names)):
            if isinstance(cell, float):
                sheet.write_number(count, column, cell, money)
            elif cell:
                sheet.write_string(count, column, on_page(cell)[:MOST_CHARS])
    sheet.autofilter(0, 0, count, len(WIDTHS) - 1)
    return count


def _row(finding: Json, account_names: Mapping[str, str]) -> tuple[str | float, ...]:
    """In the order of WIDTHS. What has no price has no number."""
    savings = finding["savings"]
    priced = savings["unpriced"] is None
    return (
        *((float(savings[end]) if priced else "") for end in ("likely", "low", "high")),
        texts.why_not_in_sum(finding),
        words(finding["action"]),
        finding["resource_name"] or finding["resource_id"],
        finding["account"],
        account_names.get(finding["account"], ""),
        finding["region"],
        texts.service_name(finding),
        finding["check_id"],
        finding["lifecycle"],
        day(finding["first_seen"]),
        finding["owner"],
        finding.get("owner_source", ""),
        words(finding["effort"]),
        words(finding["risk"]),
        finding["confidence"],
        finding["resource_arn"],
        finding["finding_id"],
        finding["note"],
        finding["command"],
        finding["undo"],
    )


def _about(book: Any, excerpt: Excerpt, head: Json) -> None:
    """What the findings come to, and of what run they are."""
    sheet, totals, run = book.add_worksheet("About"), head["totals"], head["run"]
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 60)
    money = book.add_format({"num_format": "#,##0.00", "align": "left"})
    monthly = totals["monthly_savings"]
    rows: list[tuple[str, str | float]] = [
        ("$ a month", monthly["likely"]),
        ("Low", monthly["low"]),
        ("High", monthly["high"]),
        ("$ a year", totals["annual_savings"]["likely"]),
        ("Findings", counts.in_words(totals)),
        *((name.capitalize(), f"{totals['lifecycle'][name]:,}") for name in counts.STATES),
        ("Whose", excerpt.words),
        ("Run", run["run_id"]),
        ("State of", run["as_of"]),
        *(("Please note", warning) for warning in head["warnings"]),
    ]
    for number, (name, cell) in enumerate(rows):
        sheet.write_string(number, 0, name)
        if isinstance(cell, str):
            sheet.write_string(number, 1, on_page(cell)[:MOST_CHARS])
        else:
            sheet.write_number(number, 1, cell, money)
