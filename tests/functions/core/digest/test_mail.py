"""Sending: what SES gets, and what each of its refusals becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from moto import mock_aws
from moto.backends import get_backend

from functions.core.digest.mail import WHAT_TO_DO, send
from functions.core.digest.message import Message

SENDER, RECIPIENTS = "finops@example.com", ("ops@example.org", "cto@example.org")
MESSAGE = Message("FinOps: $1 a month", "t", "headline <b>", "below")


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client, and an SES that knows nobody."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("sesv2", region_name="eu-west-1")


def test_a_verified_sender_sends_one_mail_to_all(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity=SENDER)
    assert send(ses, SENDER, RECIPIENTS, MESSAGE) == ("sent", "", "", "")
    [mail] = get_backend("ses")["123456789012"]["eu-west-1"].sent_messages
    assert (mail.source, mail.subject) == (SENDER, MESSAGE.subject)
    assert mail.destinations["ToAddresses"] == list(RECIPIENTS)


def test_subject_text_and_html_are_fields_of_their_own(ses: Any) -> None:
    with Stubber(ses) as stub:
        expected = {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": list(RECIPIENTS)}, "Content": ANY}
        stub.add_response("send_email", {"MessageId": "1"}, expected)
        seen: list[dict[str, Any]] = []
        ses.meta.events.register("provide-client-params.sesv2.SendEmail", lambda params, **_: seen.append(params))
        assert send(ses, SENDER, RECIPIENTS, MESSAGE).mail == "sent"
    simple = seen[0]["Content"]["Simple"]
    assert simple["Subject"] == {"Data": "FinOps: $1 a month", "Charset": "UTF-8"}
    assert "headline <b>" in simple["Body"]["Text"]["Data"]
    assert "headline &lt;b&gt;" in simple["Body"]["Html"]["Data"]
    assert list(simple) == ["Subject", "Body"]


def test_a_configuration_set_is_named_where_one_is_set_and_left_to_the_identity_elsewhere(ses: Any) -> None:
    seen: list[dict[str, Any]] = []
    ses.meta.events.register("provide-client-params.sesv2.SendEmail", lambda params, **_: seen.append(params))
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName="house-rules")
    for named in (None, "", "house-rules"):
        assert send(ses, SENDER, RECIPIENTS, MESSAGE, named).mail == "sent"
    assert [params.get("ConfigurationSetName") for params in seen] == [None, None, "house-rules"]


def test_an_unverified_sender_is_told_what_to_do(ses: Any) -> None:
    sent = send(ses, SENDER, RECIPIENTS, MESSAGE)
    assert (sent.mail, sent.reason) == ("not sent", "SenderNotVerified")
    assert sent.to_do == f"verify the sender: aws sesv2 create-email-identity --region eu-west-1 --email-identity {SENDER}"
    assert SENDER in sent.said


CHECK = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        ("MessageRejected", f"{CHECK}{SENDER}, ops@example.org", "SenderNotVerified"),
        ("MessageRejected", f"{CHECK}ops@example.org", "Sandbox"),
        ("MessageRejected", "Message contains a virus", "Rejected"),
        ("MailFromDomainNotVerifiedException", "", "SenderNotVerified"),
        ("SendingPausedException", "", "SendingPaused"),
        ("AccountSuspendedException", "", "SendingPaused"),
        ("LimitExceededException", "", "Throttled"),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", "Throttled"),
        ("AccessDeniedException", "User is not authorized to perform ses:SendEmail", "Denied"),
        ("BadRequestException", "Missing final '@domain'", "Invalid"),
        ("NotFoundException", "Configuration set x does not exist", "Invalid"),
        ("InternalFailure", "", "Rejected"),
    ],
)
def test_each_refusal_has_its_reason_and_raises_nothing(ses: Any, code: str, said: str, reason: str) -> None:
    with Stubber(ses) as stub:
        stub.add_client_error("send_email", code, said)
        sent = send(ses, SENDER, RECIPIENTS, MESSAGE)
    assert (sent.mail, sent.reason) == ("not sent", reason)
    assert sent.to_do == WHAT_TO_DO[reason].format(region="eu-west-1", sender=SENDER)
    assert code in sent.said


def test_an_ses_that_cannot_be_reached_is_a_refusal_as_well(ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://email.eu-west-1.amazonaws.com")

    monkeypatch.setattr(ses, "send_email", unreachable)
    assert send(ses, SENDER, RECIPIENTS, MESSAGE).reason == "Unreachable"


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_sess_own_says_nothing_about_the_mail(ses: Any, status: int) -> None:
    with Stubber(ses) as stub:
        stub.add_client_error("send_email", "InternalServiceErrorException", http_status_code=status)
        assert send(ses, SENDER, RECIPIENTS, MESSAGE).reason == "Unknown"


def test_neither_does_an_answer_that_was_lost(ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://email.eu-west-1.amazonaws.com")

    monkeypatch.setattr(ses, "send_email", lost)
    assert send(ses, SENDER, RECIPIENTS, MESSAGE).reason == "Unknown"
