"""The sweep end to end: the synthesised stack in an AWS with IAM enforced finds exactly what was planted, and says what it did not see."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from cdk_app.constructs.functions import HANDLERS
from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from functions.core import registry
from scripts import readme_sample
from tests.e2e.sweeping import Sweep, reported, sweep

FILES = {"plan.jsonl", "report.json", "report.csv", "report.html", "summary.json"}


def test_the_found_set_is_the_planted_set(planted: Fleet, after_sixty_days: Sweep) -> None:
    expected = planted.expected()
    assert len(expected) > 300
    assert sorted(after_sixty_days.found - expected) == [], "found and not planted"
    assert sorted(expected - after_sixty_days.found) == [], "planted and not found"


def test_no_near_miss_is_found(planted: Fleet, after_sixty_days: Sweep) -> None:
    assert len(planted.near_misses) > 700
    assert not planted.near_misses & after_sixty_days.found


def test_everything_was_seen(aws: EmbeddedAws, planted: Fleet, after_sixty_days: Sweep) -> None:
    assert (after_sixty_days.status, after_sixty_days.failures) == ("SUCCEEDED", {})
    assert len(after_sixty_days.outcomes) == sum(
        len(aws.accounts) * len(registry.asked_in(kind, aws.regions)) for kind in registry.resource_types()
    )
    seen: Counter[str] = Counter()
    for outcome in after_sixty_days.outcomes.values():
        assert outcome.outcome.good, outcome
        seen[outcome.resource_type] += outcome.resources
    assert seen == Counter(planted.resources)
    assert seen.total() >= 1500


def test_the_report_says_the_same(planted: Fleet, after_sixty_days: Sweep) -> None:
    report = after_sixty_days.report
    assert set(after_sixty_days.keys) >= FILES
    assert reported(report) == planted.expected()
    assert len(report["findings"]) == len(planted.expected()), "each finding once"
    assert report["run"]["as_of"].startswith(planted.as_of.isoformat()[:19])
    assert (report["coverage"]["ratio"], report["coverage"]["not_seen"]) == (1.0, [])
    assert report["totals"]["resources"] == sum(planted.resources.values())
    money = report["totals"]["monthly_savings"]
    assert 0 < money["low"] <= money["likely"] <= money["high"]


def test_readmes_sample_is_of_the_fleet_of_today(after_sixty_days: Sweep) -> None:
    """Its counts; dollars, ids and dates are those of the day on which it was taken."""
    shown, report = readme_sample.summary(), after_sixty_days.report
    newer = 'take a newer one: make sweep, then make docs ARGS="--sample out/latest/report.json"'
    assert shown["totals"]["findings"] == report["totals"]["findings"], newer
    assert shown["totals"]["resources"] == report["totals"]["resources"], newer
    assert shown["coverage"]["planned"] == report["coverage"]["planned"], newer


def test_what_cannot_be_judged_is_counted(after_sixty_days: Sweep) -> None:
    """The planted ones with too few datapoints are neither findings nor clean."""
    insufficient = after_sixty_days.report["coverage"]["insufficient_data"]
    for check in ("ec2-idle-instance", "ec2-stopped-instance", "ebs-idle-volume", "ebs-io-to-gp3", "rds-idle-instance", "elb-idle"):
        assert insufficient[check] >= 3, check


def test_after_six_days_nothing_that_takes_time_is_waste(aws: EmbeddedAws, planted: Fleet) -> None:
    as_of = planted.created + timedelta(days=6)
    soon = sweep(aws, accounts=list(aws.accounts), regions=list(aws.regions), as_of=as_of.isoformat())
    assert soon.status == "SUCCEEDED"
    assert soon.found == planted.expected(as_of)
    waits = {
        check.id
        for check in registry.checks()
        for name, threshold in check.thresholds.items()
        if threshold.default > 6 and (name == "window_days" or (name.startswith("min_") and name.endswith("_days")))
    }
    assert len(waits) > 15
    assert not waits & {check for _, check in soon.found}
    assert {check for _, check in soon.found} >= {
        "ebs-gp2-to-gp3", "ec2-old-generation", "ec2-graviton", "rds-old-generation", "rds-graviton", "rds-multi-az-non-production",
        "rds-extended-support", "aurora-extended-support", "elb-orphan-target-group",
    }  # fmt: skip


def test_after_a_quarter_functions_are_unused_and_snapshots_are_old(aws: EmbeddedAws, planted: Fleet) -> None:
    as_of = planted.created + timedelta(days=100)
    types = ["lambda:function", "ebs:snapshot"]
    late = sweep(aws, accounts=list(aws.accounts), regions=list(aws.regions), resource_types=types, as_of=as_of.isoformat())
    over = {check.id for check in registry.checks() if check.over.resource_type in types}
    assert late.found == {key for key in planted.expected(as_of) if key[1] in over}
    assert {check for _, check in late.found} >= {"lambda-unused", "ebs-old-snapshot"}
    own = {arn for arn, _ in late.found if f"{aws.accounts[0]}:function:FinOpsAnalyzer-" in arn}
    assert len(own) == len(HANDLERS) - 1 + len(registry.services()), "the analyzer's own functions are swept like any other"


@pytest.mark.parametrize(
    ("given", "named", "allowed"),
    [
        ({"regions": ["us-east-99"]}, "regions: 'us-east-99'", "us-east-1"),
        ({"regoins": []}, "unknown key 'regoins'", "regions"),
        ({"analysis_period_days": 0}, "analysis_period_days", "greater than or equal to 1"),
        ({"resource_types": ["ec2:instances"]}, "resource_types: 'ec2:instances'", "ec2:instance"),
    ],
)
def test_bad_input_is_refused_before_anything_is_scanned(aws: EmbeddedAws, given: dict[str, Any], named: str, allowed: str) -> None:
    refused = sweep(aws, **given)
    assert (refused.status, refused.error) == ("FAILED", "InvalidInput")
    assert named in refused.message
    assert allowed in refused.message
    assert refused.keys == [], "not even a plan"
