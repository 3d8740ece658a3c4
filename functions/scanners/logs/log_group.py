"""CloudWatch log groups: kept for ever, or kept although nothing has come in for long.

What a group stores bills by the month. `storedBytes` is that volume: it leaves out what a retention has marked for deletion, as the bill
does, and it is what is left after compression. AWS does not document the latter; Log10x measured 49.7 MB a day where 560.8 MB came in.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, Level, Resource, Waste
from functions.core.money import NOTHING, Amount, saves
from functions.core.prices.book import Prices
from functions.core.prices.places import RegionWide
from functions.core.registry import Verdict, check, collector
from functions.core.steps import steps
from functions.core.usage import Metric
from functions.scanners.logs.bills import LOG_GROUP

GIB = 1024**3
FREE_GIB = 5
"""An account stores so much for nothing, all its groups together; part of a group may be that. https://aws.amazon.com/cloudwatch/pricing/"""
COLDEST = 0.2
"""What the coldest storage bills where an account has Intelligent-Tiering (PutStorageTierPolicy), as a share of the rate: 80 % less for
what nobody reads for 90 days. https://help.nops.io/inform/supported-recommendations/enable-cloudwatch-logs-intelligent-tiering.md"""
KEPT_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The retentions that there are. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
DOCUMENTED = fact(
    "which retentions CloudWatch Logs takes, from 1 to 3,653 days",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    "2026-11-28",
)
DELIVERY = "DELIVERY"
"""A class of groups that AWS empties after a day, whatever is set."""
AUDIT = ("audit", "cloudtrail", "compliance", "controltower", "security")
"""Words in a group's name by which it may have to be kept."""
AUDIT_NOTE = "By its name it may have to be kept for an audit."
SERVICE_NOTE = "AWS services write to groups with such a name: its writer may still exist, and makes the group anew when it writes."
BUCKET = "BUCKET is a bucket of this region that CloudWatch Logs may write to."
PROTECTED_NOTE = "Deletion protection is on: AWS refuses to delete the group until it is turned off."


@dataclass(slots=True, kw_only=True)
class LogGroup(Resource):
    """`retention_days` is None when events are kept for ever. `log_class`: STANDARD, INFREQUENT_ACCESS or DELIVERY."""

    stored_bytes: int
    retention_days: int | None
    log_class: str
    deletion_protection: bool

    @property
    def gib(self) -> float:
        """What it stores, which bills: AWS's GB of storage are 2^30 bytes."""
        return self.stored_bytes / GIB

    @property
    def for_audit(self) -> bool:
        """Its name says so."""
        return any(word in self.name.lower() for word in AUDIT)

    def age(self, limits: Limits) -> float:
        """Days since it was created; 0 when AWS says that it will be."""
        return max(0.0, limits.days_since(self.created)) if self.created else 0.0

    def stores(self, gib: float, prices: Prices) -> Amount:
        """What so much of it bills, USD per month."""
        return prices.monthly("AmazonCloudWatch", "logs.storage", round(gib, 3), "GB")


@collector(
    "logs:log-group",
    iam=["logs:DescribeLogGroups", "tag:GetResources"],
    resumes="logs:DescribeLogGroups",
    placed_by=RegionWide("CloudWatch Logs stores in the region, wherever it comes from"),
    bills=[LOG_GROUP],
)
def log_groups(aws: Aws) -> Iterator[LogGroup]:
    """Every log group, with its tags: the listing has none, and a call for each group would be too many."""
    named: dict[str, dict[str, str]] = {}
    for number, page in enumerate(page for page in aws.each_page("logs", "DescribeLogGroups", "logGroups", limit=50) if page):
        if not number:  # a region without log groups is not asked for tags
            named.update(_all_tags(aws))
        yield from aws.readable(page, lambda item: _log_group(aws, item, named))


