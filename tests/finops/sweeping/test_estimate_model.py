"""The prediction: it grows with what makes a sweep larger, and with nothing else, and it asks for the bill as the Cost step does."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

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
SERVICES = len(registry.services())
"""In one account the findings of each make a group."""


def predicted(scope: Scope = SCOPE, settings: DeploymentSettings = SETTINGS) -> Quantities:
    return estimate_model.predict(scope, settings, "us-east-1")


def test_what_was_measured_can_be_of_a_sweep() -> None:
    measured = estimate_model.measured()
    assert sum(one.share for one in measured.values()) == pytest.approx(1)
    assert all(0 < one.share < 1 and 0 <= one.asked < 3 for one in measured.values())
    assert len(set(measured) & set(TYPES)) >= 8, "measure again: python -m tests.bench.quantities --write"


def test_measurements_are_the_means_of_fleets_and_requests_those_of_the_largest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def counted(resources: int, metrics: int, declared: int, lists: int = 0, gets: int = 0) -> dict[str, int]:
        return {"resources": resources, "metrics": metrics, "declared": declared, "scan_lists": lists, "scan_gets": gets}

    small = {"one:thing": counted(10, 10, 2), "two:thing": counted(30, 0, 0, 45, 90)}
    large = {"one:thing": counted(100, 20, 2), "two:thing": counted(100, 0, 0, 50, 300)}
    (tmp_path / "measured.json").write_text(json.dumps({"fleets": [small, large]}))
    monkeypatch.setattr(estimate_model, "MEASURED", tmp_path / "measured.json")
    measured = estimate_model.measured.__wrapped__()
    assert measured["one:thing"].share == pytest.approx((0.25 + 0.5) / 2)
    assert measured["one:thing"].asked == pytest.approx((0.5 + 0.1) / 2)
    assert measured["two:thing"].share == pytest.approx((0.75 + 0.5) / 2)
    assert (measured["one:thing"].scan_lists, measured["one:thing"].scan_gets) == (0, 0)
    assert (measured["two:thing"].scan_lists, measured["two:thing"].scan_gets) == (0.5, 3.0), "those of the largest"


def test_a_type_that_is_newer_than_the_measurements_is_predicted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate_model, "measured", dict)
    shares = estimate_model.shares(TYPES)
    assert shares == {kind: pytest.approx(1 / len(TYPES)) for kind in TYPES}
    assert predicted().metrics > 0


def test_metrics_are_of_the_resources_that_are_swept() -> None:
    assert predicted().metrics == pytest.approx(10 * predicted(dataclasses.replace(SCOPE, resources=1_000)).metrics, abs=10)
    for kind in ("ebs:snapshot", "lambda:function"):
        each = estimate_model.declared(kind) * estimate_model.of(kind).asked
        assert predicted(dataclasses.replace(SCOPE, types=(kind,), resources=100)).metrics == pytest.approx(100 * each, abs=0.5)


def test_only_scans_of_buckets_make_other_requests_that_aws_bills() -> None:
    made = predicted(dataclasses.replace(SCOPE, types=("s3:bucket",), resources=100))
    assert made.scan_gets == 300, "versioning, rules and tags of each"
    assert 0 < made.scan_lists < 300, "all are listed, and the uploads of those whose rules do not abort them"
    others = predicted(dataclasses.replace(SCOPE, types=tuple(kind for kind in TYPES if kind != "s3:bucket")))
    assert (others.scan_lists, others.scan_gets) == (0, 0)


@pytest.mark.parametrize(("accounts", "regions"), [(1, 1), (2, 3)])
def test_units_are_accounts_times_regions_times_types_but_for_what_is_asked_once(accounts: int, regions: int) -> None:
    scope = Scope(accounts=accounts, regions=regions, types=TYPES, resources=0, analyze=False, ask_bill=False)
    made = predicted(scope)
    once = sum(map(registry.asked_once, TYPES))
    assert scope.units == accounts * (regions * (len(TYPES) - once) + once)
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


@pytest.mark.parametrize(("limit", "groups"), [(0, 0), (3, 3), (100, SERVICES)])
def test_a_model_is_asked_about_the_groups_that_the_settings_allow(limit: int, groups: int) -> None:
    settings = DeploymentSettings(max_advice_groups=limit)
    made, without = predicted(settings=settings), predicted(dataclasses.replace(SCOPE, analyze=False), settings)
    assert made.tokens == groups * sum(estimate_model.group_tokens(settings))
    assert (made.bedrock_usd > 0) is (groups > 0)
    assert made.invocations - without.invocations == groups
    assert made.transitions - without.transitions == (1 + 2 * groups if groups else 0)


@pytest.mark.parametrize(("usd", "metrics"), [(0.01, 1_000), (1_000.0, None)])
def test_no_more_is_asked_for_than_the_sum_for_metrics_pays(usd: float, metrics: int | None) -> None:
    made = predicted(settings=DeploymentSettings(max_metric_usd=usd))
    assert made.metrics == (metrics or predicted().metrics)


def test_a_model_without_a_price_is_said_and_not_free() -> None:
    made = predicted(settings=DeploymentSettings(bedrock_model_id="some.other-model", max_advice_groups=100))
    assert (made.bedrock_usd, made.bedrock_unpriced) == (0, SERVICES)


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
    assert (asked.cost_explorer, known.cost_explorer) == (11, 0)
    assert known.reads < asked.reads
    assert known.writes < asked.writes


def test_the_largest_part_of_a_large_sweep_is_its_metrics() -> None:
    made = sweep_cost.priced(predicted(dataclasses.replace(SCOPE, ask_bill=False, analyze=False)), "us-east-1", SCOPE.resources)
    assert made["lines"][0]["what"] == "CloudWatch GetMetricData"
    assert made["usd"] - made["lines"][0]["usd"] < 0.005
