"""Organizations of the embedded AWS: moto's, put right where a sweep of an organization would be misled.

- CreateAccount: an account whose mail address begins with twelve digits gets these as its id, moto's own are random. So an
  organization is made of the accounts that are there, through AWS's own API.
- The listings answer the management account and delegated administrators; moto answers everybody, with nothing.
  https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
- CloseAccount: the state is CLOSED, which the retired Status calls SUSPENDED.
  https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
- RegisterDelegatedAdministrator knows Cost Optimization Hub.
  https://docs.aws.amazon.com/cost-management/latest/userguide/coh-delegated-admin.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from moto.organizations import models
from moto.organizations.exceptions import AWSOrganizationsNotInUseException, OrganizationsClientError
from moto.organizations.models import FakeAccount, FakeDelegatedAdministrator, FakeOrganization, OrganizationsBackend

LISTINGS = ("list_accounts", "list_accounts_for_parent", "list_organizational_units_for_parent")
GIVEN_ID = re.compile(r"\d{12}(?=\D)")
COST_OPTIMIZATION_HUB = "cost-optimization-hub.bcm.amazonaws.com"


class Account(FakeAccount):
    """An account with a given id, and a state that is AWS's."""

    def __init__(self, organization: FakeOrganization, **given: Any) -> None:
        super().__init__(organization, **given)
        if number := GIVEN_ID.match(given["Email"]):
            self.id = number.group()

    def close(self) -> None:
        super().close()
        self.state = "CLOSED"


def seen_by(backend: OrganizationsBackend) -> OrganizationsBackend:
    """The management account's backend, where an account's own one lists it; AWS's refusals where it may not."""
    if backend.org:
        return backend
    held = models.organizations_backends.master_accounts.get(backend.account_id)
    if held is None:
        raise AWSOrganizationsNotInUseException
    management = models.organizations_backends[held[0]][held[1]]
    if backend.account_id not in {admin.account.id for admin in management.admins}:
        raise OrganizationsClientError("AccessDeniedException", "You don't have permissions to access this resource.")
    return management


def _closed_to_others(listing: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(listing)
    def list_it(backend: OrganizationsBackend, *given: Any, **named: Any) -> Any:
        return listing(seen_by(backend), *given, **named)

    return list_it


def put_right() -> None:
    """Put ours in the place of moto's; once in a process."""
    models.FakeAccount = Account  # type: ignore[misc]
    for name in LISTINGS:
        setattr(OrganizationsBackend, name, _closed_to_others(getattr(OrganizationsBackend, name)))
    FakeDelegatedAdministrator.SUPPORTED_SERVICES.append(COST_OPTIMIZATION_HUB)
