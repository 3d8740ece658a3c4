"""The rules' advice: complete, in its order, readable, and the same for the same facts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from functions.core.advice.by_rule import LEVELS, by_rule, counted, schema, worth
from functions.core.advice.facts import Facts, Money
from functions.core.model import Finding, Level
from functions.core.money import HYGIENE
from tests.functions import sweeps
from tests.functions.core.group_samples import FIRST, SECOND, any_facts, facts_of, finding, sample_facts


def test_a_step_says_what_with_how_many_why_how_much_and_how_to_undo_it() -> None:
    advice = by_rule(sample_facts())
    [step] = [step for step in advice.steps if step.check_ids == ("ebs-unattached-volume",)]
    assert step.do == "Delete 2 EBS volumes (ebs-unattached-volume)."
    assert step.why.startswith("An unattached volume is billed in full. Snapshot it, then delete it")
    assert "It likely saves $25.25 a month ($16.75 to $25.25), $303.00 a year." in step.why
    assert step.why.endswith("Undo: Create a volume from the snapshot that was taken first.")
    assert step.resource_ids == (FIRST, SECOND)
    assert (step.monthly_saving, step.effort, step.risk) == (25.25, Level.VERY_LOW, Level.LOW)


def test_the_summary_says_how_much_and_where_to_begin() -> None:
    assert by_rule(sample_facts()).summary == (
        "4 findings of 3 checks in Amazon Elastic Block Store: $67.50 a month ($26.75 to $96.75) can likely be saved, $810.00 a year. "
        "Begin with what is quick and safe: delete 2 EBS volumes (ebs-unattached-volume) and the like, $45.75 a month."
    )


def of_level(check: str, likely: float, effort: Level, risk: Level) -> Finding:
    return finding(check, f"vol-{check}", sweeps.saving(likely), effort=effort, risk=risk)


def test_quick_and_safe_first_then_the_rest_then_the_unpriced_then_tidying() -> None:
    findings = [
        finding("ebs-old-snapshot", "snap-1", HYGIENE),
        finding("ebs-orphan-snapshot", "snap-2", sweeps.UNPRICED),
        of_level("ebs-idle-volume", 500, Level.MEDIUM, Level.LOW),
        of_level("ebs-io-to-gp3", 900, Level.LOW, Level.MEDIUM),
        of_level("ebs-gp2-to-gp3", 10, Level.LOW, Level.LOW),
        of_level("ebs-unattached-volume", 20, Level.VERY_LOW, Level.LOW),
        of_level("ebs-gp3-overprovisioned", 5, Level.VERY_LOW, Level.VERY_LOW),
    ]
    assert [step.check_ids[0] for step in by_rule(facts_of(findings)).steps] == [
        "ebs-unattached-volume",
        "ebs-gp2-to-gp3",
        "ebs-gp3-overprovisioned",
        "ebs-io-to-gp3",
        "ebs-idle-volume",
        "ebs-orphan-snapshot",
        "ebs-old-snapshot",
    ]


@pytest.mark.parametrize(("risk", "first"), [(Level.LOW, "ebs-idle-volume"), (Level.MEDIUM, "ebs-gp2-to-gp3")])
def test_a_risk_of_more_than_low_is_no_longer_safe_however_much_it_saves(risk: Level, first: str) -> None:
    findings = [of_level("ebs-idle-volume", 1000, Level.LOW, risk), of_level("ebs-gp2-to-gp3", 1, Level.LOW, Level.LOW)]
    assert by_rule(facts_of(findings)).steps[0].check_ids == (first,)


def test_what_is_not_named_is_counted_with_its_money() -> None:
    facts = facts_of([finding("ebs-idle-volume", f"vol-{number:017x}", sweeps.saving(10)) for number in range(1200)])
    [step] = by_rule(facts).steps
    named = len(step.resource_ids)
    assert 5 < named < 31
    assert f"Named here: {named} of 1,200; {1200 - named:,} more save ${10 * (1200 - named):,.2f} a month." in step.why


@pytest.mark.parametrize(
    ("findings", "says"),
    [
        ([finding("ebs-idle-volume", "vol-1", sweeps.UNPRICED)], "1 finding of 1 check in Amazon Elastic Block Store: none of them has a"),
        ([finding("ebs-idle-volume", "vol-1", HYGIENE)], "1 finding of 1 check in Amazon Elastic Block Store cost nothing"),
        (
            [finding("ebs-idle-volume", "vol-1", sweeps.UNPRICED), finding("ebs-idle-volume", "vol-2", sweeps.saving(3))],
            "$3.00 a month can likely be saved, $36.00 a year. 1 finding without a known price is not in this sum.",
        ),
    ],
)
def test_no_money_is_said_where_none_is_known(findings: list[Finding], says: str) -> None:
    advice = by_rule(facts_of(findings))
    assert says in advice.summary
    assert "$0" not in advice.model_dump_json()


@settings(max_examples=100, deadline=None)
@given(any_facts())
def test_it_is_complete_ordered_and_deterministic(facts: Facts) -> None:
    advice = by_rule(facts)
    assert advice == by_rule(Facts.model_validate_json(facts.model_dump_json()))
    assert sorted(step.check_ids[0] for step in advice.steps) == sorted(check.check_id for check in facts.checks)
    assert sorted(one for step in advice.steps for one in step.resource_ids) == sorted(one.id for one in facts.resources)
    assert sum(step.monthly_saving for step in advice.steps) == pytest.approx(facts.savings.likely)
    kinds = []
    for step in advice.steps:
        check = facts.check(step.check_ids[0])
        quick = max(LEVELS.index(check.effort), LEVELS.index(check.risk)) <= LEVELS.index(Level.LOW)
        kinds.append((0 if quick else 1) if check.savings.high else 2 if check.unpriced else 3)
        assert (step.monthly_saving, step.effort, step.risk) == (check.savings.likely, check.effort, check.risk)
    assert kinds == sorted(kinds)


@pytest.mark.parametrize(
    ("savings", "text"),
    [
        (Money(low=1, likely=1, high=1), "$1.00 a month"),
        (Money(low=0, likely=1234.5, high=2000), "$1,234.50 a month ($0.00 to $2,000.00)"),
        (Money(low=0.0012, likely=0.0012, high=0.0012), "$0.0012 a month"),
    ],
)
def test_amounts_are_ranges_where_they_are(savings: Money, text: str) -> None:
    assert worth(savings) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 findings"), (1, "1 finding"), (1234, "1,234 findings")])
def test_counts(number: int, text: str) -> None:
    assert counted(number, "finding") == text


def test_the_schema_stands_alone() -> None:
    made = schema()
    text = json.dumps(made)
    assert "$ref" not in text
    assert "$defs" not in made
    assert set(made["properties"]) == {"summary", "steps"} == set(made["required"])
    step = made["properties"]["steps"]["items"]
    assert step["properties"]["risk"]["enum"] == [level.value for level in Level]
    assert set(step["required"]) == set(step["properties"])
    assert all(field["description"] for field in step["properties"].values())
