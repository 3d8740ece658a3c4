"""The T families, whose CPU is paid with credits: what each size sustains, what surplus costs, and which types of today have it all.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
"""

from __future__ import annotations

from functions.core.limits import fact
from functions.core.money import Amount
from functions.core.prices.book import Prices
from functions.scanners.ec2.instance_types import SERVICE, family

DOCUMENTED = fact(
    "what the sizes of T2, T3, T3a and T4g sustain by the credits that they earn, in percent of each vCPU",
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html",
    "2026-11-29",
)
_T2 = {"nano": 5.0, "micro": 10.0, "small": 20.0, "medium": 20.0, "large": 30.0, "xlarge": 22.5, "2xlarge": 17.0}
_T3 = {**_T2, "xlarge": 40.0, "2xlarge": 40.0}
BASELINE = {"t2": _T2, "t3": _T3, "t3a": _T3, "t4g": _T3}
"""Family → size → percent of each vCPU, which is how CloudWatch shows CPU use."""
HOURS_OF_CREDITS = 24
"""A balance holds what was earned in so many hours, so use is averaged over a day."""

_FIXED = {"t2": ("m7i", "m6i", "m5"), "t3": ("m7i", "m6i", "m5"), "t3a": ("m7a", "m6a", "m5a"), "t4g": ("m8g", "m7g", "m6g")}
_SAME_SIZE = frozenset({"large", "xlarge", "2xlarge"})
"""Sizes that have as many vCPUs and as much memory in the M families as in the T families; smaller ones have none or fewer vCPUs there."""


BEFORE_NITRO = frozenset({"t2"})
"""Families whose instances may lack what every type of today needs."""


def baseline(kind: str) -> float | None:
    """What a type sustains, in percent of each vCPU; None for a family whose credits are not known."""
    return BASELINE.get(family(kind), {}).get(kind.partition(".")[2])


def fixed(kind: str) -> tuple[str, ...]:
    """Types of fixed performance with the same vCPUs, memory and architecture, by the same maker of its CPU, the newest first."""
    name, _, size = kind.partition(".")
    return tuple(f"{other}.{size}" for other in _FIXED.get(name, ())) if size in _SAME_SIZE else ()


def surplus_cost(kind: str, vcpu_hours: float, prices: Prices) -> Amount:
    """What surplus credits of so many vCPU-hours a month bill, of an instance with Linux."""
    return prices.monthly(SERVICE, f"cpu-credits.linux.{family(kind)}", vcpu_hours, "vCPU-hours of surplus")
