"""The analyzer on this machine, for the account of a profile: deployed anew each time, with what earlier sweeps have left."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.config import Config

from cdk_app.settings import settings
from finops.ending import Ending, ExitCode
from finops.local import keeping
from finops.local.lending import Lender
from finops.local.profile import Profile
from finops.sweeping import deployed
from finops.sweeping.run import Screen
from finops.sweeping.sample import NEEDED, require, target_in
from finops.sweeping.sweep import Target

AT_ONCE = min(16, 2 * (os.cpu_count() or 2))
"""Units scanned at the same time: they mostly wait for AWS, but each service's first ones start a process each, which takes a second of a
core and 80 MB."""
SETTINGS: Mapping[str, Any] = {
    "max_concurrency": AT_ONCE,
    "scan_reserved_concurrency": None,
    "schedule": None,
    "prices_schedule": None,
    "email_from": None,
    "email_to": (),
    "email_configuration_set": None,
    "owner_mails": {},
    "billing_account": None,
    "billing_export": None,
    "billing_view_arn": None,
    "stack_name": deployed.STACK,
    "vpc": None,
}
"""What is otherwise than cdk.json has it: nothing here runs by itself or mails, and the profile sees its own bill."""
PATIENT = Config(read_timeout=deployed.PRICES_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
"""Plan may ask hundreds of accounts, and prices are fetched for minutes: no answer is no reason to ask again."""
STEPS = ("plan", "cost", "prices")
"""The functions that look at accounts beside the scanners."""
READ_AS = ("plan", "aggregate")
"""Those that say who does."""


@dataclass(slots=True)
class Machine:
    """The running analyzer. `functions`: a client for its functions; `folder`: what is kept."""

    target: Target
    functions: Any
    folder: Path
    profile: Profile

    @property
    def prefix(self) -> str:
        """How a function is called: this and its step, or "scan-" and its service."""
        return f"{deployed.STACK}-"


@contextmanager
def running(profile: Profile, out: Path, screen: Screen, *, free: bool = False) -> Iterator[Machine]:
    """The analyzer of a profile's account, until the block is left. `free`: it makes no request that AWS bills.

    Ending where a package is missing, the servers do not start, or somebody else is at work in the folder.
    """
    require(NEEDED)
    from finops.embedded import aws as embedded
    from finops.embedded.aws import DIRECT
    from finops.embedded.cloud_assembly import SynthFailed
    from finops.embedded.servers import Kept, StartFailed

    with keeping.folder(out) as folder, Lender(profile) as lender:
        kept = Kept(keeping.BUCKET, folder.resolve())
        try:
            with embedded.running(
                log=screen.note, accounts=(profile.account,), regions=(profile.region,), kept=kept, **{**SETTINGS, **_role()}
            ) as aws:
                aws.deploy()
                functions = aws.session().client("lambda", config=DIRECT.merge(PATIENT))
                _configure(functions, lender.variables, profile.arn, free=free)
                dynamodb, table = aws.client("dynamodb"), aws.outputs["TableName"]
                keeping.put_answers(folder, profile.account, dynamodb, table)
                target = replace(target_in(aws), profile=profile.name, out="" if out == keeping.USUAL else str(out))
                try:
                    yield Machine(target, functions, folder, profile)
                finally:
                    keeping.take_answers(folder, profile.account, dynamodb, table)
        except (StartFailed, SynthFailed) as failed:
            raise Ending(ExitCode.FAILED, f"the analyzer does not start on this machine: {failed}") from failed


def _role() -> dict[str, Any]:
    """The role in other accounts as cdk.json names it, also by the name of a stack that is not the one here."""
    return {"member_role_name": settings.parse(settings.cdk_context().get(settings.CONTEXT_KEY)).member_role_name}


def _configure(functions: Any, lent: Mapping[str, str], reader: str, *, free: bool) -> None:
    """Give the functions that look at accounts what they need for it, and no other one.

    Not by the template, which would be written down: the token is in the memory of the servers and the functions alone.
    """
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            step = function["FunctionName"].removeprefix(f"{deployed.STACK}-")
            more: dict[str, str] = {}
            if step in STEPS or step.startswith("scan-"):
                more |= {**lent, **({"PAID_REQUESTS": "false"} if free else {})}
            if step in READ_AS:
                more["READ_AS"] = reader
            if more:
                variables = function.get("Environment", {}).get("Variables", {}) | more
                functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": variables})
