"""How much was seen."""

from __future__ import annotations

import json

import pytest

from functions.core.model import Outcome, UnitOutcome
from functions.core.plan.units import EVERYTHING, NO_SPEND, ON_PURPOSE
from functions.core.rank.coverage import REGION_DENIED, Coverage, NotSeen, denied_on_purpose, left_out, scope


def outcome(kind: Outcome, **more: object) -> UnitOutcome:
    made = UnitOutcome(unit_id="1.r.ebs-volume", account="1", region="r", resource_type="ebs:volume", outcome=kind)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_what_an_account_is_not_enrolled_in_is_neither_missed_nor_left_out_on_purpose() -> None:
    coverage = Coverage()
    for account in ("1", "2", "1"):
        coverage.add(outcome(Outcome.SKIPPED, account=account, reason="not enrolled in it: enable it", calls={"hub:ListStatuses": 1}))
    coverage.add(outcome(Outcome.SKIPPED, reason=NO_SPEND))
    coverage.add(outcome(Outcome.OK))
    assert (coverage.ratio, coverage.not_seen) == (1.0, 0)
    made = coverage.as_json(0.9)
    assert made["not_enrolled"] == {"not enrolled in it: enable it": 2}
    assert left_out(made) == f"1 in 1 region: {NO_SPEND}"
    assert list(coverage.warnings()) == ["2 accounts (1, 2): not enrolled in it: enable it"]


@pytest.mark.parametrize(
    ("units", "ratio", "not_seen"),
    [
        ({Outcome.OK: 3, Outcome.EMPTY: 1}, 1.0, 0),
        ({Outcome.OK: 19, Outcome.DENIED: 1}, 0.95, 1),
        ({Outcome.OK: 1, Outcome.SKIPPED: 9}, 1.0, 0),
        ({Outcome.OK: 1, Outcome.SKIPPED: 8, Outcome.FAILED: 1}, 0.5, 1),
        ({Outcome.DENIED: 1, Outcome.THROTTLED: 1, Outcome.INCOMPLETE: 1, Outcome.FAILED: 1}, 0.0, 4),
        ({Outcome.SKIPPED: 5}, 1.0, 0),
    ],
)
def test_the_ratio_is_good_units_of_those_that_were_asked_for(units: dict[Outcome, int], ratio: float, not_seen: int) -> None:
    coverage = Coverage()
    for kind, count in units.items():
        for _ in range(count):
            coverage.add(outcome(kind))
    assert coverage.ratio == ratio
    assert coverage.not_seen == not_seen
    assert coverage.planned == sum(units.values())
    made = coverage.as_json(ratio)
    assert made["ratio"] == ratio
    assert made["met"] is True
    assert coverage.as_json(min(1.0, ratio + 1e-9))["met"] is (ratio == 1.0)
    assert made["units"] == {kind.value: units.get(kind, 0) for kind in Outcome}


def test_a_ratio_just_below_is_not_rounded_over_the_mark() -> None:
    coverage = Coverage()
    for _ in range(85_000 - 1):
        coverage.add(outcome(Outcome.EMPTY))
    coverage.add(outcome(Outcome.FAILED))
    assert coverage.as_json(1.0)["met"] is False
    assert coverage.as_json(1.0)["ratio"] < 1


def test_counts_of_units_are_added_up_the_largest_first() -> None:
    coverage = Coverage()
    coverage.add(outcome(Outcome.OK, resources=3, insufficient={"a": 1, "b": 2}, calls={"ec2:DescribeVolumes": 2}, pages=2))
    coverage.add(outcome(Outcome.DENIED, resources=4, insufficient={"b": 1}, calls={"ec2:DescribeVolumes": 1, "sts:X": 1}, pages=1))
    made = coverage.as_json(0)
    assert coverage.resources == 7
    assert list(made["insufficient_data"].items()) == [("b", 3), ("a", 1)]
    assert list(made["api_calls"].items()) == [("ec2:DescribeVolumes", 3), ("sts:X", 1)]
    assert made["pages"] == 3


