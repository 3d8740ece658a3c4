"""Lambda functions: on x86_64, failing, standing ready for nobody, switched off, and never called."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from random import Random

from finops.fleet.bill.billable import Adding
from finops.fleet.register import begins, bills, ends, recipe
from finops.fleet.rules import DAY, SWEEP_AFTER, TWO_WEEKS, WEEK, Rule, not_seen, older_than, seen
from finops.fleet.scope import Scope, tags

FUNCTION = "lambda:function"
LAMBDA = "AWS Lambda"
UNUSED = "lambda-unused"
GB_SECONDS_A_DAY = 1_000.0
"""What a function used: nothing describes that, so it is a little, and the same for each."""
ONE = {FUNCTION: 1}
QUARTER = 90
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return None\n")
    return buffer.getvalue()


CODE = _code()


@begins({})
def function_role(scope: Scope, dice: Random) -> str:
    """The ARN of the role of all functions."""
    name = f"fleet-functions-{scope.region}"
    return str(scope.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"])


@ends
def functions_of_the_analyzer(scope: Scope) -> None:
    """They are swept like any other: the sweeps of today are calls. Of each function that a recipe made, its last day is planted."""
    today = SWEEP_AFTER // DAY
    ours = {arn for (arn, check), _ in scope.book.planted if check == UNUSED}
    for page in scope.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            if function["FunctionArn"] not in ours:
                scope.book.count(FUNCTION)
                scope.book.plant(function["FunctionArn"], UNUSED, unused([today]))


def create(scope: Scope, name: str, dice: Random, architecture: str = "arm64", publish: bool = False) -> str:
    """A function of 1,024 MB; its ARN. Counts it."""
    made: str = scope.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=function_role(scope),
        Handler="index.handler",
        Code={"ZipFile": CODE},
        Architectures=[architecture],
        MemorySize=1024,
        Publish=publish,
        Tags={pair["Key"]: pair["Value"] for pair in tags(name, dice, env="prod")},
    )["FunctionArn"]
    scope.book.count(FUNCTION)
    return made.removesuffix(":1")


def unused(days: Iterable[int] = ()) -> Rule:
    """Neither called (but on these days) nor changed for a quarter: one day every function here is that."""
    return not_seen(QUARTER, days)


def calls(scope: Scope, name: str, a_day: float, failed: float = 0, days: Iterable[int] = TWO_WEEKS) -> None:
    """So many calls of half a second on each of these days, and how many of them failed."""
    points = tuple(days)
    named = {"FunctionName": name}
    scope.daily("AWS/Lambda", "Invocations", named, a_day, points)
    scope.daily("AWS/Lambda", "Duration", named, a_day * 500, points)
    if failed:
        scope.daily("AWS/Lambda", "Errors", named, failed, points)


@recipe(ONE, weight=4)
def function_on_x86(scope: Scope, name: str, dice: Random) -> None:
    """Called, and on the dearer architecture."""
    made = create(scope, name, dice, "x86_64")
    calls(scope, name, dice.randint(10_000, 200_000))
    scope.book.plant(made, "lambda-arm64", seen(14, TWO_WEEKS))
    scope.book.plant(made, UNUSED, unused(TWO_WEEKS))


@recipe(ONE)
def function_on_x86_that_nobody_calls(scope: Scope, name: str, dice: Random) -> None:
    """Another architecture would save nothing."""
    made = create(scope, name, dice, "x86_64")
    scope.book.near_miss(made, "lambda-arm64")
    scope.book.plant(made, UNUSED, unused())


@recipe(ONE, weight=4)
def busy_function(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary. One call in ten fails, which is not more than one in ten."""
    made = create(scope, name, dice)
    calls(scope, name, 50_000, failed=5_000, days=WEEK)
    for check in ("lambda-arm64", "lambda-errors", UNUSED, "lambda-reserved-concurrency-zero"):
        scope.book.near_miss(made, check)
    scope.book.plant(made, UNUSED, unused(WEEK))


