"""What several functions say of one action."""

from __future__ import annotations

import pytest

from finops.readiness import by_action
from functions.core.scan.probe import NONE_THERE, NOT_KNOWN

ACTION = "s3:GetBucketTagging"


@pytest.mark.parametrize(
    ("other", "reason", "remains"),
    [
        ({"allowed": [ACTION]}, NONE_THERE, False),
        ({"denied": {ACTION: "no"}}, NONE_THERE, False),
        ({"unknown": {ACTION: NONE_THERE}}, NONE_THERE, True),
        ({}, NONE_THERE, True),
        ({"allowed": [ACTION]}, NOT_KNOWN, True),
    ],
)
def test_where_nothing_is_there_another_region_tells(other: dict[str, object], reason: str, remains: bool) -> None:
    nothing: dict[str, object] = {"allowed": [], "denied": {}, "unknown": {}}
    here = {**nothing, "unknown": {ACTION: reason}}
    assert (ACTION in by_action.unknown([here, {**nothing, **other}])) is remains
