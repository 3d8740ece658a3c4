"""Markdown and Jira's CSV: the same findings and sums, the money first, and no text of others is more than a text."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.money import usd
from functions.core.report import as_json
from functions.core.report.excerpts import as_jira, as_markdown
from functions.core.report.excerpts.excerpt import Excerpt
from tests.functions.core.report.excerpts import runs

Part = tuple[Excerpt, dict[str, Any], list[dict[str, Any]]]
ROW = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="module", params=["web", "", runs.HOSTILE[2]])
def part(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Part:
    head, findings = as_json.read(runs.written(tmp_path_factory.mktemp("bucket")) / "report.json")
    excerpt = Excerpt(owner=request.param)
    return excerpt, excerpt.head(head, findings()), [*excerpt.of(findings())]


def outside_of_code(line: str) -> str:
    """What a reader of Markdown takes for more than text."""
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


def test_markdown_has_the_sums_first_and_a_row_for_each_finding(part: Part) -> None:
    excerpt, head, findings = part
    lines = [*as_markdown.lines(excerpt, head, findings)]
    likely = usd(head["totals"]["monthly_savings"]["likely"])
    count = len(findings) - head["totals"]["suppressed"]["findings"]
    assert lines[0].startswith(f"# FinOps: {likely} a month in {count} findings of `")
    assert lines[2].startswith(f"**{likely} a month** (")
    start = next(number for number, line in enumerate(lines) if line.startswith("|---:"))
    assert lines[start - 1].startswith("| $ a month | Action | Resource |")
    table = lines[start + 1 : start + 1 + len(findings)]
    assert all(len(ROW.split(line)) == len(as_markdown.COLUMNS) + 2 for line in table), "no name ends a cell"
    assert next(ROW.split(line)[1].strip() for line in table) == usd(findings[0]["savings"]["likely"])


def test_nothing_of_others_is_markdown(part: Part) -> None:
    excerpt, head, findings = part
    fence = ""
    for line in as_markdown.lines(excerpt, head, findings):
        assert len(line) < 6000
        if fence:
            fence = "" if line == fence else fence
            continue
        if line.startswith("```"):
            fence = line.rstrip("sh")
            continue
        assert not re.search(r"<|\]\(|@|!\[|evil|\x1b|\u202e", outside_of_code(line)), line
    assert not fence, "every fence is closed"


@given(st.text(max_size=60))
def test_any_text_is_one_code_span(text: str) -> None:
    made = as_markdown.code(text)
    assert outside_of_code(made) == ""
    assert "\n" not in made
    assert len(ROW.split(as_markdown._in_table(made))) == 1


@given(st.text(alphabet=st.sampled_from("`~ab\n"), max_size=30))
def test_no_fence_ends_within(text: str) -> None:
    first, *lines, last = as_markdown.fenced(text, "sh")
    assert first == last + "sh"
    assert not any(line.strip().startswith(last) for line in lines)


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
