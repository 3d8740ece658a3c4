"""The checks of a resource: which of its type's are on for it, and with which thresholds. Tags decide, so it is asked for each resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.core.declarations import Check
from functions.core.limits import Limits
from functions.core.model import Resource
from functions.core.tuning.rule import Rule, disabled_by


@dataclass(slots=True, frozen=True)
class Applied:
    """What judges a resource, and the checks that are switched off for it."""

    checks: Sequence[tuple[Check[Resource], Limits]]
    disabled: tuple[str, ...] = ()


class Tuning:
    """The checks of one resource type in one account. `limits`: of a check by the entries that hold."""

    def __init__(
        self,
        checks: Iterable[Check[Resource]],
        rules: Sequence[Rule],
        limits: Callable[[Check[Resource], Sequence[Rule]], Limits],
    ) -> None:
        self.checks, self._limits = tuple(checks), limits
        self._everywhere = [rule for rule in rules if not rule.tag]
        self._by_tag = [rule for rule in rules if rule.tag]
        self._known: dict[tuple[bool, ...], Applied] = {}
        self.may_disable = frozenset(rule.check_id for rule in rules if rule.enabled is False)
        self.plain = self.of({})

    @property
    def matters(self) -> bool:
        """Whether a resource has to be asked about: else all checks are on, with the same thresholds for each resource."""
        return bool(self._by_tag or self.plain.disabled)

    def of(self, tags: Mapping[str, str]) -> Applied:
        """The checks of a resource with these tags."""
        held = tuple(rule.holds(tags) for rule in self._by_tag)
        if held not in self._known:
            rules = [*self._everywhere, *(rule for rule, holds in zip(self._by_tag, held, strict=True) if holds)]
            off = tuple(check.id for check in self.checks if disabled_by(check.id, rules))
            self._known[held] = Applied([(check, self._limits(check, rules)) for check in self.checks if check.id not in off], off)
        return self._known[held]
