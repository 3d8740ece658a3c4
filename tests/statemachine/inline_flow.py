"""The flow with inline maps, for an engine without Distributed Maps or S3: made from the one ASL file, never written by hand.

A Distributed Map reads its items from an object; here they come in the state, beside the object's key: those of the object at
`$.plan.plan_key` are `$.plan.plan_key_lines`. What an inline map may not have is left out, and its items run one after the other: only so
does Step Functions Local give each its own stand-in. https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-test-sm-exec.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

LINES = "_lines"
"""What is put after the name of a key to name the items of its object."""
OF_EVERY_MAP = frozenset(
    {"Type", "Comment", "InputPath", "OutputPath", "ItemsPath", "ItemSelector", "ItemProcessor", "ResultPath", "ResultSelector", "Retry",
     "Catch", "Next", "End"}
)  # fmt: skip
"""https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html"""
CONCURRENCY = frozenset({"MaxConcurrency", "MaxConcurrencyPath"})
OF_DISTRIBUTED_MAPS = frozenset(
    {"ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath",
     "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}
)  # fmt: skip
"""https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html"""


def inline(flow: dict[str, Any]) -> dict[str, Any]:
    """The flow with inline maps and without placeholders. ValueError, with the map's name, for what cannot be put so."""
    made: dict[str, Any] = filled(flow)
    for name, state in states(made):
        if state["Type"] == "Map":
            _put_inline(name, state)
    return made


def filled(flow: dict[str, Any]) -> Any:
    """The flow with a word in each placeholder: its own name, or `aws` where an ARN has its partition."""
    text = re.sub(r"arn:\$\{[^}]+\}:", "arn:aws:", json.dumps(flow))
    return json.loads(re.sub(r"\$\{([^}]+)\}", lambda found: re.sub(r"\W", "", found[1]), text))


def states(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state by its name, those in branches and maps as well."""
    for name, state in flow["States"].items():
        yield name, state
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from states(inner)


def _put_inline(name: str, state: dict[str, Any]) -> None:
    unknown = set(state) - OF_EVERY_MAP - OF_DISTRIBUTED_MAPS - CONCURRENCY
    if unknown:
        raise ValueError(f"{name}: whether an inline map may have {', '.join(sorted(unknown))} is not said here")
    if reader := state.get("ItemReader"):
        key = reader.get("Parameters", {}).get("Key.$", "")
        if not re.fullmatch(r"\$(\.\w+)+", key):
            raise ValueError(f"{name}: the key of what it reads is no path into the state: {key or reader}")
        state["ItemsPath"] = key + LINES
    for field in (OF_DISTRIBUTED_MAPS | CONCURRENCY) & set(state):
        del state[field]
    state["MaxConcurrency"] = 1
    state["ItemProcessor"]["ProcessorConfig"] = {"Mode": "INLINE"}
