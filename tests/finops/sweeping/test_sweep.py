"""Starting and following: what is sent, what is seen on the way, and how an end is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from finops.ending import Ending, ExitCode
from finops.sweeping import sweep
from functions.core import run_ids
from functions.core.model import Outcome, UnitOutcome, unit_id
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

STARTED = datetime(2026, 11, 24, 16, 4, 2, 345000, UTC)
STOPPED = datetime(2026, 11, 24, 16, 4, 11, 845000, UTC)
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:FinOpsAnalyzer"
EXECUTION = "arn:aws:states:us-east-1:111111111111:execution:FinOpsAnalyzer:nightly"
MAP_RUN = "arn:aws:states:us-east-1:111111111111:mapRun:FinOpsAnalyzer/Scan:1"
BUCKET = "bucket"


def clients() -> tuple[Any, Any]:
    session = boto3.Session("111111111111", "x", region_name="us-east-1")
    return session.client("stepfunctions"), session.client("s3")


def execution() -> sweep.Execution:
    return sweep.Execution(EXECUTION, "nightly", STARTED, run_ids.make(STARTED, "nightly"))


def described(status: str, **more: Any) -> dict[str, Any]:
    end = {} if status == "RUNNING" else {"stopDate": STOPPED}
    return {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "status": status, "startDate": STARTED, **end, **more}


def map_run(status: str, **counts: int) -> dict[str, Any]:
    names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten")
    whole = {name: counts.get(name, 0) for name in names}
    return {
        "mapRunArn": MAP_RUN,
        "executionArn": EXECUTION,
        "status": status,
        "startDate": STARTED,
        "maxConcurrency": 40,
        "toleratedFailurePercentage": 100.0,
        "toleratedFailureCount": 0,
        "itemCounts": whole,
        "executionCounts": whole,
    }


def put(s3: Any, run_id: str, region: str, findings: int, savings: float) -> str:
    name = unit_id("111111111111", region, "ebs:volume")
    outcome = UnitOutcome(
        unit_id=name,
        account="111111111111",
        region=region,
        resource_type="ebs:volume",
        outcome=Outcome.OK,
        findings=findings,
        savings_likely=savings,
    )
    key = RunFolder(Bucket(None, ""), run_id).unit(name)
    with unit_objects.FindingsSpool() as spool:
        spool.upload(Bucket(s3, BUCKET), key, outcome)
    return key


def test_start_sends_the_input_and_knows_the_run_id_before_plan_has_run() -> None:
    stepfunctions, s3 = clients()
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    with Stubber(stepfunctions) as stub:
        stub.add_response(
            "start_execution",
            {"executionArn": EXECUTION, "startDate": STARTED},
            {"stateMachineArn": MACHINE, "input": json.dumps({"regions": ["us-east-1"]}), "name": ANY},
        )
        started = sweep.start(target, {"regions": ["us-east-1"]})
    assert started == execution()
    assert started.run_id.startswith("20261124T160402Z-")


def test_a_start_without_an_answer_is_asked_again_under_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions takes the same name and input for the same execution: else there were two sweeps."""
    stepfunctions, s3 = clients()
    names: list[str] = []

    def lost(request: Any, **_: Any) -> None:
        names.append(json.loads(request.body)["name"])
        raise ConnectionClosedError(endpoint_url=request.url)

    stepfunctions.meta.events.register("before-send", lost)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    for _ in range(2):
        with pytest.raises(Ending, match="the sweep was not started"):
            sweep.start(sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3), {})
    assert len(names) > 2
    assert len(set(names)) == 2, "another start has another name"


@mock_aws
def test_a_resumed_sweep_is_followed_under_the_run_that_it_resumes() -> None:
    stepfunctions, s3 = clients()
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    with Stubber(stepfunctions) as stub:
        stub.add_response("start_execution", {"executionArn": EXECUTION, "startDate": STARTED})
        assert sweep.start(target, {"resume": "20261101T020000Z-1f3c9a"}).run_id == "20261101T020000Z-1f3c9a"


