"""The embedded AWS's Organizations: given ids, AWS's states, and refusals for those who may not list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.side_organizations import COST_OPTIMIZATION_HUB

MANAGEMENT, MEMBER, STRANGER = ACCOUNTS
CLOSED = "444444444444"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    """MANAGEMENT has an organization with MEMBER and CLOSED; STRANGER is not in it."""
    with servers.running(MANAGEMENT, REGIONS[0]) as ours:
        running = EmbeddedAws(ours)
        client = running.client("organizations")
        client.create_organization()
        for account in (MEMBER, CLOSED):
            client.create_account(AccountName="shop", Email=f"{account}@example.com")
        client.close_account(AccountId=CLOSED)
        yield running


def test_an_account_has_the_id_that_its_mail_address_begins_with(aws: EmbeddedAws) -> None:
    listed = aws.client("organizations").list_accounts()["Accounts"]
    assert {account["Id"] for account in listed} == {MANAGEMENT, MEMBER, CLOSED}


def test_an_account_without_such_an_address_has_an_id_of_moto_s(aws: EmbeddedAws) -> None:
    client = aws.client("organizations")
    made = client.create_account(AccountName="x", Email="1234567890123@example.com")["CreateAccountStatus"]["AccountId"]
    assert made not in ("123456789012", "234567890123")
    client.remove_account_from_organization(AccountId=made)


def test_a_closed_account_is_closed_and_its_old_status_is_suspended(aws: EmbeddedAws) -> None:
    account = aws.client("organizations").describe_account(AccountId=CLOSED)["Account"]
    assert (account["State"], account["Status"]) == ("CLOSED", "SUSPENDED")


@pytest.mark.parametrize(("account", "code"), [(MEMBER, "AccessDeniedException"), (STRANGER, "AWSOrganizationsNotInUseException")])
def test_who_may_not_list_is_refused(aws: EmbeddedAws, account: str, code: str) -> None:
    client = aws.client("organizations", account)
    root = aws.client("organizations").list_roots()["Roots"][0]["Id"]
    for listing, given in (
        (client.list_accounts, {}),
        (client.list_accounts_for_parent, {"ParentId": root}),
        (client.list_organizational_units_for_parent, {"ParentId": root}),
    ):
        with pytest.raises(ClientError) as refused:
            listing(**given)
        assert refused.value.response["Error"]["Code"] == code


def test_a_delegated_administrator_lists_what_the_management_account_lists(aws: EmbeddedAws) -> None:
    management, member = aws.client("organizations"), aws.client("organizations", MEMBER)
    delegation = {"AccountId": MEMBER, "ServicePrincipal": COST_OPTIMIZATION_HUB}
    management.register_delegated_administrator(**delegation)
    assert member.list_accounts()["Accounts"] == management.list_accounts()["Accounts"]
    management.deregister_delegated_administrator(**delegation)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        member.list_accounts()
