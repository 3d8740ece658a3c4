"""Which of several findings on one resource leads. What checks and collectors declare is tested with the registry."""

from __future__ import annotations

import pytest

from functions.core.declarations import precedence

FIRST = (10.0, 20.0, "high", "Low", "Low", "b")


@pytest.mark.parametrize(
    "after",
    [
        (9.99, 20.0, "high", "Low", "Low", "b"),
        (10.0, 19.0, "high", "VeryLow", "Low", "a"),
        (10.0, 20.0, "medium", "VeryLow", "VeryLow", "a"),
        (10.0, 20.0, "high", "Medium", "VeryLow", "a"),
        (10.0, 20.0, "high", "Low", "High", "a"),
        (10.0, 20.0, "high", "Low", "Low", "c"),
    ],
)
def test_the_most_money_leads_and_of_equal_money_the_surer_easier_and_safer_finding(after: tuple[float, float, str, str, str, str]) -> None:
    assert precedence(*FIRST) < precedence(*after)
