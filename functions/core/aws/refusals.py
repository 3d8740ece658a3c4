"""What AWS's refusals mean: a permission that is missing, a request to slow down, a resource that is gone, or no answer at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from functions.core.errors import Denied, Throttled, TokenRefused
from functions.core.services import registered

DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation", "UnauthorizedOperationException",
    "AuthorizationError", "AuthorizationErrorException", "UnauthorizedException", "UnauthorizedClientException", "UnauthorizedAccess",
    "NotAuthorized", "NotAuthorizedException", "AuthFailure", "ExplicitDeny", "Forbidden", "ForbiddenException",
    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "MissingAuthenticationToken",
    "OptInRequired", "OptInRequiredException", "SubscriptionRequiredException", "NotSignedUp",
    "RegionDisabledException", "DisabledApiException",
    "PendingVerification", "Blocked", "BlockedException", "BlockedByOrganizationPolicyException",
    "AccountProblem", "AccountDisabled", "AccountSuspendedException", "AllAccessDisabled", "AccountOwnerNotVerifiedException",
})  # fmt: skip
"""Refusals that stay: a permission, an SCP, a region or service that the account has not enabled, an account that AWS keeps from it.

The lists of common errors: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (Blocked, OptInRequired,
PendingVerification, AuthFailure), https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (NotAuthorized,
InvalidClientTokenId, UnrecognizedClientException), https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (AccountProblem,
AllAccessDisabled, NotSignedUp, InvalidAccessKeyId); and botocore's models: RegionDisabledException (sts),
SubscriptionRequiredException (bedrock-agentcore), OptInRequiredException (compute-optimizer), AccountSuspendedException (sesv2),
BlockedException (ecs), AccessDeniedFault (dms), UnauthorizedClientException (chime), UnauthorizedOperationException (workdocs), ….
"""
REFUSED_STATUS = frozenset({401, 403})
"""By HTTP a refusal too, whatever its code is: those that no list of AWS's has (Support: SubscriptionRequiredException) come with these."""
TOKEN_REFUSED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken", "TokenRefreshRequired"})
"""The session's token has expired, or the region does not take it. In the lists of common errors above; InvalidToken and
TokenRefreshRequired in that of S3."""
THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "BandwidthLimitExceeded", "PriorRequestNotComplete", "SlowDown", "EC2ThrottledException",
    "ProvisionedThroughputExceededException", "TransactionInProgressException",
})  # fmt: skip

NOT_OFFERED = frozenset({"InvalidAction", "NotImplemented", "UnknownOperationException"})
"""How an endpoint without the operation answers (the embedded AWS: InvalidAction)."""

UNREACHABLE = BotoCoreError
"""What botocore raises when there was no answer at all (no route, no such endpoint, a read timeout)."""


FORBIDDEN = {
    "a service control policy": r"service[ -]control[ -]polic|\b(?:by|in) (?:an? |the )?SCPs?\b",
    "a resource control policy": r"resource[ -]control[ -]polic|\b(?:by|in) (?:an? |the )?RCPs?\b",
    "a policy of the organization": r"BlockedByOrganizationPolicy|organizations?(?:'s)? polic|declarative polic",
    "a permissions boundary": r"permissions?[ -]boundar",
    "a VPC endpoint policy": r"VPC[ -]endpoint[ -]polic",
    "a session policy": r"session[ -]polic",
    "an identity-based policy": r"explicit(?:ly)? den\w+ (?:in|by) an? identity[ -]based",
    "a resource-based policy": r"explicit(?:ly)? den\w+ (?:in|by) an? resource[ -]based",
    "a policy": r"explicit(?:ly)? den|explicitdeny",
}
"""What forbids what a role allows → how AWS words it, in a message or a code. Not a missing permission: no role of ours changes it.

Most services end with "with an explicit deny in a service control policy", since 2025 with its ARN, or "because no service control policy
allows the … action"; older answers name no policy, "with an explicit deny", and some services no reason at all.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html#access-denied-error-examples
"""


def forbidden_by(said: str) -> str:
    """What forbids it, of FORBIDDEN; "" where a permission is missing, or the refusal does not say. `said`: AWS's code and message."""
    return next((policy for policy, words in FORBIDDEN.items() if re.search(words, said, re.IGNORECASE)), "")


def iam_action(service: str, operation: str) -> str:
    """The IAM action behind an API operation: elbv2's DescribeTags is elasticloadbalancing:DescribeTags."""
    named = f"{service}:{operation}"
    if known := next((card.iam_actions[named] for card in registered() if named in card.iam_actions), ""):
        return known
    prefix = next((card.iam_prefixes[service] for card in registered() if service in card.iam_prefixes), service)
    return f"{prefix}:{operation}"


def gone() -> frozenset[str]:
    """How the services that are scanned here say that a resource does not exist."""
    return frozenset(code for card in registered() for code in card.gone)


def passing(answer: Mapping[str, Any] | None, error: Exception | None) -> bool:
    """Whether a failed request may do better when it is repeated: throttled, a failure on AWS's side, or no `answer` but an `error`."""
    if answer is None:
        return isinstance(error, NoConnection | HTTPClientError)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
    return status >= 500 or status == 429 or answer.get("Error", {}).get("Code") in THROTTLED


class NotOffered(ClientError):
    """The endpoint has no such operation: older than the operation, or in a place where the service does without it."""


class translated:
    """`with translated(service, operation):` turns botocore's ClientError into Denied (TokenRefused where it is the session's token that is
    refused), Throttled or NotOffered where it is one."""

    def __init__(self, service: str, operation: str) -> None:
        self.action = iam_action(service, operation)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            message = error.response.get("Error", {}).get("Message", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if code in TOKEN_REFUSED:
                raise TokenRefused(self.action, f"{code}: {message}") from error
            if code in THROTTLED:
                raise Throttled(f"{self.action}: {code}: {message}") from error
            if code in NOT_OFFERED:
                raise NotOffered(error.response, error.operation_name) from error
            if code in DENIED or (status in REFUSED_STATUS and code not in gone()):
                policy = forbidden_by(message)  # AWS says it last, and a mail shows only the beginning
                raise Denied(self.action, f"{f'forbidden by {policy}: ' if policy else ''}{code}: {message}") from error


@contextmanager
def unless_gone() -> Iterator[None]:
    """Ends its block early, and quietly, when AWS says that what we ask about does not exist: it was deleted after we listed it.

    For the calls that a collector makes once for each resource: without this, one deletion in the wrong second fails a whole unit.
    """
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in gone():
            raise
