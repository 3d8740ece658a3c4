"""Asking one of the deployed functions something beside its work, and why it gave no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from finops.readiness.points import Point, missing, to_know
from functions.core.aws.refusals import translated
from functions.core.errors import Denied, Throttled

AGAIN = "run `finops doctor` again"
DEPLOY = "deploy this version: make deploy"
FUNCTION = "Function "
"""Begins what a point is about where a function is at fault, before its name."""


class Unanswered(Exception):
    """The function gave no answer; `point` says why and what to do. `kind` and `said`: of what the function raised, if it did."""

    def __init__(self, point: Point, kind: str = "", said: str = "") -> None:
        super().__init__(point.line)
        self.point, self.kind, self.said = point, kind, said


def invoke(functions: Any, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What the function returns. `functions`: a client for lambda. Raises Unanswered."""
    what = f"{FUNCTION}{name}"
    try:
        with translated("lambda", "InvokeFunction"):
            answered = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    except Denied as denied:
        raise Unanswered(to_know(what, f"you may not invoke it ({denied.action} is denied to you)", "ask for that permission")) from denied
    except (Throttled, ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise Unanswered(missing(what, "it does not exist", DEPLOY)) from error
        raise Unanswered(to_know(what, f"it gave no answer: {' '.join(str(error).split())}", AGAIN)) from error
    content: dict[str, Any] = json.loads(answered["Payload"].read())
    if "FunctionError" not in answered:
        return content
    kind, said = content.get("errorType", "error"), content.get("errorMessage", "")
    if kind == "KeyError":  # it looked for what its work takes
        raise Unanswered(missing(what, "it is an earlier version, which cannot answer", DEPLOY), kind, said)
    raise Unanswered(missing(what, f"it failed: {kind}: {said}", "its log says more: in the Lambda console, under Monitor"), kind, said)
