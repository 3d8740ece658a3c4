"""Can SES send the mails that are set up: is the sender verified, may the account send, and in the sandbox, are the recipients verified?
And the configuration set that the mails go through, where there is one: does it exist, and does it send?

https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets.html#default-config-sets
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from finops.readiness.points import Point, asked, looked, missing, ok, to_know
from functions.core.outside.mail_addresses import domains
from functions.core.outside.text import shell_word

WHAT = "Mail"
NO_SUCH = "NotFoundException"
SIMULATOR = "@simulator.amazonses.com"
"""May be written to from the sandbox. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"""


def points(ses: Any, sender: str | None, recipients: Sequence[str], configuration_set: str | None = None) -> Iterator[Point]:
    """`ses`: a client for sesv2 in the analyzer's region. `configuration_set`: what the mails name; None: the identity's own, if any."""
    if not sender or not recipients:
        yield to_know(WHAT, "none is sent: no sender is set", "set email_from and email_to in cdk.json, and deploy, if you want any")
        return
    yield looked(WHAT, lambda: _sender(ses, sender))
    yield looked(WHAT, lambda: _account(ses, recipients))
    yield from _configuration_set(ses, sender, configuration_set)


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


def _configuration_set(ses: Any, sender: str, named: str | None) -> Iterator[Point]:
    """Nothing where mails go through none. Who may not look at the identity has been told so already."""
    used: list[str] = []

    def look() -> Point:
        verified = (about for about in _identities(ses, sender).values() if about["VerifiedForSendingStatus"])
        found = named or next(verified, {}).get("ConfigurationSetName")  # the most specific identity that is verified is the one that sends
        if not found:
            return ok(WHAT, "no configuration set")
        used.append(found)
        whose = "named by email_configuration_set" if named else f"the default of the identity that covers {sender}"
        try:
            about = asked(ses, "ses", "get_configuration_set", ConfigurationSetName=found)
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_SUCH:
                raise
            mend = "create it, or correct email_configuration_set in cdk.json" if named else "create it, or give the identity another one"
            return missing(WHAT, f"there is no configuration set {found} in {ses.meta.region_name}, {whose}: SES refuses every mail", mend)
        if not about.get("SendingOptions", {}).get("SendingEnabled", True):
            enable = f"aws sesv2 put-configuration-set-sending-options --region {ses.meta.region_name} --configuration-set-name {found}"
            return missing(WHAT, f"sending is paused for the configuration set {found}, {whose}", f"{enable} --sending-enabled")
        return ok(WHAT, f"mails go through the configuration set {found}, {whose}")

    point = looked(WHAT, look)
    if used:
        yield point


def _states(ses: Any, address: str) -> dict[str, bool]:
    """The identities that cover an address, each with whether it is verified."""
    return {name: bool(about["VerifiedForSendingStatus"]) for name, about in _identities(ses, address).items()}


def _identities(ses: Any, address: str) -> dict[str, Mapping[str, Any]]:
    """What SES says of the identities that cover an address: its own and its domains', the most specific first."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in (address, *domains(address)):
        try:
            found[name] = asked(ses, "ses", "get_email_identity", EmailIdentity=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_SUCH:
                raise
    return found


def _verify(ses: Any, address: str, *, begun: bool) -> str:
    if begun:
        return f"open the link in the mail from AWS to {address}, or set the DNS records that the SES console shows for its domain"
    name = shell_word(address)
    return f"aws sesv2 create-email-identity --region {ses.meta.region_name} --email-identity {name}, and open the link in the mail"
