"""A Data Export through the real state machine: Cost asks Athena, Rank sets what each resource cost, and the report says it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.conftest import EXPORT, forget_answers
from tests.e2e.sweeping import Sweep, sweep

HOLDS, _, FOLDER = EXPORT.removeprefix("s3://").partition("/")
A_DAY, LIST_A_DAY = 0.5, 0.75
OWN_RATE = 0.09
"""Of a GiB-month of gp2, which is 0.10 at list."""
SCOPE: dict[str, Any] = {"resource_types": ["ebs:volume"], "analyze": False}


def lines(volumes: list[str], account: str, region: str, first: date, last: date) -> list[dict[str, str]]:
    """Half a dollar a day for each volume, and a Glue job that nobody scans."""
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    every = [(volume, "AmazonEC2", A_DAY) for volume in volumes] + [("job/nightly", "AWSGlue", 2 * A_DAY)]
    return [
        {
            "line_item_usage_account_id": account,
            "line_item_usage_start_date": f"{day}T00:00:00.000Z",
            "line_item_line_item_type": "Usage",
            "line_item_product_code": service,
            "line_item_resource_id": resource,
            "line_item_currency_code": "USD",
            "line_item_unblended_cost": str(cost),
            "pricing_public_on_demand_cost": str(LIST_A_DAY),
            "product_region_code": region,
            "line_item_usage_type": "EBS:VolumeUsage.gp2",
            "line_item_operation": "CreateVolume-Gp2",
            "line_item_usage_amount": str(cost / OWN_RATE),
            "pricing_unit": "GB-Mo",
        }
        for day in days
        for resource, service, cost in every
    ]


def as_csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: list[dict[str, str]], folder: Path) -> bytes:
    """With the types that AWS gives them."""
    (folder / "lines.csv").write_bytes(as_csv(rows))
    typed = "* REPLACE (line_item_unblended_cost::DOUBLE AS line_item_unblended_cost, "
    typed += "line_item_usage_amount::DOUBLE AS line_item_usage_amount, "
    typed += "pricing_public_on_demand_cost::DOUBLE AS pricing_public_on_demand_cost, "
    typed += "line_item_usage_start_date::TIMESTAMP AS line_item_usage_start_date)"
    written = folder / "lines.parquet"
    query = f"SELECT {typed} FROM read_csv('{folder}/lines.csv', all_varchar = true)"  # noqa: S608 - of this test's own words
    duckdb.execute(f"COPY ({query}) TO '{written}' (FORMAT parquet, COMPRESSION snappy)")
    return written.read_bytes()


def deliver(to: Bucket, rows: list[dict[str, str]], folder: Path, refresh: str) -> None:
    """A refresh of every month that has lines: the first month as CSV, the next ones as Parquet, which AWS would not mix."""
    months = sorted({row["line_item_usage_start_date"][:7] for row in rows})
    for month in months:
        of_month = [row for row in rows if row["line_item_usage_start_date"].startswith(month)]
        name = "cur2-00001.csv.gz" if month == months[0] else "cur2-00001.snappy.parquet"
        body = gzip.compress(as_csv(of_month)) if month == months[0] else as_parquet(of_month, folder)
        key = f"{FOLDER}/data/BILLING_PERIOD={month}/{refresh}/{name}"
        to.put(key, body, "application/octet-stream")
        to.put_json(f"{FOLDER}/metadata/BILLING_PERIOD={month}/cur2-Manifest.json", {"dataFiles": [f"s3://{HOLDS}/{key}"]})


@pytest.fixture
def bills(aws: EmbeddedAws) -> Iterator[Bucket]:
    """The bucket where the deployed analyzer looks for the export, with nothing delivered yet."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=HOLDS)
    bucket = Bucket(s3, HOLDS)
    yield bucket
    for key in list(bucket.keys("")):
        bucket.delete(key)
    s3.delete_bucket(Bucket=HOLDS)


