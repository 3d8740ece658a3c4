"""What of a run's report belongs to one owner or one account: its findings, with sums of their own.

Added up by the same `Totals` as the whole, so the part has the numbers that stand in `by_owner` and `by_account` there. What is about
everything, the bill, the advice and the sweep's own cost, is not in the part: who gets it may not be meant to see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from functions.core.errors import InvalidInput
from functions.core.rank.totals import Place, Totals, exact, place

NOBODY = "nobody"
NEAREST = 3
LARGEST = 5
"""Names that are said in place of one that there is not: those like it, else those with the most to save."""
LEFT_OUT = {"status": "none", "reason": "it is of the whole sweep, and not of this part alone"}
Json = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Excerpt:
    """`owner`: "" is nobody, None is anyone. `account`: an id, None is any. With neither it is the whole."""

    owner: str | None = None
    account: str | None = None
    account_name: str = ""

    @property
    def whole(self) -> bool:
        return self.owner is None and self.account is None

    def has(self, one: Json) -> bool:
        """Whether a ranked or a resolved finding is in it. Of the resolved ones, an owner may not be known: then they are nobody's part."""
        return self.owner in (None, one.get("owner")) and self.account in (None, one["account"])

    def of(self, findings: Iterable[Json]) -> Iterator[Json]:
        return filter(self.has, findings)

    @property
    def words(self) -> str:
        """Whose it is, to stand in a sentence: web in account 111122223333 (production)."""
        owner = [self.owner or NOBODY] if self.owner is not None else []
        named = f"{self.account} ({self.account_name})" if self.account_name else self.account
        return " in ".join([*owner, *([f"account {named}"] if self.account is not None else [])]) or "everybody"

    def head(self, head: Json, findings: Iterable[Json]) -> dict[str, Any]:
        """The head of the part, from that of the whole (report.json without its findings) and the findings, which are gone through once.

        `resources` are those with a finding in the part, and no verdict is withheld: who owns the others, a run does not know.
        """
        if self.whole:
            return {"analyze": True, "groups_found": len(head["advice"]), **head}
        totals, resources = Totals(), set[int]()
        for finding in self.of(findings):
            if totals.add(finding) is not Place.SUPPRESSED:
                resources.add(hash(finding["resource_arn"]))
        resolved = [one for one in head["resolved"] if self.has(one)]
        for one in resolved:
            totals.add_resolved(exact(one.get("realised_likely", one["monthly_savings_likely"]) or 0.0))
        names = head["run"].get("account_names") or {}
        return {
            **head,
            "run": {**head["run"], "account_names": {account: names[account] for account in totals.accounts if account in names}},
            "coverage": {**head["coverage"], "insufficient_data": {}},
            "totals": totals.as_json(len(resources)),
            "warnings": [self.said(head), *head["warnings"]],
            "resolved": resolved,
            "advice": [],
            "analyze": False,
            "groups_found": 0,
            "bill": LEFT_OUT,
            "sweep_cost": None,
            "trend": [],
            "excerpt": {"owner": self.owner, "account": self.account},
        }

    def said(self, head: Json) -> str:
        """What the part is, and what it does not have, for its reader."""
        return (
            f"This is only what belongs to {self.words}, of run {head['run']['run_id']}: the sums are of these findings alone, at the "
            "prices of the whole report. Coverage, what was not seen and the notes that follow are of the whole sweep; its bill, its "
            "advice and its own cost are not in here."
        )


def chosen(head: Json, owner: str | None, account: str | None) -> Excerpt:
    """The part that is meant, of those that the run has. "nobody" is nobody's, unless somebody is called so; an account's name is as good
    as its id. InvalidInput for a name that nothing belongs to, with the nearest."""
    names = head["run"].get("account_names") or {}
    owners, accounts = head["totals"]["by_owner"], head["totals"]["by_account"]
    if owner == NOBODY and owner not in owners:
        owner = ""
    if owner is not None and owner not in owners:
        raise InvalidInput(f"owner: {_nothing(owner, [name for name in owners if name])}")
    if account is not None and account not in accounts and account not in names:
        same = [one for one, name in names.items() if name == account]
        if len(same) != 1:
            known = [*accounts, *(name for one, name in names.items() if one in accounts)]
            raise InvalidInput(f"account: {_nothing(account, known)}")
        account = same[0]
    return Excerpt(owner, account, names.get(account, "") if account else "")


def _nothing(asked: str, known: list[str]) -> str:
    """What there is instead."""
    if not asked:
        return "every finding of this run has an owner: nothing is nobody's"
    lowered = {name.lower(): name for name in reversed(known)}
    near = [lowered[name] for name in get_close_matches(asked.lower(), lowered, NEAREST)]
    there = f"the nearest are: {', '.join(near)}" if near else f"those with the most to save are: {', '.join(known[:LARGEST]) or 'none'}"
    return f"no finding of this run belongs to {asked!r}; {there}"


def in_sum_or_beside(finding: Json) -> bool:
    """Whether there is something to do about a finding: it is neither suppressed, nor counted by another one on the same resource."""
    return place(finding) in (Place.COUNTED, Place.UNPRICED, Place.HYGIENE)
