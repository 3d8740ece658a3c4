"""What a sweep reaches: its accounts, the regions that each of them has enabled, and what is left out with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.core.aws.clients import own_client
from functions.core.errors import InvalidInput
from functions.core.model import UnitOutcome
from functions.core.plan import enabled_regions, organization
from functions.core.plan.request import Organized, SweepRequest
from functions.core.plan.units import left_out
from functions.core.settings import Settings

NOT_ENABLED = "the region is not enabled in this account"


@dataclass(slots=True)
class Scope:
    """`regions`: of each account, those to scan. `left_out`: suspended and excluded accounts, regions that an account has not enabled.

    `unanswered`: why an account could not be asked for its regions.
    """

    regions: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[UnitOutcome] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)

    @property
    def accounts(self) -> list[str]:
        return list(self.regions)

    @property
    def all_regions(self) -> list[str]:
        """Every region that is scanned in some account."""
        return sorted({region for regions in self.regions.values() for region in regions})


def resolved(asked: SweepRequest, types: Sequence[str], config: Settings, run_id: str) -> Scope:
    """Asks Organizations and each account. Raises InvalidInput, and Denied or Throttled when the organization or the own account
    cannot be asked: a shorter list would look like a smaller truth.

    An account that cannot be asked for its regions is planned with those of the own account: its units then say why they saw nothing.
    """
    accounts, scope = _accounts(asked, config)
    reported = enabled_regions.of_accounts(accounts, config, run_id)
    own = reported[config.aws_account_id]
    if isinstance(own, Exception):
        raise own
    somewhere = {region for regions in reported.values() if not isinstance(regions, Exception) for region in regions}
    if asked.regions != "all" and (unknown := [region for region in asked.regions if region not in somewhere]):
        where = "this account" if accounts == [config.aws_account_id] else "any of these accounts"
        raise InvalidInput(f"regions: {unknown[0]!r} is not a region enabled in {where}; allowed are: {', '.join(sorted(somewhere))}")
    wanted = None if asked.regions == "all" else list(dict.fromkeys(asked.regions))
    for account in accounts:
        regions = reported[account]
        if isinstance(regions, Exception):
            scope.unanswered[account] = str(regions)
        enabled = own if isinstance(regions, Exception) else regions
        scope.regions[account] = list(enabled) if wanted is None else [region for region in wanted if region in enabled]
        if wanted is not None and not isinstance(regions, Exception):
            missing = [region for region in wanted if region not in enabled]
            scope.left_out += [left_out(account, NOT_ENABLED, region, name) for region in missing for name in types]
    return scope


def _accounts(asked: SweepRequest, config: Settings) -> tuple[list[str], Scope]:
    own = config.aws_account_id
    if isinstance(asked.accounts, Organized):
        of_it = asked.accounts.organization
        listed = organization.accounts(own_client("organizations"), of_it.ous or (), of_it.exclude, own)
        return list(listed.active), Scope(left_out=[left_out(one.account, one.reason) for one in listed.left_out])
    if asked.accounts == "self":
        return [own], Scope()
    return list(dict.fromkeys(own if account == "self" else account for account in asked.accounts)), Scope()
