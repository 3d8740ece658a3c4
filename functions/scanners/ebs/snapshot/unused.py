"""EBS snapshots whose volume is gone, or that have been kept for long.

What deleting a snapshot saves is known only as a range. Snapshots share blocks: AWS removes those that no other snapshot refers to, and
moves the cost of the others to their next holder, so the saving can be 0. At most it is all of its blocks: FullSnapshotSizeInBytes
where AWS gives it, else the volume's size. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html

By structure, `likely` splits that upper bound evenly over the snapshots that may share its blocks: alone, a snapshot saves all of it, and
the findings of a lineage together save one full copy, as deleting all of it does. Blocks that changed between its snapshots come on top:
how many, only the bill knows, and Rank makes the saving of that where there is one (core/rank/bill/billed.py).
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import Savings, saves
from functions.core.ownership.keeping import keeping_tag
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.ebs import storage
from functions.scanners.ebs.snapshot.collector import Snapshot, snapshots

CHANGES = "blocks that changed between snapshots of one lineage"
ARCHIVE = "archive"
MINIMUM_TERM = (
    "An archived snapshot is billed for at least 90 days: if it was archived less long ago, the rest of them is billed all the same."
)


def _savings(snapshot: Snapshot, prices: Prices) -> Savings:
    """The range of the module's docstring. An archived snapshot is always a full one that shares nothing, so its known size is exact. Fast
    restore ends with its snapshot.

    It is billed for 90 days from when it was archived, deleted or not. AWS does not say here when that was, so it may be now: low is 0.
    https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive-pricing.html
    """
    size = "GiB" if snapshot.full_bytes is not None else "GiB of its volume"
    most = storage.snapshot_cost(snapshot.most_gib, prices, snapshot.tier, size)
    restores = storage.fast_restore_cost(len(snapshot.fast_restores), prices)
    if snapshot.tier == ARCHIVE and snapshot.full_bytes is not None:
        return saves(most + restores, low=restores)
    if not snapshot.relatives:
        return saves(most + restores, low=restores)
    holders = snapshot.relatives + 1
    share = most.times(1 / holders, f"1/{holders} of shared blocks")
    if not snapshot.one_lineage:
        return saves(share + restores, low=restores, high=most + restores)
    if snapshot.most_gib and most.usd is not None:
        share = share.lacking(CHANGES)
    return saves(share + restores, low=restores)


def _evidence(snapshot: Snapshot, age: float) -> Evidence:
    return {
        "age_days": round(age, 1),
        "volume": snapshot.volume_id,
        "volume_gib": snapshot.volume_gib,
        "full_gib": None if snapshot.full_bytes is None else round(snapshot.most_gib, 3),
        "may_share_blocks_with": snapshot.relatives,
        "lineage": snapshot.lineage if snapshot.relatives else "",
        "tier": snapshot.tier,
    }


def _size_note(snapshot: Snapshot) -> str:
    unknown_size = snapshot.full_bytes is None
    return "AWS does not say how much was written: its volume's size stands for its full size, as an upper bound." if unknown_size else ""


def _deletable(snapshot: Snapshot) -> bool:
    """Complete, part of no AMI and no launch template, and no service deletes it itself. Tags that keep it are the engine's to read."""
    return snapshot.state == "completed" and not (snapshot.image or snapshot.template or snapshot.expires)


def _notes(snapshot: Snapshot, *words: str) -> str:
    return " ".join(filter(None, (*words, MINIMUM_TERM if snapshot.tier == ARCHIVE else "")))


def _age(snapshot: Snapshot, limits: Limits) -> float:
    return limits.days_since(snapshot.created) if snapshot.created else 0.0


# The metrics of a volume outlive it: they are kept for 15 months. Sparse, because a gap is what we look for: no sign of the volume since.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
LAST_SIGN = Metric(
    "AWS/EBS", "VolumeIdleTime", "Sum", lambda snapshot: {"VolumeId": snapshot.volume_id}, window="min_age_days", sparse=True
)


def _outlived(snapshot: Snapshot, limits: Limits) -> bool:
    old = snapshot.source_exists is False and _age(snapshot, limits) >= limits.min_age_days
    return old and _deletable(snapshot) and not keeping_tag(snapshot.tags, limits.as_of)


DELETE = "aws ec2 delete-snapshot --region {region} --snapshot-id {id}"
NEWEST = "This is the newest snapshot of a volume that still exists: take a new one before you delete it."
NO_UNDO = "None, unless a Recycle Bin retention rule keeps deleted snapshots for a while."


@check(
    id="ebs-orphan-snapshot",
    title="EBS snapshot has outlived its source volume",
    over=snapshots,
    thresholds={"min_age_days": Threshold(30, "leave time to notice that the volume is missed", minimum=1, maximum=455, seen="age_days")},
    metrics=[LAST_SIGN],
    candidate=_outlived,
    metrics_optional=True,
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=DELETE,
    undo=NO_UNDO,
)
def orphan_snapshot(snapshot: Snapshot, limits: Limits, prices: Prices) -> Verdict:
    """The volume of this snapshot is gone, and no AMI, launch template, backup service or retention tag needs it. Ask, then delete it.

    A copied or imported snapshot has no source volume to look for, so it cannot be judged. The likely saving is the whole snapshot where
    nothing else may share its blocks, else an even share of them. A volume that was in use within the month is not yet missed: it may come
    back from this very snapshot.
    """
    age, sign = _age(snapshot, limits), snapshot.usage.get(LAST_SIGN)
    if snapshot.source_exists or age < limits.min_age_days or not _deletable(snapshot):
        return None
    if snapshot.source_exists is None:
        return InsufficientData("copied or imported: AWS does not say what its source volume was")
    if sign is not None and sign.count:
        return None
    return Waste(
        savings=_savings(snapshot, prices),
        evidence=_evidence(snapshot, age) | {"volume_silent_days_at_least": None if sign is None else limits.min_age_days},
        confidence=Confidence.LOW if snapshot.relatives or sign is None else Confidence.MEDIUM,
        note=_notes(snapshot, _size_note(snapshot)),
        together=snapshot.together,
    )


@check(
    id="ebs-old-snapshot",
    title="EBS snapshot is old and nothing is known to need it",
    over=snapshots,
    thresholds={"min_age_days": Threshold(90, "older than a quarter; what must be kept longer should say so in a tag", seen="age_days")},
    reference="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=DELETE,
    undo=NO_UNDO,
)
def old_snapshot(snapshot: Snapshot, limits: Limits, prices: Prices) -> Verdict:
    """No AMI, launch template, backup service or retention tag needs this old snapshot. Delete it, or archive what must stay and tag it.

    A tag such as compliance, retention, legal-hold or do-not-delete marks one that is kept on purpose. Whether it is shared with other
    accounts is not looked at: that is one call for each (aws ec2 describe-snapshot-attribute).
    """
    age = _age(snapshot, limits)
    if age < limits.min_age_days or not _deletable(snapshot):
        return None
    last = snapshot.source_exists and snapshot.newest
    return Waste(
        savings=_savings(snapshot, prices),
        evidence=_evidence(snapshot, age),
        note=_notes(snapshot, NEWEST if last else "", _size_note(snapshot)),
        together=snapshot.together,
    )
