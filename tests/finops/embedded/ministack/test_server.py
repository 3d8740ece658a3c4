"""What ministack is put right in, asked over HTTP as the scanners ask; and moto beside it, which has to know whose request it answers.

The second half of each test says what ministack itself does: when one of those fails with a newer ministack, our correction can go.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack.core import iam_actions
from ministack.services import alb, cloudwatch_logs, ec2, eventbridge, lambda_svc, scheduler, tagging

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.ministack import server as ministack_server

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READER_TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS[0]}:root"}, "Action": "sts:AssumeRole"}]}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_a_stopped_instance_is_no_healthy_target(aws: EmbeddedAws) -> None:
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=3, MaxCount=3, InstanceType="t3.micro")["Instances"]
    running, stopped, gone = (instance["InstanceId"] for instance in made)
    ec2.stop_instances(InstanceIds=[stopped])
    ec2.terminate_instances(InstanceIds=[gone])
    group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId="vpc-00000001")["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": target} for target in (running, stopped, gone)])
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in health} == {running: "healthy", stopped: "unused", gone: "unused"}
    assert health[1]["TargetHealth"]["Reason"] == "Target.InvalidState"
    assert 'f"<TargetHealth><State>healthy</State></TargetHealth>"' in source(alb._describe_target_health)


def test_an_address_is_a_healthy_target(aws: EmbeddedAws) -> None:
    elb = aws.client("elbv2")
    made = elb.create_target_group(Name="ips", Protocol="HTTP", Port=80, VpcId="vpc-00000001", TargetType="ip")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.7"}])
    assert elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"] == {"State": "healthy"}


def test_the_latest_and_default_versions_of_all_launch_templates_are_listed(aws: EmbeddedAws) -> None:
    client = aws.client("ec2")
    listed = {"Versions": ["$Latest", "$Default"], "MaxResults": 200}
    assert client.describe_launch_template_versions(**listed)["LaunchTemplateVersions"] == []
    for name in ("one", "two"):
        client.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.micro"})
    for kind in ("m5.large", "m7i.large"):
        client.create_launch_template_version(LaunchTemplateName="two", LaunchTemplateData={"InstanceType": kind})
    found = client.describe_launch_template_versions(**listed)["LaunchTemplateVersions"]
    assert [(one["LaunchTemplateName"], one["VersionNumber"]) for one in found] == [("one", 1), ("two", 1), ("two", 3)]
    named = client.describe_launch_template_versions(LaunchTemplateName="two", Versions=["2"])["LaunchTemplateVersions"]
    assert [one["LaunchTemplateData"]["InstanceType"] for one in named] == ["m5.large"]
    assert "if not lt:" in source(ec2._describe_launch_template_versions)


def test_an_instance_and_its_root_volume_are_in_the_zone_that_was_asked_for(aws: EmbeddedAws) -> None:
    client = aws.client("ec2")
    asked = {"ImageId": "ami-1", "InstanceType": "m4.large", "MinCount": 2, "MaxCount": 2}
    started = client.run_instances(**asked, Placement={"AvailabilityZone": "us-east-1e"})["Instances"]
    ids = [one["InstanceId"] for one in started]
    listed = [one for group in client.describe_instances(InstanceIds=ids)["Reservations"] for one in group["Instances"]]
    assert [one["Placement"]["AvailabilityZone"] for one in (*started, *listed)] == ["us-east-1e"] * 4
    disks = [mapping["Ebs"]["VolumeId"] for one in listed for mapping in one["BlockDeviceMappings"]]
    assert [one["AvailabilityZone"] for one in client.describe_volumes(VolumeIds=disks)["Volumes"]] == ["us-east-1e"] * 2
    (other,) = client.run_instances(ImageId="ami-1", InstanceType="m4.large", MinCount=1, MaxCount=1)["Instances"]
    assert other["Placement"]["AvailabilityZone"] == "us-east-1a"
    assert "Placement.AvailabilityZone" not in source(ec2._run_instances)


@pytest.fixture(scope="module")
def functions(aws: EmbeddedAws) -> Any:
    """A client for Lambda, where there are two functions, "with" and "without"."""
    client = aws.client("lambda")
    aws.client("iam").create_role(RoleName="listed", AssumeRolePolicyDocument=json.dumps(TRUST))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...")
    for name in ("with", "without"):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::{ACCOUNTS[0]}:role/listed",
            Handler="index.handler",
            Code={"ZipFile": buffer.getvalue()},
            Publish=True,
        )
    return client


def test_provisioned_concurrency_is_listed(functions: Any) -> None:
    functions.put_provisioned_concurrency_config(FunctionName="with", Qualifier="1", ProvisionedConcurrentExecutions=5)
    assert functions.list_provisioned_concurrency_configs(FunctionName="without")["ProvisionedConcurrencyConfigs"] == []
    (config,) = functions.list_provisioned_concurrency_configs(FunctionName="with")["ProvisionedConcurrencyConfigs"]
    assert config["FunctionArn"] == f"arn:aws:lambda:us-east-1:{ACCOUNTS[0]}:function:with:1"
    assert (config["AllocatedProvisionedConcurrentExecutions"], config["Status"]) == (5, "READY")
    assert functions.get_provisioned_concurrency_config(FunctionName="with", Qualifier="1")["Status"] == "READY"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        functions.list_provisioned_concurrency_configs(FunctionName="missing")
    assert "List" not in source(lambda_svc._get_provisioned_concurrency)


def test_reading_concurrency_needs_the_permission_to_read_it(aws: EmbeddedAws, functions: Any) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="concurrency", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    reader = assumed(aws, "lambda", f"arn:aws:iam::{ACCOUNTS[0]}:role/concurrency")
    reads = {
        "lambda:GetFunctionConcurrency": reader.get_function_concurrency,
        "lambda:ListProvisionedConcurrencyConfigs": reader.list_provisioned_concurrency_configs,
    }
    for action, read in reads.items():
        allow = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        iam.put_role_policy(RoleName="concurrency", PolicyName="read", PolicyDocument=json.dumps(allow))
        read(FunctionName="with")
        for other in set(reads) - {action}:
            with pytest.raises(ClientError, match="AccessDenied"):
                reads[other](FunctionName="with")
    with pytest.raises(ClientError, match="lambda:PutFunctionConcurrency"):
        reader.put_function_concurrency(FunctionName="with", ReservedConcurrentExecutions=0)
    assert iam_actions._lambda_action("GET", "/2019-09-30/functions/with/concurrency") == "PutFunctionConcurrency"


def test_converse_is_allowed_by_invoke_model(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="converse", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    reader = assumed(aws, "bedrock-runtime", f"arn:aws:iam::{ACCOUNTS[0]}:role/converse")
    question = [{"role": "user", "content": [{"text": "anybody there?"}]}]
    with pytest.raises(ClientError, match="bedrock:InvokeModel"):
        reader.converse(modelId="amazon.nova-micro-v1:0", messages=question)
    allow = {"Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}]}
    iam.put_role_policy(RoleName="converse", PolicyName="ask", PolicyDocument=json.dumps(allow))
    assert reader.converse(modelId="amazon.nova-micro-v1:0", messages=question)["output"]["message"]["role"] == "assistant"
    assert iam_actions._match_rest_action("bedrock-runtime", "POST", "/model/x/converse") == "Converse"


def test_a_bucket_that_asks_for_tls_lets_us_in(aws: EmbeddedAws) -> None:
    s3, iam = aws.client("s3"), aws.client("iam")
    s3.create_bucket(Bucket="only-tls")
    refuse = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::only-tls/*"}
    policy = {"Statement": [{**refuse, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
    s3.put_bucket_policy(Bucket="only-tls", Policy=json.dumps(policy))
    iam.create_role(RoleName="writer", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    allow = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    iam.put_role_policy(RoleName="writer", PolicyName="write", PolicyDocument=json.dumps(allow))
    assumed(aws, "s3", f"arn:aws:iam::{ACCOUNTS[0]}:role/writer").put_object(Bucket="only-tls", Key="x", Body=b"")


def test_a_log_group_stores_what_came_in(aws: EmbeddedAws) -> None:
    logs, cloudwatch = aws.client("logs"), aws.client("cloudwatch")
    for name in ("written", "measured", "empty"):
        logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName="written", logStreamName="one")
    now = datetime.now(UTC)
    logs.put_log_events(
        logGroupName="written", logStreamName="one", logEvents=[{"timestamp": int(now.timestamp() * 1000), "message": "ten bytes!"}]
    )
    points = [
        {"MetricName": "IncomingBytes", "Dimensions": [{"Name": "LogGroupName", "Value": "measured"}], "Timestamp": day, "Value": 5e9}
        for day in (now, now + timedelta(days=30))
    ]
    cloudwatch.put_metric_data(Namespace="AWS/Logs", MetricData=points)
    assert {one["logGroupName"]: one["storedBytes"] for one in logs.describe_log_groups()["logGroups"]} == {
        "written": 10,
        "measured": 10**10,
        "empty": 0,
    }
    assert aws.client("logs", ACCOUNTS[1]).describe_log_groups()["logGroups"] == []
    assert '"storedBytes": sum(' in source(cloudwatch_logs._describe_log_groups)


def test_log_groups_are_found_by_their_tags(aws: EmbeddedAws) -> None:
    aws.client("logs").create_log_group(logGroupName="tagged", tags={"team": "search"})
    found = aws.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["logs:log-group"])["ResourceTagMappingList"]
    mine = [one for one in found if one["ResourceARN"].endswith(":tagged")]
    assert mine == [
        {
            "ResourceARN": f"arn:aws:logs:{REGIONS[0]}:{ACCOUNTS[0]}:log-group:tagged",
            "Tags": [{"Key": "team", "Value": "search"}],
        }
    ]
    assert "logs" not in tagging._COLLECTORS, "ministack's own, in this process"


def test_moto_knows_the_account_of_a_root_and_of_an_assumed_role(aws: EmbeddedAws) -> None:
    member = ACCOUNTS[1]
    aws.client("iam", member).create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    aws.client("elb", member).create_load_balancer(
        LoadBalancerName="classic",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
        AvailabilityZones=["us-east-1a"],
    )
    as_role = assumed(aws, "elb", f"arn:aws:iam::{member}:role/reader")
    assert names(as_role) == names(aws.client("elb", member)) == ["classic"]
    assert names(aws.client("elb")) == []


def names(elb: Any) -> list[str]:
    return [balancer["LoadBalancerName"] for balancer in elb.describe_load_balancers()["LoadBalancerDescriptions"]]


def assumed(aws: EmbeddedAws, service: str, role: str) -> Any:
    """A client with a role's credentials."""
    credentials = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=REGIONS[0],
        endpoint_url=aws.servers.endpoint_for(service),
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def source(function: Any) -> str:
    """The text of one of ministack's functions."""
    import inspect

    return inspect.getsource(function)


