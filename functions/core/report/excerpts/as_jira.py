"""Findings as CSV that Jira's importer makes issues of: one for each finding that there is something to do about.

The first row is what the importer's mapping shows: fields of Jira by their names, `Labels` once for each label. `External ID` is the
finding's, the same in every sweep: who maps it to a field of their own finds what was imported before.
https://support.atlassian.com/jira-cloud-administration/docs/import-data-from-a-csv-file/
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.core.outside.text import in_cell, in_jira, in_jira_code
from functions.core.report.as_csv import Utf8
from functions.core.report.as_html import day, sentence, value, words
from functions.core.report.excerpts import texts
from functions.core.report.excerpts.excerpt import Excerpt, in_sum_or_beside
from functions.core.store.streams import Sink

COLUMNS = ("Summary", "Issue Type", "Priority", "Labels", "Labels", "Labels", "External ID", "Description")
SUMMARY_CHARS = 250
"""Jira takes 255. https://support.atlassian.com/jira-software-cloud/docs/what-are-issue-fields/"""
DESCRIPTION_CHARS = 30_000
"""Jira takes 32,767."""
TEXT_CHARS = 2_000
PRIORITIES = ((1_000.0, "Highest"), (100.0, "High"), (10.0, "Medium"), (0.01, "Low"))
"""From so many USD a month on; what saves nothing, or nobody knows how much, is the lowest."""
LOWEST = "Lowest"
NO_LABEL = re.compile(r"[^A-Za-z0-9._-]+")
Json = Mapping[str, Any]


def write(out: Sink, excerpt: Excerpt, head: Json, findings: Iterable[Json]) -> int:
    """UTF-8, a row for each issue; returns how many."""
    rows = csv.writer(Utf8(out), lineterminator="\r\n")
    rows.writerow(COLUMNS)
    count, names = 0, head["run"].get("account_names") or {}
    for finding in filter(in_sum_or_beside, findings):
        rows.writerow(map(in_cell, _row(finding, names, head["run"]["run_id"])))
        count += 1
    return count


def _row(finding: Json, account_names: Mapping[str, str], run_id: str) -> tuple[str, ...]:
    savings = finding["savings"]
    worth = "" if savings["unpriced"] is not None or not savings["high"] else f" ({texts.amount(finding)} a month)"
    return (
        texts.cut(f"{sentence(words(finding['action']))} {texts.name(finding)}{worth}", SUMMARY_CHARS),
        "Task",
        next((name for least, name in PRIORITIES if savings["unpriced"] is None and savings["likely"] >= least), LOWEST),
        "finops",
        label(finding["check_id"]),
        label(finding["owner"]) or "finops-nobody",
        finding["finding_id"],
        "\n".join(_description(finding, account_names, run_id))[:DESCRIPTION_CHARS],
    )


def _description(finding: Json, account_names: Mapping[str, str], run_id: str) -> Iterator[str]:
    savings = finding["savings"]
    yield f"{_said(finding['title'])}: {_said(finding['resource_arn'])}"
    yield f"Account {_said(texts.account(finding, account_names))}, region {_said(finding['region'])}."
    yield "Compared: " + ", ".join(f"{words(name)} {_said(value(one))}" for name, one in finding["evidence"].items())
    if savings["unpriced"] is not None:
        yield f"No price: {_said(savings['unpriced'])}"
    else:
        between = texts.between(finding)
        yield f"Saves {texts.amount(finding)} a month{f' ({between})' if between else ''}: {_said(savings['formula'])}"
    yield f"Effort {words(finding['effort'])}, risk {words(finding['risk'])}, confidence {finding['confidence']}."
    if finding["note"]:
        yield f"Note: {_said(finding['note'])}"
    if finding["command"]:
        yield from ("{code:bash}", in_jira_code(finding["command"]), "{code}")
    yield f"Undo: {_said(finding['undo'])}"
    known = f", known since {day(finding['first_seen'])}" if finding["first_seen"] else ""
    yield f"Finding {finding['finding_id']} of run {run_id}{known}. {finding['reference']}"


def _said(value: Any) -> str:
    return in_jira(texts.cut(value, TEXT_CHARS))


def label(value: str) -> str:
    """A label has no spaces: what it cannot have becomes a hyphen."""
    return NO_LABEL.sub("-", value).strip("-")[:100]
