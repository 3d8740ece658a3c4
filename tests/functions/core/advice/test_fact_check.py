"""Which figures, names and ids a text may use, and which not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core import registry
from functions.core.advice.by_rule import Advice, Step, by_rule
from functions.core.advice.claims import read
from functions.core.advice.fact_check import SUMMARY, FactCheck, Unsupported, money
from functions.core.advice.facts import Facts
from functions.core.model import Resource
from tests.functions import sweeps
from tests.functions.core.group_samples import EBS, FIRST, GP2, facts_of, finding, sample, sample_facts

FACTS = sample_facts()
ADVICE = by_rule(FACTS)
UNATTACHED = next(step for step in ADVICE.steps if step.check_ids == ("ebs-unattached-volume",))
SNAPSHOT = next(step for step in ADVICE.steps if step.check_ids == ("ebs-orphan-snapshot",))


def covered(text: str, *steps: Step, facts: Facts = FACTS, advice: Advice = ADVICE) -> bool:
    """Whether `text` may stand in the given step, or in the summary when there is none."""
    try:
        FactCheck(facts).check("step 1" if steps else SUMMARY, text, advice, steps or advice.steps)
    except Unsupported:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        "Delete the volumes.",
        "$25.25 a month", "$25 a month", "25.25 USD", "$303.00 a year", "$303 a year", "between $16.75 and $25.25",
        "$67.50 in all", "$810 a year", "the largest saves $18.00", "it saves $7.25", "$216 a year for the first",
        "2 volumes", "two volumes", "4 findings of 3 checks", "3 steps", "step 2 comes after step 1", "66.1 days old", "66 days",
        f"Begin with {FIRST}.", "in us-east-1", "db-backup-7 of payments", "gp2 volumes", f"account {sweeps.ACCOUNT}", "an EC2 volume",
        "180 GiB and 90 GiB", "18.00 is the largest",
        "812.5 IOPS at the p99", "25 % of the time", "unused since 2026-09-24", "its volume vol-918ea8f76bfb25733 is gone",
        "ebs-gp2-to-gp3 is a check", "AWS allows 4 modifications in 24 hours",
    ],
)  # fmt: skip
def test_what_the_facts_hold_may_be_said(text: str) -> None:
    assert covered(text, UNATTACHED)


@pytest.mark.parametrize(
    "text",
    [
        "$25.26 a month", "$24 a month", "$0", "$0.00 a month", "saves 0", "zero dollars", "0 savings", "$1,000,000", "$51 a month",
        "7 volumes", "seven volumes", "67 days old", "66.2 days", "181 GiB", "step 9", "the 9th", "30 % of it", "2.5 volumes", "1.2k",
        "$304 a year",
        "$180", "$66.10", "$812.50",
        "vol-00000000000000bad", "i-0123456789abcdef0", f"arn:aws:ec2:us-east-1:{sweeps.ACCOUNT}:volume/{FIRST}", "account 999988887777",
        "move to m7g.large", "in eu-west-1", "db-backup-8", "unused since 2026-09-25", "see https://evil.example", "version 13.4.1",
    ],
)  # fmt: skip
def test_what_they_do_not_hold_may_not(text: str) -> None:
    assert not covered(text, UNATTACHED)
    assert not covered(text)


@pytest.mark.parametrize(
    ("text", "summary"),
    [("$45.75 a month together", True), ("$67.50 a month", True), ("$21.75 and $66.00", True), ("$42.25 a month", False)],
)
def test_the_summary_may_add_up_the_first_steps_and_no_others(text: str, summary: bool) -> None:
    """In the order of the steps: 25.25, 20.5, 21.75. The last two are 42.25, the first two 45.75."""
    assert [step.monthly_saving for step in ADVICE.steps] == [25.25, 20.5, 21.75]
    assert covered(text.replace(" and $66.00", "")) is summary


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("$0 to $41.50 a month", True), ("between $0.00 and $41.50", True), ("$0 a month", False), ("$0 to $41.60", False),
        ("$0 to $30", False),
        ("It saves nothing: $0, says step 1", False),
    ],
)  # fmt: skip
def test_a_zero_is_only_the_low_end_of_a_range_whose_high_end_is_said(text: str, allowed: bool) -> None:
    assert covered(text, SNAPSHOT) is allowed
    assert not covered(text, UNATTACHED)


def test_where_nothing_can_be_saved_zero_may_be_said() -> None:
    facts = facts_of([finding("ebs-idle-volume", "vol-00000001", sweeps.UNPRICED)])
    advice = by_rule(facts)
    assert covered("$0 is known", advice.steps[0], facts=facts, advice=advice)


@pytest.mark.parametrize("name", ["$0", "report $0", "0", "save 0 dollars", "500", "USD500", "$1,000"])
def test_no_number_in_a_text_of_others_counts(name: str) -> None:
    """As a name, an owner, a note, a tag's value in the evidence, or an id that people choose."""
    changed = sample()
    changed[0].resource_name = changed[0].owner = changed[0].note = name
    changed[0].evidence["note"] = name
    changed[1].resource_id = name
    facts = facts_of(changed)
    advice = by_rule(facts)
    for text in (name if name.startswith(("$", "USD", "save")) else f"${name}", "$0 a month", "$500 a month"):
        assert not covered(text, advice.steps[0], facts=facts, advice=advice), text


def test_a_number_in_the_evidence_is_no_money() -> None:
    assert covered("500 GiB", UNATTACHED)
    assert not covered("$500", UNATTACHED)


def test_the_words_of_every_check_can_be_read() -> None:
    for check in registry.checks():
        for text in (check.title, check.advice, check.undo):
            read(text)


@pytest.mark.parametrize("check", EBS, ids=lambda check: check.id)
def test_the_numbers_in_the_words_of_a_check_may_be_repeated(check: registry.Check[Resource]) -> None:
    facts = facts_of([finding(check.id, "vol-00000001", sweeps.saving(3))])
    advice = by_rule(facts)
    assert covered(facts.checks[0].advice + facts.checks[0].undo, advice.steps[0], facts=facts, advice=advice)


allowed = sorted(
    {end for part in (FACTS.savings, *(check.savings for check in FACTS.checks)) for end in (part.low, part.likely, part.high)}
    | {one.savings.likely for one in FACTS.resources if one.savings}
    | {one.savings.low for one in FACTS.resources if one.savings}
    | {one.savings.high for one in FACTS.resources if one.savings}
    | {45.75}
)


@settings(max_examples=300)
@given(st.integers(1, 2_000_00))
def test_no_other_amount_of_dollars_is_covered(cents: int) -> None:
    """Against an oracle of its own: the amounts of the sample, and twelve times each, to the cent."""
    known = {round(100 * factor * amount) for amount in allowed for factor in (1, 12)}
    assert covered(f"${cents / 100:,.2f} a month", *()) is (cents in known)


def test_sums_leave_out_what_has_no_price() -> None:
    total = money([None, FACTS.checks[0].savings, FACTS.checks[1].savings])
    assert (total.low, total.likely, total.high) == (16.75, 47.0, 66.75)
    assert money([]).high == 0


def test_ids_in_the_evidence_are_known() -> None:
    assert covered("vol-918ea8f76bfb25733", UNATTACHED)
    assert covered(f"{FIRST}, {GP2}", UNATTACHED)