@mock_aws
def test_follow_looks_until_the_end_and_counts_units_findings_and_money() -> None:
    stepfunctions, s3 = clients()
    s3.create_bucket(Bucket=BUCKET)
    run_id = execution().run_id
    puts = iter([("us-east-1", 3, 10.5), ("us-west-2", 2, 1.25)])

    def a_unit_ends_between_two_looks(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) in (3, 4):
            put(s3, run_id, *next(puts))

    waited: list[float] = []
    looks: list[sweep.Look] = []
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3, interval=0.25)
    listed = {"mapRuns": [{"executionArn": EXECUTION, "mapRunArn": MAP_RUN, "stateMachineArn": MACHINE, "startDate": STARTED}]}
    with Stubber(stepfunctions) as stub:
        stub.add_response("describe_execution", described("RUNNING"))
        stub.add_response("list_map_runs", {"mapRuns": []})
        stub.add_response("describe_execution", described("RUNNING"))
        stub.add_response("list_map_runs", listed)
        stub.add_response("describe_map_run", map_run("RUNNING"))  # AWS counts nothing until it has read the items
        stub.add_response("describe_execution", described("RUNNING"))
        stub.add_response("describe_map_run", map_run("RUNNING", total=2, running=1, succeeded=1))
        stub.add_response("describe_execution", described("RUNNING"))
        stub.add_response("describe_map_run", map_run("SUCCEEDED", total=2, succeeded=1, failed=1))
        stub.add_response("describe_execution", described("SUCCEEDED"))
        ended = sweep.follow(target, execution(), looks.append, a_unit_ends_between_two_looks)
        stub.assert_no_pending_responses()
    assert ended == sweep.Ended("SUCCEEDED", "", "", 9.5)
    assert [look.phase for look in looks] == ["planning", "scanning", "scanning", "reporting", "done"]
    assert [(look.done, look.planned) for look in looks] == [(0, 0), (0, 0), (1, 2), (2, 2), (2, 2)]
    assert [(look.findings, look.monthly) for look in looks[2:]] == [(3, 10.5), (5, 11.75), (5, 11.75)]
    assert waited == [0.25] * 5


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_map_run_of_the_advice_is_not_taken_for_the_scan(newest_first: bool) -> None:
    stepfunctions, _ = clients()
    run = {"executionArn": EXECUTION, "stateMachineArn": MACHINE}
    scanned = {**run, "mapRunArn": MAP_RUN, "startDate": STARTED}
    advised = {**run, "mapRunArn": f"{MAP_RUN}2", "startDate": STOPPED}
    scan = sweep.Scan()
    with Stubber(stepfunctions) as stub:
        stub.add_response("list_map_runs", {"mapRuns": [advised, scanned] if newest_first else [scanned, advised]})
        stub.add_response("describe_map_run", map_run("SUCCEEDED", total=2, succeeded=2), {"mapRunArn": MAP_RUN})
        scan.look(stepfunctions, execution())
    assert (scan.phase, scan.planned, scan.done) == ("reporting", 2, 2)


@mock_aws
def test_the_ledger_reads_each_outcome_once_and_only_so_many_in_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    _, s3 = clients()
    s3.create_bucket(Bucket=BUCKET)
    for number in range(5):
        put(s3, "run", f"region-{number}", 1, 1.0)
    put(s3, "another-run", "us-east-1", 100, 100.0)
    gets: list[str] = []
    s3.meta.events.register("before-call.s3.GetObject", lambda **call: gets.append(call["params"]["url_path"]))
    monkeypatch.setattr(sweep, "READS_PER_LOOK", 3)
    ledger = sweep.OutcomesSoFar(RunFolder(Bucket(s3, BUCKET), "run"))
    counts = []
    for _ in range(3):
        ledger.look()
        counts.append(ledger.findings)
    assert counts == [3, 5, 5]
    assert ledger.monthly == 5.0
    assert len(gets) == len(set(gets)) == 5


