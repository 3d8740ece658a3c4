"""The option "vpc": where the functions are, who may open a connection to what, and that the functions still only read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Template

from cdk_app.app import synth
from cdk_app.constructs.network import PRIVATE, Network
from cdk_app.settings.settings import InvalidContext, parse
from cdk_app.settings.vpc import BEDROCK, GATEWAYS, interfaces
from tests.cdk_app.templates import Json, functions, many, resources, role_of, statements

VPC = {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0000000a"]}
MAKING = {"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"}
LOOKING = {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}


def endpoints(template: Json) -> dict[str, Json]:
    """The end of the service's name → properties."""
    found = resources(template, "AWS::EC2::VPCEndpoint").values()
    return {one["ServiceName"].removeprefix("com.amazonaws.us-east-1."): one for one in found}


def groups(template: Json) -> dict[str, Json]:
    """Security groups by what they say."""
    return {one["GroupDescription"].partition(": ")[2]: one for one in resources(template, "AWS::EC2::SecurityGroup").values()}


def made_with(folder: Path, region: str = "us-east-1", **vpc: Any) -> Json:
    out = synth(folder / "out", account="111111111111", region=region, bundle=False, vpc={**VPC, **vpc})
    made: Json = json.loads((out / "FinOpsAnalyzer.template.json").read_text())
    return made


def test_by_default_there_is_nothing_of_a_network(template: Json) -> None:
    assert [found["Type"] for found in template["Resources"].values() if found["Type"].startswith("AWS::EC2::")] == []
    assert [name for name, one in functions(template).items() if "VpcConfig" in one] == []
    assert [name for name, one in functions(template).items() if MAKING & _actions(template, one)] == []


def test_every_function_is_in_it_and_only_https_leaves_it(full_template: Json) -> None:
    [own] = [name for name, one in resources(full_template, "AWS::EC2::SecurityGroup").items() if "SecurityGroupEgress" in one]
    for one in functions(full_template).values():
        assert one["VpcConfig"] == {
            "SubnetIds": ["subnet-0000000a", "subnet-0000000b"],
            "SecurityGroupIds": [{"Fn::GetAtt": [own, "GroupId"]}],
        }
    group = resources(full_template, "AWS::EC2::SecurityGroup")[own]
    assert group["VpcId"] == "vpc-0123456789abcdef0"
    assert "SecurityGroupIngress" not in group
    [out] = group["SecurityGroupEgress"]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"], out["CidrIp"]) == ("tcp", 443, 443, "0.0.0.0/0")


def test_ones_own_security_groups_are_used_as_they_are(tmp_path: Path) -> None:
    made = made_with(tmp_path, security_group_ids=["sg-0000000a", "sg-0000000b"], endpoints=[BEDROCK])
    assert {json.dumps(one["VpcConfig"]["SecurityGroupIds"]) for one in functions(made).values()} == {'["sg-0000000a", "sg-0000000b"]'}
    [door] = groups(made).values()
    assert [rule["SourceSecurityGroupId"] for rule in door["SecurityGroupIngress"]] == ["sg-0000000a", "sg-0000000b"]


def test_lambda_may_make_the_interfaces_and_the_functions_code_may_not(full_template: Json) -> None:
    for name, one in functions(full_template).items():
        role = list(statements(full_template, role_of(one)))
        [allowed] = [found for found in role if found["Effect"] == "Allow" and MAKING & set(many(found["Action"]))]
        assert set(many(allowed["Action"])) == MAKING | LOOKING
        [denied] = [found for found in role if found["Effect"] == "Deny"]
        assert (set(denied["Action"]), denied["Resource"]) == (MAKING, "*")
        [(operator, keys)] = denied["Condition"].items()
        assert (operator, list(keys)) == ("ArnEquals", ["lambda:SourceFunctionArn"])
        assert keys["lambda:SourceFunctionArn"]["Fn::Join"][1][-1] == f":lambda:us-east-1:111111111111:function:{name}"


def test_the_endpoints_that_were_asked_for_are_made_and_no_others(full_template: Json, tmp_path: Path) -> None:
    assert set(endpoints(full_template)) == {*GATEWAYS, *interfaces()}
    assert set(endpoints(made_with(tmp_path))) == set()


