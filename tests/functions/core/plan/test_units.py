"""The plan as a stream: every unit once, region by region and account by account; and what a resumption plans anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Outcome, Unit, UnitOutcome
from functions.core.plan import units as planning
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions.folder_bucket import FolderBucket

RUN = "20261124T160402Z-1f3c9a"
KEYS = RunFolder(Bucket(None, ""), RUN)  # only for its keys


def test_units_of_different_accounts_alternate() -> None:
    made = list(planning.units({"1": ["r1", "r2"], "2": ["r1", "r2"]}, ["ebs:volume"], "scan-"))
    assert [(unit.account, unit.region) for unit in made] == [("1", "r1"), ("2", "r1"), ("1", "r2"), ("2", "r2")]


def test_an_account_without_a_region_has_no_unit_there() -> None:
    made = list(planning.units({"1": ["r1"], "2": ["r2", "r3"], "3": []}, ["ebs:volume", "ec2:instance"], "scan-"))
    assert [(unit.account, unit.region) for unit in made] == [pair for pair in (("1", "r1"), ("2", "r2"), ("2", "r3")) for _ in range(2)]
    assert [unit.function for unit in made] == ["scan-ebs", "scan-ec2"] * 3
    assert list(planning.units({}, ["ebs:volume"], "scan-")) == []


@given(st.dictionaries(st.sampled_from("123456"), st.lists(st.sampled_from("abcdefg"), unique=True)))
def test_every_unit_is_there_once_and_neighbours_are_of_other_accounts(regions: Mapping[str, list[str]]) -> None:
    made = [(unit.account, unit.region) for unit in planning.units(regions, ["ebs:volume"], "scan-")]
    assert sorted(made) == sorted((account, region) for account, of in regions.items() for region in of)
    turns = [regions[account].index(region) for account, region in made]
    assert turns == sorted(turns)


HUB = "cost-optimization-hub:recommendation"
"""A type that is asked once for an account."""


def test_what_is_asked_once_has_one_unit_for_each_account_in_the_region_that_answers() -> None:
    regions = {"1": ["eu-west-1", "us-west-2"], "2": ["us-east-1"], "3": [], "4": ["cn-north-1", "cn-northwest-1"]}
    made = list(planning.units(regions, ["ebs:volume", HUB], "scan-", ["eu-west-1"]))
    once = [unit for unit in made if unit.resource_type == HUB]
    assert [(unit.account, unit.region, unit.regions) for unit in once] == [
        ("1", "us-east-1", ("eu-west-1",)),
        ("2", "us-east-1", ("eu-west-1",)),
    ]
    assert {unit.regions for unit in made if unit.resource_type != HUB} == {()}
    assert [unit.regions for unit in planning.units({"1": ["eu-west-1"]}, [HUB], "scan-")] == [()]
    assert [(one.account, one.region, one.reason) for one in planning.not_offered(regions, ["ebs:volume", HUB])] == [
        ("4", "all", f"{HUB}: {planning.NOT_OFFERED}")
    ]


def test_what_is_asked_once_is_not_left_out_where_its_region_bills_nothing_but_where_that_is_denied(tmp_path: Path) -> None:
    for denied, skipped in (((), 0), (("us-east-1",), 1)):
        units = planning.units({"1": ["eu-west-1"]}, [HUB], "scan-")
        folder = RunFolder(Bucket(FolderBucket(tmp_path / str(skipped)), "b"), RUN)
        assert planning.write(folder, units, lambda unit: True, (), denied_regions=denied) == (1 - skipped, skipped)


def test_what_is_asked_once_stays_planned_when_an_account_tells_its_regions_late(tmp_path: Path) -> None:
    folder = RunFolder(Bucket(FolderBucket(tmp_path), "b"), RUN)
    planning.write(folder, planning.units({"1": ["eu-west-1"]}, ["ebs:volume", HUB], "scan-"), lambda unit: False, ())
    assert planning.write_known_now(folder, {"1": ["sa-east-1"]}, ["ebs:volume", HUB], "scan-") == 2
    assert sorted(unit.unit_id for unit in folder.read_plan()) == ["1.sa-east-1.ebs-volume", f"1.us-east-1.{HUB.replace(':', '-')}"]


def lines(bucket: FolderBucket, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bucket.get_object(Bucket="b", Key=key)["Body"].read().splitlines()]


def test_what_bills_nothing_and_what_is_left_out_stands_beside_the_plan(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    units = planning.units({"1": ["r1", "r2"]}, ["ebs:volume"], "scan-")
    counts = planning.write(
        RunFolder(Bucket(bucket, "b"), RUN), units, lambda unit: unit.region == "r2", [planning.left_out("9", "suspended")]
    )
    assert counts == (1, 2)
    assert [line["unit_id"] for line in lines(bucket, KEYS.plan)] == ["1.r1.ebs-volume"]
    assert [(line["unit_id"], line["outcome"], line["reason"]) for line in lines(bucket, KEYS.skipped)] == [
        ("1.r2.ebs-volume", "skipped", "no spend"),
        ("9.all.all", "skipped", "suspended"),
    ]


def test_regions_that_the_organization_denies_are_left_out_by_their_name(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    units = planning.units({"1": ["r1", "r2"], "2": ["r2"]}, ["ebs:volume"], "scan-")
    assert planning.write(RunFolder(Bucket(bucket, "b"), RUN), units, lambda unit: True, (), denied_regions=("r2", "r3")) == (0, 3)
    assert [(line["unit_id"], line["reason"]) for line in lines(bucket, KEYS.skipped)] == [
        ("1.r1.ebs-volume", "no spend"),
        ("2.r2.ebs-volume", planning.ON_PURPOSE),
        ("1.r2.ebs-volume", planning.ON_PURPOSE),
    ]


def test_a_plan_without_units_is_there_and_empty(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    assert planning.write(RunFolder(Bucket(bucket, "b"), RUN), (), lambda unit: False, ()) == (0, 0)
    assert lines(bucket, KEYS.plan) == []
    assert list(Bucket(bucket, "b").keys(KEYS.skipped)) == []


def unknown(account: str) -> UnitOutcome:
    return UnitOutcome(
        unit_id=f"{account}.unknown.ebs-volume", account=account, region="unknown", resource_type="ebs:volume", outcome=Outcome.DENIED
    )


def test_a_second_writing_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    """A retry of Plan may be answered where the first attempt was not."""
    bucket = FolderBucket(tmp_path)
    folder = RunFolder(Bucket(bucket, "b"), RUN)
    planning.write(folder, (), lambda unit: False, [planning.left_out("9", "suspended")], [unknown("2")])
    assert [line["account"] for line in lines(bucket, KEYS.unknown)] == ["2"]
    planning.write(folder, (), lambda unit: False, (), ())
    assert lines(bucket, KEYS.unknown) == lines(bucket, KEYS.skipped) == []
    assert list(folder.read_outcomes(folder.unknown)) == []


def test_regions_known_later_are_planned_and_those_not_enabled_left_out(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    folder = RunFolder(Bucket(bucket, "b"), RUN)
    guessed = planning.units({"1": ["r1", "r2"], "2": ["r1", "r2", "r3"]}, ["ebs:volume"], "scan-")
    planning.write(folder, guessed, lambda unit: unit.region == "r3", [planning.left_out("9", "suspended")], [unknown("2")])
    for _ in range(2):  # a retry does the same
        assert planning.write_known_now(folder, {"2": ["r2", "r3", "r4", "r5"]}, ["ebs:volume"], "scan-", ["r5"]) == 4
        assert [line["unit_id"] for line in lines(bucket, KEYS.plan)] == [
            "1.r1.ebs-volume", "1.r2.ebs-volume", "2.r2.ebs-volume", "2.r4.ebs-volume",
        ]  # fmt: skip
        assert [(line["unit_id"], line["reason"]) for line in lines(bucket, KEYS.skipped)] == [
            ("2.r3.ebs-volume", planning.NO_SPEND),
            ("9.all.all", "suspended"),
            ("2.r1.ebs-volume", planning.NOT_ENABLED),
            ("2.r5.ebs-volume", planning.ON_PURPOSE),
        ]


def put(bucket: FolderBucket, unit: Unit, outcome: Outcome) -> None:
    of = UnitOutcome(unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=outcome)
    with unit_objects.FindingsSpool() as spool:
        spool.upload(Bucket(bucket, "b"), KEYS.unit(unit.unit_id, good=outcome.good), of)


def test_a_resumption_plans_what_has_no_good_outcome_and_marks_what_had_begun(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    units = list(planning.units({"1": ["ok", "empty", "denied", "incomplete", "never", "mended"]}, ["ebs:volume"], "scan-"))
    planning.write(RunFolder(Bucket(bucket, "b"), RUN), units, lambda unit: False, [planning.left_out("9", "suspended")])
    for unit in units:
        if unit.region != "never":
            put(bucket, unit, Outcome("denied" if unit.region == "mended" else unit.region))
    put(bucket, next(unit for unit in units if unit.region == "mended"), Outcome.OK)
    assert planning.write_missing(RunFolder(Bucket(bucket, "b"), RUN), "missing.jsonl") == 3
    assert [(line["region"], line["resumed"]) for line in lines(bucket, "missing.jsonl")] == [
        ("denied", True),
        ("incomplete", True),
        ("never", False),
    ]


def test_a_run_that_has_seen_everything_has_nothing_to_resume(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    units = list(planning.units({"1": ["r1"]}, ["ebs:volume"], "scan-"))
    planning.write(RunFolder(Bucket(bucket, "b"), RUN), units, lambda unit: False, ())
    put(bucket, units[0], Outcome.EMPTY)
    assert planning.write_missing(RunFolder(Bucket(bucket, "b"), RUN), "missing.jsonl") == 0
    assert lines(bucket, "missing.jsonl") == []
