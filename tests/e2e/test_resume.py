"""A sweep that was ended in the middle, whatever ended it, has after `resume` found what an undisturbed one has found: byte for byte.

The bench does it at random moments and at 2,000 units (`make bench ARGS=killed`); here each way of ending once, at 108.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded.aws import ACCOUNTS, EmbeddedAws
from finops.fleet import organization
from finops.fleet.organization import CLOSED
from functions.core import run_ids
from functions.core.model import Outcome
from functions.core.rank import suppressions
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e import interrupting
from tests.e2e.interrupting import Begun, begin, finish, good_units, kill_scans, mapping, scanned, stop, wait_for_units, wait_until
from tests.e2e.test_broken import without

REGIONS = (
    "us-east-1", "us-west-2", "eu-west-1", "us-east-2", "us-west-1", "eu-central-1", "eu-west-2", "eu-north-1", "ca-central-1",
    "ap-south-1", "ap-southeast-2", "sa-east-1",
)  # fmt: skip
TYPES = ("ebs:volume", "ebs:snapshot", "rds:db-instance")
UNITS = len(ACCOUNTS) * len(REGIONS) * len(TYPES)
LIMIT_BYTES = 2_048


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedAws, dict[str, Any]]]:
    """An embedded AWS that can be killed, and the input of all its sweeps: the same moment of the same fleet."""
    with embedded.start(state=tmp_path_factory.mktemp("state"), regions=REGIONS, variables={"SFN_WAIT_SCALE": "0.1"}) as aws:
        made = fleet.seed(aws, resources=200)
        for account in aws.accounts:  # waste from the first day on
            aws.client("ec2", account).create_volume(AvailabilityZone=f"{REGIONS[0]}a", Size=100, VolumeType="gp2")
        aws.servers.restart(cleanly=True)
        yield aws, {
            "accounts": list(aws.accounts), "regions": list(REGIONS), "resource_types": list(TYPES), "as_of": made.as_of.isoformat(),
            "analyze": False, "notify": False,
        }  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(kept: tuple[EmbeddedAws, dict[str, Any]]) -> Begun:
    aws, given = kept
    run = begin(aws, **given)
    assert finish(aws, run).status == "SUCCEEDED"
    assert good_units(aws, run) == UNITS
    assert len(interrupting.findings(aws, run.run_id).splitlines()) > 20
    return run


def resume(aws: EmbeddedAws, run: Begun, undisturbed: Begun, **given: Any) -> Begun:
    """Go on with a run, and compare all that came of it with the undisturbed sweep; returns the execution that went on."""
    resumed = begin(aws, resume=run.run_id, **given)
    ended = finish(aws, resumed)
    assert (ended.status, ended.error, ended.cause) == ("SUCCEEDED", "", "")
    assert interrupting.findings(aws, run.run_id) == interrupting.findings(aws, undisturbed.run_id)
    assert interrupting.said(aws, run.run_id) == interrupting.said(aws, undisturbed.run_id)
    return resumed


def test_stopped_in_the_middle_while_its_scans_run_on(kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun) -> None:
    aws, given = kept
    run = begin(aws, **given)
    wait_for_units(aws, run, UNITS // 4)
    refused(aws, run.run_id, run)
    stop(aws, run)
    assert finish(aws, run).status == "ABORTED"
    assert mapping(aws, run), "the embedded AWS lets the items of its map run on"
    resumed = resume(aws, run, undisturbed)
    assert 0 < scanned(aws, resumed) <= UNITS - UNITS // 4
    wait_until(lambda: not mapping(aws, run))  # what was left of the stopped one has written into the run until now
    assert scanned(aws, resume(aws, run, undisturbed)) == 0


def refused(aws: EmbeddedAws, run_id: str, running: Begun) -> None:
    """What would go on with a run that is still running ends at once, says in which execution it runs, and has written nothing."""
    another = begin(aws, resume=run_id, notify=False)
    ended = finish(aws, another)
    assert interrupting.running(aws, running), "it ended before it could be asked for"
    assert (ended.status, ended.error) == ("FAILED", "InvalidInput")
    assert f"run {run_id} is still running, in the execution {running.arn.rpartition(':')[2]}" in ended.cause
    assert not Bucket(aws.client("s3"), aws.outputs["BucketName"]).has(resumption(aws, another))


def resumption(aws: EmbeddedAws, execution: Begun) -> str:
    """The key of the units that an execution was to scan."""
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), execution.run_id)
    return folder.resume(run_ids.short(execution.arn.rpartition(":")[2]))


def test_of_two_that_go_on_with_a_run_at_the_same_time_one_does(kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun) -> None:
    aws, given = kept
    run = begin(aws, **given)
    wait_for_units(aws, run, UNITS // 4)
    stop(aws, run)
    both = [begin(aws, resume=run.run_id) for _ in range(2)]
    ends = sorted((finish(aws, one) for one in both), key=lambda end: end.status)
    assert [(end.status, end.error) for end in ends] == [("FAILED", "InvalidInput"), ("SUCCEEDED", "")]
    assert "is still running, in the execution" in ends[0].cause
    assert interrupting.findings(aws, run.run_id) == interrupting.findings(aws, undisturbed.run_id)


def test_killed_workers_lose_their_units_and_no_others(kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun) -> None:
    aws, given = kept
    run = begin(aws, **given)
    killed = 0
    while not failures(aws, run):  # a worker may have been between two units
        wait_for_units(aws, run, good_units(aws, run) + UNITS // 5)
        killed += kill_scans(aws)
        time.sleep(1)
    assert finish(aws, run).status == "SUCCEEDED", "so few units are no reason to fail"
    lost = UNITS - good_units(aws, run)
    assert 0 < lost <= len(failures(aws, run)) <= killed
    assert all(error.startswith("Runtime.") for error, _ in failures(aws, run).values())
    assert scanned(aws, resume(aws, run, undisturbed)) == lost


def failures(aws: EmbeddedAws, run: Begun) -> dict[str, tuple[str, str]]:
    return ledger.failures_of(aws.client("dynamodb"), aws.outputs["TableName"], run.run_id)


def test_the_whole_engine_killed_and_started_again(kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun) -> None:
    aws, given = kept
    run = begin(aws, **given)
    done = wait_for_units(aws, run, UNITS // 3)
    aws.servers.restart(cleanly=False)
    ended = finish(aws, run)
    assert (ended.status, ended.error) == ("FAILED", "States.ServiceRestart")
    assert 0 < scanned(aws, resume(aws, run, undisturbed)) <= UNITS - done


def test_a_run_that_was_never_ranked_and_then_once_more_when_it_is_complete(
    kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun
) -> None:
    """A mistake that gets into the suppressions while a sweep scans ends it afterwards, and nothing needs to be scanned again.

    One that is there before ends it at once.
    """
    aws, given = kept
    s3, bucket = aws.client("s3"), aws.outputs["BucketName"]
    run = begin(aws, **given)
    wait_for_units(aws, run, 1)
    s3.put_object(Bucket=bucket, Key=suppressions.KEY, Body=b"[[suppress]]\n")
    try:
        ended = finish(aws, run)
        refused = begin(aws, **given)
        at_once = finish(aws, refused)
    finally:
        s3.delete_object(Bucket=bucket, Key=suppressions.KEY)
    assert (ended.status, ended.error) == ("FAILED", "InvalidSuppressions")
    assert f"`finops resume {run.run_id}`" in ended.cause
    assert (at_once.status, at_once.error) == ("FAILED", "InvalidInput")
    assert "suppress 1, line 1: reason is missing" in at_once.cause
    assert good_units(aws, refused) == 0
    assert not Bucket(s3, bucket).has(RunFolder(Bucket(s3, bucket), run.run_id).file("report.json"))
    for _ in range(2):  # the second time it is complete
        resumed = resume(aws, run, undisturbed)
        assert scanned(aws, resumed) == 0
        assert aws.client("stepfunctions").list_map_runs(executionArn=resumed.arn)["mapRuns"] == []


def test_too_little_seen_is_seen_later_and_the_history_is_as_if_it_had_been_seen_at_once(
    kept: tuple[EmbeddedAws, dict[str, Any]],
) -> None:
    """At the time of the sweep itself, which keeps a history: the report of too little has written one before."""
    aws, given = kept
    given = {**given, "as_of": datetime.now(UTC).isoformat(), "regions": [REGIONS[0]], "min_coverage": 1.0}
    first = begin(aws, **given)
    assert finish(aws, first).status == "SUCCEEDED"
    undisturbed = begin(aws, **given)
    assert finish(aws, undisturbed).status == "SUCCEEDED"
    with without(aws, f"{aws.outputs['ScanFunctionPrefix']}ebs-{REGIONS[0]}", "ec2:DescribeVolumes"):
        run = begin(aws, **given)
        ended = finish(aws, run)
    assert (ended.status, ended.error) == ("FAILED", "CoverageTooLow")
    assert f"finops resume {run.run_id}" in ended.cause
    assert interrupting.report(aws, run.run_id)["coverage"]["met"] is False
    assert scanned(aws, resume(aws, run, undisturbed)) == 2, "the volumes, and the snapshots, which ask for their volumes"
    later = begin(aws, **given)
    assert finish(aws, later).status == "SUCCEEDED"
    assert interrupting.findings(aws, later.run_id) == interrupting.findings(aws, undisturbed.run_id)
    lives = {finding["lifecycle"] for finding in interrupting.report(aws, later.run_id)["findings"]}
    assert lives == {"persisting"}, "nothing is new, resolved or back because of what was not seen for a while"


def test_what_passes_between_states_is_small_however_many_units(kept: tuple[EmbeddedAws, dict[str, Any]], undisturbed: Begun) -> None:
    aws, _ = kept
    sizes = interrupting.states(aws, undisturbed)
    assert {"Plan out", "Gather out", "Rank out", "Aggregate out", "Verdict in", "item in", "item out"} <= set(sizes)
    assert {name: size for name, size in sizes.items() if size > LIMIT_BYTES} == {}


DENIED, THROTTLED, STRANGER = ACCOUNTS[1], ACCOUNTS[2], "444444444444"
SLOWED_DOWN = """
import io
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from functions.core.aws import clients, sessions
from functions.scan import handler

