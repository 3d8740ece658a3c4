"""Buckets as they are listed: each once, in its own region, with what it tells and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.core.model import Finding, Outcome, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.services import services
from functions.scanners.s3.bucket.collector import PAGE, Bucket, buckets
from functions.scanners.s3.bucket.refusals import LIFECYCLE, TAGS, UPLOADS, VERSIONING
from tests.functions.paged import ACCOUNT, REGION, THEN, Answer, Answers, nothing
from tests.functions.scanners.s3 import bucket_seed
from tests.recorded import reply

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Given = dict[str, Any]
services()
SESSION = boto3.Session("testing", "testing", region_name=REGION)


def aws(region: str = REGION) -> Aws:
    return Aws(ACCOUNT, region, SESSION, NOW)


def error(code: str, status: int, message: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "GetBucketVersioning",
    )


def raises(failure: Exception) -> Callable[[Mapping[str, Any]], Answer]:
    def answer(parameters: Mapping[str, Any]) -> Answer:
        raise failure

    return answer


def of(bucket: str, then: Callable[[Mapping[str, Any]], Answer], otherwise: Callable[[Mapping[str, Any]], Answer]) -> Any:
    """One bucket answers so, and the others otherwise."""
    return lambda parameters: (then if parameters["Bucket"] == bucket else otherwise)(parameters)


PLAIN: Given = {
    "s3:ListBuckets": nothing(Buckets=[bucket_seed.bucket(number) for number in range(3)]),
    "s3:GetBucketVersioning": nothing(),
    "s3:GetBucketLifecycleConfiguration": raises(error("NoSuchLifecycleConfiguration", 404)),
    "s3:GetBucketTagging": raises(error("NoSuchTagSet", 404)),
    "s3:ListMultipartUploads": nothing(IsTruncated=False),
    "s3:ListParts": nothing(IsTruncated=False),
}


def collected(given: Given | None = None, here: Aws | None = None, asked: Counter[str] | None = None) -> tuple[list[Bucket], Aws]:
    """`asked`: how often each operation was, to be counted."""
    here, asks = here or aws(), Counter[str]() if asked is None else asked
    with Answers({**PLAIN, **(given or {})}, lambda operation: asks.update([operation])).everywhere():
        return list(buckets(here)), here


def scanned(given: Given | None = None, here: Aws | None = None) -> tuple[UnitOutcome, list[Finding]]:
    found: list[Finding] = []
    here = here or aws()
    unit = Unit(unit_id="u", account=ACCOUNT, region=here.region, resource_type="s3:bucket", function="none")
    with Answers({**PLAIN, **(given or {})}).everywhere():
        return scanning.scan(unit, here, Prices(here.region), found.append), found


# --- which bucket is whose ----------------------------------------------------------------------------------------------------------

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
ALL = [{"Name": f"b{number}", "CreationDate": THEN, "BucketRegion": REGIONS[number % 3]} for number in range(10)]


def listing(parameters: Mapping[str, Any], *, heeds: bool) -> Answer:
    """Three buckets a page, as AWS lists an account's buckets; an endpoint that `heeds` the region has only that one's."""
    assert parameters["MaxBuckets"] == PAGE
    mine = [one for one in ALL if not heeds or one["BucketRegion"] == parameters["BucketRegion"]]
    start = int(parameters.get("ContinuationToken", "0"))
    return {"Buckets": mine[start : start + 3], **({"ContinuationToken": str(start + 3)} if start + 3 < len(mine) else {})}


@pytest.mark.parametrize("heeds", [True, False], ids=["an endpoint that lists a region", "one that lists all"])
def test_the_units_of_all_regions_see_each_bucket_once(heeds: bool) -> None:
    seen = []
    for region in REGIONS:
        found, here = collected({"s3:ListBuckets": lambda parameters: listing(parameters, heeds=heeds)}, aws(region))
        assert {one.region for one in found} == {region}
        assert here.unreadable.items == 0
        seen += [one.id for one in found]
    assert sorted(seen) == [one["Name"] for one in ALL]


def test_a_bucket_whose_region_is_not_said_is_not_judged() -> None:
    """Recorded when S3 did not say it yet; now it does to whoever asks for pages."""
    found, here = collected({"s3:ListBuckets": nothing(**reply("test_s3_lifecycle", "s3.ListBuckets_1"))})
    assert (found, here.unreadable.items, "BucketRegion" in here.unreadable.reason) == ([], 1, True)


@pytest.mark.parametrize(("region", "arn"), [("us-east-1", "arn:aws:s3:::b0"), ("cn-north-1", "arn:aws-cn:s3:::b0")])
def test_its_arn_names_the_partition_and_nothing_else(region: str, arn: str) -> None:
    found, _ = collected({"s3:ListBuckets": nothing(Buckets=[{**bucket_seed.bucket(0), "BucketRegion": region}])}, aws(region))
    assert [one.arn for one in found] == [arn]


# --- what it tells ------------------------------------------------------------------------------------------------------------------


def test_a_bucket_without_anything_has_answered_everything() -> None:
    asked = Counter[str]()
    found, here = collected(asked=asked)
    assert [one.id for one in found] == ["b0", "b1", "b2"]
    for one in found:
        assert (one.rules, one.rule_count, one.versioning, one.mfa_delete, one.tags, one.uploads.old) == ((), 0, "", False, {}, ())
        assert (one.created, one.name, one.refused) == (THEN, one.id, {})
    assert here.refused is None
    assert asked == {
        "s3:ListBuckets": 1,
        "s3:GetBucketVersioning": 3,
        "s3:GetBucketLifecycleConfiguration": 3,
        "s3:GetBucketTagging": 3,
        "s3:ListMultipartUploads": 3,
    }


def test_recorded_versioning_and_rules() -> None:
    (one, *_), _ = collected(
        {
            "s3:GetBucketVersioning": nothing(**reply("test_s3_delete_versioned_bucket", "s3.GetBucketVersioning_3")),
            "s3:GetBucketLifecycleConfiguration": nothing(**reply("test_s3_lifecycle", "s3.GetBucketLifecycleConfiguration_2")),
        }
    )
    assert (one.versioning, one.rule_count) == ("Enabled", 1)
    never = reply("test_s3_delete_versioned_bucket", "s3.GetBucketVersioning_1")
    (one, *_), _ = collected({"s3:GetBucketVersioning": nothing(**never)})
    assert one.versioning == "", "one that never was versioned has no status"


def test_a_recorded_bucket_without_rules_answers_with_an_error_that_is_none() -> None:
    said = reply("test_s3_lifecycle", "s3.GetBucketLifecycleConfiguration_1")["Error"]
    given = {"s3:GetBucketLifecycleConfiguration": raises(error(said["Code"], 404, said["Message"]))}
    found, here = collected(given)
    assert [(one.rules, one.refused) for one in found] == [((), {})] * 3
    assert here.refused is None


def test_a_disabled_rule_is_counted_and_does_nothing() -> None:
    rule = {**bucket_seed.RULE, "Status": "Disabled"}
    (one, *_), _ = collected({"s3:GetBucketLifecycleConfiguration": nothing(Rules=[rule])})
    assert (one.rules, one.rule_count) == ((), 1)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, False),
        ({"Status": "Disabled"}, True),
        ({"Filter": {"Prefix": "a"}}, True),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 8}}, True),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}, False),
    ],
)
def test_uploads_are_not_looked_for_where_a_rule_aborts_all_of_them_within_a_week(changes: dict[str, Any], asked: bool) -> None:
    rule = {"Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, **changes}
    requests = Counter[str]()
    collected({"s3:GetBucketLifecycleConfiguration": nothing(Rules=[rule])}, asked=requests)
    assert ("s3:ListMultipartUploads" in requests) is asked


def test_mfa_delete_is_seen() -> None:
    (one, *_), _ = collected({"s3:GetBucketVersioning": nothing(Status="Suspended", MFADelete="Enabled")})
    assert (one.versioning, one.mfa_delete) == ("Suspended", True)


def test_a_bucket_that_was_deleted_meanwhile_is_none() -> None:
    gone = of("b1", raises(error("NoSuchBucket", 404)), nothing())
    found, here = collected({"s3:GetBucketVersioning": gone})
    assert [one.id for one in found] == ["b0", "b2"]
    assert (here.unreadable.items, here.refused) == (0, None)


# --- what it refuses ----------------------------------------------------------------------------------------------------------------

ACTIONS = {
    "s3:GetBucketVersioning": VERSIONING,
    "s3:GetBucketLifecycleConfiguration": LIFECYCLE,
    "s3:GetBucketTagging": TAGS,
    "s3:ListMultipartUploads": UPLOADS,
}
OWN_POLICY = "User: r is not authorized to perform: s3:X on resource: b1 with an explicit deny in a resource-based policy"


@pytest.mark.parametrize("message", ["Access Denied", OWN_POLICY])
@pytest.mark.parametrize(("operation", "action"), ACTIONS.items())
def test_one_buckets_refusal_costs_that_bucket(operation: str, action: str, message: str) -> None:
    found, here = collected({operation: of("b1", raises(error("AccessDenied", 403, message)), PLAIN[operation])})
    assert [(one.id, set(one.refused)) for one in found] == [("b0", set()), ("b1", {action}), ("b2", set())]
    assert here.refused is None, "the others have answered"


@pytest.mark.parametrize(("message", "outcome"), [("Access Denied", Outcome.DENIED), (OWN_POLICY, Outcome.OK)])
@pytest.mark.parametrize(("operation", "action"), ACTIONS.items())
def test_what_all_refuse_denies_the_unit_unless_their_own_policies_do(operation: str, action: str, message: str, outcome: Outcome) -> None:
    given = {
        operation: raises(error("AccessDenied", 403, message)),
        "s3:ListBuckets": nothing(Buckets=[{**bucket_seed.bucket(0), "CreationDate": NOW}]),
    }
    seen, found = scanned(given)
    assert (seen.outcome, seen.resources, found) == (outcome, 1, [])
    assert (action in seen.reason) is (outcome is Outcome.DENIED)
    unjudged = {check.id for check in registry.checks() if check.id in seen.insufficient}
    assert (
        unjudged
        == {
            VERSIONING: {"s3-no-lifecycle-bucket", "s3-noncurrent-versions-bucket"},
            LIFECYCLE: {"s3-no-lifecycle-bucket", "s3-noncurrent-versions-bucket", "s3-incomplete-uploads-bucket"},
            TAGS: {check.id for check in registry.checks() if check.over is buckets},
            UPLOADS: {"s3-incomplete-uploads-bucket"},
        }[action]
    )


def test_a_listing_that_is_refused_denies_the_unit() -> None:
    seen, _ = scanned({"s3:ListBuckets": raises(error("AccessDenied", 403))})
    assert (seen.outcome, seen.reason) == (Outcome.DENIED, "s3:ListAllMyBuckets: AccessDenied: no")


def test_a_sweep_that_was_to_be_free_asks_nothing_and_says_so() -> None:
    here, asked = aws(), Counter[str]()
    here.unpaid = "not asked, because this sweep was to be free"
    with pytest.raises(Denied, match="s3:ListAllMyBuckets: not asked, because this sweep was to be free"):
        collected(here=here, asked=asked)
    assert not asked
    assert scanned(here=here)[0].outcome is Outcome.DENIED


# --- against moto -------------------------------------------------------------------------------------------------------------------


@mock_aws
def test_against_moto_what_a_bucket_has_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    here = aws()
    bucket_seed.seed(here.session)
    client = here.session.client("s3")
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 9}}
    client.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": [rule]})
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Suspended"})
    listed = client.list_buckets()["Buckets"]
    monkeypatch.setattr(Aws, "each_page", each_page := with_region(Aws.each_page, listed))
    assert each_page
    (one,) = buckets(here)
    assert (one.id, one.tags, one.versioning, one.rule_count) == ("bucket", {"team": "web"}, "Suspended", 1)
    (upload,) = one.uploads.old
    assert (upload.storage_class, upload.whole) == ("STANDARD", True)
    assert upload.gib * 1024**3 == len(b"part")
    assert {iam_action(*call.split(":")) for call in here.meter.calls} <= set(buckets.iam)


def with_region(original: Any, listed: list[dict[str, Any]]) -> Any:
    """moto lists buckets without their region; all else it is asked."""

    def each_page(here: Aws, service: str, operation: str, key: str, **parameters: Any) -> Any:
        if operation == "ListBuckets":
            return iter([[{**one, "BucketRegion": REGION} for one in listed]])
        return original(here, service, operation, key, **parameters)

    return each_page


def test_age_is_never_negative() -> None:
    (one, *_), _ = collected({"s3:ListBuckets": nothing(Buckets=[{**bucket_seed.bucket(0), "CreationDate": NOW + timedelta(days=9)}])})
    check = next(check for check in registry.checks() if check.over is buckets)
    assert one.age(check.limits(NOW)) == 0
