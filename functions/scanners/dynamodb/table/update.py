"""UpdateTable's way of saying how much is to be provisioned. AWS refuses what changes nothing, so only what changes is said."""

from __future__ import annotations

import json
from collections.abc import Sequence

from functions.scanners.dynamodb.table.collector import Part, Units

UPDATE = "aws dynamodb update-table --region {region} --table-name {id}"
OWN, INDEXES = " --provisioned-throughput {units}", " --global-secondary-index-updates {index_units}"


def values(changes: Sequence[tuple[Part, Units]]) -> dict[str, str]:
    """What fills OWN and INDEXES. Reads and writes are always said together: AWS takes neither alone."""
    own = next((units for part, units in changes if not part.index), None)
    updates = [
        {"Update": {"IndexName": part.index, "ProvisionedThroughput": {name: int(value) for name, value in _pair(units)}}}
        for part, units in changes
        if part.index
    ]
    return {
        "units": "" if own is None else ",".join(f"{name}={value:g}" for name, value in _pair(own)),
        "index_units": json.dumps(updates) if updates else "",
    }


def options(values: dict[str, str]) -> str:
    """The options of UpdateTable that such values fill."""
    return OWN * bool(values["units"]) + INDEXES * bool(values["index_units"])


def said(units: Sequence[tuple[Part, Units]]) -> str:
    """Units of parts for the evidence, reads and writes: "itself 100/50, by-date 10/10"."""
    return ", ".join(f"{part.index or 'itself'} {one.read:g}/{one.write:g}" for part, one in units)


def _pair(units: Units) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)
