"""Who owns what: the chain, in its order, and where it found whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.core.ownership.owners import OWNER_KEYS, STACK_KEY, Keys, Owners, Source, Sources
from tests.functions import sweeps

NAMES = {sweeps.ACCOUNT: "web production"}
STACK = {STACK_KEY: "checkout-prod"}


@pytest.mark.parametrize(
    ("tags", "owner", "source"),
    [
        ({}, "", ""),
        ({"Name": "web"}, "", ""),
        ({"Team": "platform"}, "platform", "tag team"),
        ({"Team": "platform", "OWNER": "ana"}, "ana", "tag owner"),
        ({"owner": "", "team": "platform"}, "platform", "tag team"),
        ({"owner": " \t", "team": " platform "}, "platform", "tag team"),
        ({"CostCenter": "42"}, "42", "tag costcenter"),
        (STACK, "", ""),
    ],
)
def test_by_default_the_owner_is_the_first_tag_that_names_one(tags: Mapping[str, str], owner: str, source: str) -> None:
    assert Owners(account_names=NAMES).of(tags, sweeps.ACCOUNT) == (owner, source)


@pytest.mark.parametrize(
    ("sources", "tags", "account", "owner"),
    [
        (["tags", "stack", "account"], {"team": "web", **STACK}, sweeps.ACCOUNT, ("web", "tag team")),
        (["stack", "tags"], {"team": "web", **STACK}, sweeps.ACCOUNT, ("checkout-prod", "CloudFormation stack")),
        (["stack", "tags"], {"team": "web"}, sweeps.ACCOUNT, ("web", "tag team")),
        (["tags", "stack", "account"], STACK, sweeps.ACCOUNT, ("checkout-prod", "CloudFormation stack")),
        (["tags", "stack", "account"], {}, sweeps.ACCOUNT, ("web production", "account name")),
        (["account"], {"team": "web", **STACK}, sweeps.ACCOUNT, ("web production", "account name")),
        (["account", "tags"], {"team": "web"}, "222222222222", ("web", "tag team")),
        (["tags", "account"], {}, "222222222222", ("", "")),
    ],
)
def test_the_first_of_the_chain_that_answers(
    sources: Sequence[Source], tags: Mapping[str, str], account: str, owner: tuple[str, str]
) -> None:
    assert Owners(sources, OWNER_KEYS, NAMES).of(tags, account) == owner


def test_the_tags_are_chosen_and_their_order_is() -> None:
    owners = Owners(["tags"], ["Squad", "aws:servicecatalog:productArn"])
    assert owners.of({"team": "web", "SQUAD": "blue"}, sweeps.ACCOUNT) == ("blue", "tag Squad")
    assert owners.of({"team": "web"}, sweeps.ACCOUNT) == ("", "")


@pytest.mark.parametrize(
    ("of", "given", "read"),
    [
        (Sources, "stack, tags,stack", ("stack", "tags")),
        (Sources, ["account"], ("account",)),
        (Keys, "Team, owner, team", ("Team", "owner")),
        (Keys, ["kubernetes.io/owned by", "Größe"], ("kubernetes.io/owned by", "Größe")),
    ],
)
def test_a_list_or_a_text_with_commas(of: Any, given: Any, read: tuple[str, ...]) -> None:
    assert TypeAdapter(of).validate_python(given) == read


@pytest.mark.parametrize(
    ("of", "given", "said"),
    [
        (Sources, "tag", "'tags', 'stack' or 'account'"),
        (Sources, ["tags", "Account"], "'tags', 'stack' or 'account'"),
        (Sources, "", "at least 1 item"),
        (Keys, [], "at least 1 item"),
        (Keys, ["a" * 129], "is no key of a tag"),
        (Keys, ["a;b"], "is no key of a tag"),
        (Keys, [f"key-{number}" for number in range(21)], "at most 20 items"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_what_can(of: Any, given: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(of).validate_python(given)
