"""EC2 instance types: what the newer generation of one is, what its Graviton peer is, and what it costs.

A type is "family.size". A target has the same size, at least the same vCPUs and at least the same memory; the tests hold the tables
against AWS's own DescribeInstanceTypes data. Targets are ordered by age, the newest first: the price decides which will do, and the zone
whether it is there. AMD's families are no targets of Intel's, whose instruction sets they do not all have.
https://aws.amazon.com/ec2/previous-generation/ (T1 → T3, M1 and M3 → M7i, I2 → I3 are AWS's own upgrade paths)
https://github.com/aws/aws-graviton-getting-started/blob/main/transition-guide.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from functions.core.limits import Threshold, fact
from functions.core.money import Amount
from functions.core.prices.book import Prices

SERVICE = "AmazonEC2"
DOCUMENTED = fact(
    "which families succeed which, on x86_64 and on Graviton, with as many vCPUs and as much memory",
    "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html",
    "2026-10-15",
)

NEWER: dict[str, tuple[str, ...]] = {
    "t1": ("t3",),
    "t2": ("t3",),
    "i2": ("i7i", "i4i", "i3"),
    **{kind + old: (f"{kind}8i", f"{kind}7i", f"{kind}6i", f"{kind}5") for kind in "mcr" for old in "34"},
    "m1": ("m8i", "m7i", "m6i", "m5"),
}
"""Family → its successors with the same architecture (x86_64).

Not in it, because a namesake is smaller or never cheaper: c1 and d2 (fewer vCPUs, less disk), m2 and cr1 (sizes that do not compare),
a1, h1, x1, x1e (successors cost the same or more), g2, g3, p2 (another accelerator).
"""

INSTANCE_STORE = frozenset({"m1", "m3", "c3", "r3", "i2"})
"""Families of `NEWER` with local disks, whose data does not survive a stop; of the successors only i2's have such disks."""
STORAGE = frozenset({"i2"})
"""Those of them that are chosen for their disks: what they are for is on them."""

_GRAVITON_FOR_GENERATION = {
    **dict.fromkeys(("4", "5", "5a", "6i", "6a"), ("9g", "8g", "7g", "6g")),
    **dict.fromkeys(("7i", "7i-flex", "7a"), ("9g", "8g", "7g")),
    **dict.fromkeys(("8i", "8i-flex", "8a"), ("9g", "8g")),
}

GRAVITON: dict[str, tuple[str, ...]] = {
    **{kind + x86: tuple(kind + arm for arm in peers) for kind in "mcr" for x86, peers in _GRAVITON_FOR_GENERATION.items()},
    **dict.fromkeys(("t2", "t3", "t3a", "t8i"), ("t4g",)),
}
"""x86_64 family → arm64 families of no older time, and for the T families the only one that there is. Only those without local disks and
accelerators: the others' peers differ in more."""

MORE_VCPUS = frozenset({"t1.micro", "t2.nano", "t2.micro", "t2.small"})
"""Types with one vCPU whose targets all have two: a licence that is billed by the vCPU costs more there."""

NEWEST_SHARE = Threshold(
    0.875, "a newer generation does more for each dollar: it is offered where it saves nearly as much as the cheapest", maximum=1
)
"""For the checks that choose between several cheaper types."""
ATTACHMENTS = 28
"""The fewest volumes and network interfaces together that a successor takes.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html"""
ADDRESSES = 15
"""IPv4 addresses that a network interface may have on the successors of m3.2xlarge; on itself they are 30. Other successors take as many.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html"""

_ACCELERATED = re.compile(r"(p|g|gr|inf|trn|vt|dl|f)\d")

UNLIKE_ITS_NAMESAKES = {"c4.8xlarge": ("c5.9xlarge",)}
"""36 vCPUs, where an 8xlarge of today has 32: its successor has another size, and there is no Graviton of 36."""


def family(instance_type: str) -> str:
    """ "m5" of "m5.large"."""
    return instance_type.partition(".")[0]


def accelerated(instance_type: str) -> bool:
    """It has GPUs, or accelerators for machine learning, video or logic: what it does with those shows in no metric of EC2's own.

    https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
    """
    return _ACCELERATED.match(instance_type) is not None


def newer(instance_type: str) -> tuple[str, ...]:
    """Types of a newer generation that can replace this one, the newest first; empty when there are none."""
    return UNLIKE_ITS_NAMESAKES.get(instance_type) or _same_size(instance_type, NEWER)


def graviton(instance_type: str) -> tuple[str, ...]:
    """arm64 types that can replace this x86_64 one, the closest first; empty when there are none."""
    return () if instance_type in UNLIKE_ITS_NAMESAKES else _same_size(instance_type, GRAVITON)


def targets(instance_type: str) -> tuple[str, ...]:
    """All types that can replace one, of either architecture."""
    return newer(instance_type) + graviton(instance_type)


def _same_size(instance_type: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    name, _, size = instance_type.partition(".")
    if size.startswith("metal"):  # a whole server, whatever it has: not the same size as another
        return ()
    return tuple(f"{target}.{size}" for target in table.get(name, ()))


def linux_cost(instance_type: str, prices: Prices) -> Amount:
    """What an instance bills on demand with Linux and shared tenancy, USD per month of 730 running hours."""
    return prices.hourly(SERVICE, _key(instance_type))


def cheaper(instance_type: str, targets: Iterable[str], prices: Prices) -> dict[str, float]:
    """The targets that cost less, in their order, with the USD an hour that each saves.

    By the region's own rates: a rate that stands in proves nothing.
    """
    now = prices.price(SERVICE, _key(instance_type))
    if now is None or now.fallback_for:
        return {}
    rates = ((target, prices.price(SERVICE, _key(target))) for target in targets)
    return {target: now.usd - rate.usd for target, rate in rates if rate is not None and not rate.fallback_for and rate.usd < now.usd}


def choose(saved: Mapping[str, float], newest_share: float) -> tuple[str, str | None]:
    """Of several that save something, the newest first: the one to offer, and the one to mention beside it.

    The newest that saves at least `newest_share` of what the cheapest saves; that is the cheapest itself, unless they are close. Beside
    the cheapest the newest is mentioned, else the cheapest.
    """
    most = max(saved.values())
    offered = next(target for target, much in saved.items() if much >= newest_share * most)
    cheapest = next(target for target, much in saved.items() if much == most)
    other = next(iter(saved)) if offered == cheapest else cheapest
    return offered, other if other != offered else None


def _key(instance_type: str) -> str:
    return f"ondemand.linux.shared.{instance_type}"
