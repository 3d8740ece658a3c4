"""The app: the analyzer, the role in another account that it scans, and that role for the accounts of an organization.

python -m cdk_app.app          what cdk.json runs: `cdk` gives the account, the region and where to write
synth(folder, account=…, …)    the same from Python: the cloud assembly for the embedded AWS and the tests
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from aws_cdk import Annotations, App, DefaultStackSynthesizer, Environment, LegacyStackSynthesizer

from cdk_app.constructs.acknowledged import acknowledge, check
from cdk_app.member.role import MEMBER_STACK, MemberStack
from cdk_app.member.stack_set import MEMBERS_STACK, MembersStack
from cdk_app.settings import places
from cdk_app.settings.settings import CONTEXT_KEY, DeploymentSettings, InvalidContext, cdk_context, parse
from cdk_app.stack import ANALYZER_STACK, AnalyzerStack


def add_stacks(app: App, settings: DeploymentSettings, account: str | None, region: str | None) -> None:
    """All stacks, the organization's where the settings name its units. Without an account and a region the analyzer is one for any; the
    others always are. Raises InvalidContext for what cannot be in that region.
    """
    left_off = places.left_off(settings, region) if region else []
    settings = places.fitted(settings, region) if region else settings
    analyzer = AnalyzerStack(
        app,
        ANALYZER_STACK,
        settings,
        stack_name=settings.stack_name,
        env=Environment(account=account, region=region),
        synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    for reason in left_off:
        Annotations.of(analyzer).add_info(f"left off, {reason}")
    trusted, stack_name = settings.analyzer_account or analyzer.account, analyzer.stack_name
    # The legacy synthesizer is the one that needs no bootstrapped account.
    member = MemberStack(app, MEMBER_STACK, settings, trusted, stack_name, synthesizer=LegacyStackSynthesizer())
    if settings.member_ous:
        MembersStack(app, MEMBERS_STACK, settings, trusted, stack_name, synthesizer=LegacyStackSynthesizer())
    acknowledge(analyzer, member)


def synth(folder: Path, *, account: str, region: str, bundle: bool = True, **settings: Any) -> Path:
    """Write the cloud assembly into `folder` and return it: each stack's template, and FinOpsAnalyzer.assets.json.

    `settings` go over those in cdk.json. `bundle` False leaves the layer unbuilt, for whoever does not need it. Raises InvalidContext.
    """
    context = dict(cdk_context())
    chosen = parse({**context.pop(CONTEXT_KEY, {}), **settings})
    if not bundle:
        context["aws:cdk:bundling-stacks"] = []
    app = App(outdir=str(folder), context=context, analytics_reporting=False)
    add_stacks(app, chosen, account, region)
    app.synth()
    return folder


def main() -> None:
    """What cdk.json runs. A setting that cannot be used ends it with one line."""
    try:
        app = App(context=dict(cdk_context()))
        settings = parse(app.node.try_get_context(CONTEXT_KEY))
        add_stacks(app, settings, os.environ.get("CDK_DEFAULT_ACCOUNT"), os.environ.get("CDK_DEFAULT_REGION"))
    except InvalidContext as wrong:
        sys.exit(str(wrong))
    check(app)
    app.synth()


if __name__ == "__main__":
    main()
