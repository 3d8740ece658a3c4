"""What the backups of RDS in a region hold together, and how much of that bills: what is beyond the storage of the region's databases.

AWS gives as much backup storage for nothing as the databases of the region have storage. Automated backups and manual snapshots count
together. https://aws.amazon.com/blogs/database/demystifying-amazon-rds-backup-storage-costs/
The first snapshot of a database holds all of its data, each one after it what has changed since.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html

So by structure the snapshots of a database hold one full copy together, at least, which is split evenly over them; and what is beyond the
databases' storage is split over the manual ones, because only those can be deleted without giving up a restore point that somebody asked
for. What has changed between them, what logs hold, and retained backups of databases that are gone only the bill knows: where there is one,
Rank shares that out instead (core/rank/bill/billed.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from functions.core.services import Together
from functions.scanners.rds.billing import SERVICE
from functions.scanners.rds.manual_snapshot import ManualSnapshot

GIB = 1024**3
DAY_SECONDS = 86_400
KEY = "backup"
"""The price book's key of backup storage."""


@dataclass(slots=True, kw_only=True)
class Backup(ManualSnapshot):
    """A snapshot of a region's backup storage, an automated one too, and what follows of all of them together.

    `manual`: somebody took it. `taken`: when the data was as it holds it, also where it is a copy. `allocated_gib`: of the database.
    `full_bytes`: all blocks that were written, None where AWS does not say. `key`: the KMS key that it is encrypted with.

    `relatives`: how many others may share its blocks. `charged`: which share of what the manual ones hold bills, by structure. `held_gib`,
    `storage_gib`: what all backups hold at least, and what the databases have; None where a database could not be read. `together` is None
    for one that is not billed with the others.
    """

    manual: bool
    taken: datetime | None
    allocated_gib: int
    full_bytes: int | None
    key: str
    relatives: int = 0
    charged: float = 0.0
    held_gib: float = 0.0
    storage_gib: float | None = None
    together: Together | None = None

    @property
    def most_gib(self) -> float:
        """All that it can hold: its full size where AWS says it, else its database's storage."""
        return self.allocated_gib if self.full_bytes is None else self.full_bytes / GIB

    @property
    def custom(self) -> bool:
        """Of RDS Custom, which bills its backups by a usage type of its own (RDSCustom:ChargedBackupUsage)."""
        return self.engine.startswith("custom-")

    @property
    def lineage(self) -> tuple[str, ...]:
        """What those have in common that may share blocks: the database, the key, and whether they came from elsewhere."""
        return (self.source or self.arn, self.key, "copied" if self.elsewhere else "")


def share_out(found: Iterable[Backup], storage_gib: float | None) -> None:
    """Fill in what follows of all backups of a region together. `storage_gib`: of its databases, None where that is not known."""
    billed = [one for one in found if one.status == "available" and not one.place and not one.custom]
    lineages: dict[tuple[str, ...], list[Backup]] = defaultdict(list)
    for one in billed:
        lineages[one.lineage].append(one)
    changes: dict[str, float] = {}
    for members in lineages.values():
        changes |= _changes(members)
        for one in members:
            one.relatives = len(members) - 1
    once = {one.arn: one.most_gib / (one.relatives + 1) for one in billed}
    manual = [one for one in billed if one.manual]
    held, by_hand = sum(once.values()), sum(once[one.arn] for one in manual)
    beyond = 0.0 if storage_gib is None else max(0.0, held - storage_gib)
    for one in manual:
        one.charged = min(1.0, beyond / by_hand) if by_hand else 0.0
        one.held_gib, one.storage_gib = held, storage_gib
    _together(billed, manual, once, changes)


def _changes(members: Sequence[Backup]) -> Mapping[str, float]:
    """Backup → its weight in what changed: GiB × days since the one before it. The first of a lineage has none."""
    dated = sorted(((one.taken, one) for one in members if one.taken), key=lambda each: (each[0], each[1].arn))
    return {later.arn: later.most_gib * (taken - before).total_seconds() / DAY_SECONDS for (before, _), (taken, later) in pairwise(dated)}


def _together(billed: Sequence[Backup], manual: Sequence[Backup], once: Mapping[str, float], changes: Mapping[str, float]) -> None:
    """What the bill knows in one sum only: what all of a region hold beyond its databases' storage.

    It is split over the manual ones as far as they hold so much; beyond that, by what changed, over the automated ones as well.
    """
    by_hand = round(sum(once[one.arn] for one in manual), 4)
    changed, changed_by_hand = round(sum(changes.values()), 4), round(sum(changes.get(one.arn, 0.0) for one in manual), 4)
    for one in manual:
        one.together = Together(
            service=SERVICE,
            key=KEY,
            most=one.most_gib,
            once=once[one.arn],
            changes=changes.get(one.arn, 0.0),
            count=len(billed),
            all_once=by_hand,
            all_changes=changed,
            free_once=by_hand,
            free_changes=changed_by_hand,
        )
