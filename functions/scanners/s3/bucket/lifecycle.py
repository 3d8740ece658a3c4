"""Lifecycle rules: what those that a bucket has do, and the commands that add one.

PutBucketLifecycleConfiguration replaces all rules of a bucket. So a command looks first that there is none, or puts back what it finds
with one more. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.steps import steps

RuleAsJson = Mapping[str, Any]
"""A rule as the API takes it."""
STATUS = {"Enabled": True, "Disabled": False}
WHOLE: Mapping[str, Any] = {"Prefix": ""}
"""The filter of a rule for the whole bucket."""


@dataclass(slots=True, frozen=True)
class Rule:
    """One that is enabled. `whole`: for every object. `moves`: it moves or deletes objects that are current; `noncurrent`: those that are
    not. `abort_days`: after which it aborts uploads that are not complete; None if it does not.
    """

    whole: bool
    moves: bool
    noncurrent: bool
    abort_days: int | None


def enabled(rules: Sequence[RuleAsJson]) -> tuple[Rule, ...]:
    """The rules that do something. LookupError for one whose status nobody knows."""
    return tuple(_rule(rule) for rule in rules if STATUS[rule["Status"]])


def _rule(rule: RuleAsJson) -> Rule:
    expires, aborts = rule.get("Expiration", {}), rule.get("AbortIncompleteMultipartUpload")
    chosen = rule.get("Filter", {})
    return Rule(
        whole=not rule.get("Prefix") and not any(chosen.values()),
        moves=bool(rule.get("Transitions")) or "Days" in expires or "Date" in expires,
        noncurrent=bool(rule.get("NoncurrentVersionTransitions") or rule.get("NoncurrentVersionExpiration")),
        abort_days=int(aborts["DaysAfterInitiation"]) if aborts else None,
    )


_GET = "aws s3api get-bucket-lifecycle-configuration --region {region} --bucket {id}"
_PUT = "aws s3api put-bucket-lifecycle-configuration --region {region} --bucket {id} --lifecycle-configuration"

ADD_FIRST = (f"{_GET} 2>&1 | tee /dev/stderr | grep -q NoSuchLifecycleConfiguration", f"{_PUT} {{rules}}")
"""To a bucket that has none: any other answer than that one ends it."""
ADD_ANOTHER = steps(
    (
        _GET,
        f"rules=$({_GET} --query {{merged}} --output json)",
        f"size=$({_GET} --query TransitionDefaultMinimumObjectSize --output text)",
        f'{_PUT} "$rules" --transition-default-minimum-object-size "$size"',
    )
)
"""To those that it has, which the first step shows, disabled ones too; what they say of small objects stays."""


def values(rule: RuleAsJson) -> dict[str, str]:
    """What the places of both commands are for."""
    text = json.dumps(rule, separators=(",", ":"))
    return {"rules": f'{{"Rules":[{text}]}}', "merged": f"{{Rules: [Rules, [`{text}`]][]}}"}
