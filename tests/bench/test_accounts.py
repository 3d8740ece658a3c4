"""The table of accounts: more of anything costs more, and what was measured is predicted."""

from __future__ import annotations

from itertools import pairwise

from finops.sweeping.estimate_model import Scope
from functions.core import registry
from tests.bench import accounts, big_run
from tests.bench.recorded_units import load
from tests.bench.simulation import Aws


def test_the_embedded_sweep_that_was_recorded_is_predicted_within_the_factor_that_is_said() -> None:
    predicted, took = accounts.embedded()
    assert 1 / accounts.WITHIN <= predicted / took <= accounts.WITHIN


def test_the_recording_has_units_of_each_type_with_and_without_resources() -> None:
    seen = {(unit.resource_type, unit.resources > 0) for unit in load().units}
    assert {kind for kind, _ in seen} <= set(registry.resource_types())
    assert all({(kind, True), (kind, False)} <= seen for kind, _ in seen)
    assert all(unit.cpu > 0 and unit.calls for unit in load().units)


def test_accounts_have_the_same_units_however_many_there_are() -> None:
    few = {(work.account, work.region, work.function, id(work.took)) for work in accounts.works(2)}
    more = {(work.account, work.region, work.function, id(work.took)) for work in accounts.works(5)}
    assert few < more
    assert len(accounts.works(5)) == Scope(5, big_run.REGIONS, registry.resource_types(), 0).units


def test_more_accounts_are_never_cheaper_and_never_quicker() -> None:
    sizes = [accounts.swept(number, 20) for number in (1, 2, 5, 10, 20)]
    for fewer, more in pairwise(sizes):
        assert fewer.usd < more.usd
        assert fewer.metrics_usd <= more.metrics_usd <= more.usd
        assert fewer.minutes < more.minutes
        assert fewer.gb_seconds < more.gb_seconds


def test_more_units_at_once_are_never_slower() -> None:
    """But for the chance in the waits of the throttled, a twentieth."""
    times = [accounts.swept(10, at_once).scan_minutes for at_once in (1, 5, 20, 100, 400)]
    assert all(slower * 1.05 > faster for slower, faster in pairwise(times))
    assert times[0] > 10 * times[-1]


def test_where_nothing_is_limited_the_map_takes_its_work_divided_by_its_places() -> None:
    one = accounts.swept(5, 10, Aws(rates={}, cold_cpu=0.0, cold_wait=0.0, child_seconds=0.0))
    assert one.scan.billed_seconds / 10 <= one.scan.seconds <= one.scan.billed_seconds / 10 + one.scan.longest
    assert one.slowed_by == ""
    assert one.scan.given_up == 0
