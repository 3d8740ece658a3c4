"""Advice on one group of findings: a summary, and steps in the order in which a person should take them.

A model or the rules write it, from the same facts. `by_rule` is deterministic: the same facts give the same advice, word for word.

Its order: what is quick and safe comes first, because money that is saved today without a risk pays for the patience that the rest needs.
Quick and safe is an effort and a risk of at most Low. Then comes what wants planning or a test. In both, the largest likely saving is
first, not the smallest effort: ten dollars behind one click must not stand before ten thousand behind three. Last come what has no known
price, and what costs nothing and is only tidied up. Each check of the group is one step, so nothing is left out.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.core.advice.facts import CheckFacts, Facts, Money
from functions.core.model import Action, Level
from functions.core.money import usd
from functions.core.services import services

LEVELS = tuple(Level)
"""From the least to the most."""
MONTHS = 12
QUICK_AND_SAFE = 1

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Step(BaseModel):
    """One step of the advice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Annotated[Text, Field(max_length=240, description="What to do, as one imperative sentence.")]
    why: Annotated[Text, Field(max_length=900, description="Why, what it saves, and what to look at before: two or three sentences.")]
    check_ids: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50, description="check_id of each check that this step settles.")]
    resource_ids: Annotated[
        tuple[Text, ...], Field(max_length=60, description="id of listed resources of these checks, the most important first.")
    ]
    monthly_saving: Annotated[
        float,
        Field(ge=0, allow_inf_nan=False, description="USD a month: the likely savings of these checks, or of these resources, added up."),
    ]
    effort: Annotated[Level, Field(description="The highest effort of these checks.")]
    risk: Annotated[Level, Field(description="The highest risk of these checks.")]


class Advice(BaseModel):
    """The whole advice on one group."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: Annotated[Text, Field(max_length=900, description="What is wasted and where to begin, in at most three sentences.")]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=50, description="In the order in which they should be taken.")]


def schema() -> dict[str, Any]:
    """The JSON schema of Advice, without references: not every model follows them."""
    made = Advice.model_json_schema()
    definitions = made.pop("$defs")

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(one) for one in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            rest = {name: value for name, value in part.items() if name != "$ref"}
            return whole({**definitions[part["$ref"].rpartition("/")[2]], **rest})
        return {name: whole(value) for name, value in part.items() if name not in ("title", "additionalProperties")}

    flat: dict[str, Any] = whole(made)
    return flat


def by_rule(facts: Facts) -> Advice:
    """The advice of the rules. See the module for the order."""
    checks = sorted(facts.checks, key=_order)
    return Advice(summary=_summary(facts, checks), steps=tuple(_step(facts, check) for check in checks))


def _order(check: CheckFacts) -> tuple[int, float, float, int, str]:
    return (_tier(check), -check.savings.likely, -check.savings.high, -check.findings, check.check_id)


def _tier(check: CheckFacts) -> int:
    """1 quick and safe, 2 to be planned, 3 without a known price, 4 to tidy up."""
    if check.savings.high == 0:
        return 3 if check.unpriced else 4
    return QUICK_AND_SAFE if _at_most_low(check.effort) and _at_most_low(check.risk) else 2


def _at_most_low(level: Level) -> bool:
    return LEVELS.index(level) <= LEVELS.index(Level.LOW)


def _summary(facts: Facts, checks: list[CheckFacts]) -> str:
    many = f"{counted(facts.findings, 'finding')} of {counted(len(facts.checks), 'check')} in {facts.service}"
    if facts.savings.high == 0:
        return f"{many}: none of them has a known price, or a cost." if facts.unpriced else f"{many} cost nothing, and are worth tidying."
    words = [f"{many}: {worth(facts.savings)} can likely be saved, {usd(MONTHS * facts.savings.likely)} a year."]
    quick = [check for check in checks if _tier(check) == QUICK_AND_SAFE]
    if quick and len(quick) < len(checks):
        total, like = sum(check.savings.likely for check in quick), " and the like" if len(quick) > 1 else ""
        words.append(f"Begin with what is quick and safe: {_phrase(quick[0])}{like}, {usd(total)} a month.")
    if facts.unpriced:
        verb = "is" if facts.unpriced == 1 else "are"
        words.append(f"{counted(facts.unpriced, 'finding')} without a known price {verb} not in this sum.")
    return " ".join(words)


def _step(facts: Facts, check: CheckFacts) -> Step:
    listed = [one for one in facts.resources if one.check_id == check.check_id]
    words = [check.advice or check.question]
    if check.savings.high > 0:
        words.append(f"It likely saves {worth(check.savings)}, {usd(MONTHS * check.savings.likely)} a year.")
    if check.unpriced:
        words.append(f"Without a known price: {check.unpriced:,} of {check.findings:,}.")
    rest = check.findings - len(listed)
    if rest and listed:
        left = round(check.savings.likely - sum(one.savings.likely for one in listed if one.savings), 4)
        money = f" save {usd(left)} a month" if left > 0 else ""
        words.append(f"Named here: {len(listed):,} of {check.findings:,}; {rest:,} more{money}.")
    if check.undo:
        words.append(f"Undo: {check.undo}")
    return Step(
        do=f"{_phrase(check)[:1].upper()}{_phrase(check)[1:]}.",
        why=" ".join(words),
        check_ids=(check.check_id,),
        resource_ids=tuple(one.id for one in listed),
        monthly_saving=check.savings.likely,
        effort=check.effort,
        risk=check.risk,
    )


VERBS = {
    Action.DELETE: "delete {}",
    Action.STOP: "stop {}",
    Action.RIGHTSIZE: "rightsize {}",
    Action.UPGRADE: "upgrade {}",
    Action.MIGRATE_TO_GRAVITON: "move {} to Graviton",
    Action.SCALE_IN: "scale in {}",
    Action.SCHEDULE: "schedule {}",
    Action.REVIEW: "review {}",
}


def _phrase(check: CheckFacts) -> str:
    """Delete 3 EBS volumes: what to do, with how many, and which check says so."""
    service, _, kind = check.resource_type.partition(":")
    card = services().get(service)
    thing = f"{card.short if card else service.upper()} {kind.replace('-', ' ').replace('db ', 'DB ')}".strip()
    return f"{VERBS[check.action].format(counted(check.findings, thing))} ({check.check_id})"


def worth(savings: Money) -> str:
    """$12.50 a month, with its range when there is one."""
    return f"{usd(savings.likely)} a month" + ("" if savings.low == savings.high else f" ({usd(savings.low)} to {usd(savings.high)})")


def counted(number: int, thing: str) -> str:
    """1 finding, 2 findings, 1,234 findings."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
