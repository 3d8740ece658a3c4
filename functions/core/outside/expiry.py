"""Items of the state table whose time is over: DynamoDB removes them within a few days, and gives them until then.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

ATTRIBUTE = "ttl"


def expired(item: Mapping[str, Any], now: float | None = None) -> bool:
    """Whether an item, as DynamoDB gives it, counts no more. `now` is Unix seconds. One without a time is kept for ever."""
    try:
        until = float(item[ATTRIBUTE]["N"])
    except KeyError:
        return False
    except (TypeError, ValueError):  # not a number: nothing of ours wrote it
        return True
    return until <= (time.time() if now is None else now)
