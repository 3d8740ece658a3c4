"""The stack for each other account that is scanned: one role that can only read, and that only Plan and our scanners may assume.

It has no assets and needs no bootstrap; stack_set.py rolls the same template out over an organization.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.constructs import permissions
from cdk_app.constructs.functions import member_steps
from cdk_app.settings.settings import DeploymentSettings
from functions.core import registry

MEMBER_STACK = "FinOpsAnalyzerMember"


class MemberStack(Stack):
    """`analyzer_account`: where the analyzer runs; `stack_name`: the analyzer's, with which its roles' names begin.

    Plan asks it which regions the account has enabled. Where the settings name a billing account, Cost may assume the role too, and it
    may read the costs.
    """

    def __init__(
        self, scope: Construct, id: str, settings: DeploymentSettings, analyzer_account: str, stack_name: str, **props: Any
    ) -> None:
        what = "FinOps Analyzer: the read-only role in a scanned account"
        super().__init__(scope, id, description=what, stack_name=f"{settings.stack_name}Member", **props)
        # The account with a condition, not the roles by name: AWS refuses roles that do not exist yet, and forgets one that is made anew.
        # On AWS aws:PrincipalArn is the role's ARN, the embedded AWS gives the session's; the second pattern can match nothing else.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
        conditions: dict[str, Any] = {
            "ArnLike": {
                "aws:PrincipalArn": [
                    f"arn:{Aws.PARTITION}:{kind}::{analyzer_account}:{role}/{stack_name}-{step}-*"
                    for step in member_steps(settings)
                    for kind, role in (("iam", "role"), ("sts", "assumed-role"))
                ]
            }
        }
        if settings.member_external_id:
            conditions["StringEquals"] = {"sts:ExternalId": settings.member_external_id}
        self.reader = iam.Role(
            self,
            "Reader",
            role_name=settings.member_role_name,
            description=f"Read by the FinOps Analyzer in {analyzer_account}",
            assumed_by=iam.PrincipalWithConditions(iam.AccountPrincipal(analyzer_account), conditions),
            max_session_duration=Duration.hours(1),
            inline_policies={
                "Read": iam.PolicyDocument(
                    statements=[
                        permissions.find_regions(),
                        permissions.scan(registry.iam_actions()),
                        *([permissions.ask_bill()] if settings.billing_account else []),
                    ]
                )
            },
        )
        CfnOutput(self, "ReaderRoleArn", value=self.reader.role_arn)
