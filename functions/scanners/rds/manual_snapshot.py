"""Snapshots of databases that somebody took: what is true of them whether they are of an RDS instance or of an Aurora cluster.

They are kept until somebody deletes them, also when their database is gone. Names are used again, so which database one is of its resource
id tells, and never its name. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core.limits import Limits
from functions.core.model import Resource
from functions.core.ownership.managers import manager

MANUAL = "manual"
"""The SnapshotType of one that somebody took or copied."""
BY_BACKUP = "awsbackup:"
"""How AWS Backup begins the names of those that it takes. It deletes them itself, and RDS deletes them for nobody else.
https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html"""
BACKUP = "backup.amazonaws.com"

NO_UNDO = "None: a deleted snapshot is gone. Export what must stay to S3 first (aws rds start-export-task)."
ONLY_COPY = "It is the newest manual snapshot of a database that is gone, and may be the only copy of its data."
NAMESAKE = "A database of the same name exists again, perhaps restored from this one."
NEWEST = "It is the newest manual snapshot of a database that still exists: take a new one before you delete it."
COPY = "It is a copy from another Region or account: it may be the one for a disaster."


@dataclass(slots=True, kw_only=True)
class ManualSnapshot(Resource):
    """`created`: when AWS made this one, a copy too. `database` is the name of what it was taken of, `source` its resource id ("" where AWS
    does not say it). `source_exists` is None where that cannot be known: of a copy from elsewhere, whose database is not here.

    `namesake`: another database has that name now. `newest`: no younger manual one is there of its database. `elsewhere`: it was copied
    here from another region or account.
    """

    database: str
    source: str
    engine: str
    status: str
    source_exists: bool | None = None
    namesake: bool = False
    newest: bool = False
    elsewhere: bool = False

    @property
    def deletable(self) -> bool:
        """It is complete, and no service deletes it itself. Tags that keep it are the engine's to read."""
        owner = manager(self)
        return self.status == "available" and not (owner is not None and owner.expires)

    def age(self, limits: Limits) -> float:
        """Days since it, or the copy that it is, was made; 0 while AWS does not say when."""
        return limits.days_since(self.created) if self.created else 0.0


def find_source(snapshot: ManualSnapshot, databases: Mapping[str, str], all_known: bool) -> None:
    """Fill in what the databases that are there (resource id → name) tell. `all_known`: none of them was unreadable."""
    if snapshot.source and not snapshot.elsewhere:
        there = snapshot.source in databases
        snapshot.source_exists = there if there or all_known else None
    snapshot.namesake = any(name == snapshot.database and source != snapshot.source for source, name in databases.items())


def mark_newest(found: Iterable[ManualSnapshot]) -> None:
    """Fill in `newest`: of those of one database, the one that was made last; one of an unknown database is."""
    latest: dict[str, datetime] = {}
    known = [one for one in found if one.created]
    for one in known:
        if one.created and one.created >= latest.get(one.source or one.arn, one.created):
            latest[one.source or one.arn] = one.created
    for one in known:
        one.newest = one.created == latest[one.source or one.arn]


def operator_of(name: str) -> str:
    """Who manages a snapshot of this name, as `Resource.operator` has it; empty where only its tags may say so."""
    return BACKUP if name.startswith(BY_BACKUP) else ""


def text(described: Mapping[str, Any], member: str) -> str:
    """A member that is text; empty where AWS does not give it. TypeError where it is something else."""
    value = described.get(member, "")
    if not isinstance(value, str):
        raise TypeError(f"{member} is text, and not {value!r}")
    return value


def moment(described: Mapping[str, Any], member: str) -> datetime | None:
    """A member that is a moment; None where AWS does not give it. TypeError where it is something else."""
    value = described.get(member)
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{member} is a moment, and not {value!r}")
    return value


def gibibytes(described: Mapping[str, Any], member: str) -> int:
    """A member that is a size; 0 where AWS does not give it. TypeError or ValueError where it is something else."""
    value = described.get(member, 0)
    if not isinstance(value, int):
        raise TypeError(f"{member} is a number, and not {value!r}")
    if value < 0:
        raise ValueError(f"{member} is {value}")
    return value
