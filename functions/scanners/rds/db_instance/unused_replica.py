"""RDS read replicas that nobody reads from.

A rule of our own: Compute Optimizer leaves read replicas out of its idle databases. A replica is never without reads and writes, because it
applies what its source writes, so that connections are all that tells.
https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-idle-recommendations.html
"""

from __future__ import annotations

import re

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Waste
from functions.core.money import saves
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.core.steps import still
from functions.scanners.rds import billing
from functions.scanners.rds.db_instance import bill
from functions.scanners.rds.db_instance.collector import DbInstance, db_instances
from functions.scanners.rds.db_instance.unused import CONNECTIONS

_GREEN = re.compile(r"-green-[0-9a-z]+$")
"""How the names in a green environment end, until it is switched over to.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/blue-green-deployments-overview.html"""


def _why_not(instance: DbInstance) -> str:
    """What else than reading it may be for; empty where nothing says so."""
    if ":" in instance.source:
        return "it replicates from another region, which keeps a copy there"
    if instance.feeds:
        return "others replicate from it"
    if instance.mounted:
        return "it is mounted: nobody can connect to it, and it is there to take over"
    if instance.multi_az:
        return "it has a standby, as what is to take over has"
    if _GREEN.search(instance.id):
        return "by its name it is the green side of a blue/green deployment"
    return "" if instance.status == "available" else f"its status is {instance.status}"


def _may_be_idle(instance: DbInstance, limits: Limits) -> bool | InsufficientData:
    old_enough = instance.created is not None and limits.days_since(instance.created) >= limits.window_days
    if not old_enough or not instance.source or not instance.alone or instance.aurora or not instance.bills_compute:
        return False
    why = _why_not(instance)
    return InsufficientData(why) if why else True


@check(
    id="rds-idle-replica",
    title="RDS read replica had no connections",
    over=db_instances,
    thresholds={"window_days": Threshold(14, "two weeks see every weekly report twice", minimum=1)},
    metrics=[CONNECTIONS],
    candidate=_may_be_idle,
    reference="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html",
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=(
        still(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {id} --query"
            " 'DBInstances[0].[ReadReplicaSourceDBInstanceIdentifier, ReadReplicaSourceDBClusterIdentifier][?@] | [0]'",
            "{source}",
        ),
        "aws rds delete-db-instance --region {region} --db-instance-identifier {id} --skip-final-snapshot",
    ),
    undo="None: a replica has no final snapshot. aws rds create-db-instance-read-replica makes another one of the same source, in hours.",
)
def idle_replica(instance: DbInstance, limits: Limits, prices: Prices) -> Verdict:
    """A read replica that nobody connects to bills as an instance with storage of its own. Delete it: its source has the data.

    One that lags on purpose, as a way back from a mistake, looks the same: ask first. Not judged: replicas of another region, with replicas
    of their own or a standby, mounted ones, and the green side of a blue/green deployment.
    """
    connections = instance.usage[CONNECTIONS]
    if connections.maximum > 0:
        return None
    compute, whole = bill.of_running(instance, limits, prices)
    return Waste(
        savings=saves(whole),
        coverable=billing.coverable(instance.engine, instance.instance_class, instance.multi_az, compute),
        evidence={
            "max_connections": connections.maximum,
            "datapoints": connections.count,
            "expected_datapoints": connections.expected,
            "window_days": limits.window_days,
            "source": instance.source,
            "engine": instance.engine,
            "class": instance.instance_class,
            "storage": instance.disk.kind,
            "storage_gib": instance.disk.size_gib,
        },
        note="Deletion protection is on: modify the instance first." if instance.deletion_protection else "",
        values={"source": instance.source},
    )
