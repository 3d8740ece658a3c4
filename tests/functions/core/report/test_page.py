"""What is on the page, and that its tables add up."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.rank.coverage import Coverage
from functions.core.rank.totals import Place, Totals
from functions.core.report import page as module
from functions.core.report.browser.index import BLOCK, Index
from functions.core.report.page import Page
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps


def as_json(*args: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(*args, **more), mode="json")
    return made


def page_of(findings: list[dict[str, Any]]) -> Page:
    totals = Totals()
    for finding in findings:
        totals.add(finding)
    page = Page({"run": {}, "coverage": Coverage().as_json(1), "totals": totals.as_json(1), "warnings": []})
    for finding in findings:
        page.add(finding)
    return page


def test_the_first_of_each_place_are_shown_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHOWN", dict.fromkeys(Place, 2) | {Place.COUNTED_ELSEWHERE: 0})
    counted = [as_json(f"vol-{number}") for number in range(3)]
    page = page_of([*counted, as_json("x", sweeps.UNPRICED), as_json("y", counted_by="z")])
    assert page.findings[Place.COUNTED] == counted[:2]
    assert [len(page.findings[where]) for where in Place] == [2, 1, 0, 0, 0]
    assert (page.index.rows, page.not_listed) == (5, "")


def test_what_does_not_fit_into_the_page_is_counted_and_said() -> None:
    page = page_of([])
    page.index = Index(most_bytes=1)
    for number in range(BLOCK + 7):
        page.add(as_json(f"vol-{number}"))
    assert (page.index.rows, page.index.left_out) == (BLOCK, 7)
    assert page.not_listed == "7 findings of less value did not fit into this page: report.csv and report.json have all."


@pytest.mark.parametrize("count", [0, 1, module.GROUP_ROWS, module.GROUP_ROWS + 1, 40])
def test_the_others_are_one_row_so_that_every_table_adds_up(count: int) -> None:
    page = page_of(
        [as_json(f"vol-{number}", sweeps.saving(number + 0.25), of=sweeps.unit(region=f"r-{number}")) for number in range(count)]
    )
    table = next(group for group in page.groups if group["key"] == "region")
    assert sum(row["likely"] for row in table["rows"]) == page.head["totals"]["monthly_savings"]["likely"]
    assert sum(row["findings"] for row in table["rows"]) == count
    assert len(table["rows"]) == min(count, module.GROUP_ROWS + 1)
    assert (table["rows"][-1]["name"] == f"{count - module.GROUP_ROWS} others") is (count > module.GROUP_ROWS) if count else True
    assert all(0 <= row["share"] <= 100 for row in table["rows"])


def scope(outcome: str, reason: str, number: int = 0) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "account": str(number), "region": "r", "resource_type": "t", "findings": 1}


def test_scopes_are_grouped_by_reason_and_bounded() -> None:
    page = page_of([])
    for number in range(module.SCOPES_SHOWN + 1):
        page.add_not_seen(scope("failed", "boom", number))
    page.add_not_seen(scope("denied", "no"))
    denied, failed = page.not_seen
    assert (denied["outcome"], denied["count"]) == ("denied", 1)
    assert (failed["count"], failed["findings"], len(failed["scopes"])) == (21, 21, module.SCOPES_SHOWN)
    for number in range(2 * module.REASONS_SHOWN):
        page.add_not_seen(scope("failed", f"reason {number}"))
    assert len(page.not_seen) == module.REASONS_SHOWN + 1
    assert sum(one["count"] for one in page.not_seen) == 22 + 2 * module.REASONS_SHOWN


def test_resolved_findings_are_bounded() -> None:
    page = page_of([])
    for number in range(module.RESOLVED_SHOWN + 1):
        page.add_resolved({"number": number})
    assert len(page.resolved) == module.RESOLVED_SHOWN
