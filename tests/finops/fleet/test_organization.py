"""The fleet's organization, as the analyzer lists it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.fleet import organization
from finops.fleet.organization import CLOSED, PRODUCTION, WORKLOADS, Organization
from functions.core.plan.organization import EXCLUDED, Listed, accounts


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


@pytest.fixture(scope="module")
def made(aws: EmbeddedAws) -> Organization:
    return organization.seed(aws)


def listed(aws: EmbeddedAws, *ous: str, exclude: tuple[str, ...] = ()) -> Listed:
    return accounts(aws.client("organizations"), ous, exclude, ACCOUNTS[0])


def test_the_accounts_of_the_fleet_are_its_accounts(aws: EmbeddedAws, made: Organization) -> None:
    assert listed(aws).active == sorted(ACCOUNTS) == sorted(sum(made.active.values(), ()))
    assert [(one.account, one.reason) for one in listed(aws).left_out] == [(CLOSED, "closed")]
    assert made.closed == (CLOSED,)


def test_a_unit_lies_in_another(aws: EmbeddedAws, made: Organization) -> None:
    assert listed(aws, made.units[PRODUCTION]).active == list(made.active[PRODUCTION])
    assert listed(aws, made.units[WORKLOADS]).active == sorted(made.active[WORKLOADS] + made.active[PRODUCTION])
    assert listed(aws, made.root) == listed(aws)


def test_every_account_has_a_name_and_can_be_excluded(aws: EmbeddedAws, made: Organization) -> None:
    production = made.active[PRODUCTION][0]
    without = listed(aws, exclude=(production,))
    assert production not in without.active
    assert (without.names[production], without.left_out[0].reason) == (f"production-{production}", EXCLUDED)
