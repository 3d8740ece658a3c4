"""What buckets do not tell: a bucket's own policy may refuse what the role may ask of all others.

A refusal costs that bucket what it is about, and no other one. Only where not one bucket has answered is it taken for a permission that is
missing: then the unit says that it was denied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from functions.core.aws.clients import Aws
from functions.core.aws.refusals import forbidden_by
from functions.core.errors import Denied

T = TypeVar("T")

VERSIONING = "s3:GetBucketVersioning"
LIFECYCLE = "s3:GetLifecycleConfiguration"
TAGS = "s3:GetBucketTagging"
UPLOADS = "s3:ListBucketMultipartUploads"
LIST_PARTS = "s3:ListMultipartUploadParts"
OWN_POLICY = "a resource-based policy"
KEY = "kms:"
"""In a refusal that is about the key of what is encrypted."""


@dataclass(slots=True)
class Refusals:
    """Of one listing of buckets: the actions that some bucket answered, and the first refusal of each that may be all of them."""

    _answered: set[str] = field(default_factory=set)
    _refused: dict[str, Denied] = field(default_factory=dict)

    def ask(self, action: str, request: Callable[[], T], refused: dict[str, str]) -> T | None:
        """What a bucket answers; None where it refuses, and then why in `refused`. Raises Denied where it is the credentials that are
        refused, and not what was asked."""
        try:
            answer = request()
        except Denied as denied:
            self.note(action, denied)
            refused[action] = str(denied)
            return None
        self.answered(action)
        return answer

    def answered(self, action: str) -> None:
        """Some bucket has."""
        self._answered.add(action)

    def note(self, action: str, denied: Denied) -> None:
        """One has refused. Raises it where it is about something else than this action."""
        if denied.action != action:
            raise denied
        said = str(denied)
        if forbidden_by(said) != OWN_POLICY and KEY not in said:
            self._refused.setdefault(action, denied)

    def say(self, aws: Aws) -> None:
        """At the end of the listing: what nobody answered is a permission that is missing."""
        missing = (denied for action, denied in self._refused.items() if action not in self._answered)
        aws.refused = next(missing, aws.refused)
