"""CloudWatch log groups, as DescribeLogGroups describes them: what they store, for how long, and who needs their class.

What a group stores bills by the month. `storedBytes` leaves out what a retention has marked for deletion, as the bill does. Whether it is
what is left after compression AWS does not document; Log10x measured 49.7 MB a day where 560.8 MB came in.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws
from functions.core.limits import Limits
from functions.core.model import Resource
from functions.core.money import Amount
from functions.core.prices.book import Prices
from functions.core.prices.places import RegionWide
from functions.core.registry import collector
from functions.core.usage import Metric
from functions.scanners.logs.bills import LOG_GROUP
from functions.scanners.logs.log_group.subscriptions import Subscriptions

GIB = 1024**3
STANDARD = "STANDARD"
DELIVERY = "DELIVERY"
"""A class of groups that AWS empties after a day or two, whatever is set."""
OF_SERVICES = ("/aws/", "aws/", "aws-waf-logs-", "API-Gateway-Execution-Logs_", "RDSOSMetrics")
"""How the names of groups begin that AWS services write to and, mostly, name themselves."""
OF_LAMBDA = "/aws/lambda/"
"""Of those, functions can be told to write to any other group."""
ASKED_FROM_GIB = 0.5
"""A smaller group is not asked who subscribes to it, which takes a call: 10 GB a day, of which a tenth stays, are more within one day."""
AUDIT = ("audit", "cloudtrail", "compliance", "controltower", "security")
"""Words in a group's name by which it may have to be kept."""
AUDIT_NOTE = "By its name it may have to be kept for an audit."


@dataclass(slots=True, kw_only=True)
class LogGroup(Resource):
    """`retention_days` is None when events are kept for ever. `log_class`: STANDARD, INFREQUENT_ACCESS or DELIVERY.

    `metric_filters`: how many make metrics of it. `subscribed`: whether its events are sent on; None where that was not asked, or refused.
    """

    stored_bytes: int
    retention_days: int | None
    log_class: str
    deletion_protection: bool
    metric_filters: int = 0
    subscribed: bool | None = None

    @property
    def gib(self) -> float:
        """What it stores, which bills: AWS's GB of storage are 2^30 bytes."""
        return self.stored_bytes / GIB

    @property
    def for_audit(self) -> bool:
        """Its name says so."""
        return any(word in self.name.lower() for word in AUDIT)

    @property
    def of_service(self) -> bool:
        """By its name an AWS service writes to it, and to no other: functions do to any."""
        return self.name.startswith(OF_SERVICES) and not self.of_lambda

    @property
    def of_lambda(self) -> bool:
        """By its name a function writes to it."""
        return self.name.startswith(OF_LAMBDA)

    @property
    def may_change_class(self) -> bool:
        """It is large enough to be asked about, and nothing that the listing says needs the Standard class."""
        return self.log_class == STANDARD and not self.metric_filters and self.gib >= ASKED_FROM_GIB

    def age(self, limits: Limits) -> float:
        """Days since it was created; 0 when AWS says that it will be."""
        return max(0.0, limits.days_since(self.created)) if self.created else 0.0

    def stores(self, gib: float, prices: Prices) -> Amount:
        """What so much of it bills, USD per month."""
        return prices.monthly("AmazonCloudWatch", "logs.storage", round(gib, 3), "GB")


# CloudWatch Logs sends it with the events that come in, in uncompressed bytes: a group that gets none has no datapoint.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
INCOMING = Metric("AWS/Logs", "IncomingBytes", "Sum", lambda group: {"LogGroupName": group.id}, sparse=True)


@collector(
    "logs:log-group",
    arns=["logs:*:*:log-group:*"],
    iam=["logs:DescribeLogGroups", "tag:GetResources", "logs:DescribeAccountPolicies", "logs:DescribeSubscriptionFilters"],
    resumes="logs:DescribeLogGroups",
    placed_by=RegionWide("CloudWatch Logs stores in the region, wherever it comes from"),
    bills=[LOG_GROUP],
    each={"logs:DescribeSubscriptionFilters": "one for each large log group that may be worth another class"},
)
def log_groups(aws: Aws) -> Iterator[LogGroup]:
    """Every log group, with its tags: the listing has none, and a call for each group would be too many.

    Who subscribes to a group takes a call for each that may change its class and is of no AWS service; where only that is refused, it goes
    on without and notes that in `aws.refused`.
    """
    named: dict[str, dict[str, str]] = {}
    subscriptions = Subscriptions(aws)

    def made(item: Mapping[str, Any]) -> LogGroup:
        group = _log_group(aws, item, named)
        if group.may_change_class and not group.of_service:
            group.subscribed = subscriptions.to(group.id)
        return group

    for number, page in enumerate(page for page in aws.each_page("logs", "DescribeLogGroups", "logGroups", limit=50) if page):
        if not number:  # a region without log groups is not asked for tags
            named.update(_all_tags(aws))
        yield from aws.readable(page, made)


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
        log_class=item.get("logGroupClass", STANDARD),
        deletion_protection=item.get("deletionProtectionEnabled", False),
        metric_filters=item.get("metricFilterCount", 0),
    )
