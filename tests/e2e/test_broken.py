"""What is broken is said, and hides nothing else: a missing permission, a scanner that raises, a role that is not there."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from functions.core import registry
from functions.core.model import Outcome, unit_id
from functions.core.plan.units import ON_PURPOSE
from functions.core.rank.coverage import REGION_DENIED
from tests.e2e.sweeping import sweep, within

ACTION = "ec2:DescribeSnapshots"


@contextlib.contextmanager
def without(aws: EmbeddedAws, role: str, action: str, account: str | None = None) -> Iterator[None]:
    """Takes one action out of a role's policy, and puts it back. `account`: the own one, unless it is named."""
    iam = aws.client("iam", account)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    changed = 0
    for name, document in before.items():
        less = json.loads(json.dumps(document))
        for statement in list(less["Statement"]):
            if isinstance(statement["Action"], list) and action in statement["Action"]:
                statement["Action"].remove(action)
                changed += 1
            elif statement["Action"] == action:
                less["Statement"].remove(statement)
                changed += 1
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    assert changed == 1, f"{role} has {action} exactly once"
    try:
        yield
    finally:
        for name, document in before.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def test_a_missing_action_denies_exactly_its_units(aws: EmbeddedAws, planted: Fleet) -> None:
    own, as_of = aws.accounts[0], planted.as_of.isoformat()
    service = "ebs"
    needs_it = {one.resource_type for one in registry.collectors() if one.service == service and ACTION in one.iam}
    assert needs_it == {"ebs:snapshot"}
    role = f"{aws.outputs['ScanFunctionPrefix']}{service}-{aws.regions[0]}"
    with without(aws, role, ACTION):
        seen = sweep(aws, regions=list(aws.regions), as_of=as_of, min_coverage=0.8)
    denied = {name for name, outcome in seen.outcomes.items() if outcome.outcome is Outcome.DENIED}
    assert denied == {unit_id(own, region, resource_type) for region in aws.regions for resource_type in needs_it}
    assert all(outcome.outcome.good for name, outcome in seen.outcomes.items() if name not in denied)
    assert all(ACTION in seen.outcomes[name].reason for name in denied)
    assert seen.status == "SUCCEEDED"
    over = {check.id for check in registry.checks() if check.over.resource_type in needs_it}
    assert seen.found == within(planted, own, *over)
    assert {(scope["resource_type"], scope["outcome"]) for scope in seen.report["coverage"]["not_seen"]} == {("ebs:snapshot", "denied")}
    assert seen.report["coverage"]["ratio"] == round(1 - len(denied) / len(seen.outcomes), 6)


def test_too_little_coverage_fails_the_sweep_and_still_reports(aws: EmbeddedAws, planted: Fleet) -> None:
    role = f"{aws.outputs['ScanFunctionPrefix']}ebs-{aws.regions[0]}"
    with without(aws, role, ACTION):
        seen = sweep(aws, regions=[aws.regions[0]], resource_types=["ebs:snapshot", "elb:target-group"], as_of=planted.as_of.isoformat())
    assert (seen.status, seen.error) == ("FAILED", "CoverageTooLow")
    assert "0.5" in seen.message
    assert seen.report["coverage"]["met"] is False
    assert "report.html" in seen.keys


POISON = """
from functions.scan import handler as real


class Broken(Exception):
    pass


def handler(event, context):
    if event["unit_id"] == {unit!r}:
        raise Broken("this unit, and no other")
    return real(event, context)
"""


@contextlib.contextmanager
def poisoned(aws: EmbeddedAws, function: str, unit: str) -> Iterator[None]:
    """A scanner whose handler raises on one unit: its code gets one more file, and is put back."""
    client = aws.client("lambda")
    stored = aws.client("s3").list_objects_v2(Bucket=f"cdk-hnb659fds-assets-{aws.accounts[0]}-{aws.regions[0]}")["Contents"]
    (key,) = [item["Key"] for item in stored if item["Key"].endswith(".zip")]
    code = aws.client("s3").get_object(Bucket=f"cdk-hnb659fds-assets-{aws.accounts[0]}-{aws.regions[0]}", Key=key)["Body"].read()
    buffer = io.BytesIO(code)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("poisoned.py", POISON.format(unit=unit))
    handler = client.get_function_configuration(FunctionName=function)["Handler"]

    def deploy(content: bytes, entry: str) -> None:
        client.update_function_code(FunctionName=function, ZipFile=content)
        client.update_function_configuration(FunctionName=function, Handler=entry)

    deploy(buffer.getvalue(), "poisoned.handler")
    try:
        yield
    finally:
        deploy(code, handler)