def test_the_export_says_what_each_volume_cost_until_it_is_refreshed(
    aws: EmbeddedAws, planted: Fleet, after_sixty_days: Sweep, bills: Bucket, tmp_path: Path
) -> None:
    account, region = aws.accounts[0], aws.regions[0]
    assert after_sixty_days.status == "SUCCEEDED", f"{after_sixty_days.error}: {after_sixty_days.message}"
    bill = after_sixty_days.report["bill"]
    first, last = date.fromisoformat(bill["start"]), date.fromisoformat(bill["end"]) - timedelta(1)
    scope = {**SCOPE, "accounts": [account], "regions": [region], "as_of": planted.as_of.isoformat()}
    before = sweep(aws, **scope)
    assert before.report["bill"]["export"]["status"] == "none"
    assert "has no manifest" in before.report["bill"]["export"]["reason"]
    assert not any("resource_cost" in one for one in before.report["findings"])

    volumes = sorted({one["resource_id"] for one in before.report["findings"]})
    assert len(volumes) > 3
    paid, unpaid = volumes[:-1], volumes[-1]
    days = (last - first).days + 1
    deliver(bills, lines(paid, account, region, first - timedelta(3), last + timedelta(3)), tmp_path, "refresh-1")
    now = sweep(aws, **scope)
    assert now.status == "SUCCEEDED", f"{now.error}: {now.message}"
    export = now.report["bill"]["export"]
    assert export["status"] == "ok", export["reason"]
    found = {one["resource_id"]: one.get("resource_cost") for one in now.report["findings"]}
    assert found[unpaid] is None
    for volume in paid:
        cost = found[volume]
        assert cost is not None
        assert (cost["amount"], cost["list_amount"]) == (pytest.approx(days * A_DAY), pytest.approx(days * LIST_A_DAY))
        assert (cost["start"], cost["end"], cost["billed_as"]) == (bill["start"], bill["end"], volume)
    assert (export["table"], export["cached"]) == ("CUR 2.0", False)
    assert export["scanned_bytes"] > 0
    (spot,) = export["blind_spot"]
    assert (spot["resource"], spot["service"], spot["monthly"]) == ("job/nightly", "AWSGlue", pytest.approx(2 * A_DAY * 730 / 24, abs=0.01))
    assert {key: value for key, value in before.report["totals"].items() if key != "run"} == now.report["totals"], (
        "it is evidence, no saving"
    )

    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), now.report["run"]["run_id"])
    rows = list(csv.DictReader(io.StringIO(folder.bucket.need(folder.file("report.csv")).decode())))
    monthly = {row["x_ShortResourceId"]: row["x_ResourceMonthlyCost"] for row in rows}
    assert float(monthly[paid[0]]) == pytest.approx(A_DAY * 730 / 24, abs=0.01)
    assert monthly[unpaid] == ""
    page = folder.bucket.need(folder.file("report.html")).decode()
    assert f"The bill has <b>${days * A_DAY:,.2f}</b> for this resource" in page
    assert "job/nightly" in page

    again = sweep(aws, **scope)
    assert again.report["bill"]["export"]["cached"], "the answer is shared until the export is refreshed"
    deliver(bills, lines(volumes, account, region, first, last), tmp_path, "refresh-2")
    refreshed = sweep(aws, **scope)
    assert not refreshed.report["bill"]["export"]["cached"]
    assert {bool(one.get("resource_cost")) for one in refreshed.report["findings"]} == {True}
    glue = aws.client("glue").get_tables(DatabaseName=aws.outputs["DatabaseName"])["TableList"]
    assert all(one["StorageDescriptor"]["Location"].endswith("/refresh-2/") for one in glue if one["Name"].startswith("billing_export_"))


@pytest.mark.usefixtures("no_answers")
def of_gp2_alone(finding: dict[str, Any]) -> bool:
    return {(term["service"], term["key"]) for term in finding["savings"]["terms"]} == {("AmazonEBS", "volume.gp2")}


def test_where_cost_explorer_says_nothing_the_export_has_the_rates(
    aws: EmbeddedAws, planted: Fleet, after_sixty_days: Sweep, bills: Bucket, tmp_path: Path
) -> None:
    account, region = aws.accounts[0], aws.regions[0]
    bill = after_sixty_days.report["bill"]
    first, last = date.fromisoformat(bill["start"]), date.fromisoformat(bill["end"]) - timedelta(1)
    listed = {one["finding_id"]: one for one in after_sixty_days.report["findings"] if one["resource_type"] == "ebs:volume"}
    volumes = sorted({one["resource_id"] for one in listed.values() if one["region"] == region and one["account"] == account})
    deliver(bills, lines(volumes, account, region, first, last), tmp_path, "refresh-1")
    forget_answers(aws)
    aws.cost_explorer.fail("AccessDeniedException")
    now = sweep(aws, **SCOPE, accounts=[account], regions=[region], as_of=planted.as_of.isoformat())
    assert now.status == "SUCCEEDED", f"{now.error}: {now.message}"
    of = now.report["bill"]
    assert of["status"] == "none"
    assert of.get("export", {}).get("status") == "ok", str(of)[:900]
    (rate,) = of["rates"]["rows"]
    assert (rate["usage_type"], rate["own"], rate["list"], rate["discount"]) == ("EBS:VolumeUsage.gp2", pytest.approx(OWN_RATE), 0.1, 0.1)
    at_own = 0
    for one in now.report["findings"]:
        if one.get("list_savings") and of_gp2_alone(one):
            at_own += 1
            assert one["savings"]["likely"] == pytest.approx(0.9 * one["list_savings"]["likely"], abs=0.0002)
    there = [one for one in listed.values() if (one["account"], one["region"]) == (account, region)]
    assert at_own == sum(map(of_gp2_alone, there)) > 0
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), now.report["run"]["run_id"])
    page = folder.bucket.need(folder.file("report.html")).decode()
    assert "Savings are at the rates of the Data Export where it tells them, and else at list prices." in page
    assert "Your own rates" in page
