"""Ranking a whole run: merged, decided, ordered, repeatable, and in bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from functions.core.advice.facts import Facts
from functions.core.errors import InvalidInput
from functions.core.model import Coverable, Finding, Outcome, Unit
from functions.core.money import Amount, Term, saves
from functions.core.rank import external_sort
from functions.core.rank.bill import commitments
from functions.core.rank.coverage import Coverage
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import UNSOURCED, Run, rank
from functions.core.rank.suppressions import parse
from functions.core.rank.totals import Totals
from functions.core.store import ledger, unit_objects
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.folder_bucket import FolderBucket

SUPPRESS = '[[suppress]]\nresource_arn = "*:{0}"\nreason = "Kept"\nuntil = 2027-03-31\n'
NEXT_RUN, NEXT_DAY = "20261125T160402Z-bbbbbb", "2026-11-25T16:04:02+00:00"
INSTANCE, VOLUMES = sweeps.unit("ec2:instance"), sweeps.unit()
RANKED, RESOLVED, NOT_SEEN = "ranked.jsonl.gz", "resolved.jsonl.gz", "not-seen.jsonl.gz"


def ranked(
    s3: Any,
    found: Iterable[tuple[Unit, Sequence[Finding]]],
    suppress: str = "",
    run_id: str = sweeps.RUN_ID,
    started: str = sweeps.STARTED,
    as_of: str | None = None,
    groups: Groups | None = None,
    bill: dict[str, Any] | None = None,
) -> tuple[Coverage, Totals]:
    units = []
    for unit, findings in found:
        units.append(unit)
        sweeps.write_unit(s3, unit, findings, run_id)
    sweeps.write_plan(s3, units, run_id)
    return rank_again(s3, suppress, run_id, started, as_of, groups, bill=bill)


def rank_again(
    s3: Any,
    suppress: str = "",
    run_id: str = sweeps.RUN_ID,
    started: str = sweeps.STARTED,
    as_of: str | None = None,
    groups: Groups | None = None,
    analyze: bool = True,
    bill: dict[str, Any] | None = None,
) -> tuple[Coverage, Totals]:
    run = Run.planned(sweeps.plan_output(run_id, as_of or started, started) | {"analyze": analyze})
    folder = sweeps.folder(s3, run_id)
    return rank(folder, run, ledger.entries(folder, {}), parse(suppress), groups or Groups(0), bill or sweeps.NO_BILL)


def by_name(s3: Any, run_id: str = sweeps.RUN_ID) -> dict[str, dict[str, Any]]:
    return {f"{one['resource_id']} {one['check_id']}": one for one in sweeps.lines_of(s3, RANKED, run_id)}


def test_findings_come_best_first_and_stay_what_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_sort, "RUN_BYTES", 1)
    bucket = FolderBucket(tmp_path)
    best = sweeps.finding("vol-1", sweeps.saving(30))
    volumes = [
        sweeps.finding("vol-3", sweeps.saving(20)),
        best,
        sweeps.finding("vol-1", sweeps.saving(25), check="ebs-gp2-to-gp3", counted_by=best.finding_id),
        sweeps.finding("vol-2", sweeps.UNPRICED),
        sweeps.finding("vol-4", sweeps.saving(99)),
    ]
    _, totals = ranked(bucket, [(VOLUMES, volumes), (sweeps.unit("elb:target-group"), [sweeps.hygiene()])], SUPPRESS.format("vol-4"))
    lines = sweeps.lines_of(bucket, RANKED)
    assert [(one["resource_id"], one["check_id"]) for one in lines] == [
        ("vol-1", "ebs-unattached-volume"),
        ("vol-3", "ebs-unattached-volume"),
        ("vol-2", "ebs-unattached-volume"),
        ("tg-1", "elb-orphan-target-group"),
        ("vol-1", "ebs-gp2-to-gp3"),
        ("vol-4", "ebs-unattached-volume"),
    ]
    assert totals.monthly_likely == 50
    first = unit_objects.FINDING.validate_python(lines[0])
    best.first_seen = "2026-11-24T16:04:02+00:00"
    assert first == best
    assert lines[-1]["suppression"] == "Kept (until 2027-03-31)"


def test_a_covered_resource_is_counted_once(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    instance = sweeps.finding(
        "i-1", sweeps.saving(30), of=INSTANCE, check="ec2-stopped-instance", covers=(sweeps.arn_of("vol-1", VOLUMES),)
    )
    volume = sweeps.finding("vol-1", sweeps.saving(10))
    other = sweeps.finding("vol-1", sweeps.saving(4), check="ebs-gp2-to-gp3", counted_by=volume.finding_id)
    free = sweeps.finding("vol-2", sweeps.saving(1))
    _, totals = ranked(bucket, [(VOLUMES, [volume, other, free]), (INSTANCE, [instance])])
    found = by_name(bucket)
    for covered in ("vol-1 ebs-unattached-volume", "vol-1 ebs-gp2-to-gp3"):
        assert (found[covered]["headline"], found[covered]["counted_by"]) == (False, instance.finding_id)
    assert found["vol-2 ebs-unattached-volume"]["headline"]
    assert totals.monthly_likely == 31


def test_a_suppressed_finding_covers_nothing(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    instance = sweeps.finding("i-1", sweeps.saving(30), of=INSTANCE, covers=(sweeps.arn_of("vol-1", VOLUMES),))
    _, totals = ranked(bucket, [(INSTANCE, [instance]), (VOLUMES, [sweeps.finding("vol-1", sweeps.saving(10))])], SUPPRESS.format("i-1"))
    assert by_name(bucket)["vol-1 ebs-unattached-volume"]["headline"]
    assert totals.monthly_likely == 10


def test_the_action_that_counts_instead_of_a_suppressed_one_covers(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    covers = (sweeps.arn_of("vol-1", VOLUMES),)
    best = sweeps.finding("i-1", sweeps.saving(30), of=INSTANCE, check="ec2-stopped", covers=covers)
    second = sweeps.finding("i-1", sweeps.saving(20), of=INSTANCE, check="ec2-idle", covers=covers, counted_by=best.finding_id)
    suppress = '[[suppress]]\ncheck_id = "ec2-stopped"\nreason = "Kept"\nuntil = 2027-03-31\n'
    _, totals = ranked(bucket, [(INSTANCE, [best, second]), (VOLUMES, [sweeps.finding("vol-1", sweeps.saving(10))])], suppress)
    assert by_name(bucket)["vol-1 ebs-unattached-volume"]["counted_by"] == second.finding_id
    assert totals.monthly_likely == 20


def test_a_number_without_a_source_is_no_number(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    _, totals = ranked(bucket, [(VOLUMES, [sweeps.finding("vol-1", sweeps.saving(10, prices=()))])])
    (found,) = by_name(bucket).values()
    assert (found["savings"]["likely"], found["savings"]["unpriced"]) == (0, UNSOURCED)
    assert totals.monthly_likely == 0
    assert totals.as_json(0)["unpriced"] == 1


def test_units_that_were_not_seen_are_listed_with_what_they_found_before(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    late, lost, broken = sweeps.unit(), sweeps.unit("rds:db-instance"), sweeps.unit("ec2:instance")
    sweeps.write_plan(bucket, [late, lost, broken, sweeps.unit("ebs:snapshot")])
    sweeps.write_unit(bucket, late, [sweeps.finding()], outcome=Outcome.INCOMPLETE, reason="late", insufficient={"a": 2}, resources=5)
    sweeps.write_unit(bucket, sweeps.unit("ebs:snapshot"))
    bucket.put_object(Bucket="", Key=sweeps.folder().unit(broken.unit_id), Body=b"garbage", ContentType="")
    coverage, totals = rank_again(bucket)
    assert (coverage.ratio, coverage.not_seen, totals.findings) == (0.25, 3, 1)
    assert [(one["resource_type"], one["outcome"], one["findings"]) for one in sweeps.lines_of(bucket, NOT_SEEN)] == [
        ("ebs:volume", "incomplete", 1),
        ("rds:db-instance", "failed", 0),
        ("ec2:instance", "failed", 0),
    ]
    head = json.loads((tmp_path / sweeps.folder().ranking).read_text())
    assert head["coverage"]["insufficient_data"] == {"a": 2}
    assert head["totals"]["resources"] == 5
    assert head["run"]["what_if"] is False


def test_an_empty_plan_is_an_error_and_leaves_no_history(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    with pytest.raises(InvalidInput, match="is empty"):
        ranked(bucket, [])
    assert not (tmp_path / "history").exists()
    assert not (tmp_path / sweeps.folder().ranking).exists()


def test_the_next_run_knows_the_one_before(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    ranked(bucket, [(VOLUMES, [sweeps.finding("vol-1"), sweeps.finding("vol-2", sweeps.saving(3))])])
    _, totals = ranked(
        bucket, [(VOLUMES, [sweeps.finding("vol-1"), sweeps.finding("vol-3")])], SUPPRESS.format("vol-1"), NEXT_RUN, NEXT_DAY
    )
    found = by_name(bucket, NEXT_RUN)
    assert found["vol-1 ebs-unattached-volume"]["lifecycle"] == "suppressed"
    assert found["vol-1 ebs-unattached-volume"]["first_seen"] == "2026-11-24T16:04:02+00:00"
    assert found["vol-3 ebs-unattached-volume"]["lifecycle"] == "new"
    (gone,) = sweeps.lines_of(bucket, RESOLVED, NEXT_RUN)
    assert gone["resource_arn"] == sweeps.arn_of("vol-2", VOLUMES)
    assert totals.as_json(0)["resolved"] == {"findings": 1, "monthly_savings_likely": 3}


@pytest.mark.parametrize("as_of", ["2027-01-24T16:04:02+00:00", "2026-09-24T16:04:02+00:00"])
def test_a_what_if_resolves_nothing_and_is_not_remembered(tmp_path: Path, as_of: str) -> None:
    bucket = FolderBucket(tmp_path)
    ranked(bucket, [(VOLUMES, [sweeps.finding("vol-1")])])
    before = {path: path.read_bytes() for path in (tmp_path / "history").rglob("*.*")}
    ranked(bucket, [(VOLUMES, [sweeps.finding("vol-2")])], "", NEXT_RUN, NEXT_DAY, as_of)
    assert sweeps.lines_of(bucket, RESOLVED, NEXT_RUN) == []
    (found,) = by_name(bucket, NEXT_RUN).values()
    assert (found["lifecycle"], found["first_seen"], found["gone_from"]) == ("new", None, None)
    assert {path: path.read_bytes() for path in (tmp_path / "history").rglob("*.*")} == before
    head = Bucket(bucket, "").need_json(sweeps.folder(run_id=NEXT_RUN).ranking)
    assert (head["trend"], head["realised"]) == ([], None)
    assert head["run"]["scope"] == Bucket(bucket, "").need_json(sweeps.folder().ranking)["run"]["scope"]


def test_ranking_again_writes_the_same_bytes(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    ranked(bucket, [(VOLUMES, [sweeps.finding(f"vol-{number}", sweeps.saving(number)) for number in range(20)])])
    ranked(bucket, [(VOLUMES, [sweeps.finding(f"vol-{number}") for number in range(10, 25)])], "", NEXT_RUN, NEXT_DAY)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    rank_again(bucket, "", NEXT_RUN, NEXT_DAY)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_groups_for_the_advice_are_written_beside_the_ranking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_sort, "RUN_BYTES", 1)
    bucket = FolderBucket(tmp_path)
    kept = [sweeps.finding(f"vol-{number}", sweeps.saving(number)) for number in range(1, 5)]
    tidy = (sweeps.unit("elb:target-group"), [sweeps.hygiene()])
    groups = Groups(1)
    _, totals = ranked(bucket, [tidy, (VOLUMES, kept)], SUPPRESS.format("vol-4"), groups=groups)
    head = Bucket(bucket, "").need_json(sweeps.folder().ranking)
    key = sweeps.folder().facts(f"{sweeps.ACCOUNT}.ebs")
    assert head["groups"] == [{"group_id": f"{sweeps.ACCOUNT}.ebs", "facts_key": key}]
    assert (head["analyze"], head["groups_found"]) == (True, 2)
    facts = Facts.model_validate_json((tmp_path / key).read_bytes())
    assert facts.savings.likely == totals.monthly_likely == 6
    assert [one.id for one in facts.resources] == ["vol-3", "vol-2", "vol-1"]
    lines = (tmp_path / sweeps.folder().groups).read_text().splitlines()
    assert [json.loads(line) for line in lines] == head["groups"]


def test_a_sweep_that_is_not_to_be_analysed_lists_no_group_and_keeps_the_facts_for_the_rules(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    ranked(bucket, [(VOLUMES, [sweeps.finding()])])
    rank_again(bucket, groups=Groups(20), analyze=False)
    head = Bucket(bucket, "").need_json(sweeps.folder().ranking)
    assert (head["analyze"], len(head["groups"])) == (False, 1)
    assert (tmp_path / sweeps.folder().groups).read_bytes() == b""
    assert (tmp_path / head["groups"][0]["facts_key"]).exists()


def test_memory_does_not_grow_with_the_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 findings are 7 MB of JSON and 30 MB of objects; what grows is some 200 KB for each sorted run, which is 24 MB in Lambda."""
    monkeypatch.setattr(external_sort, "RUN_BYTES", 1024 * 1024)

    def peak(folder: Path, count: int) -> int:
        bucket = FolderBucket(folder)
        units = [sweeps.unit(account=f"{100000000000 + number}") for number in range(4)]
        each = count // len(units)
        for run_id, first in ((sweeps.RUN_ID, 0), (NEXT_RUN, 1)):
            sweeps.write_plan(bucket, units, run_id)
            for unit in units:
                sweeps.write_unit(bucket, unit, (sweeps.finding(f"vol-{number}", of=unit) for number in range(first, each)), run_id)
        rank_again(bucket)
        tracemalloc.start()
        _, totals = rank_again(bucket, "", NEXT_RUN, NEXT_DAY, groups=Groups(20))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert totals.findings == count - len(units)
        assert totals.as_json(0)["resolved"]["findings"] == len(units)
        return used

    small, large = peak(tmp_path / "small", 1_000), peak(tmp_path / "large", 5_000)
    assert large < 8_000_000
    assert large - small < 4_000_000


