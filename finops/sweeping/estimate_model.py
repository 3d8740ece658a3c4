"""What a sweep will take, from what is to be swept: the quantities that its meter will count, predicted.

Nearly everything here is measured, none of it is AWS's promise. `python -m tests.bench.quantities` says what each resource type takes
(measured.json), the meters of sweeps of the embedded AWS (1,500, 4,000 and 10,000 resources; nothing else on two cores) say the rest, and
tests/e2e/test_sweep_cost.py holds prediction and meter together. So the Lambda seconds have no network in them, and more CPU than the third
of a core that 512 MiB are on AWS: there they may be several times as many, of a line that is about a hundredth of the sum.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean

from cdk_app.settings.settings import DeploymentSettings
from functions.core import registry
from functions.core.advice import bedrock_price, thinking
from functions.core.costs.queries import PAIRS_DAILY
from functions.core.meter.quantities import STEPS, Quantities
from functions.core.prices.book import Prices
from functions.core.scan.ration import metrics_for
from functions.core.services import instance_hours

MEASURED = Path(__file__).with_name("measured.json")
"""What each resource type takes in sample fleets, written by `python -m tests.bench.quantities --write`."""
OTHER_MIX, OTHER_ASKED = 0.02, 0.5
"""For a resource type that is newer than the measurements."""

UNIT_SECONDS, RESOURCE_SECONDS = 0.52, 0.0026
"""A scan: for each unit, with its share of cold starts, and for each resource. Metered: 29, 36 and 51 s for the three fleets."""
STEP_SECONDS = {"plan": 1.5, "cost": 2.0, "rank": 1.5, "aggregate": 1.5}
"""The other steps, mostly their cold starts. Metered: 4.4 to 5.2 GB-seconds together, without a trend."""
ANALYZE_SECONDS = 6.0
"""A group of findings: mostly waiting for the model. Assumed, the embedded AWS has no model."""
PUTS, GETS, READS = 23, 14, 2
"""What the steps ask S3 and DynamoDB once in a sweep, beside what they ask for each unit and each group."""
PRICE_GETS = 0.7
"""Refreshed prices are read once for each worker and region: so often for a unit."""
CACHE_READS, CACHE_WRITES = 2, 4
"""For one answer of Cost Explorer that was not known: look, take the lease, look again, write, give the lease back."""
RESOURCES_A_GROUP = 100
"""Of so many resources the findings of one account and service make a group, when there are few."""
GROUP_TOKENS = (3_000, 700)
"""Of a group of findings: what is asked, with the instructions and the tool, and what a model answers. Assumed, from their lengths, by the
tokenizers before Claude Opus 4.7: `group_tokens` has a model's own."""
ADVICE_READS, ADVICE_WRITES = 2, 1


@dataclass(slots=True, frozen=True)
class Measured:
    """`share` of a type in a fleet's resources. `asked`: metrics asked for by resource, as a share of those that the type's checks declare:
    only candidates are asked about. Above 1 where a resource has several, as a cluster has instances. `scan_lists` and `scan_gets`: what
    AWS bills of a scan's other requests, by resource, those for listings included."""

    share: float
    asked: float
    scan_lists: float = 0.0
    scan_gets: float = 0.0


@dataclass(slots=True, frozen=True)
class Scope:
    """What is to be swept. `analyze`: a model is asked for advice; `ask_bill`: Cost Explorer's answers are not known yet;
    `commitments`: there are Savings Plans and reservations."""

    accounts: int
    regions: int
    types: Sequence[str]
    resources: int
    analyze: bool = True
    ask_bill: bool = True
    commitments: bool = True

    @property
    def units(self) -> int:
        return self.accounts * sum(min(1, self.regions) if registry.asked_once(kind) else self.regions for kind in self.types)


def predict(scope: Scope, settings: DeploymentSettings, region: str) -> Quantities:
    """What a sweep will take, deployed with these settings in `region`."""
    units, resources = scope.units, scope.resources
    groups = group_count(scope, settings)
    asked = groups if scope.analyze else 0
    queries = bill_requests(scope.accounts, commitments=scope.commitments)
    scan_seconds = units * UNIT_SECONDS + resources * RESOURCE_SECONDS
    steps = {
        **STEP_SECONDS,
        "analyze": asked * ANALYZE_SECONDS,
    }
    metrics = metrics_of(scope.types, resources)
    scan_lists, scan_gets = scan_requests(scope.types, resources)
    if settings.max_metric_usd is not None:
        metrics = min(metrics, metrics_for(settings.max_metric_usd, Prices(region)))
    memory: Mapping[str, int] = {step: getattr(settings, step).memory for step in (*steps, "scan")}
    made = Quantities(
        invocations=units + len(STEPS) + asked,
        gb_seconds=sum(seconds * memory[step] / 1024 for step, seconds in {**steps, "scan": scan_seconds}.items()),
        metrics=metrics,
        cost_explorer=queries if scope.ask_bill else 0,
        s3_puts=PUTS + units + groups + 2 * asked,
        s3_gets=round(GETS + units * (1 + PRICE_GETS) + groups + 2 * asked),
        scan_lists=scan_lists,
        scan_gets=scan_gets,
        reads=READS + queries * (CACHE_READS if scope.ask_bill else 1) + asked * ADVICE_READS,
        writes=(queries * CACHE_WRITES if scope.ask_bill else 0) + asked * ADVICE_WRITES,
    )
    made.add_flow({}, units, asked)
    made.add_children(units, scan_seconds, express=settings.children == "EXPRESS")
    if asked:
        tokens = group_tokens(settings)
        usd, _ = bedrock_price.cost(settings.bedrock_model_id, region, *tokens)
        made.tokens, made.bedrock_usd, made.bedrock_unpriced = asked * sum(tokens), asked * (usd or 0.0), asked * (usd is None)
    return made


