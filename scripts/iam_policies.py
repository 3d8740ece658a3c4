"""What the synthesised templates allow whom: each role with its statements, and each policy of a resource, with names that can be read.

A name is the one that a resource is given (a schedule's and a rule's: what they are for), else its logical id without CDK's hash.
`reasons` are those that cdk_app/constructs/acknowledged.py gives cdk-nag for each wildcard: CDK writes them beside the template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "111111111111", "us-east-1"
"""What it is synthesised for; a page shows <account> and <region>."""
NAMED_BY = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Scheduler::Schedule": "Description",
    "AWS::Events::Rule": "Description",
    "AWS::IAM::Role": "RoleName",
}
POLICIES = {
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("Topics", "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("Queues", "PolicyDocument"),
    "AWS::KMS::Key": (None, "KeyPolicy"),
}
"""Where a policy of a resource says whose it is, and what it says."""
Json = Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Statement:
    """`who` is empty in a role's own policies. `wildcards`: resource as it is shown → how cdk-nag calls it."""

    sid: str
    effect: str
    who: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[str, ...]
    wildcards: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, frozen=True)
class Role:
    """`id`: its logical one. `users`: what runs with it, kind and name. `trust`: who may assume it.

    `reasons`: cdk-nag's name of a wildcard → why it is there.
    """

    id: str
    name: str
    users: tuple[tuple[str, str], ...]
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    reasons: Mapping[str, str]


@dataclass(slots=True)
class Stack:
    """A stack of a cloud assembly."""

    template: Json
    metadata: Json

    @classmethod
    def read(cls, assembly: Path, name: str) -> Stack:
        """The stack of that name."""
        read = (json.loads((assembly / f"{name}.{part}.json").read_text(encoding="utf-8")) for part in ("template", "metadata"))
        return cls(*read)

    def roles(self) -> Iterator[Role]:
        """Every role, in the template's order."""
        paths = {
            entry["data"]: path for path, entries in self.metadata.items() for entry in entries if entry["type"] == "aws:cdk:logicalId"
        }
        for logical, resource in self._of("AWS::IAM::Role"):
            attached = [one for _, one in self._of("AWS::IAM::Policy") if {"Ref": logical} in one["Roles"]]
            documents = [
                *(policy["PolicyDocument"] for policy in resource.get("Policies", ())),
                *(one["PolicyDocument"] for one in attached),
            ]
            yield Role(
                id=logical,
                name=self._name(logical),
                users=tuple(self._users(logical)),
                trust=tuple(self._statements(resource["AssumeRolePolicyDocument"])),
                statements=tuple(statement for document in documents for statement in self._statements(document)),
                reasons=self._reasons(paths[logical].rpartition("/")[0]),
            )

    def resource_policies(self) -> Iterator[tuple[str, Statement]]:
        """Each statement of a policy that belongs to a resource, with the resource; and who may invoke which function."""
        for kind, (owner, document) in POLICIES.items():
            for logical, resource in self._of(kind):
                [name] = _many(resource[owner]) if owner else [{"Ref": logical}]
                for statement in self._statements(resource[document]):
                    yield self._read(name), statement
        for _, permission in self._of("AWS::Lambda::Permission"):
            source = f"ArnEquals aws:SourceArn {self._read(permission['SourceArn'])}"
            who, action = permission["Principal"], permission["Action"]
            yield self._read(permission["FunctionName"]), Statement("", "Allow", (who,), (action,), (), (source,))

    def _of(self, kind: str) -> Iterator[tuple[str, Json]]:
        return ((name, found["Properties"]) for name, found in self.template["Resources"].items() if found["Type"] == kind)

    def _name(self, logical: str) -> str:
        resource = self.template["Resources"][logical]
        given = resource["Properties"].get(NAMED_BY.get(resource["Type"], ""))
        return self._read(given) if isinstance(given, str) else re.sub(r"[0-9A-F]{8}$", "", logical)

    def _users(self, role: str) -> Iterator[tuple[str, str]]:
        for name, resource in self.template["Resources"].items():
            if {"Fn::GetAtt": [role, "Arn"]} in _inside(resource.get("Properties", {})):
                yield resource["Type"], self._name(name)

    def _reasons(self, path: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self.metadata.get(path, ()):
            if entry["type"] == "aws:cdk:acknowledged-rules":
                found |= entry["data"]
        return {rule.partition("[Resource::")[2].removesuffix("]"): reason for rule, reason in found.items() if "[Resource::" in rule}

    def _statements(self, document: Json) -> Iterator[Statement]:
        for statement in document["Statement"]:
            resources = _many(statement.get("Resource", ()))
            yield Statement(
                sid=statement.get("Sid", ""),
                effect=statement["Effect"],
                who=tuple(self._who(statement.get("Principal"))),
                actions=tuple(_many(statement["Action"])),
                resources=tuple(self._read(resource) for resource in resources),
                conditions=tuple(self._conditions(statement.get("Condition", {}))),
                wildcards=tuple((self._read(one), _as_nag(one)) for one in resources if "*" in _as_nag(one)),
            )

    def _who(self, principal: Any) -> Iterator[str]:
        if principal is None:
            return
        for names in principal.values() if isinstance(principal, dict) else (principal,):
            yield from (self._read(name) for name in _many(names))

    def _conditions(self, condition: Json) -> Iterator[str]:
        for operator, keys in condition.items():
            for key, values in keys.items():
                yield f"{operator} {key} {' or '.join(self._read(value) for value in _many(values))}"

    def _read(self, value: Any) -> str:
        """The text of a value, with names in the place of references."""
        match value:
            case {"Ref": str(name)} if name.startswith("AWS::"):
                return f"<{name.removeprefix('AWS::').lower()}>"
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                return self._name(name)
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self._read(part) for part in parts)
            case dict():
                return json.dumps(value)
        return str(value).replace(ACCOUNT, "<account>").replace(REGION, "<region>")


def _as_nag(value: Any) -> str:
    """A resource as cdk-nag writes it into the name of a finding."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_as_nag(part) for part in parts)
    return str(value)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _inside(value: Any) -> Iterator[Any]:
    """A value, and everything in it."""
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _inside(part)
