"""What a run has seen: whether it looked where another run found something, and could judge it there."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import NamedTuple

from pydantic_core import from_json

from functions.core import registry
from functions.core.model import UnitOutcome, unit_id
from functions.core.store.bucket import NoObject
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines
from functions.core.store.unit_objects import read_outcome

HEADS_KEPT = 4_096
"""Outcomes of units, some kilobytes each."""


class Where(NamedTuple):
    """Where a finding is: `region` is its resource's, `unit` that of a scan may be about all regions."""

    account: str
    region: str
    resource_type: str


class Seen:
    """The units of a run that ended well, from its plan and its list of those that did not: some 100 bytes of memory each.

    Raises NoObject when the run's folder is not kept any more.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._once = frozenset(filter(registry.asked_once, registry.resource_types()))
        self._regions: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
        with folder.bucket.download(folder.not_seen) as lines:
            unseen = {unit_id(*(one[name] for name in Where._fields)) for one in map(from_json, gzip_lines(lines))}
        self.units: set[str] = set()
        for unit in folder.read_plan():
            if unit.unit_id not in unseen:
                self.units.add(unit.unit_id)
                if unit.resource_type in self._once:
                    self._regions[unit.account, unit.resource_type] = unit.unit_id, unit.regions
        self._outcome = lru_cache(HEADS_KEPT)(self._read_outcome)

    def unit(self, where: Where) -> str | None:
        """The unit that looked there; None where none did, or it did not end well."""
        if where.resource_type in self._once:
            name, regions = self._regions.get((where.account, where.resource_type), (None, ()))
            return None if regions and where.region not in regions else name
        name = unit_id(*where)
        return name if name in self.units else None

    def judged(self, where: Where, check: str) -> bool:
        """Whether what was not found there is not there: everything could be read, and the check lacked no data. A GET for each unit."""
        name = self.unit(where)
        outcome = None if name is None else self._outcome(name)
        return outcome is not None and not outcome.unreadable and check not in outcome.insufficient

    def _read_outcome(self, name: str) -> UnitOutcome | None:
        """None of an object that is not there, or cannot be read: it says nothing."""
        try:
            return read_outcome(self._folder.bucket, self._folder.unit(name))
        except (NoObject, ValueError, EOFError, StopIteration, zlib.error):
            return None
