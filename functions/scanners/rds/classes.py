"""DB instance classes: what the newer generation of one is, what its Graviton peer is, which engine versions run it, its vCPUs.

A class is "db.family.size". A target has the same size. What the tables say of engine versions is on AWS's pages; of a version that they do
not name nothing is known, and it is offered nothing.
"""

from __future__ import annotations

import re

from functions.core.limits import fact

RDS_DOCUMENTED = fact(
    "which versions of MySQL, MariaDB and PostgreSQL run on which DB instance classes",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html",
    "2026-11-28",
)
AURORA_DOCUMENTED = fact(
    "which versions of Aurora run on which DB instance classes, and which sizes of the T families Aurora has",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html",
    "2026-11-28",
)

Version = tuple[int, ...]

NEWER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("m1", "m3", "m4"), ("m7i", "m6i", "m5")),
    **dict.fromkeys(("r3", "r4"), ("r7i", "r6i", "r5")),
    "t2": ("t3",),
}
"""Family → its successors on x86_64, the newest first. Not in it: t1 and m2, whose sizes do not compare."""

GRAVITON: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("m5", "m6i", "m7i"), ("m7g", "m6g")),
    **dict.fromkeys(("r5", "r6i", "r7i"), ("r7g", "r6g")),
    "t3": ("t4g",),
}
"""x86_64 family → Graviton families, the newest first. Only plain ones: those with local disks or more bandwidth differ in more."""

_OLDEST_NAMED: dict[str, tuple[Version, ...]] = {"mysql": ((5, 7),), "mariadb": ((10, 3),)}
"""Where AWS's page says "Yes": every version that RDS had when it was written. MySQL 5.7 and MariaDB 10.3 are the oldest that it, or the
page on major version upgrades, names for current-generation classes; of older ones it does not speak.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.MySQL.Major.html"""

_SINCE: dict[str, dict[str, tuple[Version, ...]]] = {
    "7g": {
        "mysql": ((8, 0),),
        "mariadb": ((10, 4),),
        "postgres": ((13, 4), (14, 5)),
        "aurora-mysql": ((2, 12, 0), (3, 3, 1)),
        "aurora-postgresql": ((13, 10), (14, 7), (15, 2)),
    },
    "6g": {
        "mysql": ((8, 0),),
        "mariadb": ((10, 4),),
        "postgres": ((12, 7), (13,)),
        "aurora-mysql": ((2, 9, 2), (3, 1, 0)),
        "aurora-postgresql": ((11, 12), (12, 8), (13, 3), (14, 3)),
    },
    "7i": {
        "mysql": ((8, 0, 32),),
        "mariadb": ((10, 4),),
        "postgres": ((13, 11), (14, 9), (15, 4), (16, 1), (17, 1)),
        "aurora-mysql": ((3, 8, 0),),
        "aurora-postgresql": ((13, 15), (14, 12), (15, 7), (16, 3), (17, 4)),
    },
    "6i": {
        "mysql": ((8, 0),),
        "mariadb": ((10, 4),),
        "postgres": ((10, 21), (11, 13), (12, 8), (13, 4)),
        "aurora-mysql": ((2, 11, 0), (3, 2, 1)),
        "aurora-postgresql": ((12, 9), (13, 5), (14, 3)),
    },
    "5": {
        **_OLDEST_NAMED,
        "postgres": ((9, 6, 22), (10, 17), (11,)),
        "aurora-mysql": ((1, 22), (2, 6), (3, 1, 0)),
        "aurora-postgresql": ((11, 9),),
    },
    "3": {
        **_OLDEST_NAMED,
        "postgres": ((9, 6, 22), (10,)),
        "aurora-mysql": ((2, 10), (3, 1, 0)),
        "aurora-postgresql": ((11, 12), (12, 7), (13, 3), (14, 3)),
    },
}
_SINCE["4g"] = _SINCE["6g"]
"""Generation → engine → the first minor version of each major that runs it; every major after the last named one does.

Aurora counts by Aurora's own version.
"""

