"""What cdk-nag (AwsSolutions) objects to and we do nevertheless, each with its reason. Anything that is not listed here fails the synth.

The ids name the single finding, not only the rule: another wildcard in the same role is a new finding.
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, App, Stack, Token, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from cdk_app.constructs import billing_export
from cdk_app.constructs.functions import ASK_BILL, member_steps
from cdk_app.constructs.notifications import CONFIGURATION_SET, NOTIFIED, PLANNED, REPORTS, SUMMARIES
from cdk_app.constructs.permissions import ADVICE, COST_CACHE, DATASET, GROUPS, HISTORY, METERS, PRICES, RATES, RUNS, SCOPES, UNITS, USUAL
from cdk_app.member.role import MemberStack
from cdk_app.stack import AnalyzerStack

ONLY_RESOURCE = "Resource::*"

RUNS_REASON = "Objects are named after the run and its units: their keys are not known at deployment, but their folder is."
PRICES_REASON = "Refreshed prices are named after service and region, which a deployment does not fix; their folder is fixed."
DESCRIBE_REASON = (
    "Describe*, List*, GetMetricData, GetProducts, GetAccountSettings and Cost Explorer's Get* accept only * as a resource, or "
    "their resources are not known at deployment. All of them are read-only."
)
TRACE_REASON = "X-Ray's PutTraceSegments and PutTelemetryRecords accept only * as a resource; they add traces and read nothing."
VPC_REASON = "Lambda creates the network interfaces with these roles: AWS requires * for that, and the functions' own code is denied it."
MEMBERS_REASON = "Which accounts are scanned is an input of the sweep; the role's name is fixed, and each account's trust policy decides."
PROFILE_REASON = "An inference profile sends a call to whichever of its regions has room; the one model is named."
CONFIGURATION_SET_REASON = (
    "SES applies the default configuration set of the sender's identity, which is chosen there and not at deployment; the condition allows "
    "only the one sender. email_configuration_set narrows it to one."
)
CHILDREN_REASON = "A Distributed Map names the executions of its children itself; only this machine's own are granted."
EXECUTIONS_REASON = "Whoever starts an execution names it; only this machine's own are granted, and only to be looked at."
RESULTS_REASON = "Athena names the result of a query itself; its folder is fixed."
EXPORT_REASON = "An export has a file and a table for each month and refresh; its folder, and what the tables' names begin with, are fixed."
DELIVERY_REASON = (
    "Log delivery and X-Ray support no resource-level permissions. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"
)


def check(app: App) -> None:
    """Run AWS's Solutions rules over the whole app when it is synthesised."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(analyzer: AnalyzerStack, member: MemberStack) -> None:
    """Say of each finding that we know of why it is right as it is."""
    functions, flow = analyzer.functions, analyzer.flow
    runs, history, dataset, rates = (
        f"Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{keys}" for keys in (RUNS, HISTORY, DATASET, RATES)
    )
    members = f"Resource::arn:<AWS::Partition>:iam::*:role/{analyzer.settings.member_role_name}"
    region, account = (
        f"<{name}>" if Token.is_unresolved(value) else value
        for name, value in (("AWS::Region", analyzer.region), ("AWS::AccountId", analyzer.account))
    )
    _say(
        analyzer.storage.bucket,
        "S1",
        "It holds our own reports; an account that wants to know who reads them can use CloudTrail's data events.",
    )
    for function in (*functions.all, functions.prices):
        _say(function, "L1", "Python 3.13 is what the layer's wheels are built for; a newer runtime is changed together with them.")
    for name, role in functions.roles.items():
        describes = name == "prices" or name in ASK_BILL or name.startswith("scan-")
        reasons = (DESCRIBE_REASON if describes else "", TRACE_REASON, VPC_REASON if analyzer.settings.vpc else "")
        _say(role, f"IAM5[{ONLY_RESOURCE}]", " ".join(filter(None, reasons)))
        if (export := analyzer.settings.billing_export) and name in ("cost", "rank"):
            _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{billing_export.RESULTS}]", RESULTS_REASON)
            if name == "cost":
                tables = f"{analyzer.dataset.database_name}/{billing_export.TABLES}*"
                _say(role, f"IAM5[Resource::arn:<AWS::Partition>:glue:{region}:{account}:table/{tables}]", EXPORT_REASON)
                _say(role, f"IAM5[Resource::arn:<AWS::Partition>:s3:::{export.removeprefix('s3://')}/*]", EXPORT_REASON)
        if name == "analyze":
            for keys in (GROUPS, ADVICE, METERS):
                _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{keys}]", RUNS_REASON)
            _say(
                role,
                f"IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{analyzer.settings.bedrock_model_id.partition('.')[2]}]",
                PROFILE_REASON,
            )
            continue
        if name == "notify":
            for keys in (PLANNED, SUMMARIES, *REPORTS, NOTIFIED):
                _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{keys}]", RUNS_REASON)
            sets = f"arn:<AWS::Partition>:ses:{region}:{account}:{CONFIGURATION_SET}/*"
            _say(role, f"IAM5[Resource::{sets}]", CONFIGURATION_SET_REASON)
            continue
        if name == "prices" or name.startswith("scan-"):
            _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{PRICES}]", PRICES_REASON)
        if name == "prices":
            _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{SCOPES}]", RUNS_REASON)
            continue
        if name.startswith("scan-"):
            _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{UNITS}]", RUNS_REASON)
        _say(role, f"IAM5[{runs}]", RUNS_REASON)
        if name in ASK_BILL:
            for keys in (COST_CACHE, PRICES):
                _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{keys}]", RUNS_REASON)
        if name == "aggregate":
            _say(role, f"IAM5[Resource::<{_logical_id(analyzer.storage.bucket)}.Arn>/{USUAL}]", RUNS_REASON)
        if name == "rank":
            _say(role, f"IAM5[{history}]", RUNS_REASON)
            _say(role, f"IAM5[{dataset}]", RUNS_REASON)
            _say(role, f"IAM5[{rates}]", RUNS_REASON)
        if name.partition("-")[0] in member_steps(analyzer.settings):
            _say(role, f"IAM5[{members}]", MEMBERS_REASON)
    _say(flow.role, f"IAM5[{runs}]", RUNS_REASON)
    _say(flow.role, f"IAM5[{ONLY_RESOURCE}]", DELIVERY_REASON)
    executions = f"IAM5[Resource::arn:<AWS::Partition>:states:{region}:{account}:execution:{flow.name}"
    for rest in (":*", "/*"):
        _say(flow.role, f"{executions}{rest}]", CHILDREN_REASON)
    _say(functions.roles["plan"], f"{executions}:*]", EXECUTIONS_REASON)
    _say(analyzer.dead, "SQS3", "This is the dead letter queue: a person looks at what lands here.")
    _say(member.reader, f"IAM5[{ONLY_RESOURCE}]", DESCRIBE_REASON)


def _say(construct: IConstruct, finding: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{finding}", reason=reason))


def _logical_id(bucket: s3.Bucket) -> str:
    child = bucket.node.default_child
    assert isinstance(child, s3.CfnBucket)  # noqa: S101  # the L2 bucket always has it
    return Stack.of(bucket).get_logical_id(child)
