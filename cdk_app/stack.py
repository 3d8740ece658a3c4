"""The analyzer's stack: storage, functions, the flow, and the names that the CLI looks up."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk_app.constructs.alarms import Alarms
from cdk_app.constructs.dashboard import Dashboard
from cdk_app.constructs.dataset import Dataset
from cdk_app.constructs.dead_letters import DeadLetters
from cdk_app.constructs.flow import Flow
from cdk_app.constructs.functions import Functions, scan_function_prefix
from cdk_app.constructs.network import Network
from cdk_app.constructs.notifications import FailureRule, Topic
from cdk_app.constructs.schedule import Schedules
from cdk_app.constructs.storage import Storage
from cdk_app.settings.settings import DeploymentSettings

ANALYZER_STACK = "FinOpsAnalyzer"
"""Its id in the app, for the cdk command; the stack's name is a setting."""


class AnalyzerStack(Stack):
    """Everything that runs in the analyzer's own account."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings, **props: Any) -> None:
        super().__init__(scope, id, description="FinOps Analyzer: finds what the bill pays for nothing", **props)
        self.settings = settings
        self.storage = Storage(self, "Storage", settings)
        self.topic = Topic(self, "Topic")
        self.dead = DeadLetters(self, "DeadLetters").queue
        network = Network(self, "Network", settings, settings.vpc) if settings.vpc else None
        self.functions = Functions(self, "Functions", settings, self.storage, self.topic, self.dead, network)
        self.flow = Flow(self, "Flow", settings, self.storage, self.functions)
        FailureRule(self, "Failures", self.flow.machine, self.functions.notify, self.dead)
        self.dataset = Dataset(self, "Dataset", settings, self.storage.bucket)
        Schedules(self, "Schedules", settings, self.flow.machine, self.functions.prices, self.dead)
        self.alarms = Alarms(self, "Alarms", settings, self.topic.topic, self.flow.machine, self.functions, self.dead)
        Dashboard(self, "Dashboard", settings, self.flow.machine, self.functions)
        for name, value in {
            "StateMachineArn": self.flow.machine.state_machine_arn,
            "BucketName": self.storage.bucket.bucket_name,
            "TableName": self.storage.table.table_name,
            "ScanFunctionPrefix": scan_function_prefix(self),
            "ReaderRoleName": settings.member_role_name,
            "DatabaseName": self.dataset.database_name,
            "TopicArn": self.topic.topic.topic_arn,
            "WorkGroupName": self.dataset.workgroup_name,
        }.items():
            CfnOutput(self, name, value=value)
