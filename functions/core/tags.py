"""What tags tell: whether a resource is production. Who owns it is for `core/ownership/owners`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

STAGE_KEYS = ("environment", "env", "stage")
NON_PRODUCTION = frozenset({"dev", "development", "test", "testing", "qa", "sandbox", "staging", "stage", "nonprod", "non-prod", "demo"})


def from_list(pairs: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """AWS's [{"Key": …, "Value": …}] as a dict; a missing list is no tags."""
    return {pair["Key"]: pair.get("Value", "") for pair in pairs or ()}


def _first(tags: Mapping[str, str], keys: Iterable[str]) -> str:
    lowered = {key.lower(): value for key, value in tags.items()}
    return next((lowered[key] for key in keys if lowered.get(key)), "")


def is_non_production(tags: Mapping[str, str]) -> bool:
    """True only when a stage tag says so: an untagged resource counts as production."""
    return bool(tags) and _first(tags, STAGE_KEYS).lower() in NON_PRODUCTION
