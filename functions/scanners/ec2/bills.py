"""What the members of EC2's replies about instances, addresses and NAT gateways are for the bill.

https://aws.amazon.com/ec2/pricing/on-demand/ and https://aws.amazon.com/vpc/pricing/
"""

from __future__ import annotations

from functions.core.prices.bills import Item, NotModelled, described

OPTIMIZED_FOR_A_FEE = frozenset(
    {f"{family}.{size}" for family in ("c3", "i2", "r3") for size in ("xlarge", "2xlarge", "4xlarge")}
    | {"c1.xlarge", "g2.2xlarge", "m1.large", "m1.xlarge", "m2.2xlarge", "m2.4xlarge", "m3.xlarge", "m3.2xlarge"}
)
"""Types whose EBS optimisation bills by the hour; every later type has it for nothing.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html"""


def _running(item: Item) -> bool:
    return bool(item.get("State", {}).get("Name") == "running")


def _monitored(item: Item) -> bool:
    """Detailed monitoring bills its metrics as custom ones: https://aws.amazon.com/cloudwatch/pricing/"""
    return _running(item) and item.get("Monitoring", {}).get("State") == "enabled"


def _optimized(item: Item) -> bool:
    return _running(item) and bool(item.get("EbsOptimized")) and item.get("InstanceType") in OPTIMIZED_FOR_A_FEE


def _managed(item: Item) -> bool:
    """EKS Auto Mode and ECS Managed Instances bill for managing an instance, by its hours.

    https://aws.amazon.com/eks/pricing/ and https://aws.amazon.com/ecs/pricing/
    """
    return _running(item) and bool(item.get("Operator", {}).get("Managed"))


def _with_product_code(item: Item) -> bool:
    return _running(item) and bool(item.get("ProductCodes"))


# Its volumes bill on when it is stopped: they are no part of that saving, and the other checks' part of deleting it. Licenses are those
# that License Manager counts, which cost nothing; enclaves and hibernation neither (the memory lies on the root volume).
INSTANCE = described(
    "ec2",
    "Instance",
    priced="""
        BlockDeviceMappings InstanceLifecycle InstanceType NetworkInterfaces OutpostArn Placement Platform PlatformDetails PublicIpAddress
        State UsageOperation
    """,
    not_modelled={
        "EbsOptimized": NotModelled("the hourly fee for EBS optimisation", _optimized),
        "ElasticGpuAssociations": "its Elastic GPU",
        "ElasticInferenceAcceleratorAssociations": "its Elastic Inference accelerator",
        "Monitoring": NotModelled("detailed monitoring", _monitored),
        "Operator": NotModelled("the fee of the service that manages it", _managed),
        "ProductCodes": NotModelled("the software that it has from AWS Marketplace", _with_product_code),
    },
    free="""
        AmiLaunchIndex Architecture BootMode CapacityBlockId CapacityReservationId CapacityReservationSpecification ClientToken CpuOptions
        CurrentInstanceBootMode EnaSupport EnclaveOptions HibernationOptions Hypervisor IamInstanceProfile ImageId InstanceId Ipv6Address
        KernelId KeyName LaunchTime Licenses MaintenanceOptions MetadataOptions NetworkPerformanceOptions PrivateDnsName
        PrivateDnsNameOptions PrivateIpAddress PublicDnsName RamdiskId RootDeviceName RootDeviceType SecondaryInterfaces SecurityGroups
        SourceDestCheck SpotInstanceRequestId SriovNetSupport StateReason StateTransitionReason SubnetId Tags TpmSupport
        UsageOperationUpdateTime VirtualizationType VpcId
    """,
)

ADDRESS = described(
    "ec2",
    "Address",
    priced="CarrierIp CustomerOwnedIp NetworkBorderGroup PublicIp PublicIpv4Pool ServiceManaged",
    free="""
        AllocationId AssociationId CustomerOwnedIpv4Pool Domain InstanceId NetworkInterfaceId NetworkInterfaceOwnerId PrivateIpAddress
        SubnetId Tags
    """,
)

# A private gateway bills as a public one. ProvisionedBandwidth is reserved for AWS's own use.
NAT_GATEWAY = described(
    "ec2",
    "NatGateway",
    priced="AutoScalingIps AvailabilityMode NatGatewayAddresses State",
    free="""
        AttachedAppliances AutoProvisionZones ConnectivityType CreateTime DeleteTime FailureCode FailureMessage NatGatewayId
        ProvisionedBandwidth RouteTableId SubnetId Tags VpcId
    """,
)
