"""What a call costs: by the exact model and the price book, else not known."""

from __future__ import annotations

import pytest

from functions.core.advice import bedrock_price
from functions.core.prices.book import Prices
from functions.core.settings import DEFAULT_MODEL


@pytest.mark.parametrize(
    ("model", "tokens", "usd"),
    [
        (DEFAULT_MODEL, (4000, 1000), 0.0009),
        (DEFAULT_MODEL, (0, 0), 0.0),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", (4000, 1000), 0.009),
        ("anthropic.claude-3-haiku-20240307-v1:0", (12000, 1500), 0.004875),
        ("amazon.nova-lite-v1:0", (1_000_000, 1_000_000), 0.3),
    ],
)
def test_tokens_are_priced(model: str, tokens: tuple[int, int], usd: float) -> None:
    assert bedrock_price.cost(model, "us-east-1", *tokens) == (usd, None)


@pytest.mark.parametrize("model", ["us.anthropic.claude-haiku-5-5", "anthropic.claude-haiku-5-5", "some.model", ""])
def test_a_model_that_is_not_in_the_table_has_no_price(model: str) -> None:
    assert bedrock_price.cost(model, "us-east-1", 4000, 1000) == (None, f"no price known for {model}")


@pytest.mark.parametrize("key", sorted(bedrock_price.KEYS.values()))
def test_every_price_in_the_table_is_in_the_book_with_its_source(key: str) -> None:
    for end in ("input", "output"):
        price = Prices("us-east-1").price(bedrock_price.SERVICE, f"{key}.{end}")
        assert price is not None
        assert (price.unit, bool(price.source), bool(price.as_of)) == ("1M-tokens", True, True)
