"""Which checks compare with other numbers than in the run before: what they no longer find, nobody saved by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.store.run_folder import RunFolder

Json = Mapping[str, Any]


def retuned(folder: RunFolder, before: Sequence[str]) -> frozenset[str]:
    """Ids of the checks whose thresholds, defaults included, are not those of the newest run `before` (ids, the newest first).

    None where one of the two runs kept no checks.json: a run of an earlier version, or one whose folder was deleted after its time.
    """
    now = folder.bucket.read_json(folder.checks)
    then = folder.bucket.read_json(RunFolder(folder.bucket, before[0]).checks) if before and now else None
    return changed(then, now) if then and now else frozenset()


def changed(then: Json, now: Json) -> frozenset[str]:
    """The same of two contents of checks.json, see tuning/snapshot.py."""
    named = (name.rpartition(".")[0] for content in (then, now) for name in content["defaults"])
    ruled = (rule["check_id"] for content in (then, now) for rule in content["rules"])
    return frozenset(check_id for check_id in {*named, *ruled} if _limits(then, check_id) != _limits(now, check_id))


def _limits(content: Json, check_id: str) -> tuple[Any, ...]:
    """All that decides what a check compares with. Where an entry stands in its file does not."""
    numbers = {**content["defaults"], **content["thresholds"]}
    rules = [{name: value for name, value in rule.items() if name != "where"} for rule in content["rules"] if rule["check_id"] == check_id]
    return {name: value for name, value in numbers.items() if name.startswith(f"{check_id}.")}, rules, content["analysis_period_days"]
