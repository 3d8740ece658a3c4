"""The sample fleet's organization, made through AWS's own API: its accounts, in units of which one lies in another, and a closed account.

    Root              the analyzer's own account, which is the management account
    └─ Workloads      every second of the other accounts, and CLOSED
       └─ Production  the rest of them

Organizations of the embedded AWS takes an account's id from its mail address: see finops/embedded/side_organizations.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finops.fleet.scope import Aws

CLOSED = "999999999999"
"""An account that was closed: nothing is in it, and nobody can look."""
WORKLOADS, PRODUCTION = "Workloads", "Production"


@dataclass(slots=True, frozen=True)
class Organization:
    """`units`: ids by name. `active`: the accounts by the name of the unit (or "Root") that they lie in directly; `closed`: ids."""

    root: str
    units: Mapping[str, str]
    active: Mapping[str, tuple[str, ...]]
    closed: tuple[str, ...]


def seed(aws: Aws) -> Organization:
    """Make the organization; once in an embedded AWS."""
    own, *others = aws.accounts
    client = aws.client("organizations", own)
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    workloads = _unit(client, WORKLOADS, root)
    production = _unit(client, PRODUCTION, workloads)
    active = {"Root": (own,), WORKLOADS: tuple(others[::2]), PRODUCTION: tuple(others[1::2])}
    for name, unit in ((WORKLOADS, workloads), (PRODUCTION, production)):
        for account in active[name]:
            _account(client, account, f"{name.lower()}-{account}", root, unit)
    _account(client, CLOSED, "given-up", root, workloads)
    client.close_account(AccountId=CLOSED)
    return Organization(root, {WORKLOADS: workloads, PRODUCTION: production}, active, (CLOSED,))


def _unit(client: Any, name: str, parent: str) -> str:
    return str(client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"])


def _account(client: Any, account: str, name: str, root: str, unit: str) -> None:
    client.create_account(AccountName=name, Email=f"{account}@example.com")
    client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
