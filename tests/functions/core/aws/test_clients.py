"""The edges of AWS: what its error codes become, what is counted, when time is up, and what new credentials are for."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.aws.main_listing import ListedPage, Listing
from functions.core.aws.request_count import spent_calls
from functions.core.errors import CannotResume, Denied, OutOfTime, Throttled

ACCOUNT = "111122223333"


def _aws(region: str = "us-east-1", deadline: float | None = None) -> Aws:
    return Aws(ACCOUNT, region, boto3.Session("testing", "testing", region_name=region), datetime(2026, 6, 1, tzinfo=UTC), deadline)


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        ("us-east-1", "arn:aws:ec2:us-east-1:111122223333:volume/v"),
        ("cn-north-1", "arn:aws-cn:ec2:cn-north-1:111122223333:volume/v"),
        ("us-gov-west-1", "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:volume/v"),
        ("eusc-de-east-1", "arn:aws-eusc:ec2:eusc-de-east-1:111122223333:volume/v"),
        ("us-iso-east-1", "arn:aws-iso:ec2:us-iso-east-1:111122223333:volume/v"),
    ],
)
def test_arns_are_of_their_partition(region: str, arn: str) -> None:
    assert _aws(region).arn("ec2", "volume/v") == arn


def _paged(deadline: float | None = None) -> tuple[Aws, Stubber]:
    """Three pages of volumes, from a client whose answers are given."""
    aws = _aws(deadline=deadline)
    stub = Stubber(aws.client("ec2"))
    for number, token in ((1, "t2"), (2, "t3"), (3, "")):
        answer: dict[str, Any] = {"Volumes": [{"VolumeId": f"vol-{number}"}]}
        stub.add_response("describe_volumes", {**answer, "NextToken": token} if token else answer)
    return aws, stub


def test_every_page_is_read_and_counted() -> None:
    aws, stub = _paged()
    with stub:
        assert [volume["VolumeId"] for volume in aws.pages("ec2", "DescribeVolumes", "Volumes")] == ["vol-1", "vol-2", "vol-3"]
    assert aws.meter.pages == 3


def test_pages_are_asked_for_one_at_a_time() -> None:
    aws, stub = _paged()
    with stub:
        volumes = aws.pages("ec2", "DescribeVolumes", "Volumes")
        assert next(volumes)["VolumeId"] == "vol-1"
        assert aws.meter.pages == 1


@pytest.mark.parametrize(("read", "token"), [(1, "t2"), (2, "t3")])
def test_out_of_time_between_two_pages_tells_where_to_go_on(read: int, token: str) -> None:
    aws, stub = _paged()
    aws.main = Listing("ec2:DescribeVolumes")
    seen: list[str] = []
    with stub:
        volumes = aws.pages("ec2", "DescribeVolumes", "Volumes")
        seen.extend(next(volumes)["VolumeId"] for _ in range(read))
        aws.deadline = time.monotonic() - 1
        with pytest.raises(OutOfTime):
            next(volumes)
    assert seen == ["vol-1", "vol-2"][:read]
    assert aws.main is not None
    assert aws.main.at == ListedPage(read + 1, token)


def test_a_listing_that_has_ended_is_complete_however_late_it_is() -> None:
    aws, stub = _paged()
    with stub:
        volumes = aws.pages("ec2", "DescribeVolumes", "Volumes")
        for _ in range(3):
            next(volumes)
        aws.deadline = time.monotonic() - 1
        assert list(volumes) == []


EC2_TOKEN = base64.b64encode(json.dumps({"v": "2", "c": "0PK4rlhD0s", "s": "1"}).encode()).decode()
"""As EC2 makes them: botocore would take it for a token of its own, and ask for a page with the parameter "v"."""


@pytest.mark.parametrize("token", [EC2_TOKEN, "AQICAHj___2", "None"])
def test_going_on_asks_for_the_page_that_was_not_read_and_from_there_for_the_others(token: str) -> None:
    aws = _aws()
    aws.main = Listing("ec2:DescribeVolumes", token)
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response("describe_instances", {"Reservations": []}, {})
        first = {"Volumes": [{"VolumeId": "vol-3"}], "NextToken": "t4"}
        stub.add_response("describe_volumes", first, {"NextToken": token, "MaxResults": 5})
        stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-4"}]}, {"NextToken": "t4", "MaxResults": 5})
        assert list(aws.pages("ec2", "DescribeInstances", "Reservations")) == []
        assert aws.main.at == ListedPage(0, None), "another listing is not the one that is resumed"
        volumes = aws.pages("ec2", "DescribeVolumes", "Volumes", MaxResults=5)
        seen = [(volume["VolumeId"], aws.main.at) for volume in volumes]
    assert seen == [("vol-3", ListedPage(1, token)), ("vol-4", ListedPage(2, "t4"))]


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        ("InvalidNextToken", 400, CannotResume),
        ("InvalidParameterValue", 400, CannotResume),
        ("ValidationError", 400, CannotResume),
        ("InvalidPaginationTokenException", 400, CannotResume),
        ("UnauthorizedOperation", 403, Denied),
        ("RequestLimitExceeded", 503, Throttled),
        ("InternalError", 500, ClientError),
    ],
)
def test_a_token_that_aws_does_not_take_is_told_from_every_other_refusal(code: str, status: int, raised: type[Exception]) -> None:
    aws = _aws()
    aws.main = Listing("ec2:DescribeVolumes", "old")
    with Stubber(aws.client("ec2")) as stub:
        stub.add_client_error("describe_volumes", code, "no", http_status_code=status)
        with pytest.raises(raised) as error:
            list(aws.pages("ec2", "DescribeVolumes", "Volumes"))
    assert type(error.value) is raised


def test_only_the_page_that_is_gone_on_with_has_an_old_token() -> None:
    aws = _aws()
    aws.main = Listing("ec2:DescribeVolumes", "old")
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response("describe_volumes", {"Volumes": [], "NextToken": "t2"}, {"NextToken": "old"})
        stub.add_client_error("describe_volumes", "InvalidNextToken", "no")
        with pytest.raises(ClientError, match="InvalidNextToken"):
            list(aws.pages("ec2", "DescribeVolumes", "Volumes"))


def test_listing_ends_sooner_so_that_there_is_time_for_metrics() -> None:
    aws, stub = _paged(deadline=time.monotonic() + 60)
    aws.reserve = 61
    with stub:
        with pytest.raises(OutOfTime):
            list(aws.pages("ec2", "DescribeVolumes", "Volumes"))
        with pytest.raises(OutOfTime):
            aws.call("ec2", "DescribeVolumes")
        aws.check_time()


def test_without_time_nothing_is_asked() -> None:
    aws, stub = _paged(deadline=time.monotonic() - 1)
    with stub:
        with pytest.raises(OutOfTime):
            list(aws.pages("ec2", "DescribeVolumes", "Volumes"))
        with pytest.raises(OutOfTime):
            aws.call("ec2", "DescribeVolumes")
    assert not aws.meter.calls


def test_a_listing_denied_on_its_second_page_is_denied_after_the_first() -> None:
    aws = _aws()
    seen: list[str] = []
    with Stubber(aws.client("ec2")) as stub:
        stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}], "NextToken": "t2"})
        stub.add_client_error("describe_volumes", "UnauthorizedOperation", "no")
        with pytest.raises(Denied, match="ec2:DescribeVolumes"):
            seen.extend(volume["VolumeId"] for volume in aws.pages("ec2", "DescribeVolumes", "Volumes"))
    assert aws.meter.pages == 1


@mock_aws
def test_requests_are_counted_by_service_and_operation() -> None:
    aws = _aws()
    aws.call("ec2", "DescribeVolumes")
    list(aws.pages("ec2", "DescribeVolumes", "Volumes"))
    aws.call("elbv2", "DescribeLoadBalancers")
    assert aws.meter.calls == {"ec2:DescribeVolumes": 2, "elbv2:DescribeLoadBalancers": 1}
    assert aws.client("ec2") is aws.client("ec2")


def longest(backoff: Any, context: Any) -> float:
    """botocore's wait, as if its random part were the most."""
    return float(min(2 ** (context.attempt_number - 1), backoff._max_backoff))


