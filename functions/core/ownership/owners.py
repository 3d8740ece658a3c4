"""Who owns a finding's resource: the first that answers of what the deployment chose to ask, its tags, its stack, its account.

Decided at Rank, where the names of the accounts are known: a run that is resumed under other settings has their owners throughout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

OWNER_KEYS = ("owner", "team", "contact", "cost-center", "costcenter", "project")
STACK_KEY = "aws:cloudformation:stack-name"
"""Set by CloudFormation on what it creates, and by nobody else: keys that begin with "aws:" are reserved.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html"""
TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
"""https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html

Python's, not pydantic's: that one takes 0.1 s of each cold start to make a table of 128 times all of Unicode's letters."""
MOST_KEYS = 20
Source = Literal["tags", "stack", "account"]


def _listed(given: Any) -> Any:
    """ "tags, account" as well as a list."""
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


def _key(given: str) -> str:
    if not TAG_KEY.fullmatch(given):
        raise ValueError(f"{given!r} is no key of a tag: letters, digits, spaces and _.:/=+-@, 1 to 128 of them")
    return given


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _each_key_once(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Case says nothing here: nobody means another owner by "Team" than by "team"."""
    kept: dict[str, str] = {}
    for key in keys:
        kept.setdefault(key.lower(), key)
    return tuple(kept.values())


Sources = Annotated[tuple[Source, ...], Field(min_length=1), BeforeValidator(_listed), AfterValidator(_each_once)]
Keys = Annotated[
    tuple[Annotated[str, AfterValidator(_key)], ...],
    Field(min_length=1, max_length=MOST_KEYS),
    BeforeValidator(_listed),
    AfterValidator(_each_key_once),
]
OWNER_FROM: tuple[Source, ...] = ("tags",)


class Owners:
    """The chain. `account_names`: by id; an account without a name there owns nothing."""

    def __init__(
        self, sources: Sequence[Source] = OWNER_FROM, keys: Sequence[str] = OWNER_KEYS, account_names: Mapping[str, str] | None = None
    ) -> None:
        self._sources, self._names = sources, account_names or {}
        self._keys = [(key.lower(), f"tag {key}") for key in keys]

    def of(self, tags: Mapping[str, str], account: str) -> tuple[str, str]:
        """Who, and where that stands: "tag team", "CloudFormation stack" or "account name". Both are empty where nobody is named."""
        for source in self._sources:
            if source == "tags":
                owner, where = self._tagged(tags)
            elif source == "stack":
                owner, where = tags.get(STACK_KEY, ""), "CloudFormation stack"
            else:
                owner, where = self._names.get(account, ""), "account name"
            if owner:
                return owner, where
        return "", ""

    def _tagged(self, tags: Mapping[str, str]) -> tuple[str, str]:
        lowered = {key.lower(): value for key, value in tags.items()} if tags else {}
        return next(((lowered[key].strip(), where) for key, where in self._keys if lowered.get(key, "").strip()), ("", ""))

    def name(self, finding: dict[str, Any]) -> None:
        """Write `owner` and `owner_source` into a finding, as JSON."""
        finding["owner"], finding["owner_source"] = self.of(finding["tags"], finding["account"])
