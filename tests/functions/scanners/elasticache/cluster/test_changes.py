"""The steps that change a cluster, by what it is."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.elasticache.cluster import changes
from tests.functions.scanners.elasticache.samples import ALONE, cluster

WORLD = {"datastore": "sgaui-carts"}


def operations(steps: str) -> list[str]:
    return [step.split()[2] for step in steps.split(" &&\n")]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({}, ["list-allowed-node-type-modifications", "modify-replication-group"]),
        ({"sharded": True}, ["list-allowed-node-type-modifications", "modify-replication-group"]),
        (ALONE, ["list-allowed-node-type-modifications", "modify-cache-cluster"]),
        (WORLD, ["list-allowed-node-type-modifications", "modify-global-replication-group"]),
    ],
)
def test_another_node_type_is_asked_for_first(what: dict[str, Any], expected: list[str]) -> None:
    steps = changes.node_type(cluster(**what))
    assert operations(steps) == expected
    assert "grep -wqF {target}" in steps.splitlines()[0]


@pytest.mark.parametrize(
    ("what", "engine", "expected"),
    [
        ({}, "valkey", ["create-snapshot", "wait", "modify-replication-group"]),
        ({"sharded": True}, "redis", ["create-snapshot", "wait", "modify-replication-group"]),
        (ALONE, "redis", ["create-snapshot", "wait", "modify-cache-cluster"]),
        (ALONE, "valkey", ["create-snapshot", "wait", "create-replication-group", "wait", "modify-replication-group"]),
        (WORLD, "valkey", ["create-snapshot", "wait", "modify-global-replication-group"]),
    ],
)
def test_an_upgrade_keeps_the_data_first(what: dict[str, Any], engine: str, expected: list[str]) -> None:
    assert operations(changes.upgrade(cluster(**what), engine)) == expected


def test_a_snapshot_of_shards_is_of_the_group_and_of_one_shard_of_a_node() -> None:
    assert "--replication-group-id {id} --snapshot-name" in changes.upgrade(cluster(sharded=True), "valkey")
    assert "--cache-cluster-id {node} --snapshot-name" in changes.upgrade(cluster(), "valkey")


@pytest.mark.parametrize(
    ("name", "snapshot", "group"),
    [
        ("carts", "carts-kept", "carts-group"),
        ("a" * 40, f"{'a' * 34}-kept", f"{'a' * 34}-group"),
        (f"{'a' * 33}-bcdef", f"{'a' * 33}-kept", f"{'a' * 33}-group"),  # no two hyphens
    ],
)
def test_new_names_are_as_aws_takes_them(name: str, snapshot: str, group: str) -> None:
    found = changes.values(cluster(id=name), target="cache.r6g.large")
    assert (found["snapshot"], found["group"], found["node"], found["target"]) == (snapshot, group, "carts-001", "cache.r6g.large")
    assert max(len(found["snapshot"]), len(found["group"])) <= 40


def test_a_plain_cluster_has_nothing_to_heed() -> None:
    assert list(changes.to_heed(cluster())) == []
    assert len(list(changes.to_heed(cluster(parameters="ours", user_groups=("app",), **WORLD)))) == 3
    assert list(changes.everywhere(cluster(parameters="ours"))) == []
