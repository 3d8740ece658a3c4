"""The rules of AWS: every command is one of the AWS CLI, in the finding's region, and what it must fill in, it has."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import Any

import pytest
from botocore.session import get_session

from functions.core.ownership.rule import Rule
from functions.core.ownership.rules import OPERATORS, RULES

EVERY = [*RULES, *OPERATORS.values()]
STEPS = sorted({step for rule in EVERY for step in (*rule.remove, *(rule.change or ()))})


@cache
def _model(service: str) -> Any:
    return _session().get_service_model(service)


_session = cache(get_session)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_asks_what_there_is(step: str) -> None:
    """The operation and its options are in botocore's model; kubectl and velero are not AWS's."""
    tool, service, operation, *_ = step.split()
    if tool != "aws":
        assert tool in ("kubectl", "velero")
        return
    model = _model(service)
    named = {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower().replace("-", ""): name for name in model.operation_names}
    assert operation.replace("-", "") in named
    known = {member.lower() for member in model.operation_model(named[operation.replace("-", "")]).input_shape.members}
    options = {option.replace("-", "") for option in re.findall(r"--([a-z-]+)", step)} - {"region"}
    assert options <= known
    assert "--region {region}" in step


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.key or rule.who)
def test_a_rule_has_what_its_words_need(rule: Rule) -> None:
    given = {*rule.parts, *({"name"} if rule.named_by_key else ())}
    fields = {
        name for text in (rule.who, *rule.remove, *(rule.change or ())) for _, name, _, _ in Formatter().parse(text) if name is not None
    }
    assert fields <= given | {"id", "arn", "region"}
    assert "#" not in "".join((*rule.remove, *(rule.change or ())))
