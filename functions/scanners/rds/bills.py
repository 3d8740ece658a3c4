"""What the members of DescribeDBInstances' and DescribeDBClusters' replies are for the bill.

https://aws.amazon.com/rds/pricing/ and https://aws.amazon.com/rds/aurora/pricing/
"""

from __future__ import annotations

from collections.abc import Callable

from functions.core.prices.bills import Item, NotModelled, described
from functions.scanners.rds.billing import NO_COMPUTE_BILLED

FREE_INSIGHTS_DAYS = 7
"""Performance Insights keeps so many days for nothing.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.cost.html"""
USUAL_BACKUP_DAYS = 7
"""The console's own choice. AWS gives as much backup storage as is provisioned, which the data and a week's changes seldom fill.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupStorage.html"""


def _runs(status: str, member: str) -> Callable[[Item], bool]:
    """The member says yes, and what it speaks of runs: `status` is the member that tells."""
    return lambda item: bool(item.get(member)) and item.get(status) not in NO_COMPUTE_BILLED


def _advanced_insights(item: Item) -> bool:
    return item.get("DatabaseInsightsMode") == "advanced"


def _long_insights(item: Item) -> bool:
    """Advanced Database Insights includes the longest retention."""
    return (item.get("PerformanceInsightsRetentionPeriod") or 0) > FREE_INSIGHTS_DAYS and not _advanced_insights(item)


def _long_backups(item: Item) -> bool:
    return (item.get("BackupRetentionPeriod") or 0) > USUAL_BACKUP_DAYS


def _streams(item: Item) -> bool:
    return item.get("ActivityStreamStatus") in ("started", "starting")


_BOTH = {
    "DatabaseInsightsMode": NotModelled("advanced Database Insights", _advanced_insights),
    "PerformanceInsightsRetentionPeriod": NotModelled("what Performance Insights keeps longer than its free week", _long_insights),
    "BackupRetentionPeriod": NotModelled("backups beyond the storage that is free", _long_backups),
    "ActivityStreamStatus": NotModelled("the Kinesis stream of its activity", _streams),
}
"""Of instances and clusters alike."""
_FREE_IN_BOTH = """
    ActivityStreamKinesisStreamName ActivityStreamKmsKeyId ActivityStreamMode AssociatedRoles AutoMinorVersionUpgrade AutomaticRestartTime
    AwsBackupRecoveryPointArn CharacterSetName CopyTagsToSnapshot DBSubnetGroup DBSystemId DeletionProtection DomainMemberships Endpoint
    CertificateDetails IAMDatabaseAuthenticationEnabled KmsKeyId LatestRestorableTime MasterUsername MonitoringRoleArn NetworkType
    PendingModifiedValues PercentProgress PerformanceInsightsEnabled PerformanceInsightsKMSKeyId PreferredBackupWindow
    PreferredMaintenanceWindow StatusInfos StorageEncrypted StorageEncryptionType TagList UpgradeRolloutOrder VpcSecurityGroups
"""

# Read replicas and the members of a cluster bill as instances of their own, and are listed on their own.
DB_INSTANCE = described(
    "rds",
    "DBInstance",
    priced="""
        AdditionalStorageVolumes AllocatedStorage CustomerOwnedIpEnabled DBInstanceClass DBInstanceStatus DedicatedLogVolume Engine
        EngineLifecycleSupport EngineVersion Iops LicenseModel MasterUserSecret MultiAZ ProcessorFeatures PubliclyAccessible
        StorageThroughput StorageType
    """,
    not_modelled={
        **_BOTH,
        "MonitoringInterval": NotModelled("the logs of Enhanced Monitoring", _runs("DBInstanceStatus", "MonitoringInterval")),
        "EnabledCloudwatchLogsExports": NotModelled(
            "the logs that it exports to CloudWatch", _runs("DBInstanceStatus", "EnabledCloudwatchLogsExports")
        ),
        "DBInstanceAutomatedBackupsReplications": "its backups in another region",
    },
    free=_FREE_IN_BOTH
    + """
        ActivityStreamEngineNativeAuditFieldsIncluded ActivityStreamPolicyStatus AutomationMode AvailabilityZone BackupTarget
        CACertificateIdentifier CustomIamInstanceProfile DBClusterIdentifier DBInstanceArn DBInstanceIdentifier DBName DBParameterGroups
        DBSecurityGroups DbInstancePort DbiResourceId EnhancedMonitoringResourceArn InstanceCreateTime IsStorageConfigUpgradeAvailable
        ListenerEndpoint MaxAllocatedStorage MultiTenant NcharCharacterSetName OptionGroupMemberships PromotionTier
        ReadReplicaDBClusterIdentifiers ReadReplicaDBInstanceIdentifiers ReadReplicaSourceDBClusterIdentifier
        ReadReplicaSourceDBInstanceIdentifier ReplicaMode ResumeFullAutomationModeTime SecondaryAvailabilityZone
        StorageOperationPercentProgress StorageOperationStatus StorageVolumeStatus TdeCredentialArn Timezone
    """,
)

# How much a cluster stores is not in its description: AllocatedStorage is 1. Its I/O is none while nobody uses it.
DB_CLUSTER = described(
    "rds",
    "DBCluster",
    priced="""
        DBClusterMembers Engine EngineLifecycleSupport EngineMode EngineVersion MasterUserSecret PubliclyAccessible
        ServerlessV2ScalingConfiguration Status
    """,
    not_modelled={
        **_BOTH,
        "AllocatedStorage": NotModelled("the cluster's storage", lambda item: True),
        "BacktrackWindow": "the change records that Backtrack keeps",
        "EnabledCloudwatchLogsExports": NotModelled(
            "the logs that it exports to CloudWatch", _runs("Status", "EnabledCloudwatchLogsExports")
        ),
        "LimitlessDatabase": NotModelled(
            "its shard groups (Limitless Database)", lambda item: item.get("LimitlessDatabase", {}).get("Status") == "enabled"
        ),
        "MonitoringInterval": NotModelled("the logs of Enhanced Monitoring", _runs("Status", "MonitoringInterval")),
    },
    free=_FREE_IN_BOTH
    + """
        AvailabilityZones BacktrackConsumedChangeRecords Capacity CloneGroupId ClusterCreateTime ClusterScalabilityType CrossAccountClone
        CustomEndpoints DBClusterArn DBClusterIdentifier DBClusterInstanceClass DBClusterOptionGroupMemberships DBClusterParameterGroup
        DatabaseName DbClusterResourceId EarliestBacktrackTime EarliestRestorableTime GlobalClusterIdentifier GlobalWriteForwardingRequested
        GlobalWriteForwardingStatus HostedZoneId HttpEndpointEnabled IOOptimizedNextAllowedModificationTime InternetAccessGatewayEnabled
        Iops LocalWriteForwardingStatus MultiAZ Port RdsCustomClusterConfiguration ReadReplicaIdentifiers ReaderEndpoint
        ReplicationSourceIdentifier ScalingConfigurationInfo ServerlessV2PlatformVersion StorageThroughput StorageType VPCNetworkingEnabled
    """,
)
