"""The account's own rates through the real state machine: those of the contracts are found, and every output has the same dollars."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from finops import cli
from finops.commands import sql
from finops.embedded.aws import EmbeddedAws
from finops.fleet.bill.bill import Billed
from finops.sweeping import dataset, download
from functions.core.costs.usage_types import placed
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.sweeping import Sweep


def rates(sweep: Sweep) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Service, region and usage type → the report's row; those that the operation tells apart have only one here."""
    return {(row["service"], row["region"], row["usage_type"]): row for row in sweep.report["bill"]["rates"]["rows"]}


def test_the_rates_of_every_contract_are_found_exactly(after_sixty_days: Sweep, billed: Billed) -> None:
    found = rates(after_sixty_days)
    assert len(billed.own_rates) > 5
    for (service, region, named), rate in billed.own_rates.items():
        row = found[service, region, placed(named)[1]]
        assert row["own"] == pytest.approx(rate, rel=1e-6), named
        if row["list"] is not None:
            assert row["discount"] == pytest.approx(0.08, abs=1e-4), named


def test_a_mixture_is_refused_with_its_reason_and_stays_at_list_price(after_sixty_days: Sweep, billed: Billed) -> None:
    found = rates(after_sixty_days)
    assert billed.mixed
    for service, region, named in billed.mixed:
        row = found[service, region, placed(named)[1]]
        assert row["own"] is None
        assert row["refused"].startswith("its days do not agree")
        assert row["explains"] == 0.0


def test_everything_else_is_at_list_price_free_days_or_not(after_sixty_days: Sweep, billed: Billed) -> None:
    of_contracts = {(service, region, placed(named)[1]) for service, region, named in (*billed.own_rates, *billed.mixed)}
    others = [row for key, row in rates(after_sixty_days).items() if key not in of_contracts and row["list"] is not None]
    assert len(others) > 20
    told = [row for row in others if not row["refused"]]
    assert {row["discount"] for row in told} == {0.0}
    assert [(row["service"], row["usage_type"]) for row in others if row["refused"]] == [("EC2 - Other", "DataTransfer-Regional-Bytes")]
    assert {(row["own"], row["discount"], row["explains"]) for row in others if row["refused"]} == {(None, None, 0.0)}


def test_a_finding_without_a_list_price_is_priced_by_the_bill(after_sixty_days: Sweep) -> None:
    priced = [one for one in after_sixty_days.report["findings"] if one.get("list_savings") and one["list_savings"]["unpriced"]]
    assert {one["evidence"]["type"] for one in priced if "type" in one["evidence"]} <= {"m1.small"}
    assert priced
    for one in priced:
        assert (one["savings"]["unpriced"], one["list_savings"]["likely"]) == (None, 0.0)
        assert one["savings"]["likely"] == pytest.approx(730 * 0.0396)


def test_what_the_rates_explain_is_what_the_findings_count(after_sixty_days: Sweep) -> None:
    report = after_sixty_days.report
    explained = sum(row["explains"] for row in report["bill"]["rates"]["rows"])
    assert explained > 0
    at_list = sum(
        one["savings"]["likely"] * _share_at_list(one)
        for one in report["findings"]
        if one["headline"] and one["lifecycle"] != "suppressed" and one["savings"]["unpriced"] is None
    )
    assert explained + at_list == pytest.approx(report["totals"]["monthly_savings"]["likely"], abs=0.05)


def _share_at_list(finding: dict[str, Any]) -> float:
    terms = finding["savings"]["terms"]
    whole = sum(term["usd"] for term in terms)
    return 1.0 if whole <= 0 else sum(term["usd"] for term in terms if term.get("rate_from") != "bill") / whole


def test_report_csv_and_json_have_the_same_dollars(aws: EmbeddedAws, after_sixty_days: Sweep) -> None:
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), after_sixty_days.report["run"]["run_id"])
    body = folder.bucket.read(folder.file("report.csv"))
    assert body is not None
    rows = {row["x_FindingId"]: row for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig")))}
    findings = after_sixty_days.report["findings"]
    assert len(rows) == len(findings)
    own = 0
    for one in findings:
        row, listed = rows[one["finding_id"]], one.get("list_savings")
        if one["savings"]["unpriced"] is None:
            assert float(row["x_MonthlySavingsLikely"]) == one["savings"]["likely"]
        if listed and listed["unpriced"] is None:
            own += 1
            assert float(row["x_ListMonthlySavingsLikely"]) == listed["likely"]
            assert row["x_RateFrom"] == "bill"
        else:
            assert row["x_ListMonthlySavingsLikely"] == ""
    assert own > 20


def test_the_command_and_sql_have_the_same_rates_and_dollars(
    aws: EmbeddedAws, after_sixty_days: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = after_sixty_days.report["run"]["run_id"]
    download.fetch(RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id), tmp_path)
    reported = {_key(row): row for row in after_sixty_days.report["bill"]["rates"]["rows"]}
    shown: list[dict[str, Any]] = []
    for more in ((), ("--refused",)):
        assert cli.main(["costs", "rates", "--from", str(tmp_path), "--run", run_id, "--json", *more]) == 0
        shown += json.loads(capsys.readouterr().out)["rows"]
    assert {_key(row): row for row in shown} == reported
    columns, rows = sql.run(dataset.in_folder(tmp_path), f"select * from rates where x_RunId = '{run_id}'")  # noqa: S608 - our own id
    selected = {
        (row["ServiceName"], row["RegionId"], row["SkuMeter"], row["x_Operation"] or ""): row
        for row in (dict(zip(columns, row, strict=True)) for row in rows)
    }
    assert len(selected) == len(rows)
    assert set(selected) == set(reported)
    for key, row in reported.items():
        said = selected[key]
        assert (said["x_OwnUnitPrice"], said["ListUnitPrice"], said["x_Discount"]) == (row["own"], row["list"], row["discount"])
        assert (said["x_MonthlyCost"], said["x_ExplainedMonthlySavings"]) == (row["cost"], row["explains"])
    _, [(explained,)] = sql.run(dataset.in_folder(tmp_path), "select sum(x_ExplainedMonthlySavings) from rates")
    assert explained == pytest.approx(sum(row["explains"] for row in reported.values()), abs=0.005)


def _key(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["service"], row["region"], row["usage_type"], row["operation"]
