"""Services as the bill names them: which ones a scanner looks at, and what is spent where none does (the blind spot)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.services import billed_as

COMMITMENTS = "Savings Plans for "
""" "Savings Plans for AWS Compute usage", "… Machine Learning", "… Database": the fee of a commitment, which the bill tells apart."""
NOTHING = 0.005
"""USD: less than what a bill shows."""


def scanned(service: str) -> bool:
    """True when a scanner looks at what Cost Explorer bills under this name."""
    return service in billed_as()


def blind_spot(amortized: Mapping[str, float], to_month: float) -> dict[str, Any]:
    """`monthly` USD in services that no scanner looks at, and each of them, the largest first; `to_month` makes a month of the window."""
    spent = {
        service: round(dollars * to_month, 4)
        for service, dollars in amortized.items()
        if not scanned(service) and not service.startswith(COMMITMENTS) and dollars > NOTHING
    }
    ordered = sorted(spent.items(), key=lambda one: (-one[1], one[0]))
    return {"monthly": round(sum(spent.values()), 4), "services": [{"service": service, "monthly": usd} for service, usd in ordered]}
