"""What the members of Lambda's replies are for the bill. https://aws.amazon.com/lambda/pricing/"""

from __future__ import annotations

from functions.core.prices.bills import Item, NotModelled, described


def _cached(item: Item) -> bool:
    """SnapStart keeps a snapshot of each published version, which bills for Python and .NET and is free for Java."""
    applies = item.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
    return applies and not item.get("Runtime", "").startswith("java")


# By calls: storage over 512 MB, traces, logs, tenants. Code is stored for nothing, up to 75 GB in an account.
FUNCTION = described(
    "lambda",
    "FunctionConfiguration",
    priced="Architectures EphemeralStorage MemorySize",
    not_modelled={
        "CapacityProviderConfig": "the instances of its capacity provider",
        "DurableConfig": "what its durable executions keep",
        "SnapStart": NotModelled("the snapshots that SnapStart keeps", _cached),
    },
    free="""
        CodeSha256 CodeSize ConfigSha256 DeadLetterConfig Description Environment FileSystemConfigs FunctionArn FunctionName Handler
        ImageConfigResponse KMSKeyArn LastModified LastUpdateStatus LastUpdateStatusReason LastUpdateStatusReasonCode Layers LoggingConfig
        MasterArn PackageType RevisionId Role Runtime RuntimeVersionConfig SigningJobArn SigningProfileVersionArn State StateReason
        StateReasonCode TenancyConfig Timeout TracingConfig Version VpcConfig
    """,
)

PROVISIONED = described(
    "lambda",
    "ProvisionedConcurrencyConfigListItem",
    priced="AllocatedProvisionedConcurrentExecutions",
    free="AvailableProvisionedConcurrentExecutions FunctionArn LastModified RequestedProvisionedConcurrentExecutions Status StatusReason",
)
