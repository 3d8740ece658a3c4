"""Scan: whatever becomes of a unit, its object says so; only what is to be retried is raised."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions import scan
from functions.core import registry
from functions.core.aws import clients, sessions
from functions.core.errors import Denied, Throttled
from functions.core.meter import invocations
from functions.core.model import Finding, Outcome, UnitOutcome, unit_id
from functions.core.scan import cloudwatch, unit
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests import state_table
from tests.functions.lambda_world import ACCOUNT, BUCKET, REGION, Context, world
from tests.functions.paged import Answers

NOW = datetime.now(UTC)
KEYS = RunFolder(Bucket(None, ""), "r1")  # only for its keys


@pytest.fixture(autouse=True)
def lambda_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with world(monkeypatch):
        yield


def event(account: str = ACCOUNT, as_of: datetime = NOW, **more: Any) -> dict[str, Any]:
    """The input of one item of the map."""
    return {
        "unit_id": unit_id(account, REGION, "ebs:volume"),
        "account": account,
        "region": REGION,
        "resource_type": "ebs:volume",
        "function": "FinOpsAnalyzer-scan-ebs",
        "run_id": "r1",
        "as_of": as_of.isoformat(),
        "analysis_period_days": None,
        **more,
    }


def written(account: str = ACCOUNT) -> tuple[UnitOutcome, list[Finding]]:
    s3 = sessions.own_client("s3", REGION)
    folder, name = RunFolder(Bucket(s3, BUCKET), "r1"), unit_id(account, REGION, "ebs:volume")
    key = folder.unit(name, good=folder.list_units()[name])
    outcome, findings = unit_objects.read_unit(Bucket(s3, BUCKET), key)
    return outcome, list(findings)


def objects() -> int:
    """Unit objects in the bucket."""
    return len(list(Bucket(sessions.own_client("s3", REGION), BUCKET).keys(KEYS.units)))


def meters() -> list[dict[str, Any]]:
    s3 = sessions.own_client("s3", REGION)
    return [Bucket(s3, BUCKET).need_json(key) for key in Bucket(s3, BUCKET).keys(KEYS.meters)]


def make_volume() -> str:
    volume = sessions.own_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=100, VolumeType="gp2")
    return str(volume["VolumeId"])


def test_a_unit_with_waste_is_written_with_its_findings() -> None:
    volume = make_volume()
    answer = scan.handler(event(as_of=NOW + timedelta(days=60)), Context())
    outcome, findings = written()
    assert (outcome.outcome, outcome.resources, outcome.findings) == (Outcome.OK, 1, len(findings))
    assert "ebs-unattached-volume" in {finding.check_id for finding in findings}
    assert {finding.resource_id for finding in findings} == {volume}
    assert answer == {"unit_id": outcome.unit_id, "outcome": "ok", "resources": 1, "findings": len(findings)}
    assert outcome.calls["ec2:DescribeVolumes"] == 1
    assert len(json.dumps(answer)) < 2048


def test_the_same_fleet_seen_earlier_has_no_waste_that_takes_time() -> None:
    make_volume()
    scan.handler(event(as_of=NOW + timedelta(days=6)), Context())
    assert "ebs-unattached-volume" not in {finding.check_id for finding in written()[1]}


def test_overrides_of_the_deployment_reach_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, THRESHOLDS='{"ebs-unattached-volume.min_age_days": 3}'):
        make_volume()
        scan.handler(event(as_of=NOW + timedelta(days=6)), Context())
        assert "ebs-unattached-volume" in {finding.check_id for finding in written()[1]}


def test_what_the_file_of_checks_says_reaches_the_checks_and_the_evidence_says_so() -> None:
    """A volume with the tag is judged by what is said of the tag, the other by what is said of all."""
    make_volume()
    kept = make_volume()
    sessions.own_client("ec2", REGION).create_tags(Resources=[kept], Tags=[{"Key": "env", "Value": "dev"}])
    where = "config/checks.toml: check 1, line 1"
    rules = [
        {"check_id": "ebs-unattached-volume", "where": where, "thresholds": {"min_age_days": 3}, "enabled": None, "account": "", "tag": ""},
        {"check_id": "ebs-unattached-volume", "where": "here", "thresholds": {}, "enabled": False, "account": "", "tag": "env=dev"},
    ]
    scan.handler(event(as_of=NOW + timedelta(days=6), rules=rules), Context())
    outcome, findings = written()
    (found,) = [one for one in findings if one.check_id == "ebs-unattached-volume"]
    assert found.resource_id != kept
    assert found.evidence["changed_thresholds"] == f"min_age_days 3 instead of 7 ({where})"
    assert outcome.disabled == {"ebs-unattached-volume": 1}
    assert all("changed_thresholds" not in one.evidence for one in findings if one is not found)


def test_a_sweep_that_is_to_be_free_withholds_what_only_metrics_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, PAID_REQUESTS="false"):
        ec2 = sessions.own_client("ec2", REGION)
        used, image = make_volume(), ec2.register_image(Name="image")["ImageId"]
        [instance] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
        ec2.attach_volume(VolumeId=used, InstanceId=instance["InstanceId"], Device="/dev/sdf")
        unused = make_volume()
        scan.handler(event(as_of=NOW + timedelta(days=60)), Context())
        outcome, findings = written()
    assert outcome.outcome is Outcome.OK
    assert [call for call in outcome.calls if call.startswith("cloudwatch:")] == []
    assert (outcome.metrics, outcome.insufficient["ebs-idle-volume"]) == (0, 1)
    told = [finding.resource_id for finding in findings if finding.check_id == "ebs-unattached-volume"]
    assert told == [unused], "what can be told without metrics is told"


@pytest.mark.parametrize(
    ("usd", "metrics", "unmeasured"), [("", 12, 0), ("0.00012", 12, 0), ("0.00006", 6, 1), ("0.00005", 5, 2), ("0.00004", 0, 2)]
)
def test_where_a_sweep_has_spent_its_sum_on_metrics_the_rest_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, usd: str, metrics: int, unmeasured: int
) -> None:
    """1,000 metrics are $0.01; each of these volumes has five and, by what they say, one more."""
    with world(monkeypatch, MAX_METRIC_USD=usd, STATE_TABLE_NAME=state_table.NAME):
        state_table.create(sessions.own_client("dynamodb"))
        ec2 = sessions.own_client("ec2", REGION)
        image = ec2.register_image(Name="image")["ImageId"]
        [instance] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
        for gib in (100, 900):
            used = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=gib, VolumeType="io1", Iops=200)["VolumeId"]
            ec2.attach_volume(VolumeId=used, InstanceId=instance["InstanceId"], Device=f"/dev/sd{gib}")
        scan.handler(event(as_of=NOW + timedelta(days=60)), Context())
        outcome, _ = written()
        assert (outcome.reason, outcome.metrics, outcome.unmeasured) == ("", metrics, unmeasured)


def test_an_empty_unit_is_written_too() -> None:
    assert scan.handler(event(), Context())["outcome"] == "empty"
    assert written()[0].outcome is Outcome.EMPTY


def test_a_retry_overwrites_the_object_of_the_unit() -> None:
    scan.handler(event(), Context())
    make_volume()
    scan.handler(event(), Context())
    assert objects() == 1
    assert written()[0].outcome is Outcome.OK


def test_an_account_whose_role_we_may_not_assume_is_a_denied_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no trust"}}, "AssumeRole")

    monkeypatch.setattr(sessions.account_client("sts"), "assume_role", refuse)
    answer = scan.handler(event(account="999988887777"), Context())
    outcome, findings = written("999988887777")
    assert answer["outcome"] == outcome.outcome == Outcome.DENIED
    assert outcome.reason == "sts:AssumeRole: AccessDenied: no trust"
    assert findings == []


@pytest.mark.parametrize(
    "refusal",
    [
        ClientError({"Error": {"Code": "RegionDisabledException", "Message": "STS is not activated in this region."}}, "AssumeRole"),
        EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com"),
    ],
)
def test_an_account_that_no_sts_serves_is_a_denied_unit_with_the_way_out(monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    def refuse(**_: Any) -> None:
        raise refusal

    monkeypatch.setattr(sessions.account_client("sts"), "assume_role", refuse)
    assert scan.handler(event(account="888877776666"), Context())["outcome"] == Outcome.DENIED
    outcome, _ = written("888877776666")
    assert all(words in outcome.reason for words in (str(refusal).rpartition(": ")[2].rstrip("."), "switch STS on", "888877776666"))


@pytest.mark.parametrize("error", [Throttled("ec2:DescribeVolumes: RequestLimitExceeded"), KeyError("a bug")])
def test_what_is_raised_leaves_no_object(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_: Any) -> UnitOutcome:
        raise error

    monkeypatch.setattr(unit, "scan", broken)
    with pytest.raises(type(error)):
        scan.handler(event(), Context())
    assert objects() == 0
    [meter] = meters()
    assert (meter["step"], meter["memory_mib"]) == ("scan", 256), "it is billed all the same"


def test_a_unit_says_what_it_took_its_own_object_included() -> None:
    make_volume()
    scan.handler(event(as_of=NOW + timedelta(days=60)), Context())
    outcome, _ = written()
    assert outcome.memory_mib == 256
    assert 0 < outcome.seconds <= outcome.billed_seconds < 60
    assert outcome.calls["s3:PutObject"] == outcome.calls["ec2:DescribeVolumes"] == 1
    scan.handler(event(as_of=NOW + timedelta(days=60)), Context())
    again = written()[0].calls
    assert again.pop("s3:GetObject", 0) <= outcome.calls.pop("s3:GetObject", 0), "refreshed prices are read once"
    assert again == outcome.calls, "the worker is warm: only this invocation's requests count"
    assert meters() == []


def test_the_requests_of_assuming_a_role_are_counted() -> None:
    scan.handler(event(account="999988887777"), Context())
    assert written("999988887777")[0].calls["sts:AssumeRole"] == 1


def test_a_function_almost_out_of_time_says_incomplete_instead_of_being_killed() -> None:
    make_volume()
    answer = scan.handler(event(), Context(seconds=scan.RESERVE_SECONDS))
    assert answer["outcome"] == "incomplete"
    assert written()[0].outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("own", "entered_ago", "unit_seconds", "left"),
    [
        (250, None, None, 250),
        (250, None, 240, 250),
        (250, 100, None, 250),
        (250, 10, 240, 230),
        (60, 10, 240, 60),
        (250, 300, 240, -60),
    ],
)
def test_retries_share_the_time_of_their_unit(own: float, entered_ago: float | None, unit_seconds: int | None, left: float) -> None:
    entered = None if entered_ago is None else (datetime.now(UTC) - timedelta(seconds=entered_ago)).isoformat()
    assert scan.seconds_left(Context(seconds=own), entered, unit_seconds) == pytest.approx(left, abs=2)


def test_asked_what_it_may_do_it_answers_and_writes_nothing() -> None:
    answer = scan.handler({"probe": "dynamodb", "account": ACCOUNT, "region": REGION}, Context())
    assert set(answer["allowed"]) == set(registry.iam_actions("dynamodb"))
    assert (answer["account"], answer["service"], answer["denied"], answer["unknown"]) == (ACCOUNT, "dynamodb", {}, {})
    assert list(Bucket(sessions.own_client("s3", REGION), BUCKET).keys("")) == []


# --- going on with a unit that ran out of time -----------------------------------------------------------------------------------------


class Clock:
    """Time that passes by a second for each page of volumes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
        self.now = 0.0
        zone = {"AvailabilityZone": f"{REGION}a", "CreateTime": NOW - timedelta(days=90), "State": "available"}
        volumes = [{"VolumeId": f"vol-{number}", "VolumeType": "gp2", "Size": 100 + number, **zone} for number in range(3 * pages)]
        listed = [{"Volumes": volumes[3 * page : 3 * page + 3]} for page in range(pages)]
        self.answers = Answers({"ec2:DescribeInstances": [{"Reservations": []}], "ec2:DescribeVolumes": listed}, self._pass)
        monkeypatch.setattr(cloudwatch, "fetch", lambda aws, wanted: None)
        for module in (clients, unit, scan, invocations):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now, process_time=lambda: 0.0))

    def _pass(self, operation: str) -> None:
        self.now += operation == "ec2:DescribeVolumes"

    def scan(self, seconds: float = 1000.0, **more: Any) -> dict[str, Any]:
        """One invocation with so much time for listing and metrics."""
        with self.answers.everywhere():
            return scan.handler(event(**more), Context(seconds=scan.RESERVE_SECONDS + seconds))


