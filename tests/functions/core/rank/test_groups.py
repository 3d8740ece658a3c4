"""Groups by account and service: the largest, not more than asked for, and nothing in them that needs no action."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.advice.facts import Facts
from functions.core.model import Finding, Lifecycle
from functions.core.rank.groups import NO_GROUP, OF_ALL, Groups
from functions.core.rank.totals import place
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.functions import sweeps
from tests.functions.core.group_samples import finding, grouped
from tests.functions.folder_bucket import FolderBucket


def in_account(account: str, likely: float, check: str = "ebs-unattached-volume") -> Finding:
    made = finding(check, f"vol-{account}-{likely:g}", sweeps.saving(likely))
    made.account = account
    return made


ACCOUNTS = [f"{number:012}" for number in range(1, 6)]


def test_the_largest_saving_comes_first_and_the_rest_is_left_out() -> None:
    findings = [in_account(account, 10 * number) for number, account in enumerate(ACCOUNTS, 1)]
    findings.append(in_account(ACCOUNTS[0], 35, "ec2-idle-instance"))
    groups = grouped(findings, limit=3)
    assert [facts.group_id for facts in groups.facts()] == [f"{ACCOUNTS[4]}.ebs", f"{ACCOUNTS[3]}.ebs", f"{ACCOUNTS[0]}.ec2"]
    assert (groups.found, groups.chosen) == (6, 3)


def test_equal_savings_are_ordered_by_range_number_and_name() -> None:
    wide = in_account(ACCOUNTS[2], 10)
    wide.savings = sweeps.saving(10, 5, 20)
    findings = [in_account(ACCOUNTS[1], 10), in_account(ACCOUNTS[0], 10), wide, in_account(ACCOUNTS[3], 4), in_account(ACCOUNTS[3], 6)]
    assert [facts.account for facts in grouped(findings).facts()] == [ACCOUNTS[2], ACCOUNTS[3], ACCOUNTS[0], ACCOUNTS[1]]


def test_what_needs_no_action_is_in_no_group() -> None:
    groups = Groups(20)
    suppressed, elsewhere, counted = in_account(ACCOUNTS[0], 10), in_account(ACCOUNTS[0], 10), in_account(ACCOUNTS[1], 1)
    suppressed.lifecycle, elsewhere.headline = Lifecycle.SUPPRESSED, False
    numbers = []
    for one in (suppressed, elsewhere, counted, sweeps.hygiene()):
        ranked = unit_objects.FINDING.dump_python(one, mode="json")
        numbers.append(groups.add(ranked, place(ranked)))
    assert numbers == [NO_GROUP, NO_GROUP, 1, 2]


def test_unpriced_findings_are_counted_and_bring_no_money() -> None:
    [facts] = grouped([finding("ebs-idle-volume", "vol-1", sweeps.UNPRICED), finding("ebs-idle-volume", "vol-2", sweeps.saving(3))]).facts()
    assert (facts.unpriced, facts.findings, facts.savings.likely) == (1, 2, 3)
    assert [one.savings.likely if one.savings else None for one in facts.resources] == [3, None]


def test_of_a_large_group_only_the_first_findings_are_kept_but_some_of_each_check() -> None:
    large = [finding("ebs-idle-volume", f"vol-{number:017x}", sweeps.saving(1000 - number)) for number in range(3 * OF_ALL)]
    groups = grouped([*large, finding("ebs-gp2-to-gp3", "vol-small", sweeps.saving(1))])
    [facts] = groups.facts()
    assert {one.check_id for one in facts.resources} == {"ebs-idle-volume", "ebs-gp2-to-gp3"}
    assert facts.findings == 3 * OF_ALL + 1
    assert groups._chosen is not None
    assert len(groups._chosen[1]) <= OF_ALL + 5


def test_findings_arriving_in_another_order_make_the_same_facts() -> None:
    findings = [in_account(account, 10 + number) for account in ACCOUNTS for number in range(4)]
    assert grouped(reversed(findings)).facts() == grouped(findings).facts()


@pytest.mark.parametrize("analyze", [True, False])
def test_facts_and_list_are_written(tmp_path: Path, analyze: bool) -> None:
    bucket = FolderBucket(tmp_path)
    groups = grouped([in_account(account, 10) for account in ACCOUNTS])
    written = groups.write(RunFolder(Bucket(bucket, "bucket"), "r1"), analyze)
    assert [one["group_id"] for one in written] == [f"{account}.ebs" for account in ACCOUNTS]
    for one in written:
        facts = Facts.model_validate_json((tmp_path / one["facts_key"]).read_bytes())
        assert one == {"group_id": facts.group_id, "facts_key": f"runs/r1/groups/{facts.group_id}.json"}
    lines = (tmp_path / "runs/r1/groups.jsonl").read_bytes().splitlines()
    assert len(lines) == (len(ACCOUNTS) if analyze else 0)
    assert all(len(line) < 200 for line in lines)


def test_nothing_found_is_no_group(tmp_path: Path) -> None:
    assert Groups(20).write(RunFolder(Bucket(FolderBucket(tmp_path), "bucket"), "r1"), True) == []
    assert (tmp_path / "runs/r1/groups.jsonl").read_bytes() == b""


def test_no_group_at_all_when_none_is_asked_for() -> None:
    groups = grouped([in_account(ACCOUNTS[0], 10)], limit=0)
    assert (groups.facts(), groups.chosen, groups.found) == ([], 0, 1)
