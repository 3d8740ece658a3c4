"""What AWS states of a resource with findings of ours: one saving counts once, and both figures are there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.model import Action, Finding
from functions.core.money import Savings, Stated, states, states_nothing
from tests.functions import sweeps
from tests.functions.core.rank.test_ranking import by_name, ranked
from tests.functions.folder_bucket import FolderBucket

VOLUMES = sweeps.unit()
HUB = sweeps.unit("cost-optimization-hub:recommendation")
NOW = datetime.fromisoformat(sweeps.STARTED)
OURS, DELETE, RIGHTSIZE = "ebs-unattached-volume", "cost-optimization-hub-delete", "cost-optimization-hub-rightsize"
ACTIONS = {DELETE: Action.DELETE, RIGHTSIZE: Action.RIGHTSIZE}


def said(after_discounts: bool | None = True, hours: float = 20) -> Stated:
    return Stated("AWS", after_discounts, (NOW - timedelta(hours=hours)).isoformat())


def stated(name: str, usd: float, check: str = DELETE, by: Stated | None = None, savings: Savings | None = None) -> Finding:
    """What AWS recommends for a volume, found by the one unit about all regions."""
    made = sweeps.finding(name, savings or states(usd, by or said(), "us-east-1"), check=check, of=HUB)
    return replace(made, resource_arn=sweeps.arn_of(name, VOLUMES), action=ACTIONS[check])


def run(tmp_path: Path, ours: list[Finding], theirs: list[Finding], suppress: str = "", late: bool = True) -> dict[str, dict[str, Any]]:
    """The ranked findings by resource and check; the units in either order."""
    bucket = FolderBucket(tmp_path)
    units = [(VOLUMES, ours), (HUB, theirs)]
    ranked(bucket, units if late else units[::-1], suppress)
    return by_name(bucket)


def counted(found: dict[str, dict[str, Any]]) -> dict[str, float]:
    return {name: one["savings"]["likely"] for name, one in found.items() if one["headline"] and one["savings"]["unpriced"] is None}


@pytest.mark.parametrize("late", [True, False])
def test_the_same_action_is_one_saving_at_aws_s_figure_where_that_is_after_discounts_and_fresh(tmp_path: Path, late: bool) -> None:
    """Ours is 40 USD at list prices, AWS's 33 after discounts: 33 counts, once, whichever unit comes first."""
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.saving(40))], [stated("vol-1", 33.0), stated("vol-2", 5.0)], late=late)
    assert counted(found) == {f"vol-1 {OURS}": 33.0, f"vol-2 {DELETE}": 5.0}
    ours, theirs = found[f"vol-1 {OURS}"], found[f"vol-1 {DELETE}"]
    assert theirs["counted_by"] == ours["finding_id"]
    assert {name: ours["stated_savings"][name] for name in ("by", "monthly", "own_monthly", "counts", "same_action", "action")} == {
        "by": "AWS", "monthly": 33.0, "own_monthly": 40.0, "counts": True, "same_action": True, "action": "Delete",
    }  # fmt: skip
    assert ours["savings"]["prices"][0]["source"] == "AWS, after discounts"
    assert ours["savings"]["terms"] == []
    assert "AWS states $33.00 a month for the same action, after discounts" in ours["note"]
    assert "Computed here it is $40.00 a month." in ours["note"]
    assert f"{OURS} has $40.00 a month for the same action; one of both counts." in theirs["note"]
    assert {"savings", "words"} & ours["stated_savings"].keys() == set()


@pytest.mark.parametrize(
    ("by", "counts"),
    [(said(), True), (said(hours=48), True), (said(hours=48.1), False), (said(False), False), (said(None), False)],
)
def test_ours_counts_where_aws_s_figure_is_before_discounts_or_old(tmp_path: Path, by: Stated, counts: bool) -> None:
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.saving(40))], [stated("vol-1", 33.0, by=by)])
    assert counted(found) == {f"vol-1 {OURS}": 33.0 if counts else 40.0}
    assert found[f"vol-1 {OURS}"]["stated_savings"]["counts"] is counts
    assert found[f"vol-1 {OURS}"]["stated_savings"]["monthly"] == 33.0


def test_what_has_no_price_here_has_aws_s_figure_also_before_discounts(tmp_path: Path) -> None:
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.UNPRICED)], [stated("vol-1", 33.0, by=said(False))])
    assert counted(found) == {f"vol-1 {OURS}": 33.0}
    savings = found[f"vol-1 {OURS}"]["savings"]
    assert (savings["low"], savings["high"], savings["unpriced"]) == (0.0, 33.0, None)
    assert found[f"vol-1 {OURS}"]["stated_savings"]["own_monthly"] is None


def test_what_aws_has_no_figure_for_leaves_ours_as_it_is(tmp_path: Path) -> None:
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.saving(40))], [stated("vol-1", 0, savings=states_nothing("in EUR", said()))])
    assert counted(found) == {f"vol-1 {OURS}": 40.0}
    assert found[f"vol-1 {DELETE}"]["counted_by"] == found[f"vol-1 {OURS}"]["finding_id"]


