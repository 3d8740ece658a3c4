"""Which runs may be compared, in words: those of the same scope (functions/core/rank/lifecycle/scope.py), and no what-ifs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finops.commands import listed_runs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping.sweep import Target
from functions.core import run_ids

Json = Mapping[str, Any]
WHAT_IF, NO_SCOPE = "a what-if, which looks at another day", "of an earlier version, which did not note its scope"
OTHER_SCOPE, NO_REPORT = "of another scope", "without a report"


def found(target: Target, asked: str) -> tuple[str, Json]:
    """The id and summary.json of the run that is meant. Ending (bad input) when there is none, or it has no report.

    One that is named by its whole id need not be known to Step Functions, which forgets it after 90 days.
    """
    if run_ids.is_one(asked):
        folder = target.folder(asked)
        with aws_mistakes(f"run {asked} cannot be read", ExitCode.FAILED):
            try:
                kept: Json | None = folder.bucket.read_json(folder.summary, may_list=False)
            except ValueError as error:
                raise Ending(ExitCode.FAILED, f"s3://{target.bucket}/{folder.summary} is no JSON: {error}") from error
        if kept is not None:
            return asked, kept
    seen, summary = listed_runs.reported(target, asked)
    return seen.run_id, summary


def alone(summary: Json) -> str:
    """Why a run is compared with no other, "" when it may be."""
    run = summary["run"]
    return WHAT_IF if run.get("what_if") else "" if run.get("scope") else NO_SCOPE


def scope_id(summary: Json) -> str:
    """The id of a run's scope, "" when it is compared with no other."""
    return "" if alone(summary) else str(summary["run"]["scope"]["id"])


def in_words(scope: Json) -> str:
    """What a run looked at: 2 accounts, 17 regions, 38 types."""
    return ", ".join(f"{scope[name]:,} {name if scope[name] != 1 else name[:-1]}" for name in ("accounts", "regions", "types"))
