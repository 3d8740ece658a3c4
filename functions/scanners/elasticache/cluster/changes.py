"""How a cluster is changed in place, and how its data are kept before: steps of the AWS CLI, by what it is.

A group is changed as one, a node of no group by itself, and a group of a global datastore with the groups of all its regions.
"""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.steps import steps
from functions.scanners.elasticache.billing import REDIS
from functions.scanners.elasticache.cluster.collector import CacheCluster

LONGEST = 34
_GROUP, _ALONE = "--replication-group-id {id}", "--cache-cluster-id {id}"
_OFFERED = "aws elasticache list-allowed-node-type-modifications --region {region}"
_IS_TARGET = " --output text | tee /dev/stderr | grep -wqF {target}"
_MODIFY_GROUP = f"aws elasticache modify-replication-group --region {{region}} {_GROUP} --no-apply-immediately"
_MODIFY_ALONE = f"aws elasticache modify-cache-cluster --region {{region}} {_ALONE} --no-apply-immediately"
_MODIFY_EVERYWHERE = (
    "aws elasticache modify-global-replication-group --region {region} --global-replication-group-id {datastore} --apply-immediately"
)
_TYPE = " --cache-node-type {target}"

NODE_TYPE = (f"{_OFFERED} {_GROUP}{_IS_TARGET}", f"{_MODIFY_GROUP}{_TYPE}")
"""Of a group. The first step lists the types that AWS offers for it, and ends there while the target is none of them."""
NODE_TYPE_BACK = "Modify it back to its old node type, where AWS still offers it: aws elasticache list-allowed-node-type-modifications."

_SNAPSHOT = "aws elasticache create-snapshot --region {region}"
_NAMED = " --snapshot-name {snapshot}"
_TAKEN = f"aws elasticache wait replication-group-available --region {{region}} {_GROUP}"
_VERSION = " --engine-version {version}"
_ENGINE = " --engine {engine}"
_INTO_A_GROUP = (
    (
        "aws elasticache create-replication-group --region {region} --replication-group-id {group}"
        " --replication-group-description {group} --primary-cluster-id {id}"
    ),
    "aws elasticache wait replication-group-available --region {region} --replication-group-id {group}",
)
"""A node of no group becomes the primary of one, and stays as it is otherwise.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.CreatingReplGroup.ExistingCluster.html"""

UPGRADE = (f"{_SNAPSHOT} {_GROUP}{_NAMED}", _TAKEN, f"{_MODIFY_GROUP}{_ENGINE}{_VERSION}")
"""Of a group with cluster mode on. AWS makes the snapshot of another one from one of its nodes.
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-manual.html"""


def node_type(cluster: CacheCluster) -> str:
    """The steps that change the type of its nodes to {target}."""
    if cluster.datastore:
        return steps((NODE_TYPE[0], f"{_MODIFY_EVERYWHERE}{_TYPE}"))
    return steps(NODE_TYPE if cluster.group else (f"{_OFFERED} {_ALONE}{_IS_TARGET}", f"{_MODIFY_ALONE}{_TYPE}"))


def upgrade(cluster: CacheCluster, engine: str) -> str:
    """The steps that keep its data in a snapshot, and then change it to this engine in {version}.

    Another engine than Redis OSS is for groups only: a node of no group is put into one before.
    """
    if not cluster.group:
        saved = (f"{_SNAPSHOT} {_ALONE}{_NAMED}", f"aws elasticache wait cache-cluster-available --region {{region}} {_ALONE}")
        if engine == REDIS:
            return steps((*saved, f"{_MODIFY_ALONE}{_VERSION}"))
        return steps((*saved, *_INTO_A_GROUP, f"{_MODIFY_GROUP}{_ENGINE}{_VERSION}".replace("{id}", "{group}")))
    saved = UPGRADE[:2] if cluster.sharded else (f"{_SNAPSHOT} --cache-cluster-id {{node}}{_NAMED}", _TAKEN)
    return steps((*saved, f"{_MODIFY_EVERYWHERE if cluster.datastore else _MODIFY_GROUP}{_ENGINE}{_VERSION}"))


def values(cluster: CacheCluster, **more: str) -> dict[str, str]:
    """For the placeholders of the steps. The names of snapshots and groups have 40 letters at most, and no hyphen at the end."""
    named = cluster.id[:LONGEST].rstrip("-")
    snapshot, group = f"{named}-kept", f"{named}-group"
    return {"datastore": cluster.datastore, "node": cluster.nodes[0].cluster, "snapshot": snapshot, "group": group, **more}


def to_heed(cluster: CacheCluster) -> Iterator[str]:
    """What an upgrade of the engine has to heed of this cluster."""
    if cluster.parameters:
        yield (
            f"Its parameter group {cluster.parameters} is not AWS's own: add --cache-parameter-group-name with one of the new engine that"
            " has the same values."
        )
    if cluster.user_groups:
        yield f"Its user groups ({', '.join(cluster.user_groups)}) have to be of an engine that the new one takes."
    yield from everywhere(cluster)


def everywhere(cluster: CacheCluster) -> Iterator[str]:
    """That other regions change with it, if they do."""
    if cluster.datastore:
        yield f"It is of the global datastore {cluster.datastore}: the groups of all its regions change with it."