ERROR = b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>"
TWICE = sessions.CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 2}))  # the real number of attempts takes minutes
others = clients.Aws.client


class Raw(io.BytesIO):
    def stream(self):
        yield self.read()


def client(self, service):
    if self.account != "ACCOUNT":
        return others(self, service)
    made = self.session.client(service, region_name=self.region, config=TWICE)
    made.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 503, {}, Raw(ERROR)))
    return made


clients.Aws.client = client
"""


@contextlib.contextmanager
def slowed_down(aws: EmbeddedAws, function: str, account: str) -> Iterator[None]:
    """AWS answers every request of a scanner in an account with RequestLimitExceeded."""
    client, store = aws.client("lambda"), aws.client("s3")
    assets = f"cdk-hnb659fds-assets-{aws.accounts[0]}-{aws.regions[0]}"
    (key,) = [item["Key"] for item in store.list_objects_v2(Bucket=assets)["Contents"] if item["Key"].endswith(".zip")]
    code = store.get_object(Bucket=assets, Key=key)["Body"].read()
    slow = io.BytesIO(code)
    with zipfile.ZipFile(slow, "a") as archive:
        archive.writestr("slowed_down.py", SLOWED_DOWN.replace("ACCOUNT", account))
    handler = client.get_function_configuration(FunctionName=function)["Handler"]
    for content, entry in ((slow.getvalue(), "slowed_down.handler"), (code, handler)):
        client.update_function_code(FunctionName=function, ZipFile=content)
        client.update_function_configuration(FunctionName=function, Handler=entry)
        if content != code:
            yield


def unnamed(findings: bytes) -> bytes:
    """Without the accounts' names, which only a sweep of the organization is told."""
    return re.sub(rb'"SubAccountName": ?(null|"[^"]*")', b"", findings)


