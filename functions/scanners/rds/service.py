"""Amazon RDS and Aurora: database instances and clusters."""

from __future__ import annotations

import re

from functions.core.prices.products import Attributes, ProductListing, Rate, bare, products
from functions.core.services import InstanceHours, PlanUsage, service

BILLED_AS = "Amazon Relational Database Service"

RDS = service(
    "rds",
    name="Amazon Relational Database Service",
    category="Databases",
    short="RDS",
    billed_as=(BILLED_AS,),
    prices_from=("AmazonRDS",),
    instances=InstanceHours(
        product="AmazonRDS",
        short="RDS",
        billed_as=BILLED_AS,
        # By deployment and storage. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DBInstanceBilling.html
        usage=frozenset(
            {
                "InstanceUsage",
                "InstanceUsageIOOptimized",
                "Multi-AZUsage",
                "Multi-AZClusterUsage",
                "Multi-AZClusterUsageIOOptimized",
                "MirrorUsage",  # SQL Server, Multi-AZ
            }
        ),
        prefix="db.",
        # https://github.com/aws/agent-toolkit-for-aws (amazon-aurora-mysql/references/commitment-pricing-basics.md)
        plans=frozenset({"database"}),
        by_family=True,  # https://aws.amazon.com/rds/reserved-instances/
        reserved="DB instances",
        by_engine=True,  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithReservedDBInstances.html
    ),
    plan_usage=PlanUsage(
        product="AmazonRDS",
        billed_as=BILLED_AS,
        usage={
            "Aurora:ServerlessV2Usage": "aurora.serverless-v2",
            "Aurora:ServerlessV2IOOptimizedUsage": "aurora.serverless-v2.io-optimized",
        },
        # "also apply to serverless usage": https://docs.aws.amazon.com/savingsplans/latest/userguide/plan-types.html
        plans=frozenset({"database"}),
    ),
)

_ZONES = {"": "single-az", "Multi-AZ-": "multi-az"}
_STORAGE = {
    "GP2-Storage": "gp2", "GP3-Storage": "gp3", "PIOPS-Storage": "io1", "StorageUsage": "standard",
    "IO2-PIOPS-Storage": "io2", "PIOPS-Storage-IO2": "io2",  # both are seen, in price lists and in bills
}  # fmt: skip
_IOPS = {"GP3-PIOPS": "gp3", "PIOPS": "io1", "IO2-PIOPS": "io2"}
_RDS = {
    **{f"RDS:{az}{usage}": Rate(f"storage.{zone}.{kind}", "GB-month") for az, zone in _ZONES.items() for usage, kind in _STORAGE.items()},
    **{f"RDS:{az}{usage}": Rate(f"iops.{kind}.{zone}", "IOPS-month") for az, zone in _ZONES.items() for usage, kind in _IOPS.items()},
    **{f"RDS:{az}GP3-Throughput": Rate(f"throughput.gp3.{zone}", "MiBps-month") for az, zone in _ZONES.items()},
    "RDS:ChargedBackupUsage": Rate("backup", "GB-month"),
}
"""The price of storage is the same for all engines that have no licence."""
_AURORA = {
    "Aurora:BackupUsage": Rate("aurora.backup", "GB-month"),
    "Aurora:StorageUsage": Rate("aurora.storage.standard", "GB-month"),
    "Aurora:IO-OptimizedStorageUsage": Rate("aurora.storage.io-optimized", "GB-month"),
    "Aurora:StorageIOUsage": Rate("aurora.io", "1M-requests"),
    "Aurora:ServerlessV2Usage": Rate("aurora.serverless-v2", "ACU-hour"),
    "Aurora:ServerlessV2IOOptimizedUsage": Rate("aurora.serverless-v2.io-optimized", "ACU-hour"),
}
_RDS_ENGINES = {"MySQL": "mysql", "PostgreSQL": "postgresql", "MariaDB": "mariadb"}
_AURORA_ENGINES = {"Aurora MySQL": "aurora-mysql", "Aurora PostgreSQL": "aurora-postgresql"}
_DEPLOYMENTS = {"Single-AZ": ("single-az", "InstanceUsage"), "Multi-AZ": ("multi-az", "Multi-AZUsage")}
_IO_OPTIMIZED = ("io-optimized", "InstanceUsageIOOptimized")
_SUPPORT_YEARS = {"Yr1-Yr2": "year-1", "Yr3": "year-3"}
_EXTENDED_SUPPORT = re.compile(r"ExtendedSupport:(Yr1-Yr2|Yr3):(ASv2:)?(Aurora)?(MySQL|PostgreSQL|Any)([\d.]+)")


