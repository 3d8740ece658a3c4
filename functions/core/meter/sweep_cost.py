"""What a sweep costs: quantities, each at its list price, with the source of the price. A report shows it, an estimate predicts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.aws.partitions import partition
from functions.core.meter.quantities import Quantities
from functions.core.money import Price
from functions.core.prices.book import Prices

PER = {"1000-": 1e3, "1M-": 1e6}
"""How a unit of the price book begins, and how many that is."""
ELSEWHERE = "us-east-2"
"""The one region whose DynamoDB rates the book has. They are us-east-1's too: https://airbyte.com/data-engineering-resources/dynamodb-pricing
They stand in within their partition only."""

NOTE = (
    "List prices, no free tier taken off. Requests, metrics and Lambda time are metered; transitions follow from the flow and from how its "
    "units ended. Not in it: log ingestion, X-Ray traces, storage, attempts that were killed or thrown away by AWS, and what the report's "
    "own function does after this sum. Metrics and what is asked about buckets are billed to the account that is scanned."
)

OWN_MACHINE_NOTE = (
    "List prices, no free tier taken off, of the requests that AWS bills: nothing else of a sweep on a person's own machine costs. "
    "Metrics and what is asked about buckets are billed to the account that is scanned."
)


@dataclass(slots=True, frozen=True)
class Item:
    """One line: which of the quantities, in what unit, at which of the book's prices. `lever`: what makes it smaller."""

    what: str
    quantity: str
    unit: str
    service: str
    key: str
    lever: str


BILL = "Cost Explorer"
ITEMS = (
    Item(
        "CloudWatch GetMetricData", "metrics", "metrics", "AmazonCloudWatch", "GetMetricData",
        "fewer resource types or regions, or sweeping less often, asks for fewer metrics; MAX_METRIC_USD ends it",
    ),
    Item(
        BILL, "cost_explorer", "requests", "AWSCostExplorer", "api-request",
        "sweeps on the same day use the answers of the first; COST_CACHE_TTL_MINUTES keeps those about today longer",
    ),
    Item(
        "Lambda duration", "gb_seconds", "GB-seconds", "AWSLambda", "duration.arm.tier1",
        "fewer units (account × region × resource type): skip_regions_without_spend leaves empty regions out",
    ),
    Item("Lambda requests", "invocations", "requests", "AWSLambda", "request", "fewer units (account × region × resource type)"),
    Item(
        "Step Functions transitions", "transitions", "transitions", "AmazonStates", "standard.transition",
        "fewer units (account × region × resource type), and EXPRESS children",
    ),
    Item(
        "Step Functions EXPRESS requests", "express_requests", "requests", "AmazonStates", "express.request",
        "fewer units (account × region × resource type)",
    ),
    Item(
        "Step Functions EXPRESS duration", "express_gb_hours", "GB-hours", "AmazonStates", "express.duration.first-1000-GBh",
        "fewer units (account × region × resource type)",
    ),
    Item(
        "Athena", "athena_tb", "TB", "AmazonAthena", "scan",
        "sweeps use an answer until the export is refreshed; Parquet is read by the column, CSV whole",
    ),
    Item("S3 PUT and LIST requests", "s3_puts", "requests", "AmazonS3", "request.put-list", "fewer units: each writes one object"),
    Item("S3 GET requests", "s3_gets", "requests", "AmazonS3", "request.get", "fewer units: each one's object is read once"),
    Item(
        "S3 LIST requests of scans", "scan_lists", "requests", "AmazonS3", "request.put-list",
        "fewer resource types: only buckets are asked for, each region's in one listing and each one's unfinished uploads",
    ),
    Item(
        "S3 GET requests of scans", "scan_gets", "requests", "AmazonS3", "request.get",
        "fewer resource types: only buckets are asked about, some requests for each",
    ),
    Item("DynamoDB reads", "reads", "read units", "AmazonDynamoDB", "on-demand.read", "a smaller MAX_ADVICE_GROUPS"),
    Item("DynamoDB writes", "writes", "write units", "AmazonDynamoDB", "on-demand.write", "a smaller MAX_ADVICE_GROUPS"),
)  # fmt: skip
BEDROCK = "Bedrock answers"
BEDROCK_LEVER = "MAX_ADVICE_GROUPS, or --no-analyze: the rules' advice is free"
LEVERS = {item.what: item.lever for item in ITEMS} | {BEDROCK: BEDROCK_LEVER}


def priced(quantities: Quantities, region: str, resources: int, note: str = NOTE) -> dict[str, Any]:
    """`sweep_cost` of report.json: lines with a price in `lines`, the most expensive first; those without one in `unpriced`."""
    prices = Prices(region)
    stand_in = Prices(ELSEWHERE if partition(region) == partition(ELSEWHERE) else region)
    lines: list[dict[str, Any]] = []
    unpriced: list[dict[str, Any]] = []
    for item in ITEMS:
        quantity: float = getattr(quantities, item.quantity)
        if not quantity:
            continue
        line = {"what": item.what, "quantity": round(quantity, 6), "unit": item.unit}
        price = prices.price(item.service, item.key) or stand_in.price(item.service, item.key)
        if price is None:
            unpriced.append(line)
        else:
            usd = quantity * price.usd / next((per for start, per in PER.items() if price.unit.startswith(start)), 1)
            lines.append({**line, "usd": round(usd, 9), "source": source(price, region)})
    if quantities.bedrock_usd:
        line = {"what": BEDROCK, "quantity": quantities.tokens, "unit": "tokens"}
        lines.append({**line, "usd": round(quantities.bedrock_usd, 9), "source": "each answer at its model's list price, see advice"})
    if quantities.bedrock_unpriced:
        unpriced.append({"what": f"{BEDROCK} of a model without a known price", "quantity": quantities.bedrock_unpriced, "unit": "answers"})
    lines.sort(key=lambda line: (-line["usd"], line["what"]))
    usd = sum(line["usd"] for line in lines)
    return {
        "usd": round(usd, 6),
        "resources": resources,
        "per_1000_resources_usd": round(1000 * usd / resources, 6) if resources else None,
        "lines": lines,
        "unpriced": unpriced,
        "note": note,
    }


def known(cost: Mapping[str, Any] | None) -> bool:
    """Whether anything of a sweep's cost, also as summary.json has it, has a price; else its sum is not 0 but not known."""
    return cost is not None and bool(cost["usd"] or not cost.get("unpriced"))


def source(price: Price, region: str) -> str:
    """$0.01 per 1000-metrics, us-east-1 (instead of eu-west-1), from …, 2026-10-13."""
    place = price.region if price.region == region else f"{price.region} instead of {region}"
    return f"${price.usd:.10g} per {price.unit}, {place}: {price.source}, {price.as_of}"
