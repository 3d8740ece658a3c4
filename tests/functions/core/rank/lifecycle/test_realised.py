"""What adds up to the realised savings; `test_ten_weeks.py` has it over many runs, test_resource_costs.py what the bill says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from functions.core.plan.request import parse
from functions.core.rank import scratch_database
from functions.core.rank.bill.resource_costs import ResourceCosts
from functions.core.rank.lifecycle.realised import Realised
from functions.core.rank.lifecycle.scope import Scope
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core.rank.lifecycle.test_known import LINE
from tests.functions.folder_bucket import FolderBucket


@pytest.fixture
def costs(tmp_path: Path) -> Iterator[ResourceCosts]:
    with closing(scratch_database.database()) as database:
        yield ResourceCosts(Bucket(FolderBucket(tmp_path), sweeps.BUCKET), sweeps.NO_BILL, database)


def gone(day: int, **more: Any) -> dict[str, Any]:
    return LINE | {"resolved": f"2026-11-{day:02}T02:00:00+00:00"} | more


def test_nothing_is_said_before_anything_was_resolved(costs: ResourceCosts) -> None:
    assert Realised(None, costs).as_json() == {"since": None, "findings": 0, "monthly_likely": 0.0, "compared": None}


def test_only_what_brings_money_adds_up_since_the_first_of_it(costs: ResourceCosts) -> None:
    realised = Realised(None, costs)
    realised.before(gone(2, likely=None))
    realised.before(gone(3, uncounted=True))
    realised.before(gone(9))
    realised.before(gone(8, rest=2.5))
    assert realised.now(gone(10, likely=0.0001)) == 1
    assert realised.now(gone(1, likely=0.0)) == 0
    expected = {"since": "2026-11-08T02:00:00+00:00", "findings": 3, "monthly_likely": 17.5001, "compared": None}
    assert realised.as_json() == expected


def test_only_what_the_scope_is_about(costs: ResourceCosts) -> None:
    asked = parse({"regions": ["us-east-1"]}).scope
    realised = Realised(Scope(asked, frozenset({sweeps.ACCOUNT}), frozenset({"us-east-1"}), frozenset({"ebs:volume"})), costs)
    realised.before(gone(2))
    realised.before(gone(2, unit="111122223333.eu-west-1.ebs-volume"))
    realised.before(gone(2, unit="444455556666.us-east-1.ebs-volume"))
    assert realised.as_json()["findings"] == 1