def _db_instance(product: Attributes) -> Rate | None:
    """An instance without a licence. Multi-AZ clusters and RDS Custom have usage types of their own, and we have no keys for them."""
    engine, billed = {**_RDS_ENGINES, **_AURORA_ENGINES}.get(product.get("databaseEngine", "")), bare(product.get("usagetype", ""))
    where, usage = _DEPLOYMENTS.get(product.get("deploymentOption", ""), ("", ""))
    if where and billed.partition(":")[0] == _IO_OPTIMIZED[1] and product["databaseEngine"] in _AURORA_ENGINES:
        where, usage = _IO_OPTIMIZED
    if engine is None or not where or billed.partition(":")[0] != usage:
        return None
    return Rate(f"ondemand.{engine}.{where}.{product.get('instanceType', '')}", "hour")


def _hours_of(key: str) -> str | None:
    """All engines of a deployment have the same usage type."""
    for where, usage in _DEPLOYMENTS.values():
        _, deployed, kind = key.partition(f".{where}.")
        if deployed and key.startswith("ondemand."):
            return f"{usage}:{kind}"
    return None


_OPERATIONS = {"0002": "mysql", "0014": "postgresql", "0018": "mariadb", "0016": "aurora-mysql", "0021": "aurora-postgresql"}
"""CreateDBInstance:… of the engines without a licence, as real bills and the price list have them."""


def _by_operation(usage_type: str, operation: str) -> Rate | None:
    """An instance's hour, of which the operation tells the engine."""
    usage, _, kind = usage_type.partition(":")
    created, _, code = operation.partition(":")
    engine = _OPERATIONS.get(code) if created == "CreateDBInstance" else None
    where = next((where for where, hours in (*_DEPLOYMENTS.values(), _IO_OPTIMIZED) if hours == usage), None)
    if engine is None or where is None or not kind or (where == _IO_OPTIMIZED[0] and engine not in _AURORA_ENGINES.values()):
        return None
    return Rate(f"ondemand.{engine}.{where}.{kind}", "hour")


def _db_usage(product: Attributes) -> Rate | None:
    """Storage, IOPS, backup and capacity units; engines with a licence may have other rates, and we have no keys for them."""
    engine, usage = product.get("databaseEngine", "Any"), bare(product.get("usagetype", ""))
    if engine == "Any" or engine in _RDS_ENGINES:
        return _RDS.get(usage) or (_AURORA.get(usage) if engine == "Any" else None)
    return _AURORA.get(usage) if engine in _AURORA_ENGINES else None


def _extended_support(product: Attributes) -> Rate | None:
    """Per vCPU, and of Aurora Serverless v2 ("ASv2") per capacity unit, whose usage types may name a community version and no engine.

    Every version of an engine has the same rates; https://aws.amazon.com/rds/aurora/pricing/.
    """
    found = _EXTENDED_SUPPORT.fullmatch(bare(product.get("usagetype", "")))
    if found is None or (found[4] == "Any" and not found[2]):
        return None
    engine = ("mysql" if "." in found[5] else "postgresql") if found[4] == "Any" else found[4].lower()
    if not found[2]:
        return Rate(f"extended-support.{'aurora-' if found[3] else ''}{engine}.{_SUPPORT_YEARS[found[1]]}", "vCPU-hour")
    return Rate(f"extended-support.aurora-{engine}.serverless-v2.{_SUPPORT_YEARS[found[1]]}", "ACU-hour")


products(
    "AmazonRDS",
    *(
        ProductListing(
            "AmazonRDS",
            _db_instance,
            {"productFamily": "Database Instance", "databaseEngine": engine},
            billed_as=BILLED_AS,
            hours_of=_hours_of,
            by_operation=_by_operation,
        )
        for engine in (*_RDS_ENGINES, *_AURORA_ENGINES)
    ),
    *(
        ProductListing("AmazonRDS", _db_usage, {"productFamily": family}, {**_RDS, **_AURORA}, BILLED_AS)
        for family in (
            "Database Storage", "Provisioned IOPS", "Provisioned Throughput", "Storage Snapshot", "System Operation", "ServerlessV2",
        )
    ),
    *(ProductListing("AmazonRDS", _extended_support, {"extendedSupportPricingYear": years}) for years in ("Year 1, Year 2", "Year 3")),
)  # fmt: skip