def lines(good: bool = True) -> list[bytes]:
    """The findings of the unit as they were written."""
    key = KEYS.unit(unit_id(ACCOUNT, REGION, "ebs:volume"), good=good)
    return gzip.decompress(sessions.own_client("s3", REGION).get_object(Bucket=BUCKET, Key=key)["Body"].read()).splitlines()[1:]


def test_a_unit_that_ran_out_of_time_is_resumed_until_it_is_whole_as_if_it_had_been_scanned_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, pages=5)
    whole = clock.scan()
    expected, seen_whole = lines(), written()[0]
    sessions.own_client("s3", REGION).delete_object(Bucket=BUCKET, Key=KEYS.unit(whole["unit_id"]))
    clock.answers.asked.clear()

    answers = [clock.scan(2.4)] + [clock.scan(2.4, resumed=True) for _ in range(2)]

    assert [answer["outcome"] for answer in answers] == ["incomplete", "incomplete", "ok"]
    assert [answer["resources"] for answer in answers] == [6, 12, 15]
    assert lines() == expected
    assert len(lines(good=False)) == answers[1]["findings"]
    seen = written()[0]
    for name in ("outcome", "reason", "resources", "findings", "savings_likely", "insufficient", "metrics", "resume_at"):
        assert getattr(seen, name) == getattr(seen_whole, name), name
    assert [page for operation, page in clock.answers.asked if operation == "ec2:DescribeVolumes"] == [1, 2, 3, 4, 5]
    assert seen.pages == 5 + 3, "the instances are listed in each attempt"
    assert seen.seconds == seen.billed_seconds == 5
    assert (seen.calls["s3:PutObject"], seen.calls["s3:GetObject"]) == (3, 2), "the object is read for each resumption"


