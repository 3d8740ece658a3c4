"""DB instance classes against AWS's tables of hardware and of engine versions, and against the price book."""

from __future__ import annotations

import pytest

from functions.core.prices.book import Prices
from functions.scanners.rds import billing, classes

US = Prices("us-east-1")


@pytest.mark.parametrize(
    ("instance_class", "vcpus"),
    [
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
        ("db.m3.medium", 1),
        ("db.m4.10xlarge", 40),
        ("db.m5.large", 2),
        ("db.m5.24xlarge", 96),
        ("db.m8gd.48xlarge", 192),
        ("db.r3.8xlarge", 32),
        ("db.r5.xlarge", 4),
        ("db.r6i.32xlarge", 128),
        ("db.r7g.2xlarge", 8),
        ("db.x1e.32xlarge", 128),
        ("db.x2iedn.xlarge", 4),
        ("db.z1d.3xlarge", 12),
        ("db.z1d.6xlarge", 24),
        ("db.c6gd.medium", 1),
        ("db.t2.micro", 1),
        ("db.t2.small", 1),
        ("db.t2.medium", 2),
        ("db.t2.large", 2),
        ("db.t3.micro", 2),
        ("db.t4g.medium", 2),
        ("db.t4g.2xlarge", 8),
        ("db.serverless", None),
        ("db.m2.xlarge", None),
        ("db.r5.4xlarge.tpc2.mem3x", None),
        ("db.r6i.metal", None),
        ("db.m5.medium", None),
        ("", None),
    ],
)
def test_vcpus_are_aws_own(instance_class: str, vcpus: int | None) -> None:
    assert classes.vcpus(instance_class) == vcpus


@pytest.mark.parametrize(
    ("engine", "version", "instance_class", "runs"),
    [
        ("postgres", "13.3", "db.m7g.large", False),
        ("postgres", "13.4", "db.m7g.large", True),
        ("postgres", "14.4", "db.r7g.large", False),
        ("postgres", "14.5", "db.r7g.large", True),
        ("postgres", "15.0", "db.r7g.large", True),
        ("postgres", "12.22-RDS.20250508", "db.m7g.large", False),
        ("postgres", "12.6", "db.m6g.large", False),
        ("postgres", "12.7", "db.m6g.large", True),
        ("postgres", "12.22-RDS.20250508", "db.m6g.large", True),
        ("postgres", "13.1", "db.t4g.micro", True),
        ("postgres", "11.22", "db.t4g.micro", False),
        ("postgres", "15.3", "db.m7i.large", False),
        ("postgres", "15.4", "db.m7i.large", True),
        ("postgres", "9.6.21", "db.m5.large", False),
        ("postgres", "9.6.22", "db.m5.large", True),
        ("postgres", "10.16", "db.m5.large", False),
        ("postgres", "11.1", "db.m5.large", True),
        ("mysql", "5.7.44", "db.m7g.large", False),
        ("mysql", "8.0.28", "db.m7g.large", True),
        ("mysql", "8.4.3", "db.m7g.large", True),
        ("mysql", "8.0.31", "db.m7i.large", False),
        ("mysql", "8.0.32", "db.m7i.large", True),
        ("mysql", "5.1.73b", "db.m5.large", False),  # AWS's page does not speak of it
        ("mysql", "5.6.51", "db.t3.micro", False),
        ("mysql", "5.7.44", "db.m5.large", True),
        ("mysql", "5.7.44", "db.t3.micro", True),
        ("mariadb", "10.2.44", "db.m5.large", False),
        ("mariadb", "10.3.39", "db.m5.large", True),
        ("mariadb", "10.3.39", "db.t4g.micro", False),
        ("mariadb", "10.4.8", "db.t4g.micro", True),
        ("mariadb", "11.4.3", "db.m7g.large", True),
        ("aurora-mysql", "5.7.mysql_aurora.2.09.1", "db.r6g.large", False),
        ("aurora-mysql", "5.7.mysql_aurora.2.09.2", "db.r6g.large", True),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", "db.r7g.large", False),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.5", "db.r7g.large", True),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.5", "db.t4g.medium", True),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.5", "db.t4g.small", False),  # a size that Aurora does not have
        ("aurora-mysql", "5.7.mysql_aurora.2.12.5", "db.t3.small", True),
        ("mysql", "8.0.35", "db.t4g.small", True),
        ("aurora-postgresql", "10.21", "db.r5.large", False),
        ("aurora-postgresql", "11.9", "db.r5.large", True),
        ("aurora-mysql", "8.0.mysql_aurora.3.03.0", "db.r7g.large", False),
        ("aurora-mysql", "8.0.mysql_aurora.3.03.1", "db.r7g.large", True),
        ("aurora-mysql", "8.4.mysql_aurora.8.4.7", "db.r7g.large", True),
        ("aurora-mysql", "8.4.7", "db.r7g.large", True),
        ("aurora-mysql", "5.7.12", "db.r6g.large", False),
        ("aurora", "5.6.mysql_aurora.1.22.2", "db.r5.large", True),
        ("aurora", "5.6.10a", "db.r5.large", False),
        ("aurora-postgresql", "14.6", "db.r7g.large", False),
        ("aurora-postgresql", "14.7", "db.r7g.large", True),
        ("aurora-postgresql", "15.2", "db.r7g.large", True),
        ("aurora-postgresql", "16.1", "db.r7g.large", True),
        ("aurora-postgresql", "11.21", "db.r6g.large", True),
        ("aurora-postgresql", "16.2", "db.r7i.large", False),
        ("aurora-postgresql", "16.4", "db.r7i.large", True),
        ("aurora-mysql", "8.0.mysql_aurora.3.07.1", "db.r7i.large", False),
        ("aurora-mysql", "8.0.mysql_aurora.3.08.0", "db.r7i.large", True),
        ("oracle-ee", "19.0.0.0", "db.m7g.large", False),
        ("postgres", "string", "db.m7g.large", False),
    ],
)
def test_an_engine_version_runs_on_a_class_from_the_minor_that_aws_documents(
    engine: str, version: str, instance_class: str, runs: bool
) -> None:
    assert classes.runs(engine, version, instance_class) is runs


