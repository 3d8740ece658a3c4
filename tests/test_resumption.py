"""Every collector that says that it can go on from a page of its listing can, exactly: it yields a page's resources before the next page.

A scan that ran out of time is resumed by that: what it gets wrong is lost, or counted twice.
"""

from __future__ import annotations

import ast
import inspect
import sys
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import boto3
import pytest

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.aws.main_listing import Listing
from tests.functions import seeds
from tests.functions.paged import ACCOUNT, ON_A_PAGE, PAGES, REGION, Answers

SESSION = boto3.Session("testing", "testing", region_name=REGION)
RESUMING = [collector for collector in registry.collectors() if collector.resumes]


@pytest.mark.parametrize("collector", RESUMING, ids=lambda collector: collector.resource_type)
def test_what_can_be_resumed_has_pages_to_resume_it_from(collector: registry.Collector[Any]) -> None:
    assert collector.resumes in seeds.of(collector.resource_type).pages, f"{seeds.module_for(collector.resource_type)} needs its PAGES"


def listed(collector: registry.Collector[Any], token: str | None = None) -> tuple[list[tuple[int, Any]], Answers]:
    """Each resource with the number of the page that was being read when it came."""
    operation = collector.resumes or ""
    aws = Aws(ACCOUNT, REGION, SESSION, datetime(2026, 6, 1, tzinfo=UTC), main=Listing(operation, token))
    answers = Answers(seeds.of(collector.resource_type).pages)
    assert aws.main is not None
    with answers.everywhere():
        return [(aws.main.at.number, resource) for resource in collector(aws)], answers


@pytest.mark.parametrize("collector", RESUMING, ids=lambda collector: collector.resource_type)
def test_what_comes_before_a_page_and_what_a_scan_from_it_yields_is_everything_once(collector: registry.Collector[Any]) -> None:
    everything, answers = listed(collector)
    assert len(everything) >= PAGES * ON_A_PAGE
    assert [number for operation, number in answers.asked if operation == collector.resumes] == list(range(1, PAGES + 1))
    for page in range(2, PAGES + 1):
        before = [resource for number, resource in everything if number < page]
        rest, asked = listed(collector, f"page-{page}")
        assert len(before) == (page - 1) * ON_A_PAGE
        assert [*before, *(resource for _, resource in rest)] == [resource for _, resource in everything]
        assert [number for operation, number in asked.asked if operation == collector.resumes] == list(range(page, PAGES + 1))


@pytest.mark.parametrize("collector", RESUMING, ids=lambda collector: collector.resource_type)
def test_the_listing_that_is_resumed_is_one_that_the_collector_may_make_and_makes_at_one_place(collector: registry.Collector[Any]) -> None:
    service, operation = (collector.resumes or "").split(":")
    assert iam_action(service, operation) in collector.iam
    module = sys.modules[collector.fetch.__module__]
    ours = {module, *(one for one in vars(module).values() if isinstance(one, ModuleType) and one.__name__.startswith("functions."))}
    calls = [
        node
        for one in ours
        for node in ast.walk(ast.parse(inspect.getsource(one)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pages", "each_page")
        if [ast.literal_eval(word) for word in node.args[:2] if isinstance(word, ast.Constant)] == [service, operation]
    ]
    assert len(calls) == 1