def test_what_could_not_be_read_is_said_in_a_sentence_for_each_type_and_region_the_most_first() -> None:
    coverage = Coverage()
    assert list(coverage.warnings()) == []
    coverage.add(outcome(Outcome.OK, unreadable=1, unreadable_reason="vol-1: KeyError: 'Size'"))
    coverage.add(outcome(Outcome.OK, account="2", unreadable=1_200, unreadable_reason="vol-2: KeyError: 'State'"))
    coverage.add(outcome(Outcome.FAILED, region="s", unreadable=1, unreadable_reason="vol-3: ValueError: odd"))
    coverage.add(outcome(Outcome.OK))
    assert list(coverage.warnings()) == [
        "ebs:volume in r: 1,201 items that could not be read were left out; the first: vol-1: KeyError: 'Size'",
        "ebs:volume in s: 1 item that could not be read was left out; the first: vol-3: ValueError: odd",
    ]
    assert coverage.as_json(0)["unreadable"] == 1_202


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [([1, 0], "1 resource was not judged by all checks"), ([1_000, 234], "1,234 resources were not judged by all checks")],
)
def test_what_was_too_dear_to_be_measured_is_said(left_out: list[int], sentence: str) -> None:
    coverage = Coverage()
    for count in left_out:
        coverage.add(outcome(Outcome.OK, unmeasured=count))
    (said,) = coverage.warnings()
    assert said.startswith(f"{sentence}: the sweep has spent max_metric_usd on metrics")
    assert coverage.as_json(0)["unmeasured"] == sum(left_out)


def test_a_fault_that_is_met_in_every_region_does_not_fill_the_report() -> None:
    coverage = Coverage()
    for number in range(30):
        coverage.add(outcome(Outcome.OK, region=f"r-{number:02}", unreadable=30 - number, unreadable_reason="x"))
    *first, last = coverage.warnings()
    assert [sentence.split(":")[1] for sentence in first[:2]] == ["volume in r-00", "volume in r-01"]
    assert (len(first), last) == (10, "20 more resource types and regions: 210 items that could not be read were left out")


def test_what_is_switched_off_is_said_so_that_nobody_takes_it_for_clean() -> None:
    coverage = Coverage()
    for number in range(7):
        coverage.add(outcome(Outcome.OK, account=f"a{number}", disabled={"ebs-idle-volume": 2, "ebs-gp2-to-gp3": 0}))
    coverage.add(outcome(Outcome.SKIPPED, account="a9", disabled={"ebs-gp2-to-gp3": 0}))
    assert list(coverage.warnings()) == [
        "Disabled by config/checks.toml: ebs-idle-volume, in 7 accounts (a0, a1, a2, a3, a4, …): 14 resources that it did not judge",
        "Disabled by config/checks.toml: ebs-gp2-to-gp3, in 8 accounts (a0, a1, a2, a3, a4, …): 0 resources that it did not judge",
    ]
    assert coverage.as_json(0)["disabled"] == {
        "ebs-gp2-to-gp3": {"accounts": 8, "resources": 0}, "ebs-idle-volume": {"accounts": 7, "resources": 14},
    }  # fmt: skip
    many = Coverage()
    many.add(outcome(Outcome.OK, disabled=dict.fromkeys([f"c-{number:02}" for number in range(12)], 1)))
    assert (len(list(many.warnings())), list(many.warnings())[-1]) == (11, "Disabled by config/checks.toml: 2 more checks: c-10, c-11")


def test_what_the_scans_took_is_added_up() -> None:
    coverage = Coverage()
    coverage.add(outcome(Outcome.OK, memory_mib=512, billed_seconds=2.01, metrics=700))
    coverage.add(outcome(Outcome.FAILED, memory_mib=1024, billed_seconds=0.1, metrics=1))
    coverage.add(outcome(Outcome.THROTTLED))
    coverage.add(outcome(Outcome.FAILED))
    coverage.add(outcome(Outcome.SKIPPED))
    assert coverage.as_json(0)["took"] == {
        "invocations": 2, "gb_seconds": 1.105, "child_seconds": 2.2, "metrics": 701, "failures": 2,
    }  # fmt: skip


def test_a_scope_says_where_and_why() -> None:
    assert scope(outcome(Outcome.INCOMPLETE, reason="late", findings=3)) == {
        "account": "1",
        "region": "r",
        "resource_type": "ebs:volume",
        "outcome": "incomplete",
        "reason": "late",
        "findings": 3,
    }


