"""The digest of one owner: their sum, what is new, the largest, and nothing of others."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.digest import render
from functions.core.digest.owned import digest
from tests.functions import sweeps
from tests.functions.core.digest.summaries import found, summary

HOSTILE = "<b>web</b>\n=1+1\u202e|`a`"


def part(**more: Any) -> dict[str, Any]:
    return {
        "findings": 12,
        "monthly_savings": {"low": 90.0, "likely": 100.0, "high": 110.0},
        "new": {"findings": 3, "monthly_savings_likely": 30.0},
        "largest": [found("old-1", 60.0), found("new-1", 20.0, "new")],
        "newest": [found("new-1", 20.0, "new")],
        **more,
    }


def told(owner: str = "web", owned: dict[str, Any] | None = None, **more: Any) -> Any:
    given = summary(**more) | {"owners": {owner: owned or part()}}
    given["run"]["account_names"] = {sweeps.ACCOUNT: "production"}
    return digest(owner, given, "999999999999")


def test_it_says_their_sum_what_is_new_and_the_largest() -> None:
    message = told()
    assert (message.subject, message.headline) == ("FinOps, web: $100 a month in 12 findings (3 new)", "$100 a month could be saved")
    assert message.below == "Between $90.00 and $110.00 a month. $1,200 a year. 12 findings."
    new, largest, everything = message.sections
    assert (new.title, new.more) == ("New since the last sweep, $30.00 a month", "And 2 more new findings.")
    assert [(row.amount, row.what) for row in largest.rows] == [("$60.00", "Delete old-1"), ("$20.00", "Delete new-1")]
    assert largest.rows[0].where == f"ebs:volume, {sweeps.ACCOUNT} (production), us-east-1"
    assert everything.text[-1] == f"finops report {sweeps.RUN_ID} --owner web --open"
    assert message.link is None


@pytest.mark.parametrize("owned", [None, part(findings=0)], ids=["not in the summary", "nothing found"])
def test_who_owns_nothing_gets_no_mail(owned: dict[str, Any] | None) -> None:
    assert digest("web", summary() | {"owners": {"web": owned} if owned else {}}, "999999999999") is None
    assert digest("web", summary(), "999999999999") is None, "a run of before"


def test_what_nobody_owns_has_a_reader_too() -> None:
    message = told("")
    assert message.subject.startswith("FinOps, nobody: ")
    assert message.sections[-1].text[-1].endswith("--owner nobody --open")


def test_a_first_sweep_and_a_what_if_call_nothing_new() -> None:
    first = summary(new=416) | {"owners": {"web": part()}}
    first["totals"]["lifecycle"] |= {"persisting": 0, "resolved": 0}
    for message in (digest("web", first, "999999999999"), told(what_if=True)):
        assert message is not None
        assert message.subject == "FinOps, web: $100 a month in 12 findings"
        assert [one.title for one in message.sections] == ["Largest monthly savings", "All of them"]
        assert [one.name for one in message.facts] == ["findings", "coverage"]


def test_too_little_coverage_is_said() -> None:
    assert told(ratio=0.5).notices[0].startswith("Only 50 % of what was to be looked at was seen")


def test_the_same_findings_are_not_listed_twice() -> None:
    new = [found("new-1", 20.0, "new")]
    assert [one.title for one in told(owned=part(largest=new, newest=new)).sections][1:] == ["All of them"]


def test_without_a_price_it_is_no_saving_of_nothing() -> None:
    nothing = part(monthly_savings={"low": 0.0, "likely": 0.0, "high": 0.0}, largest=[], newest=[])
    message = told(owned=nothing)
    assert (message.subject, message.headline) == (
        "FinOps, web: no saving with a known price in 12 findings (3 new)",
        "No saving with a known price found",
    )


def test_an_owner_is_a_text_wherever_it_stands() -> None:
    message = told(HOSTILE)
    assert "\n" not in message.subject
    assert "<b>web" not in render.html(message)
    assert "\u202e" not in render.text(message) + render.html(message)
    assert "All of them" not in [one.title for one in message.sections], "no command would name it"
