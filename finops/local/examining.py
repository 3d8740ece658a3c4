"""`finops doctor --profile`: what an identity lacks for a sweep on this machine, in the words of the doctor of a deployed analyzer.

The same functions are asked the same questions. Another is what to do: nobody deploys anything, an administrator has to allow something.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from finops.ending import Ending
from finops.local.machine import AT_ONCE, Machine, running
from finops.local.profile import Profile, open_profile
from finops.readiness import bill_access, probing, reaching
from finops.readiness.invoking import AGAIN, FUNCTION, Unanswered
from finops.readiness.points import Point, missing, ok, to_know
from finops.readiness.probing import Remedies, Reply, Roles
from finops.readiness.reaching import Reached
from finops.sweeping import deployed
from finops.sweeping.run import Screen
from functions.core import registry
from functions.core.aws import lent
from functions.core.aws.refusals import forbidden_by
from functions.core.errors import Denied
from functions.core.scan import probe

CREDENTIALS = "Credentials"
MACHINE = "This machine"
GONE = f"{lent.ACTION}: "
"""Begins what a function says when it has no credentials to ask with."""
UNASKED = to_know(bill_access.WHAT, f"not asked, because a request costs ${bill_access.REQUEST_USD:.2f}", "--yes asks it too")
PAYER = "sweep with a profile of the payer's account, unless they have cost nothing yet"
LISTS = "use a profile of the organization's management account, or of one that is delegated administrator"
REGION = (
    'if that is on purpose, leave it out with --regions, or list it under "denied_regions" in cdk.json; else whoever owns the policy has '
    "to allow it there"
)
ROUTE = "give this machine a route there; if nothing may be there, leave it out with --regions"
STS = (
    "in account {{0}} switch STS on for {region} (IAM console, Account settings, Endpoints), or enable the region there if it is one to "
    "opt in to; where STS was not reached, give this machine a route to it"
)


def policy_command(given: Mapping[str, Any]) -> str:
    """What prints the policy for a sweep of `given`: with its types and accounts."""
    types, accounts = given.get("resource_types", "all"), given.get("accounts", "self")
    others = [account for account in accounts if account != "self"] if isinstance(accounts, list) else []
    words = ["finops policy"]
    if types != "all":
        words.append(f"--types {','.join(types)}")
    if isinstance(accounts, Mapping):
        words.append("--organization")
    if others:
        words.append(f"--accounts {','.join(others)}")
    return " ".join(words)


@dataclass(slots=True)
class LocalExamination:
    """What is looked at, and with whose credentials: those of the profile `name`. `out`: where sweeps on this machine keep what they know.

    `given`: the input of the sweep that is to be; without regions: the profile's one. `ask_bill`: whether Cost Explorer is asked, which
    costs money; None where nobody has said.
    """

    name: str
    given: Mapping[str, Any]
    ask_bill: bool | None
    out: Path
    screen: Screen
    replies: list[Reply] = field(default_factory=list)

    def points(self) -> Iterator[Point]:
        """One after the other; what rests on something that is missing is not looked at. Ending when Plan would refuse the input."""
        for point in self._points():
            yield replace(point, fix=AGAIN) if point.what.startswith(FUNCTION) else point

    def _points(self) -> Iterator[Point]:
        regions = self.given.get("regions", "all")
        try:
            profile = open_profile(self.name, () if regions == "all" else regions)
        except Ending as ending:
            yield missing(CREDENTIALS, str(ending), "")
            return
        yield ok(CREDENTIALS, f"{profile.arn} in {profile.region} (profile {profile.name})")
        with ExitStack() as stack:
            try:
                machine = stack.enter_context(running(profile, self.out, self.screen))
            except Ending as ending:
                yield missing(MACHINE, str(ending), "")
                return
            yield from self._accounts(machine, profile)

    def _accounts(self, machine: Machine, profile: Profile) -> Iterator[Point]:
        """What depends on which accounts are swept."""
        plan = f"{machine.prefix}plan"
        member = deployed.settings_of(machine.functions, plan, "it cannot be examined").member_role_name
        roles = Roles(profile.account, f"{machine.prefix}scan-", member, profile.arn, profile.arn, self._remedies(profile, member))
        wanted = {"regions": [profile.region], **{name: self.given[name] for name in ("accounts", "regions") if name in self.given}}
        try:
            reached = reaching.ask(machine.functions, plan, wanted)
        except Unanswered as why:
            yield self._refused(why, profile, roles)
            if why.kind != Denied.__name__ or why.said.startswith(GONE) or (by_name := named(wanted, profile.account)) is None:
                return
            reached = by_name
        yield from reaching.points(reached, plan)
        yield self._bill(machine, list(reached.regions), roles.remedies.own)
        questions = probing.questions(reached.regions, self._services())
        answers = probing.ask(machine.functions, roles.prefix, questions, AT_ONCE)
        actions = frozenset(action for kind in self._types() for action in registry.iam_actions(resource_type=kind))
        self.replies.extend(narrowed(reply, actions) for reply in probing.followed(answers, len(questions), self.screen))
        if gone := next(filter(None, map(lost, self.replies)), ""):
            yield missing(CREDENTIALS, gone, "")
        yield from probing.points([reply for reply in self.replies if not lost(reply)], roles)
        yield from reaching.unanswered(reached, probing.closed(self.replies), roles.remedies.member)

    def _remedies(self, profile: Profile, member: str) -> Remedies:
        command = policy_command(self.given)
        return Remedies(
            own=f"`{command}` prints what an administrator has to allow to {profile.arn}",
            member=f"`{command}` prints what the role has to be allowed in {{0}}",
            enter=f"in {{0}} the role {member} has to exist, and to trust {profile.arn}; `{command}` prints what that has to be allowed",
            sts=STS.format(region=profile.region),
            region=REGION,
            route=ROUTE,
        )

    def _refused(self, why: Unanswered, profile: Profile, roles: Roles) -> Point:
        """Plan could not list the organization's accounts, or ask the own one which regions it has."""
        if why.said.startswith(GONE):
            return missing(CREDENTIALS, why.said.removeprefix(GONE).partition("; ")[0], "")
        if why.kind == reaching.ORGANIZATION and why.point.fix:
            return replace(why.point, fix=f"{LISTS}; {roles.remedies.own}")
        if why.kind != Denied.__name__:
            return why.point
        action, _, reason = why.said.partition(": ")
        what, asked = f"Account {profile.account}", f"{action} (plan)"
        if forbidden_by(reason):
            return missing(what, f"forbidden to {profile.arn} by a policy: {asked}", probing.FORBIDDEN)
        return missing(what, f"denied to {profile.arn}: {asked}", roles.remedies.own)

    def _bill(self, machine: Machine, accounts: Sequence[str], remedy: str) -> Point:
        if self.ask_bill is None:
            return UNASKED
        remedies = bill_access.Remedies(remedy, PAYER)
        return bill_access.point(machine.functions, f"{machine.prefix}cost", accounts, self.ask_bill, remedies)

    def _types(self) -> Sequence[str]:
        asked: Sequence[str] = self.given.get("resource_types", "all")
        return registry.resource_types() if asked == "all" else asked

    def _services(self) -> list[str]:
        """Those that have one of the types."""
        return sorted({kind.partition(":")[0] for kind in self._types()})


def narrowed(reply: Reply, actions: Collection[str]) -> Reply:
    """Only what it says of these actions: a function answers about all types of its service."""
    if reply.answer is None:
        return reply
    answer = {**reply.answer, "allowed": [action for action in reply.answer["allowed"] if action in actions]}
    for name in ("denied", "unknown"):
        answer[name] = {action: why for action, why in answer[name].items() if action in actions or action == probe.ASSUME}
    return replace(reply, answer=answer)


def named(wanted: Mapping[str, Any], own: str) -> Reached | None:
    """What a sweep reaches by the words of its input alone; None where these are "all" regions, or an organization."""
    accounts, regions = wanted.get("accounts", ["self"]), wanted["regions"]
    if isinstance(accounts, Mapping) or regions == "all":
        return None
    listed = ["self"] if accounts == "self" else accounts
    return Reached({own if account == "self" else account: list(regions) for account in listed}, [], {}, "")


def lost(reply: Reply) -> str:
    """Why the credentials themselves were not to be had or not taken any more, where that is what a reply says."""
    reasons: Mapping[str, str] = reply.answer["denied"] if reply.answer else {}
    return next((reason.removeprefix(GONE) for reason in reasons.values() if reason.startswith(GONE)), "")
