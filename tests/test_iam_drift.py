"""Declared permissions equal the calls that are really made: each collector runs, metrics included, in an account with its resources.

An action too few is an AccessDenied in production; an action too many is a permission that nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Finding, Outcome, Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from tests.functions import seeds
from tests.functions.paged import ACCOUNT, REGION

LATER = timedelta(days=120)
"""How long after the seeding the sweep looks: old enough for every check to ask for metrics."""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty account. What moto lacks and collectors call is answered as the seeds say."""
    answered = BotocoreStubber.process_request
    given = [seed.unanswered for seed in seeds.every()]

    def process(stubber: BotocoreStubber, request: Any) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        for unanswered in given:
            if (answer := unanswered(request.url, body)) is not None:
                return 200, {}, answer
        return answered(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # they come with 1,300 snapshots
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name=REGION)


def scanned(session: boto3.Session, resource_type: str) -> tuple[set[str], Outcome, int]:
    """The actions that a scan takes, how it ended, and how many resources it saw."""
    aws = Aws(ACCOUNT, REGION, session, datetime.now(UTC) + LATER)
    unit = Unit(
        unit_id=unit_id(ACCOUNT, REGION, resource_type), account=ACCOUNT, region=REGION, resource_type=resource_type, function="none"
    )
    found: list[Finding] = []
    outcome = scanning.scan(unit, aws, Prices(REGION), found.append)
    return {iam_action(*call.split(":")) for call in aws.meter.calls}, outcome.outcome, outcome.resources


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_a_collector_calls_exactly_what_it_declares(session: boto3.Session, resource_type: str) -> None:
    seed = seeds.of(resource_type)
    seed.seed(session)
    made, outcome, resources = scanned(session, resource_type)
    excused = set(seed.never_made)
    declared = set(registry.iam_actions(resource_type=resource_type))
    assert (outcome, resources > 0) == (Outcome.OK, True)
    assert made - declared == set(), "calls that no permission is declared for"
    assert declared - made - excused == set(), "permissions that no call needs"
    assert made & excused == set(), "calls that need no excuse any more"


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_an_empty_region_asks_for_no_metrics(session: boto3.Session, resource_type: str) -> None:
    made, outcome, resources = scanned(session, resource_type)
    assert (outcome, resources) == (Outcome.EMPTY, 0)
    assert registry.METRICS_IAM not in made
    assert made <= set(registry.iam_actions(resource_type=resource_type))


def test_the_lambda_of_a_service_may_do_what_its_resource_types_need() -> None:
    for service in registry.services():
        together = {
            action
            for resource_type in registry.resource_types()
            if resource_type.startswith(f"{service}:")
            for action in registry.iam_actions(resource_type=resource_type)
        }
        assert set(registry.iam_actions(service=service)) == together
