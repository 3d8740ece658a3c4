"""Which ids are inference profiles, and of which model."""

from __future__ import annotations

import pytest

from functions.core.advice import model_ids


@pytest.mark.parametrize(
    ("model_id", "parts"),
    [
        ("global.anthropic.claude-haiku-5-5", ("global", "anthropic.claude-haiku-5-5")),
        ("us-gov.anthropic.claude-3-haiku-20240307-v1:0", ("us-gov", "anthropic.claude-3-haiku-20240307-v1:0")),
        ("amazon.nova-lite-v1:0", ("", "amazon.nova-lite-v1:0")),
        ("moonshotai.kimi-k2.5", ("", "moonshotai.kimi-k2.5")),
    ],
)
def test_a_profile_is_told_from_a_model_by_how_it_begins(model_id: str, parts: tuple[str, str]) -> None:
    assert model_ids.split(model_id) == parts


@pytest.mark.parametrize(("scope", "partition"), [("global", "aws"), ("eu", "aws"), ("us", "aws"), ("us-gov", "aws-us-gov")])
def test_a_profile_is_of_one_partition(scope: str, partition: str) -> None:
    assert model_ids.partition(scope) == partition
