"""Plan: the same start makes the same plan, and what is wrong with the input ends it before anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions import plan
from functions.core import registry
from functions.core.aws import sessions
from functions.core.errors import AlreadyStarted, InvalidInput, Throttled
from functions.core.model import Outcome, Unit, UnitOutcome
from functions.core.plan import units as planning
from functions.core.rank import suppressions
from functions.core.settings import InvalidSetting, parse, settings
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.tuning import file as checks_file
from functions.core.tuning.snapshot import Snapshot
from tests.functions.lambda_world import ACCOUNT, BUCKET, ENVIRONMENT, REGION, TABLE, Context, world
from tests.state_table import KEYS

OTHER = "111122223333"
STARTED = "2026-11-24T16:04:02.345Z"
EXECUTIONS = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:FinOpsAnalyzer-sweep"


@pytest.fixture(autouse=True)
def lambda_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("functions.core.plan.concurrency.unreserved", lambda: (100, ""))  # moto has no GetAccountSettings
    with world(monkeypatch):
        sessions.own_client("dynamodb").create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **KEYS)
        yield


def planned(given: Any, name: str = "nightly", started: str = STARTED) -> tuple[dict[str, Any], list[Unit]]:
    execution = {"id": f"{EXECUTIONS}:{name}", "name": name, "started": started}
    answer = plan.handler({"input": given, "execution": execution}, Context())
    return answer, list(RunFolder(Bucket(s3(), BUCKET), answer["run_id"]).read_plan())


def s3() -> Any:
    return sessions.own_client("s3", REGION)


def test_nothing_asked_plans_the_own_account_in_every_enabled_region_for_every_type() -> None:
    regions = {region["RegionName"] for region in sessions.account_client("ec2", REGION).describe_regions()["Regions"]}
    answer, units = planned({})
    assert answer["units"] == len(units) == sum(len(registry.asked_in(kind, sorted(regions))) for kind in registry.resource_types())
    assert {unit.account for unit in units} == {ACCOUNT}
    assert {unit.region for unit in units} == regions
    assert {unit.resource_type for unit in units} == set(registry.resource_types())
    assert len({unit.unit_id for unit in units}) == len(units)


def test_the_answer_is_small_and_says_what_the_run_is() -> None:
    answer, _ = planned({"regions": [REGION], "analysis_period_days": 14, "min_coverage": 0.5, "as_of": "2026-11-01T02:00:00+02:00"})
    assert answer["bucket"] == BUCKET
    assert answer["plan_key"] == f"runs/{answer['run_id']}/plan.jsonl"
    assert answer["as_of"] == "2026-11-01T00:00:00+00:00"
    assert (answer["analysis_period_days"], answer["min_coverage"], answer["analyze"]) == (14, 0.5, True)
    assert planned({"regions": [REGION], "analyze": False})[0]["analyze"] is False
    assert (answer["notify"], planned({"regions": [REGION], "notify": True})[0]["notify"]) == (None, True)
    assert datetime.fromtimestamp(int(answer["expires_at"]), UTC).isoformat() == "2027-02-22T16:04:02+00:00"
    assert (answer["accounts"], answer["concurrency"], answer["resumed"]) == (1, 40, None)
    assert len(json.dumps(answer)) < 1500


def test_ages_are_measured_from_the_start_unless_asked_otherwise() -> None:
    assert planned({"regions": [REGION]})[0]["as_of"] == "2026-11-24T16:04:02.345000+00:00"


def test_the_function_of_a_unit_is_that_of_its_service() -> None:
    _, units = planned({"regions": [REGION], "resource_types": ["ebs:volume", "ec2:instance"]})
    assert {unit.resource_type: unit.function for unit in units} == {
        "ebs:volume": "FinOpsAnalyzer-scan-ebs",
        "ec2:instance": "FinOpsAnalyzer-scan-ec2",
    }


def test_what_is_asked_twice_is_planned_once_and_self_is_the_own_account() -> None:
    _, units = planned({"accounts": ["self", ACCOUNT, OTHER], "regions": [REGION, REGION], "resource_types": ["ebs:volume", "ebs:volume"]})
    assert [unit.account for unit in units] == [ACCOUNT, OTHER]


def test_a_retry_overwrites_its_plan() -> None:
    first, _ = planned({"regions": [REGION]})
    again, _ = planned({"regions": [REGION]})
    assert first == again
    keys = list(Bucket(s3(), BUCKET).keys(""))
    written = [key for key in keys if not key.startswith(RunFolder(Bucket(None, ""), first["run_id"]).meters)]
    run = first["run_id"]
    folder = RunFolder(Bucket(None, ""), run)
    assert written == [folder.checks, first["plan_key"], folder.planned, folder.scope]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"regions": ["us-east-99"]}, r"regions: 'us-east-99' is not a region enabled in this account; allowed are: .*us-east-1"),
        ({"regions": [REGION, "mars-1"]}, "regions: 'mars-1' is not a region"),
        ({"regoins": [REGION]}, "unknown key 'regoins'"),
        ({"analysis_period_days": 0}, "analysis_period_days: "),
        ([], "must be a JSON object"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(given: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        planned(given)
    assert s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_overrides_of_the_deployment_are_checked_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, THRESHOLDS='{"ebs-unattached-volume.min_agee": 3}'):
        with pytest.raises(InvalidSetting, match=r"THRESHOLDS: .*'ebs-unattached-volume\.min_agee' is no threshold"):
            planned({"regions": [REGION]})
        assert s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def scanned(unit: Unit, run: str, outcome: Outcome) -> None:
    of = UnitOutcome(unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=outcome)
    with unit_objects.FindingsSpool() as spool:
        spool.upload(Bucket(s3(), BUCKET), RunFolder(Bucket(None, ""), run).unit(unit.unit_id, good=outcome.good), of)


def test_a_resumed_run_is_what_was_planned_with_only_the_units_that_are_missing() -> None:
    first, units = planned({"regions": [REGION], "as_of": "2026-11-01T00:00:00Z", "min_coverage": 0.9})
    for unit in units[2:]:
        scanned(unit, first["run_id"], Outcome.OK)
    scanned(units[1], first["run_id"], Outcome.DENIED)
    again, still = planned({"resume": first["run_id"], "analyze": False}, name="again", started="2026-11-25T09:00:00Z")
    changed = {"resumed", "plan_key", "units", "analyze", "expires_at"}
    assert {key: value for key, value in again.items() if key not in changed} == {
        key: value for key, value in first.items() if key not in changed
    }
    assert (again["resumed"], again["units"], again["analyze"]) == ("2026-11-25T09:00:00+00:00", 2, False)
    assert still == units, "the plan itself stays: Rank reports on all of it"
    body = s3().get_object(Bucket=BUCKET, Key=again["plan_key"])["Body"].read()
    missing = [unit_objects.UNIT.validate_json(line) for line in body.splitlines()]
    assert [(unit.unit_id, unit.resumed) for unit in missing] == [(units[0].unit_id, False), (units[1].unit_id, True)]


def test_a_resumption_asks_again_for_regions_that_were_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, list[str] | Exception] = {ACCOUNT: [REGION, "eu-west-1"], OTHER: Throttled("ec2:DescribeRegions", "slow down")}
    monkeypatch.setattr("functions.core.plan.enabled_regions.of_accounts", lambda accounts, config, run_id: told)
    given = {"accounts": ["self", OTHER], "resource_types": ["ebs:volume"]}
    first, units = planned(given)
    folder = RunFolder(Bucket(s3(), BUCKET), first["run_id"])
    assert [(one.account, one.region, one.outcome) for one in folder.read_outcomes(folder.unknown)] == [
        (OTHER, "unknown", Outcome.THROTTLED)
    ]
    for unit in units:
        scanned(unit, first["run_id"], Outcome.OK)
    resume = {"resume": first["run_id"]}
    again, _ = planned(resume, name="still-silent")
    assert (again["units"], len(list(folder.read_outcomes(folder.unknown)))) == (0, 1)
    told[OTHER] = [REGION, "ap-east-1"]
    known, now = planned(resume, name="known-now")
    assert known["units"] == 1, "the region that nobody knew of; all others are seen"
    assert [(unit.account, unit.region) for unit in now] == [
        (ACCOUNT, REGION), (OTHER, REGION), (ACCOUNT, "eu-west-1"), (OTHER, "ap-east-1"),
    ]  # fmt: skip
    assert list(folder.read_outcomes(folder.unknown)) == []
    assert [(one.account, one.region) for one in folder.read_outcomes(folder.skipped)] == [(OTHER, "eu-west-1")]
    assert folder.bucket.need_json(folder.planned)["units"] == len(now) == 4
    assert folder.bucket.need_json(folder.scope)["regions"] == ["ap-east-1", "eu-west-1", REGION]


def test_what_lies_in_the_bucket_leads_to_no_other_place() -> None:
    """Whoever may write there may have changed what Plan returned."""
    first, _ = planned({"regions": [REGION]})
    key = RunFolder(Bucket(None, ""), first["run_id"]).planned
    s3().put_object(Bucket=BUCKET, Key=key, Body=json.dumps({**first, "run_id": "../../x; reboot", "bucket": "another"}).encode())
    again, _ = planned({"resume": first["run_id"]}, name="again")
    assert (again["run_id"], again["bucket"]) == (first["run_id"], first["bucket"])


def test_a_run_without_a_plan_cannot_be_resumed() -> None:
    with pytest.raises(InvalidInput, match=r"resume: there is no plan of run 20260101T000000Z-abcdef: .*start a new sweep"):
        planned({"resume": "20260101T000000Z-abcdef"})


def test_a_region_that_the_organization_denies_is_skipped_also_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DENIED_REGIONS", "eu-north-1,us-west-2")
    settings.cache_clear()
    answer, units = planned({"regions": [REGION, "eu-north-1"], "resource_types": ["ebs:volume", "ebs:snapshot"]})
    assert (answer["units"], answer["skipped"], {unit.region for unit in units}) == (2, 2, {REGION})
    reached = plan.handler({"probe": {"regions": [REGION, "eu-north-1"]}}, Context())
    assert (reached["regions"], reached["denied"]) == ({ACCOUNT: [REGION]}, ["eu-north-1"])


@pytest.mark.parametrize(("reserved", "regions", "at_once"), [("", 17, 40), ("5", 17, 5), ("5", 1, 40), ("1", 1, 1)])
def test_no_more_units_of_a_service_run_at_once_than_are_reserved_for_its_function(
    monkeypatch: pytest.MonkeyPatch, reserved: str, regions: int, at_once: int
) -> None:
    """Where the plan has more of one service: a slow one's pile up until all that run are its own."""
    monkeypatch.setenv("SCAN_RESERVED_CONCURRENCY", reserved)
    settings.cache_clear()
    names = sorted(region["RegionName"] for region in sessions.account_client("ec2", REGION).describe_regions()["Regions"])[:regions]
    answer, _ = planned({"regions": names, "resource_types": ["ebs:volume", "ebs:snapshot", "rds:db-instance"]})
    assert answer["concurrency"] == at_once
    again, _ = planned({"resume": answer["run_id"]}, name="again")
    assert again["concurrency"] == (min(40, int(reserved)) if reserved and again["units"] > int(reserved) else 40)


