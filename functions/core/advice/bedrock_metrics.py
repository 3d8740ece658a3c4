"""The metrics of one attempt to get advice from Bedrock, in embedded metric format.

BedrockAPICall counts requests, CircuitBreakerOpen how often the circuit breaker opened, and Errors, by ErrorType, why there was no answer.
Zeros are written as well, so that an alarm can tell "no errors" from "no attempt".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit

from functions.core.advice.breaker import State
from functions.core.errors import BedrockOutage, BedrockRefused, BedrockTimeout, CircuitOpen
from functions.core.meter.run_metrics import document
from functions.core.telemetry import logger

ERROR_TYPES = ("CircuitBreakerOpen", "BedrockError", "TimeoutError")
"""As the deployment guide's alarms name them."""


@dataclass(slots=True)
class Attempt:
    """What is counted."""

    calls: int = 0
    opened: int = 0

    def changed(self, before: State, after: State) -> None:
        """The circuit breaker changed its state."""
        self.opened += after is State.OPEN
        logger.warning("circuit breaker", before=before.value, after=after.value)


def error_type(error: Exception) -> str:
    """The ErrorType of an error that ends an attempt."""
    if isinstance(error, CircuitOpen):
        return "CircuitBreakerOpen"
    return "TimeoutError" if isinstance(error, BedrockTimeout) else "BedrockError"


@contextmanager
def counted(namespace: str | None) -> Iterator[Attempt]:
    """Writes the metrics of its block when that ends, however it ends; nothing when `namespace` is None."""
    attempt, failed = Attempt(), None
    try:
        yield attempt
    except (BedrockOutage, BedrockRefused, CircuitOpen) as error:
        failed = error_type(error)
        raise
    finally:
        if namespace is not None:
            _emit(namespace, attempt, failed)


def _emit(namespace: str, attempt: Attempt, failed: str | None) -> None:
    made = document(namespace)
    made.add_metric("BedrockAPICall", MetricUnit.Count, attempt.calls)
    made.add_metric("CircuitBreakerOpen", MetricUnit.Count, attempt.opened)
    made.flush_metrics()
    for name in ERROR_TYPES:
        errors = document(namespace)
        errors.add_dimension("ErrorType", name)
        errors.add_metric("Errors", MetricUnit.Count, int(name == failed))
        errors.flush_metrics()
