"""Rank as the state machine calls it: the whole ledger, from the bucket and the state table, and a small answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions import rank
from functions.core.errors import InvalidInput, InvalidSuppressions
from functions.core.model import Coverable, Outcome
from functions.core.rank import suppressions
from functions.core.settings import settings
from functions.core.store.bucket import Bucket
from tests.functions import sweeps

UNITS = {
    name: sweeps.unit(f"ebs:{name}") for name in ("ok", "empty", "denied", "throttled", "incomplete", "failed", "broken", "lost", "skipped")
}


def handle(**plan: Any) -> dict[str, Any]:
    return ranked(sweeps.plan_output(**plan))


def ranked(plan: dict[str, Any], **cost: Any) -> dict[str, Any]:
    answer: dict[str, Any] = rank.handler({"plan": plan, "cost": cost or sweeps.NO_BILL}, sweeps.Context())
    return answer


def a_sweep(world: sweeps.World) -> None:
    """One unit of each outcome; one that broke for good, one that AWS throttled for good, one that never started."""
    s3 = world.s3
    sweeps.write_plan(s3, UNITS.values())
    sweeps.write_unit(s3, UNITS["ok"], [sweeps.finding("vol-1", sweeps.saving(12.5), of=UNITS["ok"])])
    sweeps.write_unit(s3, UNITS["empty"])
    sweeps.write_unit(s3, UNITS["denied"], outcome=Outcome.DENIED, reason="ec2:DescribeVolumes: UnauthorizedOperation: no")
    sweeps.write_unit(
        s3, UNITS["incomplete"], [sweeps.finding("vol-2", sweeps.saving(2), of=UNITS["incomplete"])], outcome=Outcome.INCOMPLETE
    )
    sweeps.write_unit(s3, UNITS["skipped"], outcome=Outcome.SKIPPED, reason="no spend")
    cause = json.dumps({"errorType": "Throttled", "errorMessage": "ec2:DescribeVolumes: Rate exceeded"})
    world.fail(UNITS["throttled"], "Throttled", cause)
    world.fail(UNITS["failed"], "ValueError", json.dumps({"errorType": "ValueError", "errorMessage": "boom"}))
    s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder().unit(UNITS["broken"].unit_id), Body=b"not gzip")


def test_every_unit_is_in_the_ledger_with_its_outcome() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        answer = handle()
        head = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().ranking)
        not_seen = {one["resource_type"].removeprefix("ebs:"): one for one in sweeps.lines_of(world.s3, "not-seen.jsonl.gz")}
    assert answer == {
        "run_id": sweeps.RUN_ID,
        "coverage_ratio": 0.25,
        "coverage_met": False,
        "units": 8,
        "not_seen": 6,
        "findings": 2,
        "monthly_savings_likely": 14.5,
        "groups": {"count": 1, "groups_key": f"runs/{sweeps.RUN_ID}/groups.jsonl"},
    }
    assert head["coverage"]["units"] == {
        "ok": 1, "empty": 1, "denied": 1, "throttled": 1, "incomplete": 1, "failed": 3, "skipped": 1,
    }  # fmt: skip
    assert {name: one["outcome"] for name, one in not_seen.items()} == {
        "denied": "denied", "throttled": "throttled", "incomplete": "incomplete", "failed": "failed", "broken": "failed",
        "lost": "failed", "skipped": "skipped",
    }  # fmt: skip
    assert not_seen["throttled"]["reason"] == "Throttled: ec2:DescribeVolumes: Rate exceeded"
    assert not_seen["failed"]["reason"] == "ValueError: boom"
    assert not_seen["lost"]["reason"].startswith("never started")


@pytest.mark.parametrize(("min_coverage", "met"), [(0.25, True), (0.250001, False), (0.0, True)])
def test_the_verdict_needs_at_least_the_asked_coverage(min_coverage: float, met: bool) -> None:
    with sweeps.world() as world:
        a_sweep(world)
        assert handle(min_coverage=min_coverage)["coverage_met"] is met


@pytest.mark.parametrize(("analyze", "limit", "count"), [(True, "20", 2), (False, "20", 0), (True, "1", 1), (True, "0", 0)])
def test_the_groups_are_counted_that_a_model_is_to_be_asked_about(
    analyze: bool, limit: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sweeps.world() as world:
        monkeypatch.setenv("MAX_ADVICE_GROUPS", limit)
        settings.cache_clear()
        a_sweep(world)
        other = sweeps.unit("ec2:instance")
        sweeps.write_plan(world.s3, [*UNITS.values(), other])
        sweeps.write_unit(world.s3, other, [sweeps.finding("i-1", of=other)])
        groups = ranked(sweeps.plan_output() | {"analyze": analyze})["groups"]
        lines = world.s3.get_object(Bucket=sweeps.BUCKET, Key=groups["groups_key"])["Body"].read().splitlines()
    assert groups == {"count": count, "groups_key": f"runs/{sweeps.RUN_ID}/groups.jsonl"}
    assert len(lines) == count


def test_the_answer_is_small_and_a_repeated_rank_changes_nothing() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        first = handle()
        assert len(json.dumps(first)) < 2048
        written = unmetered(world)
        assert handle() == first
        assert unmetered(world) == written
    assert {key.split("/")[0] for key in written} == {"runs", "findings", "history", "rates"}


def unmetered(world: sweeps.World) -> dict[str, bytes]:
    """The bucket without the meters: how long something took is never the same."""
    return {key: body for key, body in world.objects().items() if not key.startswith(sweeps.folder().meters)}


def test_a_wrong_suppression_file_ends_rank_before_it_writes_anything() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body=b'[[suppress]]\nregoin = "x"\n')
        before = world.objects()
        with pytest.raises(InvalidInput, match=r"config/suppressions.toml: suppress 1, line 1: unknown key 'regoin'") as refused:
            handle()
        assert world.objects() == before
    assert type(refused.value) is InvalidSuppressions, "not the name of what ends a sweep before it scans"
    assert "what was scanned is kept" in str(refused.value)
    assert f"`finops resume {sweeps.RUN_ID}`" in str(refused.value)


def test_what_ends_soon_or_matches_nothing_is_a_warning() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        text = '[[suppress]]\nresource_arn = "*:vol-1"\nreason = "A"\nuntil = 2026-12-01\n'
        text += '[[suppress]]\nresource_arn = "*:vol-0"\nreason = "B"\nuntil = 2027-12-01\n'
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body=text.encode())
        handle()
        assert head(world)["warnings"] == [
            "A suppression ends on 2026-12-01: A (config/suppressions.toml: suppress 1, line 1)",
            "A suppression matches nothing that was seen: B (config/suppressions.toml: suppress 2, line 5)",
        ]


def test_suppressions_of_the_bucket_hold() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        text = '[[suppress]]\nresource_arn = "*:vol-1"\nreason = "Kept"\nuntil = 2027-03-31\n'
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body=text.encode())
        assert handle()["monthly_savings_likely"] == 2


def test_a_tag_of_the_resource_holds_without_a_file_and_is_in_the_totals() -> None:
    with sweeps.world() as world:
        kept = [
            sweeps.finding("vol-1", sweeps.saving(30), tags={"finops:ignore": "standby until 2026-12-01"}),
            sweeps.finding("vol-2", sweeps.saving(20), tags={"finops:ignore": "standby until May 1"}),
        ]
        sweeps.write_plan(world.s3, [sweeps.unit()])
        sweeps.write_unit(world.s3, sweeps.unit(), kept)
        assert handle()["monthly_savings_likely"] == 20
        found = head(world)
        assert found["totals"]["suppressed"]["by_tag"] == {"findings": 1, "monthly_savings_likely": 30.0}
        first, second = found["warnings"]
        assert first.endswith(":vol-1 ends soon: standby (until 2026-12-01)")
        assert second.endswith(":vol-2 does not hold: 'standby until May 1' names no day such as 2027-03-31")


def test_an_empty_plan_is_refused() -> None:
    with sweeps.world() as world:
        sweeps.write_plan(world.s3, [])
        with pytest.raises(InvalidInput, match="is empty"):
            handle()


def head(world: sweeps.World) -> dict[str, Any]:
    found: dict[str, Any] = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().ranking)
    return found


def test_a_bill_in_the_bucket_nets_the_findings_and_is_in_the_ranking_with_what_they_explain() -> None:
    with sweeps.world() as world:
        a_sweep(world)
        instances = sweeps.unit("ec2:instance")
        sweeps.write_plan(world.s3, [*UNITS.values(), instances])
        sweeps.write_unit(
            world.s3, instances, [sweeps.finding("i-1", sweeps.saving(70), of=instances, coverable=Coverable("AmazonEC2", "m5", 70))]
        )
        bill = sweeps.bill([sweeps.coverage(plan_hours=720)])
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder().bill, Body=json.dumps(bill).encode())
        answer = ranked(sweeps.plan_output(), status="ok", reason="", requests=7, cached=0)
        found = head(world)
    assert answer["monthly_savings_likely"] == 14.5
    assert found["bill"] == bill | {"explained": {"findings_monthly_likely": 14.5, "share": 0.0145}, "purchase": []}
    assert found["totals"]["monthly_savings"] == {"low": 14.5, "likely": 14.5, "high": 84.5}


@pytest.mark.parametrize(
    ("cost", "reason"),
    [
        (
            {"status": "none", "reason": "ce:GetCostAndUsage: AccessDenied: no", "requests": 1, "cached": 0},
            "ce:GetCostAndUsage: AccessDenied: no",
        ),
        ({"status": "none", "reason": "the cost function failed: KeyError"}, "the cost function failed: KeyError"),
        ({"status": "ok", "reason": ""}, "the bill that was asked for is not in the bucket"),
    ],
)
def test_without_a_bill_the_sweep_goes_on_and_the_ranking_says_why_without_a_warning(cost: dict[str, Any], reason: str) -> None:
    with sweeps.world() as world:
        a_sweep(world)
        assert ranked(sweeps.plan_output(), **cost)["monthly_savings_likely"] == 14.5
        found = head(world)
    assert found["bill"] == {"status": "none", "reason": reason}
    assert found["warnings"] == []


def test_owners_and_account_names_are_in_everything_that_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack before the tags, and the account's name where neither is there."""
    here, there = sweeps.unit(), sweeps.unit(account="222222222222")
    stack = {"aws:cloudformation:stack-name": "checkout"}
    with sweeps.world() as world:
        monkeypatch.setenv("OWNER_FROM", "stack,tags,account")
        monkeypatch.setenv("OWNER_TAGS", "squad")
        settings.cache_clear()
        sweeps.write_plan(world.s3, [here, there])
        scope = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().scope)
        names = {here.account: "=web()", "999999999999": "not asked"}
        Bucket(world.s3, sweeps.BUCKET).put_json(sweeps.folder().scope, scope | {"account_names": names})
        found = [
            sweeps.finding("vol-1", sweeps.saving(3), of=here, tags={"squad": "blue", **stack}),
            sweeps.finding("vol-2", sweeps.saving(2), of=here, tags={"Squad": "blue", "team": "web"}),
            sweeps.finding("vol-3", sweeps.saving(1), of=here, tags={"team": "web"}),
        ]
        sweeps.write_unit(world.s3, here, found)
        sweeps.write_unit(world.s3, there, [sweeps.finding("vol-4", sweeps.saving(0.5), of=there)])
        handle()
        head = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().ranking)
        ranked = sweeps.lines_of(world.s3, "ranked.jsonl.gz")
        rows = sweeps.gz_lines(world.s3, sweeps.folder().rows("2026-11-24"))
    owned = [("checkout", "CloudFormation stack"), ("blue", "tag squad"), ("=web()", "account name"), ("", "")]
    assert [(one["owner"], one["owner_source"]) for one in ranked] == owned
    assert {name: one["findings"] for name, one in head["totals"]["by_owner"].items()} == {"checkout": 1, "blue": 1, "=web()": 1, "": 1}
    assert head["run"]["account_names"] == names
    assert {(row["x_OwnerName"] or "", row["x_OwnerSource"] or "") for row in rows} == set(owned)
    assert {row["SubAccountId"]: row["SubAccountName"] for row in rows} == {here.account: "=web()", there.account: None}
