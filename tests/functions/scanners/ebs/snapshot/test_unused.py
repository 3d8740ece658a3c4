"""Snapshots of a volume that is gone, or kept for long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.ec2.responses import EC2Response

from functions.core import registry
from functions.core.aws.clients import iam_action
from functions.core.model import Confidence, Finding, InsufficientData, Unit, Waste
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.scan.judge import Judge
from functions.scanners.ebs.snapshot.collector import Snapshot, snapshots
from functions.scanners.ebs.snapshot.lineage import GIB
from functions.scanners.ebs.snapshot.unused import LAST_SIGN, old_snapshot, orphan_snapshot
from tests.functions.scanners.ebs import snapshot_seed
from tests.functions.scanners.ebs.samples import ACCOUNT, NOW, REGION, aws, days_ago, judged, usage, waste

PLAIN = Snapshot(
    arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:snapshot/snap-1",
    id="snap-1",
    account=ACCOUNT,
    region=REGION,
    created=days_ago(60),
    volume_id="vol-gone",
    source_exists=False,
    volume_gib=100,
    full_bytes=None,
    tier="standard",
    state="completed",
    description="before the move",
    image="",
    relatives=0,
    newest=True,
)
BOTH = [orphan_snapshot, old_snapshot]


def snapshot(**changes: Any) -> Snapshot:
    return replace(PLAIN, **changes)


# --- which ones ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("check", "limit"), [(orphan_snapshot, 30), (old_snapshot, 90)])
def test_only_from_an_age_on(check: Any, limit: float) -> None:
    ages = (0, limit - 0.01, limit, limit + 0.01, 1_000)
    assert [judged(check, snapshot(created=days_ago(age))) is not None for age in ages] == [False, False, True, True, True]
    assert judged(check, snapshot(created=None)) is None


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    "changes",
    [
        {"image": "ami-1"},
        {"template": "lt-1"},
        {"state": "pending"},
        {"state": "error"},
        {"state": "recoverable"},  # in the Recycle Bin
        {"tags": {"aws:backup:source-resource": "arn:aws:ec2:us-east-1:1:volume/vol-1"}},
        {"tags": {"aws:dlm:lifecycle-policy-id": "policy-1"}},
        {"tags": {"aws:dlm:expirationTime": "2026-07-01T00:00:00Z"}},
        {"tags": {"dlm:managed": "true"}},
        {"tags": {"AWSElasticDisasterRecoveryManaged": "drs.amazonaws.com"}},
        {"operator": "dlm.amazonaws.com"},
        {"operator": "backup.amazonaws.com"},
    ],
)
def test_what_an_image_a_template_or_a_service_needs_is_left_alone(check: Any, changes: dict[str, Any]) -> None:
    assert judged(check, snapshot(created=days_ago(400))) is not None
    assert judged(check, snapshot(created=days_ago(400), **changes)) is None


def _judge() -> Judge:
    _, checks = registry.load("ebs:snapshot")
    return Judge([(check, check.limits(NOW)) for check in checks], Prices(REGION))


@pytest.mark.parametrize(
    "tags",
    [
        {"Compliance": "sox"},
        {"retention": "7y"},
        {"Retain_Until": "2030-01-01"},
        {"Legal Hold": ""},
        {"DoNotDelete": "true"},
        {"do-not-delete": "yes"},
    ],
)
def test_what_a_tag_keeps_is_counted_as_not_judged(tags: dict[str, str]) -> None:
    judge = _judge()
    assert judge.findings(snapshot(created=days_ago(400), tags=tags)) == []
    assert judge.insufficient == {"ebs-orphan-snapshot": 1, "ebs-old-snapshot": 1}


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"Name": "compliance archive"}},  # keys count, not values
        {"tags": {"retain": "False"}},
        {"tags": {"keep": "no"}},
        {"tags": {"team": "red", "aws:cloudformation:stack-name": "web"}},
        {"description": "Created by CreateImage(i-0320ee8d00d94a548) for ami-0bec971c from vol-3d1773e8"},  # that image is gone
        {"description": ""},
    ],
)
def test_other_tags_and_descriptions_keep_nothing(check: Any, changes: dict[str, Any]) -> None:
    assert judged(check, snapshot(created=days_ago(400), **changes)) is not None


def test_an_orphan_is_one_whose_volume_is_gone_and_not_one_whose_volume_is_unknown() -> None:
    assert isinstance(judged(orphan_snapshot, snapshot(source_exists=False)), Waste)
    assert judged(orphan_snapshot, snapshot(source_exists=True)) is None
    unknown = snapshot(source_exists=None)
    assert judged(orphan_snapshot, unknown) == InsufficientData("copied or imported: AWS does not say what its source volume was")
    # What would not be an orphan anyway is not counted as something that could not be judged.
    assert judged(orphan_snapshot, replace(unknown, image="ami-1")) is None
    assert judged(orphan_snapshot, replace(unknown, created=days_ago(5))) is None


def test_age_alone_makes_a_copy_old() -> None:
    assert isinstance(judged(old_snapshot, snapshot(source_exists=None, created=days_ago(400))), Waste)


def test_the_last_snapshot_of_a_living_volume_is_pointed_out() -> None:
    old = snapshot(created=days_ago(400), full_bytes=20 * GIB)
    assert "newest snapshot" in waste(old_snapshot, replace(old, source_exists=True)).note
    assert waste(old_snapshot, replace(old, source_exists=True, newest=False)).note == ""
    assert waste(old_snapshot, old).note == ""


# --- what they save -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (0, 5.00, 5.00)),  # 100 GiB at most, nothing to share them with
        ({"relatives": 1}, (0, 2.50, 2.50)),  # one copy for all of a lineage, and what changed, which is said
        ({"relatives": 4}, (0, 1.00, 1.00)),
        ({"relatives": 4, "one_lineage": False}, (0, 1.00, 5.00)),  # or each its own
        ({"full_bytes": 20 * GIB}, (0, 1.00, 1.00)),  # AWS knows that only 20 GiB are written
        ({"full_bytes": 20 * GIB, "relatives": 1}, (0, 0.50, 0.50)),
        ({"tier": "archive"}, (0, 1.25, 1.25)),
        ({"tier": "archive", "full_bytes": 20 * GIB}, (0, 0.25, 0.25)),  # exact, but for the 90 days that are billed at least
    ],
)
def test_savings_are_a_range_from_nothing_to_every_block(check: Any, changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    savings = waste(check, snapshot(created=days_ago(400), **changes)).savings
    assert (savings.low, savings.likely, savings.high) == pytest.approx(expected)


def test_an_empty_snapshot_saves_nothing() -> None:
    assert waste(orphan_snapshot, snapshot(full_bytes=0)).savings.worthless


def test_kept_in_a_local_zone_it_is_unpriced() -> None:
    assert waste(orphan_snapshot, snapshot(place="us-east-1-bos-1a")).savings.unpriced == (
        "no price known for AmazonEBS snapshot.standard in us-east-1-bos-1a"
    )


@pytest.mark.parametrize("check", BOTH)
@pytest.mark.parametrize(("tier", "said"), [("archive", True), ("standard", False)])
def test_the_minimum_term_of_the_archive_is_said(check: Any, tier: str, said: bool) -> None:
    assert ("at least 90 days" in waste(check, snapshot(created=days_ago(400), tier=tier)).note) is said


def _silent(**changes: Any) -> Snapshot:
    """CloudWatch was asked, and knows nothing of the volume."""
    return snapshot(usage=usage({LAST_SIGN: []}, 30), **changes)


def test_an_orphan_alone_is_surer_than_one_that_may_share_and_than_one_of_a_volume_nobody_asked_about() -> None:
    assert waste(orphan_snapshot, _silent()).confidence is Confidence.MEDIUM
    assert waste(orphan_snapshot, _silent(relatives=1)).confidence is Confidence.LOW
    assert waste(orphan_snapshot, snapshot()).confidence is Confidence.LOW


def test_a_volume_that_was_in_use_within_the_month_is_not_yet_missed() -> None:
    """It may be made anew from this snapshot tomorrow morning."""
    assert judged(orphan_snapshot, snapshot(usage=usage({LAST_SIGN: [80_000.0]}, 30))) is None
    assert judged(orphan_snapshot, snapshot(usage=usage({LAST_SIGN: [0.0]}, 30))) is None  # busy all day


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, True),
        ({"source_exists": True}, False),
        ({"source_exists": None}, False),
        ({"created": days_ago(29.99)}, False),
        ({"image": "ami-1"}, False),
        ({"tags": {"retention": "7y"}}, False),
    ],
)
def test_only_what_would_be_reported_costs_a_metric(changes: dict[str, Any], asked: bool) -> None:
    assert orphan_snapshot.candidate is not None
    assert orphan_snapshot.candidate(snapshot(**changes), orphan_snapshot.limits(NOW)) is asked


@given(st.integers(1, 16_384), st.integers(1, 50))
def test_a_lineage_together_saves_one_full_copy(gib: int, length: int) -> None:
    """Its highest saving too: n copies of the same blocks are not there to be saved."""
    alone = waste(orphan_snapshot, snapshot(volume_gib=gib)).savings
    links = [waste(orphan_snapshot, snapshot(volume_gib=gib, relatives=length - 1)).savings for _ in range(length)]
    assert sum(link.likely for link in links) == pytest.approx(alone.high, abs=1e-4 * length)
    assert sum(link.high for link in links) == pytest.approx(alone.high, abs=1e-4 * length)
    assert all((link.low, bool(link.lacks)) == (0, length > 1) for link in links)


def test_what_changed_within_a_lineage_is_said_not_to_be_known() -> None:
    assert waste(orphan_snapshot, snapshot(relatives=1)).savings.lacks == ("blocks that changed between snapshots of one lineage",)
    assert waste(orphan_snapshot, snapshot()).savings.lacks == ()
    assert waste(orphan_snapshot, snapshot(relatives=1, full_bytes=0)).savings.worthless


@pytest.mark.parametrize("check", BOTH)
def test_where_only_the_size_of_the_volume_is_known_that_is_said(check: Any) -> None:
    unknown = waste(check, snapshot(created=days_ago(400)))
    assert (unknown.evidence["full_gib"], "does not say how much was written" in unknown.note) == (None, True)
    assert unknown.savings.formula == "100 GiB of its volume × $0.05 snapshot.standard"
    known = waste(check, snapshot(created=days_ago(400), full_bytes=20 * GIB))
    assert (known.evidence["full_gib"], known.note) == (20.0, "")
    assert known.savings.formula == "20 GiB × $0.05 snapshot.standard"


@given(st.integers(0, 16_384 * GIB))
def test_the_known_size_never_raises_the_bound(size: int) -> None:
    bound = waste(orphan_snapshot, snapshot(volume_gib=16_384)).savings.high
    assert waste(orphan_snapshot, snapshot(volume_gib=16_384, full_bytes=size)).savings.high <= bound


# --- through the engine ----------------------------------------------------------------------------------------------------------------


@mock_aws
def test_the_whole_scan_against_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EC2Response, "describe_fast_snapshot_restores", lambda _: snapshot_seed.restores(), raising=False)
    sweep = aws()
    ec2 = sweep.session.client("ec2", region_name=REGION)

    def taken(source: str, **tags: str) -> str:
        spec = [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}] if tags else []
        name: str = ec2.create_snapshot(VolumeId=source, Description="by hand", TagSpecifications=spec)["SnapshotId"]
        return name

    living, gone = (ec2.create_volume(AvailabilityZone="us-east-1a", Size=100)["VolumeId"] for _ in range(2))
    kept, left, held = taken(living), taken(gone, Name="left"), taken(gone, compliance="sox")
    copied = ec2.copy_snapshot(SourceRegion=REGION, SourceSnapshotId=left, Description=f"[Copied {left} from us-east-1]")["SnapshotId"]
    ec2.delete_volume(VolumeId=gone)
    public = ec2.register_image(Name="any")["ImageId"]
    [instance] = ec2.run_instances(ImageId=public, MinCount=1, MaxCount=1)["Instances"]
    image = ec2.create_image(InstanceId=instance["InstanceId"], Name="ours")["ImageId"]
    [mapping] = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    imaged = mapping["Ebs"]["SnapshotId"]  # its volume is gone too
    ours = {kept, left, held, copied, imaged}
    unit = Unit(unit_id="u", account=ACCOUNT, region=REGION, resource_type="ebs:snapshot", function="")

    def found(days: float) -> set[tuple[str, str]]:
        listed: list[Finding] = []
        sweep.as_of = datetime.now(UTC) + timedelta(days=days)
        outcome = scanning.scan(unit, sweep, Prices(REGION), listed.append)
        asked = {iam_action(*call.split(":")) for call in outcome.calls}
        assert asked == {*snapshots.iam, *([registry.METRICS_IAM] if listed else [])}  # only what would be reported is asked about
        return {(finding.resource_id, finding.check_id) for finding in listed if finding.resource_id in ours}

    assert found(29) == set()
    assert found(31) == {(left, "ebs-orphan-snapshot")}
    assert found(91) == {
        (left, "ebs-orphan-snapshot"),
        (left, "ebs-old-snapshot"),
        (kept, "ebs-old-snapshot"),
        (copied, "ebs-old-snapshot"),
    }
    assert registry.iam_actions(resource_type="ebs:snapshot") == tuple(sorted((*snapshots.iam, registry.METRICS_IAM)))


def test_one_headline_for_a_snapshot_that_is_orphan_and_old() -> None:
    findings = _judge().findings(snapshot(created=days_ago(400)))
    assert {finding.check_id for finding in findings} == {"ebs-orphan-snapshot", "ebs-old-snapshot"}
    assert sum(finding.headline for finding in findings) == 1