def test_each_account_that_was_not_seen_is_named_with_its_own_reason_and_can_be_seen_later(
    kept: tuple[EmbeddedAws, dict[str, Any]],
) -> None:
    aws, given = kept
    organization.seed(aws)
    aws.client("organizations").create_account(AccountName="without-the-role", Email=f"{STRANGER}@example.com")
    given = {**given, "regions": [REGIONS[0]], "resource_types": [TYPES[0]]}
    undisturbed = begin(aws, **given)
    finish(aws, undisturbed)
    member = aws.client("iam", DENIED).list_roles()["Roles"]
    (reader,) = [role["RoleName"] for role in member if role["RoleName"] == "FinOpsAnalyzerReader"]
    with without(aws, reader, "ec2:DescribeVolumes", DENIED), slowed_down(aws, f"{aws.outputs['ScanFunctionPrefix']}ebs", THROTTLED):
        run = begin(aws, **{**given, "accounts": {"organization": {}}, "min_coverage": 0.2})
        ended = finish(aws, run)
    coverage = interrupting.report(aws, run.run_id)["coverage"]
    assert (ended.status, ended.error, ended.cause) == ("SUCCEEDED", "", ""), [one["reason"] for one in coverage["not_seen"]]
    reasons = {one["account"]: (one["outcome"], one["reason"]) for one in coverage["not_seen"]}
    assert set(reasons) == {DENIED, THROTTLED, STRANGER, CLOSED}
    for account, outcome, part in (
        (DENIED, Outcome.DENIED, "ec2:DescribeVolumes: UnauthorizedOperation"),
        (THROTTLED, Outcome.THROTTLED, ": RequestLimitExceeded"),
        (STRANGER, Outcome.DENIED, "sts:AssumeRole: AccessDenied"),
        (CLOSED, Outcome.SKIPPED, "closed"),
    ):
        assert reasons[account][0] == outcome.value
        assert part in reasons[account][1]
    assert coverage["units"]["ok"] + coverage["units"]["empty"] == 1, "the own account is complete"
    resumed = begin(aws, resume=run.run_id)
    assert finish(aws, resumed).status == "SUCCEEDED"
    assert scanned(aws, resumed) == 3
    still = {one["account"]: one["reason"] for one in interrupting.report(aws, run.run_id)["coverage"]["not_seen"]}
    assert set(still) == {STRANGER, CLOSED}, (still, failures(aws, run))
    assert unnamed(interrupting.findings(aws, run.run_id)) == unnamed(interrupting.findings(aws, undisturbed.run_id))
