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
    """SES with these identities (name: verified), in or out of the sandbox. A code instead of an account is what every request meets.

    `defaults`: identities' default configuration sets; `sets`: those that there are (name: whether it sends).
    """

    def __init__(
        self,
        identities: dict[str, bool],
        *,
        sandbox: bool = False,
        paused: bool = False,
        code: str = "",
        defaults: dict[str, str] | None = None,
        sets: dict[str, bool] | None = None,
    ) -> None:
        self.meta = boto3.client("sesv2", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").meta
        self.identities, self.sandbox, self.paused, self.code = identities, sandbox, paused, code
        self.defaults, self.sets = defaults or {}, sets or {}

    def get_account(self) -> dict[str, Any]:
        self._fail("GetAccount")
        return {"SendingEnabled": not self.paused, "ProductionAccessEnabled": not self.sandbox}

    def get_email_identity(self, **parameters: str) -> dict[str, Any]:
        self._fail("GetEmailIdentity")
        if parameters["EmailIdentity"] not in self.identities:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "does not exist"}}, "GetEmailIdentity")
        name = parameters["EmailIdentity"]
        default = {"ConfigurationSetName": self.defaults[name]} if name in self.defaults else {}
        return {"VerifiedForSendingStatus": self.identities[name], **default}

    def get_configuration_set(self, **parameters: str) -> dict[str, Any]:
        self._fail("GetConfigurationSet")
        name = parameters["ConfigurationSetName"]
        if name not in self.sets:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "does not exist"}}, "GetConfigurationSet")
        return {"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": self.sets[name]}}

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


HERE, ABOVE = {SENDER: "rules"}, {"example.com": "rules"}


@pytest.mark.parametrize(
    ("identities", "defaults", "sets", "named", "status", "said"),
    [
        ({SENDER: True}, HERE, {"rules": True}, None, Status.OK, "through the configuration set rules, the default of the identity"),
        ({"example.com": True}, ABOVE, {"rules": True}, None, Status.OK, "configuration set rules"),
        ({SENDER: True, "example.com": True}, ABOVE, {"rules": True}, None, None, ""),
        ({SENDER: False, "example.com": True}, ABOVE, {"rules": True}, None, Status.OK, "configuration set rules"),
        ({SENDER: True}, {}, {"rules": True}, None, None, ""),
        ({SENDER: True}, HERE, {}, None, Status.MISSING, f"there is no configuration set rules in {REGION}, the default of"),
        ({SENDER: True}, HERE, {"rules": False}, None, Status.MISSING, "sending is paused for the configuration set rules"),
        ({SENDER: True}, HERE, {"rules": True, "other": True}, "other", Status.OK, "set other, named by email_configuration_set"),
        ({SENDER: True}, {}, {}, "other", Status.MISSING, "there is no configuration set other"),
    ],
)
def test_the_configuration_set_that_mails_go_through_is_looked_at(
    identities: dict[str, bool], defaults: dict[str, str], sets: dict[str, bool], named: str | None, status: Status | None, said: str
) -> None:
    ses = Ses(identities, defaults=defaults, sets=sets)
    _, _, *points = mail_setup.points(ses, SENDER, (READER,), named)
    assert [(point.status, said in point.seen) for point in points] == ([(status, True)] if status else [])
    if status is Status.MISSING:
        assert ("create it" in points[0].fix) or ("put-configuration-set-sending-options" in points[0].fix)