@cache
def measured() -> Mapping[str, Measured]:
    """What was measured of each type, as means of the fleets: most of a small one is there for the checks, a large one is ordinary.

    Requests are those of the largest: a few buckets with as many unfinished uploads as are ever looked at would be most of the mean.
    """
    fleets: list[dict[str, dict[str, int]]] = json.loads(MEASURED.read_text(encoding="utf-8"))["fleets"]
    found: dict[str, list[Measured]] = defaultdict(list)
    for types in sorted(fleets, key=_resources):
        for kind, counts in types.items():
            found[kind].append(_measured(counts, _resources(types)))
    return {
        kind: replace(each[-1], share=fmean(one.share for one in each), asked=fmean(one.asked for one in each))
        for kind, each in found.items()
    }


def _resources(types: Mapping[str, Mapping[str, int]]) -> int:
    return sum(counts["resources"] for counts in types.values())


def _measured(counts: Mapping[str, int], total: int) -> Measured:
    """Of one fleet of `total` resources."""
    resources = counts["resources"]
    declared, some = resources * counts["declared"], max(1, resources)
    return Measured(
        share=resources / total,
        asked=counts["metrics"] / declared if declared else OTHER_ASKED,
        scan_lists=counts["scan_lists"] / some,
        scan_gets=counts["scan_gets"] / some,
    )


def of(resource_type: str) -> Measured:
    """What was measured of a type, or what is assumed of one that was not."""
    return measured().get(resource_type, Measured(OTHER_MIX, OTHER_ASKED))


def shares(types: Sequence[str]) -> dict[str, float]:
    """How the resources spread over the types that are swept, together 1."""
    parts = {kind: of(kind).share for kind in types}
    return {kind: part / sum(parts.values()) for kind, part in parts.items()}


def metrics_of(types: Sequence[str], resources: int) -> int:
    """Metrics of CloudWatch that so many resources of these types are asked for, in the mix that was measured."""
    return round(sum(resources * share * metrics_each(kind) for kind, share in shares(types).items()))


def scan_requests(types: Sequence[str], resources: int) -> tuple[int, int]:
    """What AWS bills of the other requests of scans, those about buckets: listings, and all else."""
    mix = shares(types)
    lists, gets = (sum(resources * share * getattr(of(kind), name) for kind, share in mix.items()) for name in ("scan_lists", "scan_gets"))
    return round(lists), round(gets)


def metrics_each(resource_type: str) -> float:
    """Metrics that a resource of a type is asked for: those that its checks declare, each once, by the share that is asked."""
    return declared(resource_type) * of(resource_type).asked


def declared(resource_type: str) -> int:
    """How many metrics the checks of a type declare, each counted once."""
    return len({metric for check in registry.load(resource_type)[1] for metric in check.metrics})


def group_count(scope: Scope, settings: DeploymentSettings) -> int:
    """Groups of findings that get advice: an account's services, when there is enough to find, and no more than the settings allow."""
    services = {kind.partition(":")[0] for kind in scope.types}
    return min(settings.max_advice_groups, scope.accounts * len(services), -(-scope.resources // RESOURCES_A_GROUP))


def group_tokens(settings: DeploymentSettings) -> tuple[int, int]:
    """Of a group: what is asked and what is answered, by the model's tokenizer and with what it may think."""
    return thinking.usual_tokens(settings.bedrock_model_id, *GROUP_TOKENS)


def bill_requests(accounts: int, *, commitments: bool) -> int:
    """Cost Explorer's requests for a bill that is not known yet, a page each: see functions/core/costs/gathering.py."""
    made = 6 if accounts == 1 else 7 if accounts <= PAIRS_DAILY else 9
    if commitments:
        made += 1 + len(instance_hours()) + sum(one.by_engine for one in instance_hours().values()) + (0 if accounts == 1 else 2)
    return made
