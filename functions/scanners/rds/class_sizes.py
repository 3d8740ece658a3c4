"""What DB instance classes can do all day long, and which is the next smaller one of the same family.

Only families whose vCPUs always run at full speed: the T families earn credits, and what a smaller one of them may use is another question.
Bursts are left out: what a smaller size delivers for half an hour a day is nothing to plan with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from functions.core.limits import fact
from functions.scanners.rds import classes

HARDWARE = fact(
    "memory of DB instance classes: GiB for each vCPU, by family",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html",
    "2026-11-29",
)
BASELINES = fact(
    "what the EC2 types of the same name move all day long: Mbit/s and IOPS over EBS, Gbit/s over the network",
    "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html",
    "2026-11-29",
)
CONNECTIONS = fact(
    "the default of max_connections by the memory of the class: MySQL /12582880, MariaDB /25165760 up to 12,000, PostgreSQL /9531392 up to "
    "5,000, Aurora MySQL by its logarithm",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
    "2026-11-29",
)

GIB = 1024**3
_FAMILIES = """
    m4 large:450/3600/.45 xlarge:750/6000/.75 2xlarge:1000/8000/1 4xlarge:2000/16000/2 10xlarge:4000/32000/10 16xlarge:10000/65000/25
    r4 large:425/3000/.75 xlarge:850/6000/1.25 2xlarge:1700/12000/2.5 4xlarge:3500/18750/5 8xlarge:7000/37500/12 16xlarge:14000/75000/25
    m5,m5d,r5,r5d large:650/3600/.75 xlarge:1150/6000/1.25 2xlarge:2300/12000/2.5 4xlarge:4750/18750/5 8xlarge:6800/30000/10
        12xlarge:9500/40000/12 16xlarge:13600/60000/20 24xlarge:19000/80000/25
    r5b large:1250/5417/.75 xlarge:2500/10833/1.25 2xlarge:5000/21667/2.5 4xlarge:10000/43333/5 8xlarge:20000/86667/10
        12xlarge:30000/130000/12 16xlarge:40000/173333/20 24xlarge:60000/260000/25
    m6g,m6gd,r6g,r6gd,x2g large:630/3600/.75 xlarge:1188/6000/1.25 2xlarge:2375/12000/2.5 4xlarge:4750/20000/5 8xlarge:9500/40000/12
        12xlarge:14250/50000/20 16xlarge:19000/80000/25
    m6i,m6id,r6i,r6id large:650/3600/.781 xlarge:1250/6000/1.562 2xlarge:2500/12000/3.125 4xlarge:5000/20000/6.25
        8xlarge:10000/40000/12.5 12xlarge:15000/60000/18.75 16xlarge:20000/80000/25 24xlarge:30000/120000/37.5 32xlarge:40000/160000/50
    m6in,m6idn,r6in,r6idn large:1562/6250/3.125 xlarge:3125/12500/6.25 2xlarge:6250/25000/12.5 4xlarge:12500/50000/25
        8xlarge:25000/100000/50 12xlarge:37500/150000/75 16xlarge:50000/200000/100 24xlarge:75000/300000/150 32xlarge:100000/400000/200
    m7g,r7g large:630/3600/.937 xlarge:1250/6000/1.876 2xlarge:2500/12000/3.75 4xlarge:5000/20000/7.5 8xlarge:10000/40000/15
        12xlarge:15000/60000/22.5 16xlarge:20000/80000/30
    m7i,r7i large:650/3600/.781 xlarge:1250/6000/1.562 2xlarge:2500/12000/3.125 4xlarge:5000/20000/6.25 8xlarge:10000/40000/12.5
        12xlarge:15000/60000/18.75 16xlarge:20000/80000/25 24xlarge:30000/120000/37.5 48xlarge:40000/240000/50
    m8g,m8gd,r8g,r8gd large:630/3600/.937 xlarge:1250/6000/1.875 2xlarge:2500/12000/3.75 4xlarge:5000/20000/7.5 8xlarge:10000/40000/15
        12xlarge:15000/60000/22.5 16xlarge:20000/80000/30 24xlarge:30000/120000/40 48xlarge:40000/240000/50
    m8a,r8a large:650/3600/.937 xlarge:1250/6000/1.875 2xlarge:2500/12000/3.75 4xlarge:5000/20000/7.5 8xlarge:10000/40000/15
        12xlarge:15000/60000/22.5 16xlarge:20000/80000/30 24xlarge:30000/120000/40 48xlarge:60000/240000/75
    m9g large:760/3600/1 xlarge:1500/6000/2.1 2xlarge:3000/12000/4.25 4xlarge:6000/24000/8.5 8xlarge:12000/48000/17
        12xlarge:18000/72000/25 16xlarge:24000/96000/34 24xlarge:36000/144000/50 48xlarge:72000/288000/100
    x2iedn xlarge:2500/8125/1.875 2xlarge:5000/16250/5 4xlarge:10000/32500/12.5 8xlarge:20000/65000/25 16xlarge:40000/130000/50
        24xlarge:60000/195000/75 32xlarge:80000/260000/100
