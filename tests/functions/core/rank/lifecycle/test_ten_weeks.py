"""Ten weeks of sweeps in which things appear, vanish and come back, with a narrow sweep in the middle and a region lost for a week: every
finding's state, the trend and the realised sum, held against a model that knows nothing of how Rank does it.

The model keeps, of each resource, how much could be saved on it (the finding that counts, of which there is one), and says of what is gone:
what could be saved before, less what can be saved now, is realised. Money is whole cents.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from functions.core.model import Finding, Outcome, Unit
from functions.core.money import HYGIENE
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core.rank.test_ranking import RESOLVED, SUPPRESS, rank_again
from tests.functions.folder_bucket import FolderBucket

VOLUMES, INSTANCES = sweeps.unit(), sweeps.unit("ec2:instance")
THERE, TARGETS = sweeps.unit(region="eu-west-1"), sweeps.unit("elb:target-group", region="eu-west-1")
EVERYTHING, NARROW = (VOLUMES, INSTANCES, THERE, TARGETS), (THERE, TARGETS)
MONDAY = datetime(2026, 8, 3, 2, tzinfo=UTC)
WEEKS, NARROW_AFTER, LOST_IN = 10, 5, 7
KEPT = "vol-9"
"""Somebody suppressed it."""


class Seen(NamedTuple):
    """A finding as a sweep finds it; `cents`: None without a price."""

    unit: Unit
    resource: str
    check: str
    cents: int | None
    counts: bool

    @property
    def id(self) -> tuple[str, str, str]:
        return self.unit.unit_id, self.resource, self.check


@dataclass
class Fleet:
    """What there is this week. An instance may be idle, too big, or both: then the better one counts."""

    chance: random.Random
    there: dict[tuple[str, str], dict[str, int | None]] = field(default_factory=dict)

    def a_week_passes(self) -> None:
        for unit in (VOLUMES, THERE):
            for number in range(10):
                self._change(unit, f"vol-{number}", {"ebs-unattached-volume": None if number == 8 else self.chance.randint(100, 5_000)})
        for number in range(8):
            idle, big = self.chance.randint(3_000, 9_000), self.chance.randint(500, 2_999)
            either: dict[str, int | None] = self.chance.choice(
                [{"ec2-idle": idle}, {"ec2-too-big": big}, {"ec2-idle": idle, "ec2-too-big": big}]
            )
            self._change(INSTANCES, f"i-{number}", either)
        self._change(TARGETS, "tg-1", {"elb-orphan-target-group": 0})

    def _change(self, unit: Unit, name: str, findings: dict[str, int | None]) -> None:
        known = self.there.pop((unit.unit_id, name), None)
        if self.chance.random() < (0.75 if known else 0.4):
            self.there[unit.unit_id, name] = known if known and self.chance.random() < 0.6 else findings

    def seen(self, units: tuple[Unit, ...]) -> list[Seen]:
        return [
            Seen(unit, name, check, cents, check == max(found, key=lambda one: found[one] or 0) and name != KEPT)
            for unit in units
            for (where, name), found in self.there.items()
            if where == unit.unit_id
            for check, cents in found.items()
        ]


def as_found(some: list[Seen]) -> Iterator[Finding]:
    """The resource's best first, as a scan writes them."""
    best: dict[str, str] = {}
    for one in sorted(some, key=lambda one: (one.resource, -(one.cents or 0))):
        savings = sweeps.UNPRICED if one.cents is None else sweeps.saving(one.cents / 100) if one.cents else HYGIENE
        made = sweeps.finding(one.resource, savings, check=one.check, of=one.unit, counted_by=best.get(one.resource))
        best.setdefault(one.resource, made.finding_id)
        yield made


@dataclass
class Story:
    """What the model knows of a finding. `realised`: cents, while it is gone."""

    first: str
    open: bool = True
    gone_from: str | None = None
    realised: int = 0


@dataclass
class Model:
    """What sweeps have to say; `potential`: cents of each resource of a unit that counted when it was last seen, and which finding they
    are of."""

    stories: dict[tuple[str, str, str], Story] = field(default_factory=dict)
    potential: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    trends: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def sweep(self, now: str, looked_at: list[Unit], seen: list[Seen]) -> tuple[dict[Any, Any], dict[Any, int]]:
        """Each finding's state, since when it is known and was gone; and what each of those that are gone now realises."""
        states: dict[Any, Any] = {}
        for one in seen:
            known = self.stories.get(one.id)
            state = "new" if known is None else "persisting" if known.open else "regressed"
            states[one.id] = (
                "suppressed" if one.resource == KEPT else state,
                known.first if known else now,
                known.gone_from if known and not known.open else None,
            )
            self.stories[one.id] = Story(known.first if known else now)
        before, counting = dict(self.potential), {one.id[:2]: (one.check, one.cents or 0) for one in seen if one.counts}
        looked = {unit.unit_id for unit in looked_at}
        self.potential = {where: what for where, what in before.items() if where[0] not in looked} | counting
        gone: dict[Any, int] = {}
        for (unit, resource, check), story in self.stories.items():
            if unit not in looked or not story.open or (unit, resource, check) in states:
                continue
            which, cents = before.get((unit, resource), ("", 0))
            gone[unit, resource, check] = max(0, cents - counting.get((unit, resource), ("", 0))[1]) if which == check else 0
            story.open, story.gone_from, story.realised = False, now, gone[unit, resource, check]
        return states, gone

    def realised(self, units: tuple[Unit, ...]) -> dict[str, Any]:
        asked = {unit.unit_id for unit in units}
        bring = [one for (unit, _, _), one in self.stories.items() if unit in asked and not one.open and one.realised]
        return {
            "since": min((one.gone_from or "" for one in bring), default=None),
            "findings": len(bring),
            "monthly_likely": pytest.approx(sum(one.realised for one in bring) / 100, abs=1e-9),
            "compared": None,
        }


