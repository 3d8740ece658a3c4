"""What the replies of CloudWatch Logs bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.logs.bills import LOG_GROUP


@pytest.mark.parametrize("item", [{}, {"storedBytes": 1}, {"dataProtectionStatus": "ACTIVATED", "metricFilterCount": 9}])
def test_what_bills_by_what_comes_in_is_nothing_where_nothing_does(item: dict[str, Any]) -> None:
    assert LOG_GROUP.also_bills(item) == ()
