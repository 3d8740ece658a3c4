"""Lambda functions as the checks see them: their settings, and the concurrency that is kept for them.

ListFunctions gives neither concurrency nor tags. Concurrency takes two calls a function, made only when the function's turn comes, so
that what was read is kept when the time runs out; the tags of all functions come from the tagging service, a hundred functions a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws, unless_gone
from functions.core.model import Resource
from functions.core.money import HOURS_PER_MONTH, SECONDS_PER_MONTH, Amount
from functions.core.prices.book import Prices
from functions.core.prices.places import RegionWide
from functions.core.registry import collector
from functions.scanners.lambda_.bills import FUNCTION, PROVISIONED

SERVICE = "AWSLambda"
DAYS_PER_MONTH = HOURS_PER_MONTH / 24
FREE_DISK_MB = 512
OF_LATEST = "Memory and architecture are those of $LATEST: the versions that are kept ready may have others."


@dataclass(slots=True, frozen=True)
class Provisioned:
    """Provisioned concurrency of one version or alias (`qualifier`): `instances` kept ready since `since`."""

    qualifier: str
    instances: int
    since: datetime


@dataclass(slots=True, kw_only=True)
class Function(Resource):
    """`runtime` is empty for a container image. `architecture`: x86_64 or arm64. `reserved` is None when nothing is reserved.

    `on_demand`: billed by the GB-second; false for one that runs on instances of a capacity provider. AWS does not say when a function
    was made, only when it was last modified. `disk_mb`: of its ephemeral storage, of which 512 cost nothing.
    """

    runtime: str
    architecture: str
    memory_mb: int
    last_modified: datetime
    reserved: int | None
    provisioned: tuple[Provisioned, ...]
    on_demand: bool = True
    disk_mb: int = FREE_DISK_MB

    def gb_seconds(self, milliseconds: float) -> float:
        """What so much running time bills; AWS's GB here is 1,024 MB."""
        return milliseconds / 1000 * self.memory_mb / 1024

    def disk_gb_seconds(self, milliseconds: float) -> float:
        """What so much running time bills of its ephemeral storage."""
        return milliseconds / 1000 * max(0, self.disk_mb - FREE_DISK_MB) / 1024


@collector(
    "lambda:function",
    arns=["lambda:*:*:function:*"],
    iam=["lambda:ListFunctions", "lambda:GetFunctionConcurrency", "lambda:ListProvisionedConcurrencyConfigs", "tag:GetResources"],
    resumes="lambda:ListFunctions",
    placed_by=RegionWide("Lambda runs a function in the region's zones; what CloudFront runs elsewhere is billed and counted there"),
    bills=[FUNCTION, PROVISIONED],
    each={
        "lambda:GetFunctionConcurrency": "one for each function",
        "lambda:ListProvisionedConcurrencyConfigs": "a page for each function",
    },
)
def lambda_functions(aws: Aws) -> Iterator[Function]:
    """Every function ($LATEST), with its tags and its concurrency."""
    named: dict[str, dict[str, str]] = {}

    def made(item: Mapping[str, Any]) -> Function | None:
        with unless_gone():
            return _function(aws, item, named.get(item["FunctionArn"], {}))
        return None

    for number, page in enumerate(page for page in aws.each_page("lambda", "ListFunctions", "Functions") if page):
        if not number:  # a region without functions is not asked for tags
            named.update(_all_tags(aws))
        yield from aws.readable(page, made)


def _all_tags(aws: Aws) -> dict[str, dict[str, str]]:
    listing = aws.pages("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", ResourceTypeFilters=["lambda:function"])
    return dict(aws.readable(listing, lambda item: (item["ResourceARN"], tags.from_list(item.get("Tags"))), []))


def _function(aws: Aws, item: Mapping[str, Any], named: Mapping[str, str]) -> Function:
    name = item["FunctionName"]
    reserved = aws.call("lambda", "GetFunctionConcurrency", FunctionName=name).get("ReservedConcurrentExecutions")
    return Function(
        arn=item["FunctionArn"],
        id=name,
        account=aws.account,
        region=aws.region,
        name=name,
        tags=named,
        also_bills=FUNCTION.also_bills(item),
        runtime=item.get("Runtime", ""),
        architecture=item.get("Architectures", ["x86_64"])[0],
        memory_mb=item["MemorySize"],
        last_modified=datetime.fromisoformat(item["LastModified"]),
        reserved=reserved,
        provisioned=_provisioned(aws, name),
        on_demand="CapacityProviderConfig" not in item,
        disk_mb=item.get("EphemeralStorage", {}).get("Size", FREE_DISK_MB),
    )


def _provisioned(aws: Aws, name: str) -> tuple[Provisioned, ...]:
    """What is provisioned for each version and alias; AWS bills the instances that it allocated."""
    found = []
    with unless_gone():
        for item in aws.pages("lambda", "ListProvisionedConcurrencyConfigs", "ProvisionedConcurrencyConfigs", FunctionName=name):
            instances = item.get("AllocatedProvisionedConcurrentExecutions", 0)
            found.append(Provisioned(item["FunctionArn"].rpartition(":")[2], instances, datetime.fromisoformat(item["LastModified"])))
    return tuple(found)


def chip(architecture: str) -> str:
    """The word of the book's keys for an architecture."""
    return "arm" if architecture == "arm64" else "x86"


def running(gb_seconds: float, provisioned: float, prices: Prices, architecture: str) -> Amount:
    """What so many GB-seconds of running time a month bill, the share `provisioned` of them on provisioned concurrency.

    There the rate is lower, because what is kept ready is billed beside it; the rest is on demand. List price, first tier.
    https://aws.amazon.com/lambda/pricing/
    """
    key = chip(architecture)
    on_demand = prices.monthly(SERVICE, f"duration.{key}.tier1", gb_seconds * (1 - provisioned), "GB-s")
    ready = prices.monthly(SERVICE, f"provisioned-duration.{key}", gb_seconds * provisioned, "GB-s on provisioned concurrency")
    return on_demand if provisioned <= 0 else ready if provisioned >= 1 else on_demand + ready


def kept_ready(function: Function, part: Provisioned, prices: Prices, architecture: str) -> Amount:
    """What instances of provisioned concurrency bill a month for standing ready, used or not, with the function's own memory."""
    seconds = part.instances * function.memory_mb / 1024 * SECONDS_PER_MONTH
    return prices.monthly(SERVICE, f"provisioned-concurrency.{chip(architecture)}", seconds, "GB-s kept ready")
