"""VPC endpoints as AWS describes them. Put in place by server.py.

ministack 1.5.33 keeps an endpoint's type, VPC, service, route tables and subnets. Here it also knows when it was made, its policy and
security groups, and whether it has private DNS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.services import ec2

EVERYTHING = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'
"""The policy of an endpoint that was made without one."""
ENDPOINT_ID = re.compile(r"<vpcEndpointId>([^<]+)</vpcEndpointId>")

_create_vpc_endpoint = ec2._create_vpc_endpoint
_endpoint_xml = ec2._vpce_fields_xml


def create_vpc_endpoint(params: Any) -> Any:
    """CreateVpcEndpoint. One without a security group has its VPC's default one, and private DNS unless it is not to have it."""
    status, headers, body = _create_vpc_endpoint(params)
    one = ec2._vpc_endpoints[ENDPOINT_ID.findall(body.decode())[0]]
    interface = one["VpcEndpointType"] == "Interface"
    default = ec2._vpcs.get(one["VpcId"], {}).get("DefaultSecurityGroupId")
    groups = ec2._parse_member_list(params, "SecurityGroupId") or [default]
    one |= {
        "CreationTimestamp": ec2._now_ts(),
        "PolicyDocument": ec2._p(params, "PolicyDocument") or EVERYTHING,
        "Groups": [group for group in groups if group] if interface else [],
        "PrivateDnsEnabled": interface and (ec2._p(params, "PrivateDnsEnabled") or "true") == "true",
    }
    answer = ec2._xml(200, "CreateVpcEndpointResponse", endpoint_xml(one, tag="vpcEndpoint"))
    return status, headers, answer[2]


def endpoint_xml(endpoint: Any, tag: str = "item") -> str:
    """An endpoint in an answer, with what ministack leaves out of it; CloudFormation keeps some of that by other names."""
    groups = "".join(f"<item><groupId>{one}</groupId></item>" for one in endpoint.get("Groups", endpoint.get("SecurityGroupIds", ())))
    policy = endpoint.get("PolicyDocument") or EVERYTHING
    text = ec2._esc(policy if isinstance(policy, str) else json.dumps(policy))
    dns = "true" if endpoint.get("PrivateDnsEnabled") else "false"
    more = (
        f"<creationTimestamp>{endpoint.get('CreationTimestamp', '')}</creationTimestamp><policyDocument>{text}</policyDocument>"
        f"<groupSet>{groups}</groupSet><privateDnsEnabled>{dns}</privateDnsEnabled><requesterManaged>false</requesterManaged>"
    )
    whole: str = _endpoint_xml(endpoint, tag)
    return whole.replace("<vpcId>", f"{more if 'CreationTimestamp' in endpoint else ''}<vpcId>", 1)


def put_right() -> None:
    """Put ours in the place of ministack's."""
    ec2._vpce_fields_xml = endpoint_xml
    ec2._ACTION_MAP["CreateVpcEndpoint"] = create_vpc_endpoint
