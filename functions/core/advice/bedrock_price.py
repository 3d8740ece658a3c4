"""What a call of Bedrock costs, from its tokens and the price book.

A model is priced by its exact id: a profile of one geography costs more than the global one, and a model's successor costs something else.
What is not in the table, or not in the book, has no price; it is not 0.
"""

from __future__ import annotations

from functions.core.prices.book import Prices

SERVICE = "AmazonBedrock"
TOKENS = 1_000_000
"""The book's rates are for so many."""
KEYS = {
    "global.anthropic.claude-haiku-5-5": "claude-haiku-5-5.global",
    "global.anthropic.claude-haiku-4-5-20251001-v1:0": "claude-haiku-4-5.global",
    "anthropic.claude-3-5-haiku-20241022-v1:0": "claude-3-5-haiku",
    "anthropic.claude-3-haiku-20240307-v1:0": "claude-3-haiku",
    "amazon.nova-lite-v1:0": "nova-lite",
    "amazon.nova-micro-v1:0": "nova-micro",
}
"""Model or inference profile → the book's key, without ".input" and ".output"."""


def cost(model_id: str, region: str, input_tokens: int, output_tokens: int) -> tuple[float | None, str | None]:
    """USD of one call, rounded to a millionth, and None; or None and why it is not known. For prompts up to 100,000 tokens."""
    key = KEYS.get(model_id)
    prices = Prices(region)
    rates = [prices.price(SERVICE, f"{key}.{end}") if key else None for end in ("input", "output")]
    if rates[0] is None or rates[1] is None:
        return None, f"no price known for {model_id}"
    return round((input_tokens * rates[0].usd + output_tokens * rates[1].usd) / TOKENS, 6), None
