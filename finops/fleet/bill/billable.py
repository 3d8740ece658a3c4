"""What is there in an account and region, as the lines of a bill: described through AWS's APIs, priced with the price book.

The usage types are AWS's: https://docs.aws.amazon.com/cur/latest/userguide/cur-ebs-billing-codes.html and, for regions' prefixes,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html . What neither the book nor the contract has a price
for is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from finops.fleet.scope import Aws
from functions.core.money import HOURS_PER_MONTH
from functions.core.prices.book import Prices

EC2, EC2_OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
RDS = "Amazon Relational Database Service"
PREFIXES = {"us-east-1": "", "us-east-2": "USE2-", "us-west-2": "USW2-", "eu-west-1": "EU-"}
"""How the usage types of a region begin."""
EVERYWHERE = ("PublicIPv4:", "EBS:FastSnapshotRestore")
"""How usage types begin that have a prefix in us-east-1, too: USE1-."""
HOURS_A_DAY = 24
NO_TYPE = "NoInstanceType"


@dataclass(slots=True, frozen=True)
class Use:
    """One line of a bill: what a day of it costs on demand, and how much a day has of it in its unit.

    `operation` tells the operating system, the engine or the kind, where a usage type has several: "RunInstances:0002" is Windows.
    """

    account: str
    region: str
    service: str
    usage_type: str
    unit: str
    instance_type: str = NO_TYPE
    platform: str = ""
    operation: str = ""
    usd: float = 0.0
    quantity: float = 0.0

    @property
    def family(self) -> str:
        """ "m5" of "m5.large", "db.m5" of "db.m5.large"."""
        return self.instance_type.rpartition(".")[0]


@dataclass(slots=True)
class Billable:
    """The lines of one account and region. `families`: instance's ARN → its type's family. `unpriced`: how many things by price key."""

    account: str
    region: str
    uses: dict[Use, list[float]] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    unpriced: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[Use]:
        """Each line with its sums."""
        for use, (usd, quantity) in self.uses.items():
            yield replace(use, usd=usd, quantity=quantity)


@dataclass(slots=True, frozen=True)
class Adding:
    """Adds things that `aws` lists to `billable`, at the region's prices.

    `agreed`: service and usage type (without the region's code) → USD for one, where the price book knows no price.
    """

    billable: Billable
    prices: Prices
    aws: Aws
    agreed: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def listed(self, service: str, operation: str, key: str, **given: Any) -> Iterator[Mapping[str, Any]]:
        """What a listing of the account and region says, such as ("ec2", "describe_volumes", "Volumes")."""
        client = self.aws.client(service, self.billable.account, self.billable.region)
        pages = (
            client.get_paginator(operation).paginate(**given) if client.can_paginate(operation) else [getattr(client, operation)(**given)]
        )
        for page in pages:
            yield from page[key]

    def hours(
        self, service: str, usage_type: str, offer: str, key: str, kind: str = NO_TYPE, platform: str = "", operation: str = ""
    ) -> None:
        """A thing that is billed by the hour, all day long."""
        self.some(service, usage_type, offer, key, HOURS_A_DAY, "Hrs", kind, platform, operation)

    def monthly(
        self, service: str, usage_type: str, offer: str, key: str, quantity: float, unit: str = "GB-Mo", operation: str = ""
    ) -> None:
        """So much of something that is billed by the month."""
        if quantity > 0:
            self.some(service, usage_type, offer, key, quantity * HOURS_A_DAY / HOURS_PER_MONTH, unit, operation=operation)

    def some(
        self,
        service: str,
        usage_type: str,
        offer: str,
        key: str,
        quantity: float,
        unit: str,
        kind: str = NO_TYPE,
        platform: str = "",
        operation: str = "",
    ) -> None:
        """So much a day, at a price for one."""
        price = self.prices.price(offer, key)
        rate = price.usd if price else self.agreed.get((service, usage_type))
        if rate is None:
            self.billable.unpriced[f"{offer} {key}"] += 1
            return
        first = "USE1-" if usage_type.startswith(EVERYWHERE) and self.billable.region == "us-east-1" else PREFIXES[self.billable.region]
        use = Use(self.billable.account, self.billable.region, service, first + usage_type, unit, kind, platform, operation)
        sums = self.billable.uses.setdefault(use, [0.0, 0.0])
        sums[0] += rate * quantity
        sums[1] += quantity
