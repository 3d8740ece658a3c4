"""AWS Lambda: functions, and the concurrency that is kept ready for them."""

from __future__ import annotations

from functions.core.prices.products import Rate, Tier, by_usage_and, products
from functions.core.services import NOBODY, PlanUsage, Request, service

BILLED_AS = "AWS Lambda"

LAMBDA = service(
    "lambda",
    name="AWS Lambda",
    category="Compute",
    short="Lambda",
    billed_as=(BILLED_AS,),
    prices_from=("AWSLambda",),
    iam_prefixes={"resourcegroupstaggingapi": "tag"},
    gone=frozenset({"ResourceNotFoundException", "ProvisionedConcurrencyConfigNotFoundException"}),
    requests={
        f"lambda:{operation}": lambda arn, operation=operation: Request("lambda", operation, {"FunctionName": NOBODY})
        for operation in ("GetFunctionConcurrency", "ListProvisionedConcurrencyConfigs")
    },
    plan_usage=PlanUsage(
        product="AWSLambda",
        billed_as=BILLED_AS,
        # Running time and provisioned concurrency, never requests. https://docs.aws.amazon.com/savingsplans/latest/userguide/plan-types.html
        usage={
            f"Lambda-{usage}{suffix}": f"{of}.{chip}"
            for usage, of in (
                ("GB-Second", "duration"),
                ("Provisioned-GB-Second", "provisioned-duration"),
                ("Provisioned-Concurrency", "provisioned-concurrency"),
            )
            for suffix, chip in (("", "x86"), ("-ARM", "arm"))
        },
        plans=frozenset({"compute"}),
    ),
)

_RATES = {
    ("Request", "AWS-Lambda-Requests"): Rate("request", "1M-requests"),
    ("Lambda-GB-Second", "AWS-Lambda-Duration"): Rate("duration.x86.tier1", "GB-second", Tier.FIRST),
    ("Lambda-GB-Second-ARM", "AWS-Lambda-Duration-ARM"): Rate("duration.arm.tier1", "GB-second", Tier.FIRST),
    ("Lambda-Provisioned-Concurrency", "AWS-Lambda-Provisioned-Concurrency"): Rate("provisioned-concurrency.x86", "GB-second"),
    ("Lambda-Provisioned-Concurrency-ARM", "AWS-Lambda-Provisioned-Concurrency-ARM"): Rate("provisioned-concurrency.arm", "GB-second"),
    ("Lambda-Provisioned-GB-Second", "AWS-Lambda-Duration-Provisioned"): Rate("provisioned-duration.x86", "GB-second"),
    ("Lambda-Provisioned-GB-Second-ARM", "AWS-Lambda-Duration-Provisioned-ARM"): Rate("provisioned-duration.arm", "GB-second"),
}
"""By usage type and group: what calls run for, on demand or on provisioned concurrency, and what that costs while it is kept ready."""

products("AWSLambda", by_usage_and("group", "AWSLambda", BILLED_AS, _RATES, productFamily="Serverless"))
