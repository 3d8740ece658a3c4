"""Which accounts of an organization a sweep looks at, and which it leaves out and why.

The list is whole or there is none: a listing that breaks off raises, because a sweep of fewer accounts would look complete.
Asked are ListAccounts, ListAccountsForParent and ListOrganizationalUnitsForParent, which only the management account and delegated
administrators may call. https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html

Organizations is global: whatever the region, botocore asks us-east-1, in China cn-northwest-1, in GovCloud us-gov-west-1.
https://docs.aws.amazon.com/general/latest/gr/ao.html
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from functions.core.aws.refusals import UNREACHABLE, translated
from functions.core.errors import Denied, InvalidInput, OrganizationError, Throttled
from functions.core.outside.pages import Tokens

IAM = ("organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent")
"""Everything that is asked of Organizations."""
ACTIVE = "ACTIVE"
EXCLUDED = "excluded by the input"
BUDGET_SECONDS = 75.0
"""What the listing may take. Plan has 300 s, and still asks each account for its regions."""
PAUSE_SECONDS = 2.0
"""Waited before asking once more when botocore's own attempts were all throttled: AWS refuses requests at the same time, too."""
PAGE = 20
"""The most that AWS puts on a page. https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html"""
NO_SUCH_PARENT = frozenset({"ParentNotFoundException", "InvalidInputException"})
NOT_IN_USE = "AWSOrganizationsNotInUseException"
DELEGATE = (
    "run the analyzer in the organization's management account, or delegate there to this account: aws organizations "
    "register-delegated-administrator --account-id {own} --service-principal cost-optimization-hub.bcm.amazonaws.com"
)
"""Any service's delegated administrator may list the accounts; that of Cost Optimization Hub gets little else.
https://docs.aws.amazon.com/cost-management/latest/userguide/coh-delegated-admin.html"""


@dataclass(slots=True, frozen=True)
class LeftOut:
    """An account that is not scanned. `reason`: EXCLUDED, or AWS's word for its state: "suspended", "pending closure", "closed", …"""

    account: str
    name: str
    reason: str


@dataclass(slots=True, frozen=True)
class Listed:
    """`active`: ids to scan, sorted; `left_out`, sorted by id; `names`: of both, by id."""

    active: list[str]
    left_out: list[LeftOut]
    names: dict[str, str]


def accounts(
    client: Any, ous: Sequence[str], exclude: Sequence[str], own_account: str, *, budget_seconds: float = BUDGET_SECONDS
) -> Listed:
    """The accounts under `ous` (ids of organizational units or roots) and all units below them, without any the whole organization;
    less the ids in `exclude`. `client`: boto3's of organizations.

    Raises InvalidInput where the input names what there is not, or nothing active is left; OrganizationError where this account may not
    list, or the listing broke off; Throttled when AWS still refuses after `budget_seconds`.
    """
    asking = _Asking(client, own_account, time.monotonic() + budget_seconds)
    found = asking.under(ous) if ous else asking.all_accounts()
    strangers = set(exclude) - found.keys()
    if strangers and ous:  # in the organization, but not under these units: that is no mistake
        strangers -= asking.all_accounts().keys()
    if strangers:
        raise InvalidInput(f"accounts: exclude: not in the organization: {', '.join(sorted(strangers))}; give the ids as AWS lists them")
    names = {account: str(said.get("Name", "")) for account, said in sorted(found.items())}
    reasons = {account: EXCLUDED if account in exclude else _not_active(said) for account, said in found.items()}
    left_out = [LeftOut(account, name, reasons[account]) for account, name in names.items() if reasons[account]]
    active = [account for account in names if not reasons[account]]
    if not active:
        where = f"under {', '.join(ous)}" if ous else "in the organization"
        counts = ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(one.reason for one in left_out).items()))
        raise InvalidInput(f"accounts: there is no account to scan {where} ({counts or 'it has none'})")
    return Listed(active, left_out, names)