@mock_aws
def test_a_bucket_that_cannot_be_read_costs_the_display_only() -> None:
    stepfunctions, s3 = clients()  # there is no bucket
    looks: list[sweep.Look] = []
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    listed = {"mapRuns": [{"executionArn": EXECUTION, "mapRunArn": MAP_RUN, "stateMachineArn": MACHINE, "startDate": STARTED}]}
    with Stubber(stepfunctions) as stub:
        stub.add_response("describe_execution", described("SUCCEEDED"))
        stub.add_response("list_map_runs", listed)
        stub.add_response("describe_map_run", map_run("SUCCEEDED", total=1, succeeded=1))
        assert sweep.follow(target, execution(), looks.append, lambda _: None).status == "SUCCEEDED"
    assert (looks[-1].done, looks[-1].findings) == (1, 0)


def test_when_aws_stops_answering_the_line_says_that_the_sweep_goes_on() -> None:
    stepfunctions, s3 = clients()
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    stub = Stubber(stepfunctions)
    stub.add_client_error("describe_execution", "ExpiredTokenException")
    with stub, pytest.raises(Ending, match=r"expired.*The sweep continues: aws stepfunctions") as caught:
        sweep.follow(target, execution(), lambda _: None, lambda _: None)
    assert caught.value.code is ExitCode.FAILED
    assert EXECUTION in str(caught.value)


@pytest.mark.parametrize(("misses", "status"), [(sweep.PATIENCE, "SUCCEEDED"), (sweep.PATIENCE + 1, None)])
def test_a_network_that_comes_back_in_time_is_forgiven(misses: int, status: str | None) -> None:
    stepfunctions, s3 = clients()
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    asked: list[str] = []

    def no_network(**_: Any) -> None:
        asked.append("describe")
        if len(asked) <= misses:
            raise EndpointConnectionError(endpoint_url="https://states.us-east-1.amazonaws.com")

    stepfunctions.meta.events.register("before-parameter-build.sfn.DescribeExecution", no_network)
    stub = Stubber(stepfunctions)
    stub.add_response("describe_execution", described("SUCCEEDED"))
    stub.add_response("list_map_runs", {"mapRuns": []})
    with stub:
        if status:
            assert sweep.follow(target, execution(), lambda _: None, lambda _: None).status == status
        else:
            with pytest.raises(Ending, match=r"AWS cannot be reached.*The sweep continues.*s3://bucket/runs/20261124T160402Z-"):
                sweep.follow(target, execution(), lambda _: None, lambda _: None)
    assert len(asked) == sweep.PATIENCE + 1


TARGET = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=None, s3=None)


@pytest.mark.parametrize(
    ("ended", "code", "words"),
    [
        (
            ("FAILED", "InvalidInput", "regions: 'x' is not a region"),
            ExitCode.BAD_INPUT,
            "regions: 'x' is not a region; nothing was scanned",
        ),
        (("FAILED", "InvalidSuppressions", "changed; what was scanned is kept"), ExitCode.FAILED, "changed; what was scanned is kept"),
        (("FAILED", "CoverageTooLow", "0.9 were seen."), ExitCode.COVERAGE_TOO_LOW, "0.9 were seen. Grant what is missing"),
        (("FAILED", "KeyError", "'run_id'"), ExitCode.FAILED, "the sweep failed (KeyError: 'run_id')"),
        (("TIMED_OUT", "", ""), ExitCode.FAILED, "the sweep failed (timed out)"),
        (("ABORTED", "", ""), ExitCode.FAILED, "get-execution-history"),
    ],
)
def test_each_failure_has_its_exit_code_and_says_what_to_do(ended: tuple[str, str, str], code: ExitCode, words: str) -> None:
    ending = sweep.failure(sweep.Ended(*ended, 1.0), execution(), TARGET)
    assert ending is not None
    assert ending.code is code
    assert words in str(ending)
    assert ("nothing was scanned" in str(ending)) is (ended[1] == "InvalidInput")


