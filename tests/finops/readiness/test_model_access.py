"""Whether the model may be called, from what Bedrock's free requests answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from finops.readiness import model_access
from finops.readiness.points import Point, Status

PROFILE, MODEL, NOVA = "global.anthropic.claude-haiku-5-5", "anthropic.claude-haiku-5-5", "amazon.nova-lite-v1:0"
REGION = "eu-west-1"


@pytest.fixture
def bedrock() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("bedrock", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def profile(stub: Stubber, status: str = "ACTIVE") -> None:
    answer = {
        "inferenceProfileName": "Global",
        "inferenceProfileArn": f"arn:aws:bedrock:{REGION}:111122223333:inference-profile/{PROFILE}",
        "models": [{"modelArn": f"arn:aws:bedrock:::foundation-model/{MODEL}"}],
        "inferenceProfileId": PROFILE,
        "status": status,
        "type": "SYSTEM_DEFINED",
    }
    stub.add_response("get_inference_profile", answer, {"inferenceProfileIdentifier": PROFILE})


def availability(
    stub: Stubber, model: str = MODEL, agreement: str = "AVAILABLE", authorized: str = "AUTHORIZED", entitled: str = "AVAILABLE",
    region: str = "AVAILABLE",
) -> None:  # fmt: skip
    answer = {
        "modelId": model,
        "agreementAvailability": {"status": agreement},
        "authorizationStatus": authorized,
        "entitlementAvailability": entitled,
        "regionAvailability": region,
    }
    stub.add_response("get_foundation_model_availability", answer, {"modelId": model})


def look(client: Any, model_id: str = PROFILE) -> Point:
    return model_access.point(client, model_id, 20)


def test_not_wanted_is_fine_and_asks_nothing(bedrock: tuple[Any, Stubber]) -> None:
    point = model_access.point(bedrock[0], PROFILE, 0)
    assert (point.status, "not wanted" in point.seen) == (Status.OK, True)


@pytest.mark.parametrize(
    ("answers", "status", "said"),
    [
        ({}, Status.OK, f"{PROFILE} may be called"),
        ({"region": "NOT_AVAILABLE"}, Status.OK, "may be called"),
        ({"agreement": "NOT_AVAILABLE"}, Status.MISSING, "has no access to"),
        ({"agreement": "ERROR"}, Status.MISSING, "has no access to"),
        ({"agreement": "PENDING"}, Status.TO_KNOW, "up to 15 minutes"),
        ({"entitled": "NOT_AVAILABLE"}, Status.MISSING, "has no access to"),
        ({"authorized": "NOT_AUTHORIZED"}, Status.MISSING, "is not authorized for"),
    ],
)
def test_a_profile_is_called_through_its_own_region_wherever_the_model_is(
    bedrock: tuple[Any, Stubber], answers: dict[str, str], status: Status, said: str
) -> None:
    client, stub = bedrock
    profile(stub)
    availability(stub, **answers)
    point = look(client)
    assert point.status is status
    assert said in point.seen
    assert status is not Status.MISSING or "all advice is rule-based" in point.seen


def test_how_to_get_access_names_the_model_the_permission_and_the_use_case(bedrock: tuple[Any, Stubber]) -> None:
    client, stub = bedrock
    profile(stub)
    availability(stub, agreement="NOT_AVAILABLE")
    fix = look(client).fix
    assert all(word in fix for word in (MODEL, "aws-marketplace:Subscribe", "playground", "use case"))


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"agreement": "NOT_AVAILABLE"}, Status.OK),
        ({"region": "NOT_AVAILABLE"}, Status.MISSING),
        ({"entitled": "NOT_AVAILABLE"}, Status.MISSING),
    ],
)
def test_a_model_of_amazons_needs_no_agreement_but_to_be_in_the_region(
    bedrock: tuple[Any, Stubber], answers: dict[str, str], status: Status
) -> None:
    client, stub = bedrock
    availability(stub, NOVA, **answers)
    assert look(client, NOVA).status is status


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_a_profile_that_is_not_there_names_where_to_find_one(bedrock: tuple[Any, Stubber], code: str) -> None:
    client, stub = bedrock
    stub.add_client_error("get_inference_profile", code, "no such profile")
    point = look(client)
    assert (point.status, point.seen.startswith(f"there is no model or inference profile {PROFILE} in {REGION}")) == (Status.MISSING, True)
    assert f"aws bedrock list-inference-profiles --region {REGION}" in point.fix


@pytest.mark.parametrize(
    ("code", "said"),
    [("AccessDeniedException", "bedrock:GetInferenceProfile is denied to you"), ("ThrottlingException", "could not be checked")],
)
def test_who_may_not_look_says_nothing_of_the_access(bedrock: tuple[Any, Stubber], code: str, said: str) -> None:
    client, stub = bedrock
    stub.add_client_error("get_inference_profile", code, "no")
    point = look(client)
    assert (point.status, said in point.seen) == (Status.TO_KNOW, True)