def test_gateways_are_in_the_route_tables_and_interfaces_in_the_subnets(full_template: Json) -> None:
    for name, one in endpoints(full_template).items():
        assert one["VpcId"] == "vpc-0123456789abcdef0"
        if name in GATEWAYS:
            assert (one["VpcEndpointType"], one["RouteTableIds"]) == ("Gateway", ["rtb-0000000a"])
            assert "PolicyDocument" not in one
        else:
            assert (one["VpcEndpointType"], one["SubnetIds"]) == ("Interface", ["subnet-0000000a", "subnet-0000000b"])
            assert one["PrivateDnsEnabled"] is (name != BEDROCK)


def test_bedrocks_endpoint_is_for_the_one_model_and_this_account(full_template: Json) -> None:
    [statement] = endpoints(full_template)[BEDROCK]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "bedrock:InvokeModel")
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}
    [analyze] = [one for name, one in functions(full_template).items() if name.endswith("-analyze")]
    [own] = [found for found in statements(full_template, role_of(analyze)) if found.get("Sid") == "InvokeModel"]
    assert sorted(statement["Resource"], key=str) == sorted(own["Resource"], key=str)


def test_only_the_function_that_asks_bedrock_goes_by_the_endpoints_own_name(full_template: Json) -> None:
    [endpoint] = [name for name, one in resources(full_template, "AWS::EC2::VPCEndpoint").items() if one["ServiceName"].endswith(BEDROCK)]
    named = {
        name: one["Environment"]["Variables"]["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
        for name, one in functions(full_template).items()
        if "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" in one["Environment"]["Variables"]
    }
    first = {"Fn::Select": [0, {"Fn::GetAtt": [endpoint, "DnsEntries"]}]}
    name = {"Fn::Select": [1, {"Fn::Split": [":", first]}]}
    assert named == {"FinOpsAnalyzer-analyze": {"Fn::Join": ["", ["https://", name]]}}


def test_what_answers_for_the_whole_vpc_lets_in_the_whole_vpc_and_bedrock_only_the_functions(full_template: Json) -> None:
    found = groups(full_template)
    for said, ranges in {
        "HTTPS from the functions to Bedrock": [],
        "HTTPS from the VPC to the endpoints that answer for all of it": [*PRIVATE],
    }.items():
        rules = found[said]["SecurityGroupIngress"]
        assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules} == {("tcp", 443, 443)}
        assert len([rule for rule in rules if "SourceSecurityGroupId" in rule]) == 1
        assert [rule["CidrIp"] for rule in rules if "CidrIp" in rule] == ranges


@pytest.mark.parametrize("name", ["ce", "organizations", "pricing.api"])
def test_an_endpoint_that_aws_has_in_another_region_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidContext, match=rf"vpc\.endpoints: '{name}' is asked in us-east-1, and a VPC in eu-west-1"):
        made_with(tmp_path, region="eu-west-1", endpoints=[name])


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("cn-north-1", {"cn.com.amazonaws.cn-north-1.ec2", "com.amazonaws.cn-north-1.sns", "com.amazonaws.cn-north-1.s3"}),
        ("us-gov-west-1", {f"com.amazonaws.us-gov-west-1.{name}" for name in ("ec2", "sns", "s3")}),
        ("eusc-de-east-1", {f"com.amazonaws.eusc-de-east-1.{name}" for name in ("ec2", "sns", "s3")}),
    ],
)
def test_the_endpoints_are_called_as_in_their_partition(region: str, names: set[str]) -> None:
    """https://github.com/aws/aws-cdk/issues/11140: China has two forms of names, and which service has which is nothing but a list."""
    settings = parse({"vpc": {**VPC, "endpoints": ["ec2", "sns", "s3"], "route_table_ids": ["rtb-0000000a"]}})
    assert settings.vpc
    stack = Stack(App(), "Ours", env=Environment(account="111111111111", region=region))
    Network(stack, "Network", settings, settings.vpc)
    made = Template.from_stack(stack).to_json()
    assert {one["ServiceName"] for one in resources(made, "AWS::EC2::VPCEndpoint").values()} == names


def _actions(template: Json, function: Json) -> set[str]:
    return {action for one in statements(template, role_of(function)) for action in many(one["Action"])}
