"""From what the scan functions answer to lines that name the account, the action and the role; and that all are asked."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from rich.console import Console

from finops.readiness import probing
from finops.readiness.invoking import AGAIN, DEPLOY
from finops.readiness.points import Status
from finops.readiness.probing import Question, Remedies, Reply, Roles
from finops.sweeping.run import Screen
from functions.core.aws.attempts import NoAnswer
from functions.core.scan.probe import ASSUME, NOT_KNOWN
from tests.finops.asked_functions import Functions, raising, refusal

OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
ROLES = Roles(OWN, "FinOps-scan-", "Reader")
MEMBER_FIX = f"with credentials of {OTHER}: make deploy ARGS=--member"
SWITCH_ON = probing.SWITCH_ON.format(OTHER)
DENIED = "UnauthorizedOperation: no identity-based policy allows it"
WHY: dict[str, Any] = {"region": "sa-east-1", "endpoint": "https://ec2", "attempts": 3, "kind": "they time out"}
SAID = "no connection to https://ec2 in 3 attempts (they time out)"
NO_ANSWER = f"NoAnswer: {NoAnswer(**WHY)}"
SCP = "AccessDenied: with an explicit deny in a service control policy"


def answer(
    account: str = OWN, region: str = "us-east-1", service: str = "ebs", denied: dict[str, str] | None = None,
    unknown: dict[str, str] | None = None, allowed: tuple[str, ...] = ("ec2:DescribeVolumes",),
) -> Reply:  # fmt: skip
    found = {"account": account, "region": region, "service": service, "denied": denied or {}, "unknown": unknown or {}}
    return Reply(Question(account, region, service), {**found, "allowed": list(allowed)})


def denied(action: str, reason: str = DENIED, **where: Any) -> Reply:
    return answer(denied={action: f"{action}: {reason}"}, **where)


def lines(*replies: Reply) -> list[str]:
    return [point.line for point in probing.points(replies, ROLES)]


def test_an_account_where_all_is_allowed_is_one_line() -> None:
    assert lines(answer(), answer(service="rds", allowed=("ec2:DescribeVolumes", "rds:DescribeDBInstances"))) == [
        f"✓ Account {OWN}: all 2 actions are allowed, to every scan function"
    ]


def test_what_an_account_is_enrolled_in_is_said_and_what_it_is_not_with_how_that_is_done() -> None:
    reply = answer()
    assert reply.answer is not None
    enrolled = Reply(reply.question, {**reply.answer, "enrolment": {"The Hub": "", "The Optimizer": "opt in"}})
    assert lines(enrolled) == [
        f"✓ Account {OWN}: enrolled in The Hub",
        f"! Account {OWN}: not enrolled in The Optimizer: what it would tell is not in the report → opt in",
        f"✓ Account {OWN}: all 1 actions are allowed, to every scan function",
    ]


def test_a_service_is_asked_in_each_region_and_one_that_answers_for_all_in_its_own() -> None:
    asked = probing.questions({OWN: ["eu-west-1", "us-west-2"], OTHER: ["us-gov-west-1"]}, ["cost-optimization-hub", "ebs"])
    assert asked == [
        Question(OWN, "eu-west-1", "ebs"),
        Question(OWN, "us-west-2", "ebs"),
        Question(OWN, "us-east-1", "cost-optimization-hub"),
        Question(OTHER, "us-gov-west-1", "ebs"),
    ]


@pytest.mark.parametrize(
    ("replies", "line"),
    [
        (
            [denied("ec2:DescribeSnapshots"), answer(service="rds")],
            f"✗ Account {OWN}: denied to the functions' own roles: ec2:DescribeSnapshots (scan-ebs) → deploy this version: make deploy",
        ),
        (
            [denied("ec2:DescribeSnapshots", account=OTHER), answer(account=OTHER, service="rds")],
            f"✗ Account {OTHER}: denied to the role Reader: ec2:DescribeSnapshots (scan-ebs) → {MEMBER_FIX}",
        ),
        (
            [denied("a:One", account=OTHER), denied("a:Two", account=OTHER, service="ec2"), denied("a:One", account=OTHER, service="ec2"),
             answer(account=OTHER, service="rds")],
            f"✗ Account {OTHER}: denied to the role Reader: a:One (scan-ebs and scan-ec2), a:Two (scan-ec2) → {MEMBER_FIX}",
        ),
        (
            [denied("a:One"), denied("a:One", region="us-west-2")],
            f"✗ Account {OWN}: denied to the functions' own roles: a:One (every scan function in us-east-1 and us-west-2) → {DEPLOY}",
        ),
        (
            [denied("a:One", region="us-west-2"), answer()],
            f"✗ Account {OWN}: denied to the functions' own roles: a:One (every scan function in us-west-2) → {DEPLOY}",
        ),
        (
            [denied("a:One", SCP, account=OTHER)],
            f"✗ Account {OTHER}: forbidden to the role Reader by a policy: a:One (every scan function) → {probing.FORBIDDEN}",
        ),
        (
            [answer(OTHER, denied={ASSUME: f"{ASSUME}: AccessDenied: no"}, allowed=()), answer(OTHER, service="rds")],
            f"✗ Account {OTHER}: the role Reader cannot be assumed by scan-ebs → {MEMBER_FIX}",
        ),
        (
            [answer(OTHER, denied={ASSUME: f"{ASSUME}: forbidden by a service control policy: {SCP}"}, allowed=()),
             answer(OTHER, service="rds")],
            f"✗ Account {OTHER}: the role Reader cannot be assumed by scan-ebs: a service control policy forbids it → {probing.FORBIDDEN}",
        ),
        (
            [denied("a:One", SCP, account=OTHER, region="sa-east-1", allowed=()), answer(OTHER),
             denied("a:Two", "AccessDenied: Access Denied", account=OTHER, region="sa-east-1", service="rds", allowed=())],
            f"✗ Account {OTHER}: sa-east-1 as a whole is denied by a service control policy → {probing.ON_PURPOSE}",
        ),
        (
            [answer(OTHER, region="sa-east-1", unknown={"a:One": NO_ANSWER, "a:Two": NO_ANSWER}, allowed=()), answer(OTHER)],
            f"✗ Account {OTHER}: sa-east-1 does not answer: {SAID} → {probing.NO_ROUTE}",
        ),
        (
            [answer(OTHER, denied={ASSUME: f"{ASSUME}: RegionDisabledException: off (in eu-south-1)"}, allowed=()),
             answer(OTHER, service="rds")],
            f"✗ Account {OTHER}: STS gives scan-ebs no credentials for it (RegionDisabledException: off (in eu-south-1)) → {SWITCH_ON}",
        ),
        (
            [denied("a:One", "OptInRequired: not subscribed", region="eu-south-1", allowed=()), answer()],
            f"✗ Account {OWN}: eu-south-1 is not enabled there → enable it in that account, or leave it out with --regions",
        ),
        (
            [answer(unknown={"a:One": "Throttled: slow down"}), answer(service="rds")],
            f"! Account {OWN}: a:One could not be asked by scan-ebs: Throttled: slow down → {AGAIN}; else {probing.SWEEP_TELLS}",
        ),
        (
            [answer(unknown={"s3:ListAllMyBuckets": NOT_KNOWN}), answer(service="rds")],
            f"! Account {OWN}: s3:ListAllMyBuckets could not be asked by scan-ebs: {NOT_KNOWN} → the first sweep will tell",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_account_action_and_role(replies: list[Reply], line: str) -> None:
    assert lines(*replies) == [line]


ME = f"arn:aws:iam::{OWN}:user/me"
OURS = Remedies("allow it", "allow it to the role in {0}", "make the role in {0}", "switch STS on in {0}", "leave it out", "find a way")
IDENTITY = Roles(OWN, "FinOps-scan-", "Reader", ME, ME, OURS)


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (denied("a:One"), f"✗ Account {OWN}: denied to {ME}: a:One (every scan function) → allow it"),
        (denied("a:One", SCP), f"✗ Account {OWN}: forbidden to {ME} by a policy: a:One (every scan function) → {probing.FORBIDDEN}"),
        (
            denied("a:One", account=OTHER),
            f"✗ Account {OTHER}: denied to the role Reader: a:One (every scan function) → allow it to the role in {OTHER}",
        ),
        (
            answer(OTHER, denied={ASSUME: f"{ASSUME}: AccessDenied: no"}, allowed=()),
            f"✗ Account {OTHER}: the role Reader cannot be assumed by {ME} → make the role in {OTHER}",
        ),
        (
            answer(OTHER, denied={ASSUME: f"{ASSUME}: RegionDisabledException: off"}, allowed=()),
            f"✗ Account {OTHER}: STS gives {ME} no credentials for it (RegionDisabledException: off) → switch STS on in {OTHER}",
        ),
        (
            denied("a:One", SCP, region="sa-east-1", allowed=()),
            f"✗ Account {OWN}: sa-east-1 as a whole is denied by a service control policy → leave it out",
        ),
        (answer(unknown={"a:One": NO_ANSWER}, allowed=()), f"✗ Account {OWN}: us-east-1 does not answer: {SAID} → find a way"),
    ],
)
def test_who_asks_with_rights_of_their_own_is_named_and_hears_their_own_remedies(reply: Reply, line: str) -> None:
    assert [point.line for point in probing.points([reply], IDENTITY)] == [line]


def test_throttled_is_not_denied_and_one_account_hides_no_other() -> None:
    told = lines(
        denied("a:One", account=OTHER),
        answer(OTHER, service="ec2", unknown={"a:Two": "Throttled: slow down"}),
        answer(THIRD, denied={ASSUME: f"{ASSUME}: AccessDenied: no"}, allowed=()),
        answer(),
    )
    assert [line[0] for line in told] == ["✗", "!", "✗", "✓"]
    assert ["a:One" in told[0], "a:Two" in told[1], THIRD in told[2], OWN in told[3]] == [True] * 4


def test_an_account_is_closed_where_its_role_cannot_be_assumed() -> None:
    shut = answer(THIRD, denied={ASSUME: f"{ASSUME}: AccessDenied: no"}, allowed=())
    assert probing.closed([answer(), denied("a:One", account=OTHER), shut, Reply(Question(OTHER, "us-east-1", "ebs"), None)]) == {THIRD}


def test_one_action_that_the_region_does_not_know_is_no_disabled_region() -> None:
    [line] = lines(denied("a:One", "AuthFailure: odd", allowed=("a:Two",)))
    assert "denied to" in line


def test_every_function_is_asked_about_every_account_in_every_region_in_order() -> None:
    questions = [Question(*one) for one in product((OWN, OTHER), ("us-east-1", "us-west-2"), ("ebs", "rds"))]

    def of(service: str) -> Any:
        return lambda event: {"service": service, **event}

    functions = Functions({"FinOps-scan-ebs": of("ebs"), "FinOps-scan-rds": of("rds")})
    replies = list(probing.ask(functions, "FinOps-scan-", questions))
    assert [reply.question for reply in replies] == questions
    for reply in replies:
        asked = {"probe": reply.question.service, "account": reply.question.account, "region": reply.question.region}
        assert reply.answer == {"service": reply.question.service, **asked}
    assert len(functions.asked) == len(questions)


@pytest.mark.parametrize(("reserved", "at_once"), [(None, probing.AT_ONCE), (2, 2), (500, probing.AT_ONCE)])
def test_no_more_are_asked_at_once_than_are_reserved_for_a_function(
    monkeypatch: pytest.MonkeyPatch, reserved: int | None, at_once: int
) -> None:
    made: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, workers: int) -> None:
            made.append(workers)
            super().__init__(workers)

    monkeypatch.setattr(probing, "ThreadPoolExecutor", Pool)
    assert list(probing.ask(Functions({}), "FinOps-scan-", [], reserved)) == []
    assert made == [at_once]


def test_a_function_that_does_not_answer_is_said_once_and_the_others_count() -> None:
    fine = {"denied": {}, "unknown": {}, "allowed": ["rds:DescribeDBInstances"]}
    functions = Functions({"FinOps-scan-rds": lambda event: {"service": event["probe"], **event, **fine}})
    questions = [Question(*one) for one in product((OWN, OTHER), ("us-east-1",), ("ebs", "rds"))]
    replies = list(probing.ask(functions, "FinOps-scan-", questions))
    assert lines(*replies) == [
        "✗ Function FinOps-scan-ebs: it does not exist → deploy this version: make deploy",
        f"✓ Account {OWN}: all 1 actions are allowed, to scan-rds",
        f"✓ Account {OTHER}: all 1 actions are allowed, to scan-rds",
    ]


@pytest.mark.parametrize("person", [True, False])
def test_how_far_it_is_stands_beside_the_results(person: bool) -> None:
    screen = Screen(False, Console(file=io.StringIO()), Console(file=io.StringIO(), force_terminal=person))
    replies = [answer(), answer(service="rds")]
    assert list(probing.followed(iter(replies), len(replies), screen)) == replies
    output, beside = screen.output.file, screen.beside.file
    assert isinstance(output, io.StringIO)
    assert isinstance(beside, io.StringIO)
    assert output.getvalue() == ""
    assert "Asking the scan functions" in beside.getvalue()
    assert ("2 questions" in beside.getvalue()) is not person


def test_an_account_that_nobody_could_ask_about_is_not_fine() -> None:
    functions = Functions({"FinOps-scan-ebs": raising(refusal("AccessDeniedException", "Invoke"))})
    replies = list(probing.ask(functions, "FinOps-scan-", [Question(OWN, "us-east-1", "ebs")]))
    points = list(probing.points(replies, ROLES))
    assert [point.status for point in points] == [Status.TO_KNOW] * 2
    assert points[1].line == f"! Account {OWN}: nobody could ask about it"
