"""DynamoDB tables as AWS describes them, with their global secondary indexes and what auto scaling may set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws, unless_gone
from functions.core.limits import Limits
from functions.core.model import Resource
from functions.core.prices.places import RegionWide
from functions.core.registry import collector
from functions.core.usage import Dimensions
from functions.scanners.dynamodb.bills import INDEX, TABLE
from functions.scanners.dynamodb.table.scaling import READ, WRITE, Scaling

GIB = 1024**3
"""DynamoDB's GB are 2^30 bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
ON_DEMAND, STANDARD, STANDARD_IA = "PAY_PER_REQUEST", "STANDARD", "STANDARD_INFREQUENT_ACCESS"


@dataclass(slots=True, frozen=True)
class Units:
    """Reads and writes: capacity units, or request units of some time."""

    read: float
    write: float


@dataclass(slots=True, frozen=True, kw_only=True)
class Part:
    """What has capacity and metrics of its own: the table itself (`index` is ""), or a global secondary index.

    `provisioned` is 0 and 0 on demand. `scaled_from`: the least that auto scaling leaves of reads and of writes, None where it sets none.
    """

    index: str = ""
    stored_bytes: int
    provisioned: Units
    ready: bool = True
    scaled_from: tuple[int | None, int | None] = (None, None)

    @property
    def scaled(self) -> bool:
        return self.scaled_from != (None, None)

    @property
    def least_provisioned(self) -> Units:
        """What is provisioned at any time: auto scaling may go down to its least, and does not go below."""
        now, (read, write) = self.provisioned, self.scaled_from
        return Units(now.read if read is None else min(read, now.read), now.write if write is None else min(write, now.write))


@dataclass(slots=True, kw_only=True)
class Table(Resource):
    """`parts`: the table itself, then its global secondary indexes. `replicas`: the other regions that it is kept in.

    `class_changed`: when its class was changed last, None for never. `strong`: its replicas are strongly consistent. `stream`: it has one.
    `scaling_known`: whether AWS said what auto scaling sets; only asked of provisioned capacity.
    """

    status: str
    on_demand: bool
    table_class: str = STANDARD
    class_changed: datetime | None = None
    parts: tuple[Part, ...]
    replicas: tuple[str, ...] = ()
    strong: bool = False
    stream: bool = False
    scaling_known: bool = True

    @property
    def indexes(self) -> tuple[Part, ...]:
        return self.parts[1:]

    @property
    def infrequent(self) -> bool:
        """It is of the class Standard-IA, and so are its indexes."""
        return self.table_class == STANDARD_IA

    @property
    def gib(self) -> float:
        """What it and its global secondary indexes store. The 100 bytes that AWS bills beside each item are left out."""
        return sum(part.stored_bytes for part in self.parts) / GIB

    @property
    def provisioned(self) -> list[Units]:
        return [part.provisioned for part in self.parts]

    def settled(self, limits: Limits) -> bool:
        """It works as it is, with all of its indexes, and has for the whole window."""
        old_enough = self.created is not None and limits.days_since(self.created) >= limits.window_days
        return self.status == "ACTIVE" and old_enough and all(part.ready for part in self.parts)


def dimensions(table: Table) -> list[Dimensions]:
    """Of each part, in their order: those of the table alone leave its indexes out.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    return [{"TableName": table.id, **({"GlobalSecondaryIndexName": part.index} if part.index else {})} for part in table.parts]


@collector(
    "dynamodb:table",
    arns=["dynamodb:*:*:table/*"],
    iam=["dynamodb:ListTables", "dynamodb:DescribeTable", "application-autoscaling:DescribeScalableTargets", "tag:GetResources"],
    resumes="dynamodb:ListTables",
    placed_by=RegionWide("a table is stored in the region, across its zones"),
    bills=[TABLE, INDEX],
    each={"dynamodb:DescribeTable": "one for each table"},
)
def tables(aws: Aws) -> Iterator[Table]:
    """Every table but those that are being deleted, with its tags: one call more for each, because the listing has names only.

    What auto scaling sets is listed once, and only where a table has provisioned capacity.
    """
    named: dict[str, dict[str, str]] = {}
    scaling = Scaling(aws)

    def made(name: str) -> Table | None:
        if not isinstance(name, str):
            raise TypeError(f"a table is called {name!r}")
        with unless_gone():
            described = aws.call("dynamodb", "DescribeTable", TableName=name)["Table"]
            if described["TableStatus"] != "DELETING":
                return _table(aws, described, named, scaling)
        return None

    for number, page in enumerate(page for page in aws.each_page("dynamodb", "ListTables", "TableNames") if page):
        if not number:  # a region without tables is not asked for tags
            named.update(_all_tags(aws))
        yield from aws.readable(page, made)


def _all_tags(aws: Aws) -> dict[str, dict[str, str]]:
    listing = aws.pages("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", ResourceTypeFilters=["dynamodb:table"])
    return dict(aws.readable(listing, lambda item: (item["ResourceARN"], tags.from_list(item.get("Tags"))), []))


def _table(aws: Aws, described: Mapping[str, Any], named: Mapping[str, Mapping[str, str]], scaling: Scaling) -> Table:
    name, arn = described["TableName"], described["TableArn"]
    on_demand = _billed_by_request(described)
    table_class = described.get("TableClassSummary", {})
    own = _part(name, described, described["TableSizeBytes"], None if on_demand else scaling)
    indexes = [
        _part(name, index, index.get("IndexSizeBytes", 0), None if on_demand else scaling)
        for index in described.get("GlobalSecondaryIndexes", ())
        if index.get("IndexStatus") != "DELETING"
    ]
    return Table(
        arn=arn,
        id=name,
        account=aws.account,
        region=aws.region,
        name=name,
        tags=named.get(arn, {}),
        created=described["CreationDateTime"],
        also_bills=TABLE.also_bills(described),
        deletion_protection=described.get("DeletionProtectionEnabled", False),
        status=described["TableStatus"],
        on_demand=on_demand,
        table_class=table_class.get("TableClass", STANDARD),
        class_changed=table_class.get("LastUpdateDateTime"),
        parts=(own, *indexes),
        replicas=tuple(sorted({one["RegionName"] for one in described.get("Replicas", ())} - {aws.region})),
        strong=described.get("MultiRegionConsistency") == "STRONG",
        stream=described.get("StreamSpecification", {}).get("StreamEnabled", False),
        scaling_known=on_demand or scaling.known,
    )


def _billed_by_request(described: Mapping[str, Any]) -> bool:
    """A table that never was has no summary. ValueError for a mode that is neither."""
    mode = described.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    if mode not in (ON_DEMAND, "PROVISIONED"):
        raise ValueError(f"billing mode {mode!r}")
    return bool(mode == ON_DEMAND)


def _part(table: str, described: Mapping[str, Any], stored: int, scaling: Scaling | None) -> Part:
    """`scaling` is None on demand. An index that is being filled says so."""
    index = described.get("IndexName", "")
    units = described.get("ProvisionedThroughput", {})
    return Part(
        index=index,
        stored_bytes=stored,
        provisioned=Units(0, 0) if scaling is None else Units(units[READ], units[WRITE]),
        ready=not index or (described.get("IndexStatus") == "ACTIVE" and not described.get("Backfilling", False)),
        scaled_from=(None, None) if scaling is None else (scaling.of(table, index, READ), scaling.of(table, index, WRITE)),
    )