def test_a_run_that_is_still_running_is_not_resumed_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = planned({"regions": [REGION]})
    before = [one["Key"] for one in s3().list_objects_v2(Bucket=BUCKET)["Contents"]]
    monkeypatch.setattr("functions.core.plan.begun._runs", lambda machine, execution: execution == f"{EXECUTIONS}:nightly")
    with pytest.raises(InvalidInput, match=f"resume: run {first['run_id']} is still running, in the execution nightly"):
        planned({"resume": first["run_id"]}, name="again")
    assert [one["Key"] for one in s3().list_objects_v2(Bucket=BUCKET)["Contents"]] == before


def test_a_start_that_was_delivered_twice_plans_once() -> None:
    given = {"regions": [REGION], "idempotency_token": "arn:aws:scheduler:us-east-1:111122223333:schedule/default/x@2026-11-24T02:00:00Z"}
    planned(given)
    planned(given)
    with pytest.raises(AlreadyStarted, match="the execution nightly was started with the same idempotency_token"):
        planned(given, name="twin")


def test_asked_what_a_sweep_would_reach_it_says_so_and_plans_none() -> None:
    other = "111122223333"
    answer = plan.handler({"probe": {"accounts": ["self", other], "regions": [REGION]}}, Context())
    assert answer == {"regions": {ACCOUNT: [REGION], other: [REGION]}, "left_out": [], "untold": {}, "guessed": ""}
    assert s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_asked_about_what_is_no_input_it_refuses_as_a_sweep_would() -> None:
    with pytest.raises(InvalidInput, match="regions: 'mars-1' is not a region"):
        plan.handler({"probe": {"regions": ["mars-1"]}}, Context())