"""
"""Families, and of each size, the smallest first: Mbit/s and IOPS over EBS, Gbit/s over the network. x2g, which is EC2's x2gd, has more
IOPS in one size than stand here."""

_GIB_FOR_A_VCPU = {"m": 4.0, "r": 8.0, "r4": 7.625, "x2g": 16.0, "x2iedn": 32.0}
"""By family, else by its first letter."""


@dataclass(slots=True, frozen=True)
class Capacity:
    """What a class can do all day. `ebs_mibps`, `network_mibps`: MiB/s to its storage, and over the network in each direction."""

    vcpus: int
    memory_gib: float
    ebs_mibps: float
    ebs_iops: int
    network_mibps: float

    @property
    def memory(self) -> float:
        """Bytes."""
        return self.memory_gib * GIB


def _mibps(megabits: float) -> float:
    return megabits * 1e6 / 8 / 1024**2


def _read() -> dict[str, dict[str, Capacity]]:
    """Family → size → what it can do, from the table above."""
    found: dict[str, dict[str, Capacity]] = {}
    families: list[str] = []
    for word in _FAMILIES.split():
        size, limits, numbers = word.partition(":")
        if not limits:
            families = word.split(",")
            continue
        mbps, iops, gbps = map(float, numbers.split("/"))
        for family in families:
            vcpus = classes.vcpus(f"db.{family}.{size}") or 0
            memory = vcpus * (_GIB_FOR_A_VCPU.get(family) or _GIB_FOR_A_VCPU[family[0]])
            found.setdefault(family, {})[size] = Capacity(vcpus, memory, _mibps(mbps), int(iops), _mibps(gbps * 1_000))
    return found


_CAPACITIES = _read()


def capacity(instance_class: str) -> Capacity | None:
    """What a class can do; None of those that the table does not have."""
    family, size = classes.split(instance_class)
    return _CAPACITIES.get(family, {}).get(size)


def smaller(instance_class: str) -> tuple[str, ...]:
    """The smaller classes of the same family, the largest of them first; empty for the smallest, and where the table does not have it."""
    family, size = classes.split(instance_class)
    sizes = list(_CAPACITIES.get(family, ()))
    below = sizes[: sizes.index(size)] if size in sizes else []
    return tuple(f"db.{family}.{one}" for one in reversed(below))


def max_connections(engine: str, memory: float) -> int:
    """How many connections an engine takes by default with so many bytes of memory, at most: RDS keeps some of the memory for itself."""
    if engine == "mysql":
        return int(memory / 12_582_880)
    if engine == "mariadb":
        return min(int(memory / 25_165_760), 12_000)
    if engine.endswith("mysql"):
        return int(max(math.log2(memory / 805_306_368) * 45, math.log2(memory / 8_187_281_408) * 1_000))
    return min(int(memory / 9_531_392), 5_000)
