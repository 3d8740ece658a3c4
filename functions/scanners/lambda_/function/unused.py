"""Lambda functions that nobody calls, that are switched off, or that pay for instances that stand ready and wait.

Importing this module registers all checks of functions; those about what a call costs are in `calls`.
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Coverable, Level, Waste
from functions.core.money import HYGIENE, NOTHING, saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.usage import Metric
from functions.scanners.lambda_.function.calls import CODE_FIRST, invocations, qualified
from functions.scanners.lambda_.function.collector import OF_LATEST, SERVICE, Function, Provisioned, chip, kept_ready, lambda_functions

INVOCATIONS, LAST_CALLS = invocations("unused_days"), invocations("min_days")
DELETE = "aws lambda delete-function --region {region} --function-name {id}"

# Lambda emits the count of provisioned instances in use with each invocation of the version or alias: without one there is no datapoint.
# It is a share: 0.5 is half of what is provisioned. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
UTILIZATION = Metric("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Maximum", qualified, sparse=True)


def _settled(part: Provisioned, limits: Limits) -> bool:
    return part.instances > 0 and limits.days_since(part.since) >= limits.window_days


@check(
    id="lambda-unused-provisioned-concurrency",
    title="Lambda function hardly uses its provisioned concurrency",
    over=lambda_functions,
    thresholds={
        "window_days": Threshold(14, "two weeks see every weekly peak twice", minimum=1),
        "max_utilization": Threshold(0.2, "at its busiest moment, four in five instances were idle", maximum=1, seen="utilization_at_most"),
    },
    metrics=[UTILIZATION],
    candidate=lambda function, limits: any(_settled(part, limits) for part in function.provisioned),
    reference="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    action=Action.SCALE_IN,
    confidence=Confidence.MEDIUM,
    command="aws lambda delete-provisioned-concurrency-config --region {region} --function-name {id} --qualifier {qualifier}",
    undo="aws lambda put-provisioned-concurrency-config with the number of instances in the evidence; they are ready within minutes.",
)
def unused_provisioned_concurrency(function: Function, limits: Limits, prices: Prices) -> Verdict:
    """Instances that are kept ready are billed every second, used or not. Keep as many as the busiest moment needs, or none.

    Likely is what the busiest moment did not use; high is all of it, where calls can wait for a cold start.
    """
    wasteful = [
        (part, series.maximum)
        for part, series in zip(function.provisioned, function.usage.each(UTILIZATION), strict=True)
        if _settled(part, limits) and series.maximum < limits.max_utilization
    ]
    if not wasteful:
        return None
    unused, whole = NOTHING, NOTHING
    for part, utilization in wasteful:
        amount = kept_ready(function, part, prices, function.architecture)
        unused += amount.times(1 - utilization, f"{1 - utilization:.4g} unused")
        whole += amount
    largest, _ = max(wasteful, key=lambda found: found[0].instances)
    savings = saves(unused, high=whole)
    return Waste(
        savings=savings,
        coverable=Coverable(SERVICE, f"provisioned-concurrency.{chip(function.architecture)}", savings.likely),
        evidence={
            "qualifiers": ", ".join(part.qualifier for part, _ in wasteful),
            "provisioned": sum(part.instances for part, _ in wasteful),
            "utilization_at_most": max(utilization for _, utilization in wasteful),
            "memory_mb": function.memory_mb,
            "window_days": limits.window_days,
        },
        confidence=Confidence.HIGH,
        note=OF_LATEST,
        values={"qualifier": largest.qualifier},
    )


@check(
    id="lambda-unused",
    title="Lambda function has not been called for months",
    over=lambda_functions,
    thresholds={
        "unused_days": Threshold(
            90, "a quarter sees every monthly job three times, and most quarterly ones once", minimum=1, seen="days_since_modified"
        )
    },
    metrics=[INVOCATIONS],
    candidate=lambda function, limits: limits.days_since(function.last_modified) >= limits.unused_days,
    reference="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    action=Action.DELETE,
    effort=Level.VERY_LOW,
    confidence=Confidence.MEDIUM,
    command=(*CODE_FIRST, DELETE),
    undo="Deploy it again with the code that was downloaded first; its triggers, versions and permissions have to be made anew.",
    hygiene=True,
)
def unused(function: Function, limits: Limits, prices: Prices) -> Verdict:
    """A function that nobody has called or changed for months costs next to nothing, but must still be patched and watched. Delete it."""
    if function.usage[INVOCATIONS].total > 0:
        return None
    # A Lambda@Edge function is made in us-east-1, and its calls are counted where its viewers are.
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
    edge = function.region == "us-east-1"
    return Waste(
        savings=HYGIENE,
        evidence={
            "invocations": 0,
            "window_days": limits.unused_days,
            "last_modified": function.last_modified.isoformat(),
            "days_since_modified": round(limits.days_since(function.last_modified), 1),
        },
        confidence=Confidence.LOW if edge else None,
        note="If it belongs to a CloudFront distribution (Lambda@Edge), its calls are counted in other regions." if edge else "",
        command="" if function.runtime else DELETE,  # a container image has no runtime, and no code to download
    )


def _switched_off(function: Function, limits: Limits) -> bool:
    return function.reserved == 0 and limits.days_since(function.last_modified) >= limits.min_days


@check(
    id="lambda-reserved-concurrency-zero",
    title="Lambda function is switched off by a reserved concurrency of zero",
    over=lambda_functions,
    thresholds={
        "min_days": Threshold(
            30, "a function that is only paused will be needed again within a month", minimum=1, maximum=455, seen="days_since_modified"
        )
    },
    metrics=[LAST_CALLS],
    candidate=_switched_off,
    reference="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    action=Action.REVIEW,
    effort=Level.VERY_LOW,
    command="aws lambda list-event-source-mappings --region {region} --function-name {id}",
    undo="Nothing to undo: it only lists what would call the function again.",
    afterwards="Where it is to run again, aws lambda delete-function-concurrency; where nobody needs it, aws lambda delete-function.",
    hygiene=True,
)
def reserved_concurrency_zero(function: Function, limits: Limits, prices: Prices) -> Verdict:
    """With a reserved concurrency of zero every call is refused. Decide whether the function should run again or be deleted.

    AWS does not say since when: no call has run for a month, so it is not a function that was switched off for an incident today.
    """
    if not _switched_off(function, limits) or function.usage[LAST_CALLS].total > 0:
        return None
    return Waste(
        savings=HYGIENE,
        evidence={
            "reserved_concurrency": 0,
            "invocations": 0,
            "window_days": limits.min_days,
            "last_modified": function.last_modified.isoformat(),
            "days_since_modified": round(limits.days_since(function.last_modified), 1),
        },
        note="AWS does not say since when it has been switched off, only when the function was last modified.",
    )
