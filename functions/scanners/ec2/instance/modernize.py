"""EC2 instances of an old generation, or with a cheaper Graviton peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.core.limits import Limits
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Savings, saves, usd
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import steps, would
from functions.scanners.ec2 import instance_types
from functions.scanners.ec2.instance.collector import Instance, compute_cost, coverable, ec2_instances
from functions.scanners.ec2.licences import needs_x86

OFFERED = (
    'test -n "$(aws ec2 describe-instance-type-offerings --region {region} --location-type availability-zone'
    " --filters Name=location,Values={zone} Name=instance-type,Values={target}"
    " --query 'InstanceTypeOfferings[].InstanceType' --output text)\""
)
"""The first step of everything that needs the target: the zone offers it."""
CHANGE = "aws ec2 modify-instance-attribute --region {region} --instance-id {id} --instance-type Value={target}"
CHANGE_BACK = "aws ec2 modify-instance-attribute --region {region} --instance-id {id} --instance-type Value={type}"
START = "aws ec2 start-instances --region {region} --instance-ids {id}"
IN_PLACE = (
    OFFERED,
    would(CHANGE),
    would(START),
    "aws ec2 stop-instances --region {region} --instance-ids {id}",
    "aws ec2 wait instance-stopped --region {region} --instance-ids {id}",
    f"{{{{\n  {CHANGE} &&\n  {START} || {{{{\n    {CHANGE_BACK}\n    {START}\n  }}}}\n}}}}",
)
"""Nothing is stopped before AWS said that it would do the rest; where it refuses after all, the instance starts again as it was."""
LAUNCH = (
    OFFERED,
    (
        "aws ec2 run-instances --region {region} --instance-type {target} --placement AvailabilityZone={zone} --image-id IMAGE"
        " --tag-specifications 'ResourceType=instance,Tags=[{{Key=replaces,Value='{id}'}}]'"
    ),
)
"""Another instance beside it. AWS refuses the word IMAGE."""
THEN_MOVE = "move the workload there, and terminate this one when the new one has proved itself."
GROUP = "aws autoscaling describe-auto-scaling-groups --region {region} --auto-scaling-group-names {group}"
"""What the group launches with: its launch template is what has to be changed."""


@dataclass(slots=True, frozen=True)
class Cheaper:
    """The type to offer, what it saves, and what else there is to say of the choice."""

    target: str
    savings: Savings
    evidence: Evidence
    notes: tuple[str, ...]


def _not_judged(instance: Instance, table: Mapping[str, tuple[str, ...]]) -> InsufficientData | None:
    """Why a running one of a family that has successors is not compared with them."""
    if instance.state != "running" or instance.architecture != "x86_64" or instance_types.family(instance.kind) not in table:
        return None
    if instance.lifecycle:
        return InsufficientData(f"{instance.lifecycle}: it does not bill on demand")
    return InsufficientData("a whole server, of which no other has the size") if ".metal" in instance.kind else None


def _cheaper(instance: Instance, targets: Sequence[str], limits: Limits, prices: Prices) -> Cheaper | None:
    """The cheapest type that fits and that the zone offers, or a newer one that saves nearly as much. None where there is none, where a
    rate is unknown, or where more vCPUs would cost more for the licence.
    """
    now = compute_cost(instance, prices)
    here = targets if instance.offered is None else [target for target in targets if target in instance.offered]
    saved = instance_types.cheaper(instance.kind, here, prices)
    if now.usd is None or not saved or (instance.licence and instance.kind in instance_types.MORE_VCPUS):
        return None
    target, other = instance_types.choose(saved, limits.newest_share)
    savings = saves(now - instance_types.linux_cost(target, prices))
    evidence: Evidence = {"type": instance.kind, "target": target, "architecture": instance.architecture, "zone": instance.zone}
    notes = []
    if other:
        beside = saves(now - instance_types.linux_cost(other, prices)).likely
        evidence |= {"alternative": other, "alternative_saves": beside}
        notes.append(f"The {'newer' if targets.index(other) < targets.index(target) else 'cheapest'} {other} saves {usd(beside)}.")
    if instance.licence:
        evidence["licence"] = instance.licence
        notes.append(
            f"A bound: what it bills for {instance.licence} is taken to be the same for both types, which have as many vCPUs; "
            "the saving is the difference of the Linux rates."
        )
    if instance.offered is None:
        notes.append(f"AWS did not say whether {instance.zone or 'its zone'} offers {target}.")
    return Cheaper(target, savings, {**evidence, "offered_in_zone": None if instance.offered is None else True}, tuple(notes))


def _values(instance: Instance, target: str) -> dict[str, str]:
    return {"target": target, "zone": instance.zone, "type": instance.kind, "group": instance.group}


def _credits(instance: Instance) -> str:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html"""
    bursts = instance.kind.startswith("t")
    return "What it may pay for surplus CPU credits (unlimited mode, which T3 and T4g start in) is not compared." if bursts else ""


