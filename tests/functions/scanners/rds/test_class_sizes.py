"""What DB instance classes can do, held against what AWS says of the EC2 types of the same name; and their order by size."""

from __future__ import annotations

import gzip
import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import moto
import pytest

from functions.core.prices import book
from functions.scanners.rds import classes
from functions.scanners.rds.class_sizes import GIB, capacity, max_connections, smaller

LARGEST = ("db.m5.24xlarge", "db.r6g.16xlarge", "db.r6i.32xlarge", "db.m8g.48xlarge", "db.x2iedn.32xlarge", "db.m4.16xlarge")


@cache
def _aws_types() -> dict[str, dict[str, Any]]:
    """DescribeInstanceTypes of AWS, as moto carries it."""
    path = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    known: dict[str, dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    return known


def _priced() -> set[str]:
    keys = book.parse(book._book().read("AmazonRDS/us-east-1.tsv").decode())
    return {key[key.index(".db.") + 1 :] for key in keys if ".db." in key}


def test_every_class_has_what_the_ec2_type_of_its_name_has() -> None:
    seen = 0
    for name in sorted(_priced()):
        found = capacity(name)
        if found is None:
            continue
        of_aws = _aws_types()[name.removeprefix("db.").replace("x2g.", "x2gd.")]
        ebs = of_aws["EbsInfo"]["EbsOptimizedInfo"]
        gbps = of_aws["NetworkInfo"]["NetworkCards"][0]["BaselineBandwidthInGbps"]
        assert (found.vcpus, found.memory_gib) == (of_aws["VCpuInfo"]["DefaultVCpus"], of_aws["MemoryInfo"]["SizeInMiB"] / 1024), name
        assert found.ebs_mibps == pytest.approx(ebs["BaselineBandwidthInMbps"] * 1e6 / 8 / 1024**2), name
        assert found.network_mibps == pytest.approx(gbps * 1e9 / 8 / 1024**2), name
        assert found.ebs_iops == ebs["BaselineIops"] or name == "db.x2g.12xlarge", name
        assert found.ebs_iops <= ebs["BaselineIops"]
        seen += 1
    assert seen > 240


def test_only_old_and_burstable_families_are_missing() -> None:
    missing = {classes.split(name)[0] for name in _priced() if capacity(name) is None}
    assert missing == {"m1", "m2", "m3", "r3", "t1", "t2", "t3", "t4g"}


def test_a_class_by_hand() -> None:
    """8 GiB; 650 Mbit/s and 3,600 IOPS to EBS; 0.75 Gbit/s: the pages that the facts name."""
    found = capacity("db.m5.large")
    assert found is not None
    assert (found.vcpus, found.memory, found.ebs_iops) == (2, 8 * GIB, 3_600)
    assert (round(found.ebs_mibps, 2), round(found.network_mibps, 2)) == (77.49, 89.41)


@pytest.mark.parametrize(
    ("instance_class", "below"),
    [
        ("db.m5.xlarge", ("db.m5.large",)),
        ("db.m5.large", ()),
        ("db.r6g.4xlarge", ("db.r6g.2xlarge", "db.r6g.xlarge", "db.r6g.large")),
        ("db.m5.12xlarge", ("db.m5.8xlarge", "db.m5.4xlarge", "db.m5.2xlarge", "db.m5.xlarge", "db.m5.large")),
        ("db.t3.large", ()),
        ("db.serverless", ()),
        ("db.r7i.4xlarge.tpc2.mem2x", ()),
    ],
)
def test_the_next_smaller_one_comes_first(instance_class: str, below: tuple[str, ...]) -> None:
    assert smaller(instance_class) == below


@pytest.mark.parametrize("largest", LARGEST)
def test_a_smaller_one_can_do_less_of_everything(largest: str) -> None:
    known = [capacity(name) for name in (largest, *smaller(largest))]
    for more, less in pairwise(known):
        assert more is not None
        assert less is not None
        assert more.vcpus > less.vcpus
        assert more.memory > less.memory
        assert more.ebs_iops > less.ebs_iops
        assert more.ebs_mibps > less.ebs_mibps
        assert more.network_mibps > less.network_mibps


@pytest.mark.parametrize(
    ("engine", "gib", "connections"),
    [
        ("mysql", 8, 682),
        ("mariadb", 8, 341),
        ("mariadb", 1_024, 12_000),
        ("postgres", 8, 901),
        ("postgres", 64, 5_000),
        ("aurora-postgresql", 16, 1_802),
        ("aurora-mysql", 16, 1_069),  # AWS's own example says so of db.r6g.large
        ("aurora-mysql", 4, 108),
    ],
)
def test_connections_that_an_engine_takes_by_default(engine: str, gib: float, connections: int) -> None:
    assert max_connections(engine, gib * GIB) == connections
