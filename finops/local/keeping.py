"""What sweeps on this machine leave for the next ones: `<out>/kept`, which nobody else may read.

kept/<account>/finops-analyzer/…    the bucket: runs, their history, refreshed prices, config/suppressions.toml
kept/<account>/answers.json         what Cost Explorer has answered, so that no answer is paid for twice on one day
"""

from __future__ import annotations

import base64
import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from finops.ending import Ending, ExitCode
from functions.core.costs.cache import ANSWER, PREFIX

USUAL = Path("out")
"""Where reports go, unless another folder is named."""
FOLDER = "kept"
BUCKET = "finops-analyzer"
ANSWERS = "answers.json"
PRIVATE = 0o700
FORM = TypeAdapter(list[dict[str, dict[str, str]]])
"""Of the file: items as DynamoDB types them, bytes in base 64."""


@contextmanager
def folder(out: Path) -> Iterator[Path]:
    """The folder, until the block is left for nobody else. Ending (bad input) when another sweep has it, or it cannot be written."""
    kept = out / FOLDER
    try:
        kept.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        kept.chmod(PRIVATE)  # also one that was there
        lock = (kept / ".lock").open("w")
    except OSError as error:
        raise Ending(ExitCode.BAD_INPUT, f"cannot write to {kept}: {error.strerror}: name another folder with --out") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = f"another sweep on this machine uses {kept}: wait for its end, or name another folder with --out"
            raise Ending(ExitCode.BAD_INPUT, busy) from None
        yield kept


def put_answers(kept: Path, account: str, dynamodb: Any, table: str) -> None:
    """Into the table, what an earlier sweep had been answered. A file that cannot be read is as if there were none."""
    try:
        items = [_decoded(item) for item in FORM.validate_json((kept / account / ANSWERS).read_bytes())]
    except (OSError, ValueError):
        return
    for item in items:
        dynamodb.put_item(TableName=table, Item=item)


def take_answers(kept: Path, account: str, dynamodb: Any, table: str) -> None:
    """What the table has of them, into the file. Not what was refused: whoever was allowed it since asks again."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(pk, :prefix) AND sk = :answer",
        ExpressionAttributeValues={":prefix": {"S": PREFIX}, ":answer": {"S": ANSWER}},
    )
    items = [_encoded(item) for page in pages for item in page["Items"] if "refusal" not in item]
    path = kept / account / ANSWERS
    path.parent.mkdir(mode=PRIVATE, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(items), encoding="utf-8")
    fresh.replace(path)


def _encoded(item: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """As JSON can have it: bytes in base 64."""
    return {
        name: {kind: base64.b64encode(value).decode() if kind == "B" else value for kind, value in typed.items()}
        for name, typed in item.items()
    }


def _decoded(item: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        name: {kind: base64.b64decode(value) if kind == "B" else value for kind, value in typed.items()} for name, typed in item.items()
    }
