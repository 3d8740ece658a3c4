"""AWS Cost Optimization Hub: what AWS itself recommends, mostly by Compute Optimizer. Neither bills anything for what is asked here.

https://docs.aws.amazon.com/cost-management/latest/userguide/cost-optimization-hub.html
"""

from __future__ import annotations

from functions.core.services import NOBODY, Enrolment, Request, service

HUB = Enrolment(
    "AWS Cost Optimization Hub",
    Request("cost-optimization-hub", "ListEnrollmentStatuses"),
    "enable it, free of charge, in the console of Billing and Cost Management (an organization's management account can do it for all "
    "accounts); it takes up to 24 hours until there are recommendations",
    listed="items",
)
"""https://docs.aws.amazon.com/cost-management/latest/userguide/coh-getting-started.html"""
COMPUTE_OPTIMIZER = Enrolment(
    "AWS Compute Optimizer",
    Request("compute-optimizer", "GetEnrollmentStatus"),
    "opt in, free of charge, in the console of Compute Optimizer (an organization's management account can do it for all accounts); Cost "
    "Optimization Hub has from it what it recommends for resources, and it takes up to 24 hours",
)
"""https://docs.aws.amazon.com/compute-optimizer/latest/ug/getting-started.html"""

COST_OPTIMIZATION_HUB = service(
    "cost-optimization-hub",
    name=HUB.name,
    category="Management and Governance",
    short="AWS",
    billed_as=(),
    prices_from=(),
    free="recommendations bill nothing, and are priced by AWS",
    gone=frozenset({"ResourceNotFoundException"}),
    requests={
        "cost-optimization-hub:GetRecommendation": lambda arn: Request(
            "cost-optimization-hub", "GetRecommendation", {"recommendationId": NOBODY}
        )
    },
    enrolments=(HUB, COMPUTE_OPTIMIZER),
)
