"""A real account swept from one's own machine: another embedded AWS stands for it, with IAM enforced and a user that may only read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from finops.commands.policy import least
from finops.embedded.aws import EmbeddedAws
from finops.embedded.recorded_calls import expire
from finops.ending import ExitCode
from finops.fleet import Fleet
from functions.core import registry
from functions.core.costs import explorer
from tests.e2e import own_account
from tests.e2e.own_account import PROFILE, USER, Reader, Searched
from tests.e2e.sweeping import of_types

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into the environments of processes, in /proc")

ANYBODY = {"sts:GetCallerIdentity"}
"""Needs no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""


@pytest.fixture
def reader(aws: EmbeddedAws, planted: Fleet, record: Path, tmp_path: Path) -> Iterator[Reader]:
    yield own_account.reader(aws, tmp_path, record)
    own_account.remove(aws, record)


def where(aws: EmbeddedAws, fleet: Fleet) -> tuple[str, ...]:
    """The options that name the fleet's regions and moment."""
    return ("--regions", ",".join(aws.regions), "--as-of", fleet.as_of.isoformat())


def test_what_is_planted_is_found_by_reading_and_the_credentials_are_nowhere(aws: EmbeddedAws, planted: Fleet, reader: Reader) -> None:
    own = aws.accounts[0]
    with Searched(reader.secrets, reader.folder, reader.folder / "config") as searched:
        code, said = reader.type("sweep", "--yes", *where(aws, planted))
    assert code == ExitCode.DONE, said
    report = reader.report()
    expected = {key for key in planted.expected() if planted.place(key[0])[0] == own}
    assert {(found["resource_arn"], found["check_id"]) for found in report["findings"]} == expected
    calls = reader.calls()
    asked = {action for action, _ in calls}
    declared = {action for statement in least(registry.resource_types())["Statement"] for action in statement["Action"]}
    assert {action for action, allowed in calls if not allowed} == set()
    assert asked - ANYBODY <= declared
    assert {collector.iam[0] for collector in registry.collectors()} | {registry.METRICS_IAM, explorer.IAM[0]} <= asked

    identity = f"arn:aws:iam::{own}:user/{USER}"
    assert report["run"]["read_as"] == identity
    assert identity in said
    assert identity in (reader.out / "latest" / "report.html").read_text(encoding="utf-8")
    assert searched.found == set()
    assert searched.environments > 0
    assert not [secret for secret in reader.secrets if secret in said]


def test_what_is_denied_is_named_and_nothing_else_is_lost_and_the_next_sweep_knows_this_one(
    aws: EmbeddedAws, planted: Fleet, reader: Reader
) -> None:
    own, member, _ = aws.accounts
    home, other = aws.regions
    kinds = ["ebs:snapshot", "ebs:volume"]
    words = ("sweep", "--free", "--types", ",".join(kinds), "--regions", ",".join(aws.regions))
    less = least(kinds)
    for statement in less["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != "ec2:DescribeSnapshots"]
    region = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": other}}}
    reader.may({**less, "Statement": [*less["Statement"], region]})
    code, said = reader.type(*words, "--accounts", f"{own},{member}")
    assert code == ExitCode.COVERAGE_TOO_LOW, said
    assert f"Account {member} cannot be read, and will be named as not seen: sts:AssumeRole: " in said
    assert f"finops resume {reader.report()['run']['run_id']} --profile {PROFILE} --out {reader.out}" in said
    outcomes = reader.outcomes()
    mine = {f"{own} {home} ebs:snapshot", f"{own} {other} ebs:snapshot", f"{own} {other} ebs:volume"}
    assert {name for name in outcomes if name.startswith(own)} == mine
    assert {name for name in outcomes if not name.startswith(own)} == {
        f"{member} {one} {kind}" for one in (home, other) for kind in kinds
    }, "the role there trusts the deployed functions only"
    assert {one["outcome"] for one in outcomes.values()} == {"denied"}
    assert outcomes[f"{own} {home} ebs:snapshot"]["reason"].startswith("ec2:DescribeSnapshots: ")
    assert outcomes[f"{own} {other} ebs:volume"]["reason"].startswith("the region is denied by ")
    assert not {action for action, _ in reader.calls()} & {"cloudwatch:GetMetricData", *explorer.IAM}, "--free asks nothing that costs"
    reader.may(least(kinds))
    code, said = reader.type("resume", "latest", "--free", "--min-coverage", "0.5")
    assert code == ExitCode.DONE, said
    assert {name for name in reader.outcomes() if name.startswith(own)} == set()
    found = {one["finding_id"]: one["lifecycle"] for one in reader.report()["findings"]}
    assert set(found.values()) == {"new"}
    code, said = reader.type(*words)
    assert code == ExitCode.DONE, said
    assert {one["finding_id"]: one["lifecycle"] for one in reader.report()["findings"]} == dict.fromkeys(found, "persisting")


def test_a_session_that_expires_ends_its_units_clearly_and_the_run_goes_on_after_the_next_login(
    aws: EmbeddedAws, planted: Fleet, reader: Reader, record: Path
) -> None:
    key = reader.log_in()
    kinds = [kind for kind in registry.resource_types() if kind.startswith(("ebs:", "ec2:"))]
    with reader.start("sweep", "--yes", "--types", ",".join(kinds), *where(aws, planted)) as typed:
        units = reader.out / "kept" / aws.accounts[0] / "finops-analyzer" / "runs"
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and not list(units.glob("*/units/*.gz")):
            time.sleep(0.02)
        expire(record, key)
        said, _ = typed.communicate(timeout=300)
    assert typed.returncode == ExitCode.COVERAGE_TOO_LOW, said
    reasons = {one["reason"] for one in reader.outcomes().values()}
    assert reasons, said
    assert all(reason.startswith("credentials: ") and PROFILE in reason and "log in again" in reason for reason in reasons)
    kept = len(reader.report()["findings"])
    reader.log_in()
    code, said = reader.type("resume", "latest", "--yes")
    assert code == ExitCode.DONE, said
    expected = {key for key in of_types(planted, *kinds) if planted.place(key[0])[0] == aws.accounts[0]}
    found = {(found["resource_arn"], found["check_id"]) for found in reader.report()["findings"]}
    assert found == expected
    assert kept < len(found)
    assert not [secret for secret in reader.secrets if secret in said]


def test_a_region_that_is_not_enabled_is_refused_before_anything_is_scanned(reader: Reader) -> None:
    code, said = reader.type("sweep", "--free", "--regions", "us-gov-west-1")
    assert code == ExitCode.BAD_INPUT
    assert "'us-gov-west-1' is not a region enabled in this account; allowed are: " in said
    assert "nothing was scanned" in said
    assert not list(reader.out.glob("*/report.json"))
