"""What a sweep reaches: its accounts, the regions that each of them has enabled, and what is left out with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from functions.core import registry
from functions.core.aws import partitions
from functions.core.aws.sessions import account_client
from functions.core.errors import Denied, InvalidInput, Throttled
from functions.core.model import Outcome, UnitOutcome, unit_id
from functions.core.plan import enabled_regions, organization
from functions.core.plan.request import Organized, SweepRequest
from functions.core.plan.units import NOT_ENABLED, left_out
from functions.core.settings import Settings
from functions.core.store.ledger import REASON_LENGTH

UNKNOWN = "unknown"
"""In place of the regions that an account may have beside those that are scanned, where it could not be asked for them."""
COULD_NOT_BE_ASKED = "the account could not be asked which regions it has enabled, so only those of the analyzer's account are scanned"
OUTCOMES = ((Denied, Outcome.DENIED), (Throttled, Outcome.THROTTLED), (TimeoutError, Outcome.INCOMPLETE))
"""By what kept an account from telling its regions; anything else has failed."""


@dataclass(slots=True)
class Scope:
    """`regions`: of each account, those to scan. `left_out`: suspended and excluded accounts, regions that an account has not enabled.

    `unanswered`: what kept an account from saying which regions it has enabled. `account_names`: by id, of those that are scanned, as
    Organizations has them; nothing where it was not asked. `regions_named`: the regions were asked for by name, so
    what an account may have beside them is of no matter.
    """

    regions: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[UnitOutcome] = field(default_factory=list)
    unanswered: dict[str, Exception] = field(default_factory=dict)
    account_names: dict[str, str] = field(default_factory=dict)
    regions_named: bool = False

    @property
    def accounts(self) -> list[str]:
        return list(self.regions)

    @property
    def all_regions(self) -> list[str]:
        """Every region that is scanned in some account."""
        return sorted({region for regions in self.regions.values() for region in regions})

    def unknown(self, types: Sequence[str]) -> Iterator[UnitOutcome]:
        """What accounts that did not answer may have and nobody can plan: of each resource type one unit, as for one more region, with a
        bad outcome and the reason. What is asked once for all regions of an account is planned."""
        for account, error in () if self.regions_named else self.unanswered.items():
            outcome = next((outcome for kind, outcome in OUTCOMES if isinstance(error, kind)), Outcome.FAILED)
            reason = f"{COULD_NOT_BE_ASKED}: {error}"[:REASON_LENGTH]
            for resource_type in types:
                if registry.asked_once(resource_type):
                    continue
                yield UnitOutcome(
                    unit_id=unit_id(account, UNKNOWN, resource_type),
                    account=account,
                    region=UNKNOWN,
                    resource_type=resource_type,
                    outcome=outcome,
                    reason=reason,
                )


def resolved(asked: SweepRequest, types: Sequence[str], config: Settings, run_id: str) -> Scope:
    """Asks Organizations and each account. Raises InvalidInput, and Denied or Throttled when the organization or the own account
    cannot be asked: a shorter list would look like a smaller truth.

    An account that cannot be asked for its regions is planned with those that are asked for by name, else with those of the own account,
    and what it may have beside them is unknown: never does a report look complete because somebody could not be asked.
    """
    accounts, scope = _accounts(asked, config)
    reported = enabled_regions.of_accounts(accounts, config, run_id)
    own = reported[config.aws_account_id]
    if isinstance(own, Exception):
        raise own
    named = [] if asked.regions == "all" else list(dict.fromkeys(asked.regions))
    scope.regions_named = bool(named)
    _refuse_unknown_regions(
        named,
        [reported[account] for account in accounts],
        own,
        "this account" if accounts == [config.aws_account_id] else "any of these accounts",
    )
    for account in accounts:
        enabled = reported[account]
        if isinstance(enabled, Exception):
            scope.unanswered[account] = enabled
            scope.regions[account] = named or list(own)
        elif named:
            scope.regions[account] = [region for region in named if region in enabled]
            missing = [region for region in named if region not in enabled]
            spread = [name for name in types if not registry.asked_once(name)]
            scope.left_out += [left_out(account, NOT_ENABLED, region, name) for region in missing for name in spread]
        else:
            scope.regions[account] = list(enabled)
    return scope


def asked_again(accounts: Sequence[str], config: Settings, run_id: str) -> Scope:
    """The regions of accounts that could not say them when the run was planned, of those that answer now."""
    scope = Scope()
    reported = enabled_regions.of_accounts(accounts, config, run_id)
    for account in accounts:
        regions = reported[account]
        if isinstance(regions, Exception):
            scope.unanswered[account] = regions
        else:
            scope.regions[account] = list(regions)
    return scope


def _refuse_unknown_regions(named: Sequence[str], reported: Sequence[list[str] | Exception], own: list[str], where: str) -> None:
    """A region that none of the accounts has; one of those that did not answer may have any that exists."""
    answers = [regions for regions in reported if not isinstance(regions, Exception)]
    somewhere = {region for regions in (*answers, own) for region in regions}
    for region in named:
        may_be_elsewhere = len(answers) < len(reported) and partitions.exists(region)
        if region not in somewhere and not may_be_elsewhere:
            raise InvalidInput(f"regions: {region!r} is not a region enabled in {where}; allowed are: {', '.join(sorted(somewhere))}")


def _accounts(asked: SweepRequest, config: Settings) -> tuple[list[str], Scope]:
    own = config.aws_account_id
    if isinstance(asked.accounts, Organized):
        of_it = asked.accounts.organization
        listed = organization.accounts(account_client("organizations"), of_it.ous or (), of_it.exclude, own)
        names = {account: name for account in listed.active if (name := listed.names[account])}
        left = [left_out(one.account, one.reason) for one in listed.left_out]
        return list(listed.active), Scope(left_out=left, account_names=names)
    if asked.accounts == "self":
        return [own], Scope()
    return list(dict.fromkeys(own if account == "self" else account for account in asked.accounts)), Scope()
