"""Mail addresses as SES takes them: bare, in ASCII. What could end a header or begin another does not pass.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html: an address is 7-bit ASCII; a domain in another script is
written in Punycode. At most 50 recipients a message: https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

MAX_RECIPIENTS = 50
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_LOCAL}@(?:{_LABEL}\.)+{_LABEL}\Z")


def _checked(address: str) -> str:
    if not _ADDRESS.match(address):
        raise ValueError(f"{address!r} is no mail address such as finops@example.com")
    return address


def _listed(given: Any) -> Any:
    """ "a@example.com, b@example.com" as well as a list."""
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    return given


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


Address = Annotated[str, AfterValidator(_checked)]
Addresses = Annotated[tuple[Address, ...], Field(max_length=MAX_RECIPIENTS), BeforeValidator(_listed), AfterValidator(_each_once)]
MAX_OWNERS = 20
"""As many as a deployment has recipients: each is a name in the role that sends, and a few lines in summary.json."""
OWNER_CHARS = 256
"""A tag's value is no longer. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""
OwnerMails = Annotated[dict[Annotated[str, Field(max_length=OWNER_CHARS)], Address], Field(max_length=MAX_OWNERS)]
"""Whose findings are mailed to whom: owner → address. "" owns what nobody does."""


def domains(address: str) -> list[str]:
    """The domain of an address and the domains above it, each of which could be the verified identity: a.b.example.com, b.example.com, …"""
    labels = address.rpartition("@")[2].lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]
