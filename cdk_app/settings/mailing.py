"""The settings that say who owns what, and who gets which mail."""

from __future__ import annotations

import json
from typing import Annotated, Self

from pydantic import Field, model_validator

from cdk_app.settings.parts import Strict
from functions.core.outside.mail_addresses import Address, Addresses, OwnerMails
from functions.core.ownership.owners import OWNER_FROM, OWNER_KEYS, Keys, Sources

OWNED = ("plan", "rank")
"""The functions that know whom a deployment takes for an owner: Rank says who it is; Plan refuses what Rank would, before anything is
scanned."""
MAILED = ("plan", "aggregate", "notify")
"""The functions that know who gets a mail of their own: Aggregate sums up for them, Notify sends; Plan refuses, as above."""


MOST_RECIPIENTS = 20
"""The role names each of them, whoever's digest it is: in SES's sandbox a recipient is a resource, too."""
MOST_CHARS = 2_000
"""Half of what Lambda gives all variables of a function. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class Mailing(Strict):
    """A part of the context "finops": keys beside the others, not a key of its own."""

    email_from: Annotated[Address | None, Field(description="sender of the mails, an identity verified in SES; unset: no mail")] = None
    email_to: Annotated[
        Addresses, Field(max_length=MOST_RECIPIENTS, description="recipients, a list or separated by commas; the role names each")
    ] = ()
    email_configuration_set: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the one SES configuration set for mails; unset: the identity's default one"),
    ] = None
    send_email_on_error: Annotated[bool, Field(description="a mail when a sweep fails, times out or is aborted")] = True
    report_link_hours: Annotated[
        int, Field(ge=1, le=12, description="how long a mail's link opens the report, at most; the credentials that sign it last no longer")
    ] = 12
    owner_from: Annotated[
        Sources,
        Field(
            description="who owns a resource, the first that answers: its `tags`, its CloudFormation `stack`, its `account`'s name; a "
            "list, or separated by commas"
        ),
    ] = OWNER_FROM
    owner_tags: Annotated[Keys, Field(description="the tags that name an owner, the first one that is there; case does not matter")] = (
        OWNER_KEYS
    )
    owner_mails: Annotated[
        OwnerMails,
        Field(description='who gets a digest of their own findings, {"web": "web@example.com"}, at most 20; "" is what nobody owns'),
    ] = Field(default={})

    @model_validator(mode="after")
    def _a_mail_has_two_ends(self) -> Self:
        if bool(self.email_from) != bool(self.email_to):
            raise ValueError("email_from, email_to: a mail needs both; set the other one as well, or neither")
        if self.owner_mails and not self.email_from:
            raise ValueError("owner_mails: needs email_from and email_to, the sender and who gets the whole digest")
        if len(self.recipients) > MOST_RECIPIENTS:
            raise ValueError(
                f"email_to, owner_mails: {len(self.recipients)} addresses, and the role that sends has room for {MOST_RECIPIENTS}"
            )
        if (chars := len(json.dumps(self.owner_mails)) + len(",".join(self.owner_tags))) > MOST_CHARS:
            raise ValueError(f"owner_mails, owner_tags: {chars:,} characters, a function's variables have room for {MOST_CHARS:,} of them")
        return self

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who may get a mail."""
        return tuple(dict.fromkeys((*self.email_to, *self.owner_mails.values())))

    def owners_for(self, step: str) -> dict[str, str]:
        """The variables of a function (functions/core/settings.py) that say who owns what, where they are not the defaults."""
        chain = {"OWNER_FROM": (self.owner_from, OWNER_FROM), "OWNER_TAGS": (self.owner_tags, OWNER_KEYS)} if step in OWNED else {}
        mails = {"OWNER_MAILS": json.dumps(self.owner_mails)} if self.owner_mails and step in MAILED else {}
        return {name: ",".join(chosen) for name, (chosen, default) in chain.items() if chosen != default} | mails