def test_a_mistake_in_the_suppressions_is_refused_before_anything_is_planned() -> None:
    """By a resumption too; a file that Windows wrote is none."""
    answer, _ = planned({"regions": [REGION]})
    before = set(Bucket(s3(), BUCKET).keys(""))
    wrong = '[[suppress]]\r\ncheck_id = "ebs-unatached-volume"\r\nreason = "Kept"\r\nuntil = 2027-03-31\r\n'
    s3().put_object(Bucket=BUCKET, Key=suppressions.KEY, Body=wrong.encode("utf-16"))
    for given in ({"regions": [REGION]}, {"resume": answer["run_id"]}):
        with pytest.raises(InvalidInput, match=r"config/suppressions.toml: suppress 1, line 1: check_id: there is no check 'ebs-unatached"):
            planned(given, name="another")
    assert set(Bucket(s3(), BUCKET).keys("")) == before | {suppressions.KEY}
    s3().put_object(Bucket=BUCKET, Key=suppressions.KEY, Body=wrong.replace("unatached", "unattached").encode("utf-16"))
    assert planned({"resume": answer["run_id"]})[0]["run_id"] == answer["run_id"]
    assert planned({"regions": [REGION]}, name="another")[0]["units"] == answer["units"]


TUNED = """
[[check]]
id = "ebs-idle-volume"
enabled = false
account = "{account}"
[[check]]
id = "ec2-idle-instance"
tag = "env=dev"
[check.thresholds]
max_cpu_percent = 3
"""


