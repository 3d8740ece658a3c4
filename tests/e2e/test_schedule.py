"""The schedule of the deployed template starts a sweep by itself, which ends well and is told by mail: IAM is enforced, nobody asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from finops import fleet
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.fleet import Fleet
from functions.core import run_ids
from functions.core.digest.message import dollars
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.mailbox import RECIPIENT, SENDER, deployed, eventually, linked, mailbox
from tests.e2e.sweeping import reported

pytestmark = pytest.mark.e2e
EVERY = "rate(1 minute)"
"""The shortest that Scheduler has: the first one comes a minute after the deployment, and a minute of this engine has twelve seconds."""
ENGINE = {"SCHEDULE_WAIT_SCALE": "0.2"}
PARENT = "arn:aws:states:us-east-1:111122223333:execution:nightly:1"
GIVEN = {
    "accounts": list(ACCOUNTS),
    "regions": list(REGIONS),
    "analyze": False,
    "Comment": "every night",
    "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": PARENT,
}
"""Also what a state machine that starts this one writes into its input."""
OF_AN_ANSWER = ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata")
"""What GetSchedule says beside what CreateSchedule takes."""
RESOURCES = 120
PATIENCE_SECONDS = 180.0


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with deployed(ENGINE, schedule=EVERY, schedule_input=GIVEN) as running:
        yield running


@pytest.fixture(scope="module")
def planted(aws: EmbeddedAws) -> Fleet:
    """The fleet, made while there is no schedule: a sweep that finds a part of it would make the next one's findings persist.

    Then the template's schedules are there again, each as it was.
    """
    scheduler = aws.client("scheduler")
    schedules = [scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"]) for one in scheduler.list_schedules()["Schedules"]]
    for one in schedules:
        scheduler.delete_schedule(Name=one["Name"], GroupName=one["GroupName"])
    made = fleet.seed(aws, resources=RESOURCES)
    for one in schedules:
        scheduler.create_schedule(**{key: value for key, value in one.items() if key not in OF_AN_ANSWER})
    return made


@pytest.fixture(scope="module")
def execution(aws: EmbeddedAws, planted: Fleet) -> dict[str, Any]:
    """The first execution that was started after the whole fleet was there, when it has ended. No test starts one.

    When it has begun the schedule is deleted: a sweep on a busy machine may take longer than such a minute.
    """
    machine, complete = aws.client("stepfunctions"), datetime.now(UTC)

    def started() -> list[str]:
        listed = machine.list_executions(stateMachineArn=aws.outputs["StateMachineArn"])["executions"]
        since = [one for one in listed if one["startDate"] >= complete]
        return [one["executionArn"] for one in sorted(since, key=lambda one: one["startDate"])]

    first, *_ = eventually(started, PATIENCE_SECONDS)
    scheduler = aws.client("scheduler")
    for one in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=one["Name"], GroupName=one["GroupName"])

    found: dict[str, Any] = eventually(lambda: ended(machine, first), PATIENCE_SECONDS)
    return found


@pytest.fixture(scope="module")
def run_id(execution: dict[str, Any]) -> str:
    return run_ids.make(execution["startDate"], execution["name"])


@pytest.fixture(scope="module")
def report(aws: EmbeddedAws, run_id: str) -> dict[str, Any]:
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    found: dict[str, Any] = folder.bucket.need_json(folder.file("report.json"))
    return found


@pytest.fixture(scope="module")
def mail(aws: EmbeddedAws, run_id: str) -> dict[str, Any]:
    """The one mail about that run."""
    [found] = eventually(lambda: [one for one in mailbox(aws) if f"Run {run_id} in account" in one["BodyText"]])
    assert isinstance(found, dict)
    return found


def test_the_sweep_that_the_schedule_started_ended_well(execution: dict[str, Any], report: dict[str, Any], planted: Fleet) -> None:
    given = json.loads(execution["input"])
    token = given.pop("idempotency_token")
    assert (execution["status"], given) == ("SUCCEEDED", GIVEN)
    assert re.fullmatch(r"arn:aws:scheduler:us-east-1:111111111111:schedule/\S+@20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", token)
    expected = planted.expected(execution["startDate"])
    assert len(expected) >= 8
    assert reported(report) == expected


def test_delivered_again_it_is_no_other_sweep_and_no_other_mail(aws: EmbeddedAws, execution: dict[str, Any], mail: dict[str, Any]) -> None:
    machine, runs = aws.client("stepfunctions"), [run_ids.make(execution["startDate"], execution["name"])]
    given = {"stateMachineArn": aws.outputs["StateMachineArn"], "input": execution["input"]}
    twins = [machine.start_execution(**given)["executionArn"] for _ in range(2)]
    for twin in twins:
        seen = eventually(partial(ended, machine, twin))
        assert (seen["status"], json.loads(seen["output"])["Error"]) == ("SUCCEEDED", "AlreadyStarted")
        assert execution["name"] in seen["output"]
        runs.append(run_ids.make(seen["startDate"], seen["name"]))
        bucket = Bucket(aws.client("s3"), aws.outputs["BucketName"])
        assert list(bucket.keys(RunFolder(bucket, runs[-1]).file(""))) == [], "not even a plan"
    assert [one for one in mailbox(aws) if any(f"Run {run}" in one["BodyText"] for run in runs)] == [mail]


def ended(machine: Any, arn: str) -> dict[str, Any]:
    """What there is to say of an execution that is over; nothing while it runs."""
    seen: dict[str, Any] = machine.describe_execution(executionArn=arn)
    return seen if seen["status"] != "RUNNING" else {}


def test_its_digest_has_the_totals_of_the_report(mail: dict[str, Any], report: dict[str, Any]) -> None:
    totals, money = report["totals"], report["totals"]["monthly_savings"]
    assert (mail["Source"], mail["To"]) == (SENDER, [RECIPIENT])
    headline = f"{dollars(money['likely'])} a month"
    assert mail["Subject"] == f"FinOps: {headline} in {len(report['findings'])} findings (all new), coverage 100 %"
    for said in (
        f"{headline} could be saved",
        f"Between ${money['low']:,.2f} and ${money['high']:,.2f} a month.",
        f"{totals['findings']} findings in {totals['resources']:,} resources.",
        f"findings: {totals['findings']}\n",
        "coverage: 100 %\n",
        f"  ${max(one['savings']['likely'] for one in report['findings'] if one['savings']):,.2f}  ",
    ):
        assert said in mail["BodyText"], said


def test_its_link_opens_the_report(mail: dict[str, Any], run_id: str) -> None:
    page = linked(mail).decode()
    assert run_id in page
    assert "</html>" in page


def test_the_html_says_the_same_as_the_text(mail: dict[str, Any], run_id: str) -> None:
    text = {line.strip() for line in mail["BodyText"].splitlines()}
    html = mail["BodyHtml"]
    headline = next(line for line in text if line.endswith("a month could be saved"))
    assert headline in html
    assert f"finops report {run_id} --open" in html
    assert "Open the report" in html
