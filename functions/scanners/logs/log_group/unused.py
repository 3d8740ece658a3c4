"""Log groups into which nothing has come for long, and what they store is billed on."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import steps
from functions.scanners.logs.log_group.collector import AUDIT_NOTE, DELIVERY, INCOMING, LogGroup, log_groups

FREE_GIB = 5
"""An account stores so much for nothing, all its groups together; part of a group may be that. https://aws.amazon.com/cloudwatch/pricing/"""
COMPRESSED = 0.15
"""What AWS's own calculator takes for stored of what came in ("Storage compression factor", https://calculator.aws). Whether `storedBytes`
is before or after that AWS does not document: it may be the larger figure, and the bill the smaller."""
COLDEST = 0.2
"""What the coldest storage bills where an account has Intelligent-Tiering (PutStorageTierPolicy), as a share of the rate: 80 % less for
what nobody reads for 90 days. https://help.nops.io/inform/supported-recommendations/enable-cloudwatch-logs-intelligent-tiering.md"""
SERVICE_NOTE = "AWS services write to groups with such a name: its writer may still exist, and makes the group anew when it writes."
BUCKET = "BUCKET is a bucket of this region that CloudWatch Logs may write to."
PROTECTED_NOTE = "Deletion protection is on: AWS refuses to delete the group until it is turned off."


def _may_be_stale(group: LogGroup, limits: Limits) -> bool:
    """It stores something, has been there for the whole window, and no retention empties it soon."""
    stays = group.retention_days is None or group.retention_days > limits.emptied_in_days
    return stays and group.log_class != DELIVERY and group.gib >= limits.min_stored_gb and group.age(limits) >= limits.window_days


_STATUS = "aws logs describe-export-tasks --region {region} --task-id \"$task\" --query 'exportTasks[0].status.code' --output text"
EXPORT = (
    (
        "task=$(aws logs create-export-task --region {region} --log-group-name {id} --from 0 --to {until} --destination BUCKET"
        " --query taskId --output text)"
    ),
    f"while {_STATUS} | grep -E 'PENDING|RUNNING'; do sleep 30; done",
    f"{_STATUS} | grep -x COMPLETED",
)
"""All that it stores is in BUCKET before anything is deleted."""
UNPROTECT = "aws logs put-log-group-deletion-protection --region {region} --log-group-identifier {id} --no-deletion-protection-enabled"
DELETE = "aws logs delete-log-group --region {region} --log-group-name {id}"


@check(
    id="logs-stale-group",
    title="CloudWatch log group has received nothing for a month",
    over=log_groups,
    thresholds={
        "window_days": Threshold(30, "what writes logs at all mostly does so once a month", minimum=1),
        "min_stored_gb": Threshold(0.1, "less bills under half a cent a month, which no bill shows", seen="stored_gb"),
        "emptied_in_days": Threshold(365, "what its own retention deletes within a year needs nobody to do it"),
    },
    metrics=[INCOMING],
    candidate=_may_be_stale,
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(*EXPORT, DELETE),
    undo="None: what was deleted is gone, but for what was exported first.",
    afterwards=BUCKET,
)
def stale(group: LogGroup, limits: Limits, prices: Prices) -> Verdict:
    """Nothing has come into this log group for a month, and what it stores is billed on. Export what must be kept to S3, then delete it.

    Its metric and subscription filters go with it. Low: as if AWS told its size before compression; what is left of that above the 5 GB
    that an account stores for nothing, at the rate of the coldest storage, in case the account has Intelligent-Tiering. Whether somebody
    still reads it, AWS does not say.
    """
    if group.usage[INCOMING].total > 0:
        return None
    notes = {
        SERVICE_NOTE: group.name.startswith("/aws/"),
        AUDIT_NOTE: group.for_audit,
        f"Somebody chose to keep it for {group.retention_days} days.": group.retention_days is not None,
    }
    doubts = [note for note, holds in notes.items() if holds]
    least = group.stores(max(0.0, group.gib * COMPRESSED - FREE_GIB), prices).times(COLDEST, f"{COLDEST:g} for the coldest storage")
    return Waste(
        savings=saves(group.stores(group.gib, prices), low=least),
        evidence={
            "incoming_bytes": 0,
            "window_days": limits.window_days,
            "stored_gb": round(group.gib, 3),
            "age_days": round(group.age(limits), 1),
            "retention_days": group.retention_days,
            "log_class": group.log_class,
            "deletion_protection": group.deletion_protection,
        },
        confidence=Confidence.LOW if doubts else None,
        note=" ".join([*doubts, *([PROTECTED_NOTE, BUCKET] if group.deletion_protection else [])]),
        values={"until": str(int(limits.as_of.timestamp() * 1000))},
        command=steps((*EXPORT, UNPROTECT, DELETE)) if group.deletion_protection else "",
    )
