"""What becomes of a Distributed Map, and that the one flow can be put inline as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.lint_flow import FLOW, problems
from tests.statemachine.inline_flow import OF_DISTRIBUTED_MAPS, filled, inline, states

FILE: dict[str, Any] = json.loads(FLOW.read_text(encoding="utf-8"))
READER = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.plan.key"}}
CHILD = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}


def flow_of(**fields: Any) -> dict[str, Any]:
    """A flow of one map, whose items run in children."""
    processor = {**CHILD, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}}


def put(**fields: Any) -> dict[str, Any]:
    """What that map becomes, less what every map has."""
    made: dict[str, Any] = inline(flow_of(**fields))["States"]["Each"]
    assert made.pop("ItemProcessor") == {**CHILD, "ProcessorConfig": {"Mode": "INLINE"}}
    assert made.pop("MaxConcurrency") == 1, "one after the other, so that each finds its own stand-in"
    return {name: value for name, value in made.items() if name not in ("Type", "End")}


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"ItemReader": READER}, {"ItemsPath": "$.plan.key_lines"}),
        ({"ItemReader": {**READER, "ReaderConfig": {"InputType": "JSONL"}}, "ItemsPath": "$.x"}, {"ItemsPath": "$.plan.key_lines"}),
        ({"ItemsPath": "$.items"}, {"ItemsPath": "$.items"}),
        ({"MaxConcurrencyPath": "$.many", "ToleratedFailurePercentage": 100, "Label": "L"}, {}),
        ({"MaxConcurrency": 40, "ResultWriter": {}, "ItemBatcher": {}, "ResultPath": None}, {"ResultPath": None}),
        ({"ItemSelector": {"a.$": "$$.Map.Item.Value.a"}, "Retry": [], "Catch": []}, None),
    ],
)
def test_what_an_inline_map_may_have_stays_and_its_items_come_in_the_state(fields: dict[str, Any], left: dict[str, Any] | None) -> None:
    assert put(**fields) == (fields if left is None else left)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"Items": "{% $x %}"}, "Items"),
        ({"ItemReader": {"Parameters": {"Key": "plan.jsonl"}}}, "no path"),
        ({"ItemReader": {"Parameters": {"Key.$": "States.Format('{}', $.x)"}}}, "no path"),
        ({"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2"}}, "no path"),
    ],
)
def test_what_cannot_be_put_inline_is_refused_with_the_maps_name(fields: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=rf"Each: .*{word}"):
        inline(flow_of(**fields))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("${PlanFunction}", "PlanFunction"),
        ("arn:${Partition}:states:::lambda:invoke", "arn:aws:states:::lambda:invoke"),
        ("arn:${AWS::Partition}:states:::${What}", "arn:aws:states:::What"),
        ("${AWS::Region}", "AWSRegion"),
        ("arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke"),
    ],
)
def test_a_placeholder_is_filled_with_its_name_and_a_partition_with_aws(text: str, word: str) -> None:
    assert filled({"Resource": text}) == {"Resource": word}


def test_the_flow_itself_is_put_inline_and_is_still_one() -> None:
    made = inline(FILE)
    assert problems(made) == []
    assert [name for name, _ in states(made)] == [name for name, _ in states(FILE)]
    maps = [state for _, state in states(made) if state["Type"] == "Map"]
    assert len(maps) == 2
    assert [set(state) & OF_DISTRIBUTED_MAPS for state in maps] == [set(), set()]
    assert "${" not in json.dumps(made)
    assert "DISTRIBUTED" not in json.dumps(made)


def test_nothing_but_the_maps_and_the_placeholders_differs() -> None:
    before, after = dict(states(filled(FILE))), dict(states(inline(FILE)))
    around = {"Gather", *(name for name, state in before.items() if state["Type"] == "Map")}
    assert {name: state for name, state in before.items() if name not in around} == {
        name: state for name, state in after.items() if name not in around
    }
