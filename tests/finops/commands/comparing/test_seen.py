"""What a run has seen, and could judge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finops.commands.comparing.seen import Seen, Where
from functions.core.model import Outcome
from tests.finops.commands.comparing.test_differences import one_run
from tests.functions import sweeps
from tests.functions.core.rank.lifecycle.test_ten_weeks import run_id

UNIT = sweeps.unit()
HERE = Where(UNIT.account, UNIT.region, UNIT.resource_type)


@pytest.fixture
def world() -> Iterator[sweeps.World]:
    with sweeps.world() as made:
        yield made


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_a_unit_that_ended_well_was_seen(world: sweeps.World, outcome: Outcome) -> None:
    one_run(world.s3, 0, [], outcome=outcome)
    seen = Seen(sweeps.folder(world.s3, run_id(0)))
    assert seen.units == ({UNIT.unit_id} if outcome.good else set())
    assert (seen.unit(HERE) is not None) is seen.judged(HERE, "ebs-unattached-volume") is outcome.good
    assert seen.unit(HERE._replace(region="eu-west-1")) is None, "it was not planned"


def test_a_unit_whose_object_is_gone_or_broken_says_nothing(world: sweeps.World) -> None:
    for day, body in ((0, None), (1, b"no gzip"), (2, b"\x1f\x8b")):
        one_run(world.s3, day, [])
        folder = sweeps.folder(world.s3, run_id(day))
        seen = Seen(folder)
        if body is None:
            folder.bucket.delete(folder.unit(UNIT.unit_id))
        else:
            folder.bucket.put(folder.unit(UNIT.unit_id), body, "application/gzip")
        assert not seen.judged(HERE, "ebs-unattached-volume")


def test_a_unit_about_all_regions_has_seen_those_that_it_was_asked_for(world: sweeps.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.core.registry.asked_once", lambda name: name == "ebs:volume")
    unit = sweeps.unit()
    there, here = Where(unit.account, "eu-west-1", "ebs:volume"), Where(unit.account, "us-west-2", "ebs:volume")
    for day, regions, expected in ((0, (), (unit.unit_id, unit.unit_id)), (1, ("eu-west-1",), (unit.unit_id, None))):
        unit.regions = regions
        one_run(world.s3, day, [], unit)
        seen = Seen(sweeps.folder(world.s3, run_id(day)))
        assert (seen.unit(there), seen.unit(here)) == expected
        assert seen.judged(there, "ebs-unattached-volume")
        assert seen.judged(here, "ebs-unattached-volume") is (expected[1] is not None)