def _not_active(said: dict[str, Any]) -> str:
    """Why an account is not scanned; empty for an active one, and where AWS says nothing: its units then tell whether it can be read.

    State replaces Status, which AWS retires on 2026-09-09 and which calls closed accounts suspended.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
    """
    state = str(said.get("State") or said.get("Status") or ACTIVE)
    return "" if state == ACTIVE else state.lower().replace("_", " ")


@dataclass(slots=True, frozen=True)
class _Asking:
    """One listing: whom to ask, as whom, and until when (`time.monotonic()`)."""

    client: Any
    own_account: str
    deadline: float

    def all_accounts(self) -> dict[str, dict[str, Any]]:
        """Every account, by id. The own one is in every organization that it may list: without it the listing is not whole."""
        found = {account["Id"]: account for account in self._pages("ListAccounts", self.client.list_accounts, "Accounts")}
        if self.own_account not in found:
            raise OrganizationError(f"the organization's list of {len(found)} accounts lacks this one, {self.own_account}: it is not whole")
        return found

    def under(self, parents: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The accounts of these units and roots and of all units below them, by id: each unit is asked once."""
        found: dict[str, dict[str, Any]] = {}
        waiting, seen = list(dict.fromkeys(parents)), set(parents)
        while waiting:
            parent = waiting.pop()
            of_it = self._pages("ListAccountsForParent", self.client.list_accounts_for_parent, "Accounts", ParentId=parent)
            found.update((account["Id"], account) for account in of_it)
            if parent.startswith("r-"):  # an organization has one root: under it are all, which takes fewer requests to say
                found.update(self.all_accounts())
                continue
            listing = self.client.list_organizational_units_for_parent
            for unit in self._pages("ListOrganizationalUnitsForParent", listing, "OrganizationalUnits", ParentId=parent):
                if unit["Id"] not in seen:
                    seen.add(unit["Id"])
                    waiting.append(unit["Id"])
        return found

    def _pages(self, operation: str, listing: Any, key: str, **parameters: str) -> Iterator[dict[str, Any]]:
        """All pages. One may be empty and still not be the last: only a missing token ends a listing."""
        token: dict[str, str] = {}
        tokens = Tokens(operation)
        while True:
            page = self._ask(operation, listing, MaxResults=PAGE, **parameters, **token)
            yield from page.get(key, ())
            if not page.get("NextToken"):
                return
            if not tokens.is_new(page["NextToken"]):
                raise OrganizationError(f"organizations:{operation} answers the same page for ever")
            token = {"NextToken": page["NextToken"]}

    def _ask(self, operation: str, listing: Any, **parameters: Any) -> dict[str, Any]:
        """One page; throttled, the same page again until the time is up."""
        while True:
            if time.monotonic() >= self.deadline:
                raise OrganizationError(f"organizations:{operation}: the accounts could not be listed in time: name fewer `ous`")
            try:
                with translated("organizations", operation):
                    page: dict[str, Any] = listing(**parameters)
                return page
            except Throttled as slow:
                if time.monotonic() + PAUSE_SECONDS >= self.deadline:
                    raise Throttled(f"{slow}; the accounts could not be listed in time: start the sweep again in a few minutes") from slow
                time.sleep(PAUSE_SECONDS)
            except Denied as denied:
                raise OrganizationError(f"{denied}; {DELEGATE.format(own=self.own_account)}") from denied
            except ClientError as error:
                raise self._broken_off(operation, error, parameters.get("ParentId", "")) from error
            except UNREACHABLE as error:
                raise OrganizationError(f"organizations:{operation}: {error}: start the sweep again") from error

    def _broken_off(self, operation: str, error: ClientError, parent: str) -> InvalidInput | OrganizationError:
        """What the refusal means for the one who started the sweep."""
        code = error.response.get("Error", {}).get("Code", "")
        if parent and code in NO_SUCH_PARENT:
            return InvalidInput(f"accounts: ous: {parent} is no organizational unit or root of this organization")
        if code == NOT_IN_USE:
            return OrganizationError(f"{self.own_account} is in no organization: list the accounts by id, or sweep this one alone")
        return OrganizationError(f"organizations:{operation}: {error}: start the sweep again")
