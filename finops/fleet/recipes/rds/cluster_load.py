"""Aurora clusters by their I/O: so much that I/O-Optimized costs less, and so little that it does not.

Not the other way round: the embedded AWS does not tell which storage configuration a cluster has.
"""

from __future__ import annotations

from random import Random

from finops.fleet.recipes.rds.cluster import AURORA, cluster
from finops.fleet.recipes.rds.instance import AURORA_POSTGRES, connections
from finops.fleet.register import recipe
from finops.fleet.rules import TWO_WEEKS, measured
from finops.fleet.scope import Scope

STORAGE = "aurora-dearer-storage-cluster"
HALF_A_TIB = 1024**4 / 2


def _with_io(scope: Scope, name: str, dice: Random, operations: float) -> str:
    """A cluster in use with 512 GiB and so many reads, and as many writes, a day; its ARN."""
    made = cluster(scope, name, dice, AURORA_POSTGRES)
    connections(scope, f"{name}-1", 9)
    for metric, value in (("VolumeReadIOPs", operations), ("VolumeWriteIOPs", operations), ("VolumeBytesUsed", HALF_A_TIB)):
        scope.daily("AWS/RDS", metric, {"DBClusterIdentifier": name}, value, TWO_WEEKS)
    scope.book.near_miss(made, "aurora-idle-cluster")
    return made


@recipe(AURORA)
def cluster_with_much_io(scope: Scope, name: str, dice: Random) -> None:
    """100 million operations a day, which bill more than instance and storage do."""
    scope.book.plant(_with_io(scope, name, dice, 50e6), STORAGE, measured(14))


@recipe(AURORA)
def cluster_with_little_io(scope: Scope, name: str, dice: Random) -> None:
    """Ten million."""
    scope.book.near_miss(_with_io(scope, name, dice, 5e6), STORAGE)
