"""EC2 instances of an old generation, or with a cheaper Graviton peer."""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.limits import Limits
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import Savings, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.instance.collector import Instance, compute_cost, coverable, ec2_instances


def _replaceable(instance: Instance) -> bool:
    """Runs on demand on x86_64. A stopped one pays no compute that another type could save, a Spot one not the list price."""
    return instance.state == "running" and not instance.lifecycle and instance.architecture == "x86_64"


def _not_judged(instance: Instance, table: Mapping[str, tuple[str, ...]]) -> InsufficientData | None:
    """Why a running one of a family that has successors is not compared with them."""
    if instance.state != "running" or instance.architecture != "x86_64" or instance_types.family(instance.kind) not in table:
        return None
    if instance.lifecycle:
        return InsufficientData(f"{instance.lifecycle}: it does not bill on demand")
    return InsufficientData("a whole server, of which no other has the size") if ".metal" in instance.kind else None


def _cheaper(instance: Instance, targets: tuple[str, ...], prices: Prices) -> tuple[str, Savings] | None:
    """The first target that costs less, and what it saves; None where either rate is unknown."""
    now = compute_cost(instance, prices)
    target = instance_types.first_cheaper(instance.kind, targets, prices)
    return None if now.usd is None or target is None else (target, saves(now - instance_types.linux_cost(target, prices)))


def _credits(instance: Instance) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html"""
    bursts = instance.kind.startswith("t")
    return "What it may pay for surplus CPU credits (unlimited mode, which T3 and T4g start in) is not compared." if bursts else ""


@check(
    id="ec2-old-generation",
    title="EC2 instance is of a generation that costs more than its successor",
    over=ec2_instances,
    reference="https://aws.amazon.com/ec2/previous-generation/",
    action=Action.UPGRADE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    command=(
        "aws ec2 stop-instances --region {region} --instance-ids {id}"
        " && aws ec2 wait instance-stopped --region {region} --instance-ids {id}"
        " && aws ec2 modify-instance-attribute --region {region} --instance-id {id} --instance-type Value={target}"
        " && aws ec2 start-instances --region {region} --instance-ids {id}"
    ),
    undo="Stop it, set the old type again, and start it.",
)
def old_generation(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A newer generation of the same size and architecture costs less and is faster. Stop it, change its type, start it."""
    cheaper = _cheaper(instance, instance_types.newer(instance.kind), prices) if _replaceable(instance) else None
    if cheaper is None:
        return _not_judged(instance, instance_types.NEWER)
    target, savings = cheaper
    has_disks = instance_types.family(instance.kind) in instance_types.INSTANCE_STORE
    notes = ("The data on its instance store does not survive the stop." if has_disks else "", _credits(instance))
    return Waste(
        savings=savings,
        coverable=coverable(instance, savings),
        evidence={"type": instance.kind, "target": target, "architecture": instance.architecture, "nitro_ready": instance.nitro_ready},
        confidence=Confidence.HIGH if instance.nitro_ready and not has_disks else Confidence.MEDIUM,
        note=" ".join(filter(None, notes)),
        values={"target": target},
    )


@check(
    id="ec2-graviton",
    title="EC2 instance would cost less on Graviton",
    over=ec2_instances,
    reference="https://github.com/aws/aws-graviton-getting-started/blob/main/transition-guide.md",
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(
        "aws ec2 run-instances --region {region} --instance-type {target}"
        " --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        "  # or your own arm64 image; move the workload, then terminate {id}"
    ),
    undo="Keep the x86_64 instance stopped until the Graviton one has proved itself.",
)
def graviton(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """The Graviton type of the same size costs less. The software must run on arm64: build it, test it, then replace the instance."""
    cheaper = _cheaper(instance, instance_types.graviton(instance.kind), prices) if _replaceable(instance) else None
    if cheaper is None:
        return _not_judged(instance, instance_types.GRAVITON)
    target, savings = cheaper
    return Waste(
        savings=savings,
        coverable=coverable(instance, savings),
        evidence={"type": instance.kind, "target": target, "architecture": instance.architecture, "platform": instance.platform},
        note=_credits(instance),
        values={"target": target},
    )