@pytest.mark.parametrize(
    ("instance_class", "newer", "graviton"),
    [
        ("db.m4.large", ("db.m7i.large", "db.m6i.large", "db.m5.large"), ()),
        ("db.t2.micro", ("db.t3.micro",), ()),
        ("db.m5.xlarge", (), ("db.m7g.xlarge", "db.m6g.xlarge")),
        ("db.t3.small", (), ("db.t4g.small",)),
        ("db.m7g.large", (), ()),
        ("db.r5d.large", (), ()),
        ("db.serverless", (), ()),
    ],
)
def test_targets_have_the_same_size(instance_class: str, newer: tuple[str, ...], graviton: tuple[str, ...]) -> None:
    assert classes.newer(instance_class) == newer
    assert classes.graviton(instance_class) == graviton


@pytest.mark.parametrize("table", [classes.NEWER, classes.GRAVITON])
def test_every_target_family_has_engine_versions_and_a_price(table: dict[str, tuple[str, ...]]) -> None:
    size = {"t": "micro", "m": "large", "r": "large"}
    for family, targets in table.items():
        assert family not in targets
        for target in targets:
            target_class = f"db.{target}.{size[target[0]]}"
            assert classes.runs("mysql", "8.4.3", target_class), target
            assert billing.instance_cost("mysql", target_class, False, US).usd is not None, target
            assert classes.vcpus(target_class) is not None


def test_graviton_is_for_open_source_engines() -> None:
    engines = ("mysql", "mariadb", "postgres", "aurora", "aurora-mysql", "aurora-postgresql", "oracle-ee", "sqlserver-ex", "db2-se")
    assert [engine for engine in engines if classes.has_graviton(engine)] == list(engines[:6])


@pytest.mark.parametrize(
    ("instance_class", "local"),
    [
        ("db.m5d.large", True),
        ("db.r6idn.2xlarge", True),
        ("db.m8gd.large", True),
        ("db.x2iedn.xlarge", True),
        ("db.m5.large", False),
        ("db.m6i.large", False),
        ("db.r5b.large", False),
        ("db.serverless", False),
    ],
)
def test_which_classes_have_local_disks(instance_class: str, local: bool) -> None:
    assert classes.has_local_disks(instance_class) is local
