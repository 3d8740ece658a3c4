"""What the members of the load balancing services' replies are for the bill.

Not in these replies: capacity units that are reserved (DescribeCapacityReservation), and web ACLs. Trust stores stay without the balancer.
https://aws.amazon.com/elasticloadbalancing/pricing/
"""

from __future__ import annotations

from functions.core.prices.bills import described

LOAD_BALANCER = described(
    "elbv2",
    "LoadBalancer",
    priced="AvailabilityZones CustomerOwnedIpv4Pool IpAddressType IpamPools Scheme Type",
    free="""
        CanonicalHostedZoneId CreatedTime DNSName EnablePrefixForIpv6SourceNat EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
        LoadBalancerArn LoadBalancerName SecurityGroups State VpcId
    """,
)

CLASSIC = described(
    "elb",
    "LoadBalancerDescription",
    priced="AvailabilityZones Scheme",
    free="""
        BackendServerDescriptions CanonicalHostedZoneName CanonicalHostedZoneNameID CreatedTime DNSName HealthCheck Instances
        ListenerDescriptions LoadBalancerName Policies SecurityGroups SourceSecurityGroup Subnets VPCId
    """,
)

TARGET_GROUP = described(
    "elbv2",
    "TargetGroup",
    priced="",
    free="""
        HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol HealthCheckTimeoutSeconds
        HealthyThresholdCount IpAddressType LoadBalancerArns Matcher Port Protocol ProtocolVersion TargetControlPort TargetGroupArn
        TargetGroupName TargetType UnhealthyThresholdCount VpcId
    """,
)
