"""No reply that AWS's model allows ends a scan, costs more than its own item, or makes a finding contradict itself."""

from __future__ import annotations

import pytest

from tests.generated_replies import judge

REPLIES = 500
"""`make bench ARGS=replies` takes 20,000."""
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_aws_may_answer_is_scanned_to_the_end(part: int) -> None:
    wrong = [f"seed {seed}: {words}" for seed in range(part, REPLIES, PARTS) for words in judge(seed)]
    assert wrong == []
