"""The run that the benchmark makes up is what it says, the same each time, and Rank and Aggregate take it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from finops.sweeping.estimate_model import Scope
from functions.core import registry
from functions.core.model import Outcome
from functions.core.rank.run_findings import RunFindings
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.bench import big_run, measure, one_step
from tests.bench.big_run import BUCKET, RUN_ID, Size
from tests.functions.folder_bucket import FolderBucket

SIZE = Size(4000)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("at-size") / "run"
    big_run.make(SIZE, root)
    return root


def step(name: str, root: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        measure.output(name, measure.python("tests.bench.one_step", name, str(root), "--latency", "0", "--digest")).splitlines()[-1]
    )
    return told


@pytest.mark.parametrize(("findings", "units"), [(1_000_000, 85_000), (100_000, 8_500)])
def test_a_tenth_of_the_findings_lies_in_a_tenth_of_the_units(findings: int, units: int) -> None:
    size = Size(findings)
    assert size.units == units
    shares = big_run.allocated(size)
    assert sum(map(sum, shares)) == findings
    assert sum(map(len, shares)) == units
    empty = sum(count == 0 for account in shares for count in account) / units
    assert 0.4 < empty < 0.8, "an account works in few regions"


def test_the_made_up_run_has_what_makes_ranking_hard(run: Path) -> None:
    bucket, outcomes, findings = FolderBucket(run), Counter[Outcome](), list[dict[str, Any]]()
    with RunFindings() as run_findings:
        for entry in ledger.entries(RunFolder(Bucket(bucket, BUCKET), RUN_ID), {}):
            outcomes[run_findings.add(entry, findings.append).outcome] += 1
    assert outcomes.total() == SIZE.units
    assert 0.97 * SIZE.findings < len(findings) <= SIZE.findings
    assert {Outcome.OK, Outcome.EMPTY, Outcome.DENIED, Outcome.FAILED} <= set(outcomes)
    by_id = {finding["finding_id"]: finding for finding in findings}
    assert len(by_id) == len(findings)
    beside = [finding for finding in findings if not finding["headline"]]
    assert len(beside) > 0.2 * len(findings)
    assert all(by_id[finding["counted_by"]]["resource_arn"] == finding["resource_arn"] for finding in beside)
    covered = {arn for finding in findings for arn in finding["covers"]}
    assert covered & {finding["resource_arn"] for finding in findings}
    assert {bool(finding["savings"]["unpriced"]) for finding in findings} == {True, False}


def test_rank_and_aggregate_take_it_and_write_the_same_twice(run: Path) -> None:
    ranked = step("rank", run)
    report = step("aggregate", run)
    totals = Bucket(FolderBucket(run), BUCKET).need_json(f"runs/{RUN_ID}/ranking.json")["totals"]
    assert report["findings"] == ranked["findings"] == totals["findings"]
    assert min(totals["lifecycle"].values()) > 0, "new, persisting, regressed, suppressed and resolved ones"
    assert min(totals[name] for name in ("counted", "unpriced", "counted_elsewhere")) > 0
    assert 20 < report["rss_mib"] < 300
    step("rank", run)
    assert step("aggregate", run)["digests"] == report["digests"]
    assert {"report.csv", "report.json", "report.html", "ranked.jsonl.gz"} <= set(report["digests"])


def test_plan_takes_a_whole_organization(tmp_path: Path) -> None:
    told = step("plan", tmp_path)
    assert abs(told["units"] - big_run.UNITS_OF_ALL) < 500
    assert Scope(told["accounts"], big_run.REGIONS, registry.resource_types(), 0).units == told["units"]
    units = list(RunFolder(Bucket(FolderBucket(tmp_path), BUCKET), next((tmp_path / "runs").iterdir()).name).read_plan())
    assert len({unit.unit_id for unit in units}) == told["units"]


def test_a_hash_is_of_what_is_packed(tmp_path: Path) -> None:
    plain, packed, other = tmp_path / "a.json", tmp_path / "a.json.gz", tmp_path / "b.json"
    plain.write_bytes(b"one\ntwo\n")
    packed.write_bytes(gzip.compress(b"one\n", 1) + gzip.compress(b"two\n", 9))
    other.write_bytes(b"one\ntwo")
    assert one_step.digest(plain) == one_step.digest(packed) != one_step.digest(other)
