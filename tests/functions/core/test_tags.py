"""What tags tell, and what they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.core import tags


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        (None, {}),
        ([], {}),
        ([{"Key": "Name", "Value": "web"}, {"Key": "empty", "Value": ""}, {"Key": "bare"}], {"Name": "web", "empty": "", "bare": ""}),
    ],
)
def test_awss_list_of_pairs_becomes_a_dict(pairs: Any, named: Mapping[str, str]) -> None:
    assert tags.from_list(pairs) == named


@pytest.mark.parametrize(
    ("named", "owner"),
    [
        ({}, ""),
        ({"Name": "web"}, ""),
        ({"Team": "platform"}, "platform"),
        ({"Team": "platform", "OWNER": "ana"}, "ana"),
        ({"owner": "", "team": "platform"}, "platform"),
        ({"CostCenter": "42"}, "42"),
    ],
)
def test_the_owner_is_the_first_tag_that_names_one(named: Mapping[str, str], owner: str) -> None:
    assert tags.owner(named) == owner


@pytest.mark.parametrize(
    ("named", "non_production"),
    [
        ({}, False),
        ({"Name": "dev"}, False),
        ({"Environment": "Dev"}, True),
        ({"env": "staging"}, True),
        ({"stage": "prod"}, False),
        ({"env": "production", "stage": "test"}, False),
        ({"env": "developer-portal"}, False),
    ],
)
def test_only_a_stage_tag_makes_something_not_production(named: Mapping[str, str], non_production: bool) -> None:
    assert tags.is_non_production(named) is non_production
