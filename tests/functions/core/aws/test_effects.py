"""What sends something is asked once more only where it is known that the first time did nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from functions.core.aws.effects import effect_client, may_have_happened
from functions.core.aws.sessions import own_client

URL = "https://email.us-east-1.amazonaws.com"
MAIL: Any = {
    "FromEmailAddress": "finops@example.com",
    "Destination": {"ToAddresses": ["ops@example.org"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
}
ATTEMPTS = 5
"""CONFIG's."""


class Raw(io.BytesIO):
    """A body, as botocore reads one."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """How many requests one SendEmail makes of an SES that answers each with a status and an error's code, or not at all."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)

    def count(outcome: int | BotoCoreError, code: str = "") -> int:
        requests: list[str] = []

        def answer(request: Any, **_: Any) -> AWSResponse:
            requests.append(request.url)
            if isinstance(outcome, BotoCoreError):
                raise outcome
            body = json.dumps({"message": "no"}).encode()
            headers = HTTPHeaders.from_dict({"x-amzn-errortype": code, "content-type": "application/json"})
            return AWSResponse(request.url, outcome, headers, Raw(body))

        ses = effect_client("sesv2", "us-east-1")
        assert effect_client("sesv2", "us-east-1") is ses
        ses.meta.events.register("before-send", answer)
        try:
            with pytest.raises((ClientError, BotoCoreError), match=code or None):
                ses.send_email(**MAIL)
        finally:
            ses.meta.events.unregister("before-send", answer)
        return len(requests)

    return count


@pytest.fixture(scope="module", autouse=True)
def no_client_of_others() -> Iterator[None]:
    own_client.cache_clear()
    yield
    own_client.cache_clear()


@pytest.mark.parametrize(("status", "code"), [(500, "InternalServiceErrorException"), (503, "ServiceUnavailable"), (502, ""), (504, "")])
def test_after_an_error_of_awss_own_it_is_not_repeated(asked: Callable[..., int], status: int, code: str) -> None:
    assert asked(status, code) == 1


@pytest.mark.parametrize("lost", [ReadTimeoutError(endpoint_url=URL), ConnectionClosedError(endpoint_url=URL)])
def test_nor_where_the_answer_was_lost(asked: Callable[..., int], lost: BotoCoreError) -> None:
    assert asked(lost) == 1
    assert may_have_happened(lost)


@pytest.mark.parametrize(
    "refused", [EndpointConnectionError(endpoint_url=URL, error="no"), ConnectTimeoutError(endpoint_url=URL, error="no")]
)
def test_where_there_was_no_connection_it_is_repeated(asked: Callable[..., int], refused: BotoCoreError) -> None:
    assert asked(refused) == ATTEMPTS
    assert not may_have_happened(refused)


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequestsException"), (503, "ThrottlingException")])
def test_so_it_is_where_it_was_throttled(asked: Callable[..., int], status: int, code: str) -> None:
    assert asked(status, code) == ATTEMPTS


@pytest.mark.parametrize(("status", "code"), [(400, "MessageRejected"), (403, "AccessDeniedException")])
def test_what_is_refused_has_not_happened_and_is_not_repeated(asked: Callable[..., int], status: int, code: str) -> None:
    assert asked(status, code) == 1
    assert not may_have_happened(ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail"))  # type: ignore[typeddict-item]
