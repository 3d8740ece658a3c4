"""What `config/checks.toml` says of one check: an entry, as it travels with the units that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from functions.core.outside.text import pattern


@dataclass(slots=True, frozen=True, kw_only=True)
class Rule:
    """One entry. `where`: the file, the entry's number and its line. `enabled`: None where it says nothing of that.

    `account`, `tag` ("key", or "key=value" whose value may be a glob): what it is about; "" is everything.
    """

    check_id: str
    where: str
    enabled: bool | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    account: str = ""
    tag: str = ""

    @property
    def narrowness(self) -> int:
        """Of several entries about a resource the one that is about fewer resources wins: a tag is above an account, both above one."""
        return 2 * bool(self.tag) + bool(self.account)

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether it is about a resource with these tags, of an account that it is about."""
        if not self.tag:
            return True
        key, _, value = self.tag.partition("=")
        return key in tags and _glob(value or "*").match(tags[key]) is not None

    @property
    def place(self) -> str:
        """What it is about, in words."""
        named = (f"account {self.account}" if self.account else "", f"tag {self.tag}" if self.tag else "")
        return ", ".join(filter(None, named)) or "everywhere"


_glob = lru_cache(maxsize=1_024)(pattern)


def by_precedence(rules: Iterable[Rule]) -> list[Rule]:
    """The entries, those that win last."""
    return sorted(rules, key=lambda rule: rule.narrowness)


def disabled_by(check_id: str, rules: Iterable[Rule]) -> Rule | None:
    """The entry that switches a check off; None where it is on. `rules`: those that hold."""
    said = [rule for rule in by_precedence(rules) if rule.check_id == check_id and rule.enabled is not None]
    return said[-1] if said and not said[-1].enabled else None


def about(rules: Iterable[Rule], account: str, check_ids: Iterable[str]) -> tuple[Rule, ...]:
    """The entries that are about some checks in an account, whatever the tags."""
    wanted = frozenset(check_ids)
    return tuple(rule for rule in rules if rule.check_id in wanted and rule.account in ("", account))
