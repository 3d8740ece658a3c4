"""The advice of a run as the report has it: what a model wrote where that stands up to the facts, else what the rules say, and why.

An answer is compared with the facts once more. Rank may have run again since it was given, and nobody but this comparison vouches for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from functions.core.advice import acceptance, answers, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.by_rule import Advice, by_rule
from functions.core.advice.facts import Facts
from functions.core.errors import BedrockRefused, short
from functions.core.store import ledger
from functions.core.store.run_folder import RunFolder

Json = Mapping[str, Any]
NOT_ASKED = "no model was asked"
NOT_WANTED = "the sweep was told not to use a model"
BEDROCK, RULES = "bedrock", "rules"
IN_WORDS = {
    "CircuitOpen": "Bedrock had failed several times in a row and was not asked again; `finops breaker status` says when it is",
    "BedrockThrottled": "Bedrock had no room for more requests of this account",
    "BedrockTimeout": "the model did not answer in time",
    "BedrockUnavailable": "Bedrock could not be reached, or failed",
    "BedrockDenied": "Bedrock does not let the analyzer use the model; `finops doctor` says what is missing",
    "BedrockRefused": "what the model answered does not stand up to the findings",
    NOT_ASKED: NOT_ASKED,
    NOT_WANTED: NOT_WANTED,
}
"""Why there is no advice of a model, by the error's name: AWS's own words stand in report.json."""
OTHERWISE = "the model's advice failed ({}); report.json has what was said"


def entries(folder: RunFolder, head: Json, failures: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """`advice` of report.json: one entry for each group that Rank chose, in its order. `head` is ranking.json.

    `failures`: group id → error and cause, as the state machine noted them. `reason` is None where a model wrote the advice, and where
    the sweep was asked not to ask one.
    """
    given = answers.read_all(folder) if head["groups"] and head["analyze"] else {}
    made = []
    for group in head["groups"]:
        facts = Facts.model_validate_json(folder.bucket.need(group["facts_key"]))
        answer = given.get(facts.group_id)
        advice, reason = _judged(answer, facts)
        if advice is None and head["analyze"]:
            reason = failures[facts.group_id][1] if facts.group_id in failures else reason or NOT_ASKED
        made.append(_entry(facts, answer, advice, reason if advice is None else None))
    return made


def _judged(answer: Answer | None, facts: Facts) -> tuple[Advice | None, str | None]:
    if answer is None or answer.digest != prompt.digest(facts, answer.model_id):
        return None, None
    if answer.advice is None:
        return None, short(f"{BedrockRefused.__name__}: {answer.refused}", ledger.REASON_LENGTH)
    try:
        return acceptance.accept(answer.advice.model_dump(mode="json"), facts), None
    except BedrockRefused as refused:
        return None, short(f"{BedrockRefused.__name__}: {refused}", ledger.REASON_LENGTH)


def _entry(facts: Facts, answer: Answer | None, advice: Advice | None, reason: str | None) -> dict[str, Any]:
    """Tokens and USD are those of a refused answer too: it was paid for."""
    written = advice or by_rule(facts)
    return {
        "group_id": facts.group_id,
        "account": facts.account,
        "family": facts.family,
        "service": facts.service,
        "findings": facts.findings,
        "monthly_savings": facts.savings.model_dump(),
        "source": BEDROCK if advice else RULES,
        "model_id": answer.model_id if answer and advice else None,
        "reason": reason,
        **written.model_dump(mode="json"),
        "cached": answer.cached if answer and advice else False,
        "tokens": {"input": answer.input_tokens if answer else 0, "output": answer.output_tokens if answer else 0},
        "usd": answer.usd if answer else 0.0,
    }


def in_words(reason: str) -> str:
    """Why a group has no advice of a model, for people: `reason` is an entry's, "BedrockDenied: User … is not authorized …"."""
    name = reason.partition(":")[0]
    return IN_WORDS.get(name) or OTHERWISE.format(name)


def totals(advice: list[dict[str, Any]]) -> dict[str, Any]:
    """`advice` of summary.json: how many groups each source advised on, and what Bedrock took.

    `reasons` counts the groups of the rules by the error's name, or by NOT_ASKED or NOT_WANTED. `usd` is the sum of the answers with a
    known price; `unpriced` counts the others. What a call without an answer cost, nobody knows.
    """
    priced = [one["usd"] for one in advice if one["usd"] is not None]
    return {
        **{source: sum(one["source"] == source for one in advice) for source in (BEDROCK, RULES)},
        "reasons": dict(Counter((one["reason"] or NOT_WANTED).partition(":")[0] for one in advice if one["source"] == RULES).most_common()),
        "tokens": {end: sum(one["tokens"][end] for one in advice) for end in ("input", "output")},
        "usd": round(sum(priced), 6),
        "unpriced": len(advice) - len(priced),
    }
