"""What is read of log groups: against moto, recorded replies, and answers that we inject; and what the bill calls their prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.logs.responses import LogsResponse

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.core.model import Outcome, Unit
from functions.core.prices.book import Prices
from functions.core.prices.products import billed, metered, offers
from functions.core.scan import unit as scanning
from functions.scanners.logs.log_group.collector import ASKED_FROM_GIB, GIB, LogGroup, log_groups
from functions.scanners.logs.log_group.modernize import infrequent_access
from functions.scanners.logs.log_group.rightsize import no_retention
from functions.scanners.logs.log_group.unused import stale
from tests.functions.paged import ACCOUNT, REGION, Answers, Given, nothing
from tests.functions.scanners.logs import log_group_seed
from tests.functions.scanners.logs.samples import NOW, aws, candidate, group, judged
from tests.recorded import reply

CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")


def test_the_usage_type_alone_is_never_taken_for_ours() -> None:
    listing, ingestion = offers()["AmazonCloudWatch"]
    attributes = {"servicecode": "AmazonCloudWatch", "usagetype": "EUW2-TimedStorage-ByteHrs"}
    rate = listing.rate(attributes)
    assert rate is not None
    assert (rate.key, rate.unit) == ("logs.storage", "GB-month")
    assert listing.rate({**attributes, "usagetype": "TimedStorage-ByteHrs"}) == rate
    assert listing.rate({**attributes, "usagetype": "USE1-TimedStorage-ByteHrs"}) == rate
    assert listing.rate({**attributes, "servicecode": "AmazonS3"}) is None
    assert listing.rate({**attributes, "usagetype": "EUW2-DataProcessing-Bytes"}) is None
    assert not {"TimedStorage-ByteHrs", "DataProcessing-Bytes"} & set(billed()), "S3, ELB and others bill by them, too"
    came_in = {**attributes, "usagetype": "EUW2-DataProcessing-Bytes"}
    assert [rate.key for rate in (ingestion.rate(came_in),) if rate] == ["logs.ingest.standard"]
    assert ingestion.rate({**came_in, "servicecode": "AWSELB"}) is None
    assert ingestion.rate({**came_in, "usagetype": "EUW2-VendedLog-Bytes"}) is None


def test_the_bill_counts_what_comes_in_by_the_class_of_the_group() -> None:
    known = [metered("AmazonCloudWatch", f"logs.ingest.{name}") for name in ("standard", "infrequent-access")]
    assert [(one.usage_type, one.per_unit) for one in known if one] == [("DataProcessing-Bytes", 1.0), ("DataProcessingIA-Bytes", 1.0)]


@mock_aws
def test_against_moto_a_scan_makes_exactly_the_calls_that_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LogsResponse, "describe_account_policies", lambda _: '{"accountPolicies": []}', raising=False)
    here = aws()
    log_group_seed.seed(here.session)
    client = here.session.client("logs", region_name=REGION)
    client.create_log_group(logGroupName="short")
    client.put_retention_policy(logGroupName="short", retentionInDays=7)
    here.as_of = datetime.now(UTC) + timedelta(days=180)
    found: list[Any] = []
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="logs:log-group", function="none")
    outcome = scanning.scan(unit, here, Prices(REGION), found.append)
    assert (outcome.outcome, outcome.resources, outcome.metrics) == (Outcome.OK, 2, 1)
    about_one = {"logs:DescribeAccountPolicies": 1, "logs:DescribeSubscriptionFilters": 1, "cloudwatch:GetMetricData": 1}
    assert here.meter.calls == {"logs:DescribeLogGroups": 1, "resourcegroupstaggingapi:GetResources": 1, **about_one}
    assert {iam_action(*call.split(":")) for call in here.meter.calls} - {"cloudwatch:GetMetricData"} == set(log_groups.iam)
    assert {(one.check_id, one.resource_id) for one in found} == {("logs-stale-group", "group"), ("logs-no-retention", "group")}
    groups = {one.id: one for one in log_groups(here)}
    assert groups["group"].arn == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:group"
    assert (groups["short"].retention_days, groups["short"].stored_bytes, groups["group"].stored_bytes) == (7, 0, 2 * GIB)


@mock_aws
def test_a_region_without_log_groups_takes_one_call() -> None:
    here = aws()
    assert list(log_groups(here)) == []
    assert here.meter.calls == {"logs:DescribeLogGroups": 1}


def listed(here: Aws, *answers: Mapping[str, Any], tagged: Mapping[str, Any] | None = None) -> list[LogGroup]:
    """What the collector makes of the pages of the listing, and of the one page of tags."""
    with Stubber(here.client("logs")) as logs, Stubber(here.client("resourcegroupstaggingapi")) as tagging:
        token: dict[str, str] = {}
        for answer in answers:
            logs.add_response("describe_log_groups", dict(answer), {"limit": 50, **token})
            token = {"nextToken": answer.get("nextToken", "")}
        tagging.add_response("get_resources", dict(tagged or {}), {"ResourceTypeFilters": ["logs:log-group"]})
        found = list(log_groups(here))
        logs.assert_no_pending_responses()
        tagging.assert_no_pending_responses()
    return found


def test_every_page_is_read_and_tags_find_their_group() -> None:
    here = aws()
    made = [
        {**log_group_seed.group(number), "deletionProtectionEnabled": number == 1, "logGroupClass": CLASSES[number]} for number in range(3)
    ]
    arn = made[2]["arn"].removesuffix(":*")
    tagged = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": [{"Key": "team", "Value": "web"}]}]}
    found = listed(here, {"logGroups": made[:2], "nextToken": "2"}, {"logGroups": made[2:]}, tagged=tagged)
    assert [(one.id, one.arn, dict(one.tags), one.deletion_protection) for one in found] == [
        ("g0", made[0]["arn"].removesuffix(":*"), {}, False),
        ("g1", made[1]["arn"].removesuffix(":*"), {}, True),
        ("g2", arn, {"team": "web"}, False),
    ]
    assert tuple(one.log_class for one in found) == CLASSES


def test_refused_tags_name_the_permission() -> None:
    here = aws()
    with Stubber(here.client("logs")) as logs, Stubber(here.client("resourcegroupstaggingapi")) as tagging:
        logs.add_response("describe_log_groups", {"logGroups": [log_group_seed.group(1)]}, {"limit": 50})
        tagging.add_client_error("get_resources", "AccessDeniedException", http_status_code=400)
        with pytest.raises(Denied, match="tag:GetResources"):
            list(log_groups(here))


@pytest.mark.parametrize(
    ("case", "retentions", "stored", "year"),
    [
        ("test_log_group_rename_tag", [14, 14, 90, None, None, None, None], [0] * 7, {2021, 2023}),
        ("test_log_group_metric", [None, None], [857324, 0], {2174}),  # masked before it was published: a group of the future
        ("test_log_group_subscription_filter", [None], [1389598], {2017}),
    ],
)
def test_recorded_replies_are_read_and_nothing_is_waste(case: str, retentions: list[int | None], stored: list[int], year: set[int]) -> None:
    here = aws("us-west-2")
    answer = reply(case, "logs.DescribeLogGroups_1")
    found = listed(here, answer)
    assert [one.retention_days for one in found] == retentions
    assert [one.stored_bytes for one in found] == stored
    assert {one.created.year for one in found if one.created} == year
    assert [one.arn + ":*" for one in found] == [item["arn"] for item in answer["logGroups"]]
    assert all(one.age(stale.limits(NOW)) >= 0 for one in found)
    assert [judged(no_retention, one) for one in found] == [None] * len(found)
    assert not any(candidate(check, one) for one in found for check in (stale, infrequent_access))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"storedBytes": int(ASKED_FROM_GIB * GIB) - 1}, False),
        ({"storedBytes": int(ASKED_FROM_GIB * GIB)}, True),
        ({"logGroupClass": "INFREQUENT_ACCESS"}, False),
        ({"logGroupClass": "DELIVERY"}, False),
        ({"metricFilterCount": 1}, False),
        ({"logGroupName": "/aws/codebuild/custodian"}, False),
        ({"logGroupName": "aws-waf-logs-web"}, False),
        ({"logGroupName": "API-Gateway-Execution-Logs_a/prod"}, False),
        ({"logGroupName": "/aws/lambda/web"}, True),
        ({"logGroupName": "/ecs/web"}, True),
    ],
)
def test_only_of_what_may_change_its_class_is_asked_who_subscribes(changes: Mapping[str, Any], asked: bool) -> None:
    here = aws()
    made = {**log_group_seed.group(1), "storedBytes": GIB, **changes}
    filters = reply("test_log_group_subscription_filter", "logs.DescribeSubscriptionFilters_1")["subscriptionFilters"]
    answers: dict[str, Given] = {
        "logs:DescribeLogGroups": nothing(logGroups=[made]),
        "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
        "logs:DescribeAccountPolicies": nothing(accountPolicies=[]),
        "logs:DescribeSubscriptionFilters": nothing(subscriptionFilters=filters),
    }
    with Answers(answers).everywhere():
        (one,) = log_groups(here)
    assert one.subscribed is (True if asked else None)


def test_what_the_name_of_a_group_tells_of_its_writer() -> None:
    names = {
        "web": (False, False),
        "/aws/lambda/web": (False, True),
        "/aws/rds/instance/db/error": (True, False),
        "aws/spans": (True, False),
    }
    assert {name: (group(name=name).of_service, group(name=name).of_lambda) for name in names} == names
