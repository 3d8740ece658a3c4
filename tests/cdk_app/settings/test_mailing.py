"""Owners and mails as settings: what is refused, with what is allowed, and which function knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_app.settings.settings import InvalidContext, parse
from functions.core import settings
from tests.functions.lambda_world import ENVIRONMENT

MAIL = {"email_from": "finops@example.com", "email_to": "ops@example.com"}
WEB = {"web": "web@example.com", "": "ops@example.com"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"owner_from": "tags,names"}, r"owner_from\.1: Input should be 'tags', 'stack' or 'account' \(got 'names'\)"),
        ({"owner_from": []}, "owner_from: .*at least 1"),
        ({"owner_tags": ["a;b"]}, r"owner_tags\.0: .*a;b.* is no key of a tag"),
        ({"owner_mails": WEB}, "owner_mails: needs email_from and email_to"),
        ({**MAIL, "owner_mails": {"web": "web"}}, r"owner_mails\.web: 'web' is no mail address"),
        ({**MAIL, "owner_mails": {f"team-{number}": "a@example.com" for number in range(21)}}, "owner_mails: .*at most 20 items"),
        (
            {**MAIL, "owner_mails": {f"team-{number}": f"a{number}@example.com" for number in range(20)}},
            "email_to, owner_mails: 21 addresses, and the role that sends has room for 20",
        ),
        ({**MAIL, "owner_mails": {"w" * 257: "a@example.com"}}, "at most 256 characters"),
        (
            {**MAIL, "owner_mails": {f"{number}{'w' * 200}": "a@example.com" for number in range(15)}},
            "owner_mails, owner_tags: 3,.* room for 2,000",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_can(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidContext, match=said):
        parse(given)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OWNER_FROM", "tags,names", "OWNER_FROM: Input should be 'tags', 'stack' or 'account'"),
        ("OWNER_TAGS", "a;b", "OWNER_TAGS"),
        ("OWNER_MAILS", '{"web": "web"}', "OWNER_MAILS: .*'web' is no mail address"),
        ("OWNER_MAILS", "web=web@example.com", "OWNER_MAILS: .*JSON"),
    ],
)
def test_a_variable_that_somebody_set_is_refused_alike(variable: str, value: str, said: str) -> None:
    with pytest.raises(settings.InvalidSetting, match=said):
        settings.parse({**ENVIRONMENT, variable: value})


def test_each_function_knows_what_it_needs_and_plan_refuses_for_all() -> None:
    made = parse({**MAIL, "owner_from": "account,tags", "owner_tags": "squad", "owner_mails": WEB})
    names = {step: set(made.owners_for(step)) for step in ("plan", "rank", "aggregate", "notify", "scan")}
    chain = {"OWNER_FROM", "OWNER_TAGS"}
    assert names == {"plan": chain | {"OWNER_MAILS"}, "rank": chain, "aggregate": {"OWNER_MAILS"}, "notify": {"OWNER_MAILS"}, "scan": set()}
    understood = settings.parse({**ENVIRONMENT, **made.owners_for("plan")})
    assert (understood.owner_from, understood.owner_tags, understood.owner_mails) == (("account", "tags"), ("squad",), WEB)
    assert made.recipients == ("ops@example.com", "web@example.com")


def test_by_default_nothing_is_said_of_it() -> None:
    made = parse({})
    assert all(made.owners_for(step) == {} for step in ("plan", "rank", "aggregate", "notify"))
    assert (made.owner_from, made.owner_mails) == (("tags",), {})
