"""summary.json stays small, and its lists are the first of the report's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from functions.core.rank.coverage import Coverage
from functions.core.rank.totals import Totals
from functions.core.report.summary import LISTED, Summary
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps
from tests.functions.core.report import bills


def as_json(name: str, amount: float, lifecycle: str = "persisting") -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(name, sweeps.saving(amount)), mode="json")
    return made | {"lifecycle": lifecycle}


def summarised(findings: list[dict[str, Any]], others: int = 0, owners: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    totals = Totals()
    for finding in findings:
        totals.add(finding)
    head = {
        "run": {"run_id": sweeps.RUN_ID, "seconds": 1.0},
        "coverage": Coverage().as_json(0.95),
        "totals": totals.as_json(5),
        "warnings": ["w"] * others,
        "advice": [{"source": "rules", "reason": "CircuitOpen: x", "usd": 0.002, "tokens": {"input": 1200, "output": 150}}] * others,
        **more,
    }
    summary = Summary(head, owners)
    for finding in findings:
        summary.add(finding)
    for number in range(others):
        summary.add_resolved({"finding_id": number})
        summary.add_not_seen({"reason": number})
    return summary.as_json({"html": "key"})


def test_the_largest_and_the_new_are_listed_apart() -> None:
    old = [as_json(f"vol-{number}", 1000 - number) for number in range(LISTED + 3)]
    fresh = [as_json("vol-new", 1, "new"), as_json("vol-back", 0.5, "regressed"), as_json("vol-new-free", 0, "new")]
    made = summarised(old + fresh)
    assert [one["resource_id"] for one in made["largest"]] == [f"vol-{number}" for number in range(LISTED)]
    assert [one["resource_id"] for one in made["new"]] == ["vol-new", "vol-back"]
    assert made["largest"][0]["monthly_savings"] == {"low": 1000, "likely": 1000, "high": 1000}
    assert made["totals"]["findings"] == LISTED + 6
    assert made["files"] == {"html": "key"}
    assert made["advice"] == {"bedrock": 0, "rules": 0, "reasons": {}, "tokens": {"input": 0, "output": 0}, "usd": 0, "unpriced": 0}


def test_what_does_not_count_is_not_among_the_largest() -> None:
    hidden = [as_json("vol-1", 9, "suppressed"), as_json("vol-2", 8) | {"headline": False}]
    assert [one["resource_id"] for one in summarised([*hidden, as_json("vol-3", 1)])["largest"]] == ["vol-3"]


def test_it_stays_small_whatever_the_run() -> None:
    many = [
        as_json(f"vol-{number}", number, "new") | {"account": f"{number:012}", "check_id": f"check-{number}", "region": f"r-{number}"}
        for number in range(500)
    ]
    made = summarised(many, others=500, bill=bills.bill(500), sweep_cost=bills.sweep_cost())
    assert len(json.dumps(made)) < 32_000
    assert {len(made[name]) for name in ("largest", "new", "resolved", "not_seen", "warnings")} == {LISTED}
    assert len(made["totals"]["by_account"]) == LISTED
    assert (made["advice"]["rules"], made["advice"]["usd"]) == (500, 1.0)


def test_the_bill_and_the_sweeps_cost_are_in_it_or_why_not() -> None:
    made = summarised([], bill=bills.bill(), sweep_cost=bills.sweep_cost())
    assert made["bill"]["monthly"] == bills.bill()["monthly"]
    assert made["sweep_cost"]["usd"] == bills.sweep_cost()["usd"]
    older = summarised([])
    assert (older["bill"], older["sweep_cost"]) == ({"status": "none", "reason": "not asked"}, None)


def test_of_the_accounts_names_it_has_those_of_the_accounts_in_it() -> None:
    names = {sweeps.ACCOUNT: "web", "222222222222": "shop", "333333333333": "not in here"}
    head: Any = {"run": {"run_id": sweeps.RUN_ID, "seconds": 1.0, "account_names": names}}
    other = as_json("vol-2", 1) | {"account": "222222222222"}
    assert summarised([as_json("vol-1", 2), other], **head)["run"]["account_names"] == {sweeps.ACCOUNT: "web", "222222222222": "shop"}
    assert summarised([as_json("vol-1", 2)])["run"]["account_names"] == {}


def test_who_has_a_digest_of_their_own_has_their_part_in_it() -> None:
    web = [as_json(f"vol-{number}", 100 - number, "new" if number % 2 else "persisting") | {"owner": "web"} for number in range(20)]
    elsewhere = as_json("vol-covered", 50, "new") | {"owner": "web", "headline": False}
    hidden = as_json("vol-quiet", 70, "suppressed") | {"owner": "web"}
    names = {sweeps.ACCOUNT: "production"}
    head: Any = {"run": {"run_id": sweeps.RUN_ID, "seconds": 1.0, "account_names": names}}
    made = summarised(
        [*web, elsewhere, hidden, as_json("vol-data", 9000) | {"owner": "data"}, as_json("vol-nobody", 3)], owners=["web", "", "hr"], **head
    )
    assert set(made["owners"]) == {"web", ""}, "who owns nothing is not in it"
    part = made["owners"]["web"]
    assert {name: part[name] for name in ("findings", "monthly_savings")} == made["totals"]["by_owner"]["web"]
    assert part["findings"] == 21
    assert part["new"] == {"findings": 11, "monthly_savings_likely": sum(100 - number for number in range(1, 20, 2))}
    assert [one["resource_id"] for one in part["largest"]] == [f"vol-{number}" for number in range(5)]
    assert [one["resource_id"] for one in part["newest"]] == [f"vol-{number}" for number in range(1, 10, 2)]
    assert [one["resource_id"] for one in made["owners"][""]["largest"]] == ["vol-nobody"]
    assert "owners" not in summarised(web), "there are none for nobody"