def test_a_retry_of_the_first_attempt_does_not_go_on_with_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan(2.4)
    clock.answers.asked.clear()
    assert clock.scan(resumed=False)["outcome"] == "ok"
    assert ("ec2:DescribeVolumes", 1) in clock.answers.asked
    assert written()[0].calls["s3:PutObject"] == 1


def test_with_a_token_that_aws_does_not_know_any_more_a_unit_is_scanned_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan()
    expected = lines()
    clock.scan(2.4)
    clock.answers.word = "new"
    assert clock.scan(resumed=True)["outcome"] == "ok"
    assert lines() == expected


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.FAILED, Outcome.OK, None])
def test_a_unit_that_ended_otherwise_or_left_nothing_is_scanned_from_the_start(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome | None
) -> None:
    clock = Clock(monkeypatch, pages=2)
    clock.scan(1.2)
    s3, key = sessions.own_client("s3", REGION), KEYS.unit(unit_id(ACCOUNT, REGION, "ebs:volume"), good=False)
    before, findings = unit_objects.read_unit(Bucket(s3, BUCKET), key)
    assert before.resume_at is not None
    if outcome is None:
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        with unit_objects.FindingsSpool() as spool:
            for finding in findings:
                spool.add(finding)
            spool.upload(Bucket(s3, BUCKET), key, replace(before, outcome=outcome))
    clock.answers.asked.clear()
    assert clock.scan(resumed=True)["resources"] == 6
    assert ("ec2:DescribeVolumes", 1) in clock.answers.asked
    assert written()[0].calls["s3:PutObject"] == (1 if outcome is None else 2), "what the earlier scan took is not forgotten"