@pytest.mark.parametrize(("usd", "leads"), [(39.0, OURS), (41.0, RIGHTSIZE)])
def test_another_action_on_the_same_resource_excludes_ours_and_the_dearest_leads(tmp_path: Path, usd: float, leads: str) -> None:
    best = sweeps.finding("vol-1", sweeps.saving(40))
    other = sweeps.finding("vol-1", sweeps.saving(8), check="ebs-gp2-to-gp3", counted_by=best.finding_id)
    found = run(tmp_path, [best, replace(other, action=Action.UPGRADE)], [stated("vol-1", usd, RIGHTSIZE)])
    assert counted(found) == {f"vol-1 {leads}": 40.0 if leads == OURS else usd}
    assert "AWS recommends Rightsize instead" in found[f"vol-1 {OURS}"]["note"]
    by = {one["counted_by"] for one in found.values() if not one["headline"]}
    assert by == {found[f"vol-1 {leads}"]["finding_id"]}


@pytest.mark.parametrize(("usd", "leads"), [(33.0, OURS), (5.0, "ebs-gp2-to-gp3")])
def test_who_leads_is_chosen_anew_at_the_figure_that_counts(tmp_path: Path, usd: float, leads: str) -> None:
    best = sweeps.finding("vol-1", sweeps.saving(40))
    other = replace(sweeps.finding("vol-1", sweeps.saving(8), check="ebs-gp2-to-gp3", counted_by=best.finding_id), action=Action.UPGRADE)
    found = run(tmp_path, [best, other], [stated("vol-1", usd)])
    assert counted(found) == {f"vol-1 {leads}": max(usd, 8.0)}
    assert found[f"vol-1 {DELETE}"]["counted_by"] == found[f"vol-1 {leads}"]["finding_id"]


def test_what_covers_others_keeps_its_figure_and_its_place(tmp_path: Path) -> None:
    covering = sweeps.finding("vol-1", sweeps.saving(40), covers=(sweeps.arn_of("vol-2", VOLUMES),))
    found = run(tmp_path, [covering, sweeps.finding("vol-2", sweeps.saving(7))], [stated("vol-1", 90.0, RIGHTSIZE), stated("vol-2", 6.0)])
    assert counted(found) == {f"vol-1 {OURS}": 40.0}
    assert {found[f"vol-2 {check}"]["counted_by"] for check in (OURS, DELETE)} == {covering.finding_id}


def test_what_covers_others_does_not_take_a_figure_of_the_one_resource(tmp_path: Path) -> None:
    covering = sweeps.finding("vol-1", sweeps.saving(40), covers=(sweeps.arn_of("vol-2", VOLUMES),))
    assert counted(run(tmp_path, [covering], [stated("vol-1", 90.0)])) == {f"vol-1 {OURS}": 40.0}


SUPPRESS = '[[suppress]]\ncheck_id = "{}"\nreason = "Kept"\nuntil = 2027-03-31\n'


def test_what_is_suppressed_here_does_not_come_back_because_aws_says_it_too(tmp_path: Path) -> None:
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.saving(40))], [stated("vol-1", 33.0)], SUPPRESS.format(OURS))
    assert counted(found) == {}
    assert found[f"vol-1 {DELETE}"]["counted_by"] == found[f"vol-1 {OURS}"]["finding_id"]


def test_another_action_of_aws_s_counts_where_ours_is_suppressed(tmp_path: Path) -> None:
    found = run(tmp_path, [sweeps.finding("vol-1", sweeps.saving(40))], [stated("vol-1", 5.0, RIGHTSIZE)], SUPPRESS.format(OURS))
    assert counted(found) == {f"vol-1 {RIGHTSIZE}": 5.0}


def test_a_suppressed_statement_of_aws_s_changes_nothing(tmp_path: Path) -> None:
    theirs = [stated("vol-1", 33.0), stated("vol-2", 90.0, RIGHTSIZE)]
    ours = [sweeps.finding("vol-1", sweeps.saving(40)), sweeps.finding("vol-2", sweeps.saving(7))]
    found = run(tmp_path, ours, theirs, SUPPRESS.format(DELETE) + SUPPRESS.format(RIGHTSIZE))
    assert counted(found) == {f"vol-1 {OURS}": 40.0, f"vol-2 {OURS}": 7.0}
    assert {found[f"vol-1 {DELETE}"]["lifecycle"], found[f"vol-2 {RIGHTSIZE}"]["lifecycle"]} == {"suppressed"}


def test_two_statements_about_one_resource_count_once(tmp_path: Path) -> None:
    found = run(tmp_path, [], [stated("vol-1", 5.0), stated("vol-1", 9.0, RIGHTSIZE)])
    assert counted(found) == {f"vol-1 {RIGHTSIZE}": 9.0}
    assert found[f"vol-1 {DELETE}"]["counted_by"] == found[f"vol-1 {RIGHTSIZE}"]["finding_id"]


def test_a_stated_saving_is_neither_repriced_nor_netted_nor_bounded(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    ranked(bucket, [(HUB, [stated("vol-1", 33.0)])], bill=sweeps.bill())
    (found,) = by_name(bucket).values()
    assert (found["savings"]["low"], found["savings"]["likely"], found["savings"]["high"]) == (33.0, 33.0, 33.0)
    assert "list_savings" not in found
