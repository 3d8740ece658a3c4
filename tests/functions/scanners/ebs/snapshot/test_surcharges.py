"""Fast restore that nobody uses: by its credits, in each zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Confidence, InsufficientData
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.ebs.snapshot.collector import SHARED, FastRestore, Snapshot
from functions.scanners.ebs.snapshot.surcharges import BALANCE, LESS, fast_restore, full
from functions.scanners.ebs.snapshot.unused import orphan_snapshot
from tests.functions.core.check_samples import asks
from tests.functions.scanners.ebs.samples import NOW, PRICES, days_ago, judged, series, waste
from tests.functions.scanners.ebs.snapshot.test_unused import PLAIN

LIMITS = fast_restore.limits(NOW)
ZONE_MONTH = 0.75 * 730
A, B = FastRestore("us-east-1a", days_ago(60)), FastRestore("us-east-1b", days_ago(60))


def ready(*zones: Sequence[float], **changes: Any) -> Snapshot:
    """Of 100 GiB, with the least credits of each day in each of its zones."""
    made = replace(PLAIN, fast_restores=(A, B)[: len(zones)], **changes)
    return replace(made, usage=Usage({BALANCE: tuple(series(BALANCE, values, 14) for values in zones)}))


FULL, USED = [10.0] * 14, [*[10.0] * 13, 9.0]


@pytest.mark.parametrize(
    ("gib", "bucket", "least"), [(1, 10, 10), (102, 10, 10), (103, 9.94, 9), (128, 8, 8), (300, 3.41, 3), (1_024, 1, 1), (16_384, 1, 1)]
)
def test_a_full_bucket_by_the_size_of_the_volume(gib: int, bucket: float, least: int) -> None:
    assert full(gib) == least - LESS
    assert bucket - 1 + 5 * bucket / 60 < full(gib) or gib == 103, "five minutes after a creation it is not full again"
    assert bucket >= full(gib)


@pytest.mark.parametrize(
    ("zones", "found"),
    [
        ([FULL], ["us-east-1a"]),
        ([USED], None),
        ([[9.94] * 14], None),
        ([FULL, FULL], ["us-east-1a", "us-east-1b"]),
        ([FULL, USED], ["us-east-1a"]),
        ([USED, FULL], ["us-east-1b"]),
        ([USED, USED], None),
        ([[9.0] * 14], None),  # one a day, every day
    ],
)
def test_one_volume_in_the_window_is_use_of_its_zone(zones: list[list[float]], found: list[str] | None) -> None:
    if found is None:
        assert judged(fast_restore, ready(*zones)) is None
        return
    verdict = waste(fast_restore, ready(*zones))
    assert verdict.evidence["zones"] == ", ".join(found)
    assert verdict.savings.low == verdict.savings.likely == verdict.savings.high == pytest.approx(len(found) * ZONE_MONTH)


@pytest.mark.parametrize(("datapoints", "found"), [(0, False), (12, False), (13, True), (14, True)])
def test_too_few_datapoints_are_no_verdict(datapoints: int, found: bool) -> None:
    judge = Judge([(fast_restore, LIMITS)], PRICES)  # type: ignore[list-item]  # the engine holds checks of every resource class
    assert len(judge.findings(ready(FULL[:datapoints]))) == found
    assert judge.insufficient == ({} if found else {"ebs-fast-snapshot-restore": 1})


def test_a_zone_with_too_few_datapoints_does_not_keep_the_others_from_being_judged() -> None:
    assert waste(fast_restore, ready(FULL[:3], FULL)).evidence["zones"] == "us-east-1b"


@pytest.mark.parametrize(
    ("restores", "tags", "asked"),
    [
        ((), {}, False),
        ((FastRestore("a", None),), {}, False),
        ((FastRestore("a", days_ago(14.99)),), {}, False),
        ((FastRestore("a", days_ago(15)),), {}, True),
        ((FastRestore("a", days_ago(1)), FastRestore("b", days_ago(15))), {}, True),
        ((FastRestore("a", days_ago(1)),), {"dlm:managed": "true"}, None),
        ((FastRestore("a", days_ago(15)),), {"dlm:managed": "true"}, True),
        ((), {"dlm:managed": "true"}, False),
    ],
)
def test_which_are_asked_about_and_which_are_counted_as_not_judged(
    restores: tuple[FastRestore, ...], tags: dict[str, str], asked: bool | None
) -> None:
    assert asks(fast_restore, replace(PLAIN, fast_restores=restores, tags=tags), LIMITS) is asked


def test_a_zone_that_was_enabled_lately_is_not_judged_with_the_others() -> None:
    young = replace(ready(FULL, FULL), fast_restores=(A, FastRestore("us-east-1b", days_ago(10))))
    assert waste(fast_restore, young).evidence["zones"] == "us-east-1a"


def test_one_metric_a_zone_is_asked_for() -> None:
    assert BALANCE.dimensions(ready(FULL, FULL)) == [
        {"SnapshotId": "snap-1", "AvailabilityZone": "us-east-1a"},
        {"SnapshotId": "snap-1", "AvailabilityZone": "us-east-1b"},
    ]


@pytest.mark.parametrize(
    ("changes", "word", "confidence"),
    [
        ({}, "", None),
        ({"tags": {"dlm:managed": "true"}}, "Data Lifecycle Manager", Confidence.LOW),
        ({"state": SHARED}, "another account's", None),
    ],
)
def test_whose_it_is_is_said(changes: dict[str, Any], word: str, confidence: Confidence | None) -> None:
    found = waste(fast_restore, ready(FULL, **changes))
    assert word in found.note
    assert bool(found.note) is bool(word)
    assert found.confidence is confidence


def test_the_command_names_every_zone_as_one_word_of_the_shell() -> None:
    judge = Judge([(fast_restore, LIMITS)], PRICES)  # type: ignore[list-item]  # the engine holds checks of every resource class
    [found] = judge.findings(ready(FULL, FULL))
    assert """--availability-zones '["us-east-1a", "us-east-1b"]' --source-snapshot-ids snap-1""" in found.command


def test_what_deletes_the_snapshot_ends_its_fast_restore_too_and_leads() -> None:
    checks: Any = [(fast_restore, LIMITS), (orphan_snapshot, orphan_snapshot.limits(NOW))]
    first, second = Judge(checks, PRICES).findings(ready(FULL))
    assert first.check_id == "ebs-orphan-snapshot"
    assert first.savings.low == pytest.approx(ZONE_MONTH)
    assert first.savings.likely == pytest.approx(ZONE_MONTH + 5)
    assert (second.check_id, second.headline) == ("ebs-fast-snapshot-restore", False)


@given(st.lists(st.floats(0, 10), min_size=13, max_size=14), st.integers(0, 12))
def test_more_use_never_makes_it_unused(values: list[float], day: int) -> None:
    less = [*values[:day], max(0.0, values[day] - 1), *values[day + 1 :]]
    assert judged(fast_restore, ready(values)) is not None or judged(fast_restore, ready(less)) is None


def test_nothing_known_is_said_to_be_so() -> None:
    assert isinstance(judged(fast_restore, ready([])), InsufficientData)
