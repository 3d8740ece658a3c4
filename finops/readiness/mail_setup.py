"""Can SES send the mails that are set up: is the sender verified, may the account send, and in the sandbox, are the recipients verified?

https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from finops.readiness.points import Point, asked, looked, missing, ok, to_know
from functions.core.mail_addresses import domains
from functions.core.outside.text import shell_word

WHAT = "Mail"
NO_SUCH = "NotFoundException"
SIMULATOR = "@simulator.amazonses.com"
"""May be written to from the sandbox. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"""


def points(ses: Any, sender: str | None, recipients: Sequence[str]) -> Iterator[Point]:
    """`ses`: a client for sesv2 in the analyzer's region."""
    if not sender or not recipients:
        yield to_know(WHAT, "none is sent: no sender is set", "set email_from and email_to in cdk.json, and deploy, if you want any")
        return
    yield looked(WHAT, lambda: _sender(ses, sender))
    yield looked(WHAT, lambda: _account(ses, recipients))


def _sender(ses: Any, sender: str) -> Point:
    states = _states(ses, sender)
    verified = next((name for name, state in states.items() if state), None)
    if verified:
        return ok(WHAT, f"{sender} may send" + (f", {verified} is verified" if verified != sender else ""))
    return missing(WHAT, f"the sender {sender} is not verified in {ses.meta.region_name}", _verify(ses, sender, begun=bool(states)))


def _account(ses: Any, recipients: Sequence[str]) -> Point:
    region = ses.meta.region_name
    account = asked(ses, "ses", "get_account")
    if not account.get("SendingEnabled"):
        return missing(WHAT, f"sending is paused for this account in {region}", "the SES console says why, under Account dashboard")
    if account.get("ProductionAccessEnabled"):
        return ok(WHAT, f"SES is out of its sandbox in {region}: mail may go to anyone")
    unverified = {name: states for name in recipients if not name.endswith(SIMULATOR) and not any((states := _states(ses, name)).values())}
    if not unverified:
        return ok(WHAT, f"SES is in its sandbox in {region}, and the {len(recipients)} recipients are verified")
    commands = "; ".join(_verify(ses, name, begun=bool(states)) for name, states in unverified.items())
    return missing(
        WHAT,
        f"SES is in its sandbox in {region} and {', '.join(unverified)} {'is' if len(unverified) == 1 else 'are'} not verified",
        f"ask for production access in the SES console, or verify: {commands}",
    )


def _states(ses: Any, address: str) -> dict[str, bool]:
    """The identities that cover an address, its own and its domains', each with whether it is verified."""
    states: dict[str, bool] = {}
    for name in (address, *domains(address)):
        try:
            states[name] = bool(asked(ses, "ses", "get_email_identity", EmailIdentity=name)["VerifiedForSendingStatus"])
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_SUCH:
                raise
    return states


def _verify(ses: Any, address: str, *, begun: bool) -> str:
    if begun:
        return f"open the link in the mail from AWS to {address}, or set the DNS records that the SES console shows for its domain"
    name = shell_word(address)
    return f"aws sesv2 create-email-identity --region {ses.meta.region_name} --email-identity {name}, and open the link in the mail"
