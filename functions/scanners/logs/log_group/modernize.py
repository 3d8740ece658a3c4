"""Log groups that take in much at the rate of the Standard class, and use none of what only that class has, as far as AWS tells.

The class of a group cannot be changed: the way is a new group, to which the writers are pointed. Only what comes in costs less there; what
is stored and scanned costs the same in both. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold, fact
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import HOURS_PER_MONTH, NOTHING, Amount, saves, unknown
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.scanners.logs.log_group.collector import AUDIT_NOTE, GIB, INCOMING, LogGroup, log_groups

REFERENCE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"
DOCUMENTED = fact(
    "what the Infrequent Access class lacks: metric and subscription filters, metrics in logs (EMF), Insights of containers and of Lambda,"
    " Live Tail, GetLogEvents and FilterLogEvents, anomaly detection, field indexes",
    REFERENCE,
    "2026-11-29",
)
DAYS_PER_MONTH = HOURS_PER_MONTH / 24
MAKES_METRICS = ("emf", "insights", "metric", "otel")
"""Words in a group's name by which its events may be metrics, which CloudWatch makes of them in the Standard class only."""
VENDED = "what Lambda sends bills as vended logs, by tiers for which no rate is known here"
UNSEEN = (
    "AWS does not tell whether it has metrics in its events (EMF), who reads it with Live Tail, GetLogEvents or FilterLogEvents, or whether"
    " it has anomaly detection or field indexes: the new class has none of these."
)


def _may_gain(group: LogGroup, limits: Limits) -> bool | InsufficientData:
    """Large enough, as old as the window, and nothing is seen that needs the Standard class."""
    named_so = any(word in group.name.lower() for word in MAKES_METRICS)
    if not group.may_change_class or named_so or group.age(limits) < limits.window_days:
        return False
    if group.of_service:
        return InsufficientData("an AWS service writes to it: what that bills, and whether it may be of another class, is not known here")
    if group.subscribed is None:
        return InsufficientData("whether its events are sent on is not known")
    return not group.subscribed


def _gain(group: LogGroup, gib: float, prices: Prices) -> Amount:
    """What so much that comes in within a month would bill less."""
    if group.of_lambda:
        return unknown(VENDED)
    standard, infrequent = (
        prices.monthly("AmazonCloudWatch", f"logs.ingest.{name}", round(gib, 3), "GB") for name in ("standard", "infrequent-access")
    )
    return standard - infrequent


@check(
    id="logs-infrequent-access-group",
    title="CloudWatch log group takes in much, and is of the Standard class",
    over=log_groups,
    thresholds={
        "window_days": Threshold(30, "a month sees what is written once a week or at its end", minimum=1),
        "min_daily_gb": Threshold(10, "for less, pointing every writer at another group is not worth it", seen="incoming_gb_a_day"),
    },
    metrics=[INCOMING],
    candidate=_may_gain,
    reference=REFERENCE,
    action=Action.REVIEW,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=(
        still("aws logs describe-subscription-filters --region {region} --log-group-name {id} --query 'length(subscriptionFilters)'", "0"),
        ("aws logs create-log-group --region {region} --log-group-name {id}-infrequent-access --log-group-class INFREQUENT_ACCESS"),
    ),
    undo="Point what writes at the old group again, and delete the new one.",
    afterwards="Give the new group the same retention, and point what writes to {id} at it; what is stored stays where it is.",
)
def infrequent_access(group: LogGroup, limits: Limits, prices: Prices) -> Verdict:
    """A group of the Infrequent Access class takes in the same for half. Ask who reads this one, and point its writers at a new one.

    The class cannot be changed, and lacks what dashboards, alarms and many tools need: this is a question. Low: nothing, in case an AWS
    service writes to it under a name of yours (flow logs, DNS queries), which bills by tiers, or what comes in is free.
    """
    daily = group.usage[INCOMING].total / GIB / limits.window_days
    if daily < limits.min_daily_gb:
        return None
    return Waste(
        savings=saves(_gain(group, daily * DAYS_PER_MONTH, prices), low=NOTHING),
        evidence={
            "incoming_gb_a_day": round(daily, 3),
            "window_days": limits.window_days,
            "stored_gb": round(group.gib, 3),
            "retention_days": group.retention_days,
            "metric_filters": group.metric_filters,
            "subscribed": group.subscribed,
        },
        note=" ".join(filter(None, (UNSEEN, AUDIT_NOTE if group.for_audit else ""))),
    )
