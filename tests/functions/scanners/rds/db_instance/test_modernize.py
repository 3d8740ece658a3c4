"""Older classes, Graviton, and standbys outside production: which target, and what it saves."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.model import Coverable, InsufficientData, Waste
from functions.core.prices.book import Prices
from functions.scanners.rds.billing import Disk
from functions.scanners.rds.db_instance.modernize import graviton, multi_az_non_production, old_generation
from tests.functions.scanners.rds.samples import db_instance, judge, lacking, waste


@pytest.mark.parametrize(
    ("engine", "version", "instance_class", "multi_az", "target", "saved_an_hour"),
    [
        ("postgres", "16.4", "db.m4.large", False, "db.m7i.large", 0.182 - 0.178),
        ("postgres", "16.4", "db.m4.large", True, "db.m7i.large", 0.364 - 0.356),
        ("postgres", "13.10", "db.m4.large", False, "db.m6i.large", 0.182 - 0.178),
        ("postgres", "9.6.22", "db.m4.large", False, "db.m5.large", 0.182 - 0.178),
        ("postgres", "9.6.21", "db.m4.large", False, None, 0),
        ("mysql", "8.4.3", "db.m4.large", False, "db.m6i.large", 0.175 - 0.171),  # m7i costs more than m4
        ("mysql", "5.7.44", "db.m4.large", False, "db.m5.large", 0.175 - 0.171),
        ("mysql", "5.1.73b", "db.m3.2xlarge", False, None, 0),  # nothing is known of so old a version
        ("mysql", "8.0.35", "db.m3.medium", False, None, 0),  # no such size today
        ("postgres", "16.4", "db.m4.10xlarge", False, None, 0),
        ("postgres", "16.4", "db.t2.micro", False, None, 0),  # t3 costs the same
        ("aurora-mysql", "5.7.mysql_aurora.2.11.2", "db.r4.large", False, None, 0),  # r5 costs the same
        ("postgres", "16.4", "db.m5.large", False, None, 0),
        ("postgres", "16.4", "db.r5.large", False, None, 0),
    ],
)
def test_the_newest_generation_that_runs_the_version_and_costs_less(
    engine: str, version: str, instance_class: str, multi_az: bool, target: str | None, saved_an_hour: float
) -> None:
    instance = db_instance(engine=engine, version=version, instance_class=instance_class, multi_az=multi_az)
    if target is None:
        assert judge(old_generation, instance) is None
        return
    found = waste(old_generation, instance)
    assert found.evidence["target"] == target
    assert found.values["target"] == target
    assert found.savings.likely == pytest.approx(saved_an_hour * 730, abs=1e-4)
    family, name = instance_class.rpartition(".")[0], {"postgres": "postgresql"}.get(engine, engine)
    assert found.coverable == Coverable("AmazonRDS", family, found.savings.likely, name, "multi-az" if multi_az else "single-az")


@pytest.mark.parametrize(
    ("engine", "version", "instance_class", "target", "saved_an_hour"),
    [
        ("postgres", "16.4", "db.m5.large", "db.m6g.large", 0.178 - 0.159),
        ("postgres", "13.4", "db.m6i.large", "db.m6g.large", 0.178 - 0.159),
        ("postgres", "13.3", "db.m6i.large", "db.m6g.large", 0.178 - 0.159),
        ("postgres", "12.6", "db.m5.large", None, 0),
        ("postgres", "16.4", "db.r5.large", "db.r6g.large", 0.25 - 0.225),
        ("postgres", "16.4", "db.r7i.large", "db.r6g.large", 0.25 - 0.225),
        ("mysql", "8.0.35", "db.m5.large", "db.m6g.large", 0.171 - 0.152),
        ("mysql", "5.7.44", "db.m5.large", None, 0),
        ("mariadb", "10.6.14", "db.t3.medium", "db.t4g.medium", 0.068 - 0.065),
        ("mysql", "8.0.35", "db.t3.micro", "db.t4g.micro", 0.017 - 0.016),
        ("aurora-mysql", "8.0.mysql_aurora.3.04.0", "db.r5.large", "db.r6g.large", 0.29 - 0.26),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.2", "db.r5.large", "db.r6g.large", 0.29 - 0.26),
        ("aurora-postgresql", "13.9", "db.r5.large", "db.r6g.large", 0.29 - 0.26),
        ("aurora-postgresql", "13.10", "db.r6i.large", "db.r6g.large", 0.29 - 0.26),
        ("aurora-postgresql", "16.4", "db.t3.medium", "db.t4g.medium", 0.082 - 0.073),
        ("postgres", "16.4", "db.m7g.large", None, 0),
        ("postgres", "16.4", "db.m4.large", None, 0),  # a newer x86_64 generation comes first
        ("postgres", "16.4", "db.r5d.large", None, 0),  # has local disks
        ("postgres", "16.4", "db.m5.24xlarge", None, 0),  # no Graviton of that size
        ("oracle-ee", "19.0.0.0", "db.m5.large", None, 0),
        ("sqlserver-ex", "15.00", "db.t3.small", None, 0),
        ("aurora-postgresql", "16.4", "db.serverless", None, 0),
    ],
)
def test_graviton_from_the_versions_that_aws_documents(
    engine: str, version: str, instance_class: str, target: str | None, saved_an_hour: float
) -> None:
    cluster = "shop" if engine.startswith("aurora") else ""
    instance = db_instance(engine=engine, version=version, instance_class=instance_class, cluster=cluster)
    if target is None:
        assert judge(graviton, instance) is None
        return
    found = waste(graviton, instance)
    assert found.evidence["target"] == target
    assert found.savings.likely == pytest.approx(saved_an_hour * 730, abs=1e-4)


def test_a_newer_class_that_saves_less_is_mentioned_and_taken_where_it_saves_nearly_as_much() -> None:
    cheapest, newest = (
        waste(graviton, db_instance(engine="mysql", version="8.0.35", instance_class="db.m5.large"), newest_share=share)
        for share in (1.0, 0.0)
    )
    assert (cheapest.evidence["target"], cheapest.evidence["alternative"]) == ("db.m6g.large", "db.m7g.large")
    assert cheapest.note == "The newer db.m7g.large saves $2.19."
    assert (newest.evidence["target"], newest.evidence["alternative"]) == ("db.m7g.large", "db.m6g.large")
    assert newest.note.startswith("The cheapest db.m6g.large saves ")


@pytest.mark.parametrize(
    ("changes", "counted"), [({"status": "stopped"}, False), ({"status": "creating"}, False), ({"cluster": "three-zones"}, True)]
)
@pytest.mark.parametrize(("check", "instance_class"), [(old_generation, "db.m4.large"), (graviton, "db.m5.large")])
def test_no_class_to_change_where_none_is_billed_or_it_is_the_clusters(
    check: Any, instance_class: str, changes: dict[str, Any], counted: bool
) -> None:
    assert isinstance(judge(check, db_instance(instance_class=instance_class)), Waste)
    verdict = judge(check, db_instance(instance_class=instance_class, **changes))
    assert isinstance(verdict, InsufficientData) if counted else verdict is None


def test_where_this_regions_rate_is_not_known_there_is_no_comparison_with_anothers() -> None:
    cape_town = Prices("af-south-1")
    own = cape_town.price("AmazonRDS", "ondemand.postgresql.multi-az.db.m5.large")
    peer = cape_town.price("AmazonRDS", "ondemand.postgresql.multi-az.db.m7g.large")
    assert own is not None
    assert peer is not None
    assert (own.fallback_for, peer.fallback_for) == (None, "af-south-1")
    found = waste(graviton, db_instance(multi_az=True), cape_town)
    assert found.evidence["target"] == "db.m6g.large"  # which has a rate there
    assert {price.region for price in found.savings.prices} == {"af-south-1"}


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (old_generation, {"engine": "oracle-ee", "instance_class": "db.m4.large"}),
        (graviton, {"engine": "aurora-mysql", "instance_class": "db.r5.large", "disk": Disk("aurora-mysql", "aurora-iopt1", 1)}),
    ],
)
def test_a_class_whose_own_price_is_not_known_is_not_judged(check: Any, changes: dict[str, Any]) -> None:
    verdict = judge(check, db_instance(**changes))
    assert isinstance(verdict, InsufficientData)
    assert "no price known" in verdict.reason


def test_the_larger_the_class_the_larger_the_saving() -> None:
    sizes = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge")
    saved = [waste(graviton, db_instance(instance_class=f"db.m5.{size}")).savings.likely for size in sizes]
    assert saved == sorted(set(saved))


# --- a standby outside production ---------------------------------------------------------------------------------------------------

DEV = {"Environment": "Dev"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"tags": {"env": "staging"}}, True),
        ({"tags": {"env": "production"}}, False),
        ({"tags": {}}, False),
        ({"multi_az": False}, False),
        ({"status": "stopped"}, False),
        ({"status": "modifying"}, True),
        ({"cluster": "three-zones"}, False),
    ],
)
def test_which_standbys_are_found(changes: dict[str, Any], found: bool) -> None:
    assert (judge(multi_az_non_production, db_instance(**{"multi_az": True, "tags": DEV, **changes})) is not None) is found


def test_a_standby_saves_itself_and_its_storage() -> None:
    found = waste(multi_az_non_production, db_instance(multi_az=True, tags=DEV))
    assert found.savings.likely == pytest.approx(0.178 * 730 + 11.5)
    assert found.coverable == Coverable("AmazonRDS", "db.m5", 0.178 * 730, "postgresql", "multi-az")
    assert found.savings.lacks == ()


@pytest.mark.parametrize(
    ("disk", "region", "usd", "lacks"),
    [
        (Disk("postgres", "gp3", 100, 3_000, 125), "us-east-1", 0.178 * 730, "storage.multi-az.gp3"),
        (Disk("postgres", "io1", 100, 1_000), "us-east-1", 0.178 * 730 + 12.5, "iops.io1.multi-az"),
        (Disk("postgres", "gp2", 100), "eu-west-1", 0.197 * 730, "storage.multi-az.gp2"),
    ],
)
def test_storage_whose_rate_is_not_known_is_left_out_and_said(disk: Disk, region: str, usd: float, lacks: str) -> None:
    prices = lacking(lacks, region=region)
    found = waste(multi_az_non_production, db_instance(multi_az=True, tags=DEV, disk=disk, region=region), prices)
    assert found.savings.likely == pytest.approx(usd)
    assert lacks in found.savings.note


def test_of_a_standby_of_an_engine_with_a_licence_the_storage_is_the_least_that_it_can_be() -> None:
    found = waste(multi_az_non_production, db_instance(engine="oracle-ee", multi_az=True, tags=DEV))
    assert found.savings.likely == pytest.approx(11.5)
    assert "oracle-ee" in found.savings.note