def _all_tags(aws: Aws) -> dict[str, dict[str, str]]:
    listing = aws.pages("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", ResourceTypeFilters=["logs:log-group"])
    return dict(aws.readable(listing, lambda item: (item["ResourceARN"].removesuffix(":*"), tags.from_list(item.get("Tags"))), []))


def _log_group(aws: Aws, item: Mapping[str, Any], named: Mapping[str, Mapping[str, str]]) -> LogGroup:
    name = item["logGroupName"]
    arn = item["arn"].removesuffix(":*")  # that end stands for the group's streams
    return LogGroup(
        arn=arn,
        id=name,
        account=aws.account,
        region=aws.region,
        name=name,
        tags=named.get(arn, {}),
        created=datetime.fromtimestamp(item["creationTime"] / 1000, UTC) if "creationTime" in item else None,
        stored_bytes=item.get("storedBytes", 0),
        retention_days=item.get("retentionInDays"),
        log_class=item.get("logGroupClass", "STANDARD"),
        deletion_protection=item.get("deletionProtectionEnabled", False),
    )


@check(
    id="logs-no-retention",
    title="CloudWatch log group keeps everything forever",
    over=log_groups,
    thresholds={
        "keep_days": Threshold(90, "a quarter of logs is enough to look into what went wrong", minimum=1, maximum=KEPT_DAYS[-1]),
        "min_stored_gb": Threshold(1, "a smaller group bills a few cents a month"),
    },
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    action=Action.RIGHTSIZE,
    effort=Level.VERY_LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command="aws logs put-retention-policy --region {region} --log-group-name {id} --retention-in-days {days}",
    undo="None for what it deletes: aws logs delete-retention-policy keeps what comes from then on.",
)
def no_retention(group: LogGroup, limits: Limits, prices: Prices) -> Verdict:
    """Without a retention, log events are kept and billed for ever. Ask how long they must be kept, for an audit too, and set that.

    AWS does not say how old the events are. Likely and high: as if as much had come in on every day since the group was created. Low:
    nothing, if all of it is younger, or within the 5 GB that an account stores for nothing.
    """
    age = group.age(limits)
    days = next(days for days in KEPT_DAYS if days >= limits.keep_days)
    if group.retention_days is not None or group.log_class == DELIVERY or group.gib <= limits.min_stored_gb or age <= days:
        return None
    share = (age - days) / age
    return Waste(
        savings=saves(group.stores(group.gib, prices).times(share, f"{share:.4g} older than {days} days"), low=NOTHING),
        evidence={
            "stored_gb": round(group.gib, 3),
            "age_days": round(age, 1),
            "keep_days": days,
            "older_share": round(share, 4),
            "log_class": group.log_class,
        },
        confidence=Confidence.LOW if group.for_audit else None,
        note=AUDIT_NOTE if group.for_audit else "",
        values={"days": str(days)},
    )


# CloudWatch Logs sends it with the events that come in, in uncompressed bytes: a group that gets none has no datapoint.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
INCOMING = Metric("AWS/Logs", "IncomingBytes", "Sum", lambda group: {"LogGroupName": group.id}, sparse=True)


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
        "min_stored_gb": Threshold(0.1, "less bills under half a cent a month, which no bill shows"),
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

    Its metric and subscription filters go with it. Low: what is left above the 5 GB that an account stores for nothing, at the rate of
    the coldest storage, in case the account has Intelligent-Tiering. Whether somebody still reads it, AWS does not say.
    """
    if group.usage[INCOMING].total > 0:
        return None
    notes = {
        SERVICE_NOTE: group.name.startswith("/aws/"),
        AUDIT_NOTE: group.for_audit,
        f"Somebody chose to keep it for {group.retention_days} days.": group.retention_days is not None,
    }
    doubts = [note for note, holds in notes.items() if holds]
    least = group.stores(max(0.0, group.gib - FREE_GIB), prices).times(COLDEST, f"{COLDEST:g} for the coldest storage")
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
