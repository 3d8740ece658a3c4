"""Every collector survives odd items in whatever it lists: a member that is missing, or of another type, or a word that nobody knows.

Such an item costs itself. That it was there is counted, and all others become resources as before.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from functions.core import registry
from functions.core.aws.clients import Aws
from functions.core.aws.refusals import iam_action
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.core.services import services
from functions.scanners.ebs.snapshot.collector import Snapshot
from tests.functions import seeds
from tests.functions.paged import ACCOUNT, ON_A_PAGE, PAGES, REGION, Answer, Answers, Given, nothing
from tests.test_house_rules import nothing as none
from tests.test_house_rules import sources, tree

SESSION = boto3.Session("testing", "testing", region_name=REGION)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLLECTORS = registry.collectors()
ODD: tuple[Any, ...] = (None, "never-heard-of", -7, [], {}, [None])
"""What a member may be instead of what it is."""


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_what_a_type_lists_is_known(collector: registry.Collector[Any]) -> None:
    assert seeds.of(collector.resource_type).pages, f"{seeds.module_for(collector.resource_type)} needs its PAGES"


def changed(item: Any) -> Iterator[Any]:
    """The item with one member less, and with one member that is odd, at every depth."""
    members: Sequence[Any] = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
    for name in members:
        if isinstance(item, dict):
            yield {other: value for other, value in item.items() if other != name}
        for instead in (*ODD, *changed(item[name])):
            copy = deepcopy(item)
            copy[name] = instead
            yield copy


def lists_of(given: Given) -> Mapping[str, list[Any]]:
    """The items that a listing, or an operation with one answer, has in its first answer, by their key."""
    first: Answer = given[0] if isinstance(given, Sequence) else given({})
    return {key: items for key, items in first.items() if isinstance(items, list) and items}


def with_odd(given: Given) -> tuple[Given, int]:
    """The listing with odd items on a page between the others, and how many those are."""
    odd = {key: [{}, None, 7, *changed(items[-1])] for key, items in lists_of(given).items()}
    number = sum(map(len, odd.values()))
    if isinstance(given, Sequence):
        return [*given[:1], odd, *given[1:]], number
    return nothing(**{key: [*items[:1], *odd[key], *items[1:]] for key, items in lists_of(given).items()}), number


def collected(
    collector: registry.Collector[Any], given: Mapping[str, Given], requests: Counter[str] | None = None
) -> tuple[list[Resource], Aws]:
    """Every resource, and the Aws that counted what could not be read. `requests`: how often each operation was asked, to be counted."""
    asked = Counter[str]() if requests is None else requests
    services()  # their cards know what is gone
    aws = Aws(ACCOUNT, REGION, SESSION, NOW)
    with Answers(given, lambda operation: asked.update([operation])).everywhere():
        return list(collector(aws)), aws


LISTINGS = [
    (collector, operation)
    for collector in COLLECTORS
    if seeds.exists(collector.resource_type)
    for operation, given in seeds.of(collector.resource_type).pages.items()
    if lists_of(given)
]


@pytest.mark.parametrize(("collector", "operation"), LISTINGS, ids=lambda value: value if isinstance(value, str) else value.resource_type)
def test_odd_items_cost_themselves_and_are_counted(collector: registry.Collector[Any], operation: str) -> None:
    pages = dict(seeds.of(collector.resource_type).pages)
    whole, before = collected(collector, pages)
    assert before.unreadable.reason == "", "what these tests take for good is read"
    pages[operation], number = with_odd(pages[operation])
    requests = Counter[str]()
    seen, aws = collected(collector, pages, requests)
    left_out = {one.id for one in whole} - {one.id for one in seen}
    assert aws.unreadable.items + aws.unreadable.beside > 0
    assert aws.unreadable.reason
    given = pages[operation]
    listed = -(-requests[operation] // (len(given) if isinstance(given, Sequence) else 1))  # some are listed anew for each batch
    assert aws.unreadable.items + aws.unreadable.beside <= listed * number + len(left_out)
    assert len(left_out) <= aws.unreadable.items, "what is not there is counted"
    if operation == collector.resumes:
        assert left_out == set()
    checks = [check for check in registry.checks() if check.over is collector]
    judge = Judge([(check, check.limits(NOW)) for check in checks], Prices(REGION))
    for resource in seen:
        for finding in judge.findings(resource):
            assert 0 <= finding.savings.low <= finding.savings.likely <= finding.savings.high


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_what_takes_requests_for_single_resources_is_declared_with_how_many(collector: registry.Collector[Any]) -> None:
    """A listing takes its pages, also where it is asked for a batch of resources; as many requests as there are resources is more."""
    requests = Counter[str]()
    collected(collector, seeds.of(collector.resource_type).pages, requests)
    for_each = {iam_action(*operation.split(":")) for operation, count in requests.items() if count >= PAGES * ON_A_PAGE}
    assert for_each - set(collector.each) == set()


def pages_of(resource_type: str, **instead: list[Any]) -> tuple[registry.Collector[Any], dict[str, Given]]:
    """A type's collector and what it lists; `instead`: other items of the listing that has such a key."""
    (collector,) = (one for one in COLLECTORS if one.resource_type == resource_type)
    pages = dict(seeds.of(resource_type).pages)
    for key, items in instead.items():
        has = {name for name, given in pages.items() if key in (given[0] if isinstance(given, Sequence) else given({}))}
        (operation,) = has
        pages[operation] = [{key: items}] if isinstance(pages[operation], Sequence) else nothing(**{key: items})
    return collector, pages