@check(
    id="ec2-old-generation",
    title="EC2 instance is of a generation that costs more than its successor",
    over=ec2_instances,
    thresholds={"newest_share": instance_types.NEWEST_SHARE},
    reference="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resize-limitations.html",
    action=Action.UPGRADE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    command=IN_PLACE,
    undo="Stop it, set the old type again, and start it.",
)
def old_generation(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """A newer generation of the same size and architecture costs less and is faster. Stop it, change its type, start it.

    Offered is the cheapest that its zone has, or a newer one that saves nearly as much. An instance that AWS would not change in place is
    replaced by a new one; the members of an Auto Scaling group change with its launch template.
    """
    cheaper = _cheaper(instance, instance_types.newer(instance.kind), limits, prices) if instance.replaceable else None
    if cheaper is None:
        return _not_judged(instance, instance_types.NEWER)
    family = instance_types.family(instance.kind)
    refused = list(instance.change.refused)
    if family in instance_types.STORAGE:
        refused.append("what it is for is on its instance store, which does not survive the stop")
    has_disks = family in instance_types.INSTANCE_STORE
    waste = Waste(
        savings=cheaper.savings,
        coverable=coverable(instance, cheaper.savings),
        evidence={**cheaper.evidence, "nitro_ready": instance.nitro_ready},
        values=_values(instance, cheaper.target),
        confidence=Confidence.HIGH,
    )
    if instance.group:
        notes: tuple[str, ...] = ()
        waste.command, waste.undo = GROUP, "Set the old type in the launch template again."
    elif refused:
        notes = (f"Its type cannot be changed: {'; '.join(refused)}. Launch another one from an image that fits, {THEN_MOVE}",)
        waste.command, waste.undo, waste.effort = steps(LAUNCH), "Keep this one until the new one has proved itself.", Level.HIGH
    else:
        notes = instance.change.beware
        if has_disks:
            notes = ("The data on its instance store does not survive the stop.", *notes)
            waste.undo = "None for what is on its instance store. Else stop it, set the old type again, and start it."
    if instance.offered is None or (refused and not instance.group):
        waste.confidence = Confidence.LOW
    elif notes or instance.licence or has_disks or instance.group:
        waste.confidence = Confidence.MEDIUM
    waste.note = " ".join(filter(None, (*notes, _credits(instance), *cheaper.notes)))
    return waste


@check(
    id="ec2-graviton",
    title="EC2 instance would cost less on Graviton",
    over=ec2_instances,
    thresholds={"newest_share": instance_types.NEWEST_SHARE},
    reference="https://github.com/aws/aws-graviton-getting-started/blob/main/transition-guide.md",
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=LAUNCH,
    undo="Keep the x86_64 instance, stopped, until the Graviton one has proved itself.",
    afterwards="IMAGE is one of yours for arm64, or for a first try "
    f"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64; {THEN_MOVE}",
)
def graviton(instance: Instance, limits: Limits, prices: Prices) -> Verdict:
    """The Graviton type of the same size costs less. The software must run on arm64: build it, test it, then replace the instance.

    Offered is the cheapest that its zone has, or a newer one that saves nearly as much. Windows and SQL Server do not run on Graviton.
    """
    if not instance.replaceable:
        return _not_judged(instance, instance_types.GRAVITON)
    if needs_x86(instance.platform, instance.licence):
        return None
    cheaper = _cheaper(instance, instance_types.graviton(instance.kind), limits, prices)
    if cheaper is None:
        return _not_judged(instance, instance_types.GRAVITON)
    return Waste(
        savings=cheaper.savings,
        coverable=coverable(instance, cheaper.savings),
        evidence={**cheaper.evidence, "platform": instance.platform},
        note=" ".join(filter(None, (_credits(instance), *cheaper.notes))),
        values=_values(instance, cheaper.target),
        command=GROUP if instance.group else "",
    )
