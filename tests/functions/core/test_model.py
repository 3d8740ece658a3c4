"""The words of the product, and the names that must stay the same from sweep to sweep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.model import Outcome, finding_id, unit_id

words = st.text(max_size=20)


def test_a_finding_has_the_same_id_in_every_sweep_and_release() -> None:
    arn = "arn:aws:ec2:us-east-1:111122223333:volume/vol-1"
    assert finding_id("111122223333", "us-east-1", arn, "ebs-unattached-volume") == "451d40d4f407599d9538cd8a8bb3e950"


@given(st.tuples(words, words, words, words), st.tuples(words, words, words, words))
def test_different_things_have_different_ids(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> None:
    assert (finding_id(*one) == finding_id(*other)) is (one == other or "\0".join(one) == "\0".join(other))


def test_a_unit_id_is_readable_and_safe_as_a_file_name() -> None:
    assert unit_id("111122223333", "us-east-1", "rds:db-instance") == "111122223333.us-east-1.rds-db-instance"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_was_seen_whole_is_good(outcome: Outcome) -> None:
    assert outcome.good is (outcome in (Outcome.OK, Outcome.EMPTY))
