"""Log groups: which are kept for ever, which receive nothing any more, what that bills, and what is read of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.core.model import Action, Confidence, Outcome, Unit, Waste
from functions.core.prices.book import Prices
from functions.core.prices.products import billed, offers
from functions.core.registry import Check, Verdict
from functions.core.scan import unit as scanning
from functions.core.scan.judge import Judge
from functions.core.usage import DAY_SECONDS, Series, Usage
from functions.scanners.logs.log_group import FREE_GIB, GIB, INCOMING, KEPT_DAYS, LogGroup, log_groups, no_retention, stale
from tests.functions.core.check_samples import asks
from tests.functions.paged import ACCOUNT, REGION
from tests.functions.scanners.logs import log_group_seed
from tests.recorded import reply

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RATE = 0.03
"""Dollars a GB-month in us-east-1; https://aws.amazon.com/cloudwatch/pricing/"""
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
CHECKS: tuple[Check[Any], ...] = (no_retention, stale)

PLAIN = LogGroup(
    arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:web",
    id="web",
    account=ACCOUNT,
    region=REGION,
    name="web",
    created=NOW - timedelta(days=360),
    stored_bytes=100 * GIB,
    retention_days=None,
    log_class="STANDARD",
    deletion_protection=False,
)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), NOW)


def group(gib: float = 100, age: float = 360, incoming: Mapping[int, float] | None = None, **changes: Any) -> LogGroup:
    """`incoming`: bytes by how many days ago they came in, on those of the last 30 days that had any."""
    days = sorted(incoming or {}, reverse=True)
    series = Series([(incoming or {})[day] for day in days], [NOW - timedelta(days=day) for day in days], 30, DAY_SECONDS)
    made = {"stored_bytes": int(gib * GIB), "created": NOW - timedelta(days=age), "usage": Usage({INCOMING: series})}
    return replace(PLAIN, **{**made, **changes})


def judged(check: Check[Any], one: LogGroup, overrides: Mapping[str, float] | None = None, region: str = REGION) -> Verdict:
    return check(one, check.limits(NOW, overrides), Prices(region))


def waste(check: Check[Any], one: LogGroup, overrides: Mapping[str, float] | None = None) -> Waste:
    verdict = judged(check, one, overrides)
    assert isinstance(verdict, Waste), verdict
    return verdict


def candidate(one: LogGroup, overrides: Mapping[str, float] | None = None) -> bool | None:
    return asks(stale, one, stale.limits(NOW, overrides))


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, True),
        ({"retention_days": 1}, False),
        ({"retention_days": 3653}, False),
        ({"log_class": "INFREQUENT_ACCESS"}, True),
        ({"log_class": "DELIVERY"}, False),
        ({"stored_bytes": GIB}, False),
        ({"stored_bytes": GIB + 1}, True),
        ({"stored_bytes": 0}, False),
        ({"age": 90}, False),
        ({"age": 90.01}, True),
        ({"age": 0}, False),
        ({"created": None}, False),
        ({"created": datetime(2174, 2, 15, tzinfo=UTC)}, False),
        ({"deletion_protection": True}, True),
    ],
)
def test_what_is_kept_for_ever_is_large_and_has_had_the_time_to_grow_old(changes: Mapping[str, Any], flagged: bool) -> None:
    assert isinstance(judged(no_retention, group(**changes)), Waste) == flagged


@pytest.mark.parametrize(("age", "share"), [(91, 1 / 91), (180, 0.5), (360, 0.75), (3600, 0.975)])
def test_the_saving_is_at_most_what_is_older_under_even_growth(age: float, share: float) -> None:
    found = waste(no_retention, group(age=age))
    assert found.savings.low == 0
    assert found.savings.likely == found.savings.high == pytest.approx(100 * share * RATE, abs=1e-4)
    assert found.evidence["older_share"] == pytest.approx(share, abs=1e-4)
    assert found.savings.unpriced is None
    assert found.savings.formula == f"100 GB × $0.03 logs.storage × {share:.4g} older than 90 days"


@pytest.mark.parametrize(("asked", "kept"), [(1, 1), (2, 3), (30, 30), (91, 120), (3653, 3653)])
def test_the_command_sets_a_retention_that_there_is(asked: float, kept: int) -> None:
    found = waste(no_retention, group(age=8000), {"logs-no-retention.keep_days": asked})
    assert found.values == {"days": str(kept)}
    assert found.evidence["keep_days"] == kept
    assert no_retention.thresholds["keep_days"].maximum == max(KEPT_DAYS)


def test_the_retentions_are_those_that_botocore_documents() -> None:
    shape = boto3.Session().client("logs", region_name=REGION).meta.service_model.shape_for("Days")
    assert tuple(map(int, re.findall(r"\d+", shape.documentation))) == KEPT_DAYS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize(
    "name", ["/org/CloudTrail/all", "aws-controltower/x", "Audit-log", "web-security", "compliance", "/aws/lambda/web", "web"]
)
def test_a_name_that_speaks_for_keeping_lowers_the_confidence_and_is_said(check: Check[Any], name: str) -> None:
    found = waste(check, group(name=name, id=name))
    ours = name == "web" or (name.startswith("/aws/") and check is no_retention)
    assert found.confidence == (None if ours else Confidence.LOW)
    assert ("audit" in found.note) == (name not in ("web", "/aws/lambda/web"))
    assert ("its writer may still exist" in found.note) == (check is stale and name.startswith("/aws/"))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"stored_bytes": 0}, False),
        ({"gib": 0.099}, False),
        ({"gib": 0.101}, True),
        ({"age": 29.99}, False),
        ({"age": 30}, True),
        ({"created": None}, False),
        ({"created": datetime(2174, 2, 15, tzinfo=UTC)}, False),
        ({"retention_days": 14}, False),
        ({"retention_days": 365}, False),
        ({"retention_days": 400}, True),
        ({"log_class": "INFREQUENT_ACCESS"}, True),
        ({"log_class": "DELIVERY"}, False),
        ({"deletion_protection": True}, True),
    ],
)
def test_only_what_stores_something_since_before_the_window_and_stays_is_asked_about(changes: Mapping[str, Any], asked: bool) -> None:
    assert candidate(group(**changes)) == asked


