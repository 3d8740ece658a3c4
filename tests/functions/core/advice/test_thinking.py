"""Which models are told not to think, which may be forced to use a tool, and what their tokens are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.core.advice import bedrock_price, prompt, thinking
from functions.core.settings import DEFAULT_MODEL

NOTHING: Mapping[str, Any] = {}


@pytest.mark.parametrize(
    ("model_id", "fields", "forced"),
    [
        ("global.anthropic.claude-haiku-5-5", thinking.OFF, True),
        ("anthropic.claude-haiku-5-5", thinking.OFF, True),
        ("eu.anthropic.claude-sonnet-5", thinking.OFF, True),
        ("us.anthropic.claude-opus-5", thinking.OFF, True),
        ("us.anthropic.claude-opus-5-5", thinking.DOWN, False),
        ("global.anthropic.claude-sonnet-5-5", thinking.DOWN, False),
        ("anthropic.claude-fable-5-1", thinking.DOWN, False),
        ("anthropic.claude-mythos-preview", thinking.DOWN, False),
        ("us.anthropic.claude-opus-4-6-v1", NOTHING, True),
        ("anthropic.claude-opus-4-7", NOTHING, True),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", NOTHING, True),
        ("anthropic.claude-3-haiku-20240307-v1:0", NOTHING, True),
        ("amazon.nova-lite-v1:0", NOTHING, True),
        ("moonshotai.kimi-k2.5", NOTHING, True),
        ("anthropic.claude-haiku-6", NOTHING, True),
        ("anthropic.claude-haiku-5-50", NOTHING, True),
    ],
)
def test_only_what_a_model_is_known_to_take_is_sent(model_id: str, fields: Mapping[str, Any], forced: bool) -> None:
    assert (thinking.ways(model_id).fields, thinking.ways(model_id).forced) == (fields, forced)


@pytest.mark.parametrize(
    ("model_id", "answer", "usual"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", 1000, (100, 1000)),
        ("global.anthropic.claude-haiku-5-5", 1300, (130, 1300)),
        ("anthropic.claude-opus-4-7", 1300, (130, 1300)),
        ("us.anthropic.claude-opus-5-5", 1300 + thinking.ROOM, (130, 1300 + thinking.ROOM // 2)),
        ("some.model-of-tomorrow", 1300 + thinking.ROOM, (130, 1300 + thinking.ROOM // 2)),
    ],
)
def test_tokens_are_the_models_own_and_a_model_that_may_think_has_room_for_it(model_id: str, answer: int, usual: tuple[int, int]) -> None:
    assert thinking.max_tokens(model_id, 1000) == answer
    assert thinking.usual_tokens(model_id, 100, 1000) == usual


def test_the_default_model_does_not_think_and_is_not_cut_off_earlier_than_before() -> None:
    assert thinking.ways(DEFAULT_MODEL) == thinking.Ways(thinking.OFF, tokens=thinking.NEW_TOKENIZER)
    assert prompt.max_tokens(DEFAULT_MODEL) == 1.3 * prompt.ANSWER_TOKENS


def test_every_model_that_has_a_price_is_known_here() -> None:
    assert [model_id for model_id in bedrock_price.KEYS if thinking.ways(model_id) is thinking.UNKNOWN] == []
