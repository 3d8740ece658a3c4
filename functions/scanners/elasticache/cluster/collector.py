"""ElastiCache clusters: replication groups with all their nodes, and clusters of no group.

A group is what is bought, changed and deleted as one; DescribeCacheClusters lists each of its nodes as a cluster, DescribeReplicationGroups
says which belong together. Serverless caches have listings, metrics and prices of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.model import Resource
from functions.core.prices.places import place
from functions.core.registry import BeginAnew, collector
from functions.scanners.elasticache import billing, node_types
from functions.scanners.elasticache.bills import CACHE_CLUSTER, REPLICATION_GROUP

SEVERAL = "Multiple"
"""In place of the zone of a Memcached cluster whose nodes are in several; they tell their own.
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html"""
DEFAULT_PARAMETERS = "default."
"""How the names of AWS's own parameter groups begin."""


@dataclass(slots=True, frozen=True)
class Node:
    """One node, by the ids that CloudWatch knows it by."""

    cluster: str
    id: str


@dataclass(slots=True, kw_only=True)
class CacheCluster(Resource):
    """`version`: of its nodes the oldest. `nodes`: all of them, primaries and replicas.

    `group`: it is a replication group. `sharded`: one with cluster mode on. `shards`: how many parts the data have. `tiered`: it keeps data
    on SSDs too. `parameters`: its parameter group, if it is not AWS's own. `user_groups`: those that may use it. `datastore`: the global
    datastore that it is of, else empty.
    """

    engine: str
    version: str
    node_type: str
    status: str
    nodes: Sequence[Node]
    group: bool = False
    sharded: bool = False
    shards: int = 1
    tiered: bool = False
    parameters: str = ""
    user_groups: tuple[str, ...] = ()
    datastore: str = ""

    @property
    def bills(self) -> bool:
        return self.status not in billing.NOT_BILLED

    @property
    def memcached(self) -> bool:
        return self.engine == billing.MEMCACHED

    @property
    def major(self) -> int:
        """The first number of its version; 0 when there is none."""
        return next(iter(node_types.version(self.version)), 0)

    @property
    def family(self) -> str:
        """ "r5" of "cache.r5.large"."""
        return self.node_type.removeprefix("cache.").partition(".")[0]


@dataclass(slots=True, frozen=True)
class _Described:
    """A cluster of the listing: of a group one node, else all there is."""

    name: str
    group: str
    arn: str
    engine: str
    version: str
    node_type: str
    status: str
    nodes: tuple[Node, ...]
    created: datetime | None
    parameters: str
    also_bills: tuple[str, ...]
    place: str


@collector(
    "elasticache:cluster",
    arns=["elasticache:*:*:cluster:*", "elasticache:*:*:replicationgroup:*"],
    iam=["elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups", "tag:GetResources"],
    resumes=BeginAnew("the nodes of a group may be on several pages, and only a second listing says which are all of them"),
    placed_by=[
        "PreferredAvailabilityZone",
        "PreferredOutpostArn",
        "CacheNodes[].CustomerAvailabilityZone",
        "CacheNodes[].CustomerOutpostArn",
    ],
    bills=[CACHE_CLUSTER, REPLICATION_GROUP],
    costs=lambda cluster, prices: billing.nodes_cost(cluster.engine, cluster.node_type, len(cluster.nodes), prices),
)
def cache_clusters(aws: Aws) -> Iterator[CacheCluster]:
    """Every cluster of no group, then every replication group with its nodes. Tags are one listing for all; none where nothing is there.

    A group of which a node could not be read is not judged: it is one of the items that could not be read.
    """
    named: dict[str, dict[str, str]] | None = None
    members: dict[str, _Described] = {}

    def made(item: Mapping[str, Any]) -> CacheCluster | None:
        nonlocal named
        named = _all_tags(aws) if named is None else named
        one = _described(item, aws)
        if not one.group:
            return _alone(one, aws, named)
        members[one.name] = one
        return None

    yield from aws.readable(aws.pages("elasticache", "DescribeCacheClusters", "CacheClusters", ShowCacheNodeInfo=True), made)
    if members:
        groups = aws.pages("elasticache", "DescribeReplicationGroups", "ReplicationGroups")
        yield from aws.readable(groups, lambda item: _group(item, members, aws, named or {}))