def test_a_unit_whose_object_is_broken_is_scanned_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan()
    expected = lines()
    clock.scan(2.4)
    s3, key = sessions.own_client("s3", REGION), KEYS.unit(unit_id(ACCOUNT, REGION, "ebs:volume"), good=False)
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key, Body=body[:-30])
    assert clock.scan(resumed=True)["outcome"] == "ok"
    assert lines() == expected


def test_an_account_that_cannot_be_entered_any_more_keeps_what_was_found_before(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan(2.4)
    before = lines(good=False)

    def refuse(*_: Any) -> None:
        raise Denied("sts:AssumeRole", "AccessDenied: no trust")

    monkeypatch.setattr(scan, "reader_session", refuse)
    answer = clock.scan(resumed=True)
    assert (answer["outcome"], answer["resources"], answer["findings"]) == ("denied", 6, len(before))
    assert lines(good=False) == before


def test_an_attempt_that_is_to_be_retried_leaves_the_earlier_scan_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan(2.4)
    before = lines(good=False)

    def throttled(*_: Any) -> UnitOutcome:
        raise Throttled("ec2:DescribeVolumes: RequestLimitExceeded")

    with monkeypatch.context() as patched:
        patched.setattr(unit, "scan", throttled)
        with pytest.raises(Throttled):
            clock.scan(resumed=True)
    assert lines(good=False) == before
    clock.answers.asked.clear()
    assert clock.scan(resumed=True)["resources"] == 9
    assert [page for operation, page in clock.answers.asked if operation == "ec2:DescribeVolumes"] == [3]


# --- throttled ---------------------------------------------------------------------------------------------------------------------------


def throttle(monkeypatch: pytest.MonkeyPatch, reason: str = "cloudwatch:GetMetricData: SlowDown: no") -> None:
    """From now on CloudWatch asks for patience."""

    def fetch(*_: Any) -> None:
        raise Throttled(reason)

    monkeypatch.setattr(cloudwatch, "fetch", fetch)


def test_a_throttled_unit_is_written_with_what_needs_no_metric_and_then_raised_to_be_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan()
    whole = lines()
    sessions.own_client("s3", REGION).delete_object(Bucket=BUCKET, Key=KEYS.unit(written()[0].unit_id))
    with monkeypatch.context() as patched:
        throttle(patched)
        with pytest.raises(Throttled, match="SlowDown"):
            clock.scan()
    outcome, findings = written()
    assert (outcome.outcome, outcome.resources, outcome.reason) == (Outcome.THROTTLED, 9, "cloudwatch:GetMetricData: SlowDown: no")
    assert lines(good=False) == whole, "none of these needs a metric"
    assert len(findings) == outcome.findings
    [meter] = meters()
    assert meter["seconds"] == 3
    assert (outcome.memory_mib, outcome.billed_seconds, outcome.calls) == (0, 0.0, {}), "its meter says what it took, once"
    assert clock.scan()["outcome"] == "ok"
    assert written()[0].outcome is Outcome.OK, "the good object is the one that counts"


def test_a_throttled_unit_without_time_for_another_attempt_ends_so(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    throttle(monkeypatch)
    assert clock.scan(5.0)["outcome"] == "throttled"
    outcome = written()[0]
    assert (outcome.outcome, outcome.resources, outcome.billed_seconds) == (Outcome.THROTTLED, 9, 3)
    assert meters() == []


def test_a_resumed_unit_that_is_throttled_again_keeps_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, pages=3)
    clock.scan()
    whole = lines()
    clock.scan(1.2)
    with monkeypatch.context() as patched:
        throttle(patched)
        with pytest.raises(Throttled):
            clock.scan(resumed=True)
    outcome = written_unseen()
    assert (outcome.outcome, outcome.resources) == (Outcome.THROTTLED, 9)
    assert outcome.resume_at is not None
    assert outcome.resume_at.token == "page-2"
    assert outcome.billed_seconds == 1, "what the first attempt took"
    clock.answers.asked.clear()
    assert clock.scan(resumed=True)["outcome"] == "ok"
    assert [page for operation, page in clock.answers.asked if operation == "ec2:DescribeVolumes"] == [2, 3]
    assert lines() == whole


def written_unseen() -> UnitOutcome:
    """The outcome in the object of a unit that did not end well."""
    bucket = Bucket(sessions.own_client("s3", REGION), BUCKET)
    return unit_objects.read_outcome(bucket, KEYS.unit(unit_id(ACCOUNT, REGION, "ebs:volume"), good=False))


def test_a_role_whose_token_is_not_taken_any_more_is_assumed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm worker holds it from an earlier unit."""
    sent: list[int] = []

    def expired(event_name: str, **_: Any) -> Any:
        sent.append(1)
        if len(sent) == 1:
            error = {"Error": {"Code": "ExpiredToken", "Message": "expired"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            return type("Sent", (), {"status_code": 400}), error
        return None

    made = clients.Aws.client

    def client(aws: clients.Aws, service: str) -> Any:
        new, one = service not in aws.clients, made(aws, service)
        if new and service == "ec2":
            one.meta.events.register("before-call", expired)
        return one

    monkeypatch.setattr(clients.Aws, "client", client)
    assert scan.handler(event(account="999988887777"), Context())["outcome"] == "empty"
    assert written("999988887777")[0].calls["sts:AssumeRole"] == 2
