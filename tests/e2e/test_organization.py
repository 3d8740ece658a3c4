"""A sweep of an organization: Plan lists it from within Lambda, each active account is scanned, and the closed one is said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet, organization
from finops.fleet.organization import CLOSED, PRODUCTION, WORKLOADS, Organization
from functions.core import run_ids
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.sweeping import of_types, sweep
from tests.e2e.test_broken import without

TYPE = "ebs:volume"


@pytest.fixture(scope="module")
def made(aws: EmbeddedAws) -> Organization:
    return organization.seed(aws)


def test_every_active_account_is_scanned_and_the_closed_one_is_left_out_with_its_reason(
    aws: EmbeddedAws, planted: Fleet, made: Organization
) -> None:
    swept = sweep(aws, accounts={"organization": {}}, regions=list(aws.regions), resource_types=[TYPE], as_of=planted.as_of.isoformat())
    assert (swept.status, swept.error, swept.message) == ("SUCCEEDED", "", "")
    assert {(one.account, one.region) for one in swept.outcomes.values()} == {(a, r) for a in aws.accounts for r in aws.regions}
    volumes = of_types(planted, TYPE)
    assert volumes, "nothing to find"
    assert swept.found == volumes
    coverage = swept.report["coverage"]
    assert (coverage["ratio"], coverage["units"]["skipped"]) == (1.0, 1)
    assert [(one["account"], one["outcome"], one["reason"]) for one in coverage["not_seen"]] == [(CLOSED, "skipped", "closed")]
    names = swept.report["run"]["account_names"]
    assert set(names) == set(aws.accounts), "of the accounts that are scanned, as Organizations has them"
    assert all(names.values())
    calls = plan_calls(aws, swept.arn)
    assert calls["organizations:ListAccounts"] == 1
    assert calls["sts:AssumeRole"] == len(aws.accounts) - 1
    assert calls["ec2:DescribeRegions"] == len(aws.accounts), "IAM lets Plan assume the role in every account"


def test_an_account_that_cannot_say_its_regions_is_never_complete_until_it_can(
    aws: EmbeddedAws, planted: Fleet, made: Organization
) -> None:
    """Its role may scan, so that all that is planned is seen; what it has in other regions nobody knows."""
    silent = aws.accounts[-1]
    with without(aws, "FinOpsAnalyzerReader", "ec2:DescribeRegions", silent):
        swept = sweep(aws, accounts=["self", silent], resource_types=[TYPE], as_of=planted.as_of.isoformat(), notify=False)
    coverage = swept.report["coverage"]
    assert coverage["ratio"] < 1.0
    (missing,) = coverage["not_seen"]
    assert (missing["account"], missing["region"], missing["outcome"]) == (silent, "unknown", "denied")
    assert "ec2:DescribeRegions" in missing["reason"]
    assert all(one.outcome.good for one in swept.outcomes.values())
    resumed = sweep(aws, resume=swept.report["run"]["run_id"])
    assert resumed.status == "SUCCEEDED"
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), swept.report["run"]["run_id"])
    coverage = folder.bucket.need_json(folder.file("report.json"))["coverage"]
    assert (coverage["ratio"], coverage["not_seen"]) == (1.0, [])


def plan_calls(aws: EmbeddedAws, execution: str) -> Mapping[str, int]:
    """What the Plan function of a sweep asked AWS."""
    started = aws.client("stepfunctions").describe_execution(executionArn=execution)["startDate"]
    run_id = run_ids.make(started, execution.rpartition(":")[2])
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    (key,) = folder.bucket.keys(f"{folder.meters}plan-")
    calls: Mapping[str, int] = folder.bucket.need_json(key)["calls"]
    return calls


def test_an_organizational_unit_is_scanned_with_those_below_it_less_what_is_excluded(aws: EmbeddedAws, made: Organization) -> None:
    excluded = made.active[PRODUCTION][0]
    unit = {"ous": [made.units[WORKLOADS]], "exclude": [excluded]}
    swept = sweep(aws, accounts={"organization": unit}, regions=[aws.regions[0]], resource_types=[TYPE])
    assert {one.account for one in swept.outcomes.values()} == set(made.active[WORKLOADS])


def test_excluding_what_is_not_there_ends_the_sweep_before_anything_is_scanned(aws: EmbeddedAws, made: Organization) -> None:
    swept = sweep(aws, accounts={"organization": {"exclude": ["555555555555"]}}, resource_types=[TYPE])
    assert (swept.status, swept.error) == ("FAILED", "InvalidInput")
    assert "not in the organization: 555555555555" in swept.message
    assert not swept.outcomes
