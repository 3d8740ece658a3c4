"""Buckets as the checks see them: their lifecycle rules, whether they keep old versions, and the uploads that nobody completed.

ListBuckets lists an account's buckets wherever they are. Each region's unit asks for its own ones, so that no bucket is seen twice.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws, unless_gone
from functions.core.errors import Denied
from functions.core.limits import Limits, fact
from functions.core.model import InsufficientData, Resource
from functions.core.prices.places import RegionWide
from functions.core.registry import collector
from functions.scanners.s3.bills import BUCKET, PART, UPLOAD
from functions.scanners.s3.bucket.lifecycle import Rule, enabled
from functions.scanners.s3.bucket.refusals import LIFECYCLE, LIST_PARTS, TAGS, UPLOADS, VERSIONING, Refusals
from functions.scanners.s3.bucket.uploads import MOST_PAGES, MOST_PARTS, Uploads, incomplete

LIST = "s3:ListAllMyBuckets"
PAGE = 100
"""Buckets on a page: a scan that ran out of time goes on from one, and each bucket takes some requests of its own."""
ABORT_DAYS = 7
CLEANED = fact(
    "a rule that aborts all incomplete uploads within 7 days is what Trusted Advisor asks for",
    "https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    "2026-11-28",
)


@dataclass(slots=True, kw_only=True)
class Bucket(Resource):
    """`rules`: the lifecycle rules that are enabled, of `rule_count`. `versioning`: Enabled, Suspended, or "" for one that never was.

    `mfa_delete`: then it cannot have lifecycle rules. `uploads`: the old incomplete ones; not looked for where a rule aborts them all.
    `refused`: IAM action → why the bucket did not tell; what it would have told is then as if there were nothing, and is not to be judged.
    AWS moves the date of `created` when the bucket is changed, as its policy.
    """

    rules: tuple[Rule, ...] = ()
    rule_count: int = 0
    versioning: str = ""
    mfa_delete: bool = False
    uploads: Uploads = field(default_factory=Uploads)
    refused: Mapping[str, str] = field(default_factory=dict)

    def unseen(self, *actions: str) -> InsufficientData | None:
        """What cannot be judged without these, and without the tags, which may say that the bucket is to be left alone."""
        return next((InsufficientData(self.refused[action]) for action in (*actions, TAGS) if action in self.refused), None)

    def age(self, limits: Limits) -> float:
        """Days since it was made, at least."""
        return max(0.0, limits.days_since(self.created)) if self.created else 0.0


@collector(
    "s3:bucket",
    arns=["s3:::*"],
    iam=[LIST, VERSIONING, LIFECYCLE, TAGS, UPLOADS, LIST_PARTS],
    resumes="s3:ListBuckets",
    placed_by=RegionWide("a general purpose bucket is stored in its region; those in zones are directory buckets, which are listed apart"),
    bills=[BUCKET, UPLOAD, PART],
    each={
        VERSIONING: "one for each bucket",
        LIFECYCLE: "one for each bucket",
        TAGS: "one for each bucket",
        UPLOADS: f"{MOST_PAGES} pages at most for each bucket without a rule that aborts all uploads",
        LIST_PARTS: f"{MOST_PARTS} pages at most for each of these",
    },
)
def buckets(aws: Aws) -> Iterator[Bucket]:
    """Every general purpose bucket of the region: three requests for each, and for its uploads where no rule aborts them all
    (`incomplete` says how many). AWS bills them, so that a sweep that was to be free sees no bucket, and says so."""
    if aws.unpaid:
        raise Denied(LIST, aws.unpaid)
    refusals = Refusals()

    def made(item: Mapping[str, Any]) -> Bucket | None:
        if item["BucketRegion"] != aws.region:  # an endpoint that takes no notice of what region is asked for
            return None
        with unless_gone():
            return _bucket(aws, item, refusals)
        return None

    for page in aws.each_page("s3", "ListBuckets", "Buckets", BucketRegion=aws.region, MaxBuckets=PAGE):
        yield from aws.readable(page, made)
    refusals.say(aws)


def _bucket(aws: Aws, item: Mapping[str, Any], refusals: Refusals) -> Bucket:
    """Versioning is asked first: every bucket that is still there has an answer to that, if only an empty one."""
    name, refused = item["Name"], dict[str, str]()

    def ask(action: str, operation: str) -> dict[str, Any]:
        def request() -> dict[str, Any]:
            with unless_gone():  # of one that has nothing to tell
                return aws.call("s3", operation, Bucket=name)
            return {}

        return refusals.ask(action, request, refused) or {}

    versioning = refusals.ask(VERSIONING, lambda: aws.call("s3", "GetBucketVersioning", Bucket=name), refused) or {}
    rules = ask(LIFECYCLE, "GetBucketLifecycleConfiguration").get("Rules", ())
    active = enabled(rules)
    aborted = any(rule.whole and rule.abort_days is not None and rule.abort_days <= ABORT_DAYS for rule in active)
    uploads = None if aborted else refusals.ask(UPLOADS, lambda: incomplete(aws, name, refusals), refused)
    return Bucket(
        arn=f"arn:{aws.partition}:s3:::{name}",
        id=name,
        account=aws.account,
        region=aws.region,
        name=name,
        tags=tags.from_list(ask(TAGS, "GetBucketTagging").get("TagSet")),
        created=item.get("CreationDate"),
        rules=active,
        rule_count=len(rules),
        versioning=versioning.get("Status", ""),
        mfa_delete=versioning.get("MFADelete") == "Enabled",
        uploads=uploads or Uploads(),
        refused=refused,
    )