def test_a_minute_of_scheduler_can_be_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/e2e/test_schedule.py waits for one; here only how long it is."""
    assert ministack_server.rate_seconds("rate(1 minute)") == 60
    monkeypatch.setattr(ministack_server, "WAIT_SCALE", 0.2)
    assert ministack_server.rate_seconds("rate(1 minute)") == 12
    assert ministack_server.rate_seconds("cron(0 2 * * ? *)") is None
    assert "_eb._parse_rate_seconds(" in source(scheduler._tick_schedules)
    assert eventbridge._parse_rate_seconds("rate(1 minute)") == 60, "nothing is put right before the program begins"
    assert "sleep(_SCHEDULE_TICK_INTERVAL)" in source(scheduler._ticker_loop)


def test_the_context_attributes_of_a_schedule_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(ministack_server, "_invoke_target", lambda target, *_: started.append(target["Input"]))
    arn = "arn:aws:scheduler:us-east-1:111111111111:schedule/default/nightly"
    event = {"Source": "aws.scheduler", "Time": 1_795_572_000, "Resources": [arn], "EventId": "e"}
    given = "<aws.scheduler.schedule-arn>@<aws.scheduler.scheduled-time> <aws.scheduler.unknown>"
    ministack_server.invoke_target({"Input": given}, event, {})
    ministack_server.invoke_target({"Input": given}, event | {"Source": "aws.states"}, {})
    assert started == [f"{arn}@2026-11-25T02:00:00Z <aws.scheduler.unknown>", given]
    assert "_eb._invoke_target(target, event, sched)" in source(scheduler._tick_schedules)
    assert "aws.scheduler." not in source(eventbridge._invoke_target)


def test_a_session_reaches_the_same_aws(aws: EmbeddedAws) -> None:
    assert aws.session(ACCOUNTS[2]).client("sts").get_caller_identity()["Account"] == ACCOUNTS[2]
    assert aws.session().client("elb").meta.endpoint_url == aws.servers.side
    assert aws.session().resource("s3").meta.client.meta.endpoint_url == aws.endpoint
