"""Choosing the headline of a resource again, when what its findings save has changed since the scan chose it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from functions.core.declarations import precedence

Finding = dict[str, Any]
Change = Callable[[Finding], bool]
"""Changes a finding (as JSON) in place; true when it did."""


def changed(findings: Iterable[Finding], *changes: Change) -> Iterator[Finding]:
    """The findings of one unit, as its scan wrote them, each changed; the most valuable of a resource is its headline again.

    The scan writes a headline first, and right after it the findings that it counts for.
    """
    group: list[Finding] = []
    for finding in findings:
        if group and finding["counted_by"] != group[0]["finding_id"]:
            yield from _resource(group, changes)
            group = []
        group.append(finding)
    yield from _resource(group, changes)


def _resource(group: list[Finding], changes: Iterable[Change]) -> list[Finding]:
    one_did = [change(finding) for finding in group for change in changes]
    if len(group) > 1 and any(one_did):
        group.sort(key=_order)
        for finding in group:
            finding["headline"], finding["counted_by"] = False, group[0]["finding_id"]
        group[0]["headline"], group[0]["counted_by"] = True, None
    return group


def _order(finding: Finding) -> tuple[float | str, ...]:
    savings = finding["savings"]
    return precedence(savings["likely"], savings["high"], finding["confidence"], finding["effort"], finding["risk"], finding["check_id"])
