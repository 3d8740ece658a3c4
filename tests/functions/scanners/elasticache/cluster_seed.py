"""ElastiCache clusters for the tests of all scanners."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.aws.partitions import partition
from tests.functions.paged import ACCOUNT, REGION, THEN, nothing, pages
from tests.functions.places import Where
from tests.functions.seeds import Listing

LISTED = (
    Listing("elasticache", "describe_cache_clusters", "CacheClusters[?!ReplicationGroupId]"),
    Listing("elasticache", "describe_replication_groups", "ReplicationGroups"),
)
NEVER_MADE = {"elasticache:DescribeReplicationGroups": "moto lists no nodes of groups, and without them no group is asked for"}
STATE = {"CacheNodeType": "cache.r5.large", "Engine": "redis", "EngineVersion": "5.0.6", "CacheClusterStatus": "available"}


def seed(session: boto3.Session) -> None:
    """A node with an old Redis OSS, of no group."""
    session.client("elasticache").create_cache_cluster(
        CacheClusterId="one", Engine="redis", EngineVersion="5.0.6", CacheNodeType="cache.r5.large", NumCacheNodes=1
    )


def cluster(name: str, **more: Any) -> dict[str, Any]:
    """As DescribeCacheClusters says."""
    nodes = [{"CacheNodeId": "0001", "CustomerAvailabilityZone": f"{REGION}a"}]
    arn = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:cluster:{name}"
    made = {"CacheClusterId": name, "ARN": arn, "NumCacheNodes": 1, "CacheNodes": nodes, "CacheClusterCreateTime": THEN}
    return {**made, **STATE, "PreferredAvailabilityZone": f"{REGION}a", **more}


def group(number: int) -> dict[str, Any]:
    """As DescribeReplicationGroups says, of one node."""
    name = f"g{number}"
    arn = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:{name}"
    return {"ReplicationGroupId": name, "ARN": arn, "Status": "available", "MemberClusters": [f"{name}-001"], "ClusterEnabled": False}


def node(number: int) -> dict[str, Any]:
    """The node of a group."""
    return cluster(f"g{number}-001", ReplicationGroupId=f"g{number}")


def tagged(number: int) -> dict[str, Any]:
    """As GetResources says."""
    return {"ResourceARN": group(number)["ARN"], "Tags": [{"Key": "team", "Value": "data"}]}


PAGES = {
    "elasticache:DescribeCacheClusters": [
        {"CacheClusters": [*page["CacheClusters"], cluster(f"c{number}")]} for number, page in enumerate(pages("CacheClusters", node))
    ],
    "elasticache:DescribeReplicationGroups": pages("ReplicationGroups", group),
    "resourcegroupstaggingapi:GetResources": pages("ResourceTagMappingList", tagged),
}


PRICED_BY = ("AmazonElastiCache", "ondemand.redis.cache.r5.large")


def somewhere(at: Where) -> dict[str, Any]:
    """What AWS replies of one that is there."""
    arn = f"arn:{partition(at.region)}:elasticache:{at.region}:{ACCOUNT}:cluster:c-1"
    kind = {"CacheNodeType": "cache.r5.large", "Engine": "redis", "EngineVersion": "7.1.0", "CacheClusterStatus": "available"}
    where = {"PreferredAvailabilityZone": at.zone, **({"PreferredOutpostArn": at.outpost} if at.outpost else {})}
    cluster = {"CacheClusterId": "c-1", "ARN": arn, "NumCacheNodes": 1, **kind, **where}
    tags = {"resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[])}
    return {"elasticache:DescribeCacheClusters": nothing(CacheClusters=[cluster]), **tags}
