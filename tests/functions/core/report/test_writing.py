"""The report's files tell the same story, and writing them takes bounded memory."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions.core.advice import answers, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import Run
from functions.core.rank.totals import Place
from functions.core.report import writing
from functions.core.report.browser import details
from functions.core.report.page import SHOWN
from functions.core.store import unit_objects
from functions.core.store.streams import PART_BYTES
from tests.functions import sweeps
from tests.functions.core.rank import test_ranking as runs
from tests.functions.folder_bucket import FolderBucket

STARTED = Run.planned(sweeps.plan_output()).started


def reported(folder: Path, count: int, regions: int = 2) -> dict[str, Any]:
    bucket = FolderBucket(folder)
    units = [sweeps.unit(region=f"r-{number}") for number in range(regions)]
    each = count // regions
    for unit in units:
        found = (sweeps.finding(f"vol-{number}", sweeps.saving(1 + number / 10), of=unit) for number in range(each))
        sweeps.write_unit(bucket, unit, found, resources=3 * each)
    sweeps.write_plan(bucket, units)
    runs.rank_again(bucket)
    return writing.write(sweeps.folder(bucket), STARTED + timedelta(seconds=61.26))


def test_findings_that_rest_on_old_prices_are_a_warning_in_every_form_of_the_report(tmp_path: Path) -> None:
    assert sweeps.PRICE.as_of == "2026-10-01", "54 days before the run"
    summary = reported(tmp_path, 20)
    files = {name: (tmp_path / key).read_text(encoding="utf-8") for name, key in summary["files"].items()}
    sentence = "20 findings rest on list prices older than 45 days (the oldest of 2026-10-01): run the function FinOpsAnalyzer-prices"
    [warning] = json.loads(files["json"])["warnings"]
    assert warning.startswith(sentence)
    assert sentence in files["html"]


def test_the_files_tell_the_same_story(tmp_path: Path) -> None:
    summary = reported(tmp_path, 20)
    files = {name: (tmp_path / key).read_text(encoding="utf-8") for name, key in summary["files"].items()}
    report = json.loads(files["json"])
    rows = list(csv.DictReader(io.StringIO(files["csv"], newline="")))
    assert report["run"] == {
        "run_id": sweeps.RUN_ID,
        "as_of": "2026-11-24T16:04:02+00:00",
        "started": "2026-11-24T16:04:02+00:00",
        "resumed": None,
        "what_if": False,
        "analysis_period_days": 30,
        "account_names": {},
        "scope": summary["run"]["scope"],
        "finished": "2026-11-24T16:05:03+00:00",
        "seconds": 61.3,
    }
    assert [row["x_FindingId"] for row in rows] == [finding["finding_id"] for finding in report["findings"]]
    total = sum(finding["savings"]["likely"] for finding in report["findings"])
    assert round(total, 4) == report["totals"]["monthly_savings"]["likely"] == summary["totals"]["monthly_savings"]["likely"] == 29
    assert round(sum(float(row["x_MonthlySavingsLikely"]) for row in rows), 4) == 29
    assert "$29.00" in files["html"]
    assert report["totals"]["resources"] == 60
    assert [one["finding_id"] for one in summary["largest"]] == [one["finding_id"] for one in report["findings"][:10]]
    assert json.loads((tmp_path / sweeps.folder().summary).read_text()) == summary
    for finding in report["findings"]:
        unit_objects.FINDING.validate_python(finding)


def test_the_advice_is_in_the_json_and_the_page_and_its_sums_in_the_summary(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    unit = sweeps.unit()
    sweeps.write_plan(bucket, [unit])
    sweeps.write_unit(bucket, unit, [sweeps.finding("vol-1", sweeps.saving(12.5))])
    runs.rank_again(bucket, groups=Groups(20))
    before = (tmp_path / sweeps.folder().ranking).read_bytes()
    facts = Facts.model_validate_json((tmp_path / sweeps.folder().facts(f"{sweeps.ACCOUNT}.ebs")).read_bytes())
    digest = prompt.digest(facts, "model-1")
    advice = by_rule(facts)
    answers.write(sweeps.folder(bucket), Answer(group_id=facts.group_id, digest=digest, model_id="model-1", advice=advice, usd=0.25))
    summary = writing.write(sweeps.folder(bucket), STARTED)
    report = json.loads((tmp_path / summary["files"]["json"]).read_text())
    assert [(one["source"], one["summary"]) for one in report["advice"]] == [("bedrock", advice.summary)]
    assert (summary["advice"]["bedrock"], summary["advice"]["rules"], summary["advice"]["usd"]) == (1, 0, 0.25)
    assert "Written by model-1, checked against the findings." in (tmp_path / summary["files"]["html"]).read_text()
    assert "advice" not in (tmp_path / summary["files"]["csv"]).read_text().lower()
    assert (tmp_path / sweeps.folder().ranking).read_bytes() == before


def test_memory_is_that_of_the_page_and_not_of_the_findings(tmp_path: Path) -> None:
    reported(tmp_path, 6_000)
    bucket = FolderBucket(tmp_path)
    tracemalloc.start()
    summary = writing.write(sweeps.folder(bucket), STARTED)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary["totals"]["findings"] == 6_000
    assert used < 2 * PART_BYTES + SHOWN[Place.COUNTED] * 20_000 + details.MOST * 400
    assert (tmp_path / summary["files"]["json"]).stat().st_size > 6_000_000
