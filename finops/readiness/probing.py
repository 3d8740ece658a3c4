"""May the scan functions do in each account what scanning takes? Each is asked in its own place, with its own role, and several at once.

See functions/core/scan/probe.py for what a function asks. Here its answers become `Point`s: for each account what is missing, by IAM
action.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.progress import track

from finops.readiness import by_action
from finops.readiness.by_action import Answer
from finops.readiness.invoking import AGAIN, DEPLOY, Unanswered, invoke
from finops.readiness.points import Point, missing, ok, to_know
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.aws.attempts import NoAnswer
from functions.core.aws.refusals import forbidden_by
from functions.core.aws.roles import FINAL
from functions.core.scan import probe

AT_ONCE = 8
"""Questions under way: fewer than the executions that Lambda allows in a new account."""
NOT_ENABLED = ("OptInRequired", "AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId")
"""What services say in a region that the account has not enabled."""
MEMBER = "with credentials of {}: make deploy ARGS=--member"
SWITCH_ON = (
    "in account {0} switch STS on for the analyzer's region (IAM console, Account settings, Endpoints), or enable the region there if it "
    "is one to opt in to; where STS was not reached, give the functions' network a route to it"
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html"""
SWEEP_TELLS = "the first sweep will tell"
FORBIDDEN = "whoever owns it (a service control policy, a permissions boundary) has to allow it"
ON_PURPOSE = (
    "if that is on purpose, list it in the setting denied_regions and deploy; else whoever owns the policy has to allow the role there"
)
NO_ROUTE = "give the functions' network a route there; if nothing may be there, list it in the setting denied_regions and deploy"


@dataclass(slots=True, frozen=True)
class Question:
    """Ask the scan function of a service about an account in a region."""

    account: str
    region: str
    service: str


@dataclass(slots=True, frozen=True)
class Reply:
    """`answer` as functions/core/scan/probe.py gives it; None when the function gave none, which is a `problem` of the function."""

    question: Question
    answer: Mapping[str, Any] | None
    problem: Point | None = None


@dataclass(slots=True, frozen=True)
class Asked:
    """The services whose functions were asked, and about how many regions at most."""

    services: frozenset[str]
    regions: int


@dataclass(slots=True, frozen=True)
class Remedies:
    """What to do about what is missing, by default in a deployed analyzer; {0} in it is the account's id.

    `own`: about an action that the own account denies; `member`: that the role in another account is denied; `enter`: about a role that
    cannot be assumed; `sts`: about an account without an STS; `region`: about one that is denied as a whole; `route`: that does not answer.
    """

    own: str = DEPLOY
    member: str = MEMBER
    enter: str = MEMBER
    sts: str = SWITCH_ON
    region: str = ON_PURPOSE
    route: str = NO_ROUTE


DEPLOYED = Remedies()


@dataclass(slots=True, frozen=True)
class Roles:
    """Who asks: the account of the scan functions, how they are called, and the role that they assume in other accounts.

    `who` they are in their own account; `assumer`: who assumes that role, "" where it is each function by itself.
    """

    account: str
    prefix: str
    member: str
    who: str = "the functions' own roles"
    assumer: str = ""
    remedies: Remedies = DEPLOYED


def questions(reached: Mapping[str, Sequence[str]], services: Iterable[str]) -> list[Question]:
    """Each service about each account where it is asked, region after region. `reached`: the regions by account."""
    made = []
    for account, regions in reached.items():
        places = {service: registry.asked_in(service, regions) for service in services}
        every = dict.fromkeys([*regions, *(region for where in places.values() for region in where)])
        made += [Question(account, region, service) for region in every for service, where in places.items() if region in where]
    return made


def ask(functions: Any, prefix: str, questions: Iterable[Question], reserved: int | None = None) -> Iterator[Reply]:
    """The replies in the order of the questions. `functions`: a client for lambda; `reserved`: what each scan function has, and no more."""
    with ThreadPoolExecutor(min(AT_ONCE, reserved or AT_ONCE)) as pool:
        yield from pool.map(lambda question: _reply(functions, prefix + question.service, question), questions)


def followed(replies: Iterator[Reply], questions: int, screen: Screen) -> Iterator[Reply]:
    """The replies; how far it is, beside the results."""
    if not screen.beside.is_terminal:
        screen.note(f"Asking the scan functions {questions} questions")
        return replies
    return iter(track(replies, "Asking the scan functions", questions, console=screen.beside, transient=True))


def _reply(functions: Any, name: str, question: Question) -> Reply:
    event = {"probe": question.service, "account": question.account, "region": question.region}
    try:
        return Reply(question, invoke(functions, name, event))
    except Unanswered as why:
        return Reply(question, None, why.point)


def points(replies: Sequence[Reply], roles: Roles) -> Iterator[Point]:
    """What is wrong with the functions; then for each account one point when all is well, else one for each thing that is not."""
    yield from dict.fromkeys(reply.problem for reply in replies if reply.problem)
    places = Counter(service for service, _ in {(reply.question.service, reply.question.region) for reply in replies})
    asked = Asked(frozenset(places), max(places.values(), default=0))
    for account in dict.fromkeys(reply.question.account for reply in replies):
        answers = [reply.answer for reply in replies if reply.question.account == account and reply.answer is not None]
        yield from _account(account, answers, roles, asked) if answers else [to_know(f"Account {account}", "nobody could ask about it")]


def closed(replies: Iterable[Reply]) -> set[str]:
    """The accounts whose role cannot be assumed."""
    return {reply.question.account for reply in replies if reply.answer is not None and probe.ASSUME in reply.answer["denied"]}


