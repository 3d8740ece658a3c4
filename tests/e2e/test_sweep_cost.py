"""Prediction and meter of the same sweep: the sample fleet, through the state machine, at list prices."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_app.settings.settings import DeploymentSettings
from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from finops.sweeping import estimate_model
from finops.sweeping.estimate_model import Scope
from functions.core import registry, run_ids
from functions.core.meter import sweep_cost
from functions.core.meter.quantities import STEPS
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.e2e.sweeping import Sweep, sweep

WITHIN = 0.25


@pytest.fixture(scope="module")
def swept(aws: EmbeddedAws, planted: Fleet) -> Sweep:
    """The whole fleet, without the model that the embedded AWS does not have: attempts at it that fail are no part of a prediction."""
    return sweep(aws, accounts=list(aws.accounts), regions=list(aws.regions), as_of=planted.as_of.isoformat(), analyze=False)


@pytest.fixture(scope="module")
def cost(swept: Sweep) -> dict[str, Any]:
    made: dict[str, Any] = swept.report["sweep_cost"]
    return made


@pytest.fixture(scope="module")
def predicted(aws: EmbeddedAws, cost: dict[str, Any]) -> dict[str, Any]:
    scope = Scope(
        accounts=len(aws.accounts),
        regions=len(aws.regions),
        types=registry.resource_types(),
        resources=cost["resources"],
        analyze=False,
        ask_bill=sweep_cost.BILL in quantities(cost),
    )
    return sweep_cost.priced(estimate_model.predict(scope, DeploymentSettings(), "us-east-1"), "us-east-1", scope.resources)


def quantities(of: dict[str, Any]) -> dict[str, float]:
    return {line["what"]: line["quantity"] for line in of["lines"]}


def without(of: dict[str, Any], *lines: str) -> float:
    return float(sum(line["usd"] for line in of["lines"] if line["what"] not in lines))


def test_the_prediction_is_within_a_quarter_of_the_meter(cost: dict[str, Any], predicted: dict[str, Any]) -> None:
    assert predicted["usd"] == pytest.approx(cost["usd"], rel=WITHIN)


def test_it_is_also_without_the_bill_which_is_most_of_a_small_sweep(cost: dict[str, Any], predicted: dict[str, Any]) -> None:
    assert without(predicted, sweep_cost.BILL) == pytest.approx(without(cost, sweep_cost.BILL), rel=WITHIN)


@pytest.mark.parametrize(
    "what",
    [
        "CloudWatch GetMetricData",
        "Step Functions transitions",
        "Step Functions EXPRESS requests",
        "Lambda requests",
        "S3 PUT and LIST requests",
        "S3 GET requests of scans",
    ],
)
def test_so_is_each_line_that_does_not_depend_on_this_machine(cost: dict[str, Any], predicted: dict[str, Any], what: str) -> None:
    assert quantities(predicted)[what] == pytest.approx(quantities(cost)[what], rel=WITHIN)


def test_listings_of_scans_are_predicted_for_fewer_unfinished_uploads_than_are_planted(
    cost: dict[str, Any], predicted: dict[str, Any], swept: Sweep
) -> None:
    """In this fleet those whose parts are listed make most of the listings; in a large one, by which it is predicted, they are few."""
    listed, made = (quantities(of)["S3 LIST requests of scans"] for of in (cost, predicted))
    parts = swept.report["coverage"]["api_calls"]["s3:ListParts"]
    assert (1 - WITHIN) * (listed - parts) <= made <= (1 + WITHIN) * listed


def test_what_is_read_from_the_bucket_is_predicted_for_cold_workers(cost: dict[str, Any], predicted: dict[str, Any], swept: Sweep) -> None:
    """A warm worker has the refreshed prices still: after other sweeps it is fewer, never fewer than Rank's one read of each unit."""
    read = quantities(cost)["S3 GET requests"]
    assert len(swept.outcomes) < read <= (1 + WITHIN) * quantities(predicted)["S3 GET requests"]


def test_the_meter_has_every_step_and_every_unit(aws: EmbeddedAws, swept: Sweep, cost: dict[str, Any]) -> None:
    seen = aws.client("stepfunctions").describe_execution(executionArn=swept.arn)
    run_id = run_ids.make(seen["startDate"], swept.arn.rpartition(":")[2])
    folder = RunFolder(Bucket(aws.client("s3"), aws.outputs["BucketName"]), run_id)
    meters = [folder.bucket.need_json(key) for key in folder.bucket.keys(folder.meters)]
    assert {meter["step"] for meter in meters} >= set(STEPS)
    assert all(meter["seconds"] > 0 and meter["memory_mib"] >= 512 for meter in meters)
    assert all(outcome.memory_mib and outcome.billed_seconds >= outcome.seconds for outcome in swept.outcomes.values())
    assert quantities(cost)["CloudWatch GetMetricData"] == sum(outcome.metrics for outcome in swept.outcomes.values())
    assert quantities(cost)["Step Functions EXPRESS requests"] == len(swept.outcomes)
    assert quantities(cost)["S3 PUT and LIST requests"] >= len(swept.outcomes) + len(meters)