@recipe(ONE, weight=1)
def failing_function(scope: Scope, name: str, dice: Random) -> None:
    """Just more than one call in ten fails."""
    made = create(scope, name, dice)
    calls(scope, name, 50_000, failed=5_001, days=WEEK)
    scope.book.plant(made, "lambda-errors", seen(7, WEEK))
    scope.book.plant(made, UNUSED, unused(WEEK))


@recipe(ONE)
def function_switched_off(scope: Scope, name: str, dice: Random) -> None:
    """A reserved concurrency of zero refuses every call."""
    made = create(scope, name, dice)
    scope.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    scope.book.plant(made, "lambda-reserved-concurrency-zero", older_than(30))
    scope.book.plant(made, UNUSED, unused())


@recipe(ONE)
def function_switched_off_today(scope: Scope, name: str, dice: Random) -> None:
    """It was called yesterday: perhaps somebody looks into an incident."""
    made = create(scope, name, dice)
    scope.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    calls(scope, name, 10, days=[1])
    scope.book.near_miss(made, "lambda-reserved-concurrency-zero")
    scope.book.plant(made, "lambda-reserved-concurrency-zero", not_seen(30, [1]))
    scope.book.plant(made, UNUSED, unused([1]))


@recipe(ONE)
def function_with_one_reserved(scope: Scope, name: str, dice: Random) -> None:
    """One at a time is not off."""
    made = create(scope, name, dice)
    scope.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    scope.book.near_miss(made, "lambda-reserved-concurrency-zero")
    scope.book.plant(made, UNUSED, unused())


def _provisioned(scope: Scope, name: str, dice: Random) -> str:
    made = create(scope, name, dice, publish=True)
    scope.client("lambda").put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=5)
    return made


def _utilization(scope: Scope, name: str, share: float) -> None:
    dimensions = {"FunctionName": name, "Resource": f"{name}:1"}
    scope.daily("AWS/Lambda", "ProvisionedConcurrencyUtilization", dimensions, share, TWO_WEEKS)


@recipe(ONE)
def provisioned_for_nobody(scope: Scope, name: str, dice: Random) -> None:
    """Five instances stand ready; no datapoint is no call."""
    made = _provisioned(scope, name, dice)
    scope.book.plant(made, "lambda-unused-provisioned-concurrency", older_than(14))
    scope.book.plant(made, UNUSED, unused())


@recipe(ONE)
def provisioned_and_a_little_used(scope: Scope, name: str, dice: Random) -> None:
    """The busiest moment used a fifth, which is not less than a fifth. When that is long ago, it is waste, too."""
    made = _provisioned(scope, name, dice)
    _utilization(scope, name, 0.2)
    calls(scope, name, 1_000)
    scope.book.near_miss(made, "lambda-unused-provisioned-concurrency")
    scope.book.plant(made, "lambda-unused-provisioned-concurrency", not_seen(14, TWO_WEEKS))
    scope.book.plant(made, UNUSED, unused(TWO_WEEKS))


@recipe(ONE, weight=12)
def function_that_nobody_calls(scope: Scope, name: str, dice: Random) -> None:
    """Ordinary for a quarter; then it is unused."""
    made = create(scope, name, dice)
    scope.book.near_miss(made, UNUSED)
    scope.book.plant(made, UNUSED, unused())


@bills
def functions(adding: Adding) -> None:
    """Their duration."""
    for function in adding.listed("lambda", "list_functions", "Functions"):
        arm = function.get("Architectures") == ["arm64"]
        name, key = ("Lambda-GB-Second-ARM", "duration.arm.tier1") if arm else ("Lambda-GB-Second", "duration.x86.tier1")
        adding.some(LAMBDA, name, "AWSLambda", key, GB_SECONDS_A_DAY, "Lambda-GB-Second")
