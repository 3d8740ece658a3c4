"""What a finding says of those who have a say in its resource: never surer, never worth more, and with a command that works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.limits import Limits
from functions.core.model import Action, Confidence, Coverable, Finding, Resource, Waste
from functions.core.money import Savings
from functions.core.ownership.keeping import KEPT_FROM, KEPT_UNTIL
from functions.core.ownership.payer import Payer
from functions.core.ownership.rules import OPERATORS, RULES
from functions.core.prices.book import Prices
from functions.core.registry import Check
from functions.core.scan.judge import Judge
from functions.core.scan.stakeholders import CHANGES, REMOVES
from tests.functions.core.check_samples import NOW, plain

SURE = [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH]
TEN = Savings(8, 10, 12, "ten")
VOLUME = Resource(arn="arn:aws:ec2:us-east-1:1:volume/vol-1", id="vol-1", account="1", region="us-east-1")
NODE = replace(VOLUME, arn="arn:aws:ec2:us-east-1:1:instance/i-1", id="i-1")
CLAIM = {"kubernetes.io/created-for/pvc/name": "data-0", "kubernetes.io/created-for/pvc/namespace": "db"}
GROUP = {"aws:autoscaling:groupName": "front"}
RESERVATION = Payer("cr-1", "Capacity Reservation cr-1", ("aws ec2 cancel-capacity-reservation --region {region} --of {payer}",))


def _check(action: Action, confidence: Confidence = Confidence.HIGH, savings: Savings = TEN) -> Check[Resource]:
    """One that finds every resource wasteful, for a note of its own and with compute that a commitment may pay for."""

    def judge(resource: Resource, limits: Limits, prices: Prices) -> Waste:
        covered = Coverable("AmazonEC2", "m5", savings.likely)
        return Waste(savings=savings, evidence={"seen": True}, values={"size": "9"}, note="Its own.", coverable=covered)

    return replace(plain("test-check", savings), judge=judge, action=action, confidence=confidence)


def _judged(check: Check[Resource], resource: Resource) -> tuple[list[Finding], Mapping[str, int]]:
    judge = Judge([(check, check.limits(NOW))], Prices("us-east-1"))
    return judge.findings(resource), judge.insufficient


def _found(action: Action, resource: Resource, **more: Any) -> Finding:
    [finding], unsure = _judged(_check(action, **more), resource)
    assert not unsure
    return finding


def test_nobody_else_changes_nothing() -> None:
    found = _found(Action.DELETE, VOLUME)
    assert (found.confidence, found.note, found.undo, found.savings) == (Confidence.HIGH, "Its own.", "Make it again.", TEN)
    assert found.command.endswith("aws test delete --id vol-1 --name vol-1 --size 9")
    assert found.coverable is not None


@pytest.mark.parametrize("action", sorted(REMOVES))
def test_what_would_take_it_from_its_manager_is_done_by_the_manager(action: Action) -> None:
    found = _found(action, replace(VOLUME, tags=CLAIM))
    assert found.confidence is Confidence.LOW
    assert found.command.endswith("kubectl -n db delete pvc data-0")
    assert "aws test" not in found.command
    assert "reclaim policy" in found.undo
    assert found.note.startswith(
        "Its own. Kubernetes (claim db/data-0) manages it (tag kubernetes.io/created-for/pvc/name): delete the claim"
    )
    assert found.savings == TEN


@pytest.mark.parametrize("action", sorted(CHANGES))
def test_a_change_is_made_where_it_lasts(action: Action) -> None:
    ordered = _found(action, replace(NODE, tags=GROUP))
    assert ordered.confidence is Confidence.MEDIUM
    assert ordered.command.endswith("aws autoscaling start-instance-refresh --region us-east-1 --auto-scaling-group-name front")
    by_hand = _found(action, replace(VOLUME, tags=CLAIM))  # the driver leaves it as it is
    assert "aws test delete" in by_hand.command
    assert by_hand.confidence is Confidence.MEDIUM


def test_a_question_stays_the_question_and_is_less_sure() -> None:
    found = _found(Action.REVIEW, replace(NODE, tags=GROUP))
    assert "aws test delete" in found.command
    assert (found.confidence, "Auto Scaling group front" in found.note) == (Confidence.MEDIUM, True)


def test_a_template_of_it_is_told_and_no_more() -> None:
    found = _found(Action.DELETE, replace(VOLUME, tags={"aws:cloudformation:stack-name": "web"}))
    assert "CloudFormation (stack web)" in found.note
    assert "aws test delete" in found.command
    assert found.confidence is Confidence.HIGH


def test_what_a_service_operates_is_left_to_it() -> None:
    found = _found(Action.STOP, replace(NODE, operator="eks.amazonaws.com", tags={"karpenter.sh/nodepool": "default"}))
    assert found.command.endswith("kubectl edit nodepool default")
    assert "AWS names it as the operator" in found.note
    assert found.confidence is Confidence.LOW


@pytest.mark.parametrize("action", [Action.STOP, Action.UPGRADE, Action.MIGRATE_TO_GRAVITON])
def test_what_pays_for_the_place_bills_on(action: Action) -> None:
    found = _found(action, replace(NODE, payer=RESERVATION))
    assert (found.savings.low, found.savings.likely, found.savings.high) == (0, 0, 12)
    assert found.savings.formula == "0"
    assert found.coverable is None
    assert "Capacity Reservation cr-1 pays for it and bills on" in found.note
    assert found.command.endswith(" &&\naws ec2 cancel-capacity-reservation --region us-east-1 --of cr-1")
    assert found.confidence is Confidence.MEDIUM


def test_what_has_no_price_is_not_made_to_have_one() -> None:
    unpriced = Savings(0, 0, 0, "?", unpriced="no price known")
    assert _found(Action.STOP, replace(NODE, payer=RESERVATION), savings=unpriced).savings == unpriced


@pytest.mark.parametrize(("action", "confidence"), [(Action.STOP, Confidence.HIGH), (Action.UPGRADE, Confidence.MEDIUM)])
def test_software_of_the_marketplace_bills_beside_it(action: Action, confidence: Confidence) -> None:
    found = _found(action, replace(NODE, marketplace="abc123"))
    assert "product code abc123" in found.note
    assert found.confidence is confidence


def test_deletion_protection_makes_a_deletion_less_sure() -> None:
    assert _found(Action.DELETE, replace(VOLUME, deletion_protection=True)).confidence is Confidence.MEDIUM
    assert _found(Action.UPGRADE, replace(VOLUME, deletion_protection=True)).confidence is Confidence.HIGH


# --- tags that keep ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", sorted(Action))
def test_what_a_tag_keeps_is_counted_and_only_what_takes_nothing_is_found(action: Action) -> None:
    findings, unsure = _judged(_check(action), replace(VOLUME, tags={"do-not-delete": "true"}))
    assert (len(findings), dict(unsure)) == ((0, {"test-check": 1}) if action in KEPT_FROM else (1, {}))


def test_a_tag_that_is_over_keeps_nothing() -> None:
    assert len(_judged(_check(Action.DELETE), replace(VOLUME, tags={"keep-until": "2026-05-31"}))[0]) == 1
    assert _judged(_check(Action.DELETE), replace(VOLUME, tags={"keep-until": "2026-06-01"}))[0] == []


def test_what_is_worth_nothing_is_not_counted_either() -> None:
    nothing = Savings(0, 0, 0, "0")
    assert _judged(_check(Action.DELETE, savings=nothing), replace(VOLUME, tags={"keep": ""})) == ([], {})


KEYS = [rule.key.replace("*", "prod") for rule in RULES] + sorted(KEPT_UNTIL)


@given(
    tags=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["owned", "true", "a/b", "2020-01-01", "x; y"])),
    operator=st.sampled_from(["", "another service", *OPERATORS]),
    payer=st.sampled_from([None, RESERVATION]),
    marketplace=st.sampled_from(["", "code"]),
    protected=st.booleans(),
    action=st.sampled_from(sorted(Action)),
    confidence=st.sampled_from(SURE),
    what=st.sampled_from([VOLUME, NODE]),
)
def test_others_never_make_a_finding_surer_or_worth_more(
    tags: dict[str, str],
    operator: str,
    payer: Payer | None,
    marketplace: str,
    protected: bool,
    action: Action,
    confidence: Confidence,
    what: Resource,
) -> None:
    alone = _found(action, what, confidence=confidence)
    held = replace(what, tags=tags, operator=operator, payer=payer, marketplace=marketplace, deletion_protection=protected)
    findings, unsure = _judged(_check(action, confidence), held)
    assert len(findings) + sum(unsure.values()) == 1
    for found in findings:
        assert SURE.index(found.confidence) <= SURE.index(alone.confidence)
        assert found.savings.low <= alone.savings.low
        assert found.savings.likely <= alone.savings.likely
        assert found.savings.high <= alone.savings.high
        assert found.note.startswith(alone.note)
        assert "\n" not in found.note