def run_id(day: int) -> str:
    return f"{MONDAY + timedelta(days=day):%Y%m%dT%H%M%SZ}-abcdef"


def swept(bucket: Any, day: int, units: tuple[Unit, ...], denied: tuple[Unit, ...], seen: list[Seen]) -> dict[str, Any]:
    """One sweep through the real Rank; ranking.json."""
    name, now = run_id(day), (MONDAY + timedelta(days=day)).isoformat()
    sweeps.write_plan(bucket, units, name)
    for unit in units:
        found = as_found([one for one in seen if one.unit == unit])
        sweeps.write_unit(bucket, unit, found, name, Outcome.DENIED if unit in denied else None)
    rank_again(bucket, SUPPRESS.format(KEPT), name, now)
    head: dict[str, Any] = Bucket(bucket, sweeps.BUCKET).need_json(sweeps.folder(run_id=name).ranking)
    return head


@pytest.mark.parametrize("seed", range(5))
def test_ten_weeks_are_as_the_model_says(tmp_path: Path, seed: int) -> None:
    bucket, fleet, model = FolderBucket(tmp_path), Fleet(random.Random(seed)), Model()  # noqa: S311 - a test's
    trend: list[dict[str, Any]] = []
    states_met: set[str] = set()
    for week in range(1, WEEKS + 1):
        fleet.a_week_passes()
        denied = NARROW if week == LOST_IN else ()
        trend.append(one_sweep(bucket, model, fleet, 7 * week, EVERYTHING, denied, trend, states_met))
        if week == NARROW_AFTER:
            fleet.a_week_passes()
            own = one_sweep(bucket, model, fleet, 7 * week + 1, NARROW, (), [], states_met)
            assert own["realised_likely"] < trend[-1]["realised_likely"] or not trend[-1]["realised_likely"]
        if week == WEEKS // 2:
            shutil.rmtree(tmp_path / "runs" / run_id(7))  # its time is over
    assert states_met == {"new", "persisting", "regressed", "suppressed"}
    assert len(trend) == WEEKS
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    rank_again(bucket, SUPPRESS.format(KEPT), run_id(7 * 8), (MONDAY + timedelta(days=7 * 8)).isoformat())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before, "the same run says the same again"


def one_sweep(
    bucket: FolderBucket,
    model: Model,
    fleet: Fleet,
    day: int,
    units: tuple[Unit, ...],
    denied: tuple[Unit, ...],
    before: list[dict[str, Any]],
    states_met: set[str],
) -> dict[str, Any]:
    """Sweep and hold everything against the model; returns what is to be the run's entry in the trend."""
    looked_at = [unit for unit in units if unit not in denied]
    seen = fleet.seen(tuple(looked_at))
    head = swept(bucket, day, units, denied, seen)
    now = (MONDAY + timedelta(days=day)).isoformat()
    states, gone = model.sweep(now, looked_at, seen)
    lines = sweeps.lines_of(bucket, "ranked.jsonl.gz", run_id(day))
    assert {identity(one): (one["lifecycle"], one["first_seen"], one["gone_from"]) for one in lines} == states
    resolved = sweeps.lines_of(bucket, RESOLVED, run_id(day))
    assert {resolved_identity(one): round(100 * one["realised_likely"]) for one in resolved} == gone
    assert head["realised"] == model.realised(units)
    counted = [one.cents for one in seen if one.counts and one.cents]
    fresh = [one for one in seen if states[one.id][0] == "new"]
    entry = {
        "run_id": run_id(day),
        "as_of": now,
        "coverage_ratio": len(looked_at) / len(units),
        "findings": sum(one.resource != KEPT for one in seen),
        "counted": len(counted),
        "monthly_likely": sum(counted) / 100,
        "new": len(fresh),
        "new_likely": sum(one.cents or 0 for one in fresh if one.counts) / 100,
        "resolved": len(gone),
        "resolved_likely": sum(gone.values()) / 100,
        "realised_likely": head["realised"]["monthly_likely"],
    }
    assert head["trend"] == [*before, entry]
    states_met |= {state for state, _, _ in states.values()}
    return entry


def identity(one: dict[str, Any]) -> tuple[str, str, str]:
    return sweeps.unit(one["resource_type"], region=one["region"]).unit_id, one["resource_id"], one["check_id"]


def resolved_identity(one: dict[str, Any]) -> tuple[str, str, str]:
    types = {"ebs": "ebs:volume", "ec2": "ec2:instance", "elb": "elb:target-group"}
    service, name = one["resource_arn"].split(":")[2], one["resource_arn"].rpartition(":")[2]
    return sweeps.unit(types[service], region=one["region"]).unit_id, name, one["check_id"]