def _all_tags(aws: Aws) -> dict[str, dict[str, str]]:
    """ARN → tags; only what has tags is listed."""
    kinds = ["elasticache:cluster", "elasticache:replicationgroup"]
    listing = aws.pages("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", ResourceTypeFilters=kinds)
    return dict(aws.readable(listing, lambda item: (item["ResourceARN"], tags.from_list(item.get("Tags"))), []))


def _described(item: Mapping[str, Any], aws: Aws) -> _Described:
    name, details = item["CacheClusterId"], item.get("CacheNodes") or ()
    listed = [one["CacheNodeId"] for one in details]
    ids = listed or [f"{number:04d}" for number in range(1, item["NumCacheNodes"] + 1)]
    zones = [item.get("PreferredAvailabilityZone"), *(one.get("CustomerAvailabilityZone") for one in details)]
    outposts = [item.get("PreferredOutpostArn"), *(one.get("CustomerOutpostArn") for one in details)]
    parameters = item.get("CacheParameterGroup", {}).get("CacheParameterGroupName", "")
    return _Described(
        name=name,
        group=item.get("ReplicationGroupId") or "",
        arn=item.get("ARN") or aws.arn("elasticache", f"cluster:{name}"),
        engine=item["Engine"],
        version=item["EngineVersion"],
        node_type=item["CacheNodeType"],
        status=item["CacheClusterStatus"],
        nodes=tuple(Node(name, one) for one in ids),
        created=item.get("CacheClusterCreateTime"),
        parameters="" if parameters.startswith(DEFAULT_PARAMETERS) else parameters,
        also_bills=CACHE_CLUSTER.also_bills(item),
        place=place(aws.region, *outposts, *(zone for zone in zones if zone != SEVERAL)),
    )


def _alone(one: _Described, aws: Aws, named: Mapping[str, dict[str, str]]) -> CacheCluster:
    tagged = named.get(one.arn, {})
    return CacheCluster(
        arn=one.arn,
        id=one.name,
        account=aws.account,
        region=aws.region,
        name=tagged.get("Name", ""),
        tags=tagged,
        created=one.created,
        place=one.place,
        also_bills=one.also_bills,
        engine=one.engine,
        version=one.version,
        node_type=one.node_type,
        status=one.status,
        nodes=one.nodes,
        parameters=one.parameters,
    )


def _group(item: Mapping[str, Any], listed: Mapping[str, _Described], aws: Aws, named: Mapping[str, dict[str, str]]) -> CacheCluster | None:
    """None for one that has no node: it is only being made, or is gone."""
    name, members = item["ReplicationGroupId"], [listed[member] for member in item["MemberClusters"]]
    if not members:
        return None
    oldest = min(members, key=lambda one: node_types.version(one.version))
    arn = item.get("ARN") or aws.arn("elasticache", f"replicationgroup:{name}")
    tagged = named.get(arn, {})
    created = [one.created for one in members if one.created is not None]
    also = (part for one in members for part in one.also_bills)
    return CacheCluster(
        arn=arn,
        id=name,
        account=aws.account,
        region=aws.region,
        name=tagged.get("Name", ""),
        tags=tagged,
        created=item.get("ReplicationGroupCreateTime") or min(created, default=None),
        place=place(aws.region, *(one.place for one in members)),
        also_bills=tuple(dict.fromkeys((*REPLICATION_GROUP.also_bills(item), *also))),
        engine=oldest.engine,
        version=oldest.version,
        node_type=_one_type(members),
        status=item["Status"],
        nodes=tuple(node for one in members for node in one.nodes),
        group=True,
        sharded=item.get("ClusterEnabled") or False,
        shards=max(1, len(item.get("NodeGroups") or ())),
        tiered=item.get("DataTiering") == "enabled",
        parameters=next((one.parameters for one in members if one.parameters), ""),
        user_groups=tuple(item.get("UserGroupIds") or ()),
        datastore=(item.get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupId") or "",
    )


def _one_type(members: Sequence[_Described]) -> str:
    """ValueError while a group is on its way from one type to another: neither is what it bills."""
    found = {one.node_type for one in members}
    if len(found) > 1:
        raise ValueError(f"its nodes are of several types: {', '.join(sorted(found))}")
    (only,) = found
    return only
