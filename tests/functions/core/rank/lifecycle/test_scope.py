"""Which runs may be compared, and which known findings are about what a run was asked."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.plan.request import parse
from functions.core.rank.lifecycle.scope import Scope
from functions.core.store.bucket import Bucket
from tests.functions import sweeps

OTHER, THIRD = "444455556666", "777788889999"
ALL: dict[str, Any] = {"organization": {}}


def scope(asked: dict[str, Any], accounts: tuple[str, ...] = (sweeps.ACCOUNT,), regions: tuple[str, ...] = (sweeps.REGION,)) -> Scope:
    return Scope(parse(asked).scope, frozenset(accounts), frozenset(regions), frozenset({"ebs:volume"}))


def test_the_id_is_of_the_question_and_not_of_what_it_came_to() -> None:
    first = scope({})
    assert len(first.id) == 16
    assert int(first.id, 16) >= 0
    assert first.id == scope({"regions": "all"}, (sweeps.ACCOUNT, OTHER), ("eu-west-1",)).id
    assert scope({"regions": ["a1", "b1"]}).id == scope({"regions": ["b1", "a1"]}).id
    others: list[dict[str, Any]] = [
        {"regions": [sweeps.REGION]},
        {"accounts": [OTHER]},
        {"accounts": ALL},
        {"resource_types": ["ebs:volume"]},
    ]
    assert len({first.id, *(scope(one).id for one in others)}) == 5
    assert first.as_json() == {"id": first.id, "accounts": 1, "regions": 1, "types": 1}


def known(account: str = sweeps.ACCOUNT, region: str = "eu-west-1", resource_type: str = "ebs:volume", arn: str = "") -> dict[str, Any]:
    unit = sweeps.unit(resource_type, account, region)
    return {"unit": unit.unit_id, "arn": arn or sweeps.arn_of("one", unit)}


@pytest.mark.parametrize(
    ("asked", "what", "expected"),
    [
        ({}, known(), True),
        ({}, known(OTHER), False),
        ({"regions": ["eu-west-1"]}, known(), True),
        ({"regions": ["eu-west-3"]}, known(), False),
        (
            {"regions": ["eu-west-1"]},
            known(region="us-east-1", arn="arn:aws:ec2:eu-west-1:1:instance/i-1"),
            True,
        ),  # a unit about all regions
        ({"regions": ["us-east-1"]}, known(region="us-east-1", arn="arn:aws:s3:::bucket"), True),
        ({"resource_types": ["ebs:volume"]}, known(), True),
        ({"resource_types": ["ebs:snapshot"]}, known(), False),
        ({"accounts": ALL}, known(THIRD), True),  # it has left since
        ({"accounts": {"organization": {"exclude": [THIRD]}}}, known(THIRD), False),
        ({"accounts": {"organization": {"exclude": [OTHER]}}}, known(THIRD), True),
        ({"accounts": {"organization": {"ous": ["ou-abcd-12345678"]}}}, known(THIRD), False),
        ({"accounts": {"organization": {"ous": ["ou-abcd-12345678"]}}}, known(), True),
    ],
)
def test_what_a_run_was_asked_about(asked: dict[str, Any], what: dict[str, Any], expected: bool) -> None:
    assert scope(asked).covers(what) is expected


def test_a_run_of_before_has_no_scope() -> None:
    with sweeps.world() as world:
        folder = sweeps.folder(world.s3)
        assert Scope.read(folder) is None
        Bucket(world.s3, sweeps.BUCKET).put_json(folder.scope, {"accounts": [], "regions": [], "resource_types": []})
        assert Scope.read(folder) is None
        sweeps.write_plan(world.s3, [sweeps.unit()])
        found = Scope.read(folder)
        assert found is not None
        assert found.as_json() == {"id": found.id, "accounts": 1, "regions": 1, "types": 1}
