"""What a sweep on this machine will ask of AWS, said before it is asked; and whether it may ask what AWS bills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.prompt import Confirm

from finops.ending import Ending, ExitCode
from finops.local.profile import Profile
from finops.readiness.reaching import FEW, Reached
from finops.sweeping import estimate_model
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.meter import sweep_cost
from functions.core.meter.quantities import Quantities
from functions.core.report.counts import plural

SAMPLE = 1_000
"""Resources for which the metrics are estimated, where no earlier sweep says how many there are."""
TO_ALLOW = "allow it with --yes, or sweep with --free, which asks neither Cost Explorer nor CloudWatch"


@dataclass(slots=True, frozen=True)
class Requests:
    """What is about to be asked. `resources`: as many as an earlier sweep of the account has seen; 0 where there was none."""

    reached: Reached
    types: Sequence[str]
    resources: int = 0

    @property
    def units(self) -> int:
        """Accounts × regions × resource types, but for what is asked once for an account."""
        return sum(len(registry.asked_in(kind, regions)) for regions in self.reached.regions.values() for kind in self.types)

    @property
    def listings(self) -> int:
        """Free requests at least: one listing a unit, one for the regions of each account. What is there takes more pages and more
        requests."""
        return len(self.reached.regions) + self.units

    @property
    def bill(self) -> int:
        """Requests of Cost Explorer, at most: answers of the same day are kept."""
        return estimate_model.bill_requests(len(self.reached.regions), commitments=True)

    @property
    def metrics(self) -> int:
        """Metrics of CloudWatch for `resources`, or for SAMPLE of them."""
        return estimate_model.metrics_of(self.types, self.resources or SAMPLE)

    @property
    def of_buckets(self) -> tuple[int, int]:
        """Listings and other requests about buckets, for as many."""
        return estimate_model.scan_requests(self.types, self.resources or SAMPLE)

    def usd(self, home: str) -> float:
        """What AWS bills for it, in US dollars."""
        lists, gets = self.of_buckets
        made = Quantities(metrics=self.metrics, cost_explorer=self.bill, scan_lists=lists, scan_gets=gets)
        return float(sweep_cost.priced(made, home, 0)["usd"])

    def lines(self, profile: Profile, *, free: bool) -> Iterator[str]:
        """Who asks, what, and what it costs."""
        regions = sorted({region for some in self.reached.regions.values() for region in some})
        where = " and ".join(regions) if 0 < len(regions) <= FEW else plural(len(regions), "region")
        yield f"Read as {profile.arn} (profile {profile.name}); nothing is created, changed or sent in AWS."
        accounts = ", ".join(list(self.reached.regions)[:FEW]) if len(self.reached.regions) <= FEW else ""
        yield (
            f"{plural(len(self.reached.regions), 'account')}{f' ({accounts})' if accounts else ''} in {where}, "
            f"{plural(len(self.types), 'resource type')}: {plural(self.units, 'unit')}, at least {self.listings:,} free requests."
        )
        for account, reason in self.reached.unanswered.items():
            yield f"Account {account} cannot be read, and will be named as not seen: {reason}"
        if free:
            yield "No paid requests: there will be no bill, and no verdict that needs a metric."
            return
        of = f"the {self.resources:,} resources seen last time" if self.resources else f"each {SAMPLE:,} resources"
        buckets = sum(self.of_buckets)
        asked = f"some {self.metrics:,} metrics of CloudWatch{f' and {buckets:,} requests about buckets' if buckets else ''} for {of}"
        yield f"Paid requests: {self.bill} of Cost Explorer at most, and {asked}; together about ${self.usd(profile.region):.2f}."


def allowed(requests: Requests, profile: Profile, screen: Screen, *, yes: bool, free: bool) -> None:
    """Say what will be asked, and ask whether it may be paid for. Ending (bad input) without a yes."""
    for line in requests.lines(profile, free=free):
        screen.note(line)
    if yes or free:
        return
    if not screen.person:
        raise Ending(ExitCode.BAD_INPUT, f"AWS bills some of these requests: {TO_ALLOW}; nothing was scanned")
    if not Confirm.ask("May it ask what is paid for?", console=screen.beside, default=False):
        raise Ending(ExitCode.BAD_INPUT, f"not allowed: {TO_ALLOW}; nothing was scanned")
