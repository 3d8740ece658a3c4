"""How a model is asked so that it answers at once instead of thinking first, and what its tokens are.

What a model thinks is billed as output and counts towards max_tokens, so a model that thinks before a short answer can end without one. An
answer of ours is held against the facts, and there is nothing to think about: where thinking can be switched off it is, else it is turned
down. What is known of no model by name is asked for nothing, because a field that it does not know is an error.

https://platform.claude.com/docs/en/models/haiku-5-5/whats-new-haiku-5-5 (also of the tokenizer),
https://platform.claude.com/docs/en/models/haiku-5-5/overview (which of today's models always think) and
https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.advice import model_ids

OFF: Mapping[str, Any] = {"thinking": {"type": "disabled"}}
"""Refused with effort above "high", which no model has by default."""
DOWN: Mapping[str, Any] = {"output_config": {"effort": "low"}}
ROOM = 2_000
"""Tokens beside the answer's own for a model that may think."""
NEW_TOKENIZER = 1.3
"""Tokens of the same text, against those of Claude before Opus 4.7."""
VERSION = re.compile(r"(-\d{8})?(-v\d+(:\d+)?)?$")
"""How a model's id may end: anthropic.claude-opus-4-6-v1, anthropic.claude-haiku-4-5-20251001-v1:0."""


@dataclass(slots=True, frozen=True)
class Ways:
    """`fields`: for Converse's additionalModelRequestFields. `forced`: a tool may be forced, which models that always think refuse.

    `room`: tokens that it may think, beside the answer's own. `tokens`: how many its tokenizer makes of one of the earlier ones.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    forced: bool = True
    room: int = 0
    tokens: float = 1.0


_QUIET, _QUIET_NEW = Ways(), Ways(tokens=NEW_TOKENIZER)
_SWITCHED_OFF = Ways(OFF, tokens=NEW_TOKENIZER)
_TURNED_DOWN = Ways(DOWN, forced=False, room=ROOM, tokens=NEW_TOKENIZER)
UNKNOWN = Ways(room=ROOM, tokens=NEW_TOKENIZER)
"""Of a model that is newer than this table: it may think, and make more tokens."""
KNOWN: Mapping[str, Ways] = {
    **dict.fromkeys(("anthropic.claude-haiku-5-5", "anthropic.claude-opus-5", "anthropic.claude-sonnet-5"), _SWITCHED_OFF),
    **dict.fromkeys(
        (
            "anthropic.claude-opus-5-5",
            "anthropic.claude-sonnet-5-5",
            "anthropic.claude-fable-5",
            "anthropic.claude-fable-5-1",
            "anthropic.claude-mythos-5",
            "anthropic.claude-mythos-5-1",
            "anthropic.claude-mythos-preview",
        ),
        _TURNED_DOWN,
    ),
    **dict.fromkeys(("anthropic.claude-opus-4-7", "anthropic.claude-opus-4-8"), _QUIET_NEW),
    **dict.fromkeys(
        (
            "anthropic.claude-3-haiku",
            "anthropic.claude-3-5-haiku",
            "anthropic.claude-haiku-4-5",
            "anthropic.claude-sonnet-4-5",
            "anthropic.claude-sonnet-4-6",
            "anthropic.claude-opus-4-5",
            "anthropic.claude-opus-4-6",
            "amazon.nova-micro",
            "amazon.nova-lite",
            "amazon.nova-pro",
        ),
        _QUIET,
    ),
}
"""By a model's id without its version: those that think unless told not to, those that always do, and those that do only when asked."""


def ways(model_id: str) -> Ways:
    """How a model or an inference profile is asked."""
    _, model = model_ids.split(model_id)
    return KNOWN.get(VERSION.sub("", model), UNKNOWN)


def max_tokens(model_id: str, answer_tokens: int) -> int:
    """What an answer may take in all; `answer_tokens` are those of its text by an earlier tokenizer."""
    asked = ways(model_id)
    return math.ceil(answer_tokens * asked.tokens) + asked.room


def usual_tokens(model_id: str, question_tokens: int, answer_tokens: int) -> tuple[int, int]:
    """What a question and its answer usually are by a model's own tokenizer; of a model that thinks half of its room is taken as used."""
    asked = ways(model_id)
    return math.ceil(question_tokens * asked.tokens), math.ceil(answer_tokens * asked.tokens) + asked.room // 2