@pytest.mark.parametrize(
    ("incoming", "flagged"), [({}, True), ({30: 0.0, 1: 0.0}, True), ({30: 1.0}, False), ({1: 1.0}, False), ({1: 1e12}, False)]
)
def test_a_group_without_a_byte_in_30_days_is_stale(incoming: Mapping[int, float], flagged: bool) -> None:
    assert isinstance(judged(stale, group(incoming=incoming)), Waste) == flagged


@pytest.mark.parametrize("day", [1, 15, 30])
def test_more_bytes_never_make_a_group_more_stale(day: int) -> None:
    before: set[bool] = {True}
    for count in (0.0, 1e-9, 1.0, 1e6, 1e15):
        found = isinstance(judged(stale, group(incoming={day: count})), Waste)
        assert not found or True in before
        before = {found}
    assert before == {False}


@pytest.mark.parametrize("gib", [0.2, FREE_GIB, FREE_GIB + 1, 500, 50_000])
def test_deleting_saves_what_is_stored_less_what_may_be_free_and_tiered(gib: float) -> None:
    found = waste(stale, group(gib)).savings
    assert found.likely == found.high == pytest.approx(gib * RATE, rel=1e-3)
    assert found.low == pytest.approx(max(0, gib - FREE_GIB) * RATE * 0.2, rel=1e-3)
    assert [(price.key, price.unit) for price in found.prices] == [("logs.storage", "GB-month")]


def test_what_is_to_be_known_before_deleting_is_said() -> None:
    assert waste(stale, group()).note == ""
    assert waste(stale, group(deletion_protection=True)).note.startswith("Deletion protection is on")
    assert waste(stale, group(deletion_protection=True)).evidence["deletion_protection"] is True
    kept = waste(stale, group(retention_days=3653))
    assert (kept.confidence, kept.note) == (Confidence.LOW, "Somebody chose to keep it for 3653 days.")


def judge(*checks: Check[Any]) -> Judge:
    return Judge([(check, check.limits(NOW)) for check in checks or CHECKS], Prices(REGION))


def test_deleting_it_and_setting_a_retention_count_once() -> None:
    findings = judge().findings(group())
    assert [(one.check_id, one.action, one.headline) for one in findings] == [
        ("logs-stale-group", Action.DELETE, True),
        ("logs-no-retention", Action.RIGHTSIZE, False),
    ]
    assert findings[1].counted_by == findings[0].finding_id
    assert sum(one.savings.likely for one in findings if one.headline) == pytest.approx(100 * RATE)


def test_a_group_that_receives_logs_is_only_told_to_forget() -> None:
    (finding,) = judge().findings(group(incoming={3: 1e9}))
    assert finding.command.endswith(f" &&\naws logs put-retention-policy --region {REGION} --log-group-name web --retention-in-days 90")


def test_nothing_is_deleted_by_the_command_before_it_is_exported_and_unprotected() -> None:
    (finding,) = judge(stale).findings(group(deletion_protection=True, name="a#b", id="a#b"))
    _, export, *_, done, unprotect, delete = finding.command.split(" &&\n")
    assert f"create-export-task --region {REGION} --log-group-name 'a#b' --from 0 --to 1780272000000 --destination BUCKET" in export
    assert done.endswith("| grep -x COMPLETED")
    assert unprotect.endswith("--log-group-identifier 'a#b' --no-deletion-protection-enabled")
    assert delete == f"aws logs delete-log-group --region {REGION} --log-group-name 'a#b'"
    (finding,) = judge(stale).findings(group())
    assert "deletion-protection" not in finding.command


def test_titles_are_statements_that_fit_a_line() -> None:
    assert [check.title for check in CHECKS if check.title.endswith("?") or len(check.title) > 70] == []


def test_a_region_without_a_price_of_its_own_takes_us_east_1s_and_says_so() -> None:
    verdict = judged(stale, group(), region="mars-north-1")
    assert isinstance(verdict, Waste)
    assert [price.fallback_for for price in verdict.savings.prices] == ["mars-north-1"]


def test_the_usage_type_alone_is_never_taken_for_ours() -> None:
    (listing,) = offers()["AmazonCloudWatch"]
    attributes = {"servicecode": "AmazonCloudWatch", "usagetype": "EUW2-TimedStorage-ByteHrs"}
    rate = listing.rate(attributes)
    assert rate is not None
    assert (rate.key, rate.unit) == ("logs.storage", "GB-month")
    assert listing.rate({**attributes, "usagetype": "TimedStorage-ByteHrs"}) == rate
    assert listing.rate({**attributes, "usagetype": "USE1-TimedStorage-ByteHrs"}) == rate
    assert listing.rate({**attributes, "servicecode": "AmazonS3"}) is None
    assert listing.rate({**attributes, "usagetype": "EUW2-DataProcessing-Bytes"}) is None
    assert "TimedStorage-ByteHrs" not in billed(), "S3 and others bill by it, too"


@mock_aws
def test_against_moto_a_scan_makes_exactly_the_calls_that_it_declares() -> None:
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
    assert here.meter.calls == {"logs:DescribeLogGroups": 1, "resourcegroupstaggingapi:GetResources": 1, "cloudwatch:GetMetricData": 1}
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
    assert not any(candidate(one) for one in found)
