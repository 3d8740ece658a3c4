"""The pieces of a tag's value."""

from __future__ import annotations

import pytest

from functions.core.ownership.rule import WHOLE, Part


@pytest.mark.parametrize(
    ("part", "value", "piece"),
    [
        (WHOLE, "a/b", "a/b"),
        (Part(index=0), "db/postgres", "db"),
        (Part(index=1), "db/postgres", "postgres"),
        (Part(index=1), "postgres", ""),
        (Part(index=-1), "arn:aws:servicecatalog:eu-west-1:1:stack/mine/pp-1", "pp-1"),
        (Part(index=0), "", ""),
    ],
)
def test_a_piece_of_a_value(part: Part, value: str, piece: str) -> None:
    assert part.of(value) == piece