COVERED = sweeps.bill([sweeps.coverage(plan_hours=720)])


def on_instance(name: str, likely: float, compute: float | None, check: str, **more: Any) -> Finding:
    coverable = None if compute is None else Coverable("AmazonEC2", "m5", compute)
    return sweeps.finding(name, sweeps.saving(likely), of=INSTANCE, check=check, coverable=coverable, **more)


def test_what_a_plan_pays_for_is_in_no_sum_and_the_finding_says_why(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    idle, disk = on_instance("i-1", 70, 70, "ec2-idle-instance"), sweeps.finding("vol-1", sweeps.saving(5))
    groups = Groups(20)
    _, totals = ranked(bucket, [(INSTANCE, [idle]), (VOLUMES, [disk])], groups=groups, bill=COVERED)
    first, second = sweeps.lines_of(bucket, RANKED)
    assert (first["resource_id"], second["resource_id"]) == ("vol-1", "i-1")
    assert (second["savings"]["low"], second["savings"]["likely"], second["savings"]["high"]) == (0, 0, 70)
    assert "Savings Plan …1234 (EC2 Instance)" in second["note"]
    assert totals.monthly_likely == 5
    assert sum(facts.savings.likely for facts in groups.facts()) == 5
    _, gone = ranked(bucket, [(INSTANCE, []), (VOLUMES, [disk])], "", NEXT_RUN, NEXT_DAY, bill=COVERED)
    assert gone.as_json(0)["resolved"] == {"findings": 1, "monthly_savings_likely": 0}, "the history has the netted saving too"


def test_where_the_compute_is_paid_for_the_action_that_saves_storage_is_the_headline(tmp_path: Path) -> None:
    """The scan took the larger saving at list prices as the headline; its money is not saved, that of the other is."""
    bucket = FolderBucket(tmp_path)
    covers = (sweeps.arn_of("vol-1", VOLUMES),)
    older = on_instance("i-1", 20, 20, "ec2-old-generation")
    storage_too = on_instance("i-1", 15, None, "ec2-stopped-instance", counted_by=older.finding_id, covers=covers)
    found = [(INSTANCE, [older, storage_too]), (VOLUMES, [sweeps.finding("vol-1", sweeps.saving(10))])]
    _, totals = ranked(bucket, found, bill=COVERED)
    now = by_name(bucket)
    assert totals.monthly_likely == 15
    assert now["i-1 ec2-stopped-instance"]["headline"]
    assert (now["i-1 ec2-old-generation"]["headline"], now["i-1 ec2-old-generation"]["counted_by"]) == (False, storage_too.finding_id)
    assert now["vol-1 ebs-unattached-volume"]["counted_by"] == storage_too.finding_id, "the new headline covers what it holds"
    assert ranked(bucket, found, run_id=NEXT_RUN, started=NEXT_DAY)[1].monthly_likely == 30, "without a bill it is as the scan wrote it"


def test_a_suppression_of_the_headline_after_netting_lets_the_next_one_count(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    older = on_instance("i-1", 20, 20, "ec2-old-generation")
    other = on_instance("i-1", 15, None, "ec2-other", counted_by=older.finding_id)
    suppress = '[[suppress]]\ncheck_id = "ec2-other"\nreason = "Kept"\nuntil = 2027-03-31\n'
    _, totals = ranked(bucket, [(INSTANCE, [older, other])], suppress, bill=COVERED)
    found = by_name(bucket)
    assert found["i-1 ec2-old-generation"]["headline"]
    assert found["i-1 ec2-other"]["lifecycle"] == "suppressed"
    assert totals.monthly_likely == 0


def test_the_ranking_has_the_bill_with_what_to_buy_after_the_clean_up(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    row = {"service": "AmazonEC2", "account": sweeps.ACCOUNT, "region": sweeps.REGION, "family": "m5", "hourly_usd": 0.5}
    ranked(bucket, [(INSTANCE, [on_instance("i-1", 146, 146, "ec2-idle-instance")])], bill=sweeps.bill(baseline=[row]))
    bill = Bucket(bucket, "").need_json(sweeps.folder().ranking)["bill"]
    assert bill["explained"] == {"findings_monthly_likely": 146, "share": 0.146}
    assert [(one["baseline_hourly"], one["removed_hourly"], one["hourly"]) for one in bill["purchase"]] == [(0.5, 0.2, 0.3)]


def test_findings_that_count_save_no_more_than_is_billed_and_the_report_does_not_carry_the_quantities(tmp_path: Path) -> None:
    """Over two units of one account and region; what another finding covers takes nothing of the bill."""
    volume = saves(Amount((Term(100, "GiB", 1, sweeps.PRICE),)))
    inner = sweeps.finding("vol-1", volume)
    stopped = sweeps.finding("i-1", volume, of=INSTANCE, check="ec2-stopped-instance", covers=(inner.resource_arn,))
    quantities = {sweeps.ACCOUNT: {sweeps.REGION: {"EBS:VolumeUsage.gp2": [150.0, 150.0]}}}
    bucket = FolderBucket(tmp_path)
    found = [(VOLUMES, [inner, sweeps.finding("vol-2", volume)]), (INSTANCE, [stopped])]
    _, totals = ranked(bucket, found, bill=sweeps.bill(start="2026-10-25", quantities=quantities))
    assert totals.monthly_likely == pytest.approx(15.0)
    names = by_name(bucket)
    assert names["vol-1 ebs-unattached-volume"]["savings"]["likely"] == 10.0
    assert {term["usage_type"] for one in names.values() for term in one["savings"]["terms"]} == {"EBS:VolumeUsage.gp2"}
    folder = sweeps.folder(bucket)
    assert "quantities" not in (folder.bucket.read_json(folder.ranking) or {})["bill"]


def test_a_bill_that_sees_one_account_of_two_is_compared_with_that_one_only(tmp_path: Path) -> None:
    """An analyzer in a member account: the payer's Cost Explorer would see both."""
    bucket, other = FolderBucket(tmp_path), sweeps.unit("ec2:instance", account="999999999999")
    idle, there = on_instance("i-1", 70, 70, "ec2-idle-instance"), sweeps.finding("i-9", sweeps.saving(930), of=other, coverable=M5_ALL)
    bill = sweeps.bill([sweeps.coverage(plan_hours=360, on_demand_hours=360)], monthly=100.0)
    bill |= {"accounts": [sweeps.ACCOUNT, other.account], "without_rows": [other.account]}
    _, totals = ranked(bucket, [(INSTANCE, [idle]), (other, [there])], bill=bill)
    head = json.loads((tmp_path / sweeps.folder().ranking).read_text())
    assert totals.monthly_likely == 965
    assert head["bill"]["explained"] == {"findings_monthly_likely": 35.0, "share": 0.35}
    assert head["bill"]["without_rows"] == [other.account]
    assert head["warnings"][0].startswith("The bill has no rows of 1 of 2 accounts (999999999999)")
    first, second = sweeps.lines_of(bucket, RANKED)
    assert (first["savings"]["likely"], first["note"]) == (930, commitments.NOT_NETTED)
    assert (second["savings"]["likely"], "pays for 50 %" in second["note"]) == (35, True)


M5_ALL = Coverable("AmazonEC2", "m5", 930)


@pytest.mark.parametrize("more", [{}, {"read_as": "arn:aws:iam::111122223333:user/ann"}])
def test_who_read_the_accounts_is_in_the_ranking_where_plan_has_said_it(more: dict[str, Any]) -> None:
    run = Run.planned(sweeps.plan_output() | more)
    assert {name: value for name, value in run.as_json().items() if name == "read_as"} == more
