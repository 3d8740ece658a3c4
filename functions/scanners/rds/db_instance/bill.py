"""What a DB instance bills a month, as far as it has prices: itself, its storage, what goes with it, and Extended Support."""

from __future__ import annotations

from functions.core.limits import Limits
from functions.core.money import Amount, unknown
from functions.core.prices.book import Prices
from functions.scanners.rds import billing, classes
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_instance.collector import DbInstance
from functions.scanners.rds.extended_support import SupportLifecycle


def support(instance: DbInstance, lifecycle: SupportLifecycle, limits: Limits, prices: Prices) -> Amount:
    """What Extended Support charges for the instance and its standby; in a Multi-AZ DB cluster each instance is listed on its own."""
    vcpus = classes.vcpus(instance.instance_class)
    if vcpus is None:
        return unknown(f"no price known for Extended Support: the vCPUs of {instance.instance_class} are not known")
    standbys = 2 if instance.multi_az and instance.alone else 1
    return rds_support.charge(instance.engine, vcpus * standbys, lifecycle, limits.as_of, prices)


def charged_support(instance: DbInstance, limits: Limits) -> SupportLifecycle | None:
    """The lifecycle of its version, where Extended Support is charged for it already."""
    lifecycle = instance.support
    return lifecycle if lifecycle is not None and rds_support.charged(lifecycle, limits.as_of) else None


def kept_while_stopped(instance: DbInstance, prices: Prices) -> Amount:
    """Its storage and what goes with it: a public address too, while it runs."""
    extras = billing.extras(instance.public and instance.bills_compute, instance.own_secret, prices)
    return billing.storage_cost(instance.disks, instance.multi_az, prices) + extras


def of_running(instance: DbInstance, limits: Limits, prices: Prices) -> tuple[Amount, Amount]:
    """The instance alone, which a commitment may cover, and all that it bills."""
    compute = billing.instance_cost(instance.engine, instance.instance_class, instance.multi_az, prices)
    lifecycle = charged_support(instance, limits)
    bill = compute + kept_while_stopped(instance, prices)
    return compute, bill + support(instance, lifecycle, limits, prices) if lifecycle else bill
