"""Snapshots with fast restore: one that nothing is made of, and one that is used."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from finops.fleet.bill.billable import EC2_OTHER, HOURS_A_DAY, Adding
from finops.fleet.recipes.ebs.snapshot import SNAPSHOT, snapshot
from finops.fleet.recipes.ebs.volume import VOLUME, attached
from finops.fleet.recipes.ec2.instance import backend
from finops.fleet.register import bills, recipe
from finops.fleet.rules import TWO_WEEKS, measured, older_than
from finops.fleet.scope import Scope


def ready(scope: Scope, name: str, dice: Random, credits: Mapping[int, float]) -> str:
    """A snapshot of a volume in use with fast restore in one zone, and what was left of its credits, by day; its ARN."""
    volume = attached(scope, backend(scope), "gp3", 100, name, dice)
    made = snapshot(scope, volume, name, dice)
    snapshot_id = made.rpartition("/")[2]
    scope.client("ec2").enable_fast_snapshot_restores(AvailabilityZones=[scope.zone], SourceSnapshotIds=[snapshot_id])
    dimensions = {"SnapshotId": snapshot_id, "AvailabilityZone": scope.zone}
    for day, least in credits.items():
        scope.daily("AWS/EBS", "FastSnapshotRestoreCreditsBalance", dimensions, least, [day])
    scope.book.plant(made, "ebs-old-snapshot", older_than(90))
    return made


@recipe({SNAPSHOT: 1, VOLUME: 1})
def fast_restore_that_nobody_uses(scope: Scope, name: str, dice: Random) -> None:
    """All of its ten credits are there on every day."""
    enough = measured(14)
    made = ready(scope, name, dice, dict.fromkeys(TWO_WEEKS, 10.0))
    scope.book.plant(made, "ebs-fast-snapshot-restore", lambda moment: moment.age >= 15 and enough(moment))


@recipe({SNAPSHOT: 1, VOLUME: 1})
def fast_restore_used_once(scope: Scope, name: str, dice: Random) -> None:
    """One volume was made of it a week ago."""
    made = ready(scope, name, dice, {**dict.fromkeys(TWO_WEEKS, 10.0), 7: 9.0})
    scope.book.near_miss(made, "ebs-fast-snapshot-restore")


@bills
def fast_restores(adding: Adding) -> None:
    """An hour in each zone is a Data Services Unit-hour."""
    for _ in adding.listed("ec2", "describe_fast_snapshot_restores", "FastSnapshotRestores"):
        adding.some(EC2_OTHER, "EBS:FastSnapshotRestore", "AmazonEBS", "snapshot.fast-restore", HOURS_A_DAY, "DSU-Hours")
