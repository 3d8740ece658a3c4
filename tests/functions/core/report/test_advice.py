"""The report's advice: from a model where it stands up to the facts, else from the rules, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.core import errors
from functions.core.advice import answers, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.report import advice as advised
from tests.functions import sweeps
from tests.functions.core.group_samples import grouped, sample

GROUP = f"{sweeps.ACCOUNT}.ebs"
COUNTS: dict[str, Any] = {"input_tokens": 1200, "output_tokens": 150, "usd": 0.002}


@pytest.fixture
def world() -> Iterator[sweeps.World]:
    with sweeps.world() as made:
        yield made


def written(world: sweeps.World, analyze: bool = True) -> tuple[dict[str, Any], Facts]:
    """What Rank leaves: ranking.json, as far as it is read here, and the facts."""
    groups = grouped(sample())
    head = {
        "run": {"run_id": sweeps.RUN_ID},
        "analyze": analyze,
        "groups": groups.write(sweeps.folder(world.s3), analyze),
    }
    return head, groups.facts()[0]


def answer(facts: Facts, **changes: Any) -> Answer:
    """A model's answer that differs from the rules' in its summary."""
    advice = by_rule(facts).model_copy(update={"summary": "Begin with the volumes."})
    made = Answer(group_id=facts.group_id, digest=prompt.digest(facts, "model-1"), model_id="model-1", advice=advice, **COUNTS)
    return made.model_copy(update=changes)


def entry(world: sweeps.World, head: dict[str, Any], failures: dict[str, tuple[str, str]] | None = None) -> dict[str, Any]:
    [one] = advised.entries(sweeps.folder(world.s3), head, failures or {})
    return one


def test_a_models_answer_is_told_as_such(world: sweeps.World) -> None:
    head, facts = written(world)
    answers.write(sweeps.folder(world.s3), answer(facts))
    one = entry(world, head)
    assert (one["source"], one["model_id"], one["reason"], one["summary"]) == ("bedrock", "model-1", None, "Begin with the volumes.")
    assert (one["group_id"], one["account"], one["family"], one["findings"]) == (GROUP, sweeps.ACCOUNT, "ebs", 4)
    assert one["monthly_savings"] == {"low": 26.75, "likely": 67.5, "high": 96.75}
    assert (one["tokens"], one["usd"], one["cached"]) == ({"input": 1200, "output": 150}, 0.002, False)
    assert set(one["steps"][0]) == {"do", "why", "check_ids", "resource_ids", "monthly_saving", "effort", "risk"}


FAILED = {GROUP: ("BedrockThrottled", "BedrockThrottled: too many requests")}
TABLE: list[tuple[dict[str, Any] | None, dict[str, tuple[str, str]], str]] = [
    (None, {}, "no model was asked"),
    (None, FAILED, "BedrockThrottled: too many requests"),
    ({"advice": None, "refused": "it invents"}, {}, "BedrockRefused: it invents"),
    ({"advice": None, "refused": "it invents"}, {GROUP: ("BedrockRefused", "BedrockRefused: it invents")}, "BedrockRefused: it invents"),
    ({"digest": "0" * 64}, {}, "no model was asked"),
    ({"group_id": "999999999999.ebs"}, {}, "no model was asked"),
]


@pytest.mark.parametrize(("changes", "failures", "reason"), TABLE)
def test_else_the_rules_advise_and_the_reason_is_told(
    world: sweeps.World, changes: dict[str, Any] | None, failures: dict[str, tuple[str, str]], reason: str
) -> None:
    head, facts = written(world)
    if changes is not None:
        answers.write(sweeps.folder(world.s3), answer(facts, **changes))
    one = entry(world, head, failures)
    assert (one["source"], one["model_id"], one["reason"]) == ("rules", None, reason)
    assert one["summary"] == by_rule(facts).summary
    assert len(one["steps"]) == 3


def test_a_refused_answer_was_paid_for(world: sweeps.World) -> None:
    head, facts = written(world)
    answers.write(sweeps.folder(world.s3), answer(facts, advice=None, refused="no"))
    assert (entry(world, head)["tokens"], entry(world, head)["usd"]) == ({"input": 1200, "output": 150}, 0.002)


def test_a_failure_that_was_noted_does_not_hide_an_answer_that_is_there(world: sweeps.World) -> None:
    head, facts = written(world)
    answers.write(sweeps.folder(world.s3), answer(facts))
    assert entry(world, head, FAILED)["source"] == "bedrock"


def test_an_object_that_somebody_changed_is_held_against_the_facts_again(world: sweeps.World) -> None:
    head, facts = written(world)
    advice = by_rule(facts).model_copy(update={"summary": "It saves $1,000,000 a month."})
    answers.write(sweeps.folder(world.s3), answer(facts, advice=advice))
    one = entry(world, head)
    assert one["source"] == "rules"
    assert one["reason"] == "BedrockRefused: the answer is not covered by the facts: the summary: '$1,000,000' is not in the facts"


def test_a_sweep_that_was_asked_not_to_ask_needs_no_reason(world: sweeps.World) -> None:
    head, facts = written(world, analyze=False)
    answers.write(sweeps.folder(world.s3), answer(facts))
    one = entry(world, head, FAILED)
    assert (one["source"], one["reason"], one["usd"]) == ("rules", None, 0.0)


def test_nothing_found_is_no_advice(world: sweeps.World) -> None:
    head = {"run": {"run_id": sweeps.RUN_ID}, "analyze": True, "groups": []}
    assert advised.entries(sweeps.folder(world.s3), head, {}) == []


def test_the_totals_are_by_source_with_what_bedrock_took() -> None:
    def one(source: str, usd: float | None, tokens: int, reason: str | None = None) -> dict[str, Any]:
        return {"source": source, "reason": reason, "usd": usd, "tokens": {"input": tokens, "output": 1}}

    made = advised.totals(
        [one("bedrock", 0.002, 1200), one("bedrock", None, 5), one("rules", 0.0, 0), one("rules", 0.0011, 900, "CircuitOpen: x: y")]
    )
    assert made.pop("reasons") == {advised.NOT_WANTED: 1, "CircuitOpen": 1}
    assert made == {"bedrock": 2, "rules": 2, "tokens": {"input": 2105, "output": 4}, "usd": 0.0031, "unpriced": 1}
    assert advised.totals([])["usd"] == 0


def test_each_error_of_bedrock_has_words_for_people() -> None:
    """AWS's own are long, name ARNs, and were cut: they stand in report.json."""
    ours = {name for name, kind in vars(errors).items() if name.startswith("Bedrock") and name != "BedrockOutage"} | {"CircuitOpen"}
    assert set(advised.IN_WORDS) == {*ours, advised.NOT_ASKED, advised.NOT_WANTED}
    for name in ours:
        said = advised.in_words(f"{name}: User: arn:aws:sts::111122223333:assumed-role/x is not author…")
        assert said == advised.IN_WORDS[name]
        assert "arn:" not in said
    assert advised.in_words(advised.NOT_ASKED) == advised.NOT_ASKED
    other = "Lambda.Unknown"
    assert advised.in_words(f"{other}: The cause could not be determined because") == advised.OTHERWISE.format(other)
