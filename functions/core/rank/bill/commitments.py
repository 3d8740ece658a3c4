"""What Savings Plans and reservations have paid for already is not saved: the savings of findings, netted of it.

A commitment bills on when nothing uses it, so what it pays for saves nothing until it ends. The bill says which share of the hours of an
account, region and instance family is paid for like that, never which instance's: the most that an instance can save stays its on-demand
rate (`high`), the least is without it, and the likely saving is without the covered share.

AWS applies reservations first, then plans for one family, then plans for any compute, the owner's account first and then the others of
the organization: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.core.money import USD, usd
from functions.core.rank.headlines import Finding, changed

FULLY, HARDLY = 0.995, 0.005
"""Shares from (to) which hours count as all covered (not at all): usage and coverage are rounded apart."""
Json = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Pool:
    """What is paid for of the hours of one family: `share` of them, by what (`why`), until when, where AWS tells.

    `bound`: the commitment is for this family and region and of this account. Any other one may go on to pay for something else. `unit`
    is "usage" of what is not billed by the hour of an instance.
    """

    share: float
    why: str
    ends: str | None
    bound: bool
    unit: str = "hours"

    @property
    def counts(self) -> float:
        """The share that a likely saving is without."""
        return 1.0 if self.share >= FULLY else self.share

    @property
    def until(self) -> str:
        return self.ends or "an end that is not known here"

    @property
    def words(self) -> str:
        """The share in words; never "100 %" of what is not all."""
        return "all" if self.share >= FULLY else f"{min(99, max(1, round(100 * self.share)))} %"


def hours(row: Json) -> tuple[float, float]:
    """Of a row of the bill's coverage: the hours that are covered, and all."""
    covered = row["plan_hours"] + row["reserved_hours"]
    return covered, covered + row["on_demand_hours"]


UNSEEN = ("*", "")
"""In place of an engine and deployment that had no hours in the bill, where it tells them apart: no reservation paid for one."""


def _shares(row: Json) -> Iterator[tuple[str, str, float]]:
    """Engine, deployment and the share that is covered, of a row of the bill's coverage; ("", "") is the whole family's.

    A reservation is for one engine and deployment. A plan is for any: what no reservation paid for is shared like the family's.
    """
    covered, everything = hours(row)
    if everything <= 0:
        return
    yield "", "", covered / everything
    rest = row["plan_hours"] + row["on_demand_hours"]
    by_plan = row["plan_hours"] / rest if rest > 0 else 0.0
    for one in row.get("engines", ()):
        reserved = min(1.0, one["reserved_hours"] / one["hours"]) if one["hours"] > 0 else 0.0
        yield one["engine"], one["deployment"], reserved + (1 - reserved) * by_plan
    yield *UNSEEN, by_plan


def _name(coverable: Json) -> str:
    """Family, and engine and deployment where reservations are for one of each."""
    return " ".join(filter(None, (coverable["family"], coverable.get("engine", ""), coverable.get("deployment", ""))))


PARTS = {
    "usage": "what was used",
    "kinds": "which commitments there are",
    "plan_covered": "what Savings Plans paid for",
    "reserved": "what reservations paid for",
    "savings_plans": "the Savings Plans",
    "reservations": "the reservations",
    "by_engine": "which engines and deployments reservations paid for",
}
"""The parts of a bill that netting rests on, in words."""


NAMED = 3
"""Accounts that a sentence names; report.json has all."""
NOT_NETTED = "The bill has no row of this account: whether a commitment pays for some of this already is not known."


def without_rows(bill: Json) -> list[str]:
    """The accounts of the sweep that the bill has no row of: not what costs nothing, but what nobody knows of. Older bills tell by their
    sums by account."""
    told: list[str] | None = bill.get("without_rows") if bill["status"] == "ok" else []
    if told is None:
        billed = {row["account"] for row in bill.get("by_account", ())}
        told = [account for account in bill.get("accounts", ()) if account not in billed]
    return told


def named(accounts: Sequence[str], found: int) -> str:
    """The first of `found` accounts: "111122223333, 444455556666, 777788889999 and 6 more"."""
    more = found - len(accounts[:NAMED])
    return ", ".join(accounts[:NAMED]) + (f" and {more:,} more" if more else "")


def warnings(bill: Json, found: Container[str] | None = None) -> list[str]:
    """What has to be said when Cost Explorer gave a bill without the parts that netting rests on: a saving may be paid for already.

    `found`: the accounts in which something was found, None for any. An account without rows and without findings is just empty.
    """
    unseen = [account for account in without_rows(bill) if found is None or account in found]
    return [*_unseen(bill, unseen), *_refused(bill), *_foreign(bill)]