_AURORA_SIZES = {"t3": frozenset({"small", "medium", "large"}), "t4g": frozenset({"medium", "large"})}
"""Of the families that RDS has in more sizes than Aurora."""

_MAJOR_PARTS = {"mysql": 2, "mariadb": 2}
"""How many numbers make a major version: MySQL 8.0 and MariaDB 10.6 have two, PostgreSQL 13 and Aurora MySQL 3 one."""


def split(instance_class: str) -> tuple[str, str]:
    """ "m5", "large" of "db.m5.large"; the size is empty for "db.serverless"."""
    family, _, size = instance_class.removeprefix("db.").partition(".")
    return family, size


def has_local_disks(instance_class: str) -> bool:
    """A d after the generation says so: db.m6gd, db.r6idn. What is on them is temporary files, or a cache."""
    return re.match(r"[a-z]+\d+[a-z]*d", split(instance_class)[0]) is not None


def newer(instance_class: str) -> tuple[str, ...]:
    """Classes of a newer generation that can replace this one, the newest first; empty when there are none."""
    return _same_size(instance_class, NEWER)


def graviton(instance_class: str) -> tuple[str, ...]:
    """Graviton classes that can replace this x86_64 one, the newest first; empty when there are none."""
    return _same_size(instance_class, GRAVITON)


def _same_size(instance_class: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    family, size = split(instance_class)
    return tuple(f"db.{peer}.{size}" for peer in table.get(family, ()))


def version(engine: str, text: str) -> Version:
    """The version that decides which classes run: Aurora's own for Aurora MySQL ("8.0.mysql_aurora.3.04.0" is 3.4.0). Empty: unknown."""
    if engine in ("aurora", "aurora-mysql"):
        head, found, tail = text.partition("mysql_aurora.")
        # since 8.4 an Aurora MySQL version begins with MySQL's own number; before, a version without Aurora's part tells nothing
        text = tail if found else head if _numbers(head) >= (8, 4) else ""
    return _numbers(text)


def _numbers(text: str) -> Version:
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def has_graviton(engine: str) -> bool:
    """True for the engines that run on Graviton: not Oracle, SQL Server and Db2."""
    return engine == "aurora" or engine in _SINCE["6g"]


def runs(engine: str, engine_version: str, instance_class: str) -> bool:
    """True when AWS documents that this engine version runs on the class; False also when it is not known."""
    family, size = split(instance_class)
    if engine.startswith("aurora") and size not in _AURORA_SIZES.get(family, {size}):
        return False
    since = _SINCE.get(family[1:], {}).get("aurora-mysql" if engine == "aurora" else engine)
    have = version(engine, engine_version)
    if not since or not have:
        return False
    parts = _MAJOR_PARTS.get(engine, 1)
    if have[:parts] > since[-1][:parts]:
        return True
    return any(have >= first for first in since if have[:parts] == first[:parts])


_VCPUS_OF_SMALL_SIZES = {
    **{f"t2.{size}": vcpus for size, vcpus in (("micro", 1), ("small", 1), ("medium", 2))},
    **{f"{family}.{size}": 2 for family in ("t3", "t4g") for size in ("micro", "small", "medium")},
    "m3.medium": 1,
    "c6gd.medium": 1,
}


def vcpus(instance_class: str) -> int | None:
    """vCPUs of a class: large is 2, xlarge 4, Nxlarge 4 × N in every family that is not of 2012 (t1, m1, m2). None when unknown.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
    """
    family, size = split(instance_class)
    if family in ("t1", "m1", "m2"):
        return None
    small = _VCPUS_OF_SMALL_SIZES.get(f"{family}.{size}")
    if small is not None or size == "large":
        return small or 2
    times = re.fullmatch(r"(\d*)xlarge", size)
    return 4 * int(times[1] or 1) if times else None
