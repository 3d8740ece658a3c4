"""What buckets refuse to tell: one bucket's own affair, or a permission that is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.scanners.s3.bucket.refusals import LIFECYCLE, LIST_PARTS, TAGS, Refusals
from tests.functions.paged import ACCOUNT, REGION

BY_POLICY = "forbidden by a resource-based policy: AccessDenied: r is not authorized with an explicit deny in a resource-based policy"
BY_SCP = "forbidden by a service control policy: AccessDenied: r is not authorized with an explicit deny in a service control policy"
UNSAID = "AccessDenied: Access Denied"
BY_KEY = "AccessDenied: r is not authorized to perform: kms:Decrypt because no identity-based policy allows it"


def aws() -> Aws:
    return Aws(ACCOUNT, REGION, boto3.Session("testing", "testing", region_name=REGION), datetime(2026, 6, 1, tzinfo=UTC))


def refusing(action: str, message: str) -> dict[str, str]:
    raise Denied(action, message)


@pytest.mark.parametrize(
    ("message", "answered", "missing"),
    [
        (UNSAID, False, True),
        (BY_SCP, False, True),
        (UNSAID, True, False),
        (BY_SCP, True, False),
        (BY_POLICY, False, False),
        (BY_POLICY, True, False),
        (BY_KEY, False, False),
    ],
)
def test_only_what_no_bucket_answers_is_a_missing_permission(message: str, answered: bool, missing: bool) -> None:
    here, refusals, refused = aws(), Refusals(), dict[str, str]()
    assert refusals.ask(LIFECYCLE, lambda: refusing(LIFECYCLE, message), refused) is None
    assert refused == {LIFECYCLE: f"{LIFECYCLE}: {message}"}
    if answered:
        assert refusals.ask(LIFECYCLE, lambda: {"Rules": []}, refused) == {"Rules": []}
    assert refusals.ask(TAGS, lambda: {"TagSet": []}, refused) == {"TagSet": []}
    refusals.say(here)
    assert (str(here.refused) if here.refused else None) == (f"{LIFECYCLE}: {message}" if missing else None)


def test_the_first_one_is_said_and_what_was_refused_before_stays() -> None:
    here, refusals, before = aws(), Refusals(), Denied("s3:GetBucketVersioning", "no")
    here.refused = before
    refusals.say(here)
    assert here.refused is before
    for action in (TAGS, LIST_PARTS):
        refusals.note(action, Denied(action, UNSAID))
    refusals.say(here)
    assert here.refused.action == TAGS


def test_refused_credentials_are_no_buckets_affair() -> None:
    with pytest.raises(Denied, match="sts:AssumeRole"):
        Refusals().ask(TAGS, lambda: refusing("sts:AssumeRole", "the session's credentials are not taken"), {})
