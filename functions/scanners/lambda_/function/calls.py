"""Lambda functions whose calls cost more than they need to: on x86_64 where arm64 is cheaper, or failing and paid all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.lambda_.function.collector import DAYS_PER_MONTH, Function, compute, lambda_functions


def _named(function: Function) -> Mapping[str, str]:
    """All versions and aliases of the function together."""
    return {"FunctionName": function.id}


# Lambda sends metrics about an invocation when it ends, and none while there is no invocation: the older reference says of each of these
# that it is sent only with a nonzero value. So no datapoint is no call, and no error.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/lam-metricscollected.html
def invocations(window: str) -> Metric:
    """Calls that ran, failed ones included, over the days of a threshold."""
    return Metric("AWS/Lambda", "Invocations", "Sum", _named, window=window, sparse=True)


def _milliseconds(window: str) -> Metric:
    return Metric("AWS/Lambda", "Duration", "Sum", _named, window=window, sparse=True)


INVOCATIONS, DURATION = invocations("window_days"), _milliseconds("window_days")

# Managed runtimes that have no arm64 edition; every later one has. "provided" runtimes run the user's own binary.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html and, for the retired ones,
# https://docs.aws.amazon.com/toolkit-for-jetbrains/latest/userguide/lambda-runtimes.html
MANAGED = re.compile(r"(python|nodejs|java|dotnet|ruby)")
X86_ONLY = re.compile(r"python(2\.7|3\.[67])|nodejs((4\.3|6\.10|8\.10)?|10\.x|4\.3-edge)|java8|dotnetcore[12]\.[01]|ruby2\.5")


def _could_be_arm(function: Function, limits: Limits) -> bool | InsufficientData:
    if function.architecture != "x86_64" or X86_ONLY.fullmatch(function.runtime):
        return False
    if not MANAGED.match(function.runtime):
        return InsufficientData("a container image or a custom runtime holds binaries of its own")
    return _on_demand(function, limits)


def _on_demand(function: Function, limits: Limits) -> bool | InsufficientData:
    return function.on_demand or InsufficientData("it runs on instances of a capacity provider, which bill whatever it does")


CODE_FIRST = (
    "code=$(aws lambda get-function --region {region} --function-name {id} --query Code.Location --output text)",
    'curl -fsS -o {id}.zip "$code"',
)
"""The first steps of what replaces or deletes code: it is downloaded. A container image has none; it is in its registry."""
UPDATE = (
    "aws lambda update-function-code --region {region} --function-name {id} --architectures arm64 --zip-file fileb://package-for-arm64.zip"
)


@check(
    id="lambda-arm64",
    title="Lambda function would cost less on arm64",
    over=lambda_functions,
    thresholds={"window_days": Threshold(14, "two weeks of calls represent a month", minimum=1)},
    metrics=[INVOCATIONS, DURATION],
    candidate=_could_be_arm,
    goes_on=lambda function, limits: function.usage[INVOCATIONS].total > 0,
    reference="https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html",
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(*CODE_FIRST, f"{UPDATE} --dry-run", UPDATE),
    undo="Update the code again, with --architectures x86_64 and the code that was downloaded first.",
)
def arm64(function: Function, limits: Limits, prices: Prices) -> Verdict:
    """arm64 bills a fifth less for each GB-second. The saving is for the measured running time, assuming the same speed.

    Pure Python, Node.js, Java, .NET and Ruby code runs unchanged; compiled parts and layers must exist for arm64. Container images and
    "provided" runtimes are left out: they contain binaries of their own.
    """
    calls, duration = function.usage[INVOCATIONS], function.usage[DURATION]
    if calls.total <= 0:
        return None
    monthly = function.gb_seconds(duration.total) * DAYS_PER_MONTH / limits.window_days
    return Waste(
        savings=saves(compute(function, monthly, prices) - compute(function, monthly, prices, "arm64")),
        evidence={
            "architecture": function.architecture,
            "runtime": function.runtime,
            "memory_mb": function.memory_mb,
            "invocations": calls.total,
            "gb_seconds_a_month": round(monthly, 3),
            "days_with_calls": calls.count,
            "window_days": limits.window_days,
        },
    )


CALLS, ERRORS, TIME = (
    invocations("error_days"),
    Metric("AWS/Lambda", "Errors", "Sum", _named, window="error_days", sparse=True),
    _milliseconds("error_days"),
)


@check(
    id="lambda-errors",
    title="Lambda function had a high error rate on at least one day",
    over=lambda_functions,
    thresholds={
        "error_days": Threshold(7, "what failed last week is worth fixing now", minimum=1),
        "max_error_share": Threshold(0.1, "AWS's own check warns at one in ten", maximum=1),
    },
    metrics=[ERRORS, CALLS, TIME],
    candidate=_on_demand,
    goes_on=lambda function, limits: function.usage[ERRORS].total > 0,
    reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command="aws logs tail /aws/lambda/{id} --region {region} --since 7d --filter-pattern ERROR",
    undo="Nothing to undo: a fix changes only the code.",
)
def errors(function: Function, limits: Limits, prices: Prices) -> Verdict:
    """On at least one day more than one call in ten failed. Failed calls are billed, and asynchronous ones are retried. Fix the cause.

    The saving counts the failed calls of the window, each as a request with the running time of an average call, as if the whole month were
    like that.
    """
    calls, failed, time = function.usage[CALLS], function.usage[ERRORS], function.usage[TIME]
    calls_on = dict(zip(calls.times, calls.values, strict=True))
    worst = max((count / calls_on[day] for day, count in zip(failed.times, failed.values, strict=True) if calls_on.get(day)), default=0.0)
    if worst <= limits.max_error_share:
        return None
    share = failed.total / calls.total * DAYS_PER_MONTH / limits.error_days
    bill = compute(function, function.gb_seconds(time.total) * share, prices)
    bill += prices.monthly("AWSLambda", "request", calls.total * share / 1_000_000, "million requests")
    if disk := function.disk_gb_seconds(time.total):
        bill += prices.monthly("AWSLambda", "ephemeral-storage-over-512MB", disk * share, "GB-s of ephemeral storage")
    return Waste(
        savings=saves(bill),
        evidence={
            "worst_day_error_share": round(worst, 4),
            "errors": failed.total,
            "invocations": calls.total,
            "average_ms": round(time.total / calls.total, 3),
            "memory_mb": function.memory_mb,
            "window_days": limits.error_days,
        },
    )
