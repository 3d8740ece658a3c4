"""The Data Export of the bill as reports tell it: what each resource cost, beside its finding, and what nobody looks at by resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

Json = Mapping[str, Any]


class Export:
    """`of`: `export` of a ranking's bill, see rank/bill/resource_costs.py; without the setting there is none."""

    def __init__(self, of: Json) -> None:
        self.of = of

    @property
    def there(self) -> bool:
        return self.of.get("status") == "ok"

    @property
    def reason(self) -> str:
        """Why there is none, to stand in a sentence; "" where none was asked for."""
        return str(self.of.get("reason", "")).strip().rstrip(".")

    @property
    def currency(self) -> str:
        return str(self.of["currency"])

    @property
    def last_day(self) -> str:
        """The last day that it has lines of."""
        return last_day(self.of)

    @property
    def blind_spot(self) -> list[dict[str, Any]]:
        """The most expensive resources of services without a scanner, each with its `share` of the first, in per cent."""
        rows = self.of["blind_spot"]
        return [{**row, "share": round(100 * row["monthly"] / rows[0]["monthly"], 2)} for row in rows]


def last_day(of: Json) -> str:
    """The day before `end`, which is exclusive."""
    return (date.fromisoformat(of["end"]) - timedelta(1)).isoformat()
