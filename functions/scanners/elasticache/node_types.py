"""Node types: their memory, vCPUs and network, which engine versions run on them, and which are newer or smaller.

A node type is "cache.family.size". Of one that the tables do not name nothing is known, and it is offered nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from functions.core.limits import fact

DOCUMENTED = fact(
    "memory and baseline bandwidth of ElastiCache's node types, and which engine versions run on them",
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html",
    "2026-11-29",
)
MAXMEMORY_DOCUMENTED = fact(
    "the memory that Redis OSS has on ElastiCache's node types of previous generations (maxmemory)",
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html",
    "2026-11-29",
)

Version = tuple[int, ...]

_TYPES = """
m3   medium 2.78 - large 6.05 - xlarge 13.28 - 2xlarge 27.93 -
m4   large 6.42 0.45 xlarge 14.28 0.75 2xlarge 29.70 1 4xlarge 60.78 2 10xlarge 154.64 5
m5   large 6.38 0.75 xlarge 12.93 1.25 2xlarge 26.04 2.5 4xlarge 52.26 5 12xlarge 157.12 12 24xlarge 314.32 25
m6g  large 6.38 0.75 xlarge 12.93 1.25 2xlarge 26.04 2.5 4xlarge 52.26 5 8xlarge 103.68 12 12xlarge 157.12 20 16xlarge 209.55 25
m7g  large 6.38 0.937 xlarge 12.93 1.876 2xlarge 26.04 3.75 4xlarge 52.26 7.5 8xlarge 103.68 15 12xlarge 157.12 22.5 16xlarge 209.55 30
m8g  large 6.79 0.937 xlarge 14.18 1.875 2xlarge 29.68 3.75 4xlarge 61.33 7.5 8xlarge 124.65 15 12xlarge 187.96 22.5 16xlarge 251.27 30
r3   large 13.48 - xlarge 28.42 - 2xlarge 58.20 - 4xlarge 117.77 - 8xlarge 236.91 -
r4   large 12.30 0.75 xlarge 25.05 1.25 2xlarge 50.47 2.5 4xlarge 101.38 5 8xlarge 203.26 12 16xlarge 407.00 25
r5   large 13.07 0.75 xlarge 26.32 1.25 2xlarge 52.82 2.5 4xlarge 105.81 5 12xlarge 317.77 12 24xlarge 635.61 25
r6g  large 13.07 0.75 xlarge 26.32 1.25 2xlarge 52.82 2.5 4xlarge 105.81 5 8xlarge 209.55 12 12xlarge 317.77 20 16xlarge 419.09 25
r7g  large 13.07 0.937 xlarge 26.32 1.876 2xlarge 52.82 3.75 4xlarge 105.81 7.5 8xlarge 209.55 15 12xlarge 317.77 22.5 16xlarge 419.09 30
r8g  large 14.18 0.937 xlarge 29.68 1.875 2xlarge 61.33 3.75 4xlarge 124.65 7.5 8xlarge 251.27 15 12xlarge 377.90 22.5 16xlarge 504.52 30
c7gn large 3.09 6.25 xlarge 6.38 12.5 2xlarge 12.94 25 4xlarge 26.05 50 8xlarge 52.26 100 12xlarge 78.56 150 16xlarge 105.81 200
c8gn large 3.10 6.25 xlarge 6.79 12.5 2xlarge 14.18 25 4xlarge 29.68 50 8xlarge 61.33 100 12xlarge 92.99 150 16xlarge 124.65 200
t2   micro 0.555 0.064 small 1.55 0.128 medium 3.22 0.256
t3   micro 0.50 0.064 small 1.37 0.128 medium 3.09 0.256
t4g  micro 0.50 0.064 small 1.37 0.128 medium 3.09 0.256
"""
"""Family, then for each size the memory in GiB and the baseline bandwidth in Gbps, "-" where AWS says none. Where the pages for two engines
differ, the lower bandwidth."""

_LINES = (("m3", "m4", "m5", "m6g", "m7g", "m8g"), ("r3", "r4", "r5", "r6g", "r7g", "r8g"), ("t2", "t3", "t4g"), ("c7gn", "c8gn"))
"""Families for the same work, the oldest first. Not in them: data tiering (r6gd), and m1, m2, c1 and t1, whose sizes do not compare."""

_REDIS_SINCE: dict[str, Version] = {
    **dict.fromkeys(("m4", "m5", "r4", "r5", "t2", "t3"), (4, 0, 10)),
    **dict.fromkeys(("m6g", "r6g", "t4g"), (5, 0, 6)),
    **dict.fromkeys(("m7g", "r7g", "c7gn"), (6, 2)),
}
"""Family → the first version of Redis OSS on it. Those of the eighth generation run no Redis OSS, and all here any Valkey."""

_NO_NEW_ONES = frozenset({"m3", "r3", "t2"})
"""Families of which AWS makes no new nodes."""
_VCPUS_OF_SMALL_SIZES = {"t2.micro": 1, "t2.small": 1, "m3.medium": 1}
_BASELINES = {"micro": 10, "small": 20, "medium": 20}
"""Size of a burstable node → percent of its vCPUs that it may use all the time; above, it spends credits, and slows down without them."""


@dataclass(slots=True, frozen=True)
class NodeType:
    """`memory_gib`: what the engine may use, before its reserved memory. `gbps`: baseline bandwidth, None where it is not known.

    `vcpus` as in EC2: https://aws.amazon.com/ec2/instance-types/. `baseline`: percent of the CPU that it may use all the time.
    """

    name: str
    family: str
    size: str
    memory_gib: float
    gbps: float | None
    vcpus: int
    baseline: int


def _vcpus(family: str, size: str) -> int:
    """large is 2, xlarge 4, Nxlarge 4 × N; smaller ones 2, but for a few."""
    times = re.fullmatch(r"(\d*)xlarge", size)
    return 4 * int(times[1] or 1) if times else _VCPUS_OF_SMALL_SIZES.get(f"{family}.{size}", 2)


def _types() -> dict[str, NodeType]:
    made = {}
    for family, *rest in map(str.split, _TYPES.strip().splitlines()):
        for size, gib, gbps in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            name = f"cache.{family}.{size}"
            baseline = _BASELINES[size] if family in ("t2", "t3", "t4g") else 100
            bandwidth = None if gbps == "-" else float(gbps)
            made[name] = NodeType(name, family, size, float(gib), bandwidth, _vcpus(family, size), baseline)
    return made


_KNOWN = _types()


def known(node_type: str) -> NodeType | None:
    """None for a type that is not in the tables."""
    return _KNOWN.get(node_type)


def newer(node_type: str) -> tuple[str, ...]:
    """Types of the same size in newer families for the same work, the newest first. Whether one costs less is for the prices to say."""
    now = known(node_type)
    line = next((line for line in _LINES if now and now.family in line), ())
    if now is None:
        return ()
    later = line[line.index(now.family) + 1 :]
    return tuple(name for family in reversed(later) if (name := f"cache.{family}.{now.size}") in _KNOWN)


def smaller(node_type: str) -> NodeType | None:
    """The next smaller type of its family; None for the smallest, and where AWS makes no new ones."""
    now = known(node_type)
    if now is None or now.family in _NO_NEW_ONES:
        return None
    below = [one for one in _KNOWN.values() if one.family == now.family and one.memory_gib < now.memory_gib]
    return max(below, key=lambda one: one.memory_gib, default=None)


def version(text: str) -> Version:
    """(5, 0, 6) of "5.0.6", (6,) of "6.x"; empty when there is no number."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def runs(engine: str, engine_version: str, node_type: str) -> bool:
    """True when AWS documents that new nodes of the type run this version of Redis OSS or Valkey; False also when it is not known."""
    one = known(node_type)
    if one is None or one.family in _NO_NEW_ONES:
        return False
    if engine == "valkey":
        return True
    since = _REDIS_SINCE.get(one.family)
    return engine == "redis" and since is not None and version(engine_version) >= since
