"""`finops doctor`: what is still missing for a first sweep that sees everything, one line each, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import NoRegionError
from rich.text import Text

from finops.commands.on_this_machine import ProfileOption
from finops.commands.rights import FIND_STACK, MACHINE, MAIL, MODEL, QUOTA, Right, function, needs
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.local.examining import LocalExamination
from finops.readiness import bill_access, mail_setup, model_access, probing, quotas, reaching
from finops.readiness.invoking import Unanswered
from finops.readiness.points import MARKS, Point, Status, missing, ok, summary, worst
from finops.readiness.probing import Reply, Roles
from finops.sweeping import deployed, options
from finops.sweeping.run import Screen
from finops.terminal import shown
from functions.core import registry
from functions.core.settings import Settings

COLOURS = {Status.OK: "green", Status.TO_KNOW: "yellow", Status.MISSING: "red"}
EXAMPLES = """
[bold]Examples[/bold]

The account and the region that the analyzer is in:

finops doctor

The accounts to be swept, in two regions:

finops doctor --accounts self,222222222222 --regions us-east-1,eu-west-1

The accounts of the organization:

finops doctor --input statemachine/inputs/organization.json

What a profile lacks for a sweep on this machine, with nothing deployed:

finops doctor --profile NAME --types ebs:volume,ec2:instance

[bold]What it does[/bold]

It asks the deployed functions what their roles may do, and changes nothing. Only Cost Explorer costs money, $0.01 once a day.

With --profile it asks functions on this machine what that profile may do. Cost Explorer is then asked only with --yes; where metrics are
needed, CloudWatch is asked for one by each function about each account and region, $0.00001 each.

✓ as it should be, ! good to know: a sweep works, ✗ missing: fix this first

[bold]Exit codes[/bold]

