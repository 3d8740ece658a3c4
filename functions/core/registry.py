"""Collectors and checks, and where they are found. Being in `functions/scanners/` is the registration.

A collector fetches one resource type and declares the IAM actions it needs; a check judges one resource and is pure. From these
declarations derive the Lambda per service and its role, the plan, docs/CHECKS.md, and the tests of all three.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.core import services as cards
from functions.core.aws import partitions
from functions.core.declarations import BeginAnew as BeginAnew
from functions.core.declarations import Check as Check
from functions.core.declarations import Collector as Collector
from functions.core.declarations import OncePerAccount as OncePerAccount
from functions.core.declarations import R
from functions.core.declarations import Verdict as Verdict
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, InsufficientData, Level, Resource
from functions.core.money import Amount
from functions.core.outside.text import pattern
from functions.core.prices.bills import Described
from functions.core.prices.places import RegionWide
from functions.core.steps import steps
from functions.core.usage import Metric

if TYPE_CHECKING:
    from functions.core.aws.clients import Aws
    from functions.core.prices.book import Prices

METRICS_IAM = "cloudwatch:GetMetricData"

_collectors: dict[str, Collector[Resource]] = {}
_checks: dict[str, Check[Resource]] = {}


def collector(
    resource_type: str,
    *,
    iam: Sequence[str],
    resumes: str | BeginAnew,
    placed_by: Sequence[str] | RegionWide,
    bills: Sequence[Described] = (),
    costs: Callable[[Any, Prices], Amount] | None = None,
    once: OncePerAccount | None = None,
    each: Mapping[str, str] | None = None,
    arns: Sequence[str] = (),
) -> Callable[[Callable[[Aws], Iterator[R]]], Collector[R]]:
    """Declare how a resource type ("service:type") is fetched, and every IAM action that this takes, the one that lists it first.

    `resumes`: the listing ("ec2:DescribeVolumes") that a scan which ran out of time goes on with, from any of its pages: it is listed once,
    and every resource of a page is yielded before the next page is asked for. BeginAnew where a resource needs more than its page.
    `placed_by`: which members of an item say where it is, and `Resource.place` is made of; RegionWide where the type has no place.
    `bills`: what the members of the replies that become resources are for the bill, each read with `also_bills` for its resource.
    `costs`: what a resource costs, USD per month at list prices. Where not all metrics may be asked for, the dearest resources come first.
    `once`: it is asked in one region for all of an account's; `Aws.wants` says which of the resources are wanted.
    `arns`: what its resources' ARNs look like behind the partition, "ec2:*:*:volume/*"; none where they are other types'.
    `each`: of the actions those that take requests for single resources → for which, and at most how many, in words for docs/COSTS.md.
    """

    def register(fetch: Callable[[Aws], Iterator[R]]) -> Collector[R]:
        places = () if isinstance(placed_by, RegionWide) else tuple(placed_by)
        listing = None if isinstance(resumes, BeginAnew) else resumes
        made = Collector(resource_type, tuple(iam), fetch, listing, places, tuple(bills), costs, once, dict(each or {}), tuple(arns))
        if undeclared := made.each.keys() - set(made.iam):
            raise ValueError(f"{resource_type}: {', '.join(sorted(undeclared))} is asked for each resource, and is no declared action")
        if resource_type in _collectors:
            raise ValueError(f"two collectors for {resource_type}: {fetch.__module__} and {_collectors[resource_type].fetch.__module__}")
        cards.load(made.service)  # whoever has a scanner has its service's card
        _collectors[resource_type] = made
        return made

    return register


def check(
    *,
    id: str,
    title: str,
    over: Collector[R],
    reference: str,
    action: Action,
    command: str | Sequence[str],
    undo: str,
    afterwards: str = "",
    effort: Level = Level.LOW,
    risk: Level = Level.LOW,
    confidence: Confidence = Confidence.HIGH,
    thresholds: Mapping[str, Threshold] | None = None,
    metrics: Iterable[Metric] = (),
    candidate: Callable[[R, Limits], bool | InsufficientData] | None = None,
    hygiene: bool = False,
    metrics_optional: bool = False,
    goes_on: Callable[[R, Limits], bool | tuple[Metric, ...]] | None = None,
    asked_first: int = 1,
) -> Callable[[Callable[[R, Limits, Prices], Verdict]], Check[R]]:
    """Declare a check over a collector's resources.

    `command` is what would do it, a step of the AWS CLI or several (functions/core/steps.py says how), with {id}, {arn}, {name}, {region}
    and the finding's own values. `undo` begins with "None" where a deletion leaves no copy. `afterwards` is left to do then, and ends the
    finding's note. With `metrics`, a `candidate` says cheaply which resources are worth asking CloudWatch about; only those reach
    `judge`, with `resource.usage` filled. What is no candidate counts as clean; of one that it cannot judge (a member of a group, a Spot
    instance) it says InsufficientData.
    A metric that is not sparse and has less than `min_datapoints` (a threshold, 0 to 1, default 0.9) of its points is judged here:
    insufficient data. With `metrics_optional` every resource reaches `judge`, also one that was no candidate or whose metrics were
    denied: `judge` must look whether a metric is in `resource.usage` before it reads it. With `goes_on` the first metric (the first
    `asked_first`) is asked for alone, and the others only where it says, with that one in `resource.usage`, that they matter: where it
    does not, `judge` must come to the same whatever they are, and to nothing unless metrics are optional. Where they are, it may also name
    those of the others that matter: a series of five-minute points is long to read. Each metric is billed.
    """

    def register(judge: Callable[[R, Limits, Prices], Verdict]) -> Check[R]:
        declared = dict(thresholds or {})
        wanted = tuple(metrics)
        if any(not metric.sparse for metric in wanted):
            declared.setdefault("min_datapoints", Threshold(0.9, "share of the datapoints that must exist before it is judged", maximum=1))
        for metric in wanted:
            if metric.window not in declared:
                raise ValueError(f"check {id}: metric {metric.name} looks back {metric.window!r}, which is no threshold of the check")
        how = (action, effort, risk, confidence, steps(command), undo)
        when = (wanted, candidate, hygiene, metrics_optional, goes_on, asked_first)
        made = Check(id, title, over, judge, declared, reference, *how, *when, afterwards)
        if id in _checks:
            raise ValueError(f"two checks are called {id}")
        _checks[id] = made  # type: ignore[assignment]  # the registry holds checks of every resource class
        return made

    return register


def module_for(resource_type: str) -> str:
    """Where a resource type lives: "ec2:address" is functions/scanners/ec2/address.py, "lambda:function" the folder lambda_/function."""
    service, _, kind = resource_type.partition(":")
    return f"{cards.package(service)}.{kind.replace('-', '_')}"


def import_all(name: str) -> None:
    """Import a module and, where it is a package, all that is in it."""
    module = importlib.import_module(name)
    for inside in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
        import_all(inside.name)


def load(resource_type: str) -> tuple[Collector[Resource], tuple[Check[Resource], ...]]:
    """One scanner, importing only its own module or folder, and with it its service's card. ValueError for an unknown type."""
    try:
        import_all(module_for(resource_type))
        found = _collectors[resource_type]
    except (ModuleNotFoundError, KeyError):
        raise ValueError(f"no scanner for resource type {resource_type!r}; there are: {', '.join(resource_types())}") from None
    return found, tuple(check for check in _checks.values() if check.over is found)