def test_success_is_no_failure() -> None:
    assert sweep.failure(sweep.Ended("SUCCEEDED", "", "", 1.0), execution(), TARGET) is None


def test_a_start_that_was_delivered_before_has_no_report_and_says_whose_it_is() -> None:
    output = json.dumps({"Error": "AlreadyStarted", "Cause": json.dumps({"errorMessage": "the execution a was started with it"})})
    ended = sweep._ended(described("SUCCEEDED", output=output))
    assert ended.error == "AlreadyStarted"
    ending = sweep.failure(ended, execution(), TARGET)
    assert ending is not None
    assert (ending.code, str(ending)) == (ExitCode.BAD_INPUT, "the execution a was started with it; nothing was scanned")
    assert sweep.failure(sweep._ended(described("SUCCEEDED", output='{"plan": {}}')), execution(), TARGET) is None


def at_home(profile: str = "audit", stays: bool = True) -> sweep.Target:
    return sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=None, s3=None, profile=profile, stays=stays)


@pytest.mark.parametrize(
    ("profile", "command"),
    [
        ("", "finops resume r1"),
        ("audit", "finops resume r1 --profile audit"),
        ("my own; rm -r", "finops resume r1 --profile 'my own; rm -r'"),
    ],
)
def test_how_to_go_on_with_a_run_can_be_pasted_into_a_shell(profile: str, command: str) -> None:
    assert sweep.resume_command(at_home(profile), "r1") == command


RESUME = f"`finops resume {run_ids.make(STARTED, 'nightly')} --profile audit`"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (at_home(), f"What was scanned is kept: {RESUME} goes on with it"),
        (at_home(stays=False), f"What was scanned is kept: {RESUME} goes on with it"),
        (at_home("", stays=False), "The sweep is stopped with its AWS; nothing is left behind"),
        (TARGET, sweep.how_to_look(TARGET, execution())),
    ],
)
def test_whoever_interrupts_is_told_what_becomes_of_the_sweep(target: sweep.Target, said: str) -> None:
    assert sweep.interrupted(target, execution()) == said


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        (("FAILED", "KeyError", "'run_id'"), ExitCode.FAILED, f"the sweep failed (KeyError: 'run_id'): {RESUME} goes on with it"),
        (("TIMED_OUT", "", ""), ExitCode.FAILED, f"the sweep failed (timed out): {RESUME} goes on with it"),
        (("FAILED", "CoverageTooLow", "0.9 were seen."), ExitCode.COVERAGE_TOO_LOW, f"0.9 were seen. Grant what is missing and {RESUME}, "),
        (("FAILED", "InvalidInput", "regions: no"), ExitCode.BAD_INPUT, "regions: no; nothing was scanned"),
    ],
)
def test_a_failure_on_this_machine_leads_to_its_resumption_and_to_no_console(
    ended: tuple[str, str, str], code: ExitCode, said: str
) -> None:
    ending = sweep.failure(sweep.Ended(*ended, 1.0), execution(), at_home())
    assert ending is not None
    assert ending.code is code
    assert said in str(ending)
    assert "aws stepfunctions" not in str(ending)


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"errorMessage": "regions: no", "errorType": "InvalidInput", "stackTrace": []}', "regions: no"),
        ("plain words", "plain words"),
        ("[1]", "[1]"),
        ("{}", "{}"),
    ],
)
def test_the_message_is_taken_out_of_a_lambdas_cause(cause: str, message: str) -> None:
    stepfunctions, s3 = clients()
    target = sweep.Target(machine_arn=MACHINE, bucket=BUCKET, stepfunctions=stepfunctions, s3=s3)
    with Stubber(stepfunctions) as stub:
        stub.add_response("describe_execution", described("FAILED", error="InvalidInput", cause=cause))
        stub.add_response("list_map_runs", {"mapRuns": []})
        ended = sweep.follow(target, execution(), lambda _: None, lambda _: None)
    assert (ended.error, ended.message) == ("InvalidInput", message)
