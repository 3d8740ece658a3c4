"""What a scanner declares: a collector, which fetches one resource type, and checks, each of which judges it. They are made and found by
`functions/core/registry.py`. And by what they declare, which of several findings on one resource leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from functions.core.limits import InForce, Limits, Threshold, changes
from functions.core.model import Action, Confidence, InsufficientData, Level, Resource, Waste
from functions.core.money import Amount
from functions.core.prices.bills import Described
from functions.core.tuning.rule import Rule, by_precedence
from functions.core.usage import Metric

if TYPE_CHECKING:
    from functions.core.aws.clients import Aws
    from functions.core.prices.book import Prices

R = TypeVar("R", bound=Resource)
Verdict = Waste | InsufficientData | None
OF_THE_SWEEP, OF_THE_SETTING = "analysis_period_days of the sweep", "setting thresholds"
"""Where a threshold was changed that config/checks.toml says nothing of."""


@dataclass(slots=True, frozen=True)
class BeginAnew:
    """Instead of a listing to go on with: a scan that ran out of time is repeated from the start, and why it cannot go on."""

    why: str


@dataclass(slots=True, frozen=True)
class OncePerAccount:
    """Instead of in every region: the listing of a type answers for all regions of an account at once.

    `asked_in`: partition ("aws") → the region where it is asked. A partition that is not here does without it, as far as is known.
    """

    asked_in: Mapping[str, str]


@dataclass(slots=True, frozen=True, eq=False)
class Collector(Generic[R]):
    """Fetches every resource of one type in one region of one account; `iam` is exactly the actions that `fetch` calls.

    `resumes`: the listing that a scan goes on with; None where it begins anew. `placed_by` (empty for a RegionWide), `bills`, `costs`,
    `once`, `each` and `arns`: see `collector`.
    """

    resource_type: str
    iam: tuple[str, ...]
    fetch: Callable[[Aws], Iterator[R]]
    resumes: str | None = None
    placed_by: tuple[str, ...] = ()
    bills: tuple[Described, ...] = ()
    costs: Callable[[R, Prices], Amount] | None = None
    once: OncePerAccount | None = None
    each: Mapping[str, str] = field(default_factory=dict)
    arns: tuple[str, ...] = ()

    def __call__(self, aws: Aws) -> Iterator[R]:
        return self.fetch(aws)

    @property
    def service(self) -> str:
        return self.resource_type.partition(":")[0]


@dataclass(slots=True, frozen=True, eq=False)
class Check(Generic[R]):
    """One rule about one resource type. `title` says what is wrong; `hygiene`: worth saying although it saves nothing.

    `metrics_optional`, `asked_first`, `afterwards`: see `check`.
    """

    id: str
    title: str
    over: Collector[R]
    judge: Callable[[R, Limits, Prices], Verdict]
    thresholds: Mapping[str, Threshold]
    reference: str
    action: Action
    effort: Level
    risk: Level
    confidence: Confidence
    command: str
    undo: str
    metrics: tuple[Metric, ...] = ()
    candidate: Callable[[R, Limits], bool | InsufficientData] | None = None
    hygiene: bool = False
    metrics_optional: bool = False
    goes_on: Callable[[R, Limits], bool | tuple[Metric, ...]] | None = None
    asked_first: int = 1
    afterwards: str = ""

    def __call__(self, resource: R, limits: Limits, prices: Prices) -> Verdict:
        """What `judge` says of a resource, by the prices of its place: nobody else asks `judge`, so that no check can forget it."""
        return self.judge(resource, limits, prices.at(resource.place) if resource.place else prices)

    @property
    def advice(self) -> str:
        """The docstring of the check: what is wrong and what to do, for a person."""
        return " ".join((self.judge.__doc__ or "").split())

    def in_force(
        self, overrides: Mapping[str, float] | None = None, window_days: int | None = None, rules: Iterable[Rule] = ()
    ) -> dict[str, InForce]:
        """Each threshold: the default, or the `window_days` that the sweep was asked for; above both `overrides`, the setting's, by
        "check-id.threshold"; above all `rules`, those of config/checks.toml that hold for the resource.

        `validate_overrides` and tuning/file.py have looked at them before.
        """
        found = {name: InForce(threshold.default, threshold.default) for name, threshold in self.thresholds.items()}
        if window_days and "window_days" in found:
            found["window_days"] = replace(found["window_days"], value=window_days, where=OF_THE_SWEEP)
        for name in found:
            if overrides and (key := f"{self.id}.{name}") in overrides:
                found[name] = replace(found[name], value=overrides[key], where=OF_THE_SETTING)
        for rule in by_precedence(rules):
            for name, value in rule.thresholds.items() if rule.check_id == self.id else ():
                found[name] = replace(found[name], value=value, where=rule.where)
        return found

    def limits(
        self,
        as_of: datetime,
        overrides: Mapping[str, float] | None = None,
        window_days: int | None = None,
        rules: Iterable[Rule] = (),
    ) -> Limits:
        """The thresholds that are in force, at a moment."""
        found = self.in_force(overrides, window_days, rules)
        return Limits({name: one.value for name, one in found.items()}, as_of, changes(found))


_SURENESS = {level: place for place, level in enumerate(Confidence)}
_EASE = {level: place for place, level in enumerate(Level)}


def precedence(likely: float, high: float, confidence: str, effort: str, risk: str, check_id: str) -> tuple[float | str, ...]:
    """The order of several findings on one resource: the first one leads, and counts for the others.

    The most money leads (`likely`, then `high`, USD per month); of equal money the surer reason, then the easier and the safer action.
    """
    return -likely, -high, _SURENESS[Confidence(confidence)], _EASE[Level(effort)], _EASE[Level(risk)], check_id
