"""Found against planted: what a sweep of the sample fleet missed, and what it said that nobody planted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core import registry
from functions.core.plan.request import Organized, SweepRequest

Key = tuple[str, str]
"""A finding by the ARN of its resource and the id of its check."""

NAMED = 5


@dataclass(slots=True, frozen=True)
class Comparison:
    """Two sets of findings, compared as sets: equal counts prove nothing."""

    planted: frozenset[Key]
    found: frozenset[Key]

    @property
    def missed(self) -> list[Key]:
        return sorted(self.planted - self.found)

    @property
    def unexpected(self) -> list[Key]:
        return sorted(self.found - self.planted)

    @property
    def equal(self) -> bool:
        return self.planted == self.found

    def line(self) -> str:
        """planted 312, found 312, missed 0, unexpected 0"""
        return f"planted {len(self.planted):,}, found {len(self.found):,}, missed {len(self.missed):,}, unexpected {len(self.unexpected):,}"

    def differences(self) -> str:
        """The first of each kind by name; empty when there are none."""
        return "; ".join(f"{kind}: {_named(keys)}" for kind, keys in (("missed", self.missed), ("unexpected", self.unexpected)) if keys)

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "planted": len(self.planted),
            "found": len(self.found),
            "missed": [list(key) for key in self.missed],
            "unexpected": [list(key) for key in self.unexpected],
        }


def found_in(report: Mapping[str, Any]) -> frozenset[Key]:
    """Every finding of a report, whatever it is worth."""
    return frozenset((finding["resource_arn"], finding["check_id"]) for finding in report["findings"])


def within(request: SweepRequest, keys: Iterable[Key], place: Callable[[str], tuple[str, str]]) -> frozenset[Key]:
    """The keys that lie in what was asked for: a sweep of one region must find what is planted there, and nothing else.

    `place`: account and region by ARN, as `Fleet.place` says.
    """
    types = {check.id: check.over.resource_type for check in registry.checks()}

    def asked_for(key: Key) -> bool:
        arn, check_id = key
        account, region = place(arn)
        return (
            _is_asked(request, account)
            and (request.regions == "all" or region in request.regions)
            and (request.resource_types == "all" or types.get(check_id) in request.resource_types)
        )

    return frozenset(filter(asked_for, keys))


def _is_asked(request: SweepRequest, account: str) -> bool:
    """The fleet's organization has no other accounts than the fleet, and the ids of its units are not known before it is there."""
    if isinstance(request.accounts, Organized):
        return account not in request.accounts.organization.exclude
    return request.accounts == "self" or account in request.accounts


def _named(keys: Iterable[Key]) -> str:
    names = [f"{check_id} on {arn}" for arn, check_id in keys]
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
