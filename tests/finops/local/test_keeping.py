"""What is left for the next sweep: in a folder of one's own, for one sweep at a time, and no answer that was paid for is lost."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.local import keeping
from functions.core.costs.cache import Cache, Form
from functions.core.costs.rows import NoBill
from functions.core.store.bucket import Bucket
from tests import state_table

ACCOUNT = "111122223333"
FORM: Form[list[int]] = Form(lambda rows: json.dumps(rows).encode(), json.loads)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refusal(out: Path) -> str:
    with pytest.raises(Ending) as caught, keeping.folder(out):
        raise AssertionError("it was to be refused")
    assert caught.value.code is ExitCode.BAD_INPUT
    return str(caught.value)


def test_the_folder_is_made_and_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    out = tmp_path / "some" / "where"
    with keeping.folder(out) as kept:
        assert kept == out / "kept"
        assert mode(kept) == 0o700
    with keeping.folder(out) as again:
        assert again == kept


def test_two_sweeps_do_not_use_one_folder_at_the_same_time(tmp_path: Path) -> None:
    with keeping.folder(tmp_path), keeping.folder(tmp_path / "another"):
        busy = f"another sweep on this machine uses {tmp_path / 'kept'}: wait for its end, or name another folder with --out"
        assert refusal(tmp_path) == busy
        assert refusal(tmp_path) == busy, "and looking does not end it"
    with keeping.folder(tmp_path) as kept:
        assert kept.is_dir()


def test_a_sweep_that_ends_badly_leaves_the_folder_to_the_next_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), keeping.folder(tmp_path):
        raise KeyboardInterrupt
    with keeping.folder(tmp_path) as kept:
        assert kept.is_dir()


@pytest.mark.parametrize("in_the_way", ["out", "out/kept"])
def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path, in_the_way: str) -> None:
    path = tmp_path / in_the_way
    path.parent.mkdir(exist_ok=True)
    path.touch()
    said = refusal(tmp_path / "out")
    assert said.startswith(f"cannot write to {tmp_path / 'out' / 'kept'}: ")
    assert said.endswith(": name another folder with --out")


# --- answers ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        state_table.create(state_table.client())
        yield state_table.client()


def items(dynamodb: Any) -> list[dict[str, Any]]:
    return sorted(dynamodb.scan(TableName=state_table.NAME)["Items"], key=lambda item: str(item["pk"]))


def empty(dynamodb: Any) -> None:
    for item in items(dynamodb):
        dynamodb.delete_item(TableName=state_table.NAME, Key={name: item[name] for name in ("pk", "sk")})


def answer(dynamodb: Any, key: str, value: list[int] | None) -> tuple[list[int], bool]:
    """Of the cache that asks; without a `value` it may not have to, or is refused."""

    def ask(renew: Any) -> list[int]:
        if value is None:
            raise NoBill("no billing data")
        return value

    kept = Cache(dynamodb, state_table.NAME, Bucket(None, "")).get(key, ask, FORM, seconds=3600, refused_seconds=3600)
    return kept.value, kept.cached


def test_an_answer_that_was_paid_for_is_there_the_next_time(tmp_path: Path, dynamodb: Any) -> None:
    assert answer(dynamodb, "one", [1, 2, 3]) == ([1, 2, 3], False)
    assert answer(dynamodb, "two", []) == ([], False)
    with pytest.raises(NoBill):
        answer(dynamodb, "three", None)
    before = items(dynamodb)
    assert any(isinstance(value, bytes) for item in before for typed in item.values() for value in typed.values())
    keeping.take_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    empty(dynamodb)
    keeping.put_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    assert items(dynamodb) == [item for item in before if "refusal" not in item], "to the byte"
    assert answer(dynamodb, "one", None) == ([1, 2, 3], True)
    assert answer(dynamodb, "two", None) == ([], True)
    assert answer(dynamodb, "three", [4]) == ([4], False), "whoever was allowed it since asks again"


def test_only_answers_are_taken_and_of_many_none_is_left_out(tmp_path: Path, dynamodb: Any) -> None:
    for number in range(30):  # more than a page of DynamoDB's, which is 1 MB
        item = {"pk": {"S": f"cost#{number}"}, "sk": {"S": "answer"}, "body": {"B": b"\x00\xff" * 40_000}}
        dynamodb.put_item(TableName=state_table.NAME, Item=item)
    for pk, sk in (("cost#1", "lease"), ("run#r1", "failed#u1"), ("run#answer", "answer"), ("breaker#m", "state")):
        dynamodb.put_item(TableName=state_table.NAME, Item={"pk": {"S": pk}, "sk": {"S": sk}})
    keeping.take_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    kept = json.loads((tmp_path / ACCOUNT / "answers.json").read_text(encoding="utf-8"))
    assert sorted(item["pk"]["S"] for item in kept) == sorted(f"cost#{number}" for number in range(30))
    assert {item["sk"]["S"] for item in kept} == {"answer"}


def test_the_answers_are_nobody_elses_and_of_one_account(tmp_path: Path, dynamodb: Any) -> None:
    answer(dynamodb, "one", [1])
    for _ in range(2):
        keeping.take_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    path = tmp_path / ACCOUNT / "answers.json"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path], "nothing half-written is left beside it"
    empty(dynamodb)
    keeping.put_answers(tmp_path, "999988887777", dynamodb, state_table.NAME)
    assert items(dynamodb) == []


def test_where_nothing_was_answered_nothing_is_put(tmp_path: Path, dynamodb: Any) -> None:
    keeping.take_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    keeping.put_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    assert items(dynamodb) == []


@pytest.mark.parametrize("content", [None, b"", b"[", b'[{"pk": {"S": "cost#1"}', b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_as_none_and_is_replaced(tmp_path: Path, dynamodb: Any, content: bytes | None) -> None:
    path = tmp_path / ACCOUNT / "answers.json"
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    keeping.put_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    assert items(dynamodb) == []
    answer(dynamodb, "one", [1])
    keeping.take_answers(tmp_path, ACCOUNT, dynamodb, state_table.NAME)
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 1
