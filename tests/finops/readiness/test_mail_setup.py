"""Whether mails would arrive, from what SES answers about the account and its identities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from finops.readiness import mail_setup
from finops.readiness.points import Point, Status

SENDER, READER, OTHER = "finops@mail.example.com", "team@example.org", "boss@example.net"
REGION = "eu-west-1"


class Ses:
    """SES with these identities (name: verified), in or out of the sandbox. A code instead of an account is what every request meets."""

    def __init__(self, identities: dict[str, bool], *, sandbox: bool = False, paused: bool = False, code: str = "") -> None:
        self.meta = boto3.client("sesv2", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta
        self.identities, self.sandbox, self.paused, self.code = identities, sandbox, paused, code

    def get_account(self) -> dict[str, Any]:
        self._fail("GetAccount")
        return {"SendingEnabled": not self.paused, "ProductionAccessEnabled": not self.sandbox}

    def get_email_identity(self, **parameters: str) -> dict[str, Any]:
        self._fail("GetEmailIdentity")
        if parameters["EmailIdentity"] not in self.identities:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "does not exist"}}, "GetEmailIdentity")
        return {"VerifiedForSendingStatus": self.identities[parameters["EmailIdentity"]]}

    def _fail(self, operation: str) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, operation)


def looked(ses: Ses, recipients: tuple[str, ...] = (READER,)) -> Iterator[Point]:
    return mail_setup.points(ses, SENDER, recipients)


@pytest.mark.parametrize(("sender", "recipients"), [(None, ()), (SENDER, ()), (None, (READER,))])
def test_no_mail_is_good_to_know_and_no_failure(sender: str | None, recipients: tuple[str, ...]) -> None:
    [point] = mail_setup.points(Ses({}, code="AccessDenied"), sender, recipients)
    assert (point.status, point.seen) == (Status.TO_KNOW, "none is sent: no sender is set")


@pytest.mark.parametrize(
    ("identities", "status", "said"),
    [
        ({SENDER: True}, Status.OK, f"{SENDER} may send"),
        ({"mail.example.com": True}, Status.OK, "mail.example.com is verified"),
        ({"example.com": True, SENDER: False}, Status.OK, "example.com is verified"),
        ({SENDER: False}, Status.MISSING, f"the sender {SENDER} is not verified in {REGION}"),
        ({}, Status.MISSING, f"the sender {SENDER} is not verified in {REGION}"),
    ],
)
def test_the_sender_or_a_domain_above_it_has_to_be_verified(identities: dict[str, bool], status: Status, said: str) -> None:
    sender, account = looked(Ses(identities))
    assert (sender.status, account.status) == (status, Status.OK)
    assert said in sender.seen
    if status is Status.MISSING:
        assert ("create-email-identity" in sender.fix) is (not identities)
        assert SENDER in sender.fix


@pytest.mark.parametrize(
    ("identities", "recipients", "unverified"),
    [
        ({READER: True}, (READER,), []),
        ({"example.org": True, OTHER: True}, (READER, OTHER), []),
        ({READER: True}, (READER, "success@simulator.amazonses.com"), []),
        ({READER: False}, (READER,), [READER]),
        ({READER: True}, (READER, OTHER), [OTHER]),
        ({}, (READER, OTHER), [READER, OTHER]),
    ],
)
def test_in_the_sandbox_every_recipient_has_to_be_verified(
    identities: dict[str, bool], recipients: tuple[str, ...], unverified: list[str]
) -> None:
    _, account = looked(Ses({SENDER: True, **identities}, sandbox=True), recipients)
    assert account.status is (Status.MISSING if unverified else Status.OK)
    assert "sandbox" in account.seen
    assert [name for name in recipients if name in account.seen] == unverified
    assert [name for name in recipients if name in account.fix] == unverified


def test_a_paused_account_sends_nothing() -> None:
    _, account = looked(Ses({SENDER: True}, paused=True))
    assert (account.status, "paused" in account.seen) == (Status.MISSING, True)


@pytest.mark.parametrize(
    ("code", "said"), [("AccessDeniedException", "is denied to you"), ("TooManyRequestsException", "could not be checked")]
)
def test_who_may_not_look_says_nothing_of_the_mail(code: str, said: str) -> None:
    for point in looked(Ses({}, code=code)):
        assert (point.status, said in point.seen) == (Status.TO_KNOW, True)