SCP = (
    "ec2:DescribeVolumes: forbidden by a service control policy: UnauthorizedOperation: User … with an explicit deny in a service control …"
)
NO_WORD = "s3:ListAllMyBuckets: AccessDenied: Access Denied"
NO_ROLE = "sts:AssumeRole: forbidden by a service control policy: AccessDenied: …"
NOT_ASKED = "the account could not be asked …: ec2:DescribeRegions: forbidden by a service control policy: UnauthorizedOperation: …"
WHOLE = REGION_DENIED.format("a service control policy")
OK, DENIED, FAILED, SKIPPED = (Outcome.OK, ""), Outcome.DENIED, Outcome.FAILED, Outcome.SKIPPED


def not_seen(*units: tuple[str, str, tuple[Outcome, str]]) -> tuple[list[str], list[str]]:
    """The reasons of what was not seen, and the warnings. `units`: account, region, and how it ended."""
    lines: list[bytes] = []
    seen = NotSeen(lines.append)
    for account, region, (kind, reason) in units:
        seen.add(outcome(kind, account=account, region=region, reason=reason))
    seen.close()
    return [json.loads(line)["reason"] for line in lines], list(seen.warnings())


@pytest.mark.parametrize(
    ("ended", "reasons"),
    [
        ([(DENIED, SCP)] * 3, [WHOLE] * 3),
        ([(DENIED, SCP), (DENIED, NO_WORD), (DENIED, NO_WORD)], [WHOLE] * 3),
        ([(DENIED, SCP), (DENIED, SCP), OK], [WHOLE] * 2),  # policies that deny regions make exceptions
        ([(DENIED, SCP), OK], [SCP]),  # one action is forbidden
        ([(DENIED, SCP), (FAILED, "broken"), (DENIED, SCP)], [WHOLE, "broken", WHOLE]),
        ([(DENIED, NO_WORD)] * 3, [NO_WORD] * 3),
        ([(DENIED, NO_ROLE)] * 3, [NO_ROLE] * 3),  # the account, not its region
        ([(DENIED, NOT_ASKED)] * 3, [NOT_ASKED] * 3),
        ([(DENIED, SCP), (SKIPPED, "no spend"), (SKIPPED, "no spend")], [WHOLE, "no spend", "no spend"]),
        ([OK, OK], []),
    ],
)
def test_a_region_is_denied_when_a_policy_denies_most_of_it(ended: list[tuple[Outcome, str]], reasons: list[str]) -> None:
    assert not_seen(*(("1", "sa-east-1", one) for one in ended))[0] == reasons


def test_each_region_of_each_account_is_judged_by_itself_and_the_way_out_is_said_once_with_the_setting_to_copy() -> None:
    denied = [(account, region, (DENIED, SCP)) for account in ("1", "2") for region in ("sa-east-1", "eu-north-1")]
    reasons, [warning] = not_seen(*denied, ("1", "us-east-1", OK), ("2", "us-east-1", OK), ("2", "eu-west-1", (DENIED, NO_WORD)))
    assert reasons == [WHOLE] * 4 + [NO_WORD]
    assert warning.startswith("2 regions of 2 accounts cannot be seen: a service control policy denies them")
    assert warning.endswith('"denied_regions": ["eu-north-1", "sa-east-1"]')


def test_an_account_where_nothing_may_be_seen_is_no_list_of_regions() -> None:
    _, [warning] = not_seen(("3", "us-east-1", (DENIED, SCP)), ("3", "eu-west-1", (DENIED, SCP)))
    assert warning.startswith("In 1 account (3) nothing could be seen, and a policy forbids it")
    assert "denied_regions" not in warning


def test_what_is_left_out_on_purpose_is_said_by_reason_with_its_regions() -> None:
    coverage = Coverage()
    for region in ("eu-north-1", "sa-east-1"):
        for _ in range(2):
            coverage.add(outcome(SKIPPED, region=region, reason=ON_PURPOSE))
    coverage.add(outcome(SKIPPED, region="us-west-2", reason=NO_SPEND))
    coverage.add(outcome(SKIPPED, region=EVERYTHING, reason="suspended"))
    coverage.add(outcome(Outcome.OK))
    made = coverage.as_json(1)
    assert (made["ratio"], made["skipped"][ON_PURPOSE]) == (1.0, {"units": 4, "regions": 2})
    assert left_out(made) == f"4 in 2 regions: {ON_PURPOSE}; 1 in 1 region: no spend; 1: suspended"
    assert denied_on_purpose(made) == 2
    assert (left_out({}), denied_on_purpose({})) == ("", 0), "written by an earlier version"
