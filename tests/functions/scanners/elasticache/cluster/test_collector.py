"""What AWS lists becomes clusters: against moto, recorded replies, and pages that we inject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.scanners.elasticache.cluster.collector import CacheCluster, Node, cache_clusters
from tests.functions.paged import ACCOUNT, REGION, Answers, Given, nothing
from tests.functions.scanners.elasticache.cluster_seed import cluster, seed
from tests.recorded import reply

NOW = datetime(2026, 11, 29, tzinfo=UTC)
CLUSTERS, GROUPS, TAGS = (
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeReplicationGroups",
    "resourcegroupstaggingapi:GetResources",
)
NOTHING: Mapping[str, Given] = {
    CLUSTERS: nothing(CacheClusters=[]),
    GROUPS: nothing(ReplicationGroups=[]),
    TAGS: nothing(ResourceTagMappingList=[]),
}


IN_BOSTON = {"CacheNodeId": "0001", "CustomerAvailabilityZone": "us-east-1-bos-1a"}


def here(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def listed(answers: Mapping[str, Given], aws: Aws | None = None) -> list[CacheCluster]:
    with Answers({**NOTHING, **answers}).everywhere():
        return list(cache_clusters(aws or here()))


def group(name: str, *members: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:{name}"
    return {"ReplicationGroupId": name, "ARN": arn, "Status": "available", "MemberClusters": list(members), **more}


@mock_aws
def test_a_cluster_of_moto() -> None:
    aws = here()
    seed(aws.session)
    (found,) = cache_clusters(aws)
    assert (found.id, found.engine, found.version, found.node_type) == ("one", "redis", "5.0.6", "cache.r5.large")
    assert (found.nodes, found.group, found.status) == ((Node("one", "0001"),), False, "available")


@mock_aws
def test_where_nothing_is_nothing_more_is_asked() -> None:
    aws = here()
    assert list(cache_clusters(aws)) == []
    assert aws.meter.calls == {CLUSTERS: 1}


def test_a_recorded_group_is_one_cluster_of_nine_nodes() -> None:
    """Its nodes are made up from its own list: the recording has the group alone."""
    (recorded,) = reply("test_elasticache_replication_group", "elasticache.DescribeReplicationGroups_1")["ReplicationGroups"]
    names = recorded["MemberClusters"]
    nodes = [cluster(name, ReplicationGroupId="test-c7n-rg", CacheNodeType="cache.r6g.large", EngineVersion="6.2.6") for name in names]
    (found,) = listed({CLUSTERS: nothing(CacheClusters=nodes), GROUPS: nothing(ReplicationGroups=[recorded])})
    assert found.arn == "arn:aws:elasticache:us-east-1:644160558196:replicationgroup:test-c7n-rg"
    assert (found.id, found.group, found.sharded, found.shards, found.major, found.family) == ("test-c7n-rg", True, True, 3, 6, "r6g")
    assert found.nodes == tuple(Node(name, "0001") for name in names)
    assert (found.datastore, found.tiered, found.place) == ("", False, "")


def test_a_recorded_memcached_cluster_has_two_nodes() -> None:
    answer = reply("test_elasticache_query_node_info", "elasticache.DescribeCacheClusters_1")
    for item in answer["CacheClusters"]:  # the recording has times as text
        item["CacheClusterCreateTime"] = datetime.fromisoformat(item["CacheClusterCreateTime"])
    (found,) = listed({CLUSTERS: nothing(**answer)}, here("eu-west-1"))
    assert found.nodes == (Node("my-test-cache", "0001"), Node("my-test-cache", "0002"))
    assert (found.memcached, found.engine, found.version, found.node_type) == (True, "memcached", "1.6.22", "cache.t2.small")
    assert (found.place, found.parameters, found.group) == ("", "", False)


def test_recorded_nodes_of_one_group_with_versions_of_their_own_count_as_the_oldest() -> None:
    """No listing has an ARN, and none shows its nodes' ids: they are what AWS's names for them are."""
    answer = reply("test_elasticache_upgrade_available", "elasticache.DescribeCacheClusters_1")
    described = {**group("myec", "myec-001", "myec-002", "myec-003")}
    described.pop("ARN")
    (found,) = listed({CLUSTERS: nothing(**answer), GROUPS: nothing(ReplicationGroups=[described])})
    assert found.arn == f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:myec"
    assert (found.version, found.major, found.node_type, len(found.nodes)) == ("3.2.4", 3, "cache.r3.large", 3)
    assert found.created == datetime(2017, 6, 24, 2, 3, 21, 311000, tzinfo=UTC)


def test_the_nodes_of_a_group_on_several_pages_are_one_cluster_and_others_are_others() -> None:
    first = [cluster("g-001", ReplicationGroupId="g"), cluster("alone")]
    second = [cluster("g-002", ReplicationGroupId="g", EngineVersion="5.0.0"), cluster("memory", Engine="memcached", NumCacheNodes=2)]
    found = listed(
        {CLUSTERS: [{"CacheClusters": first}, {"CacheClusters": second}], GROUPS: nothing(ReplicationGroups=[group("g", "g-001", "g-002")])}
    )
    assert {one.id: len(one.nodes) for one in found} == {"alone": 1, "memory": 1, "g": 2}
    assert next(one for one in found if one.id == "g").version == "5.0.0"


def test_without_the_nodes_details_their_ids_are_counted() -> None:
    described = cluster("memory", Engine="memcached", NumCacheNodes=12)
    described.pop("CacheNodes")
    (found,) = listed({CLUSTERS: nothing(CacheClusters=[described])})
    assert [node.id for node in found.nodes] == [f"{number:04d}" for number in range(1, 13)]


def test_a_group_of_which_a_node_cannot_be_read_is_not_judged_and_counted() -> None:
    aws = here()
    nodes = [cluster("g-001", ReplicationGroupId="g"), {"CacheClusterId": "g-002", "ReplicationGroupId": "g"}]
    groups = [group("g", "g-001", "g-002"), group("gone")]
    assert listed({CLUSTERS: nothing(CacheClusters=nodes), GROUPS: nothing(ReplicationGroups=groups)}, aws) == []
    assert aws.unreadable.items == 2


def test_a_group_between_two_node_types_is_not_judged_and_counted() -> None:
    aws = here()
    nodes = [cluster("g-001", ReplicationGroupId="g"), cluster("g-002", ReplicationGroupId="g", CacheNodeType="cache.r6g.large")]
    assert listed({CLUSTERS: nothing(CacheClusters=nodes), GROUPS: nothing(ReplicationGroups=[group("g", "g-001", "g-002")])}, aws) == []
    assert (aws.unreadable.items, "several types: cache.r5.large, cache.r6g.large" in aws.unreadable.reason) == (1, True)


def test_what_a_group_says_of_itself() -> None:
    more = {
        "DataTiering": "enabled",
        "UserGroupIds": ["app", "ops"],
        "GlobalReplicationGroupInfo": {"GlobalReplicationGroupId": "sgaui-carts", "GlobalReplicationGroupMemberRole": "SECONDARY"},
        "ReplicationGroupCreateTime": datetime(2024, 5, 1, tzinfo=UTC),
    }
    node = cluster("g-001", ReplicationGroupId="g", CacheParameterGroup={"CacheParameterGroupName": "carts-of-ours"})
    tagged = [{"ResourceARN": group("g")["ARN"], "Tags": [{"Key": "Name", "Value": "Carts"}, {"Key": "team", "Value": "shop"}]}]
    answers = {CLUSTERS: nothing(CacheClusters=[node]), GROUPS: nothing(ReplicationGroups=[group("g", "g-001", **more)])}
    (found,) = listed({**answers, TAGS: nothing(ResourceTagMappingList=tagged)})
    assert (found.tiered, found.user_groups, found.datastore, found.parameters) == (True, ("app", "ops"), "sgaui-carts", "carts-of-ours")
    assert (found.created, found.name, found.tags["team"]) == (datetime(2024, 5, 1, tzinfo=UTC), "Carts", "shop")
    assert found.also_bills == ()


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"PreferredAvailabilityZone": "us-east-1b"}, ""),
        ({"PreferredAvailabilityZone": "Multiple"}, ""),
        ({"PreferredAvailabilityZone": "us-east-1-bos-1a"}, "us-east-1-bos-1a"),
        ({"PreferredAvailabilityZone": "Multiple", "CacheNodes": [IN_BOSTON]}, "us-east-1-bos-1a"),
        ({"PreferredOutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1"}, "arn:aws:outposts:us-east-1:1:outpost/op-1"),
    ],
)
def test_where_it_is(more: dict[str, Any], place: str) -> None:
    (found,) = listed({CLUSTERS: nothing(CacheClusters=[cluster("one", **more)])})
    assert found.place == place


@pytest.mark.parametrize(
    ("status", "bills"), [("available", True), ("modifying", True), ("snapshotting", True), ("creating", False), ("deleting", False)]
)
def test_in_which_status_it_bills(status: str, bills: bool) -> None:
    (found,) = listed({CLUSTERS: nothing(CacheClusters=[cluster("one", CacheClusterStatus=status)])})
    assert found.bills is bills


def test_tags_are_one_listing_whatever_the_number_of_clusters() -> None:
    asked = Counter[str]()
    clusters = [cluster(f"c{number}") for number in range(5)]
    with Answers({**NOTHING, CLUSTERS: nothing(CacheClusters=clusters)}, lambda operation: asked.update([operation])).everywhere():
        assert len(list(cache_clusters(here()))) == 5
    assert asked == {CLUSTERS: 1, TAGS: 1}


@pytest.mark.parametrize(
    ("refused", "action"),
    [(CLUSTERS, "elasticache:DescribeCacheClusters"), (GROUPS, "elasticache:DescribeReplicationGroups"), (TAGS, "tag:GetResources")],
)
def test_a_refusal_is_denied_by_its_action(refused: str, action: str) -> None:
    def before(operation: str) -> None:
        if operation == refused:
            error = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(error, operation)  # type: ignore[arg-type]

    answers = {**NOTHING, CLUSTERS: nothing(CacheClusters=[cluster("g-001", ReplicationGroupId="g")])}
    with Answers(answers, before).everywhere(), pytest.raises(Denied, match=action):
        list(cache_clusters(here()))
