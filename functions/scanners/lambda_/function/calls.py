"""Lambda functions whose calls cost more than they need to: on x86_64 where arm64 is cheaper, or failing and paid all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, Evidence, InsufficientData, Level, Waste
from functions.core.money import Amount, Savings, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Dimensions, Metric
from functions.scanners.lambda_.function.collector import (
    DAYS_PER_MONTH,
    OF_LATEST,
    SERVICE,
    Function,
    chip,
    kept_ready,
    lambda_functions,
    running,
)


def _named(function: Function) -> Mapping[str, str]:
    """All versions and aliases of the function together."""
    return {"FunctionName": function.id}


def qualified(function: Function) -> Sequence[Dimensions]:
    """Each version and alias that has provisioned concurrency: none for a function without, which is then asked nothing."""
    return [{"FunctionName": function.id, "Resource": f"{function.id}:{part.qualifier}"} for part in function.provisioned]


# Lambda sends metrics about an invocation when it ends, and none while there is no invocation: the older reference says of each of these
# that it is sent only with a nonzero value. So no datapoint is no call, and no error.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/lam-metricscollected.html
def invocations(window: str) -> Metric:
    """Calls that ran, failed ones included, over the days of a threshold."""
    return Metric("AWS/Lambda", "Invocations", "Sum", _named, window=window, sparse=True)


def _milliseconds(window: str) -> Metric:
    return Metric("AWS/Lambda", "Duration", "Sum", _named, window=window, sparse=True)


def on_provisioned(window: str) -> Metric:
    """Calls that ran on provisioned concurrency, whose running time has another rate; with the spillover they are all calls.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
    """
    return Metric("AWS/Lambda", "ProvisionedConcurrencyInvocations", "Sum", qualified, window=window, sparse=True)


INVOCATIONS, DURATION, PROVISIONED = invocations("window_days"), _milliseconds("window_days"), on_provisioned("window_days")


def provisioned_share(function: Function, metric: Metric, calls: float) -> float:
    """The share of the calls that ran on provisioned concurrency, 0 to 1. Lambda counts calls by it, and not their running time."""
    if not function.provisioned or calls <= 0:
        return 0.0
    return min(1.0, sum(series.total for series in function.usage.each(metric)) / calls)


def _saves(cost: Callable[[float], Amount], share: float) -> Savings:
    """A saving whose running time is shared like the calls. Where both kinds ran, it may all have been of either: low and high."""
    return saves(cost(share)) if share in (0.0, 1.0) else saves(cost(share), low=cost(1.0), high=cost(0.0))


def _coverable(function: Function, share: float, savings: Savings) -> Coverable:
    """A Compute Savings Plan pays for running time, on demand and provisioned: the larger part tells which.

    https://docs.aws.amazon.com/savingsplans/latest/userguide/plan-types.html
    """
    return Coverable(SERVICE, f"{'provisioned-duration' if share > 0.5 else 'duration'}.{chip(function.architecture)}", savings.likely)


def _shared(function: Function, share: float) -> Evidence:
    """Said only of a function that has provisioned concurrency."""
    return {"share_of_calls_on_provisioned_concurrency": round(share, 4)} if function.provisioned else {}


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
    metrics=[INVOCATIONS, DURATION, PROVISIONED],
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

    Where a function has provisioned concurrency, what is kept ready is in it, and calls that ran on it have that rate.
    Pure Python, Node.js, Java, .NET and Ruby code runs unchanged; compiled parts and layers must exist for arm64. Container images and
    "provided" runtimes are left out: they contain binaries of their own.
    """
    calls, duration = function.usage[INVOCATIONS], function.usage[DURATION]
    if calls.total <= 0:
        return None
    monthly = function.gb_seconds(duration.total) * DAYS_PER_MONTH / limits.window_days
    share = provisioned_share(function, PROVISIONED, calls.total)

    def bill(architecture: str, provisioned: float) -> Amount:
        total = running(monthly, provisioned, prices, architecture)
        for part in function.provisioned:
            total += kept_ready(function, part, prices, architecture)
        return total

    savings = _saves(lambda provisioned: bill(function.architecture, provisioned) - bill("arm64", provisioned), share)
    return Waste(
        savings=savings,
        coverable=_coverable(function, share, savings),
        note=OF_LATEST if function.provisioned else "",
        evidence={
            **_shared(function, share),
            "architecture": function.architecture,
            "runtime": function.runtime,
            "memory_mb": function.memory_mb,
            "invocations": calls.total,
            "gb_seconds_a_month": round(monthly, 3),
            "days_with_calls": calls.count,
            "window_days": limits.window_days,
        },
    )


CALLS, ERRORS, TIME, READY = (
    invocations("error_days"),
    Metric("AWS/Lambda", "Errors", "Sum", _named, window="error_days", sparse=True),
    _milliseconds("error_days"),
    on_provisioned("error_days"),
)


@check(
    id="lambda-errors",
    title="Lambda function had a high error rate on at least one day",
    over=lambda_functions,
    thresholds={
        "error_days": Threshold(7, "what failed last week is worth fixing now", minimum=1),
        "max_error_share": Threshold(0.1, "AWS's own check warns at one in ten", maximum=1),
    },
    metrics=[ERRORS, CALLS, TIME, READY],
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
    failed_share = failed.total / calls.total * DAYS_PER_MONTH / limits.error_days
    monthly = function.gb_seconds(time.total) * failed_share
    beside = prices.monthly("AWSLambda", "request", calls.total * failed_share / 1_000_000, "million requests")
    if disk := function.disk_gb_seconds(time.total):
        beside += prices.monthly("AWSLambda", "ephemeral-storage-over-512MB", disk * failed_share, "GB-s of ephemeral storage")
    share = provisioned_share(function, READY, calls.total)
    savings = _saves(lambda provisioned: running(monthly, provisioned, prices, function.architecture) + beside, share)
    return Waste(
        savings=savings,
        coverable=_coverable(function, share, savings),
        note=OF_LATEST if function.provisioned else "",
        evidence={
            **_shared(function, share),
            "worst_day_error_share": round(worst, 4),
            "errors": failed.total,
            "invocations": calls.total,
            "average_ms": round(time.total / calls.total, 3),
            "memory_mb": function.memory_mb,
            "window_days": limits.error_days,
        },
    )
