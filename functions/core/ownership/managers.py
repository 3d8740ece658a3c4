"""Who manages a resource, by its tags and by what AWS's reply says of its operator, and how they would have it removed or changed.

What a manager made, it makes again, misses, or keeps others from changing: its own way is the only one that lasts. The rules are tried from
the top, the nearest manager first: a node of a managed node group is also a member of an Auto Scaling group, and that of a fleet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from functions.core.model import Resource
from functions.core.outside.text import in_sentence, shell_word, shell_words
from functions.core.ownership.rule import Rule
from functions.core.ownership.rules import OPERATORS, RULES
from functions.core.steps import AND

LONGEST = 120
"""Characters of a tag's value that a sentence shows."""


@dataclass(slots=True, frozen=True)
class Manager:
    """`who`, for a sentence, and `by` which tag or member ("operator") we know. `remove` and `change`: commands, ready for a shell, empty
    where there is nothing to run; `may_be_changed`: by hand, too. `expires`: it deletes the resource itself when its time comes. `beside`:
    it only has to be told.
    """

    who: str
    by: str
    remove: str
    change: str
    may_be_changed: bool
    undo: str
    advice: str
    expires: bool
    beside: bool


def operator(described: Mapping[str, Any]) -> str:
    """The principal that manages what a reply describes, by its member `Operator`; empty where nobody but the account does."""
    found = described.get("Operator") or {}
    return (found.get("Principal") or "another service") if found.get("Managed") else ""


def manager(resource: Resource) -> Manager | None:
    """The nearest manager of a resource; None where nothing says that somebody else manages it."""
    if resource.operator:
        rule = OPERATORS.get(resource.operator) or OPERATORS[""]
        return _manager(rule, resource, "operator", resource.operator)
    if not resource.tags:
        return None
    found = sorted((order, key) for key in resource.tags for order in _rules_of(key))
    what = resource.arn.split(":", 5)[-1]
    for order, key in found:
        rule, value = RULES[order], resource.tags[key]
        if rule.only(value) and what.startswith(rule.on):
            return _manager(rule, resource, key, value)
    return None


@lru_cache(maxsize=4_096)  # an account uses few keys, on thousands of resources
def _rules_of(key: str) -> tuple[int, ...]:
    """Where in `RULES` those stand that are about a tag's key."""
    return tuple(order for order, rule in enumerate(RULES) if key == rule.key or (rule.key.endswith("*") and key.startswith(rule.key[:-1])))


def _manager(rule: Rule, resource: Resource, key: str, value: str) -> Manager:
    found = {name: part.of(value if part.tag is None else resource.tags.get(part.tag, "")) for name, part in rule.parts.items()}
    if rule.named_by_key:
        found["name"] = key[len(rule.key) - 1 :]
    named = {name: said(each) or "?" for name, each in found.items()}
    quoted = {name: shell_word(each) or name.upper() for name, each in found.items()}
    words = {**shell_words({"id": resource.id, "arn": resource.arn, "region": resource.region}), **quoted}
    return Manager(
        who=rule.who.format_map(named),
        by=said(key),
        remove=AND.join(rule.remove).format_map(words),
        change=AND.join(rule.change or ()).format_map(words),
        may_be_changed=rule.change is None,
        undo=rule.undo,
        advice=rule.advice,
        expires=rule.expires,
        beside=rule.beside,
    )


def said(value: str) -> str:
    """A value from outside as part of a sentence: one line, and not for ever."""
    return in_sentence(value, LONGEST)
