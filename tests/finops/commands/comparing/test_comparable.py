"""Which runs may be compared; what the commands say of them is tested with each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from finops.commands.comparing import comparable
from finops.ending import Ending, ExitCode
from finops.sweeping.sweep import Target
from functions.core.store.bucket import Bucket
from tests.finops.asked_runs import BUCKET, IDS, asked_target
from tests.finops.reports import finding, put
from tests.functions import sweeps

SCOPE = {"id": "0123456789abcdef", "accounts": 1, "regions": 17, "types": 38}


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with asked_target(monkeypatch) as made:
        yield made


@pytest.mark.parametrize(
    ("run", "why", "scope"),
    [
        ({"what_if": False, "scope": SCOPE}, "", SCOPE["id"]),
        ({"what_if": True, "scope": SCOPE}, comparable.WHAT_IF, ""),
        ({"what_if": False, "scope": None}, comparable.NO_SCOPE, ""),
        ({}, comparable.NO_SCOPE, ""),
    ],
)
def test_a_run_with_a_scope_that_is_no_what_if(run: dict[str, Any], why: str, scope: str) -> None:
    assert (comparable.alone({"run": run}), comparable.scope_id({"run": run})) == (why, scope)


def test_a_scope_in_words() -> None:
    assert comparable.in_words(SCOPE) == "1 account, 17 regions, 38 types"


def test_a_run_that_step_functions_has_forgotten_is_found_by_its_id(target: Target) -> None:
    forgotten = sweeps.RUN_ID
    with pytest.raises(Ending, match=f"there is no run '{forgotten}'"):
        comparable.found(target, forgotten)
    put(target.s3, BUCKET, [finding(1, 3.0)], run_id=forgotten)
    run_id, summary = comparable.found(target, forgotten)
    assert (run_id, summary["totals"]["findings"]) == (forgotten, 1)
    assert comparable.found(target, "latest")[0] == IDS["done"]


def test_a_summary_that_is_no_json_is_named(target: Target) -> None:
    folder = target.folder(IDS["done"])
    Bucket(target.s3, BUCKET).put(folder.summary, b"{", "application/json")
    with pytest.raises(Ending, match="is no JSON") as refused:
        comparable.found(target, IDS["done"])
    assert refused.value.code is ExitCode.FAILED
