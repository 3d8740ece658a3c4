"""Log groups that keep everything for ever."""

from __future__ import annotations

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, Level, Waste
from functions.core.money import NOTHING, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.logs.log_group.collector import AUDIT_NOTE, DELIVERY, LogGroup, log_groups

KEPT_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The retentions that there are. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
DOCUMENTED = fact(
    "which retentions CloudWatch Logs takes, from 1 to 3,653 days",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    "2026-11-28",
)


@check(
    id="logs-no-retention",
    title="CloudWatch log group keeps everything forever",
    over=log_groups,
    thresholds={
        "keep_days": Threshold(90, "a quarter of logs is enough to look into what went wrong", minimum=1, maximum=KEPT_DAYS[-1]),
        "min_stored_gb": Threshold(1, "a smaller group bills a few cents a month", seen="stored_gb"),
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
