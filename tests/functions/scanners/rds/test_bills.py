"""What the replies of RDS bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.rds.bills import DB_CLUSTER, DB_INSTANCE

STORAGE = "the cluster's storage"


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, ()),
        ({"MonitoringInterval": 0}, ()),
        ({"MonitoringInterval": 60}, ("the logs of Enhanced Monitoring",)),
        ({"MonitoringInterval": 60, "DBInstanceStatus": "stopped"}, ()),
        ({"EnabledCloudwatchLogsExports": []}, ()),
        ({"EnabledCloudwatchLogsExports": ["postgresql"]}, ("the logs that it exports to CloudWatch",)),
        ({"DatabaseInsightsMode": "standard"}, ()),
        ({"DatabaseInsightsMode": "advanced"}, ("advanced Database Insights",)),
        ({"DatabaseInsightsMode": "advanced", "PerformanceInsightsRetentionPeriod": 465}, ("advanced Database Insights",)),
        ({"PerformanceInsightsEnabled": True, "PerformanceInsightsRetentionPeriod": 7}, ()),
        ({"PerformanceInsightsRetentionPeriod": 31}, ("what Performance Insights keeps longer than its free week",)),
        ({"BackupRetentionPeriod": 7}, ()),
        ({"BackupRetentionPeriod": 8}, ("backups beyond the storage that is free",)),
        ({"ActivityStreamStatus": "stopped"}, ()),
        ({"ActivityStreamStatus": "started"}, ("the Kinesis stream of its activity",)),
        ({"DBInstanceAutomatedBackupsReplications": [{"DBInstanceAutomatedBackupsArn": "arn"}]}, ("its backups in another region",)),
        ({"DedicatedLogVolume": True, "PubliclyAccessible": True, "MasterUserSecret": {"SecretArn": "arn"}}, ()),
    ],
)
def test_what_else_an_instance_bills(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert DB_INSTANCE.also_bills({"DBInstanceStatus": "available", **item}) == also


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, (STORAGE,)),
        ({"AllocatedStorage": 1}, (STORAGE,)),
        ({"BacktrackWindow": 0}, (STORAGE,)),
        ({"BacktrackWindow": 3_600}, (STORAGE, "the change records that Backtrack keeps")),
        ({"LimitlessDatabase": {"Status": "not-in-use"}}, (STORAGE,)),
        ({"LimitlessDatabase": {"Status": "enabled"}}, (STORAGE, "its shard groups (Limitless Database)")),
        ({"MonitoringInterval": 60, "Status": "stopped"}, (STORAGE,)),
    ],
)
def test_what_else_a_cluster_bills(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert DB_CLUSTER.also_bills({"Status": "available", **item}) == also
