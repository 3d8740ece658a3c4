"""What members of replies are for the bill: that each one of AWS's models is decided upon, and how a saving says what is not modelled."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel, StructureShape

from functions.core import registry
from functions.core.model import Action, Resource
from functions.core.money import HYGIENE, Savings, saves, unknown
from functions.core.prices.bills import Described, NotModelled, described
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from tests.functions.core.check_samples import NOW, plain, resource

COLLECTORS = registry.collectors()
DESCRIBED = sorted({shape for collector in COLLECTORS for shape in collector.bills}, key=lambda shape: (shape.service, shape.shape))


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def decided(shape: Described) -> frozenset[str]:
    return shape.priced | shape.free | frozenset(shape.not_modelled)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_a_collector_says_which_members_of_its_replies_bill(collector: registry.Collector[Resource]) -> None:
    assert collector.bills, f"declare what {collector.resource_type} describes with bills=[described(…)]: docs/adding.md"


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_a_collector_hands_on_what_its_items_bill_beyond_its_prices(collector: registry.Collector[Resource]) -> None:
    """Where a shape has something that is not modelled, the collector's module asks it: what nobody reads is never said."""
    source = Path(inspect.getfile(collector.fetch)).read_text(encoding="utf-8")
    asked = {
        node.value.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr == "also_bills" and isinstance(node.value, ast.Name)
    }
    module = inspect.getmodule(collector.fetch)
    read = [getattr(module, name, None) for name in asked]
    assert [shape.shape for shape in collector.bills if shape.not_modelled and shape not in read] == []


@pytest.mark.parametrize("shape", DESCRIBED, ids=lambda shape: f"{shape.service}-{shape.shape}")
def test_every_member_that_aws_describes_is_decided_upon(shape: Described) -> None:
    """A new botocore brings new members: look up what each costs, and write it into the shape's `priced`, `not_modelled` or `free`."""
    structure = model(shape.service).shape_for(shape.shape)
    assert isinstance(structure, StructureShape)
    members = frozenset(structure.members)
    assert sorted(members - decided(shape)) == [], f"nobody has decided whether these members of {shape.service} {shape.shape} bill"
    assert sorted(decided(shape) - members) == [], f"{shape.service} {shape.shape} has no such members any more"


@pytest.mark.parametrize("shape", DESCRIBED, ids=lambda shape: f"{shape.service}-{shape.shape}")
def test_what_is_not_modelled_reads_on_after_not_included(shape: Described) -> None:
    words = [part.what for part in shape.not_modelled.values()]
    assert [what for what in words if not what or what[-1] in ".;" or len(what) > 80] == []
    assert len(set(words)) == len(words)


THING = described(
    "test",
    "Thing",
    priced="Size",
    free="Id Name",
    not_modelled={"Log": "its log", "Mode": NotModelled("its mode", lambda item: item.get("Mode") == "advanced")},
)


@pytest.mark.parametrize(
    ("item", "also"),
    [
        ({}, ()),
        ({"Log": False, "Mode": "standard"}, ()),
        ({"Log": 0}, ()),
        ({"Log": []}, ()),
        ({"Log": 60}, ("its log",)),
        ({"Mode": "advanced"}, ("its mode",)),
        ({"Mode": "a new one"}, ()),
        ({"Log": True, "Mode": "advanced", "Size": 1}, ("its log", "its mode")),
    ],
)
def test_a_member_bills_by_its_value(item: dict[str, Any], also: tuple[str, ...]) -> None:
    assert THING.also_bills(item) == also


def test_a_member_is_declared_once() -> None:
    with pytest.raises(ValueError, match="test Thing: Size declared twice"):
        described("test", "Thing", priced="Size", free="Id Size")


def _found(savings: Savings, also_bills: tuple[str, ...], **more: Any) -> list[Savings]:
    check = plain("one", savings, **more)
    thing = resource("thing")
    thing.also_bills = also_bills
    return [finding.savings for finding in Judge([(check, check.limits(NOW))], Prices("us-east-1")).findings(thing)]


KNOWN = Savings(1, 2, 3, "2", lacks=("its storage",))


@pytest.mark.parametrize(
    ("action", "lacks"),
    [
        (Action.DELETE, ("its storage", "its log")),
        (Action.STOP, ("its storage", "its log")),
        (Action.UPGRADE, ("its storage",)),
        (Action.RIGHTSIZE, ("its storage",)),
        (Action.MIGRATE_TO_GRAVITON, ("its storage",)),
        (Action.REVIEW, ("its storage",)),
    ],
)
def test_what_ends_a_resource_ends_what_it_bills_beyond_its_prices_too(action: Action, lacks: tuple[str, ...]) -> None:
    [savings] = _found(KNOWN, ("its log", "its storage"), action=action)
    assert (savings.low, savings.likely, savings.high) == (1, 2, 3)
    assert savings.lacks == (("its storage", "its log") if len(lacks) == 2 else lacks)


def test_without_such_a_part_nothing_is_said() -> None:
    [savings] = _found(KNOWN, ())
    assert savings is KNOWN


def test_what_has_no_price_at_all_is_not_at_least_something() -> None:
    [savings] = _found(saves(unknown("no price known")), ("its log",))
    assert (savings.unpriced, savings.note) == ("no price known", "")


@pytest.mark.parametrize(("also_bills", "found"), [((), 0), (("its log",), 1)])
def test_a_saving_of_nothing_that_lacks_something_is_a_finding(also_bills: tuple[str, ...], found: int) -> None:
    assert len(_found(HYGIENE, also_bills)) == found
