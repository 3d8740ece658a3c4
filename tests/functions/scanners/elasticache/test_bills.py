"""What the replies of ElastiCache bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.elasticache.bills import CACHE_CLUSTER, REPLICATION_GROUP
from tests.recorded import reply

BACKUPS, LOGS = "backups beyond the one that is free", "the logs that it delivers"


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, ()),
        ({"SnapshotRetentionLimit": 0, "LogDeliveryConfigurations": []}, ()),
        ({"SnapshotRetentionLimit": 1}, ()),
        ({"SnapshotRetentionLimit": 2}, (BACKUPS,)),
        ({"LogDeliveryConfigurations": [{"LogType": "slow-log"}]}, (LOGS,)),
    ],
)
def test_what_else_a_cluster_bills(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert CACHE_CLUSTER.also_bills(item) == also
    assert REPLICATION_GROUP.also_bills(item) == also


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({"GlobalReplicationGroupInfo": {}}, ()),
        ({"GlobalReplicationGroupInfo": {"GlobalReplicationGroupMemberRole": "SECONDARY"}}, ()),
        ({"GlobalReplicationGroupInfo": {"GlobalReplicationGroupMemberRole": "PRIMARY"}}, ("what it sends to other regions",)),
        ({"EffectiveDurability": "disabled"}, ()),
        ({"EffectiveDurability": "sync"}, ("what it writes to its transaction log",)),
    ],
)
def test_what_else_a_group_bills(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert REPLICATION_GROUP.also_bills(item) == also


def test_the_recorded_node_delivers_its_slow_log() -> None:
    (item,) = reply("awscli_elasticache_clusters", "elasticache.DescribeCacheClusters_1")["CacheClusters"]
    assert CACHE_CLUSTER.also_bills(item) == (LOGS,)
