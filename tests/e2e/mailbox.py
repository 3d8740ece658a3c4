"""The mailbox of the embedded AWS: the analyzer deployed with a sender and a recipient, and what SES was given to send."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from finops.embedded import aws as embedded
from finops.embedded.aws import EmbeddedAws

SENDER, RECIPIENT = "finops@example.com", "ops@example.org"
DEFAULT_SET = "every-mail-of-ours"
PATIENCE_SECONDS = 120.0
LINK = "The report: "


@contextlib.contextmanager
def deployed(variables: Mapping[str, str] | None = None, **settings: Any) -> Iterator[EmbeddedAws]:
    """An embedded AWS whose analyzer sends mails, from a verified sender with a default configuration set, as many have one."""
    with embedded.start(variables=variables, email_from=SENDER, email_to=RECIPIENT, **settings) as running:
        running.client("ses").verify_email_identity(EmailAddress=SENDER)
        sesv2 = running.client("sesv2")
        sesv2.create_configuration_set(ConfigurationSetName=DEFAULT_SET)
        sesv2.put_email_identity_configuration_set_attributes(EmailIdentity=SENDER, ConfigurationSetName=DEFAULT_SET)
        yield running


def mailbox(aws: EmbeddedAws) -> list[dict[str, Any]]:
    """What SES was given to send, oldest first."""
    with urllib.request.urlopen(f"{aws.endpoint}/_ministack/ses/messages?account={aws.accounts[0]}", timeout=10) as answer:  # noqa: S310
        found: list[dict[str, Any]] = json.load(answer)["messages"].get(aws.accounts[0], [])
    return found


def linked(mail: dict[str, Any]) -> bytes:
    """What the link in a mail's text opens, without any credentials."""
    [link] = [line.removeprefix(LINK) for line in mail["BodyText"].splitlines() if line.startswith(LINK)]
    with urllib.request.urlopen(link, timeout=10) as opened:  # noqa: S310  # the embedded AWS
        read: bytes = opened.read()
    return read


def eventually(look: Callable[[], Any], patience: float = PATIENCE_SECONDS) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.2)
    return found
