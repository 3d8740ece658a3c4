"""What the person who types a command has to be allowed, declared beside it; docs/IAM.md is made from that.

    @needs(FIND_STACK, Right("states:ListExecutions", MACHINE))
    def runs(…): …

A test runs each command and holds the calls that it makes against its declaration. What runs with --embedded needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Command = TypeVar("Command", bound=Callable[..., Any])
ATTRIBUTE = "rights"

STACK = "FinOpsAnalyzer"
"""The stack's name, where --stack names no other."""
_HERE = "<region>:<account>"
MACHINE = f"arn:<partition>:states:{_HERE}:stateMachine:{STACK}-sweep"
EXECUTIONS = f"arn:<partition>:states:{_HERE}:execution:{STACK}-sweep:*"
MAP_RUNS = f"arn:<partition>:states:{_HERE}:mapRun:{STACK}-sweep/*"
TABLE = f"arn:<partition>:dynamodb:{_HERE}:table/<TableName>"
BUCKET = "arn:<partition>:s3:::<BucketName>"
RUNS, FINDINGS, RATES, PRICES, COSTS = (f"{BUCKET}/{keys}" for keys in ("runs/*", "findings/*", "rates/*", "prices/*", "cache/cost/*"))
EVERYTHING = "*"
"""Where AWS defines no resource."""


@dataclass(slots=True, frozen=True)
class Right:
    """An IAM action, on these resources."""

    action: str
    resources: tuple[str, ...]

    def __init__(self, action: str, *resources: str) -> None:
        object.__setattr__(self, "action", action)
        object.__setattr__(self, "resources", resources)


def function(name: str) -> str:
    """One of the deployed functions, by what follows the stack's name."""
    return f"arn:<partition>:lambda:{_HERE}:function:{STACK}-{name}"


FIND_STACK = Right("cloudformation:DescribeStacks", f"arn:<partition>:cloudformation:{_HERE}:stack/{STACK}/*")
LIST_RUNS = (Right("states:ListExecutions", MACHINE), Right("states:DescribeExecution", EXECUTIONS))
LIST_BUCKET = Right("s3:ListBucket", BUCKET)
READ_RUNS, READ_REPORT = Right("s3:GetObject", RUNS), Right("s3:GetObject", RUNS, FINDINGS, RATES)
SWEEP = (
    Right("states:StartExecution", MACHINE),
    Right("states:DescribeExecution", EXECUTIONS),
    Right("states:ListMapRuns", EXECUTIONS),
    Right("states:DescribeMapRun", MAP_RUNS),
    LIST_BUCKET,
    READ_REPORT,
)
MAIL = (
    Right("ses:GetAccount", EVERYTHING),
    Right("ses:GetEmailIdentity", f"arn:<partition>:ses:{_HERE}:identity/*"),
    Right("ses:GetConfigurationSet", f"arn:<partition>:ses:{_HERE}:configuration-set/*"),
)
MODEL = (
    Right("bedrock:GetInferenceProfile", f"arn:<partition>:bedrock:{_HERE}:inference-profile/*"),
    Right("bedrock:GetFoundationModelAvailability", EVERYTHING),
)
QUOTA = Right("lambda:GetAccountSettings", EVERYTHING)


def needs(*rights: Right | tuple[Right, ...]) -> Callable[[Command], Command]:
    """Declares what a command needs; without any, nothing."""
    flat = tuple(one for right in rights for one in (right if isinstance(right, tuple) else (right,)))

    def declared(command: Command) -> Command:
        setattr(command, ATTRIBUTE, tuple(dict.fromkeys(flat)))
        return command

    return declared


def of(command: Callable[..., Any]) -> tuple[Right, ...] | None:
    """What is declared beside a command; None when nothing is."""
    found: tuple[Right, ...] | None = getattr(command, ATTRIBUTE, None)
    return found


def commands(group: Any, name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command below a group of click's, with what is typed and the function behind it: "finops breaker status"."""
    inside: Mapping[str, Any] = getattr(group, "commands", {})
    for word, command in inside.items():
        if getattr(command, "commands", None):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command.callback