def _account(account: str, answers: Sequence[Answer], roles: Roles, asked: Asked) -> Iterator[Point]:
    what, member, remedies = f"Account {account}", account != roles.account, roles.remedies
    disabled = {answer["region"] for answer in answers if _is_disabled(answer)}
    forbidden, silent = _forbidden(answers), _silent(answers)
    enabled = [answer for answer in answers if answer["region"] not in disabled | forbidden.keys() | silent.keys()]
    denied, unknown = by_action.by_action(enabled, "denied"), by_action.unknown(enabled)
    if entry := denied.pop(probe.ASSUME, None):
        yield _closed(what, account, entry, roles, asked)
    for region in sorted(disabled):
        yield missing(what, f"{region} is not enabled there", "enable it in that account, or leave it out with --regions")
    for region, policy in forbidden.items():
        yield missing(what, f"{region} as a whole is denied by {policy}", remedies.region.format(account))
    for region, why in silent.items():
        yield missing(what, f"{region} does not answer: {why}", remedies.route.format(account))
    expressly = {action: found for action, found in denied.items() if any(forbidden_by(answer["denied"][action]) for answer in found)}
    simply = {action: found for action, found in denied.items() if action not in expressly}
    who = f"the role {roles.member}" if member else roles.who
    if simply:
        yield missing(what, f"denied to {who}: {_list(simply, asked)}", (remedies.member if member else remedies.own).format(account))
    if expressly:
        yield missing(what, f"forbidden to {who} by a policy: {_list(expressly, asked)}", FORBIDDEN)
    for action, found in unknown.items():
        reason = found[0]["unknown"][action]
        fix = SWEEP_TELLS if reason in (probe.NOT_KNOWN, probe.NONE_THERE) else f"{AGAIN}; else {SWEEP_TELLS}"
        yield to_know(what, f"{action} could not be asked by {_who(found, asked)}: {reason}", fix)
    enrolment = {name: fix for answer in enabled for name, fix in answer.get("enrolment", {}).items()}
    if enrolled := [name for name, fix in enrolment.items() if not fix]:
        yield ok(what, f"enrolled in {_joined(enrolled)}")
    for name, fix in enrolment.items():
        if fix:
            yield to_know(what, f"not enrolled in {name}: what it would tell is not in the report", fix)
    if not (disabled or forbidden or silent or entry or denied or unknown):
        allowed = {action for answer in enabled for action in answer["allowed"]}
        yield ok(what, f"all {len(allowed)} actions are allowed, to {_who(enabled, asked)}")


def _closed(what: str, account: str, entry: Sequence[Answer], roles: Roles, asked: Asked) -> Point:
    """The account cannot be entered: the role is at fault, or STS does not serve the account where it is asked."""
    reason = entry[0]["denied"][probe.ASSUME].removeprefix(f"{probe.ASSUME}: ")
    who = roles.assumer or _who(entry, asked, "any scan function")
    if policy := forbidden_by(reason):
        return missing(what, f"the role {roles.member} cannot be assumed by {who}: {policy} forbids it", FORBIDDEN)
    if any(reason.startswith(f"{code}:") for code in FINAL):
        return missing(what, f"the role {roles.member} cannot be assumed by {who}", roles.remedies.enter.format(account))
    return missing(what, f"STS gives {who} no credentials for it ({reason})", roles.remedies.sts.format(account))


def _is_disabled(answer: Answer) -> bool:
    """Nothing is allowed in the region, and every service says what services say where they are not enabled."""
    reasons: Iterable[str] = answer["denied"].values()
    return bool(reasons) and not answer["allowed"] and all(any(f": {code}: " in reason for code in NOT_ENABLED) for reason in reasons)


def _forbidden(answers: Sequence[Answer]) -> dict[str, str]:
    """The regions where nothing is allowed to most functions, and by what that is forbidden. One answer that names it is enough: some
    services refuse without a reason, and policies that deny a region make exceptions."""
    found = {}
    for region in sorted({answer["region"] for answer in answers}):
        of_it = [answer for answer in answers if answer["region"] == region]
        reasons = [reason for answer in of_it for action, reason in answer["denied"].items() if action != probe.ASSUME]
        policies = Counter(filter(None, map(forbidden_by, reasons)))
        shut = [answer for answer in of_it if answer["denied"] and not answer["allowed"] and probe.ASSUME not in answer["denied"]]
        if policies and 2 * len(shut) > len(of_it):
            found[region] = policies.most_common(1)[0][0]
    return found


def _silent(answers: Sequence[Answer]) -> dict[str, str]:
    """The regions where no connection comes about, each with what the first function saw."""
    found: dict[str, str] = {}
    for answer in answers:
        reasons = [reason for reason in answer["unknown"].values() if reason.startswith(f"{NoAnswer.__name__}: ")]
        if reasons and not answer["allowed"] and not answer["denied"]:
            found.setdefault(answer["region"], reasons[0].partition("does not answer: ")[2].partition(": give the")[0])
    return found


def _list(actions: Mapping[str, Sequence[Answer]], asked: Asked) -> str:
    return ", ".join(f"{action} ({_who(found, asked)})" for action, found in actions.items())


def _who(answers: Sequence[Answer], asked: Asked, every: str = "every scan function") -> str:
    """ "scan-ebs and scan-ec2 in us-east-1": which functions asked, and where when several regions were asked about."""
    services = {answer["service"] for answer in answers}
    words = every if services == asked.services else _joined(f"scan-{service}" for service in services)
    regions = {answer["region"] for answer in answers}
    return f"{words} in {_joined(regions)}" if asked.regions > 1 else words


def _joined(names: Iterable[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