def _unseen(bill: Json, unseen: Sequence[str]) -> Iterator[str]:
    if unseen:
        accounts = f"{len(bill['accounts']):,} account{'' if len(bill['accounts']) == 1 else 's'}"
        yield (
            f"The bill has no rows of {len(unseen):,} of {accounts} ({named(unseen, len(unseen))}): savings there are at list prices, "
            "neither netted of commitments nor held against what is billed, and are in no share of the bill. Cost Explorer shows a member "
            "account only itself: if it is asked there, set billing_account to the payer."
        )


def _foreign(bill: Json) -> Iterator[str]:
    if bill["status"] == "ok" and (currency := bill.get("currency", USD)) != USD:
        yield (f"The bill is in {currency}. Savings are at list prices in USD, and in no share of the bill.")


def _refused(bill: Json) -> list[str]:
    missing = {name: reason for name, reason in bill.get("refused", {}).items() if name in PARTS}
    if not missing:
        return []
    parts = " and ".join(PARTS[name] for name in missing)
    why = next(iter(missing.values()))
    return [f"Cost Explorer did not report {parts} ({why}): a commitment may already pay for some of these savings."]


class Commitments:
    """The commitments of a bill (bill.json's content). Without one, and where no row of it speaks of a finding, nothing changes."""

    def __init__(self, bill: Json) -> None:
        today = date.fromisoformat(bill["end"]) if bill["status"] == "ok" else None
        self._unseen = frozenset(without_rows(bill) if today else ())
        self._pools: dict[tuple[str, ...], Pool] = {}
        self._told_apart: dict[tuple[str, ...], set[tuple[str, str]]] = {}
        for row in bill["coverage"] if today else ():
            family = (row["service"], row["account"], row["region"], row["family"])
            self._told_apart[family] = {(one["engine"], one["deployment"]) for one in row.get("engines", ())}
            ended = row["ends"] is not None and today is not None and date.fromisoformat(row["ends"]) < today
            unit = "hours" if row.get("instances", True) else "usage"
            for engine, deployment, share in () if ended else _shares(row):
                if share > HARDLY:
                    self._pools[*family, engine, deployment] = Pool(share, row["why"], row["ends"], row.get("bound", True), unit)

    def net(self, finding: Finding) -> bool:
        """Take what is paid for already from a finding's saving (as JSON), and say why. True when something was taken.

        A finding without a price or without compute stays as it is; one in an account that the bill has no row of is told so.
        """
        coverable, savings = finding.get("coverable"), finding["savings"]
        if coverable is None or savings["unpriced"] is not None:
            return False
        if finding["account"] in self._unseen:
            finding["note"] = " ".join(filter(None, (finding["note"], NOT_NETTED)))
            return False
        pool = self._pool(finding, coverable)
        compute = min(coverable["usd"], savings["likely"])
        if pool is None or compute <= 0:
            return False
        before = savings["likely"]
        savings["low"] = round(max(0.0, savings["low"] - compute), 4)
        savings["likely"] = max(savings["low"], round(before - pool.counts * compute, 4))
        if listed := finding.get("list_savings"):
            at_list = min(coverable["list_usd"], listed["likely"])
            listed["low"] = round(max(0.0, listed["low"] - at_list), 4)
            listed["likely"] = max(listed["low"], round(listed["likely"] - pool.counts * at_list, 4))
        savings["formula"] += f" − {pool.words} of {usd(compute)} covered by {pool.why} until {pool.until}"
        finding["note"] = " ".join(filter(None, (finding["note"], _note(pool, _name(coverable), finding, before))))
        return True

    def _pool(self, finding: Finding, coverable: Json) -> Pool | None:
        """What pays for hours like these; of the whole family where the bill does not tell engines and deployments apart."""
        family = (coverable["service"], finding["account"], finding["region"], coverable["family"])
        own, told_apart = (coverable.get("engine", ""), coverable.get("deployment", "")), self._told_apart.get(family)
        if not own[0] or not told_apart:
            return self._pools.get((*family, "", ""))
        return self._pools.get((*family, *(own if own in told_apart else UNSEEN)))

    def netted(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """The findings of one unit, as its scan wrote them, each netted; the most valuable of a resource is its headline again.

        The scan chose the headline at list prices. Where the compute is paid for, an action that saves storage may be worth more, and
        the total must count that one.
        """
        return changed(findings, self.net) if self._pools or self._unseen else findings


def _note(pool: Pool, family: str, finding: Finding, before: float) -> str:
    now = finding["savings"]["likely"]
    until = f"{pool.why} pays for {pool.words} of the {family} {pool.unit} of this account in {finding['region']} until {pool.until}"
    saves = "it likely saves nothing" if now <= 0.005 else f"it likely saves {usd(now)} a month"
    after = f"{until}: until then {saves}, then it saves {usd(before)}."
    if not pool.bound:
        return f"{after} That is not attributable to one instance: what it no longer pays for here, it may pay for elsewhere."
    return after if pool.share >= FULLY else f"{after} AWS does not say which of the instances it pays for."
