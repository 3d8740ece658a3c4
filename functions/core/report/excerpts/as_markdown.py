"""The report as Markdown, for a wiki, an issue or a merge request: the money first, then what to do about the most valuable findings.

What others wrote stands in code spans and fences. There it is text: no link, no image, no HTML, and nobody is mentioned by an "@" in a
name. https://github.github.com/gfm/#code-spans and, for "|" within tables, https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.core.money import usd
from functions.core.outside.text import in_fence, in_markdown, in_markdown_row
from functions.core.rank.totals import Place, place
from functions.core.report import counts
from functions.core.report.as_html import day, moment, sentence, value, words
from functions.core.report.excerpts import texts
from functions.core.report.excerpts.excerpt import Excerpt

IN_DETAIL = 50
"""Findings with their command and their evidence: nobody reads further on a wiki's page. All are in the table."""
COLUMNS = ("$ a month", "Action", "Resource", "Account", "Region", "Check", "State", "Owner", "Effort", "Risk", "Sure")
Json = Mapping[str, Any]


def lines(excerpt: Excerpt, head: Json, findings: Iterable[Json]) -> Iterator[str]:
    """Line by line. `head`: the excerpt's own; `findings`: those of the excerpt, best first."""
    run, totals = head["run"], head["totals"]
    names = run.get("account_names") or {}
    whose = "" if excerpt.whole else f" of {in_markdown(texts.cut(excerpt.words))}"
    yield f"# FinOps: {_sum(totals)}{whose}"
    yield ""
    yield from _sums(totals, head["coverage"])
    yield ""
    yield f"Run {in_markdown(run['run_id'])}, state of {moment(run['as_of'])}."
    for warning in head["warnings"]:
        yield ""
        yield f"> {in_markdown(texts.cut(warning, 1000))}"
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---:" + "|---" * (len(COLUMNS) - 1) + "|"
    detailed: list[Json] = []
    for finding in findings:
        if place(finding) in (Place.COUNTED, Place.UNPRICED) and len(detailed) < IN_DETAIL:
            detailed.append(finding)
        yield _row(finding, names)
    for finding in detailed:
        yield ""
        yield from _details(finding, names)


def _sum(totals: Json) -> str:
    return f"{usd(totals['monthly_savings']['likely'])} a month in {counts.plural(totals['findings'], 'finding')}"


def _sums(totals: Json, coverage: Json) -> Iterator[str]:
    monthly, quick = totals["monthly_savings"], totals.get("quick") or {"findings": 0}
    yield (
        f"**{usd(monthly['likely'])} a month** ({usd(monthly['low'])} to {usd(monthly['high'])}), "
        f"{usd(totals['annual_savings']['likely'])} a year. {counts.in_words(totals)}."
    )
    if quick["findings"]:
        easy = "is quick and safe" if quick["findings"] == 1 else "are quick and safe"
        yield f"{counts.plural(quick['findings'], 'finding')} {easy}: {usd(quick['monthly_savings']['likely'])} a month."
    states = totals["lifecycle"]
    yield ", ".join(f"{states[name]:,} {name}" for name in counts.STATES) + "."
    if beside := counts.beside_the_sum(totals, coverage):
        yield beside


def _row(finding: Json, account_names: Mapping[str, str]) -> str:
    reason = texts.NOT_IN_SUM.get(place(finding), "")
    money = texts.amount(finding)
    cells = (
        f"({money}) {reason}" if reason and place(finding) is not Place.UNPRICED else money,
        sentence(words(finding["action"])),
        in_markdown(texts.name(finding)),
        in_markdown(texts.account(finding, account_names)),
        in_markdown(finding["region"]),
        in_markdown(finding["check_id"]),
        finding["lifecycle"],
        in_markdown(texts.cut(finding["owner"])) if finding["owner"] else "",
        words(finding["effort"]),
        words(finding["risk"]),
        finding["confidence"],
    )
    return f"| {' | '.join(map(in_markdown_row, cells))} |"


def _details(finding: Json, account_names: Mapping[str, str]) -> Iterator[str]:
    savings = finding["savings"]
    yield f"## {texts.amount(finding)}: {sentence(words(finding['action']))} {in_markdown(texts.name(finding))}"
    yield ""
    where = in_markdown(texts.account(finding, account_names))
    yield f"{in_markdown(texts.cut(finding['title']))}: {in_markdown(finding['resource_arn'])} in account {where}."
    yield ""
    compared = ", ".join(f"{words(name)} {in_markdown(texts.cut(value(one)))}" for name, one in finding["evidence"].items())
    if compared:
        yield f"- Compared: {compared}"
    if savings["unpriced"] is not None:
        yield f"- No price: {in_markdown(texts.cut(savings['unpriced']))}"
    else:
        between = f" ({range_of})" if (range_of := texts.between(finding)) else ""
        yield f"- Saves {texts.amount(finding)} a month{between}: {in_markdown(texts.cut(savings['formula'], 1000))}"
    if finding["note"]:
        yield f"- Note: {in_markdown(texts.cut(finding['note'], 2000))}"
    yield f"- Undo: {in_markdown(texts.cut(finding['undo'], 1000))}"
    known = f", known since {day(finding['first_seen'])}" if finding["first_seen"] else ""
    yield f"- Finding {in_markdown(finding['finding_id'])}{known}"
    if finding["command"]:
        yield ""
        yield from in_fence(finding["command"], "sh")
