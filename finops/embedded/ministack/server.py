"""ministack as the embedded AWS needs it: a program of its own, started by `finops/embedded/servers.py`.

Some things ministack 1.5.33 answers otherwise than AWS does, or needs what a machine of one's own does not have. They are put right
here, before it starts:

- elasticloadbalancing:DescribeTargetHealth calls every target healthy. Here an instance that is stopped or terminated is `unused`,
  Target.InvalidState. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
- lambda:ListProvisionedConcurrencyConfigs is taken for GetProvisionedConcurrencyConfig without a qualifier, and fails. IAM takes it for
  lambda:GetFunction, and GetFunctionConcurrency for PutFunctionConcurrency.
- IAM asks for bedrock:Converse, an action that does not exist: Converse is allowed by bedrock:InvokeModel.
  https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
- logs:DescribeLogGroups counts the messages that are there, and nobody can put gigabytes. Here what the metric IncomingBytes says of a
  group is stored, too. tag:GetResources does not know log groups.
- ec2:DescribeLaunchTemplateVersions has to name a template; without one it is $Latest or $Default, or both, of all templates.
- ec2:RunInstances leaves the Availability Zone that is asked for unread: all are in the Region's first.
- ec2:DescribeVpcEndpoints leaves out when an endpoint was made, and more: vpc_endpoints.py.
- Single operations that it lacks are answered by the server beside it: operations.py.
- Queries of Athena: see athena_queries.py. Sending mail: mail.py. Many resources: at_size.py. Threads that
  read and write the same: shared.py. What is kept when it is killed: state.py.
  What DynamoDB's tables store: table_sizes.py.
  A bucket that is kept from one time to the next: kept.py.
- Scheduler's shortest rate is a minute, which a test need not wait for: SCHEDULE_WAIT_SCALE=0.2 makes twelve seconds of it, as
  ministack's own SFN_WAIT_SCALE does with the waits of Step Functions.
- Scheduler leaves its context attributes, "<aws.scheduler.scheduled-time>" and the like, in the input as they are.
  https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
- A request counts as sent over TLS (aws:SecureTransport) although it is not: it never leaves this machine. Else a bucket policy that
  asks for TLS, such as ours, would keep everybody out.

A newer ministack that does these itself makes the functions here superfluous; tests/finops/embedded/ministack/test_server.py then says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import json_response
from ministack.services import alb, cloudwatch, cloudwatch_logs, ec2, eventbridge, lambda_svc, scheduler, tagging

from finops.embedded import recorded_calls
from finops.embedded.ministack import at_size, athena_queries, kept, mail, shared, state, table_sizes, vpc_endpoints
from finops.embedded.operations import LACKING, routed

_answer_target_health = alb._describe_target_health
HEALTHY = "<HealthStatus>healthy</HealthStatus><TargetHealth><State>healthy</State></TargetHealth>"
UNUSED = (
    "<TargetHealth><State>unused</State><Reason>Target.InvalidState</Reason>"
    "<Description>Target is in the stopped state</Description></TargetHealth>"
)


def describe_target_health(params: Any) -> Any:
    """DescribeTargetHealth, where an instance that does not run is no healthy target."""
    status, headers, body = _answer_target_health(params)
    text = body.decode() if isinstance(body, bytes) else body
    members = text.split("<member>")
    for index, member in enumerate(members):
        target = member.partition("<Id>")[2].partition("</Id>")[0]
        instance = ec2._instances.get(target) if target.startswith("i-") else None
        if target.startswith("i-") and (instance is None or instance["State"]["Name"] != "running"):
            members[index] = member.replace(HEALTHY, UNUSED)
    return status, headers, "<member>".join(members).encode()


_answer_provisioned_concurrency = lambda_svc._get_provisioned_concurrency


def provisioned_concurrency(name: str, qualifier: str | None) -> Any:
    """GetProvisionedConcurrencyConfig, which has to name a qualifier; without one it is ListProvisionedConcurrencyConfigs."""
    if qualifier or name not in lambda_svc._functions:
        return _answer_provisioned_concurrency(name, qualifier)
    configs = lambda_svc._functions[name].get("provisioned_concurrency", {})
    return json_response(
        {"ProvisionedConcurrencyConfigs": [{"FunctionArn": f"{lambda_svc._func_arn(name)}:{key}", **one} for key, one in configs.items()]}
    )


_lambda_action = iam_actions._lambda_action
LAMBDA_ACTIONS = {
    ("GET", "concurrency"): "GetFunctionConcurrency",
    ("DELETE", "concurrency"): "DeleteFunctionConcurrency",
    ("GET", "provisioned-concurrency"): "ListProvisionedConcurrencyConfigs",  # GetProvisioned… differs in the query only
    ("PUT", "provisioned-concurrency"): "PutProvisionedConcurrencyConfig",
    ("DELETE", "provisioned-concurrency"): "DeleteProvisionedConcurrencyConfig",
}


def lambda_action(method: str, path: str) -> Any:
    """The IAM action behind a request to Lambda."""
    return LAMBDA_ACTIONS.get((method, path.rstrip("/").rpartition("/")[2])) or _lambda_action(method, path)


_rest_action = iam_actions._match_rest_action


def rest_action(service: str, method: str, path: str, query: Any = None) -> Any:
    """The IAM action behind a REST request: Converse is allowed by InvokeModel."""
    action = _rest_action(service, method, path, query)
    return "InvokeModel" if action == "Converse" else action


_rate_seconds = eventbridge._parse_rate_seconds
WAIT_SCALE = float(os.environ.get("SCHEDULE_WAIT_SCALE", "1"))


def rate_seconds(expression: str) -> float | None:
    """The seconds of a rate(), scaled; None of any other expression."""
    seconds = _rate_seconds(expression)
    return None if seconds is None else seconds * WAIT_SCALE


_invoke_target = eventbridge._invoke_target
CONTEXT = re.compile(r"<aws\.scheduler\.([a-z-]+)>")


def invoke_target(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
    """What a rule or a schedule starts; in the input of a schedule each context attribute is replaced by what it stands for."""
    if event.get("Source") == "aws.scheduler" and target.get("Input"):
        said = {
            "schedule-arn": event["Resources"][0],
            "scheduled-time": f"{datetime.fromtimestamp(event['Time'], UTC):%Y-%m-%dT%H:%M:%SZ}",
            "execution-id": event["EventId"],
            "attempt-number": "1",
        }
        target = {**target, "Input": CONTEXT.sub(lambda found: said.get(found[1], found[0]), target["Input"])}
    return _invoke_target(target, event, rule, view)


_answer_log_groups = cloudwatch_logs._describe_log_groups


def describe_log_groups(data: Any) -> Any:
    """DescribeLogGroups, where a group stores what came in according to its metric, as well as the messages that are there."""
    status, headers, body = _answer_log_groups(data)
    answer = json.loads(body)
    for group in answer.get("logGroups", ()):
        key = ("AWS/Logs", "IncomingBytes", cloudwatch._dims_key({"LogGroupName": group["logGroupName"]}))
        group["storedBytes"] += int(sum(point["Value"] * point.get("Count", 1) for point in cloudwatch._metrics.get(key, ())))
    return status, headers, json.dumps(answer).encode()


def tagged_log_groups() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The log groups of the caller's account and region for GetResources: the ARN without the end that stands for the streams, the tags."""
    for group in cloudwatch_logs._log_groups.values():
        yield group["arn"].removesuffix(":*"), [{"Key": key, "Value": value} for key, value in group.get("tags", {}).items()]


