"""EC2 instance types: what the newer generation of one is, what its Graviton peer is, and what it costs.

A type is "family.size". A target has the same size, at least the same vCPUs and at least the same memory; the tests hold the tables
against AWS's own DescribeInstanceTypes data. Targets are ordered by preference: the newest generation comes first, and it is the price
that decides whether it will do.
https://aws.amazon.com/ec2/previous-generation/ (T1 → T3, M1 and M3 → M7i, I2 → I3 are AWS's own upgrade paths)
https://github.com/aws/aws-graviton-getting-started/blob/main/transition-guide.md
"""

from __future__ import annotations

from functions.core.money import Amount
from functions.core.prices.book import Prices

SERVICE = "AmazonEC2"

NEWER: dict[str, tuple[str, ...]] = {
    "t1": ("t3",),
    "t2": ("t3",),
    "i2": ("i7i", "i4i", "i3"),
    **{kind + old: (f"{kind}7i", f"{kind}6i", f"{kind}5") for kind in "mcr" for old in "34"},
    "m1": ("m7i", "m6i", "m5"),
}
"""Family → its successors with the same architecture (x86_64).

Not in it, because a namesake is smaller or never cheaper: c1 and d2 (fewer vCPUs, less disk), m2 and cr1 (sizes that do not compare),
a1, h1, x1, x1e (successors cost the same or more), g2, g3, p2 (another accelerator).
"""

INSTANCE_STORE = frozenset({"m1", "m3", "c3", "r3", "i2"})
"""Families of `NEWER` with local disks, whose data does not survive a stop; of the successors only i2's have such disks."""

_GRAVITON_FOR_GENERATION = {
    **dict.fromkeys(("4", "5", "5a", "6i", "6a"), ("7g", "8g", "6g")),
    **dict.fromkeys(("7i", "7i-flex", "7a"), ("7g", "8g")),
    **dict.fromkeys(("8i", "8i-flex", "8a"), ("8g",)),
}

GRAVITON: dict[str, tuple[str, ...]] = {
    **{kind + x86: tuple(kind + arm for arm in peers) for kind in "mcr" for x86, peers in _GRAVITON_FOR_GENERATION.items()},
    **dict.fromkeys(("t2", "t3", "t3a"), ("t4g",)),
}
"""x86_64 family → arm64 families of no older time. Only those without local disks and accelerators: the others' peers differ in more."""

UNLIKE_ITS_NAMESAKES = {"c4.8xlarge": ("c5.9xlarge",)}
"""36 vCPUs, where an 8xlarge of today has 32: its successor has another size, and there is no Graviton of 36."""


def family(instance_type: str) -> str:
    """ "m5" of "m5.large"."""
    return instance_type.partition(".")[0]


def newer(instance_type: str) -> tuple[str, ...]:
    """Types of a newer generation that can replace this one, the newest first; empty when there are none."""
    return UNLIKE_ITS_NAMESAKES.get(instance_type) or _same_size(instance_type, NEWER)


def graviton(instance_type: str) -> tuple[str, ...]:
    """arm64 types that can replace this x86_64 one, the closest first; empty when there are none."""
    return () if instance_type in UNLIKE_ITS_NAMESAKES else _same_size(instance_type, GRAVITON)


def _same_size(instance_type: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    name, _, size = instance_type.partition(".")
    if size.startswith("metal"):  # a whole server, whatever it has: not the same size as another
        return ()
    return tuple(f"{target}.{size}" for target in table.get(name, ()))


def linux_cost(instance_type: str, prices: Prices) -> Amount:
    """What an instance bills on demand with Linux and shared tenancy, USD per month of 730 running hours."""
    return prices.hourly(SERVICE, _key(instance_type))


def first_cheaper(instance_type: str, targets: tuple[str, ...], prices: Prices) -> str | None:
    """The first target that costs less than `instance_type`, by the region's own rates: a rate that stands in proves nothing."""
    now = prices.price(SERVICE, _key(instance_type))
    if now is None or now.fallback_for:
        return None
    for target in targets:
        then = prices.price(SERVICE, _key(target))
        if then is not None and not then.fallback_for and then.usd < now.usd:
            return target
    return None


def _key(instance_type: str) -> str:
    return f"ondemand.linux.shared.{instance_type}"
