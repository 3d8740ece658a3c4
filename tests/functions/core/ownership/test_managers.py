"""Who manages a resource: what tags and AWS's replies say, and what of it reaches a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Resource
from functions.core.outside.text import shell_word
from functions.core.ownership.managers import LONGEST, Manager, manager, operator, said
from functions.core.ownership.rule import Rule
from functions.core.ownership.rules import OPERATORS, RULES

HERE = "arn:aws:ec2:us-east-1:111122223333:"
INSTANCE, VOLUME, SNAPSHOT = "instance/i-1", "volume/vol-1", "snapshot/snap-1"
BALANCER, GROUP = "loadbalancer/app/web/1", "targetgroup/web/1"
CLAIM = {"kubernetes.io/created-for/pvc/name": "data-postgres-0", "kubernetes.io/created-for/pvc/namespace": "db"}
POOL = {"karpenter.sh/nodepool": "default"}


def of(what: str, tags: Mapping[str, str], principal: str = "") -> Manager | None:
    made = Resource(
        arn=HERE + what, id=re.split("[/:]", what)[1], account="111122223333", region="us-east-1", tags=tags, operator=principal
    )
    return manager(made)


def found(what: str, tags: Mapping[str, str], principal: str = "") -> Manager:
    owner = of(what, tags, principal)
    assert owner is not None
    return owner


@pytest.mark.parametrize(
    ("what", "tags", "who", "remove"),
    [
        (VOLUME, CLAIM, "claim db/data-postgres-0", "kubectl -n db delete pvc data-postgres-0"),
        (VOLUME, {"CSIVolumeName": "pvc-1", "ebs.csi.aws.com/cluster": "true"}, "persistent volume pvc-1", "kubectl get pv pvc-1"),
        (VOLUME, {"ebs.csi.aws.com/cluster": "true"}, "EBS CSI driver", "grep -n -e vol-1"),
        (SNAPSHOT, {"CSIVolumeSnapshotName": "snapshot-1"}, "volume snapshot snapshot-1", "delete volumesnapshot SNAPSHOT"),
        (SNAPSHOT, {"CSIVolumeSnapshotName": "s", "velero.io/backup": "daily"}, "Velero (backup daily)", "velero backup delete daily"),
        (BALANCER, {"service.k8s.aws/stack": "web/front"}, "Service web/front", "kubectl -n web delete service front"),
        (BALANCER, {"ingress.k8s.aws/stack": "web/front"}, "Ingress web/front", "kubectl -n web delete ingress front"),
        (BALANCER, {"ingress.k8s.aws/stack": "shared"}, "Ingress group shared", "grep -n -e shared"),
        (BALANCER, {"gateway.k8s.aws.alb/stack": "web/front"}, "Gateway web/front", "kubectl -n web delete gateway front"),
        (BALANCER, {"elbv2.k8s.aws/cluster": "prod"}, "cluster prod", "kubectl get services,ingresses -A"),
        (
            BALANCER,
            {"kubernetes.io/service-name": "web/front", "kubernetes.io/cluster/prod": "owned"},
            "Service web/front",
            "delete service front",
        ),
        (
            GROUP,
            {"service.k8s.aws/resource": "web/front:80", "service.k8s.aws/stack": "web/front"},
            "target group of web/front:80",
            "kubectl -n NAMESPACE delete targetgroupbinding BINDING",
        ),
        (INSTANCE, {**POOL, "aws:ec2:fleet-id": "fleet-1"}, "Karpenter (nodepool default)", "kubectl edit nodepool default"),
        (INSTANCE, {"karpenter.sh/provisioner-name": "default"}, "provisioner default", "kubectl edit provisioner default"),
        (
            INSTANCE,
            {"eks:nodegroup-name": "blue", "eks:cluster-name": "prod", "aws:autoscaling:groupName": "eks", "aws:ec2:fleet-id": "f"},
            "managed node group blue",
            "--cluster-name prod --nodegroup-name blue --scaling-config desiredSize=COUNT",
        ),
        (
            INSTANCE,
            {"aws:elasticmapreduce:job-flow-id": "j-1"},
            "EMR (cluster j-1)",
            "aws emr modify-instance-groups --region us-east-1 --cluster-id j-1",
        ),
        (INSTANCE, {"AWSBatchServiceTag": "batch"}, "AWS Batch", "minvCpus=0"),
        (
            INSTANCE,
            {"elasticbeanstalk:environment-name": "shop", "aws:autoscaling:groupName": "a"},
            "environment shop",
            "--environment-name shop",
        ),
        (INSTANCE, {"aws:autoscaling:groupName": "web"}, "Auto Scaling group web", "--instance-id i-1 --should-decrement-desired-capacity"),
        (INSTANCE, {"aws:ec2:fleet-id": "fleet-1"}, "EC2 Fleet fleet-1", "aws ec2 modify-fleet --region us-east-1 --fleet-id fleet-1"),
        (INSTANCE, {"aws:ec2spot:fleet-request-id": "sfr-1"}, "Spot Fleet sfr-1", "--spot-fleet-request-id sfr-1 --target-capacity COUNT"),
        (
            INSTANCE,
            {"aws:cloud9:environment": "e1"},
            "Cloud9 (environment e1)",
            "delete-environment --region us-east-1 --environment-id e1",
        ),
        (
            INSTANCE,
            {"AWSElasticDisasterRecoveryManaged": "drs.amazonaws.com"},
            "Elastic Disaster Recovery",
            "aws drs disconnect-source-server",
        ),
        (INSTANCE, {"AWSApplicationMigrationServiceManaged": "mgn"}, "Application Migration Service", "aws mgn disconnect-from-service"),
        (VOLUME, {"AmazonECSManaged": "true"}, "Amazon ECS", "aws ecs list-clusters --region us-east-1"),
        (
            "db:reader",
            {"application-autoscaling:resourceId": "cluster:shop"},
            "Aurora Auto Scaling (cluster:shop)",
            "--resource-id cluster:shop",
        ),
        ("natgateway/nat-1", {"kubernetes.io/cluster/prod": "owned"}, "Kubernetes (cluster prod)", "grep -n -e nat-1"),
        (INSTANCE, {"sigs.k8s.io/cluster-api-provider-aws/cluster/prod": "owned"}, "by Cluster API", "kubectl get machines -A"),
        (SNAPSHOT, {"aws:backup:source-resource": "arn"}, "AWS Backup", "aws backup delete-recovery-point"),
        (SNAPSHOT, {"aws:dlm:lifecycle-policy-id": "policy-1", **CLAIM}, "Data Lifecycle Manager", "aws dlm get-lifecycle-policies"),
    ],
)
def test_a_tag_names_who_manages_it_and_their_way(what: str, tags: dict[str, str], who: str, remove: str) -> None:
    named = {"Name": "any", **tags}
    owner = found(what, named)
    assert who in owner.who
    assert remove in owner.remove
    assert owner.by in tags
    assert not owner.beside


@pytest.mark.parametrize(
    ("what", "tags"),
    [
        (VOLUME, {}),
        (VOLUME, {"Name": "data", "team": "db"}),
        (INSTANCE, {"aws:ec2launchtemplate:id": "lt-1", "aws:ec2launchtemplate:version": "1"}),
        ("subnet/subnet-1", {"kubernetes.io/cluster/prod": "shared"}),
        (SNAPSHOT, CLAIM),  # somebody's snapshot of the volume: its claim must not be deleted for it
        (VOLUME, {"velero.io/backup": "daily"}),  # a restored volume carries the tags of its snapshot
        (VOLUME, {"aws:autoscaling:groupName": "web"}),
        (VOLUME, POOL),
    ],
)
def test_nobody_else_manages_it(what: str, tags: dict[str, str]) -> None:
    assert of(what, tags) is None


@pytest.mark.parametrize(
    ("tag", "who"), [("aws:cloudformation:stack-name", "stack web"), ("aws:servicecatalog:provisionedProductArn", "product web")]
)
def test_what_only_keeps_a_template_of_it_is_told_beside_the_command(tag: str, who: str) -> None:
    owner = found(VOLUME, {tag: "web"})
    assert (owner.beside, owner.remove) == (True, "")
    assert who in owner.who
    assert not found(VOLUME, {tag: "web", **CLAIM}).beside


@pytest.mark.parametrize(
    ("principal", "tags", "who", "remove"),
    [
        ("eks.amazonaws.com", POOL, "Auto Mode", "kubectl edit nodepool default"),
        ("eks.amazonaws.com", {}, "Auto Mode", "kubectl edit nodepool POOL"),
        ("ecs.amazonaws.com", {}, "Managed Instances", "aws ecs describe-capacity-providers --region us-east-1"),
        ("lambda.amazonaws.com", {}, "Managed Instances", "aws lambda list-capacity-providers --region us-east-1"),
        ("new.amazonaws.com", {}, "new.amazonaws.com", ""),
    ],
)
def test_an_operator_goes_before_every_tag(principal: str, tags: dict[str, str], who: str, remove: str) -> None:
    owner = found(INSTANCE, {**tags, "aws:autoscaling:groupName": "web"}, principal)
    assert (owner.by, owner.remove, owner.may_be_changed) == ("operator", remove, False)
    assert who in owner.who


@pytest.mark.parametrize(
    ("described", "principal"),
    [
        ({}, ""),
        ({"Operator": None}, ""),
        ({"Operator": {"Managed": False}}, ""),
        ({"Operator": {"Managed": False, "Principal": "eks.amazonaws.com"}}, ""),
        ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, "eks.amazonaws.com"),
        ({"Operator": {"Managed": True}}, "another service"),
    ],
)
def test_the_operator_of_a_reply(described: dict[str, Any], principal: str) -> None:
    assert operator(described) == principal


def test_services_that_delete_by_themselves() -> None:
    expiring = {"aws:backup:x", "aws:dlm:x", "dlm:managed", "AWSElasticDisasterRecoveryManaged", "AWSApplicationMigrationServiceManaged"}
    assert all(found(SNAPSHOT, {tag: "true"}).expires for tag in expiring)
    assert found(SNAPSHOT, {}, "backup.amazonaws.com").expires
    assert found(SNAPSHOT, {}, "dlm.amazonaws.com").expires
    assert not found(SNAPSHOT, {"velero.io/backup": "daily"}).expires


# --- what comes from outside is text ---------------------------------------------------------------------------------------------------

HOSTILE = [
    "a; reboot",
    "$(reboot)",
    "`reboot`",
    "a' && reboot '",
    'a" && reboot',
    "a\nreboot",
    "a\r\nreboot",
    "\x1b[2Jreboot",
    "--all",
    "-x",
    "",
    "file:///etc/passwd",
    "{id}",
    "{0}",
    "# reboot",
    "a\\",
    "a" * 500,
    "\u2028reboot",
    "*",
    "~",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_one_word_or_out_of_the_command(value: str) -> None:
    for rule in RULES:
        if not rule.beside:
            _assert_harmless(rule, value)


def _assert_harmless(rule: Rule, value: str) -> None:
    key = rule.key.replace("*", value)
    tags = {key: value if not rule.named_by_key else "owned", **{part.tag: value for part in rule.parts.values() if part.tag}}
    what = {"": VOLUME, "db:": "db:reader"}.get(rule.on[0], rule.on[0] + "x-1")
    owner = of(what, tags)
    if owner is None:  # the value says that this is another rule's
        assert not rule.only(tags[key])
        return
    for command in (owner.remove, owner.change):
        assert all(line.isprintable() for line in command.split("\n"))
        for line in command.split(" &&\n"):
            words = shlex.split(line, comments=True)
            assert words == shlex.split(line)
            assert "reboot" not in words
            assert not {"--all", "-x"} & {word for word in words if word == value}
    assert owner.who.isprintable()
    assert len(owner.who) < 2 * LONGEST + 100


@given(st.text())
def test_a_word_of_a_shell_is_itself_or_nothing(value: str) -> None:
    word = shell_word(value)
    assert word == "" or shlex.split(word) == [value]
    assert word.isprintable()


@given(st.text())
def test_what_is_said_is_one_short_line(value: str) -> None:
    assert said(value).isprintable()
    assert len(said(value)) <= LONGEST


def test_every_rule_can_be_met() -> None:
    assert len({(rule.key, rule.only) for rule in RULES}) == len(RULES)
    assert all(rule.key and rule.who and rule.advice.endswith(".") and rule.undo.endswith(".") for rule in RULES)
    assert all(rule.remove or not rule.key or rule.beside for rule in (*RULES, *OPERATORS.values()))
