"""The bill through the real state machine: what it says, what it does to findings, and every way in which there is none."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest

from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from finops.fleet.bill.bill import IN_PART, Billed
from functions.core.money import HOURS_PER_MONTH
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.conftest import forget_answers
from tests.e2e.sweeping import Sweep, sweep

REGION, EMPTY_REGION = "us-east-1", "eu-north-1"
TYPE = "ebs:volume"
LIMIT_BYTES = 2048


def small(aws: EmbeddedAws, **more: object) -> Sweep:
    """A sweep of one type in one region of every account."""
    asked = {"accounts": list(aws.accounts), "regions": [REGION], "resource_types": [TYPE], "analyze": False, **more}
    return sweep(aws, **asked)


def test_the_bill_is_what_was_billed(after_sixty_days: Sweep, billed: Billed) -> None:
    bill = after_sixty_days.report["bill"]
    assert bill["status"] == "ok"
    assert bill["amortized"] == pytest.approx(billed.spent(bill["days"]), abs=0.01)
    assert bill["blind_spot"]["monthly"] == pytest.approx(billed.blind_monthly(), abs=0.01)
    seen = {(one["service"], one["usage_type"]) for one in bill["blind_spot"]["services"]}
    assert seen == {(service, "") for service in billed.blind} | set(IN_PART)
    assert [{one["account"], one["service"]} for one in bill["anomalies"]] == [set(billed.anomaly)]


def test_public_addresses_are_told_for_each_region_with_what_they_cost(after_sixty_days: Sweep, billed: Billed) -> None:
    told = {one["region"]: one for one in after_sixty_days.report["bill"]["by_the_hour"]}
    expected: dict[str, float] = defaultdict(float)
    for row in billed.rows():
        if "PublicIPv4:" in row.usage_type:
            expected[row.region] += row.amortized * HOURS_PER_MONTH / 24
    assert {region: one["monthly"] for region, one in told.items()} == pytest.approx(dict(expected), abs=0.01)
    assert all(one["count"] > 0 for one in told.values())


def test_every_breakdown_adds_up(after_sixty_days: Sweep) -> None:
    bill = after_sixty_days.report["bill"]
    for name in ("by_service", "by_account", "by_region", "daily"):
        assert sum(row["amortized"] for row in bill[name]) == pytest.approx(bill["amortized"], abs=0.05), name


def test_what_the_findings_explain_is_their_sum_over_the_bill(after_sixty_days: Sweep) -> None:
    report = after_sixty_days.report
    likely, monthly = report["totals"]["monthly_savings"]["likely"], report["bill"]["monthly"]
    assert report["bill"]["explained"]["findings_monthly_likely"] == pytest.approx(likely)
    assert report["bill"]["explained"]["share"] == pytest.approx(likely / monthly, abs=1e-4)


def test_an_instance_that_a_savings_plan_pays_for_saves_nothing_until_the_plan_ends(after_sixty_days: Sweep, billed: Billed) -> None:
    pool = billed.covered
    assert pool is not None
    family = [
        finding
        for finding in after_sixty_days.report["findings"]
        if finding["coverable"]
        and (finding["account"], finding["region"]) == (pool.account, pool.region)
        and (finding["coverable"]["service"], finding["coverable"]["family"]) == (pool.service, pool.family)
    ]
    assert family
    for finding in family:
        assert finding["savings"]["likely"] == finding["savings"]["low"] == 0
        assert finding["savings"]["high"] > 0
        assert str(pool.ends) in finding["note"]
        assert "Savings Plan" in finding["note"]


def test_a_saving_outside_of_every_commitment_is_whole(after_sixty_days: Sweep, billed: Billed) -> None:
    committed = (billed.covered, billed.partly, billed.reserved)
    pools = {(pool.service, pool.account, pool.region, pool.family) for pool in committed if pool is not None}
    free = [
        finding
        for finding in after_sixty_days.report["findings"]
        if (of := finding["coverable"]) and (of["service"], finding["account"], finding["region"], of["family"]) not in pools
    ]
    assert free
    assert all(
        finding["savings"]["likely"] == pytest.approx(finding["coverable"]["usd"], abs=0.0002) for finding in free if _computes(finding)
    )


def _computes(finding: dict[str, object]) -> bool:
    """Its whole saving is compute."""
    return finding["check_id"] in {"ec2-idle-instance", "ec2-old-generation", "ec2-graviton"}


@pytest.mark.usefixtures("planted", "no_answers")
def test_a_second_sweep_asks_cost_explorer_nothing(aws: EmbeddedAws) -> None:
    first = small(aws)
    asked = sum(aws.cost_explorer.requests().values())
    second = small(aws)
    assert asked == first.report["bill"]["requests"] > 0
    assert second.report["bill"]["requests"] == 0
    assert sum(aws.cost_explorer.requests().values()) == asked
    assert second.report["bill"]["amortized"] == first.report["bill"]["amortized"]
    assert second.report["sweep_cost"]["usd"] < first.report["sweep_cost"]["usd"] - 0.01 * asked + 0.005


@pytest.mark.usefixtures("planted", "no_answers")
def test_two_sweeps_at_once_ask_once(aws: EmbeddedAws) -> None:
    alone = small(aws).report["bill"]["requests"]
    forget_answers(aws)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: small(aws), range(2)))
    assert sum(aws.cost_explorer.requests().values()) == alone
    assert sum(done.report["bill"]["requests"] for done in both) == alone
    assert both[0].report["bill"]["by_service"] == both[1].report["bill"]["by_service"] != []


@pytest.mark.usefixtures("planted", "no_answers")
@pytest.mark.parametrize(
    ("code", "words"), [("AccessDeniedException", "ce:GetCostAndUsage"), ("DataUnavailableException", "DataUnavailableException")]
)
def test_a_refusal_is_no_bill_with_its_reason_and_the_sweep_goes_on(aws: EmbeddedAws, code: str, words: str) -> None:
    aws.cost_explorer.fail(code)
    done = small(aws)
    assert (done.status, done.error) == ("SUCCEEDED", "")
    assert done.report["bill"]["status"] == "none"
    assert words in done.report["bill"]["reason"]
    assert done.report["totals"]["findings"] > 0
    html = aws.client("s3").get_object(Bucket=aws.outputs["BucketName"], Key=_key(done, "report.html"))["Body"].read().decode()
    assert "No billing data: " in html


@pytest.mark.usefixtures("planted", "no_answers")
def test_a_bill_without_its_reservations_is_a_bill_and_says_so(aws: EmbeddedAws) -> None:
    aws.cost_explorer.fail("AccessDeniedException", operation="GetReservationUtilization")
    done = small(aws)
    assert (done.status, done.report["bill"]["status"]) == ("SUCCEEDED", "ok")
    [warning] = [one for one in done.report["warnings"] if one.startswith("Cost Explorer did not report")]
    assert "the reservations (" in warning


@pytest.mark.usefixtures("planted", "no_answers")
def test_a_region_without_spend_is_skipped_and_said(aws: EmbeddedAws) -> None:
    done = small(aws, regions=[REGION, EMPTY_REGION], skip_regions_without_spend=True)
    assert done.status == "SUCCEEDED"
    coverage = done.report["coverage"]
    assert (coverage["planned"], coverage["units"]["skipped"], coverage["ratio"]) == (2 * len(aws.accounts), len(aws.accounts), 1.0)
    assert {(scope["region"], scope["outcome"], scope["reason"]) for scope in coverage["not_seen"]} == {
        (EMPTY_REGION, "skipped", "no spend")
    }
    assert {outcome.region for outcome in done.outcomes.values()} == {REGION}


@pytest.mark.usefixtures("planted", "no_answers")
def test_without_a_bill_no_region_is_skipped_and_the_report_says_why(aws: EmbeddedAws) -> None:
    aws.cost_explorer.fail("AccessDeniedException")
    done = small(aws, regions=[REGION, EMPTY_REGION], skip_regions_without_spend=True)
    assert done.report["coverage"]["units"]["skipped"] == 0
    assert any("regions without spend were not left out" in warning for warning in done.report["warnings"])


def test_the_bill_travels_in_the_bucket_not_in_the_state(aws: EmbeddedAws, after_sixty_days: Sweep) -> None:
    events = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=after_sixty_days.arn)
    sizes = [
        len(detail.get(side, "").encode())
        for page in events
        for event in page["events"]
        for key, detail in event.items()
        if key.endswith("EventDetails")
        for side in ("input", "output")
    ]
    assert sizes
    assert max(sizes) <= 2 * LIMIT_BYTES, "a state's whole input; what one Lambda adds is under half of it"


def _key(done: Sweep, name: str) -> str:
    return RunFolder(Bucket(None, ""), done.report["run"]["run_id"]).file(name)


def test_the_fleet_is_what_the_bill_was_made_for(planted: Fleet, billed: Billed) -> None:
    assert billed.spent(30) > 0
    assert sum(planted.resources.values()) > 1000
