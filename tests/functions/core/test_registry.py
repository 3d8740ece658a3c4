"""Declaring checks: what is derived from a declaration, and which declarations are refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core import registry
from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Resource
from functions.core.prices.places import RegionWide
from functions.core.registry import METRICS_IAM, Collector
from functions.core.usage import Metric

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty registry of our own."""
    monkeypatch.setattr(registry, "_collectors", {})
    monkeypatch.setattr(registry, "_checks", {})
    monkeypatch.setattr(registry, "load_all", lambda: None)


def declare_collector(resource_type: str = "test:thing", iam: tuple[str, ...] = ("test:DescribeThings",)) -> Collector[Resource]:
    def fetch(aws: Any) -> Iterator[Resource]:
        yield from ()

    return registry.collector(resource_type, iam=iam, resumes=registry.BeginAnew("a test"), placed_by=RegionWide("a test"))(fetch)


def declare_check(over: Collector[Resource], id: str = "test-thing", **more: Any) -> registry.Check[Resource]:
    def judge(resource: Resource, limits: Limits, prices: Any) -> None:
        """Look at it.

        Then delete it.
        """

    words: dict[str, Any] = {
        "title": "Is it?",
        "reference": "https://example.com",
        "action": Action.REVIEW,
        "command": "aws test {id}",
        "undo": "Undo.",
    }
    return registry.check(id=id, over=over, **{**words, **more})(judge)


def metric(sparse: bool = False, window: str = "window_days") -> Metric:
    return Metric("AWS/Test", "Load", "Sum", lambda resource: {}, window=window, sparse=sparse)


WINDOW = {"window_days": Threshold(14, "two weeks", minimum=1, maximum=90)}


@pytest.mark.usefixtures("own")
def test_the_docstring_is_the_advice_in_one_line() -> None:
    assert declare_check(declare_collector()).advice == "Look at it. Then delete it."


@pytest.mark.usefixtures("own")
def test_an_id_or_a_resource_type_is_taken_once() -> None:
    over = declare_collector()
    declare_check(over)
    with pytest.raises(ValueError, match="two checks are called test-thing"):
        declare_check(over)
    with pytest.raises(ValueError, match="two collectors for test:thing"):
        declare_collector()


@pytest.mark.usefixtures("own")
def test_a_metric_looks_back_over_a_threshold_of_its_check() -> None:
    with pytest.raises(ValueError, match="'window_days', which is no threshold"):
        declare_check(declare_collector(), metrics=[metric()])


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("metrics", "declared"), [((metric(),), True), ((metric(sparse=True), metric()), True), ((metric(sparse=True),), False), ((), False)]
)
def test_datapoints_are_demanded_of_metrics_that_are_not_sparse(metrics: tuple[Metric, ...], declared: bool) -> None:
    check = declare_check(declare_collector(), thresholds=WINDOW, metrics=metrics, candidate=lambda resource, limits: True)
    assert ("min_datapoints" in check.thresholds) is declared


@pytest.mark.usefixtures("own")
def test_a_check_may_demand_fewer_datapoints() -> None:
    mine = {**WINDOW, "min_datapoints": Threshold(0.5, "half will do")}
    assert declare_check(declare_collector(), thresholds=mine, metrics=[metric()]).limits(NOW).min_datapoints == 0.5


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("overrides", "window_days", "days"),
    [
        (None, None, 14),
        (None, 30, 30),
        ({"test-thing.window_days": 7.0}, None, 7),
        ({"test-thing.window_days": 7.0}, 30, 7),
        ({"other-thing.window_days": 7.0}, None, 14),
    ],
)
def test_an_override_goes_over_the_period_asked_for_and_that_over_the_default(
    overrides: dict[str, float] | None, window_days: int | None, days: float
) -> None:
    check = declare_check(declare_collector(), thresholds=WINDOW)
    assert check.limits(NOW, overrides, window_days).window_days == days


@pytest.mark.usefixtures("own")
def test_the_period_asked_for_changes_no_other_threshold() -> None:
    check = declare_check(declare_collector(), thresholds={"min_age_days": Threshold(7, "a week")})
    limits = check.limits(NOW, None, 30)
    assert limits.min_age_days == 7
    with pytest.raises(AttributeError):
        limits.window_days  # noqa: B018  # reading it is the test


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({}, None),
        ({"test-thing.window_days": 1.0}, None),
        ({"test-thing.window_days": 90.0}, None),
        ({"test-thing.window_days": 0.9}, "test-thing.window_days must be between 1 and 90, not 0.9"),
        ({"test-thing.window_days": 90.1}, "must be between 1 and 90, not 90.1"),
        ({"test-thing.window_days": float("nan")}, "must be between 1 and 90, not nan"),
        ({"test-thing.window": 5.0}, "'test-thing.window' is no threshold; allowed are: test-thing.window_days"),
    ],
)
def test_overrides_are_held_to_the_declared_names_and_bounds(overrides: dict[str, float], problem: str | None) -> None:
    declare_check(declare_collector(), thresholds=WINDOW)
    if problem is None:
        registry.validate_overrides(overrides)
    else:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  # the message is compared below
            registry.validate_overrides(overrides)
        assert problem in str(caught.value)


