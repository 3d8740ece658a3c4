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
