"""Jira's CSV: an issue for each finding to act on, and no text of others is notation or a formula."""

from __future__ import annotations

import csv
import io
import re

import pytest

from functions.core.money import usd
from functions.core.report.excerpts import as_jira
from tests.functions.core.report.excerpts.runs import Part


def imported(part: Part) -> list[list[str]]:
    out = io.BytesIO()
    count = as_jira.write(out, *part)
    rows = [*csv.reader(io.StringIO(out.getvalue().decode(), newline=""))]
    assert len(rows) == count + 1
    return rows


def test_jira_gets_an_issue_for_each_finding_that_there_is_something_to_do_about(part: Part) -> None:
    header, *rows = imported(part)
    assert header == ["Summary", "Issue Type", "Priority", "Labels", "Labels", "Labels", "External ID", "Description"]
    findings = part[2]
    ids = [one["finding_id"] for one in findings if one["headline"] and one["lifecycle"] != "suppressed"]
    assert [row[6] for row in rows] == ids
    assert all(0 < len(row[0]) <= 255 and "\n" not in row[0] and len(row[7]) < 32_767 for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert {" " in label or not label for row in rows for label in row[3:6]} == {False}
    assert {row[2] for row in rows} <= {"Highest", "High", "Medium", "Low", "Lowest"}
    assert rows[0][0].startswith("Delete ")
    assert rows[0][0].endswith(f"({usd(findings[0]['savings']['likely'])} a month)")


def test_a_name_is_no_notation_of_jira_and_ends_no_block(part: Part) -> None:
    for row in imported(part)[1:]:
        text = row[7]
        before, _, rest = text.partition("{code:bash}\n")
        command, _, after = rest.partition("\n{code}\n")
        assert "{code" not in command
        for outside in (before, after):
            assert not re.search(r"(?<!\\)[{}\[\]!|]", outside.partition("https://docs.aws")[0]), outside


@pytest.mark.parametrize(
    ("likely", "unpriced", "priority"),
    [(1000.0, None, "Highest"), (999.99, None, "High"), (10, None, "Medium"), (0.01, None, "Low"), (0, None, "Lowest"), (0, "?", "Lowest")],
)
def test_priority_follows_the_money(part: Part, likely: float, unpriced: str | None, priority: str) -> None:
    excerpt, head, findings = part
    one = findings[0] | {"savings": findings[0]["savings"] | {"likely": likely, "high": likely, "unpriced": unpriced}}
    assert imported((excerpt, head, [one]))[1][2] == priority