@cache
def load_all() -> None:
    """Import every scanner."""
    import_all(cards.SCANNERS)


def collectors() -> tuple[Collector[Resource], ...]:
    """Every collector, by resource type."""
    load_all()
    return tuple(sorted(_collectors.values(), key=lambda collector: collector.resource_type))


def checks() -> tuple[Check[Resource], ...]:
    """Every check, by id."""
    load_all()
    return tuple(sorted(_checks.values(), key=lambda check: check.id))


def resource_types() -> tuple[str, ...]:
    """What can be scanned: "ebs:snapshot", "ebs:volume", …"""
    return tuple(collector.resource_type for collector in collectors())


def type_of(arn: str) -> str:
    """The resource type that an ARN is of; "" where none of ours is."""
    head, _, rest = arn.partition(":")
    _, _, named = rest.partition(":")
    found = (one.resource_type for one in collectors() if head == "arn" and any(pattern(glob).match(named) for glob in one.arns))
    return next(found, "")


def services() -> tuple[str, ...]:
    """One scanner Lambda for each: "ebs", "ec2", …"""
    return tuple(sorted({collector.service for collector in collectors()}))


def asked_once(resource_type: str) -> bool:
    """Whether a type is asked in one region for all regions of an account."""
    return any(one.resource_type == resource_type and one.once for one in collectors())


def asked_in(name: str, regions: Sequence[str]) -> list[str]:
    """Where a resource type, or a service, is asked about an account with these regions: in each of them, or in the one region that
    answers for all of their partition; nowhere where the partition has none.
    """
    chosen = [one.once for one in collectors() if name in (one.resource_type, one.service)]
    own = partitions.partition(regions[0]) if regions else ""
    home = dict.fromkeys(once.asked_in[own] for once in chosen if once and own in once.asked_in)
    everywhere = list(regions) if None in chosen or not chosen else []
    return [*everywhere, *(region for region in home if region not in everywhere)]


def iam_actions(service: str | None = None, resource_type: str | None = None) -> tuple[str, ...]:
    """Every action that scanning a service, a resource type, or everything calls: the declarations, plus metrics where checks ask."""
    chosen = {each for each in collectors() if service in (None, each.service) and resource_type in (None, each.resource_type)}
    actions = {action for collector in chosen for action in collector.iam}
    if any(check.metrics for check in checks() if check.over in chosen):
        actions.add(METRICS_IAM)
    return tuple(sorted(actions))


def validate_overrides(overrides: Mapping[str, float]) -> None:
    """ValueError naming the key and what is allowed, when an override is not a declared threshold or out of its bounds."""
    known = {f"{check.id}.{name}": threshold for check in checks() for name, threshold in check.thresholds.items()}
    for key, value in overrides.items():
        if key not in known:
            raise ValueError(f"thresholds: {key!r} is no threshold; allowed are: {', '.join(sorted(known))}")
        if not known[key].minimum <= value <= known[key].maximum:
            raise ValueError(f"thresholds: {key} must be between {known[key].minimum:g} and {known[key].maximum:g}, not {value:g}")
