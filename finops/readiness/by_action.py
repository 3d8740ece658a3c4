"""The answers of several scan functions about one account, by IAM action: see functions/core/scan/probe.py for what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.scan.probe import NONE_THERE

Answer = Mapping[str, Any]


def by_action(answers: Sequence[Answer], name: str) -> dict[str, list[Answer]]:
    """The actions that answers have under a name, each with these answers."""
    actions = sorted({action for answer in answers for action in answer[name]})
    return {action: [answer for answer in answers if action in answer[name]] for action in actions}


def unknown(answers: Sequence[Answer]) -> dict[str, list[Answer]]:
    """The actions that nobody could tell about. Where there is nothing to ask about in one region, another one's answer will do."""
    told = by_action(answers, "allowed").keys() | by_action(answers, "denied").keys()
    return {
        action: found
        for action, found in by_action(answers, "unknown").items()
        if action not in told or any(answer["unknown"][action] != NONE_THERE for answer in found)
    }
