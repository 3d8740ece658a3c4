"""Which suppressions a report warns of: what ends soon, and what matched nothing although it was looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from functions.core.model import Outcome, UnitOutcome
from functions.core.rank.suppressions import parse
from functions.core.rank.suppressions.unmet import Unmet
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

TODAY = date(2026, 11, 24)
ELSEWHERE, OTHER_TYPE = sweeps.unit(region="eu-west-1"), sweeps.unit("rds:db-instance")
FINDING_1: dict[str, Any] = FINDING.dump_python(sweeps.finding("vol-1", tags={"keep": "true"}), mode="json")
UNMET = "A suppression matches nothing that was seen: Kept (config/suppressions.toml: suppress 1, line 1)"


def entry(conditions: str, until: str = "2027-03-31", reason: str = "Kept") -> str:
    return f'[[suppress]]\n{conditions}\nreason = "{reason}"\nuntil = {until}\n'


def ended(outcome: Outcome = Outcome.OK, of: Any = None, **more: Any) -> UnitOutcome:
    unit = of or sweeps.unit()
    return UnitOutcome(
        unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=outcome, **more
    )


def warnings(
    text: str, units: Sequence[UnitOutcome], found: Sequence[dict[str, Any]] = (), known: Sequence[dict[str, Any]] = ()
) -> list[str]:
    unmet = Unmet(parse(text), TODAY)
    for unit in units:
        unmet.unit(unit)
    for finding in found:
        unmet.finding(finding)
    for line in known:
        unmet.known(line)
    return unmet.warnings


SEEN = (ended(), ended(Outcome.EMPTY, ELSEWHERE), ended(Outcome.OK, OTHER_TYPE))


@pytest.mark.parametrize(
    ("conditions", "units", "warned"),
    [
        ('tag = "none"', SEEN, True),
        ('tag = "none"', (*SEEN, ended(Outcome.DENIED)), True),  # names no place: most of it was seen
        ('tag = "none"', (), False),
        ('tag = "none"', (ended(Outcome.DENIED),), False),
        ('tag = "keep"', SEEN, False),
        ('account = "111122223333"\ntag = "none"', SEEN, True),
        ('account = "999999999999"', SEEN, False),  # not in this sweep
        ('region = "us-east-1"\ntag = "none"', SEEN, True),
        ('region = "us-west-2"', SEEN, False),
        ('region = "us-east-1"\ntag = "none"', (*SEEN, ended(Outcome.THROTTLED)), False),
        ('region = "us-east-1"\ntag = "none"', (*SEEN, ended(Outcome.SKIPPED)), True),
        ('region = "us-east-1"\ntag = "none"', (*SEEN, ended(unreadable=1)), False),
        ('region = "eu-west-1"\ntag = "none"', (*SEEN, ended(Outcome.THROTTLED)), True),
        ('check_id = "rds-stopped-instance"', SEEN, True),
        ('check_id = "ec2-stopped-instance"', SEEN, False),  # instances were not looked at
        ('check_id = "rds-stopped-instance"', (*SEEN, ended(Outcome.FAILED, OTHER_TYPE)), False),
        ('resource_arn = "arn:aws:ec2:us-east-1:111122223333:volume/none"', SEEN, True),
        ('resource_arn = "arn:aws:ec2:us-east-1:999999999999:volume/none"', SEEN, False),
        ('resource_arn = "arn:aws:ec2:us-west-2:*:volume/none"', SEEN, False),
    ],
)
def test_an_entry_is_idle_only_where_it_was_looked(conditions: str, units: tuple[UnitOutcome, ...], warned: bool) -> None:
    assert warnings(entry(conditions), units, [FINDING_1]) == ([UNMET] if warned else [])


def test_an_entry_behind_another_one_that_matches_too_is_not_idle() -> None:
    assert warnings(entry('tag = "keep"') + entry('region = "us-east-1"'), SEEN, [FINDING_1]) == []


@pytest.mark.parametrize(("unit", "warned"), [(ELSEWHERE, False), (sweeps.unit(region="us-west-2"), True)])
def test_what_another_sweep_found_elsewhere_counts_whatever_its_tags(unit: Any, warned: bool) -> None:
    other = sweeps.finding("vol-9", of=unit)
    line = {"id": other.finding_id, "unit": unit.unit_id, "check": other.check_id, "arn": other.resource_arn}
    assert warnings(entry('resource_arn = "arn:aws:ebs:eu-*:vol-9"\ntag = "keep"'), SEEN, [], [line]) == ([UNMET] if warned else [])


@pytest.mark.parametrize(
    ("until", "warned"),
    [("2026-11-23", False), ("2026-11-24", True), ("2026-12-08", True), ("2026-12-09", False)],
)
def test_what_ends_within_fourteen_days_is_said(until: str, warned: bool) -> None:
    said = f"A suppression ends on {until}: Kept (config/suppressions.toml: suppress 1, line 1)"
    assert warnings(entry('tag = "keep"', until), SEEN, [FINDING_1]) == ([said] if warned else [])


def test_an_expired_entry_is_not_called_idle_as_well() -> None:
    assert warnings(entry('tag = "none"', "2026-11-23"), SEEN) == []


def test_many_are_counted() -> None:
    text = "".join(entry('tag = "none"', f"2026-12-{day:02}", str(day)) for day in range(1, 7))
    said = warnings(text, SEEN)
    assert said[2:4] == [
        "A suppression ends on 2026-12-03: 3 (config/suppressions.toml: suppress 3, line 9)",
        "3 more suppressions end by 2026-12-06: `finops suppressions check` lists them",
    ]
    assert said[-1] == "3 more suppressions match nothing: `finops suppressions check` lists them"


def test_units_are_compared_with_the_entries_of_their_account_only() -> None:
    unmet = Unmet(parse(entry('account = "999999999999"') + entry('account = "111122223333"\nregion = "eu-west-1"')), TODAY)
    for unit in SEEN:
        unmet.unit(replace(unit, account="222222222222"))
    assert unmet.warnings == []
