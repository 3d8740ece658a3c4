"""Which execution is a run's: a run is gone on with by one at a time, and a start that was delivered twice is one sweep.

The state table has an item for each run, run#<id> / execution, with the executions that Plan let begin or go on with it. Nobody has to end
that claim, and it does not run out by itself: an execution that was stopped, timed out or lost with its engine could not give it back, and
one that runs for hours must not lose it. Whether it is over is asked of Step Functions, which knows.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from functions.core.aws.refusals import translated
from functions.core.errors import AlreadyStarted, InvalidInput
from functions.core.store.claims import Claims

EXECUTION = "execution"
RUN_SECONDS = 90 * 86_400
"""So long Step Functions knows an execution after its end."""
TOKEN_SECONDS = 4 * 3600
"""So long a start with the same token is the same start: Scheduler tries for an hour (cdk_app/constructs/schedule.py)."""
GOES_ON = frozenset({"RUNNING", "PENDING_REDRIVE"})
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html"""


def once(claims: Claims, token: str, execution: str) -> None:
    """Let a start with this token begin, unless another execution has begun with it: then AlreadyStarted."""
    if not claims.take(f"start#{token}", EXECUTION, execution, TOKEN_SECONDS):
        other = claims.look(f"start#{token}", EXECUTION).holder or execution
        raise AlreadyStarted(
            f"the execution {_name(other)} was started with the same idempotency_token {token}: this start is the same one"
        )


def alone(claims: Claims, stepfunctions: Any, run_id: str, execution: str) -> None:
    """Make the run this execution's. InvalidInput when another one of it still runs, Denied or Throttled when that cannot be said.

    `execution`: its ARN. Asking again for the same execution changes nothing.
    """
    seen = claims.look(f"run#{run_id}", EXECUTION)
    for other in sorted(seen.all - {execution}):
        if _runs(stepfunctions, other):
            raise _still_running(run_id, other)
    if not claims.take(f"run#{run_id}", EXECUTION, execution, RUN_SECONDS, instead_of=seen.holder):
        raise _still_running(run_id, claims.look(f"run#{run_id}", EXECUTION).holder)  # it has come between our look and our claim


def _runs(stepfunctions: Any, execution: str) -> bool:
    try:
        with translated("states", "DescribeExecution"):
            status: str = stepfunctions.describe_execution(executionArn=execution)["status"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return False
    return status in GOES_ON


def _still_running(run_id: str, execution: str) -> InvalidInput:
    return InvalidInput(
        f"resume: run {run_id} is still running, in the execution {_name(execution)}: wait until it ends, or stop it first; "
        "`finops runs` shows it"
    )


def _name(execution: str) -> str:
    return execution.rpartition(":")[2]
