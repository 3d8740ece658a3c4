"""The functions' place in a VPC that exists already, and the endpoints in it that the setting "vpc" asks for."""

from __future__ import annotations

from typing import Any

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.constructs import permissions
from cdk_app.settings.settings import DeploymentSettings
from cdk_app.settings.vpc import BEDROCK, GATEWAYS, Vpc

HTTPS: dict[str, Any] = {"ip_protocol": "tcp", "from_port": 443, "to_port": 443}
ANYWHERE = "0.0.0.0/0"
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
"""Addresses that no packet of the internet has. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
"""Where boto3 looks for another address of Bedrock.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""


class Network(Construct):
    """`join(function)` puts a function there. `environment`: variables of the functions that call Bedrock."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings, vpc: Vpc) -> None:
        super().__init__(scope, id)
        self._vpc = vpc
        self._stack = Stack.of(self)
        self.security_group_ids = list(vpc.security_group_ids) or [self._way_out()]
        self.environment: dict[str, str] = {}
        for name in GATEWAYS:
            if name in vpc.endpoints:
                self._gateway(name)
        if BEDROCK in vpc.endpoints:
            self._bedrock(settings.bedrock_model_id)
        others = [name for name in vpc.endpoints if name not in (BEDROCK, *GATEWAYS)]
        if others:
            door = self._door("EveryDoor", "HTTPS from the VPC to the endpoints that answer for all of it", PRIVATE)
            for name in dict.fromkeys(others):
                self._interface(name, door, private_dns_enabled=True)

    def join(self, function: lambda_.Function) -> None:
        """The function's network interfaces lie in the VPC's subnets; its role must allow Lambda to make them."""
        made = function.node.default_child
        assert isinstance(made, lambda_.CfnFunction)  # noqa: S101  # the L2 function always has it
        made.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(self._vpc.subnet_ids), security_group_ids=self.security_group_ids
        )

    def _way_out(self) -> str:
        group = ec2.CfnSecurityGroup(
            self,
            "Functions",
            group_description=f"{self._stack.stack_name}: the functions; HTTPS out, nothing in",
            vpc_id=self._vpc.vpc_id,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(cidr_ip=ANYWHERE, description="the APIs of AWS, all over HTTPS", **HTTPS)
            ],
        )
        return group.attr_group_id

    def _door(self, id: str, what: str, ranges: tuple[str, ...] = ()) -> str:
        """A security group of endpoints: HTTPS in from the functions, and from `ranges`."""
        ingress = ec2.CfnSecurityGroup.IngressProperty
        group = ec2.CfnSecurityGroup(
            self,
            id,
            group_description=f"{self._stack.stack_name}: {what}",
            vpc_id=self._vpc.vpc_id,
            security_group_ingress=[
                *(ingress(source_security_group_id=one, description="the functions", **HTTPS) for one in self.security_group_ids),
                *(ingress(cidr_ip=one, description="private addresses", **HTTPS) for one in ranges),
            ],
        )
        return group.attr_group_id

    def _gateway(self, name: str) -> None:
        """Without a policy of ours: the route tables may be others' too, and the functions' roles say what they may reach."""
        ec2.CfnVPCEndpoint(
            self,
            name,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._stack.region}.{name}",
            vpc_id=self._vpc.vpc_id,
            route_table_ids=list(self._vpc.route_table_ids),
        )

    def _bedrock(self, model_id: str) -> None:
        """For this account's calls of the one model. Without private DNS: whatever else in the VPC calls Bedrock is not led here."""
        policy = permissions.allow("OneModel", ["bedrock:InvokeModel"], permissions.model_arns(self._stack, model_id))
        policy.add_any_principal()
        policy.add_condition("StringEquals", {"aws:PrincipalAccount": self._stack.account})
        endpoint = self._interface(
            BEDROCK,
            self._door("BedrockDoor", "HTTPS from the functions to Bedrock"),
            private_dns_enabled=False,
            policy_document={"Version": "2012-10-17", "Statement": [policy.to_statement_json()]},
        )
        first = Fn.select(0, endpoint.attr_dns_entries)  # "<hosted zone>:<name>", that of the region first
        self.environment[ENDPOINT_VARIABLE] = f"https://{Fn.select(1, Fn.split(':', first))}"

    def _interface(self, name: str, door: str, **more: Any) -> ec2.CfnVPCEndpoint:
        """The CDK knows AWS's names in each partition: "cn.com.amazonaws.cn-north-1.ec2", but "com.amazonaws.cn-north-1.sns"."""
        return ec2.CfnVPCEndpoint(
            self,
            name,
            vpc_endpoint_type="Interface",
            service_name=ec2.InterfaceVpcEndpointAwsService(name).name,
            vpc_id=self._vpc.vpc_id,
            subnet_ids=list(self._vpc.subnet_ids),
            security_group_ids=[door],
            **more,
        )
