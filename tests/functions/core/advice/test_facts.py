"""The facts of a group: small, plain, and the same in every sweep."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.advice.facts import (
    FACTS_CHARACTERS,
    MAX_EVIDENCE,
    MAX_RESOURCES,
    NAME_LENGTH,
    OF_EACH,
    Facts,
    plain,
    sentences,
    within_budget,
)
from functions.core.model import Finding
from tests.functions import sweeps
from tests.functions.core.group_samples import EBS, FIRST, any_facts, facts_of, finding, sample, sample_facts


def test_sums_counts_and_resources_are_those_of_the_findings() -> None:
    facts = sample_facts()
    assert (facts.group_id, facts.account, facts.family, facts.service) == (
        f"{sweeps.ACCOUNT}.ebs", sweeps.ACCOUNT, "ebs", "Amazon Elastic Block Store",
    )  # fmt: skip
    assert (facts.savings.low, facts.savings.likely, facts.savings.high) == (26.75, 67.5, 96.75)
    assert [(check.check_id, check.findings, check.savings.likely) for check in facts.checks] == [
        ("ebs-unattached-volume", 2, 25.25),
        ("ebs-orphan-snapshot", 1, 21.75),
        ("ebs-gp2-to-gp3", 1, 20.5),
    ]
    first = next(one for one in facts.resources if one.id == FIRST)
    assert (first.name, first.owner, first.region, first.evidence["age_days"]) == ("db-backup-7", "payments", "us-east-1", 66.1)
    assert facts.check("ebs-gp2-to-gp3").risk == "VeryLow"
    assert (facts.more.findings, facts.more.likely) == (0, 0)
    with pytest.raises(KeyError):
        facts.check("ebs-idle-volume")


def test_there_is_nothing_of_the_run_in_them() -> None:
    changed = sample()
    for one in changed:
        one.lifecycle, one.first_seen = one.lifecycle.PERSISTING, "2026-01-01T00:00:00+00:00"
    assert facts_of(changed) == sample_facts()


def many(count: int, checks: int = 1) -> list[Finding]:
    long = {f"name_{number}": "x" * 200 for number in range(30)}
    return [
        finding(EBS[number % checks].id, f"vol-{number:017x}", sweeps.saving(1 + number), evidence={"age_days": number, **long})
        for number in range(count)
    ]


@pytest.mark.parametrize(("count", "checks"), [(1, 1), (500, 1), (500, len(EBS)), (len(EBS), len(EBS))])
def test_they_stay_within_their_budget_and_say_what_is_left_out(count: int, checks: int) -> None:
    facts = facts_of(many(count, checks))
    assert len(facts.model_dump_json()) <= FACTS_CHARACTERS
    assert 1 <= len(facts.resources) <= MAX_RESOURCES
    assert facts.more.findings == count - len(facts.resources)
    listed = sum(one.savings.likely for one in facts.resources if one.savings)
    assert facts.more.likely + listed == facts.savings.likely == sum(range(1, count + 1))
    assert len(facts.checks) == checks
    assert max(len(one.evidence) for one in facts.resources) <= MAX_EVIDENCE


def test_the_largest_two_of_each_check_are_listed_before_the_next_of_the_largest() -> None:
    small = [finding("ebs-gp2-to-gp3", f"vol-{number:017x}", sweeps.saving(1)) for number in range(5)]
    large = [finding("ebs-idle-volume", f"vol-{number:017x}", sweeps.saving(100 + number)) for number in range(100, 200)]
    listed = [one.check_id for one in facts_of(small + large).resources]
    assert listed.count("ebs-gp2-to-gp3") == OF_EACH
    assert listed == sorted(listed, reverse=True), "the largest first"


def test_the_words_give_way_when_there_are_very_many_checks() -> None:
    facts = facts_of(sample())
    checks = tuple(facts.checks[0].model_copy(update={"check_id": f"check-{number}"}) for number in range(30))
    cut = within_budget(lambda of, listed: facts.model_copy(update={"checks": of, "resources": listed}), checks, facts.resources)
    assert len(cut.model_dump_json()) <= FACTS_CHARACTERS
    assert [check.check_id for check in cut.checks] == [check.check_id for check in checks]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand  more", "two lines and more"),
        ("zero\u200bwidth \u202eturned\u202c", "zerowidth turned"),
        ("bell\x07 nul\x00", "bell nul"),
        ("tag \U000e0041\U000e0042", "tag"),
        ("ümlaut 数", "ümlaut 数"),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_texts_of_others_are_one_plain_line(text: str, shown: str) -> None:
    assert plain(text, NAME_LENGTH) == shown


@given(st.text(), st.integers(2, 50))
def test_any_text_becomes_plain_and_short(text: str, length: int) -> None:
    made = plain(text, length)
    assert len(made) <= length
    assert made.isprintable()
    assert plain(made, length) == made


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("One. Two. Three.", 9, "One. Two."), ("One. Two.", 9, "One. Two."), ("Onetwothree.", 6, "Onetw…"), ("One. Two.", 8, "One.")],
)
def test_words_are_cut_at_the_end_of_a_sentence(text: str, length: int, shown: str) -> None:
    assert sentences(text, length) == shown


def test_links_in_the_evidence_are_left_out_and_the_same_name_in_two_regions_goes_by_its_arn() -> None:
    here = finding("rds-idle-instance", "orders", sweeps.saving(5), evidence={"source": "https://x", "max_connections": 0.0})
    there = finding("rds-idle-instance", "orders", sweeps.saving(4))
    there.region, there.resource_arn, there.finding_id = "eu-west-1", here.resource_arn.replace("us-east-1", "eu-west-1"), "f" * 32
    first, second = facts_of([here, there]).resources
    assert (first.id, second.id) == (here.resource_arn, there.resource_arn)
    assert first.evidence == {"max_connections": 0.0}
    assert first.name == "name of orders"


@settings(max_examples=60, deadline=None)
@given(any_facts())
def test_whatever_the_findings_the_facts_are_small_and_survive_json(facts: Facts) -> None:
    assert len(facts.model_dump_json()) <= FACTS_CHARACTERS
    assert Facts.model_validate_json(facts.model_dump_json()) == facts
    assert {one.check_id for one in facts.resources} == {check.check_id for check in facts.checks}
    assert facts.findings == sum(check.findings for check in facts.checks) == len(facts.resources) + facts.more.findings


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("as long as that", 15, "as long as that"),
        ("one word and more of them", 16, "one word and…"),
        ("one word and more of them", 17, "one word and…"),
        ("one word and more of them", 18, "one word and more…"),
        ("x" * 40, 10, "x" * 9 + "…"),
        ("a " + "x" * 60, 40, "a " + "x" * 37 + "…"),
    ],
)
def test_a_text_is_cut_behind_a_word(text: str, length: int, shown: str) -> None:
    assert plain(text, length) == shown