def test_a_load_balancer_of_a_type_that_nobody_knows_is_not_judged_and_the_others_are() -> None:
    _, pages = pages_of("elb:load-balancer")
    (known, *_) = lists_of(pages["elbv2:DescribeLoadBalancers"])["LoadBalancers"]
    strange = {**known, "LoadBalancerArn": f"{known['LoadBalancerArn']}-9", "Type": "quantum"}
    seen, aws = collected(*pages_of("elb:load-balancer", LoadBalancers=[strange, known]))
    assert strange["LoadBalancerArn"] not in {one.arn for one in seen}
    assert known["LoadBalancerArn"] in {one.arn for one in seen}
    assert (aws.unreadable.items, "a load balancer of type 'quantum'" in aws.unreadable.reason) == (1, True)


@pytest.mark.parametrize(
    ("resource_type", "key", "odd"),
    [("ebs:snapshot", "Images", {"BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}]}), ("ec2:nat-gateway", "RouteTables", {})],
)
def test_what_may_be_used_by_something_that_cannot_be_read_is_not_judged(resource_type: str, key: str, odd: Mapping[str, Any]) -> None:
    whole, _ = collected(*pages_of(resource_type, **{key: []}))
    seen, aws = collected(*pages_of(resource_type, **{key: [odd]}))
    assert (len(whole), seen, aws.unreadable.items, aws.unreadable.beside) == (28, [], 28, 1)


def test_a_volume_that_cannot_be_read_is_not_one_that_is_gone() -> None:
    lost, _ = collected(*pages_of("ebs:snapshot", Volumes=[{"VolumeType": "gp3"}, {"VolumeId": "vol-1"}]))
    gone, _ = collected(*pages_of("ebs:snapshot", Volumes=[{"VolumeId": "vol-1"}]))
    assert [one.source_exists for one in lost if isinstance(one, Snapshot)][:3] == [None, True, None]
    assert [one.source_exists for one in gone if isinstance(one, Snapshot)][:3] == [False, True, False]


# --- nobody forgets it --------------------------------------------------------------------------------------------------------------


def unguarded(module: ast.Module) -> Iterator[int]:
    """Lines that go through the items of a listing by themselves: `for item in aws.pages(…)`, also in a comprehension."""
    for node in ast.walk(module):
        if isinstance(node, ast.For | ast.comprehension):
            called = {part.func.attr for part in ast.walk(node.iter) if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)}
            if called & {"pages", "call"} and "readable" not in called:
                yield node.iter.lineno


WITHIN_AN_ITEM = {
    "functions/scanners/elb/load_balancer/collector.py": "the rules of one load balancer: without one of them nobody knows what it answers",
    "functions/scanners/lambda_/function/collector.py": "the configurations of one function: all of them tell what it keeps ready",
}
"""Who asks about one item of a listing while it is read, so that what is odd there costs that item: one such loop each."""


def test_what_scanners_list_becomes_resources_through_the_engine() -> None:
    found = {str(path): lines for path in sources("functions/scanners") if (lines := list(unguarded(tree(path))))}
    none(f"{path}:{lines}: hand it to aws.readable" for path, lines in found.items() if len(lines) > (path in WITHIN_AN_ITEM))
    assert set(WITHIN_AN_ITEM) <= set(found), "these do it no more"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("for item in aws.pages('ec2', 'DescribeVolumes', 'Volumes'): ...", [1]),
        ("found = {item['Id'] for item in aws.pages('ec2', 'DescribeVolumes', 'Volumes')}", [1]),
        ("for item in aws.call('ec2', 'DescribeAddresses')['Addresses']: ...", [1]),
        ("for item in aws.call('ec2', 'DescribeAddresses').get('Addresses', ()): ...", [1]),
        ("for page in aws.each_page('ec2', 'DescribeVolumes', 'Volumes'):\n    yield from aws.readable(page, made)", []),
        ("for item in aws.readable(aws.pages('ec2', 'DescribeVolumes', 'Volumes'), made): ...", []),
    ],
)
def test_the_rule_about_listings_sees_who_goes_through_items_alone(source: str, lines: list[int]) -> None:
    assert list(unguarded(ast.parse(source))) == lines
