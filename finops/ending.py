"""How a command ends: its exit code, and one line that says what happened and what to do. User mistakes never show a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)


class ExitCode(IntEnum):
    """What a shell sees. 2 also stands for a set-up that cannot work (no credentials, no such stack): nothing was started."""

    DONE = 0
    BAD_INPUT = 2
    COVERAGE_TOO_LOW = 3
    FAILED = 4
    INTERRUPTED = 130


class Ending(Exception):
    """Ends the command with `code`; the message is one line for the person who typed it."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
REFUSED = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException"}
)
NO_ANSWER = (NoConnection, HTTPClientError)
LOGIN = "log in again (`aws sso login`, or fresh keys) and repeat the command"


@contextmanager
def aws_mistakes(doing: str, code: ExitCode = ExitCode.BAD_INPUT, hint: str = "") -> Iterator[None]:
    """Turns what AWS or botocore refuses inside the block into an Ending. `doing` names the step; `hint` is added to the line."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Ending(code, f"{doing}: {_advice(error)}{hint and f'. {hint}'}") from error


def _advice(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return _answer(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "no AWS credentials: set AWS_PROFILE, run `aws configure`, or try `finops sweep --embedded`, which needs no account"
    if isinstance(error, NoRegionError):
        return "no AWS region: set AWS_REGION to the region that the analyzer is deployed in"
    if isinstance(error, SSOError | TokenRetrievalError):
        return f"the login has expired: {LOGIN}"
    if isinstance(error, NO_ANSWER):
        return f"AWS cannot be reached ({error}): check the network and the region"
    return f"{error}: check the AWS configuration (`aws sts get-caller-identity` shows whether it works)"


def _answer(error: ClientError) -> str:
    problem = error.response.get("Error", {})
    code, message = problem.get("Code", ""), problem.get("Message", "")
    if code in EXPIRED:
        return f"the credentials have expired: {LOGIN}"
    if code in REFUSED:
        return f"AWS does not accept these credentials ({code}): check AWS_PROFILE or the keys"
    if "AccessDenied" in code or code in ("403", "UnauthorizedOperation"):
        return f"not allowed to {error.operation_name} ({message or code}): ask for that permission or use another profile"
    return f"{error.operation_name} answered {code}: {message}"
