"""The role in every account of an organization's units: MemberStack's own template as a StackSet, while accounts come and go.

Its permissions are service-managed: AWS makes the roles that it works with, once StackSets has trusted access in the organization. It lives
in the management account, or in one that is delegated administrator of StackSets. The management account itself is never a target.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from typing import Any

from aws_cdk import App, CfnStackSet, LegacyStackSynthesizer, Stack
from constructs import Construct

from cdk_app.member.role import MEMBER_STACK, MemberStack
from cdk_app.settings.settings import DeploymentSettings

MEMBERS_STACK = "FinOpsAnalyzerMembers"
ALL_PERCENT = 100
"""At once, and may fail: an account that refuses the role keeps no other from it, and a sweep names it as denied."""
ACCOUNT = "ANALYZER-ACCOUNT"


def member_template(settings: DeploymentSettings, analyzer_account: str, stack_name: str, context: Mapping[str, Any]) -> str:
    """What MemberStack synthesises to, as JSON. `analyzer_account` may be a token of the stack that the text is for.

    In the text of another template that token would be resolved there, to the account that is scanned: so it is put in afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, context=dict(context), analytics_reporting=False)
        MemberStack(app, MEMBER_STACK, settings, analyzer_account=ACCOUNT, stack_name=stack_name, synthesizer=LegacyStackSynthesizer())
        template = app.synth().get_stack_artifact(MEMBER_STACK).template
    return json.dumps(template).replace(ACCOUNT, analyzer_account)


class MembersStack(Stack):
    """`analyzer_account` and `stack_name` as in MemberStack. There is one only where the settings name `member_ous`."""

    def __init__(
        self, scope: Construct, id: str, settings: DeploymentSettings, analyzer_account: str, stack_name: str, **props: Any
    ) -> None:
        what, name = "FinOps Analyzer: the read-only role in the accounts of an organization", f"{settings.stack_name}Members"
        super().__init__(scope, id, description=what, stack_name=name, **props)
        targets = CfnStackSet.DeploymentTargetsProperty(organizational_unit_ids=list(settings.member_ous))
        CfnStackSet(
            self,
            "Members",
            stack_set_name=name,
            description=f"Read by the FinOps Analyzer in {analyzer_account}",
            permission_model="SERVICE_MANAGED",
            call_as=settings.member_call_as,
            auto_deployment=CfnStackSet.AutoDeploymentProperty(enabled=True, retain_stacks_on_account_removal=False),
            capabilities=["CAPABILITY_NAMED_IAM"],
            managed_execution={"Active": True},  # so that two changes of an organization do not wait for each other
            operation_preferences=CfnStackSet.OperationPreferencesProperty(
                failure_tolerance_percentage=ALL_PERCENT, max_concurrent_percentage=ALL_PERCENT
            ),
            stack_instances_group=[
                # One region: roles are the same in all of them.
                CfnStackSet.StackInstancesProperty(deployment_targets=targets, regions=[self.region])
            ],
            template_body=member_template(settings, analyzer_account, stack_name, self.node.get_all_context()),
        )
