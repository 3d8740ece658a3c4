"""What the replies of the load balancing services bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.elb.bills import CLASSIC, LOAD_BALANCER, TARGET_GROUP


@pytest.mark.parametrize("shape", [LOAD_BALANCER, CLASSIC, TARGET_GROUP])
@pytest.mark.parametrize("item", [{}, {"Scheme": "internet-facing", "Type": "application"}])
def test_what_these_replies_tell_is_priced_whole(shape: Any, item: dict[str, Any]) -> None:
    assert shape.also_bills(item) == ()
