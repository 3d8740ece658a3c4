"""What models have answered: one object for each group and run in the bucket, and each question's answer in the state table.

The object is one put, so it is there whole or not at all; a retry overwrites it. It says also what a refused answer was refused for, and
what it cost, because tokens are billed whether the answer is taken or not. The item `advice#<digest>` answers the same question again,
of a retry or of a later sweep, without asking. It is written first: a worker that dies in between has paid once, and its retry knows it.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError

from functions.core.advice import acceptance
from functions.core.advice.by_rule import Advice
from functions.core.advice.facts import Facts
from functions.core.errors import BedrockRefused
from functions.core.outside.expiry import expired
from functions.core.store.bucket import JSON
from functions.core.store.run_folder import RunFolder

SORT_KEY = "answer"


class Answer(BaseModel):
    """A model's answer about one group: `advice`, or why it was `refused`.

    `digest` is that of the question (prompt.py). `usd` is None when the model's price is not known, `unpriced` says so. An answer to the
    same question of an earlier run (`cached`) cost nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    group_id: str
    digest: str
    model_id: str
    advice: Advice | None = None
    refused: str | None = None
    cached: bool = False
    input_tokens: NonNegativeInt = 0
    output_tokens: NonNegativeInt = 0
    usd: NonNegativeFloat | None = None
    unpriced: str | None = None


def write(folder: RunFolder, answer: Answer) -> None:
    """One put."""
    folder.bucket.put(folder.answer(answer.group_id), answer.model_dump_json(indent=2).encode(), JSON)


def read_all(folder: RunFolder) -> dict[str, Answer]:
    """By group id. An object that is broken, or not of its group, counts as not there."""
    found = {}
    for key in folder.bucket.keys(folder.answers):
        try:
            answer = Answer.model_validate_json(folder.bucket.need(key))
        except ValidationError:
            continue
        if folder.answer(answer.group_id) == key:
            found[answer.group_id] = answer
    return found


def known(dynamodb: Any, table: str, run_id: str, digest: str, facts: Facts) -> Answer | None:
    """The answer that was given to the same question, when there is one that still passes for these facts and has not expired.

    What this run paid for, it still has paid for; an answer to another run is `cached`.
    """
    item = dynamodb.get_item(TableName=table, Key=_key(digest)).get("Item")
    if item is None or expired(item):
        return None
    try:
        answer = Answer.model_validate_json(item["answer"]["S"])
        advice = acceptance.accept(answer.advice.model_dump(mode="json") if answer.advice else None, facts)
    except (ValidationError, BedrockRefused):
        return None
    answer = answer.model_copy(update={"advice": advice, "group_id": facts.group_id})
    if item["run_id"]["S"] == run_id:
        return answer
    return answer.model_copy(update={"cached": True, "input_tokens": 0, "output_tokens": 0, "usd": 0.0, "unpriced": None})


def remember(dynamodb: Any, table: str, run_id: str, answer: Answer, expires_at: str) -> None:
    """`expires_at` is Unix seconds, as Plan gives it."""
    item = {**_key(answer.digest), "run_id": {"S": run_id}, "answer": {"S": answer.model_dump_json()}, "ttl": {"N": expires_at}}
    dynamodb.put_item(TableName=table, Item=item)


def _key(digest: str) -> dict[str, Any]:
    return {"pk": {"S": f"advice#{digest}"}, "sk": {"S": SORT_KEY}}
