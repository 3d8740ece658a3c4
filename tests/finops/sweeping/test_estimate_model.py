"""The prediction: it grows with what makes a sweep larger, and with nothing else, and it asks for the bill as the Cost step does."""

from __future__ import annotations

import dataclasses

import pytest

from cdk_app.settings.settings import DeploymentSettings
from finops.embedded.cost_explorer.ledger import Ledger
from finops.sweeping import estimate_model
from finops.sweeping.estimate_model import Scope
from functions.core import registry
from functions.core.meter import sweep_cost
from functions.core.meter.quantities import Quantities
from tests.billed_account import ACCOUNT, OTHER, PLAN, RESERVED, committed, spend
from tests.functions.core.costs.asking import deployment

SETTINGS = DeploymentSettings()
TYPES = registry.resource_types()
SCOPE = Scope(accounts=1, regions=4, types=TYPES, resources=10_000)


def predicted(scope: Scope = SCOPE, settings: DeploymentSettings = SETTINGS) -> Quantities:
    return estimate_model.predict(scope, settings, "us-east-1")


def test_every_type_of_the_registry_was_measured() -> None:
    asks = {kind for kind in TYPES if any(check.metrics for check in registry.load(kind)[1])}
    assert set(estimate_model.MIX) == set(TYPES)
    assert set(estimate_model.ASKED) == asks
    assert sum(estimate_model.MIX.values()) == pytest.approx(1)


def test_metrics_are_of_the_resources_that_are_swept() -> None:
    assert predicted().metrics == pytest.approx(10 * predicted(dataclasses.replace(SCOPE, resources=1_000)).metrics, abs=10)
    assert predicted(dataclasses.replace(SCOPE, types=("ebs:snapshot",))).metrics == 0
    assert predicted(dataclasses.replace(SCOPE, types=("lambda:function",), resources=100)).metrics == pytest.approx(
        100 * 4 * estimate_model.ASKED["lambda:function"], abs=0.5
    )


@pytest.mark.parametrize(("accounts", "regions"), [(1, 1), (2, 3)])
def test_units_are_accounts_times_regions_times_types(accounts: int, regions: int) -> None:
    scope = Scope(accounts=accounts, regions=regions, types=TYPES, resources=0, analyze=False, ask_bill=False)
    made = predicted(scope)
    assert scope.units == accounts * regions * len(TYPES)
    assert made.express_requests == scope.units
    assert made.invocations == scope.units + 4
    assert made.transitions == scope.units + 4 + 7
    assert made.cost_explorer == made.tokens == made.metrics == 0


def test_standard_children_cost_a_transition_each_and_no_duration() -> None:
    express, standard = (predicted(settings=DeploymentSettings(children=children)) for children in ("EXPRESS", "STANDARD"))
    assert standard.transitions - express.transitions == SCOPE.units
    assert (standard.express_requests, standard.express_gb_hours) == (0, 0)
    assert express.express_gb_hours > 0


def test_lambda_memory_is_the_deployments() -> None:
    small = predicted()
    large = predicted(settings=DeploymentSettings.model_validate({"scan": {"memory": 1024}}))
    seconds = SCOPE.units * estimate_model.UNIT_SECONDS + SCOPE.resources * estimate_model.RESOURCE_SECONDS
    assert large.gb_seconds - small.gb_seconds == pytest.approx(seconds * 0.5)


@pytest.mark.parametrize(("limit", "groups"), [(0, 0), (3, 3), (20, 5)])
def test_a_model_is_asked_about_the_groups_that_the_settings_allow(limit: int, groups: int) -> None:
    settings = DeploymentSettings(max_advice_groups=limit)
    made, without = predicted(settings=settings), predicted(dataclasses.replace(SCOPE, analyze=False), settings)
    assert made.tokens == groups * sum(estimate_model.GROUP_TOKENS)
    assert (made.bedrock_usd > 0) is (groups > 0)
    assert made.invocations - without.invocations == groups
    assert made.transitions - without.transitions == (1 + 2 * groups if groups else 0)


def test_a_model_without_a_price_is_said_and_not_free() -> None:
    made = predicted(settings=DeploymentSettings(bedrock_model_id="some.other-model"))
    assert (made.bedrock_usd, made.bedrock_unpriced) == (0, 5)


@pytest.mark.parametrize(
    ("ledger", "accounts", "commitments"),
    [
        (Ledger(tuple(spend())), [ACCOUNT], False),
        (Ledger((*spend(), *committed()), (PLAN,), (RESERVED,)), [ACCOUNT], True),
        (Ledger(tuple(spend())), [ACCOUNT, OTHER], False),
        (Ledger((*spend(), *spend(OTHER), *committed(OTHER)), (PLAN,), (RESERVED,)), [ACCOUNT, OTHER], True),
        (Ledger(tuple(spend())), [f"{number:012}" for number in range(25)], False),
    ],
    ids=["one", "one, committed", "two", "two, committed", "many"],
)
def test_the_bill_takes_as_many_requests_as_the_cost_step_makes(ledger: Ledger, accounts: list[str], commitments: bool) -> None:
    with deployment(ledger=ledger) as world:
        _, asker = world.sweep(*accounts)
    assert estimate_model.bill_requests(len(accounts), commitments=commitments) == asker.requests


def test_known_answers_of_the_bill_cost_nothing_but_looking() -> None:
    asked, known = predicted(), predicted(dataclasses.replace(SCOPE, ask_bill=False))
    assert (asked.cost_explorer, known.cost_explorer) == (6, 0)
    assert known.reads < asked.reads
    assert known.writes < asked.writes


def test_the_largest_part_of_a_large_sweep_is_its_metrics() -> None:
    made = sweep_cost.priced(predicted(dataclasses.replace(SCOPE, ask_bill=False, analyze=False)), "us-east-1", SCOPE.resources)
    assert made["lines"][0]["what"] == "CloudWatch GetMetricData"
    assert made["usd"] - made["lines"][0]["usd"] < 0.005
