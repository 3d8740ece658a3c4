"""Names of regions in settings: those that botocore knows, so that a typing error does not look like a region that is left out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator

from functions.core.aws import partitions


def _real(regions: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted, each once; ValueError with the nearest names for one that no region is called."""
    for unknown in (region for region in regions if region not in partitions.regions()):
        near = " or ".join(map(repr, get_close_matches(unknown.lower(), sorted(partitions.regions()), 2)))
        hint = f", did you mean {near}?" if near else "."
        raise ValueError(f"{unknown!r} is no region{hint} There are: {', '.join(sorted(partitions.regions()))}")
    return tuple(sorted(set(regions)))


Regions = Annotated[tuple[str, ...], AfterValidator(_real)]
