"""A region that swallows connections is learned once; one that answers, however it does, never is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from functions.core.aws import attempts
from functions.core.aws.attempts import CONNECT_ATTEMPTS, HOLDS_SECONDS, NoAnswer
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.model import Finding, Outcome, Unit
from functions.core.prices.book import Prices
from functions.core.scan.unit import scan

ACCOUNT, OTHER = "111122223333", "444455556666"
SWALLOWED = ConnectTimeoutError(endpoint_url="https://ec2.eu-north-1.amazonaws.com/")
REFUSED = EndpointConnectionError(endpoint_url="https://ec2.eu-north-1.amazonaws.com/")
ANSWER = b"<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>"
DENIED = b"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>"
QUIET = SimpleNamespace(sleep=lambda seconds: None)


class Body(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """One that has learned nothing yet; its clock."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(attempts, "_silent", {})
    monkeypatch.setattr(attempts, "_answered", set())
    monkeypatch.setattr(attempts, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr("botocore.endpoint.time", QUIET)
    return clock


def unit(say: Any, account: str = ACCOUNT, region: str = "eu-north-1", services: tuple[str, ...] = ("ec2",)) -> tuple[Aws, list[str]]:
    """A unit's AWS where the `services` fail with an exception, or answer `say`; and the requests that are really sent."""
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x")
    aws, sent = Aws(account, region, session, deadline=1e12), list[str]()

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.url)
        if isinstance(say, Exception):
            raise say
        body, status = say
        return AWSResponse(request.url, status, HTTPHeaders(), Body(body))

    for service in services:
        aws.client(service).meta.events.register_first("before-send", answer)
    return aws, sent


def asked(aws: Aws, service: str = "ec2", operation: str = "DescribeVolumes") -> str:
    """Why it fails."""
    with pytest.raises(NoAnswer) as raised:
        aws.call(service, operation)
    assert isinstance(raised.value, UNREACHABLE)
    return str(raised.value)


def test_a_region_that_swallows_connections_is_tried_a_few_times_and_then_never_for_a_while(worker: SimpleNamespace) -> None:
    first, sent = unit(SWALLOWED)
    why = asked(first)
    assert len(sent) == CONNECT_ATTEMPTS
    assert why.startswith("eu-north-1 does not answer: no connection to https://ec2.eu-north-1.amazonaws.com/ in 3 attempts")
    assert "denied_regions" in why
    for service, operation in (("ec2", "DescribeVolumes"), ("rds", "DescribeDBInstances")):
        later, sent = unit(SWALLOWED, services=("ec2", "rds"))
        assert (asked(later, service, operation), sent) == (why, [])
    worker.now += HOLDS_SECONDS + 1
    again, sent = unit((ANSWER, 200))
    assert again.call("ec2", "DescribeVolumes")["Volumes"] == []
    assert len(sent) == 1


@pytest.mark.parametrize("where", [{"account": OTHER}, {"region": "eu-west-1"}])
def test_what_is_learned_holds_for_that_account_and_region(where: dict[str, str]) -> None:
    asked(unit(SWALLOWED)[0])
    aws, sent = unit((ANSWER, 200), **where)  # type: ignore[arg-type]
    aws.call("ec2", "DescribeVolumes")
    assert len(sent) == 1


def test_where_something_has_answered_only_the_service_that_does_not_is_silent() -> None:
    """A VPC with an endpoint for EC2 and none for CloudWatch: the listings go on."""
    aws, _ = unit((DENIED, 403))
    with pytest.raises(Exception, match="UnauthorizedOperation"):
        aws.call("ec2", "DescribeVolumes")
    silent, sent = unit(SWALLOWED, services=("cloudwatch",))
    asked(silent, "cloudwatch", "ListMetrics")
    later, none = unit(SWALLOWED, services=("cloudwatch",))
    asked(later, "cloudwatch", "ListMetrics")
    assert (len(sent), none) == (CONNECT_ATTEMPTS, [])
    ec2, sent = unit((ANSWER, 200))
    ec2.call("ec2", "DescribeVolumes")
    assert len(sent) == 1


def test_what_fails_at_once_is_given_up_as_soon_and_not_remembered() -> None:
    for _ in range(2):
        aws, sent = unit(REFUSED)
        assert "no such name" in asked(aws)
        assert len(sent) == CONNECT_ATTEMPTS


def test_a_lost_packet_is_nothing_to_learn_from() -> None:
    aws, sent = unit((ANSWER, 200))
    fails = iter([SWALLOWED, SWALLOWED])

    def lost(**_: Any) -> None:
        if error := next(fails, None):
            sent.append("lost")
            raise error

    aws.client("ec2").meta.events.register_first("before-send", lost)
    assert aws.call("ec2", "DescribeVolumes")["Volumes"] == []
    assert sent.count("lost") == 2
    assert attempts._silent == {}


def test_of_two_units_of_one_worker_only_the_first_waits_and_both_say_the_same() -> None:
    outcomes, requests = [], []
    for resource_type in ("ebs:volume", "ebs:snapshot"):
        aws, sent = unit(SWALLOWED)
        planned = Unit(unit_id="u", account=ACCOUNT, region="eu-north-1", resource_type=resource_type, function="f")
        outcomes.append(scan(planned, aws, Prices("eu-north-1"), list[Finding]().append))
        requests.append(len(sent))
    first, second = outcomes
    assert first.outcome is second.outcome is Outcome.FAILED
    assert first.reason == second.reason
    assert first.reason.startswith("NoAnswer: eu-north-1 does not answer: ")
    assert requests == [CONNECT_ATTEMPTS, 0]
