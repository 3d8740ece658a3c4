"""Sending a mail with SES. Whatever SES says, it is an answer: why not, as a metric, and what to do about it, as one line in the log.

Errors: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from functions.core.aws.clients import UNREACHABLE, translated
from functions.core.aws.effects import may_have_happened
from functions.core.digest.message import Message
from functions.core.digest.render import html, text
from functions.core.errors import Denied, Throttled
from functions.core.outside.text import shell_word

NOT_VERIFIED = "not verified"
"""What SES writes of an identity that it does not know, or a recipient that a sandbox may not write to: the message names them.

https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
"""
REASONS = {
    "MailFromDomainNotVerifiedException": "SenderNotVerified",
    "AccountSuspendedException": "SendingPaused",
    "SendingPausedException": "SendingPaused",
    "LimitExceededException": "Throttled",
    "BadRequestException": "Invalid",
    "NotFoundException": "Invalid",
}
WHAT_TO_DO = {
    "SenderNotVerified": "verify the sender: aws sesv2 create-email-identity --region {region} --email-identity {sender}",
    "Sandbox": "SES is in its sandbox in {region}: verify each recipient as well, or ask for production access in the SES console",
    "Rejected": "SES does not take this mail; its message says why",
    "SendingPaused": "sending is paused for this account: the SES console in {region} says why, under Account dashboard",
    "Denied": "the function's role may not send this: `finops doctor` says what SES uses; deploy again with email_from, email_to and "
    "email_configuration_set as they are there",
    "Throttled": "the sending quota of this account is used up: the SES console in {region} shows it and can raise it",
    "Invalid": "SES calls the request wrong: check email_from, email_to and the configuration set of the sender's identity",
    "Unreachable": "SES could not be reached in {region}: it may not be offered there, or a VPC has no way to it",
    "Unknown": "SES in {region} did not say whether it took this mail, so it is not sent again: `finops runs` lists the sweeps",
}
"""One for each `Reason` of the metric MailNotSent. After "Unknown" the mail may have been sent all the same."""


class Sent(NamedTuple):
    """ "sent", or "not sent" with the reason (a key of WHAT_TO_DO), what to do, and what SES said."""

    mail: str
    reason: str = ""
    to_do: str = ""
    said: str = ""


def send(ses: Any, sender: str, recipients: Sequence[str], message: Message, configuration_set: str | None = None) -> Sent:
    """`ses`: a client for sesv2. SES makes the headers from fields of their own: nothing in a field can become another one.

    Without a `configuration_set` SES takes the default one of the sender's identity, where that has one.
    """
    try:
        with translated("ses", "SendEmail"):
            ses.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": list(recipients)},
                Content={
                    "Simple": {
                        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": text(message), "Charset": "UTF-8"},
                            "Html": {"Data": html(message), "Charset": "UTF-8"},
                        },
                    }
                },
                **({"ConfigurationSetName": configuration_set} if configuration_set else {}),
            )
    except (Denied, Throttled, ClientError, UNREACHABLE) as error:
        reason = why(error, sender)
        return Sent("not sent", reason, WHAT_TO_DO[reason].format(region=ses.meta.region_name, sender=shell_word(sender)), str(error))
    return Sent("sent")


def why(error: Exception, sender: str) -> str:
    """The reason behind an error of SendEmail."""
    if isinstance(error, Denied):
        cause = error.__cause__  # SES's own word says more, where it is one of those
        return REASONS.get(cause.response["Error"]["Code"], "Denied") if isinstance(cause, ClientError) else "Denied"
    if isinstance(error, Throttled):
        return "Throttled"
    if may_have_happened(error):
        return "Unknown"
    if not isinstance(error, ClientError):
        return "Unreachable"
    code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "MessageRejected":
        if NOT_VERIFIED not in said:
            return "Rejected"
        return "SenderNotVerified" if sender in said else "Sandbox"
    return REASONS.get(code, "Rejected")