_answer_versions = ec2._describe_launch_template_versions


def describe_launch_template_versions(params: Any) -> Any:
    """DescribeLaunchTemplateVersions; without a template, the latest and default versions of all."""
    if ec2._p(params, "LaunchTemplateId") or ec2._p(params, "LaunchTemplateName"):
        return _answer_versions(params)
    names = {"$Latest": "LatestVersionNumber", "$Default": "DefaultVersionNumber"}
    asked = [names[version] for version in ec2._parse_member_list(params, "LaunchTemplateVersion") if version in names]
    found = [
        ec2._lt_version_xml(version)
        for template in ec2._launch_templates.values()
        for version in template["Versions"]
        if version["VersionNumber"] in {template[number] for number in asked}
    ]
    return ec2._xml(200, "DescribeLaunchTemplateVersionsResponse", f"<launchTemplateVersionSet>{''.join(found)}</launchTemplateVersionSet>")


_run_instances = ec2._run_instances
INSTANCE_ID = re.compile(r"<instanceId>([^<]+)</instanceId>")


def run_instances(params: Any) -> Any:
    """RunInstances; what it starts and their root volumes are in the zone that is asked for."""
    status, headers, body = _run_instances(params)
    if zone := ec2._p(params, "Placement.AvailabilityZone"):
        for instance in (ec2._instances[one] for one in INSTANCE_ID.findall(body.decode())):
            body = body.replace(instance["Placement"]["AvailabilityZone"].encode(), zone.encode())
            instance["Placement"]["AvailabilityZone"] = zone
            for disk in instance["BlockDeviceMappings"]:
                ec2._volumes[disk["Ebs"]["VolumeId"]]["AvailabilityZone"] = zone
    return status, headers, body


_pin_request_origin = app.pin_request_origin


def pin_request_origin(address: str, secure: bool) -> None:
    """Where a request comes from, for the conditions of policies: over TLS, whatever it was."""
    _pin_request_origin(address, True)


def put_right() -> None:
    """Put ours in the place of ministack's."""
    app.pin_request_origin = pin_request_origin
    if side := os.environ.get("SIDE_ENDPOINT"):
        app.SERVICE_HANDLERS |= {name: routed(lacking, app.SERVICE_HANDLERS[name], side) for name, lacking in LACKING.items()}
    eventbridge._parse_rate_seconds = rate_seconds
    eventbridge._invoke_target = invoke_target
    scheduler._SCHEDULE_TICK_INTERVAL *= WAIT_SCALE
    shared.put_right()
    at_size.put_right()
    mail.put_right()
    state.put_right()
    kept.put_right()
    athena_queries.put_right()
    vpc_endpoints.put_right()
    table_sizes.put_right()
    iam_actions._lambda_action = lambda_action
    if recorded_calls.kept():
        iam_evaluator.enforce = recorded_calls.recorded(iam_evaluator.enforce)
        iam_evaluator.resolve_credential = recorded_calls.expiring(iam_evaluator.resolve_credential)
    iam_actions._match_rest_action = rest_action
    alb._ACTION_MAP["DescribeTargetHealth"] = describe_target_health
    lambda_svc._get_provisioned_concurrency = provisioned_concurrency
    cloudwatch_logs._describe_log_groups = describe_log_groups
    ec2._ACTION_MAP["RunInstances"] = run_instances
    ec2._ACTION_MAP["DescribeLaunchTemplateVersions"] = describe_launch_template_versions
    tagging._COLLECTORS["logs"] = tagged_log_groups


if __name__ == "__main__":
    put_right()
    app.main()