@pytest.mark.usefixtures("own")
def test_permissions_follow_from_the_declarations() -> None:
    quiet, asking = declare_collector("one:thing", ("one:ListThings",)), declare_collector("two:thing", ("two:ListThings", "two:GetThing"))
    declare_collector("two:other", ("two:ListOthers",))
    declare_check(quiet, "one-a")
    declare_check(asking, "two-a", thresholds=WINDOW, metrics=[metric()])
    assert registry.iam_actions(resource_type="one:thing") == ("one:ListThings",)
    assert registry.iam_actions(resource_type="two:thing") == tuple(sorted((METRICS_IAM, "two:GetThing", "two:ListThings")))
    assert registry.iam_actions(service="two") == tuple(sorted((METRICS_IAM, "two:GetThing", "two:ListThings", "two:ListOthers")))
    assert set(registry.iam_actions()) == {METRICS_IAM, "one:ListThings", "two:GetThing", "two:ListThings", "two:ListOthers"}
    assert registry.services() == ("one", "two")
    assert registry.resource_types() == ("one:thing", "two:other", "two:thing")


@pytest.mark.parametrize(
    ("resource_type", "module"),
    [
        ("ebs:volume", "functions.scanners.ebs.volume"),
        ("rds:db-instance", "functions.scanners.rds.db_instance"),
        ("lambda:function", "functions.scanners.lambda_.function"),
        ("cost-optimization-hub:recommendation", "functions.scanners.cost_optimization_hub.recommendation"),
    ],
)
def test_a_resource_type_lives_in_the_file_of_its_name(resource_type: str, module: str) -> None:
    assert registry.module_for(resource_type) == module


@pytest.mark.usefixtures("own")
def test_a_type_is_asked_in_every_region_or_in_the_one_that_answers_for_all() -> None:
    declare_collector("one:thing", ("one:ListThings",))
    once = registry.OncePerAccount({"aws": "us-east-1"})
    for name in ("one:advice", "two:advice"):
        registry.collector(name, iam=[], resumes=registry.BeginAnew("a test"), placed_by=RegionWide("a test"), once=once)(
            lambda aws: iter(())
        )
    assert [registry.asked_once(name) for name in ("one:thing", "one:advice", "three:thing")] == [False, True, False]
    here = ["eu-west-1", "us-west-2"]
    assert registry.asked_in("one:thing", here) == registry.asked_in("three:thing", here) == here
    assert registry.asked_in("two:advice", here) == registry.asked_in("two", here) == ["us-east-1"]
    assert registry.asked_in("one", here) == [*here, "us-east-1"]
    assert registry.asked_in("one", ["us-east-1"]) == ["us-east-1"]
    assert registry.asked_in("two", ["cn-north-1"]) == registry.asked_in("two", []) == []


@pytest.mark.usefixtures("own")
def test_a_collector_names_the_listing_that_it_goes_on_with_or_says_why_it_begins_anew() -> None:
    def declared(resumes: str | registry.BeginAnew) -> str | None:
        name = f"test:{len(str(resumes))}"
        return registry.collector(name, iam=[], resumes=resumes, placed_by=RegionWide("a test"))(lambda aws: iter(())).resumes

    assert declared("test:ListThings") == "test:ListThings"
    assert declared(registry.BeginAnew("a thing's parts may be on any page")) is None


@pytest.mark.usefixtures("own")
def test_a_collector_names_what_says_where_a_thing_is_or_why_its_type_has_no_place() -> None:
    def declared(kind: str, placed_by: list[str] | RegionWide) -> tuple[str, ...]:
        made = registry.collector(f"test:{kind}", iam=[], resumes=registry.BeginAnew("a test"), placed_by=placed_by)
        return made(lambda aws: iter(())).placed_by

    assert declared("zoned", ["OutpostArn", "AvailabilityZone"]) == ("OutpostArn", "AvailabilityZone")
    assert declared("everywhere", RegionWide("it is stored in the region")) == ()


@pytest.mark.parametrize("resource_type", ["ebs:volumes", "ebs", "", "os:path"])
def test_an_unknown_resource_type_is_refused_with_those_that_exist(resource_type: str) -> None:
    with pytest.raises(ValueError, match=r"no scanner for resource type .*; there are: .*ebs:volume"):
        registry.load(resource_type)


def test_load_brings_the_checks_of_one_type_only() -> None:
    collector, checks = registry.load("ebs:volume")
    assert collector.resource_type == "ebs:volume"
    assert checks
    assert {check.over.resource_type for check in checks} == {"ebs:volume"}


@pytest.mark.usefixtures("own")
def test_what_is_asked_for_each_resource_is_a_declared_action() -> None:
    with pytest.raises(ValueError, match="test:each: test:Other is asked for each resource, and is no declared action"):
        registry.collector(
            "test:each",
            iam=["test:List"],
            resumes=registry.BeginAnew("a test"),
            placed_by=RegionWide("a test"),
            each={"test:Other": "one for each"},
        )(lambda aws: iter(()))


@pytest.mark.parametrize(
    ("arn", "resource_type"),
    [
        ("arn:aws:ec2:us-east-1:111122223333:volume/vol-1", "ebs:volume"),
        ("arn:aws-cn:rds:cn-north-1:111122223333:db:one", "rds:db-instance"),
        ("arn:aws:rds:us-east-1:111122223333:cluster-snapshot:one", "rds:db-cluster-snapshot"),
        ("arn:aws:s3:::a-bucket", "s3:bucket"),
        ("arn:aws:s3:us-east-1:111122223333:accesspoint/one", ""),
        ("arn:aws:iam::111122223333:role/one", ""),
        ("vol-1", ""),
        ("", ""),
    ],
)
def test_an_arn_tells_its_resource_type(arn: str, resource_type: str) -> None:
    assert registry.type_of(arn) == resource_type


def test_every_type_but_the_one_of_other_types_resources_says_what_its_arns_are() -> None:
    assert [one.resource_type for one in registry.collectors() if not one.arns] == ["cost-optimization-hub:recommendation"]
