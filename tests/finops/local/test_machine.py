"""Which function is told what: the token goes to those that look at accounts, and to no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_app.constructs.functions import HANDLERS
from cdk_app.settings import settings as deployment
from finops.ending import Ending, ExitCode
from finops.local import machine
from finops.local.machine import Machine
from finops.local.profile import Profile
from finops.sweeping.sweep import Target
from functions.core import registry
from functions.core.aws import lent

ARN = "arn:aws:iam::111122223333:user/ann"
LENT = {lent.URL: "http://127.0.0.1:1/", lent.TOKEN: "the-token", lent.PROFILE: "audit", lent.ENDPOINTS: "{}", lent.OPTIONS: "{}"}
OF_STEPS = tuple(f"FinOpsAnalyzer-{step}" for step in HANDLERS if step != "scan")
SCANNERS = tuple(f"FinOpsAnalyzer-scan-{service}" for service in registry.services())


class Functions:
    """Lambda, with so many functions a page. `variables`: each function's, as the template and whoever configures it made them."""

    def __init__(self, names: tuple[str, ...] = (*OF_STEPS, *SCANNERS), page: int = 3) -> None:
        self.variables: dict[str, dict[str, str]] = {name: {"S3_BUCKET_NAME": "b", "STEP": name} for name in names}
        self.updated: list[str] = []
        self._page = page

    def get_paginator(self, operation: str) -> Functions:
        assert operation == "list_functions"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        names = list(self.variables)
        for start in range(0, len(names), self._page):
            yield {
                "Functions": [
                    {"FunctionName": name, "Environment": {"Variables": dict(self.variables[name])}}
                    for name in names[start : start + self._page]
                ]
            }

    def update_function_configuration(self, *, FunctionName: str, Environment: Mapping[str, dict[str, str]]) -> None:  # noqa: N803
        self.updated.append(FunctionName)
        self.variables[FunctionName] = Environment["Variables"]


def told(*, free: bool = False) -> dict[str, dict[str, str]]:
    """What each function is told beside what the template says."""
    functions = Functions()
    before = {name: dict(variables) for name, variables in functions.variables.items()}
    machine._configure(functions, LENT, ARN, free=free)
    assert all(before[name].items() <= functions.variables[name].items() for name in before), "what the template says stays"
    more = {name: {key: value for key, value in now.items() if key not in before[name]} for name, now in functions.variables.items()}
    assert sorted(functions.updated) == sorted(name for name, added in more.items() if added)
    return more


@pytest.mark.parametrize("name", [*(f"FinOpsAnalyzer-{step}" for step in ("cost", "prices")), *SCANNERS])
def test_what_looks_at_accounts_is_lent_credentials(name: str) -> None:
    assert told()[name] == LENT


@pytest.mark.parametrize(
    ("step", "variables"),
    [
        ("plan", {**LENT, "READ_AS": ARN}),
        ("aggregate", {"READ_AS": ARN}),
        ("rank", {}),
        ("analyze", {}),
        ("notify", {}),
    ],
)
def test_the_other_steps_know_no_more_than_they_need(step: str, variables: dict[str, str]) -> None:
    assert told()[f"FinOpsAnalyzer-{step}"] == variables


def test_every_step_of_the_flow_is_thought_of() -> None:
    assert set(told()) == set(OF_STEPS) | set(SCANNERS)
    assert {*machine.STEPS, *machine.READ_AS} <= set(HANDLERS)


def test_a_free_sweep_tells_so_whoever_could_ask_for_money_and_nobody_else() -> None:
    paying, free = told(), told(free=True)
    assert {name for name, variables in free.items() if variables.get("PAID_REQUESTS") == "false"} == {
        name for name, variables in paying.items() if lent.TOKEN in variables
    }
    assert all("PAID_REQUESTS" not in variables for variables in paying.values())


def test_a_function_of_another_stack_is_left_alone() -> None:
    functions = Functions(("plan-b", "Other-plan", "FinOpsAnalyzer-planner", "My-scan-ebs"))
    machine._configure(functions, LENT, ARN, free=True)
    assert functions.updated == []


def test_a_function_without_variables_gets_its_own() -> None:
    class Bare(Functions):
        def paginate(self) -> Iterator[dict[str, Any]]:
            yield {"Functions": [{"FunctionName": "FinOpsAnalyzer-cost"}]}

    functions = Bare(())
    machine._configure(functions, LENT, ARN, free=False)
    assert functions.variables == {"FinOpsAnalyzer-cost": LENT}


def test_the_settings_are_ones_of_a_deployment_and_nothing_starts_by_itself_or_mails() -> None:
    settings = deployment.parse({**machine.SETTINGS})
    assert (settings.schedule, settings.prices_schedule, settings.email_from, settings.email_to) == (None, None, None, ())
    assert (settings.vpc, settings.billing_account, settings.stack_name) == (None, None, "FinOpsAnalyzer")
    assert 2 <= machine.AT_ONCE <= 16
    assert settings.max_concurrency == machine.AT_ONCE


def test_a_functions_name_begins_with_the_stacks() -> None:
    target = Target(machine_arn="", bucket="", stepfunctions=None, s3=None)
    made = Machine(target, None, Path(), Profile("audit", boto3.Session(region_name="us-east-1"), "111122223333", ARN, "us-east-1"))
    assert f"{made.prefix}plan" in OF_STEPS


def test_without_the_packages_of_the_embedded_aws_it_says_so_before_it_takes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(packages: object) -> None:
        raise Ending(ExitCode.BAD_INPUT, "ministack is missing")

    monkeypatch.setattr(machine, "require", lacking)
    profile = Profile("audit", boto3.Session(region_name="us-east-1"), "111122223333", ARN, "us-east-1")
    with pytest.raises(Ending, match="ministack is missing"), machine.running(profile, tmp_path, None):  # type: ignore[arg-type]
        raise AssertionError("it was not to run")
    assert list(tmp_path.iterdir()) == []
