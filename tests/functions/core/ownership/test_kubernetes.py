"""The rules of Kubernetes: what they are about, and that none deletes what another kind of resource is tagged with."""

from __future__ import annotations

from functions.core.ownership.kubernetes import CLUSTER, OBJECTS
from functions.core.ownership.rule import INSTANCE


def test_what_deletes_an_object_is_about_one_kind_of_resource() -> None:
    for rule in (*OBJECTS, *CLUSTER):
        if any(" delete " in step for step in rule.remove):
            assert len(rule.on) == 1
            assert rule.on != ("",)


def test_a_node_is_changed_where_it_is_ordered() -> None:
    assert {rule.key for rule in OBJECTS if rule.on == INSTANCE} == {"karpenter.sh/nodepool", "karpenter.sh/provisioner-name"}


def test_the_cluster_alone_only_helps_to_look() -> None:
    assert all("get" in step for rule in CLUSTER for step in rule.remove)
