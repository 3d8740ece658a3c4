"""What the members of DescribeCacheClusters' and DescribeReplicationGroups' replies are for the bill.

https://aws.amazon.com/elasticache/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.prices.bills import Item, NotModelled, described

FREE_BACKUPS = 1
"""Of each cluster AWS keeps so many backups for nothing. https://aws.amazon.com/elasticache/pricing/"""


def _many_backups(item: Item) -> bool:
    return (item.get("SnapshotRetentionLimit") or 0) > FREE_BACKUPS


def _leads_other_regions(item: Item) -> bool:
    return (item.get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupMemberRole") == "PRIMARY"


def _is_durable(item: Item) -> bool:
    return item.get("EffectiveDurability") in ("async", "sync")


_BOTH: Mapping[str, str | NotModelled] = {
    "SnapshotRetentionLimit": NotModelled("backups beyond the one that is free", _many_backups),
    "LogDeliveryConfigurations": "the logs that it delivers",
}
"""Of clusters and replication groups alike."""
_FREE_IN_BOTH = """
    ARN AtRestEncryptionEnabled AuthTokenEnabled AuthTokenLastModifiedDate AutoMinorVersionUpgrade ConfigurationEndpoint IpDiscovery
    NetworkType PendingModifiedValues SnapshotWindow TransitEncryptionEnabled TransitEncryptionMode
"""

CACHE_CLUSTER = described(
    "elasticache",
    "CacheCluster",
    priced="CacheClusterStatus CacheNodeType CacheNodes Engine EngineVersion NumCacheNodes",
    not_modelled=_BOTH,
    free=_FREE_IN_BOTH
    + """
        CacheClusterCreateTime CacheClusterId CacheParameterGroup CacheSecurityGroups CacheSubnetGroupName ClientDownloadLandingPage
        NotificationConfiguration PreferredAvailabilityZone PreferredMaintenanceWindow PreferredOutpostArn ReplicationGroupId
        ReplicationGroupLogDeliveryEnabled SecurityGroups
    """,
)

REPLICATION_GROUP = described(
    "elasticache",
    "ReplicationGroup",
    priced="CacheNodeType DataTiering Engine MemberClusters NodeGroups Status",
    not_modelled={
        **_BOTH,
        "GlobalReplicationGroupInfo": NotModelled("what it sends to other regions", _leads_other_regions),
        "EffectiveDurability": NotModelled("what it writes to its transaction log", _is_durable),
    },
    free=_FREE_IN_BOTH
    + """
        AutomaticFailover ClusterEnabled ClusterMode Description Durability KmsKeyId MemberClustersOutpostArns MultiAZ
        ReplicationGroupCreateTime ReplicationGroupId SnapshottingClusterId StorageEncryptionType UserGroupIds
    """,
)
