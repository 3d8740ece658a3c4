"""What can go wrong, each with its own name: the state machine's Retry and Catch, the ledger and the report go by these names."""

from __future__ import annotations


class FinOpsError(Exception):
    """The root of our own errors."""


class InvalidInput(FinOpsError):
    """The sweep was asked for something that is not possible: refused before anything is scanned, with the key and what is allowed."""


class InvalidSuppressions(InvalidInput):
    """config/suppressions.toml is wrong when Rank reads it: it was changed after Plan had read it. What was scanned is kept."""


class AlreadyStarted(FinOpsError):
    """The same start was delivered before, to another execution: this one ends at once, and well. The state machine catches it."""


class Denied(FinOpsError):
    """AWS refused the call: a permission, an SCP, or a region that is not enabled. Trying again does not help."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action}: {message}")
        self.action = action


class NotEnrolled(FinOpsError):
    """The account does not use what would tell: nobody may conclude from it that there is nothing. It says what to switch on."""


class TokenRefused(Denied):
    """AWS does not take the token of our session: it has expired, or is none for this region. New credentials may be taken."""


class Throttled(FinOpsError):
    """AWS asked us to slow down and botocore's own retries are spent; the state machine retries."""


class OrganizationError(FinOpsError):
    """The organization's accounts cannot be listed, or not all of them: no list is made of those that were seen."""


class OutOfTime(FinOpsError):
    """The scan's time budget is spent."""

    def __init__(self) -> None:
        super().__init__("the scan's time budget is spent")


class CannotResume(FinOpsError):
    """A scan cannot go on where an earlier one stopped: AWS does not know the page token any more, or what was found is not there."""


class BedrockOutage(FinOpsError):
    """Bedrock gave no answer, this time. The state machine asks again, and the circuit breaker counts it."""


class BedrockThrottled(BedrockOutage):
    """Bedrock asked us to slow down, or a quota of the account is used up."""


class BedrockTimeout(BedrockOutage):
    """Bedrock, or the model behind it, did not answer in time."""


class BedrockUnavailable(BedrockOutage):
    """Bedrock could not be reached, or failed on its side (5xx), or the model is not ready or failed."""


class BedrockRefused(FinOpsError):
    """No advice came of it, and asking the same again gives none: the answer is not what was asked for. Bedrock itself is up.

    It was paid for all the same: `input_tokens` and `output_tokens`.
    """

    def __init__(self, message: str, input_tokens: int = 0, output_tokens: int = 0) -> None:
        super().__init__(message)
        self.input_tokens, self.output_tokens = input_tokens, output_tokens


class BedrockDenied(BedrockRefused):
    """Bedrock will not serve this request at all: no access, no such model, or a request that it calls invalid. A person must act."""


class CircuitOpen(FinOpsError):
    """Not asked: Bedrock is known to be down, and the next probe is not due, or somebody else's is under way."""


LONGEST_WORD = 60
"""Characters; what is longer may be cut anywhere."""


def short(text: str, chars: int) -> str:
    """What went wrong in so many characters at most, cut between two words."""
    if len(text) <= chars:
        return text
    kept = text[: chars - 1]
    whole = kept if text[chars - 1].isspace() else kept.rpartition(" ")[0]
    return (whole if whole and len(kept) - len(whole) <= LONGEST_WORD else kept).rstrip() + "…"