0 nothing is missing, 2 something is (or bad input), 130 interrupted
"""


@needs(
    FIND_STACK,
    Right("states:DescribeStateMachine", MACHINE),
    Right("lambda:GetFunctionConfiguration", function("notify")),
    MODEL,
    MAIL,
    QUOTA,
    Right("lambda:InvokeFunction", function("plan"), function("cost"), function("scan-*")),
)
def doctor(
    accounts: Annotated[list[str], typer.Option(help="Account ids, comma-separated, or self.", show_default="self")] = [],  # noqa: B006
    organization: Annotated[bool, typer.Option("--organization", help="All active accounts of the organization.")] = False,
    regions: Annotated[
        list[str], typer.Option(help='Regions, comma-separated, or "all".', show_default="the analyzer's, or the profile's")
    ] = [],  # noqa: B006
    types: Annotated[list[str], typer.Option(help='With --profile: types such as "ebs:volume".', show_default="all")] = [],  # noqa: B006
    input: Annotated[Path | None, typer.Option(metavar="FILE", help="Accounts and regions of a sweep's input, as JSON.")] = None,
    profile: ProfileOption = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --profile: ask Cost Explorer too, which costs $0.01.")] = False,
    no_cost_explorer: Annotated[bool, typer.Option("--no-cost-explorer", help="Do not ask Cost Explorer, which costs $0.01.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="With --profile: the folder of the reports, and of what is kept.")] = Path("out"),
    stack: Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")] = deployed.STACK,
) -> None:
    """Say what is missing before the first sweep: access to the accounts, to Bedrock, to Cost Explorer, mail, quotas."""
    asked = options.build(file=input, accounts=accounts, organization=organization, regions=regions, types=types)
    screen = Screen.standard(as_json)
    if profile:
        here: dict[str, Any] = {name: asked[name] for name in ("accounts", "regions", "resource_types") if name in asked}
        ask_bill = False if no_cost_explorer else yes or None
        raise typer.Exit(tell(LocalExamination(profile, here, ask_bill, out, screen), screen))
    if types or yes:
        raise Ending(ExitCode.BAD_INPUT, "--types and --yes are about a sweep on this machine: they need --profile")
    given: dict[str, Any] = {name: asked[name] for name in ("accounts", "regions") if name in asked}
    raise typer.Exit(tell(Examination(deployed.own_session(), stack, given, not no_cost_explorer, screen), screen))


def tell(examination: Examination | LocalExamination, screen: Screen) -> ExitCode:
    """Each point as soon as it is known, and in the end how many there are of each kind; or all in one document."""
    points: list[Point] = []
    for point in examination.points():
        points.append(point)
        if not screen.as_json:
            mark = MARKS[point.status]
            line = Text.assemble(shown(mark, COLOURS[point.status]), " ", shown(point.line.removeprefix(mark).lstrip()))
            screen.output.print(line, soft_wrap=True)
    code = ExitCode.BAD_INPUT if worst(points) is Status.MISSING else ExitCode.DONE
    if screen.as_json:
        screen.document(
            {
                "exit_code": int(code),
                "error": summary(points) if code else None,
                "points": [point.as_json() for point in points],
                "accounts": [{**asdict(reply.question), "answer": reply.answer} for reply in examination.replies],
            }
        )
    else:
        screen.output.print(f"{summary(points)}.")
    return code


@dataclass(slots=True, frozen=True)
class Found:
    """Of the deployed analyzer: a client for its functions, its settings, how its scan functions are called, its state machine."""

    functions: Any
    settings: Settings
    prefix: str
    machine: dict[str, Any]


@dataclass(slots=True)
class Examination:
    """What is looked at, and with whose credentials. `given`: the input of the sweep that is to be; without regions: the session's one."""

    session: Any
    stack: str
    given: Mapping[str, Any]
    ask_bill: bool
    screen: Screen
    replies: list[Reply] = field(default_factory=list)

    def points(self) -> Iterator[Point]:
        """One after the other; what rests on something that is missing is not looked at. Ending when Plan would refuse the input."""
        try:
            with aws_mistakes("they do not work"):
                me = self.session.client("sts", region_name=self._region()).get_caller_identity()
        except Ending as ending:
            yield missing("Credentials", str(ending), "")
            return
        yield ok("Credentials", f"{me['Arn']} in {self.session.region_name}")
        try:
            found = self._find()
        except Ending as ending:
            yield missing("Stack", str(ending), "")
            return
        yield ok("Stack", f"{self.stack} exists; its state machine {found.machine['name']} is {found.machine['status'].lower()}")
        settings = found.settings
        yield model_access.point(self.session.client("bedrock"), settings.bedrock_model_id, settings.max_advice_groups)
        yield from mail_setup.points(
            self.session.client("sesv2"), settings.email_from, settings.recipients, settings.email_configuration_set
        )
        yield from self._accounts(found)

    def _region(self) -> str:
        if self.session.region_name is None:
            raise NoRegionError
        return str(self.session.region_name)

    def _find(self) -> Found:
        with aws_mistakes(f"{self.stack} cannot be examined"):
            outputs = deployed.outputs_of(self.session, self.stack, "StateMachineArn", "ScanFunctionPrefix")
            machine = self.session.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["StateMachineArn"])
            functions = self.session.client("lambda")
            settings = deployed.settings_of(functions, f"{self.stack}-notify", "it cannot be examined")
            return Found(functions, settings, outputs["ScanFunctionPrefix"], machine)

    def _accounts(self, found: Found) -> Iterator[Point]:
        """What depends on which accounts are swept."""
        plan = f"{self.stack}-plan"
        try:
            reached = reaching.ask(found.functions, plan, {"regions": [self._region()], **self.given})
        except Unanswered as why:
            yield why.point
            return
        yield from reaching.points(reached, plan)
        yield quotas.point(
            found.functions,
            quotas.wanted(found.machine["definition"]),
            len(reached.regions),
            found.settings.scan_reserved_concurrency,
        )
        yield bill_access.point(found.functions, f"{self.stack}-cost", list(reached.regions), self.ask_bill)
        questions = probing.questions(reached.regions, registry.services())
        replies = probing.ask(found.functions, found.prefix, questions, found.settings.scan_reserved_concurrency)
        self.replies.extend(probing.followed(replies, len(questions), self.screen))
        yield from probing.points(self.replies, Roles(found.settings.aws_account_id, found.prefix, found.settings.member_role_name))
        yield from reaching.unanswered(reached, probing.closed(self.replies))
