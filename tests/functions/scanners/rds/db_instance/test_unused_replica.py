"""Read replicas that nobody connects to: which ones are judged, and what deleting one saves."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.model import Action, Confidence, Coverable
from functions.core.registry import load
from functions.core.scan.judge import Judge
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.db_instance.collector import DbInstance
from functions.scanners.rds.db_instance.unused import CONNECTIONS, idle_instance
from functions.scanners.rds.db_instance.unused_replica import idle_replica
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.samples import ACCOUNT, NOW, PRICES, daily, days_ago, db_instance, is_candidate, judge, usage, waste

M5_LARGE = 0.178 * 730
REPLICA = {"source": "orders", "id": "orders-reader"}


def _replica(*last: float, days: int = 14, **changes: Any) -> DbInstance:
    """With no connection, but for the last days."""
    instance = db_instance(**{**REPLICA, **changes})
    instance.usage = usage(CONNECTIONS, daily([0.0] * (days - len(last)) + list(last), 14))
    return instance


@pytest.mark.parametrize(
    ("changes", "candidate"),
    [
        ({}, True),
        ({"source": ""}, False),  # rds-idle-instance judges it
        ({"created": days_ago(14)}, True),
        ({"created": days_ago(13.99)}, False),
        ({"created": None}, False),
        ({"status": "stopped"}, False),
        ({"status": "replicating"}, None),
        ({"source": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:orders"}, None),
        ({"source": f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:three-zones"}, None),
        ({"feeds": True}, None),
        ({"mounted": True, "engine": "oracle-ee"}, None),
        ({"multi_az": True}, None),
        ({"id": "orders-green-abc123"}, None),
        ({"id": "orders-green"}, True),
        ({"cluster": "shop", "engine": "aurora-mysql"}, False),
        ({"cluster": "three-zones"}, False),
        ({"engine": "oracle-ee"}, True),
    ],
)
def test_which_replicas_are_worth_asking_about(changes: dict[str, Any], candidate: bool | None) -> None:
    assert is_candidate(idle_replica, db_instance(**{**REPLICA, **changes})) is candidate


@pytest.mark.parametrize(("last", "found"), [((), True), ((0.0,), True), ((1.0,), False), ((1.0, *[0.0] * 12), False)])
def test_one_connection_in_two_weeks_is_use(last: tuple[float, ...], found: bool) -> None:
    assert (judge(idle_replica, _replica(*last)) is not None) is found


def test_deleting_saves_the_instance_and_its_storage_by_hand() -> None:
    """PostgreSQL on db.m5.large at 0.178 USD an hour is 129.94 a month, 100 GiB of gp2 at 0.115 are 11.50: no snapshot stays."""
    found = waste(idle_replica, _replica())
    assert found.savings.low == found.savings.likely == found.savings.high == pytest.approx(141.44)
    assert found.coverable == Coverable("AmazonRDS", "db.m5", M5_LARGE, "postgresql", "single-az")
    assert (found.evidence["source"], found.evidence["max_connections"], found.evidence["datapoints"]) == ("orders", 0, 14)
    assert (idle_replica.action, idle_replica.confidence) == (Action.DELETE, Confidence.MEDIUM)
    assert idle_replica.undo.startswith("None")


def test_an_extended_support_charge_ends_with_it() -> None:
    """Two vCPUs at 0.10 USD an hour are 146 a month."""
    found = waste(idle_replica, _replica(version="13.9", support=CALENDAR[("postgres", "13")]))
    assert found.savings.likely == pytest.approx(141.44 + 146.0)


def test_of_an_engine_with_a_licence_the_storage_is_the_least_that_it_can_be() -> None:
    found = waste(idle_replica, _replica(engine="oracle-ee", disk=Disk("oracle-ee", "gp2", 100)))
    assert found.savings.likely == pytest.approx(11.5)
    assert "oracle-ee" in found.savings.note


@pytest.mark.parametrize(("days", "found"), [(12, 0), (13, 1)])
def test_missing_connections_are_no_silence(days: int, found: int) -> None:
    scanned = Judge([(idle_replica, idle_replica.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    assert len(scanned.findings(_replica(days=days))) == found
    assert scanned.insufficient == ({} if found else {"rds-idle-replica": 1})


@pytest.mark.parametrize(("protected", "said"), [(True, True), (False, False)])
def test_deletion_protection_is_said(protected: bool, said: bool) -> None:
    assert ("Deletion protection" in waste(idle_replica, _replica(deletion_protection=protected)).note) is said


def test_it_looks_first_whether_it_is_a_replica_still() -> None:
    """One that was promoted meanwhile has data of its own."""
    scanned = Judge([(idle_replica, idle_replica.limits(NOW))], PRICES)  # type: ignore[list-item]  # of every resource class
    (finding,) = scanned.findings(_replica())
    _, looks, deletes = finding.command.splitlines()
    assert "ReadReplicaSourceDBInstanceIdentifier" in looks
    assert "= orders &&" in looks
    assert deletes.endswith("--db-instance-identifier orders-reader --skip-final-snapshot")


@pytest.mark.parametrize(("changes", "lead"), [({}, "rds-idle-replica"), ({"source": ""}, "rds-idle-instance")])
def test_an_instance_is_one_or_the_other(changes: dict[str, Any], lead: str) -> None:
    """It is counted once, by one check, and its class saves nothing beside it."""
    _, checks = load("rds:db-instance")
    scanned = Judge([(one, one.limits(NOW)) for one in checks], PRICES)
    found = scanned.findings(_replica(instance_class="db.m5.xlarge", **changes))
    assert [(one.check_id, one.headline) for one in found if one.action is Action.DELETE] == [(lead, True)]
    assert [one.headline for one in found] == [True] + [False] * (len(found) - 1)
    assert "rds-idle-instance" not in scanned.insufficient
    assert is_candidate(idle_instance, _replica(**changes)) is (lead == "rds-idle-instance")