class Failing:
    """EC2 that fails `times` times in one way and then answers; each wait of botocore passes at once, and is written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aws: Aws, failure: tuple[str, int] | Exception, times: int) -> None:
        self.clock, self.waits, self.left = 0.0, list[float](), times
        # Their own `time` and not the module itself: other threads of this process sleep too.
        monkeypatch.setattr("functions.core.aws.clients.time", SimpleNamespace(monotonic=lambda: self.clock))
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=self._sleep))
        monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_: True)
        monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", longest)
        self.failure = failure
        aws.client("ec2").meta.events.register_first("before-send", self._answer)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock += seconds

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        if not self.left:
            return AWSResponse(request.url, 200, HTTPHeaders(), Body(b"<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>"))
        self.left -= 1
        if isinstance(self.failure, Exception):
            raise self.failure
        code, status = self.failure
        text = f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        return AWSResponse(request.url, status, HTTPHeaders(), Body(text.encode()))


class Body(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


PASSING = [("RequestLimitExceeded", 503), ("Throttling", 400), ("InternalError", 500), ReadTimeoutError(endpoint_url="https://ec2")]


@pytest.mark.parametrize("failure", PASSING)
def test_with_a_deadline_what_passes_is_tried_again_for_longer(monkeypatch: pytest.MonkeyPatch, failure: Any) -> None:
    aws = _aws(deadline=1000)
    failing = Failing(monkeypatch, aws, failure, times=7)
    assert aws.call("ec2", "DescribeVolumes")["Volumes"] == []
    assert failing.waits == [1, 2, 4, 8, 16, 20, 20]


@pytest.mark.parametrize("deadline", [0, 0.5, 2, 10, 33, 60])
@pytest.mark.parametrize("failure", PASSING)
def test_trying_again_ends_with_the_time_of_the_unit(monkeypatch: pytest.MonkeyPatch, failure: Any, deadline: float) -> None:
    aws = _aws(deadline=deadline)
    failing = Failing(monkeypatch, aws, failure, times=100)
    with pytest.raises(OutOfTime):
        aws.call("ec2", "DescribeVolumes")
    assert sum(failing.waits) <= deadline


def test_a_budget_of_attempts_that_is_spent_in_time_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = _aws(deadline=1000)
    failing = Failing(monkeypatch, aws, ("RequestLimitExceeded", 503), times=100)
    with pytest.raises(Throttled):
        aws.call("ec2", "DescribeVolumes")
    assert aws.meter.calls == {"ec2:DescribeVolumes": 8}
    assert sum(failing.waits) <= 71


@pytest.mark.parametrize(("failure", "raised"), [(("UnauthorizedOperation", 403), Denied), (("InvalidParameterValue", 400), ClientError)])
def test_what_stays_refused_is_said_however_late_it_is(monkeypatch: pytest.MonkeyPatch, failure: Any, raised: type[Exception]) -> None:
    aws = _aws(deadline=0)
    Failing(monkeypatch, aws, failure, times=1)
    with pytest.raises(raised):
        aws.call("ec2", "DescribeVolumes")


def test_only_a_client_with_a_deadline_is_patient_and_slows_down_when_it_is_throttled() -> None:
    retries = [_aws(deadline=deadline).client("ec2").meta.config.retries for deadline in (None, 1000.0)]
    assert [(each["mode"], each["total_max_attempts"]) for each in retries] == [("standard", 5), ("adaptive", 8)]


@mock_aws
def test_every_request_of_the_process_is_counted_whoever_makes_it() -> None:
    before = spent_calls()
    aws = _aws()
    aws.call("ec2", "DescribeVolumes")
    other = _aws()
    other.call("ec2", "DescribeVolumes")
    sessions.own_client.cache_clear()
    own = sessions.own_client("dynamodb", "us-east-1")
    own.list_tables()
    assert sessions.own_client("dynamodb", "us-east-1") is own
    sessions.own_client("dynamodb", "us-east-1").list_tables()
    assert spent_calls() - before == {"ec2:DescribeVolumes": 2, "dynamodb:ListTables": 2}
    assert aws.meter.calls == {"ec2:DescribeVolumes": 1}
    sessions.own_client.cache_clear()


class Tokens:
    """Sessions of which EC2 takes the token of the `good` one only: each `renew` gives the next one. `seen`: which answered what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, good: int, fails_after: int = 0, code: str = "ExpiredToken") -> None:
        self.good, self.code, self.left = good, code, fails_after
        self.number = 0
        self.seen: list[tuple[int, str | None]] = []
        self.aws = _aws("eu-south-2")
        self.aws.renew = self._renew
        made = Aws.client

        def client(aws: Aws, service: str) -> Any:
            new, one = service not in aws.clients, made(aws, service)
            if new:
                one.meta.events.register("before-call", self._answering(self.number))
                one.meta.events.register("before-parameter-build", self._note)
            return one

        monkeypatch.setattr(Aws, "client", client)
        self.token: str | None = None

    def _renew(self) -> Any:
        self.number += 1
        return boto3.Session("testing", "testing", region_name="eu-south-2")

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.token = params.get("NextToken")

    def _answering(self, number: int) -> Any:
        def answer(model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
            self.left -= 1
            if number != self.good and self.left < 0:
                said = {"Code": self.code, "Message": "The security token is not taken"}
                return type("Sent", (), {"status_code": 400}), {"Error": said, "ResponseMetadata": {"HTTPStatusCode": 400}}
            self.seen.append((number, self.token))
            page = int(self.token or 1)
            more = {"NextToken": str(page + 1)} if page < 3 else {}
            answered = {"Volumes": [{"VolumeId": f"vol-{page}"}], **more, "ResponseMetadata": {"HTTPStatusCode": 200}}
            return type("Sent", (), {"status_code": 200}), answered

        return answer


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken"])
def test_a_token_that_is_not_taken_is_renewed_and_the_question_asked_once_more(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    tokens = Tokens(monkeypatch, good=1, code=code)
    assert tokens.aws.call("ec2", "DescribeVolumes")["Volumes"] == [{"VolumeId": "vol-1"}]
    assert tokens.aws.call("ec2", "DescribeVolumes")["Volumes"] == [{"VolumeId": "vol-1"}]
    assert tokens.number == 1, "and kept"


@pytest.mark.parametrize("listing", [False, True])
def test_where_new_credentials_are_not_taken_either_sts_denies_and_not_the_action(monkeypatch: pytest.MonkeyPatch, listing: bool) -> None:
    tokens = Tokens(monkeypatch, good=99)

    def ask() -> object:
        aws = tokens.aws
        return list(aws.pages("ec2", "DescribeVolumes", "Volumes")) if listing else aws.call("ec2", "DescribeVolumes")

    with pytest.raises(Denied, match=r"sts:AssumeRole: .* eu-south-2 .*ExpiredToken") as denied:
        ask()
    assert (denied.value.action, tokens.number) == ("sts:AssumeRole", 1)


def test_without_other_credentials_it_is_denied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(monkeypatch, good=99)
    tokens.aws.renew = None
    with pytest.raises(Denied, match="sts:AssumeRole"):
        tokens.aws.call("ec2", "DescribeVolumes")


@pytest.mark.parametrize("pages", [0, 1, 2])
@pytest.mark.parametrize("main", [False, True])
def test_a_listing_goes_on_with_new_credentials_where_the_old_ones_expired(monkeypatch: pytest.MonkeyPatch, pages: int, main: bool) -> None:
    tokens = Tokens(monkeypatch, good=1, fails_after=pages)
    tokens.aws.main = Listing("ec2:DescribeVolumes") if main else None
    assert [volume["VolumeId"] for volume in tokens.aws.pages("ec2", "DescribeVolumes", "Volumes")] == ["vol-1", "vol-2", "vol-3"]
    assert [number for number, _ in tokens.seen] == [0] * pages + [1] * (3 - pages)
    assert tokens.aws.meter.pages == 3
    if tokens.aws.main:
        assert tokens.aws.main.at.token == "3"


def test_a_listing_that_has_ended_needs_no_credentials_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(monkeypatch, good=1, fails_after=3)
    volumes = tokens.aws.pages("ec2", "DescribeVolumes", "Volumes")
    assert [next(volumes)["VolumeId"] for _ in range(3)] == ["vol-1", "vol-2", "vol-3"]
    tokens.aws.call("ec2", "DescribeVolumes")
    assert list(volumes) == []


def test_a_page_of_the_main_listing_says_how_many_items_before_it_could_not_be_read() -> None:
    aws, stub = _paged()
    aws.main = Listing("ec2:DescribeVolumes")
    before: list[int] = []
    with stub:
        for name in aws.readable(
            aws.pages("ec2", "DescribeVolumes", "Volumes"), lambda volume: {"vol-1": 1, "vol-3": 3}[volume["VolumeId"]]
        ):
            before.append(aws.main.at.unreadable)
            assert name in (1, 3)
    assert (before, aws.unreadable.items) == ([0, 1], 1)


def test_requests_say_who_asks() -> None:
    asked: list[str] = []
    with mock_aws():
        client = _aws().client("ec2")
        client.meta.events.register("before-send.ec2", lambda request, **_: asked.append(request.headers["User-Agent"].decode()))
        client.describe_volumes()
    [named] = asked
    assert named.startswith(f"finops-analyzer Boto3/{boto3.__version__}")
