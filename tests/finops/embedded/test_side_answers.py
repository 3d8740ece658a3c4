"""Operations that ministack lacks, asked through boto3: ministack checks the permission, the server beside it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.side_answers import SideAnswers, filters, matches, recorded
from functions.core.aws.clients import Aws
from functions.scanners.rds.extended_support import CALENDAR, IAM, SupportDates
from tests.finops.embedded.ministack.test_server import READER_TRUST, assumed


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_a_zone_offers_what_moto_has_recorded_of_aws(aws: EmbeddedAws) -> None:
    ec2 = aws.client("ec2")

    def zones(kind: str) -> set[str]:
        only = [{"Name": "instance-type", "Values": [kind]}]
        listed = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=only)["InstanceTypeOfferings"]
        assert {one["InstanceType"] for one in listed} <= {kind}
        return {one["Location"] for one in listed}

    assert "us-east-1e" in zones("c4.large")
    assert zones("c7i.large") == {f"us-east-1{zone}" for zone in "abcdf"}
    assert zones("m99.large") == set()


def test_the_sizes_of_a_family_are_those_that_moto_has_recorded_of_aws(aws: EmbeddedAws) -> None:
    """https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html"""
    ec2 = aws.client("ec2")
    listed = ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": ["m5.*"]}])["InstanceTypes"]
    of = {one["InstanceType"]: one for one in listed}
    assert {"m5.large", "m5.2xlarge", "m5.24xlarge", "m5.metal"} <= set(of)
    assert {name.partition(".")[0] for name in of} == {"m5"}
    assert (of["m5.2xlarge"]["VCpuInfo"]["DefaultVCpus"], of["m5.2xlarge"]["MemoryInfo"]["SizeInMiB"]) == (8, 32_768)
    assert of["m5.large"]["EbsInfo"]["EbsOptimizedInfo"]["BaselineIops"] == 3_600


def test_fast_snapshot_restores_are_those_of_the_account_that_enabled_them(aws: EmbeddedAws) -> None:
    ec2, other = aws.client("ec2"), aws.client("ec2", account=ACCOUNTS[1])
    zones = ["us-east-1a", "us-east-1b"]
    assert len(ec2.enable_fast_snapshot_restores(AvailabilityZones=zones, SourceSnapshotIds=["snap-1"])["Successful"]) == 2
    listed = ec2.describe_fast_snapshot_restores()["FastSnapshotRestores"]
    assert [(one["SnapshotId"], one["AvailabilityZone"], one["State"]) for one in listed] == [("snap-1", zone, "enabled") for zone in zones]
    assert other.describe_fast_snapshot_restores()["FastSnapshotRestores"] == []
    ec2.disable_fast_snapshot_restores(AvailabilityZones=zones[:1], SourceSnapshotIds=["snap-1"])
    only = [{"Name": "state", "Values": ["enabled"]}]
    assert [one["AvailabilityZone"] for one in ec2.describe_fast_snapshot_restores(Filters=only)["FastSnapshotRestores"]] == zones[1:]


def test_the_dates_of_extended_support_come_from_the_api(aws: EmbeddedAws) -> None:
    there = Aws(ACCOUNTS[0], REGIONS[0], aws.session(), datetime.now(UTC))
    dates = SupportDates(there)
    found = dates.lifecycle("mysql", "8.0.35")
    assert found is not None
    known = CALENDAR["mysql", "8.0"]
    assert (found.charged_from, found.year_3_from, found.ends, found.source) == (known.charged_from, known.year_3_from, known.ends, IAM)
    engine = aws.client("rds").describe_db_major_engine_versions(Engine="postgres")["DBMajorEngineVersions"]
    assert {one["Engine"] for one in engine} == {"postgres"}


def test_no_account_has_a_policy_for_all_its_log_groups(aws: EmbeddedAws) -> None:
    for account in ACCOUNTS:
        assert aws.client("logs", account).describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"] == []


def test_the_permission_is_needed_all_the_same(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="offerings", AssumeRolePolicyDocument=json.dumps(READER_TRUST))
    reader = assumed(aws, "ec2", f"arn:aws:iam::{ACCOUNTS[0]}:role/offerings")
    with pytest.raises(ClientError, match=r"UnauthorizedOperation|AccessDenied"):
        reader.describe_instance_type_offerings()
    allow = {"Statement": [{"Effect": "Allow", "Action": "ec2:DescribeInstanceTypeOfferings", "Resource": "*"}]}
    iam.put_role_policy(RoleName="offerings", PolicyName="read", PolicyDocument=json.dumps(allow))
    assert reader.describe_instance_type_offerings()["InstanceTypeOfferings"]
    with pytest.raises(ClientError, match=r"UnauthorizedOperation|AccessDenied"):
        reader.describe_fast_snapshot_restores()


def test_a_dry_run_of_ec2_makes_no_answer(aws: EmbeddedAws) -> None:
    for ask in (aws.client("ec2").describe_instance_types, aws.client("ec2").describe_instance_type_offerings):
        with pytest.raises(ClientError, match="DryRunOperation"):
            ask(DryRun=True)


def test_what_is_not_ours_is_handed_on_whole() -> None:
    seen: list[bytes] = []

    def moto(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["wsgi.input"].read())
        return [b"moto"]

    body = b"Action=DescribeRegions"
    environ = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    assert list(SideAnswers(moto)(environ, None)) == [b"moto"]
    assert seen == [body]


def test_filters_are_names_with_values() -> None:
    asked = {"Filter.1.Name": "state", "Filter.1.Value.1": "a", "Filter.1.Value.2": "b", "Filter.2.Name": "zone", "Filter.2.Value.1": "c"}
    wanted = filters(asked)
    assert wanted == {"state": {"a", "b"}, "zone": {"c"}}
    assert matches(wanted, {"state": "b", "zone": "c"})
    assert not matches(wanted, {"state": "b", "zone": "d"})
    assert matches({}, {})


@pytest.mark.parametrize(
    ("kind", "region", "there"), [("region", "us-east-1", True), ("region", "mars-1", False), ("outpost", "us-east-1", False)]
)
def test_only_what_was_recorded_is_there(kind: str, region: str, there: bool) -> None:
    assert bool(recorded(kind, region)) is there
