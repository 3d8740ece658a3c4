"""The id of a Bedrock model, or of an inference profile of AWS's: "global.anthropic.claude-…" is a scope and a model's id."""

from __future__ import annotations

PROFILE_SCOPES = ("global", "us", "us-gov", "eu", "apac", "jp", "au", "ca")
"""How the id of an inference profile begins. https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html"""


def partition(scope: str) -> str:
    """The partition that a profile routes its calls in: GovCloud has profiles of its own, the others are of the commercial regions."""
    return "aws-us-gov" if scope == "us-gov" else "aws"


def split(model_id: str) -> tuple[str, str]:
    """The profile's scope, "" when it is no profile, and the id of the model itself."""
    scope, _, model = model_id.partition(".")
    return (scope, model) if scope in PROFILE_SCOPES else ("", model_id)