def test_a_scanner_that_raises_on_one_unit_hides_no_other(aws: EmbeddedAws, planted: Fleet) -> None:
    own, region = aws.accounts[0], aws.regions[1]
    broken = unit_id(own, region, "elb:target-group")
    with poisoned(aws, f"{aws.outputs['ScanFunctionPrefix']}elb", broken):
        seen = sweep(aws, regions=list(aws.regions), as_of=planted.as_of.isoformat(), min_coverage=0.9)
    assert seen.status == "SUCCEEDED"
    assert set(seen.failures) == {broken}
    error, cause = seen.failures[broken]
    assert (error, "this unit, and no other" in cause) == ("Broken", True), "by its own name, as on AWS"
    assert broken not in seen.outcomes
    assert len(seen.outcomes) == sum(len(registry.asked_in(kind, aws.regions)) for kind in registry.resource_types()) - 1
    assert all(outcome.outcome.good for outcome in seen.outcomes.values())
    (scope,) = seen.report["coverage"]["not_seen"]
    assert (scope["account"], scope["region"], scope["resource_type"], scope["outcome"]) == (own, region, "elb:target-group", "failed")
    assert "Broken" in scope["reason"]
    assert seen.found == within(planted, own, f"arn:aws:elasticloadbalancing:{region}:{own}:targetgroup/")
    assert sweep(aws, regions=[region], resource_types=["elb:target-group"]).status == "SUCCEEDED", "put back"


def test_an_account_without_the_role_is_denied_and_the_others_are_seen(aws: EmbeddedAws, planted: Fleet) -> None:
    own, stranger = aws.accounts[0], "444444444444"
    seen = sweep(aws, accounts=[own, stranger], regions=[aws.regions[0]], as_of=planted.as_of.isoformat(), min_coverage=0.5)
    by_account: dict[str, set[Any]] = {own: set(), stranger: set()}
    for outcome in seen.outcomes.values():
        by_account[outcome.account].add(outcome.outcome)
    assert by_account[stranger] == {Outcome.DENIED}
    assert by_account[own] <= {Outcome.OK, Outcome.EMPTY}
    assert seen.report["coverage"]["ratio"] == 0.5
    reasons = {outcome.reason for outcome in seen.outcomes.values() if outcome.account == stranger}
    assert all("sts:AssumeRole" in reason for reason in reasons), reasons


@contextlib.contextmanager
def forbidden(aws: EmbeddedAws, role: str, account: str) -> Iterator[None]:
    """A policy that denies a role everything, whatever others allow."""
    iam = aws.client("iam", account)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="Forbidden", PolicyDocument=json.dumps(deny))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Forbidden")


@contextlib.contextmanager
def setting(aws: EmbeddedAws, function: str, name: str, value: str) -> Iterator[None]:
    """A variable of a function, as a deployment with another setting would have it."""
    client = aws.client("lambda")
    before = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client.update_function_configuration(FunctionName=function, Environment={"Variables": {**before, name: value}})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=function, Environment={"Variables": before})


def test_what_a_policy_forbids_is_no_missing_permission_and_a_region_denied_on_purpose_is_skipped(aws: EmbeddedAws, planted: Fleet) -> None:
    """The embedded AWS has no policies of an organization. It words an explicit deny in a role's own as AWS does."""
    own, member, _ = aws.accounts
    here, there = aws.regions
    types = ["ebs:volume", "ebs:snapshot"]
    with forbidden(aws, "FinOpsAnalyzerReader", member), setting(aws, "FinOpsAnalyzer-plan", "DENIED_REGIONS", there):
        seen = sweep(
            aws, accounts=[own, member], regions=[here, there], resource_types=types, as_of=planted.as_of.isoformat(), min_coverage=0.4
        )
    assert set(seen.outcomes) == {unit_id(account, here, one) for account in (own, member) for one in types}
    reasons = {outcome.reason for outcome in seen.outcomes.values() if outcome.account == member}
    assert all(": forbidden by an identity-based policy: " in reason for reason in reasons), reasons
    coverage = seen.report["coverage"]
    assert (coverage["ratio"], coverage["skipped"]) == (0.5, {ON_PURPOSE: {"units": 4, "regions": 1}})
    told = {(scope["account"], scope["region"], scope["outcome"], scope["reason"]) for scope in coverage["not_seen"]}
    assert told == {
        (member, here, "denied", REGION_DENIED.format("an identity-based policy")),
        *((account, there, "skipped", ON_PURPOSE) for account in (own, member)),
    }
    assert any(member in warning and "nothing could be seen, and a policy forbids it" in warning for warning in seen.report["warnings"])
