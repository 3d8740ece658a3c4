"""What the checks of a run compare with, kept in its folder as `checks.json`: so a finding can be explained, and a run repeated, whatever
has been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from functions.core import registry
from functions.core.limits import InForce
from functions.core.model import Resource
from functions.core.tuning.rule import Rule, about, disabled_by


@dataclass(slots=True, frozen=True)
class Snapshot:
    """`overrides`: the setting `thresholds`. `window_days`: what the sweep was asked to look back, None where each check has its own.
    `rules`: of config/checks.toml. `defaults`, by "check-id.threshold": those of the version that scanned; empty for those of this one.
    """

    overrides: Mapping[str, float] = field(default_factory=dict)
    window_days: int | None = None
    rules: Sequence[Rule] = ()
    defaults: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """`checks.json`, with the defaults of this version."""
        defaults = {f"{check.id}.{name}": one.default for check in registry.checks() for name, one in check.thresholds.items()}
        return {
            "analysis_period_days": self.window_days,
            "thresholds": dict(self.overrides),
            "rules": [asdict(rule) for rule in self.rules],
            "defaults": defaults,
        }

    @staticmethod
    def read(content: Mapping[str, Any]) -> Snapshot:
        """From `checks.json`. Raises LookupError or TypeError where that is not as it was written."""
        rules = [Rule(**rule) for rule in content["rules"]]
        return Snapshot(content["thresholds"], content["analysis_period_days"], rules, content["defaults"])

    def in_force(self, check: registry.Check[Resource], account: str = "", tags: Mapping[str, str] | None = None) -> dict[str, InForce]:
        """Each threshold for a resource of an account with these tags; without either, what holds everywhere."""
        found = check.in_force(self.overrides, self.window_days, self._held(check.id, account, tags or {}))
        for name, one in found.items():
            default = self.defaults.get(f"{check.id}.{name}", one.default)
            found[name] = replace(one, default=default, value=one.value if one.where else default)
        return found

    def disabled_by(self, check_id: str, account: str = "", tags: Mapping[str, str] | None = None) -> Rule | None:
        """The entry that switches a check off for such a resource; None where it is on."""
        return disabled_by(check_id, self._held(check_id, account, tags or {}))

    def elsewhere(self, check_id: str) -> list[Rule]:
        """The entries about a check that do not hold everywhere."""
        return [rule for rule in self.rules if rule.check_id == check_id and rule.narrowness]

    def _held(self, check_id: str, account: str, tags: Mapping[str, str]) -> list[Rule]:
        return [rule for rule in about(self.rules, account, [check_id]) if rule.holds(tags)]
