"""What is suppressed of the findings of a run: by an entry of the file, or by a tag of the resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from functions.core.rank.suppressions import Suppression
from functions.core.rank.suppressions.ignore_tag import IgnoreTags

FILE, TAG = "file", "tag"
"""What suppresses a finding."""


class Suppressor:
    """The entries and tags that hold on `today`, applied to findings in the order in which a scan wrote them.

    `warnings` tell of the entries that hold no more, and of the tags of all findings that it was applied to and no entry suppresses.
    """

    def __init__(self, suppressions: Sequence[Suppression], today: date) -> None:
        self._holding = [one for one in suppressions if one.until >= today]
        self._expired = [one for one in suppressions if one.until < today]
        self._tags = IgnoreTags(today)
        self._kept: str | None = None
        self._instead: str | None = None

    @property
    def warnings(self) -> list[str]:
        return [f"A suppression expired on {one.until.isoformat()}: {one.why}" for one in self._expired] + self._tags.warnings

    def apply(self, finding: dict[str, Any]) -> None:
        """Mark a finding suppressed. When that was a resource's headline, its next best finding becomes the headline.

        The scan writes the headline of a resource first and the findings that it counts for right after it.
        """
        why, by = None, FILE
        for one in self._holding:
            if one.matches(finding):
                why = one.words
                break
        if why is None:
            why, by = self._tags.why(finding), TAG
        if finding["headline"]:
            self._kept = finding["finding_id"] if why else None
            self._instead = None
        elif why is None and self._kept is not None and finding["counted_by"] == self._kept:
            if self._instead is None:
                self._instead = finding["finding_id"]
                finding["headline"], finding["counted_by"] = True, None
            else:
                finding["counted_by"] = self._instead
        if why is not None:
            finding["headline"], finding["lifecycle"], finding["suppression"], finding["suppressed_by"] = False, "suppressed", why, by
