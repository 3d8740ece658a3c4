"""`finops explain`: why a finding is one, from what its run stored; or what each check says of a resource now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.commands import listed_runs
from finops.commands.rights import FIND_STACK, LIST_RUNS, READ_RUNS, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.explaining import asking_again, kept_limits, rescan, stored, verdict
from finops.explaining.rescan import WhatIf
from finops.sweeping import deployed, progress
from finops.sweeping.run import Screen
from finops.terminal import shown
from functions.core import registry
from functions.core.tuning.snapshot import Snapshot

EXAMPLES = """
[bold]Examples[/bold]

A finding of the newest report, by the first digits of its id:

finops explain 3f9c01

As it was in an earlier run, for a program:

finops explain 3f9c01 --run 20261124T02 --json

A resource that has no finding, looked at again, read-only, with a profile of its account: what each check compared, and why it is silent:

finops explain arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0 --profile NAME

What it would say with another threshold, or with a file of changes, and without a request that AWS bills:

finops explain arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0 --set ec2-idle-instance.max_cpu_percent=10

finops explain arn:aws:s3:::a-bucket --region eu-west-1 --checks checks.toml --free

[bold]Exit codes[/bold]

0 done, 2 bad input (no such finding, run, stack or resource; several findings may be meant; another account's ARN), 4 failed (denied, AWS
gave no answer), 130 interrupted
"""
ABOUT_ARN = "--profile, --region, --set, --checks and --free are about a resource that is looked at again: they need an ARN"
ABOUT_FINDING = "--run is about a stored finding: it needs a finding's id"
WANTED = "an ARN begins with arn:, and a finding is the id in the report, or its first 6 digits or more (0 to 9, a to f)"


@needs(FIND_STACK, LIST_RUNS, READ_RUNS)
def explain(
    what: Annotated[str, typer.Argument(metavar="FINDING|ARN", help="A finding's id, or its first 6 digits or more; or a resource.")],
    run: Annotated[
        str, typer.Option(metavar="RUN", help='Of a finding: its run, an id or "latest" (the default).', show_default=False)
    ] = "",
    profile: Annotated[
        str, typer.Option(metavar="NAME", help="Of a resource: the AWS profile to look at it with.", show_default="current credentials")
    ] = "",
    region: Annotated[str, typer.Option(help="Of a resource: where it is, if its ARN does not say.", show_default=False)] = "",
    set_: Annotated[
        list[str], typer.Option("--set", metavar="CHECK.THRESHOLD=NUMBER", help="Of a resource: try that threshold.", show_default=False)
    ] = [],  # noqa: B006
    checks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of a resource: try such a file of checks.", show_default=False)
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="Of a resource: ask for no metrics, which AWS bills (some $0.0002).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
    stack: Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")] = deployed.STACK,
) -> None:
    """Explain a finding from what its run stored: what was compared with what, each price, whether the sum has it. Or look at a resource
    again: what each check of its type compares, and why it finds nothing.
    """
    screen, asked = Screen.standard(as_json), what.strip()
    if asked.startswith("arn:"):
        if run:
            raise Ending(ExitCode.BAD_INPUT, ABOUT_FINDING)
        _resource(asked, profile, region, asking_again.what_if(set_, checks), screen, free=free)
        return
    if profile or region or set_ or checks or free:
        raise Ending(ExitCode.BAD_INPUT, ABOUT_ARN)
    if not stored.is_id(asked.lower()):
        raise Ending(ExitCode.BAD_INPUT, f"{what!r} is neither: {WANTED}")
    _finding(asked.lower(), run or listed_runs.LATEST, stack, screen)


def _resource(arn: str, profile: str, region: str, tried: WhatIf, screen: Screen, *, free: bool) -> None:
    kind, own_region, account = asking_again.parts(arn)
    if region and own_region not in ("", region):
        raise Ending(ExitCode.BAD_INPUT, f"--region: {arn} is in {own_region}, not in {region}")
    aws = asking_again.account_of(profile, own_region or region, account, arn)
    resource, said = asking_again.explain(aws, kind, arn, tried, free=free)
    if screen.as_json:
        whose = {"resource_arn": resource.arn, "resource_type": kind, "account": resource.account, "region": resource.region}
        asked = {"calls": aws.meter.calls, "metrics": aws.meter.metrics}
        screen.document({**whose, "checks": [one.as_json() for one in said], "asked": asked})
        return
    for line in (*rescan.lines(resource, kind, said), "", *asking_again.footer(aws, tried)):
        screen.output.print(shown(line), soft_wrap=True)


def _finding(asked: str, run: str, stack: str, screen: Screen) -> None:
    target = deployed.find(stack)
    found, _ = listed_runs.reported(target, run)
    folder = target.folder(found.run_id)
    with aws_mistakes(f"the findings of run {folder.run_id} cannot be read", ExitCode.FAILED):
        finding, counted_by = stored.find(folder, asked)
    limits = kept_limits.of_run(folder)
    if limits is None:
        progress.note(kept_limits.OLDER.format(run=folder.run_id))
    check = next((check for check in registry.checks() if check.id == finding["check_id"]), None)
    made = verdict.as_json(check, finding, counted_by, limits or Snapshot(), folder.run_id)
    if screen.as_json:
        screen.document(made)
        return
    for line in verdict.lines(made):
        screen.output.print(shown(line), soft_wrap=True)
