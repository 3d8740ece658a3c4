"""What the functions really return and raise: what stands in for them where the flow runs without them.

Each handler is called once in this process, one after the other as the flow does it, in an AWS that is moto. So a contract that changes
changes the stand-ins, and a path that the flow reads and no function gives fails the tests of the flow. What lies in the bucket and is
read from there by a later state comes along, beside its key (`inline_flow.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any
from unittest import mock

from awslambdaric.bootstrap import make_error

from functions import aggregate, analyze, cost, notify, plan, rank, scan
from functions.core.advice import bedrock, prompt
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.model import Unit
from functions.core.plan import concurrency
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions import sweeps
from tests.functions.lambda_world import Context, forget
from tests.scripted_bedrock import Call, ScriptedBedrock, answer
from tests.statemachine.inline_flow import LINES

Json = dict[str, Any]
STARTED = "2026-11-24T16:04:02.345Z"
TYPES = ("ebs:volume", "ebs:snapshot", "rds:db-instance")
"""Of three units. The last two have a finding, and so there are two groups of findings: one for each service."""


@dataclass(slots=True, frozen=True)
class Contracts:
    """`answers`: what each function returned, by its name, in a sweep that saw everything.

    `nothing_left`: Plan's answer for a run of which everything was seen before. `too_little`: Rank's, of a sweep of which nothing was.
    """

    answers: dict[str, Json]
    nothing_left: Json
    too_little: Json

    @property
    def units(self) -> list[Json]:
        """The lines of the plan."""
        lines: list[Json] = self.answers["plan"][f"plan_key{LINES}"]
        return lines

    @property
    def groups(self) -> list[Json]:
        """The groups of findings that a model is asked about."""
        lines: list[Json] = self.answers["rank"]["groups"][f"groups_key{LINES}"]
        return lines


def raised(error: Exception) -> dict[str, str]:
    """What Step Functions makes of a function's error: its name, and as the cause what AWS's own runtime client reports."""
    name = type(error).__name__
    return {"Error": name, "Cause": json.dumps(make_error(str(error), name, [], sweeps.Context().aws_request_id))}


@cache
def contracts() -> Contracts:
    """All of it; made once in a process."""
    with _world() as bucket:
        return _asked(bucket)


def _asked(bucket: Bucket) -> Contracts:
    context = Context()

    def planned(name: str, **given: Any) -> tuple[Json, RunFolder]:
        arn = f"arn:aws:states:{sweeps.REGION}:{sweeps.ACCOUNT}:execution:FinOpsAnalyzer-sweep:{name}"
        event = {"input": given, "execution": {"id": arn, "name": name, "started": STARTED}}
        made = plan.handler(event, context)
        return made, RunFolder(bucket, made["run_id"])

    asked = {"regions": [sweeps.REGION], "resource_types": list(TYPES)}
    first, folder = planned("nightly", **asked)
    units = list(folder.read_plan())
    of_run = {name: first[name] for name in ("run_id", "as_of", "analysis_period_days")}
    scanned = scan.handler({**asdict(units[0]), **of_run, "entered": None}, context)
    _found(bucket, folder, units[1:])
    billed = cost.handler(first, context)
    nothing_left, _ = planned("again", resume=folder.run_id)
    ranked = rank.handler({"plan": first, "cost": billed}, context)
    groups = list(_lines(bucket, ranked["groups"]["groups_key"]))
    advised = analyze.handler({**groups[0], **{name: first[name] for name in ("run_id", "bucket", "expires_at")}}, context)
    reported = aggregate.handler({"plan": first, "cost": billed, "rank": ranked}, context)
    told = notify.handler({"plan": first, "rank": ranked, "report": {"files": reported["report"]}}, context)
    second, _ = planned("unseen", **asked)
    too_little = rank.handler({"plan": second, "cost": billed}, context)
    answers = {
        "plan": first, "cost": billed, "scan": scanned, "rank": ranked, "analyze": advised, "aggregate": reported, "notify": told,
    }  # fmt: skip
    return Contracts(
        {name: _with_lines(bucket, one) for name, one in answers.items()},
        _with_lines(bucket, nothing_left),
        _with_lines(bucket, too_little),
    )


def _found(bucket: Bucket, folder: RunFolder, units: list[Unit]) -> None:
    """The objects of some units, with a finding each, as a scan writes them."""
    for unit in units:
        finding = sweeps.finding(f"of-{unit.resource_type.partition(':')[2]}", of=unit)
        sweeps.write_unit(bucket.s3, unit, [finding], folder.run_id)


def _with_lines(bucket: Bucket, answered: Any) -> Any:
    """An answer as JSON, with the items of each object of JSON lines beside its key."""
    made = json.loads(json.dumps(answered))
    if not isinstance(made, dict):
        return made
    lines = {
        f"{name}{LINES}": list(_lines(bucket, value))
        for name, value in made.items()
        if isinstance(value, str) and value.endswith(".jsonl") and bucket.has(value)
    }
    return {name: _with_lines(bucket, value) for name, value in made.items()} | lines


def _lines(bucket: Bucket, key: str) -> Iterator[Json]:
    return map(json.loads, bucket.lines(key))


def _advice(call: Call) -> Any:
    """What the rules would say of the facts that a model is asked about: a valid answer."""
    facts = Facts.model_validate_json(call.text.removeprefix(prompt.OPEN).removesuffix(prompt.CLOSE))
    return json.loads(by_rule(facts).model_dump_json())


@contextlib.contextmanager
def _world() -> Iterator[Bucket]:
    """An account with our bucket and state table, a room for a hundred functions, and a Bedrock that answers."""
    with (
        ScriptedBedrock(answer(_advice)) as scripted,
        mock.patch.dict(os.environ, scripted.environment),
        mock.patch.object(concurrency, "unreserved", return_value=(100, "")),  # moto has no GetAccountSettings
        sweeps.world() as world,
    ):
        forget()
        bedrock.client.cache_clear()
        yield Bucket(world.s3, sweeps.BUCKET)
        bedrock.client.cache_clear()
        forget()
