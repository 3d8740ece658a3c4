"""The tag finops:ignore: what its value says, which findings it hides, and what is said of one that ends, has ended or is broken."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from functions.core.rank.suppressions import parse
from functions.core.rank.suppressions.ignore_tag import KEY, IgnoreTag, read
from functions.core.rank.suppressions.suppressor import Suppressor
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps

TODAY = date(2026, 11, 24)
END = date(2027, 3, 31)


def tagged(value: str, name: str = "vol-1", key: str = KEY, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(name, tags={key: value}, **more), mode="json")
    return made


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("cold standby until 2027-03-31", IgnoreTag("cold standby", END)),
        ("cold standby, UNTIL: 2027-03-31", IgnoreTag("cold standby", END)),
        ("cold  standby,  Until 2027-03-31 ", IgnoreTag("cold standby", END)),
        ("2027-03-31", IgnoreTag("", END)),
        ("until 2027-03-31", IgnoreTag("", END)),
        ("cold standby", IgnoreTag("cold standby")),
        ("true", IgnoreTag("true")),
        ("1", IgnoreTag("1")),
        ("", IgnoreTag("")),
        ("TICKET-12 since 2026-01-01", IgnoreTag("TICKET-12 since 2026-01-01")),
        ("until the migration is over", IgnoreTag("until the migration is over")),
        ("wait until it is over until 2027-03-31", IgnoreTag("wait until it is over", END)),
        ("untilled land 7", IgnoreTag("untilled land 7")),
        ("cold standby until 2027-02-30", IgnoreTag("cold standby until 2027-02-30", broken=True)),
        ("cold standby until 31.3.2027", IgnoreTag("cold standby until 31.3.2027", broken=True)),
        ("cold standby until March 31", IgnoreTag("cold standby until March 31", broken=True)),
        ("until 2027-03-31 or later", IgnoreTag("until 2027-03-31 or later", broken=True)),
        ("until Q3 or until merged", IgnoreTag("until Q3 or until merged", broken=True)),
        ("31/03/2027", IgnoreTag("31/03/2027", broken=True)),
        ("2027-13-01", IgnoreTag("2027-13-01", broken=True)),
    ],
)
def test_what_a_value_says(value: str, tag: IgnoreTag) -> None:
    assert read(value) == tag


@pytest.mark.parametrize(
    ("value", "suppression", "warning"),
    [
        ("cold standby", "cold standby (tag finops:ignore, as long as it is there)", None),
        ("", "no reason is given (tag finops:ignore, as long as it is there)", None),
        ("standby until 2027-03-31", "standby (tag finops:ignore, until 2027-03-31)", None),
        ("2026-12-09", "no reason is given (tag finops:ignore, until 2026-12-09)", None),
        ("standby until 2026-12-08", "standby (tag finops:ignore, until 2026-12-08)", "ends soon: standby (until 2026-12-08)"),
        ("standby until 2026-11-24", "standby (tag finops:ignore, until 2026-11-24)", "ends soon: standby (until 2026-11-24)"),
        ("standby until 2026-11-23", None, "has expired: standby (until 2026-11-23)"),
        ("2026-11-23", None, "has expired: no reason is given (until 2026-11-23)"),
        ("standby until May 1", None, "does not hold: 'standby until May 1' names no day such as 2027-03-31"),
    ],
)
def test_it_suppresses_as_an_entry_does_and_is_warned_of(value: str, suppression: str | None, warning: str | None) -> None:
    suppressor, finding = Suppressor([], TODAY), tagged(value)
    suppressor.apply(finding)
    assert finding["suppression"] == suppression
    assert (finding["lifecycle"], finding["headline"]) == (("suppressed", False) if suppression else ("new", True))
    assert finding.get("suppressed_by") == ("tag" if suppression else None)
    place = "The tag finops:ignore of arn:aws:ebs:us-east-1:111122223333:vol-1"
    assert suppressor.warnings == ([f"{place} {warning}"] if warning else [])


@pytest.mark.parametrize("key", ["FinOps:Ignore", "finops-ignore", "finops:ignore ", "acme:finops:ignore"])
def test_another_key_is_another_tag(key: str) -> None:
    suppressor, finding = Suppressor([], TODAY), tagged("cold standby", key=key)
    suppressor.apply(finding)
    assert finding["suppression"] is None


def test_all_findings_of_the_resource_are_suppressed_and_it_is_named_once() -> None:
    best = tagged("until 2026-12-01")
    second = tagged("until 2026-12-01", check="ebs-gp2-to-gp3", counted_by=best["finding_id"])
    suppressor = Suppressor([], TODAY)
    for finding in (best, second):
        suppressor.apply(finding)
        assert finding["lifecycle"] == "suppressed"
    assert len(suppressor.warnings) == 1


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    suppressor = Suppressor([], TODAY)
    for value, number in (("until 2026-11-25", 3), ("until 2026-11-01", 4), ("until May 1", 7)):
        for one in range(number):
            suppressor.apply(tagged(value, f"vol-{value[-2:]}-{one}"))
    said = suppressor.warnings
    assert len(said) == 3 + 4 + 4
    assert said[6] == "The tag finops:ignore of 1 more resource has expired"
    assert said[10] == "The tag finops:ignore of 4 more resources does not hold"


def test_an_entry_of_the_file_goes_before_the_tag_which_is_then_not_warned_of() -> None:
    text = '[[suppress]]\nregion = "us-east-1"\nreason = "By the file"\nuntil = 2027-03-31\n'
    suppressor, finding = Suppressor(parse(text), TODAY), tagged("until May 1")
    suppressor.apply(finding)
    assert (finding["suppression"], finding["suppressed_by"]) == ("By the file (until 2027-03-31)", "file")
    assert suppressor.warnings == []


def test_what_a_tag_says_is_a_short_line_in_a_warning() -> None:
    suppressor = Suppressor([], TODAY)
    suppressor.apply(tagged("a\x1b" + "b" * 300 + " until May 1"))
    (said,) = suppressor.warnings
    assert "\x1b" not in said
    assert len(said) < 300
