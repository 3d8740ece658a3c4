"""Calls that do something in the world, such as sending a mail: repeated only where it is known that they did nothing.

botocore repeats a request that got no answer, or a 5xx. Of a listing that is right; a mail may have been sent before the answer was lost,
and SES and SNS know no token by which they would see that it is the same one. What was throttled, and a connection that never came about,
did nothing: those are repeated like everything else.
https://docs.aws.amazon.com/boto3/latest/guide/retries.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

from functions.core.aws.refusals import THROTTLED
from functions.core.aws.sessions import own_client

NOTHING_HAPPENED = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
"""No connection: the request was not sent."""
SERVER_ERROR = 500


def effect_client(service: str, region: str) -> Any:
    """A client with the function's own credentials for calls that are not repeated when it is not known whether they worked."""
    client = own_client(service, region)
    client.meta.events.register("needs-retry", _unless_it_may_have_happened, unique_id="effects")  # once, however often it is asked for
    return client


def may_have_happened(error: Exception) -> bool:
    """Whether a call that ended so may have done what was asked all the same."""
    if isinstance(error, ClientError):
        status, code = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0), error.response.get("Error", {}).get("Code")
        return bool(status >= SERVER_ERROR) and code not in THROTTLED
    return not isinstance(error, NOTHING_HAPPENED)


def _unless_it_may_have_happened(response: Any, operation: Any, caught_exception: Exception | None, **_: Any) -> None:
    """After each attempt, before botocore decides about another one: ends the call with its error where that may be once too often."""
    error = caught_exception or (response and "Error" in response[1] and ClientError(response[1], operation.name))
    if error and may_have_happened(error):
        raise error
