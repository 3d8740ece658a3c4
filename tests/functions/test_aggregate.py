"""Aggregate as the state machine calls it: the report's files, a small answer, and the metrics unless they are switched off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions import aggregate, rank
from functions.core.meter import sweep_cost
from functions.core.model import Outcome
from functions.core.report.advice import IN_WORDS
from functions.core.settings import settings
from functions.core.store.bucket import Bucket
from tests.functions import sweeps


def aggregated(world: sweeps.World) -> dict[str, Any]:
    units = [sweeps.unit(), sweeps.unit("rds:db-instance")]
    sweeps.write_plan(world.s3, units)
    sweeps.write_unit(world.s3, units[0], [sweeps.finding("vol-1", sweeps.saving(12.5, 10, 15))], resources=40)
    sweeps.write_unit(world.s3, units[1], outcome=Outcome.DENIED, reason="no")
    plan = sweeps.plan_output()
    ranked = rank.handler({"plan": plan, "cost": sweeps.NO_BILL}, sweeps.Context())
    answer: dict[str, Any] = aggregate.handler({"plan": plan, "rank": ranked}, sweeps.Context())
    return answer


def test_it_writes_the_report_and_answers_in_short() -> None:
    with sweeps.world() as world:
        answer = aggregated(world)
        files = {name: world.s3.get_object(Bucket=sweeps.BUCKET, Key=key) for name, key in answer["report"].items()}
        types = {name: file["ContentType"] for name, file in files.items()}
        report = json.loads(files["json"]["Body"].read())
        summary = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().summary)
    assert answer["report"] == {name: f"runs/{sweeps.RUN_ID}/report.{name}" for name in ("html", "json", "csv")}
    assert types == {"html": "text/html; charset=utf-8", "json": "application/json", "csv": "text/csv; charset=utf-8"}
    assert answer["monthly_savings"] == {"low": 10, "likely": 12.5, "high": 15} == report["totals"]["monthly_savings"]
    assert answer["coverage_ratio"] == 0.5
    assert answer["seconds"] == report["run"]["seconds"] == summary["run"]["seconds"]
    assert len(json.dumps(answer)) < 2048
    assert report["findings"][0]["resource_id"] == "vol-1"
    assert report["coverage"]["not_seen"][0]["reason"] == "no"


def test_the_reasons_that_the_state_machine_noted_are_told_with_the_rules_advice() -> None:
    cause = json.dumps({"errorType": "BedrockThrottled", "errorMessage": "too many requests"})
    with sweeps.world() as world:
        world.fail_advice(f"{sweeps.ACCOUNT}.ebs", "BedrockThrottled", cause)
        answer = aggregated(world)
        report = Bucket(world.s3, sweeps.BUCKET).need_json(answer["report"]["json"])
        summary = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().summary)
        page = world.s3.get_object(Bucket=sweeps.BUCKET, Key=answer["report"]["html"])["Body"].read().decode()
    [advice] = report["advice"]
    assert (advice["source"], advice["reason"]) == ("rules", "BedrockThrottled: too many requests")
    assert advice["steps"][0]["resource_ids"] == ["vol-1"]
    assert summary["advice"] == {
        "bedrock": 0, "rules": 1, "reasons": {"BedrockThrottled": 1}, "tokens": {"input": 0, "output": 0}, "usd": 0, "unpriced": 0,
    }  # fmt: skip
    assert f"It is written by rule, because {IN_WORDS['BedrockThrottled']}." in " ".join(page.split())


@pytest.mark.parametrize(("switch", "metrics"), [("true", 6), ("false", 0)])
def test_metrics_can_be_switched_off(
    switch: str, metrics: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sweeps.world() as world:
        monkeypatch.setenv("ENABLE_CLOUDWATCH_METRICS", switch)
        settings.cache_clear()
        aggregated(world)
    assert sum('"_aws"' in line for line in capsys.readouterr().out.splitlines()) == metrics


def test_only_aggregate_imports_the_template_engine() -> None:
    script = "import sys, functions.plan, functions.scan, functions.rank; print('jinja2' in sys.modules)"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    assert loaded.stdout.strip() == "False"


def test_the_report_says_what_the_sweep_cost_and_a_metric_too(capsys: pytest.CaptureFixture[str]) -> None:
    with sweeps.world() as world:
        answer = aggregated(world)
        report = Bucket(world.s3, sweeps.BUCKET).need_json(answer["report"]["json"])
        summary = Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder().summary)
        meters = [
            Bucket(world.s3, sweeps.BUCKET).need_json(key) for key in Bucket(world.s3, sweeps.BUCKET).keys("") if "/meter/aggregate" in key
        ]
    cost = report["sweep_cost"]
    assert cost["note"] == sweep_cost.NOTE
    lines = {line["what"]: line["quantity"] for line in cost["lines"]}
    assert cost["resources"] == 40
    assert cost["usd"] == pytest.approx(sum(line["usd"] for line in cost["lines"]), abs=1e-6) == summary["sweep_cost"]["usd"] > 0
    assert lines["Step Functions transitions"] > 10
    assert lines["S3 PUT and LIST requests"] >= meters[0]["calls"]["s3:PutObject"] == 6, "the report's own files and the usual number too"
    [metric] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "SweepCost" in line]
    assert metric["SweepCost"] == [cost["usd"]]


def test_a_sweep_on_somebodys_machine_costs_only_what_is_asked_of_the_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    with sweeps.world() as world:
        monkeypatch.setenv("READ_AS", "arn:aws:iam::111122223333:user/ann")
        settings.cache_clear()
        units = [sweeps.unit()]
        sweeps.write_plan(world.s3, units)
        asked = {"ce:GetCostAndUsage": 3, "cloudwatch:GetMetricData": 2, "ec2:DescribeVolumes": 9, "s3:PutObject": 5}
        sweeps.write_unit(world.s3, units[0], [sweeps.finding()], calls=asked, metrics=4000, billed_seconds=9.0, memory_mib=512)
        plan = sweeps.plan_output() | {"read_as": "arn:aws:iam::111122223333:user/ann"}
        ranked = rank.handler({"plan": plan, "cost": sweeps.NO_BILL}, sweeps.Context())
        answer = aggregate.handler({"plan": plan, "rank": ranked}, sweeps.Context())
        report = Bucket(world.s3, sweeps.BUCKET).need_json(answer["report"]["json"])
    settings.cache_clear()
    cost = report["sweep_cost"]
    assert {line["what"]: (line["quantity"], line["usd"]) for line in cost["lines"]} == {
        "CloudWatch GetMetricData": (4000, 0.04),
        "Cost Explorer": (3, 0.03),
    }
    assert (cost["usd"], cost["unpriced"], cost["note"]) == (0.07, [], sweep_cost.OWN_MACHINE_NOTE)
    assert report["run"]["read_as"] == "arn:aws:iam::111122223333:user/ann"
