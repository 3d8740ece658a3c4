"""What models answered: written whole, read with suspicion, and given again to the same question until it expires."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.advice import answers, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.by_rule import by_rule
from tests.functions import sweeps
from tests.functions.core.group_samples import facts_of, sample, sample_facts

FACTS = sample_facts()
DIGEST = prompt.digest(FACTS, "model")
PAID = Answer(
    group_id=FACTS.group_id, digest=DIGEST, model_id="model", advice=by_rule(FACTS), input_tokens=1200, output_tokens=150, usd=0.5
)  # fmt: skip
KEY = f"runs/{sweeps.RUN_ID}/advice/{FACTS.group_id}.json"
LATER = str(int(time.time()) + 3600)


@pytest.fixture
def world() -> Iterator[sweeps.World]:
    with sweeps.world() as made:
        yield made


def test_an_answer_is_read_as_it_was_written(world: sweeps.World) -> None:
    refused = PAID.model_copy(update={"advice": None, "refused": "no", "group_id": "222222222222.ebs"})
    for answer in (PAID, refused):
        answers.write(sweeps.folder(world.s3), answer)
    answers.write(sweeps.folder(world.s3, "another-run"), PAID)
    assert answers.read_all(sweeps.folder(world.s3)) == {FACTS.group_id: PAID, "222222222222.ebs": refused}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", PAID.model_dump_json().encode()[:-200], b"null", b"[]", b"\xff\xfe", b'{"group_id": "111122223333.ebs"}',
        PAID.model_copy(update={"group_id": "999999999999.ebs"}).model_dump_json().encode(),
    ],
)  # fmt: skip
def test_a_broken_object_is_not_there_and_writing_again_repairs_it(world: sweeps.World, body: bytes) -> None:
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=KEY, Body=body)
    assert answers.read_all(sweeps.folder(world.s3)) == {}
    answers.write(sweeps.folder(world.s3), PAID)
    assert answers.read_all(sweeps.folder(world.s3)) == {FACTS.group_id: PAID}


def known(world: sweeps.World, run_id: str = sweeps.RUN_ID, digest: str = DIGEST, **more: Any) -> Answer | None:
    return answers.known(world.dynamodb, sweeps.TABLE, run_id, digest, more.get("facts", FACTS))


def test_the_same_question_is_answered_from_the_table(world: sweeps.World) -> None:
    assert known(world) is None
    answers.remember(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID, PAID, LATER)
    assert known(world) == PAID, "the same run has paid for it"
    assert known(world, "another-run") == PAID.model_copy(update={"cached": True, "input_tokens": 0, "output_tokens": 0, "usd": 0.0})
    assert known(world, digest="0" * 64) is None


@pytest.mark.parametrize(("seconds", "there"), [(3600, True), (0, False), (-5, False)])
def test_what_has_expired_is_not_known_although_it_may_still_be_there(world: sweeps.World, seconds: int, there: bool) -> None:
    answers.remember(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID, PAID, str(int(time.time()) + seconds))
    assert (known(world) is not None) is there


@pytest.mark.parametrize("text", ["", "{", "null", PAID.model_copy(update={"advice": None}).model_dump_json()])
def test_a_broken_item_is_not_known(world: sweeps.World, text: str) -> None:
    item = {"pk": {"S": f"advice#{DIGEST}"}, "sk": {"S": "answer"}, "answer": {"S": text}, "run_id": {"S": "r"}, "ttl": {"N": LATER}}
    world.dynamodb.put_item(TableName=sweeps.TABLE, Item=item)
    assert known(world) is None


def test_an_answer_that_does_not_pass_for_these_facts_is_not_given_again(world: sweeps.World) -> None:
    answers.remember(world.dynamodb, sweeps.TABLE, sweeps.RUN_ID, PAID, LATER)
    findings = sample()
    findings[0].savings = sweeps.saving(99)
    assert known(world, facts=facts_of(findings)) is None
