"""The headline of a resource, chosen again when its findings' savings have changed."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from functions.core.rank.headlines import changed
from functions.core.store import unit_objects
from tests.functions import sweeps


def finding(name: str, check: str, likely: float, counted_by: str | None = None) -> dict[str, Any]:
    made = sweeps.finding(name, sweeps.saving(likely), check=check, counted_by=counted_by)
    read: dict[str, Any] = from_json(unit_objects.FINDING.dump_json(made))
    return read


def halve(one: dict[str, Any]) -> bool:
    """Halves the savings of deletions."""
    if one["check_id"] != "delete":
        return False
    one["savings"]["likely"] /= 2
    return True


def of_two() -> list[dict[str, Any]]:
    first = finding("a", "delete", 10)
    return [first, finding("a", "move", 6, first["finding_id"]), finding("b", "move", 1)]


def test_what_is_worth_more_now_leads_and_counts_for_the_others() -> None:
    found = list(changed(of_two(), halve))
    assert [(one["resource_id"], one["check_id"], one["savings"]["likely"]) for one in found] == [
        ("a", "move", 6),
        ("a", "delete", 5),
        ("b", "move", 1),
    ]
    assert [(one["headline"], one["counted_by"]) for one in found] == [(True, None), (False, found[0]["finding_id"]), (True, None)]


def test_what_did_not_change_stays_in_its_order() -> None:
    assert list(changed(of_two(), lambda one: False)) == of_two()
    assert list(changed([], halve)) == []


def test_each_change_is_made() -> None:
    assert [one["savings"]["likely"] for one in changed(of_two(), halve, halve)] == [6, 2.5, 1]
