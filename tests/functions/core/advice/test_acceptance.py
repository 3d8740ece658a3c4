"""A model's answer stands only when each claim in it is in the facts. The rules' advice, as a model might give it, is the valid answer."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from functions.core.advice.acceptance import accept
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.errors import BedrockRefused
from functions.core.model import Level
from tests.functions.core.group_samples import FIRST, GP2, SECOND, THIRD, any_facts, sample_facts

FACTS = sample_facts()
IDS = (FIRST, SECOND, GP2, THIRD)


def answer() -> dict[str, Any]:
    """What a good model might say of the sample."""
    return {
        "summary": "4 findings waste $67.50 a month. Begin with the 2 unattached volumes: $25.25 a month, $303 a year, at a low risk.",
        "steps": [
            {
                "do": "Snapshot and delete the 2 unattached volumes.",
                "why": f"They are attached to nothing for up to 66.1 days; {FIRST} of payments is the larger one and saves $18.00 a month.",
                "check_ids": ["ebs-unattached-volume"],
                "resource_ids": [FIRST, SECOND],
                "monthly_saving": 25.25,
                "effort": "VeryLow",
                "risk": "Low",
            },
            {
                "do": "Change the volume to gp3, then ask the owner of the snapshot.",
                "why": f"gp3 costs less for the same 500 GiB ($20.50 a month). {THIRD} saves between $0.00 and $41.50 a month.",
                "check_ids": ["ebs-gp2-to-gp3", "ebs-orphan-snapshot"],
                "resource_ids": [GP2, THIRD],
                "monthly_saving": 42.25,
                "effort": "VeryLow",
                "risk": "Medium",
            },
        ],
    }


def refusal(given: Any, facts: Facts = FACTS) -> str:
    with pytest.raises(BedrockRefused) as caught:
        accept(given, facts, 1200, 150)
    assert (caught.value.input_tokens, caught.value.output_tokens) == (1200, 150)
    return str(caught.value)


def test_a_good_answer_is_accepted_as_it_is() -> None:
    assert accept(answer(), FACTS).model_dump(mode="json") == answer()


def test_the_savings_become_exact() -> None:
    rounded = answer()
    rounded["steps"][0]["monthly_saving"] = 25
    rounded["steps"][1]["monthly_saving"] = 42.3
    assert [step.monthly_saving for step in accept(rounded, FACTS).steps] == [25.25, 42.25]


def test_a_saving_may_be_that_of_the_listed_resources() -> None:
    partial = answer()
    partial["steps"][0] |= {"resource_ids": [FIRST], "monthly_saving": 18.0}
    assert accept(partial, FACTS).steps[0].monthly_saving == 18


@settings(max_examples=100, deadline=None)
@given(any_facts())
def test_the_rules_advice_would_be_accepted_whatever_the_facts(facts: Facts) -> None:
    advice = by_rule(facts)
    assert accept(json.loads(advice.model_dump_json()), facts) == advice


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    made: Any = answer()
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "shape of advice"),
        ([], "shape of advice"),
        ({}, "summary: Field required; steps: Field required"),
        ({**answer(), "more": 1}, "more: Extra inputs"),
        (changed("steps", to=[]), "steps: "),
        (changed("summary", to=" "), "summary: "),
        (changed("summary", to="x" * 901), "summary: "),
        (changed("steps", 0, "monthly_saving", to="25.25"), "monthly_saving: "),
        (changed("steps", 0, "monthly_saving", to=True), "monthly_saving: "),
        (changed("steps", 0, "monthly_saving", to=-1), "monthly_saving: "),
        (changed("steps", 0, "monthly_saving", to=float("nan")), "monthly_saving: "),
        (changed("steps", 0, "risk", to="None"), "risk: "),
        (changed("steps", 0, "resource_ids", to=FIRST), "resource_ids: "),
        (changed("steps", 0, "resource_ids", to=[FIRST, "vol-00000000000000bad"]), "there is no resource 'vol-00000000000000bad'"),
        (changed("steps", 0, "resource_ids", to=[FIRST, GP2]), "of another check"),
        (changed("steps", 0, "resource_ids", to=[FIRST, FIRST]), "listed twice"),
        (changed("steps", 0, "check_ids", to=["ebs-unattached-volume"] * 2), "listed twice"),
        (changed("steps", 0, "check_ids", to=["ebs-invented"]), "there is no check 'ebs-invented'"),
        (changed("steps", to=answer()["steps"][:1]), "it leaves out ebs-orphan-snapshot, ebs-gp2-to-gp3"),
        (changed("steps", to=[*answer()["steps"], answer()["steps"][0] | {"resource_ids": []}]), "more than there is"),
        (changed("steps", 0, "monthly_saving", to=25.26), "25.26 USD a month is not"),
        (changed("steps", 0, "monthly_saving", to=0), "0 USD a month is not"),
        (changed("steps", 0, "monthly_saving", to=1e-9), "USD a month is not"),
        (changed("steps", 1, "risk", to="Low"), "safer than its checks are: Low instead of Medium"),
        (changed("steps", 1, "effort", to="None"), "effort: "),
        (changed("summary", to="It saves $66 a month."), "the summary: '$66' is not in the facts"),
        (changed("steps", 1, "why", to="See vol-00000000000000bad."), "step 2: there is no resource 'vol-00000000000000bad'"),
        (changed("steps", 0, "do", to="Move it to m7g.large."), "step 1: 'm7g.large' is not in the facts"),
        (changed("steps", 0, "why", to="It saves 1.2k a month."), "step 1: it has a number that cannot be read (1.2k)"),
    ],
)  # fmt: skip
def test_what_is_not_covered_is_refused_with_the_reason(given: Any, reason: str) -> None:
    assert reason in refusal(given)


def test_nothing_saved_cannot_be_claimed_by_naming_no_resource() -> None:
    nothing = answer()
    for step in nothing["steps"]:
        step |= {"resource_ids": [], "monthly_saving": 0, "do": "Leave it.", "why": "There is nothing to save."}
    nothing["summary"] = "There is nothing to save."
    assert "0 USD a month is not" in refusal(nothing)


def test_a_higher_risk_than_the_checks_is_allowed() -> None:
    careful = answer()
    careful["steps"][0]["risk"] = Level.HIGH.value
    assert accept(careful, FACTS).steps[0].risk is Level.HIGH


FIGURES = re.compile(r"(?<![\w.-])[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?![\w-])")


def strings(made: dict[str, Any]) -> list[tuple[Any, str | int]]:
    """Every text of an answer, as a place to change it."""
    return [(made, "summary"), *((step, name) for step in made["steps"] for name in ("do", "why"))]


@settings(max_examples=300)
@given(st.data())
def test_any_other_number_in_a_text_is_refused(data: st.DataObject) -> None:
    """A number that is larger than everything known, or negative powers of ten that nothing rounds to."""
    made = answer()
    places = [(place, key, match.span()) for place, key in strings(made) for match in FIGURES.finditer(place[key])]
    place, key, (start, end) = data.draw(st.sampled_from(places))
    number = data.draw(st.integers(100_000, 10**12).map(str) | st.integers(1, 999).map(lambda thousandths: f"0.00{thousandths:03}"))
    place[key] = place[key][:start] + number + place[key][end:]
    refusal(made)


@settings(max_examples=300)
@given(st.data())
def test_any_other_saving_is_refused(data: st.DataObject) -> None:
    made = answer()
    step = data.draw(st.sampled_from(made["steps"]))
    other = data.draw(st.integers(0, 10_000_00).map(lambda cents: cents / 100) | st.floats(0, 1e12))
    assume(abs(other - step["monthly_saving"]) > 0.5)
    step["monthly_saving"] = other
    refusal(made)


@settings(max_examples=300)
@given(st.data())
def test_any_other_id_is_refused_in_a_list_and_in_a_text(data: st.DataObject) -> None:
    made: Any = copy.deepcopy(answer())
    real = data.draw(st.sampled_from(IDS))
    prefix, _, digits = real.partition("-")
    index = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789abcdef"))
    other = f"{prefix}-{digits[:index]}{digit}{digits[index + 1 :]}"
    assume(other not in IDS)
    if data.draw(st.booleans()):
        for step in made["steps"]:
            step["resource_ids"] = [other if one == real else one for one in step["resource_ids"]]
    else:
        place, key = data.draw(st.sampled_from(strings(made)))
        place[key] += f" Look at {other}."
    refusal(made)