def test_each_unit_has_what_the_file_says_of_its_checks_and_a_resumed_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but Plan reads the file; what is changed in it later is nothing to this run."""
    monkeypatch.setenv("THRESHOLDS", '{"ebs-idle-volume.max_ops_per_day": 5}')
    settings.cache_clear()
    s3().put_object(Bucket=BUCKET, Key=checks_file.KEY, Body=TUNED.format(account=ACCOUNT).encode())
    answer, units = planned({"regions": [REGION], "accounts": ["self", OTHER], "analysis_period_days": 9})
    said = {(unit.account, unit.resource_type): unit.rules for unit in units}
    (volumes,), (instances,) = said.pop((ACCOUNT, "ebs:volume")), said.pop((ACCOUNT, "ec2:instance"))
    assert (volumes.enabled, volumes.where) == (False, "config/checks.toml: check 1, line 2")
    assert (instances.thresholds, instances.tag) == ({"max_cpu_percent": 3}, "env=dev")
    assert said.pop((OTHER, "ec2:instance")) == (instances,)
    assert set(said.values()) == {()}

    bucket = Bucket(s3(), BUCKET)
    kept = Snapshot.read(bucket.need_json(RunFolder(bucket, answer["run_id"]).checks))
    assert list(kept.rules) == [volumes, instances]
    assert (kept.overrides, kept.window_days) == ({"ebs-idle-volume.max_ops_per_day": 5}, 9)
    s3().delete_object(Bucket=BUCKET, Key=checks_file.KEY)
    resumed = planned({"resume": answer["run_id"]}, name="again")[0]
    lines = [unit_objects.UNIT.validate_json(line) for line in bucket.lines(resumed["plan_key"])]
    assert [unit.rules for unit in lines if unit.account == ACCOUNT and unit.resource_type == "ebs:volume"] == [(volumes,)]


def test_a_type_whose_checks_are_all_switched_off_is_skipped_and_named() -> None:
    off = "".join(f'[[check]]\nid = "{one}"\nenabled = false\n' for one in ("elb-orphan-target-group",))
    s3().put_object(Bucket=BUCKET, Key=checks_file.KEY, Body=off.encode())
    answer, units = planned({"regions": [REGION], "resource_types": ["ebs:volume", "elb:target-group"]})
    assert [unit.resource_type for unit in units] == ["ebs:volume"]
    folder = RunFolder(Bucket(s3(), BUCKET), answer["run_id"])
    (left,) = folder.read_outcomes(folder.skipped)
    assert (left.outcome, left.reason, left.disabled) == (Outcome.SKIPPED, planning.SWITCHED_OFF, {"elb-orphan-target-group": 0})


def test_a_mistake_in_the_file_of_checks_is_refused_before_anything_is_planned() -> None:
    s3().put_object(Bucket=BUCKET, Key=checks_file.KEY, Body=b'[[check]]\nid = "ebs-idle-volumes"\nenabled = false\n')
    with pytest.raises(InvalidInput, match=r"config/checks.toml: check 1, line 1: id: there is no check 'ebs-idle-volumes'; 'ebs-idle-vol"):
        planned({"regions": [REGION]})
    assert set(Bucket(s3(), BUCKET).keys("")) == {checks_file.KEY}


WHO = "arn:aws:iam::123456789012:user/ann"


def test_a_sweep_that_is_to_be_free_warns_of_what_the_report_will_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned({"regions": [REGION]})[0]["warning"] == ""
    monkeypatch.setenv("PAID_REQUESTS", "false")
    settings.cache_clear()
    answer, units = planned({"regions": [REGION], "skip_regions_without_spend": True}, name="free")
    first, _, second = answer["warning"].partition("was to be free ")
    assert first.startswith("regions without spend were not left out, because there is no billing data: Cost Explorer was not asked")
    assert second == plan.UNPAID
    assert planned({"regions": [REGION]}, name="plain")[0]["warning"] == plan.UNPAID
    assert len(units) == len(registry.resource_types()), "no region is left out for want of a bill"


def test_who_reads_the_accounts_is_in_the_plan_where_it_is_no_deployed_function(monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned({"regions": [REGION]})[0]["read_as"] is None
    monkeypatch.setenv("READ_AS", WHO)
    settings.cache_clear()
    first, _ = planned({"regions": [REGION]}, name="here")
    folder = RunFolder(Bucket(s3(), BUCKET), first["run_id"])
    assert (first["read_as"], folder.bucket.need_json(folder.planned)["read_as"]) == (WHO, WHO)


@pytest.mark.parametrize(
    ("before", "paid", "after"),
    [
        ("", True, ""),
        ("", False, plan.UNPAID),
        (plan.UNPAID, False, plan.UNPAID),
        (plan.UNPAID, True, plan.UNPAID_BEFORE),
        (plan.UNPAID_BEFORE, True, plan.UNPAID_BEFORE),
        (plan.UNPAID_BEFORE, False, plan.UNPAID),
        ("Something else.", True, "Something else."),
        (f"Something else. {plan.UNPAID}", True, f"Something else. {plan.UNPAID_BEFORE}"),
        ("Something else.", False, f"Something else. {plan.UNPAID}"),
    ],
)
def test_what_was_not_paid_for_before_is_said_of_a_run_that_is_gone_on_with(before: str, paid: bool, after: str) -> None:
    config = parse({**ENVIRONMENT, "AWS_REGION": REGION, "PAID_REQUESTS": str(paid).lower()})
    assert plan._warning_now(before, config) == after


@pytest.mark.parametrize(("before", "now"), [(None, WHO), (WHO, WHO), ("arn:aws:iam::123456789012:user/bob", WHO)])
def test_a_resumed_run_is_read_by_whoever_resumes_it(monkeypatch: pytest.MonkeyPatch, before: str | None, now: str) -> None:
    def reading(who: str | None) -> None:
        if who:
            monkeypatch.setenv("READ_AS", who)
        settings.cache_clear()

    reading(before)
    first, _ = planned({"regions": [REGION]})
    reading(now)
    again, _ = planned({"resume": first["run_id"]}, name="again")
    assert again["read_as"] == now
