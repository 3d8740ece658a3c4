"""The CDK app synthesised for a generated page: default settings, whatever cdk.json says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdk_app.app import synth
from cdk_app.member.role import MEMBER_STACK
from cdk_app.settings.settings import DeploymentSettings
from cdk_app.stack import ANALYZER_STACK
from scripts.iam_policies import ACCOUNT, REGION, Stack


def stacks(settings: Mapping[str, Any]) -> tuple[Stack, Stack]:
    """The analyzer's and the member's, with `settings` over the defaults."""
    os.environ["CDK_VALIDATION"] = "false"  # CDK's own rules have their tests; they are most of a synthesis
    with tempfile.TemporaryDirectory() as folder:
        chosen = {**DeploymentSettings().model_dump(), **settings}
        assembly = synth(Path(folder) / "out", account=ACCOUNT, region=REGION, bundle=False, **chosen)
        return Stack.read(assembly, ANALYZER_STACK), Stack.read(assembly, MEMBER_STACK)
