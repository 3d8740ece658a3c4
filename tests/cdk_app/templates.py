"""Reading synthesised templates: resources of a type, and what the role behind a function or a machine may do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


def resources(template: Json, kind: str) -> dict[str, Json]:
    """Logical id → properties, of every resource of a CloudFormation type."""
    return {name: found["Properties"] for name, found in template["Resources"].items() if found["Type"] == kind}


def functions(template: Json) -> dict[str, Json]:
    """Function name → properties."""
    return {one["FunctionName"]: one for one in resources(template, "AWS::Lambda::Function").values()}


def flow(template: Json) -> dict[str, Any]:
    """The one state machine's definition."""
    [machine] = resources(template, "AWS::StepFunctions::StateMachine").values()
    definition: dict[str, Any] = json.loads(machine["DefinitionString"])
    return definition


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(template: Json, role: str) -> Iterator[Json]:
    """Every statement of a role, by its logical id: those in it, and those attached to it."""
    for policy in template["Resources"][role]["Properties"].get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]
    for attached in resources(template, "AWS::IAM::Policy").values():
        if {"Ref": role} in attached["Roles"]:
            yield from attached["PolicyDocument"]["Statement"]


def actions(template: Json, role: str) -> dict[str, list[Any]]:
    """Action → the resources it is allowed on, of a role by its logical id."""
    found: dict[str, list[Any]] = {}
    for statement in statements(template, role):
        assert statement["Effect"] == "Allow"
        for action in many(statement["Action"]):
            found.setdefault(action, []).extend(many(statement["Resource"]))
    return found


def role_of(properties: Json) -> str:
    """The logical id of a function's or a machine's role."""
    role = properties.get("Role") or properties["RoleArn"]
    name: str = role["Fn::GetAtt"][0]
    return name


@dataclass(slots=True)
class Task:
    """A Task state of the flow, wherever it stands."""

    name: str
    state: Json
    retriers: list[Json] = field(default_factory=list)


def tasks(definition: Json) -> dict[str, Task]:
    """Every Task state, those inside maps and branches as well."""
    found: dict[str, Task] = {}
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            found[name] = Task(name, state, state.get("Retry", []))
        if "ItemProcessor" in state:
            found |= tasks(state["ItemProcessor"])
        for branch in state.get("Branches", ()):
            found |= tasks(branch)
    return found
