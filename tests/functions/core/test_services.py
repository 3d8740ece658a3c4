"""The service cards: complete, found by being there, and alone in knowing their service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from functions.core import registry, services
from functions.core.prices.products import offers
from functions.core.services import Service

ROOT = Path(__file__).parents[3]
CATEGORIES = frozenset({
    "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools", "Identity", "Integration",
    "Internet of Things", "Management and Governance", "Media", "Migration", "Mobile", "Multicloud", "Networking", "Other", "Security",
    "Storage", "Web",
})  # fmt: skip
"""https://focus.finops.org/focus-columns/ (ServiceCategory, 1.2)"""
CARDS = services.services()


def test_every_scanned_service_has_a_card_and_every_card_a_scanner() -> None:
    assert tuple(CARDS) == registry.services()


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_a_card_is_complete(card: Service) -> None:
    assert card.name
    assert card.category in CATEGORIES
    assert bool(card.billed_as) is bool(card.prices_from) is not bool(card.free), (
        "what bills has a name on the bill and prices, else say why not"
    )
    assert all(card.billed_as)
    assert set(card.prices_from) <= set(offers()), "no card makes these prices"


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_a_card_speaks_of_its_own_service_only(card: Service) -> None:
    mine = set(registry.iam_actions(service=card.id))
    prefixes = {action.partition(":")[0] for action in mine}
    assert set(card.requests) <= mine, "no scanner of the service declares it"
    assert set(card.iam_prefixes.values()) <= prefixes
    assert set(card.iam_actions.values()) <= mine
    assert card.instances is None or (card.instances.billed_as in card.billed_as and card.instances.product in card.prices_from)


def test_two_cards_of_one_service_are_refused() -> None:
    with pytest.raises(ValueError, match="two cards for the service ebs"):
        services.service("ebs", name="", category="", short="", billed_as=(), prices_from=())


def test_a_service_that_is_not_scanned_has_no_card() -> None:
    services.load("nonsense")
    assert "nonsense" not in services.services()


def test_a_warm_worker_knows_its_own_service_and_no_other() -> None:
    script = (
        "from functions.core import registry, services; registry.load('elb:target-group');print(*(one.id for one in services.registered()))"
    )
    command = [sys.executable, "-c", script]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # our own interpreter
    assert loaded.stdout.split() == ["elb"]
