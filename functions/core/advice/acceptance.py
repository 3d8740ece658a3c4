"""Whether a model's answer may stand in the report: only when each claim in it is found in the facts.

`accept` refuses an answer when
- it has not the shape of Advice, names a check that is not in the facts, or leaves one out;
- a resource id in it, in a list or in the text, is not in the facts, is of another check, or is listed twice;
- the saving of a step is neither what its checks nor what its resources add up to, or the steps claim more than there is;
- it makes a step less risky or easier than the check says;
- a figure or a name in a text is not covered by what is known, see fact_check.py.

What is said without a figure, no program can judge: the report puts the sums of the findings beside every advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from functions.core.advice.by_rule import LEVELS, Advice, Step
from functions.core.advice.claims import Figure, Kind
from functions.core.advice.fact_check import SUMMARY, FactCheck, Unsupported, money
from functions.core.advice.facts import Facts
from functions.core.errors import BedrockRefused

CENT = 0.005


def accept(given: Any, facts: Facts, input_tokens: int = 0, output_tokens: int = 0) -> Advice:
    """The advice, with the exact saving of each step. Raises BedrockRefused with the reason, and the tokens that it cost."""
    try:
        advice = Advice.model_validate_json(to_json(given), strict=True)
        known = FactCheck(facts)
        advice = Advice(summary=advice.summary, steps=tuple(_checked(step, facts) for step in advice.steps))
        _complete(advice, facts)
        for number, step in enumerate(advice.steps, 1):
            for text in (step.do, step.why):
                known.check(f"step {number}", text, advice, [step])
        known.check(SUMMARY, advice.summary, advice, advice.steps)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)[:3]
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problems)
        raise BedrockRefused(f"the answer has not the shape of advice: {wrong}", input_tokens, output_tokens) from None
    except Unsupported as error:
        raise BedrockRefused(f"the answer is not covered by the facts: {error}", input_tokens, output_tokens) from None
    return advice


def _checked(step: Step, facts: Facts) -> Step:
    """The step with its exact saving."""
    checks = {check.check_id: check for check in facts.checks}
    resources = {one.id: one for one in facts.resources}
    for check_id in step.check_ids:
        if check_id not in checks:
            raise Unsupported(f"there is no check {check_id!r}")
    for resource_id in step.resource_ids:
        if resource_id not in resources:
            raise Unsupported(f"there is no resource {resource_id!r}")
        if resources[resource_id].check_id not in step.check_ids:
            raise Unsupported(f"the resource {resource_id!r} is of another check")
    settled = [checks[check_id] for check_id in step.check_ids]
    for level, least in ((step.effort, _highest(one.effort for one in settled)), (step.risk, _highest(one.risk for one in settled))):
        if LEVELS.index(level) < least:
            raise Unsupported(f"a step is called easier or safer than its checks are: {level} instead of {LEVELS[least]}")
    claimed = Figure(Kind.MONEY, step.monthly_saving, _decimals(step.monthly_saving), f"{step.monthly_saving:g}")
    whole, listed = money(one.savings for one in settled).likely, money(resources[one].savings for one in step.resource_ids).likely
    for total in (whole, listed or whole):  # of no listed resource there is no sum that could be 0
        if claimed.shows(total):
            return step.model_copy(update={"monthly_saving": total})
    raise Unsupported(f"{step.monthly_saving:g} USD a month is not what a step's checks or resources add up to")


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _highest(levels: Iterable[Any]) -> int:
    return max(LEVELS.index(level) for level in levels)


def _complete(advice: Advice, facts: Facts) -> None:
    named = {check_id for step in advice.steps for check_id in step.check_ids}
    if missing := [check.check_id for check in facts.checks if check.check_id not in named]:
        raise Unsupported(f"it leaves out {', '.join(missing)}")
    ids = [one for step in advice.steps for one in step.resource_ids]
    if len(set(ids)) < len(ids) or any(len(set(step.check_ids)) < len(step.check_ids) for step in advice.steps):
        raise Unsupported("a resource or a check is listed twice")
    if sum(step.monthly_saving for step in advice.steps) > facts.savings.likely + CENT:
        raise Unsupported("its steps together save more than there is")
