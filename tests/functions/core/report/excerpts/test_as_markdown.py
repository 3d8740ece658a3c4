"""Markdown: the findings and sums of the part, the money first, and no text of others is more than a text."""

from __future__ import annotations

import re

from functions.core.money import usd
from functions.core.report.excerpts import as_markdown
from tests.functions.core.report.excerpts.runs import Part

ROW = re.compile(r"(?<!\\)\|")


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
