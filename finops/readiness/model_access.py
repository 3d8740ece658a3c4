"""May the model that writes the advice be called? Asked without calling it, so that it costs nothing.

Anthropic's models and others of AWS Marketplace need an agreement, once in an account. The first call makes it, if the caller may subscribe
in the Marketplace; the role of our function may not, so a person has to make that call.
https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from finops.readiness.points import Point, asked, looked, missing, ok, to_know
from functions.core.advice import model_ids

WHAT = "Bedrock"
WITHOUT_AGREEMENT = frozenset({"amazon", "deepseek", "mistral", "meta", "qwen", "openai"})
"""Providers whose models are not sold in the Marketplace: there is nothing to agree to."""
UNKNOWN_MODEL = frozenset({"ResourceNotFoundException", "ValidationException"})
BY_RULE = "until then all advice is rule-based"
UNWANTED = "or set max_advice_groups to 0 in cdk.json if you want no model"


def point(bedrock: Any, model_id: str, groups: int) -> Point:
    """`bedrock`: a client for bedrock in the analyzer's region. `groups`: that a sweep asks the model about, at most."""
    if not groups:
        return ok(WHAT, "not wanted: all advice is rule-based (max_advice_groups is 0)")
    return looked(WHAT, lambda: _look(bedrock, model_id))


def _look(bedrock: Any, model_id: str) -> Point:
    region = bedrock.meta.region_name
    scope, model = model_ids.split(model_id)
    try:
        if scope:
            profile = asked(bedrock, "bedrock", "get_inference_profile", inferenceProfileIdentifier=model_id)
            if profile["status"] != "ACTIVE":
                return missing(WHAT, f"the inference profile {model_id} is {profile['status']}; {BY_RULE}", _another(region))
        seen = asked(bedrock, "bedrock", "get_foundation_model_availability", modelId=model)
    except ClientError as error:
        if error.response["Error"]["Code"] not in UNKNOWN_MODEL:
            raise
        return missing(WHAT, f"there is no model or inference profile {model_id} in {region}; {BY_RULE}", _another(region))
    return _judged(model_id, model, region, bool(scope), seen)


def _judged(model_id: str, model: str, region: str, is_profile: bool, seen: dict[str, Any]) -> Point:
    agreement = "AVAILABLE" if model.partition(".")[0] in WITHOUT_AGREEMENT else seen["agreementAvailability"]["status"]
    if agreement == "PENDING":
        return to_know(WHAT, f"access to {model_id} is being set up, which takes up to 15 minutes; {BY_RULE}")
    if seen["authorizationStatus"] != "AUTHORIZED":
        return missing(
            WHAT, f"this account is not authorized for {model_id}; {BY_RULE}", "a policy of the organization may forbid it; " + UNWANTED
        )
    if seen["regionAvailability"] != "AVAILABLE" and not is_profile:
        return missing(WHAT, f"{model_id} is not offered in {region}; {BY_RULE}", _another(region))
    if agreement != "AVAILABLE" or seen["entitlementAvailability"] != "AVAILABLE":
        return missing(
            WHAT,
            f"this account has no access to {model_id} yet; {BY_RULE}",
            f"once, as someone who may aws-marketplace:Subscribe: send {model} a message in the playground of the Bedrock console"
            + (", which asks for a use case first" if model.startswith("anthropic.") else "")
            + f"; {UNWANTED}",
        )
    return ok(WHAT, f"{model_id} may be called")


def _another(region: str) -> str:
    return f"set bedrock_model_id in cdk.json to one of `aws bedrock list-inference-profiles --region {region}`, {UNWANTED}"
