"""Aurora clusters that pay for Extended Support: by the vCPU, by the capacity unit, and what is not known of the third year."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.model import Confidence, Waste
from functions.core.prices.book import Prices
from functions.core.scan.asked_metrics import at_first
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.rds import extended_support as rds_support
from functions.scanners.rds.db_cluster.collector import DbCluster, Member
from functions.scanners.rds.db_cluster.surcharges import CAPACITY, capacity, extended_support
from functions.scanners.rds.extended_support import CALENDAR
from tests.functions.scanners.rds.samples import ACCOUNT, NOW, PRICES, REGION, daily, db_cluster, judge, usage, waste


def _member(name: str, instance_class: str = "db.r5.large", status: str = "available") -> Member:
    return Member(name, f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}", instance_class, status)


def _old(engine: str = "aurora-postgresql", major: str = "13", **changes: Any) -> DbCluster:
    return db_cluster(engine=engine, version=f"{major}.9", support=CALENDAR[engine, major], **changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"status": "modifying"}, True),
        ({"status": "stopped"}, False),
        ({"mode": "serverless"}, False),
        ({"members": ()}, False),
        ({"members": (_member("shop-1", status="stopped"),)}, False),
        ({"support": None}, False),
        ({"support": CALENDAR["aurora-postgresql", "14"]}, False),
        ({"replicates": True}, True),
    ],
)
def test_who_pays_for_extended_support(changes: dict[str, Any], found: bool) -> None:
    assert (judge(extended_support, replace(_old(), **changes)) is not None) is found


def test_it_is_charged_by_the_vcpus_of_all_instances() -> None:
    found = waste(extended_support, _old(members=(_member("w", "db.r5.2xlarge"), _member("r", "db.r5.large"))))
    assert found.savings.likely == pytest.approx((8 + 2) * 730 * 0.1)
    assert found.evidence["vcpus"] == 10
    assert found.confidence is Confidence.HIGH
    assert {price.key for price in found.savings.prices} == {"extended-support.aurora-postgresql.year-1"}


def test_the_third_year_of_aurora_postgresql_costs_twice_as_much() -> None:
    found = waste(extended_support, _old(major="11"))
    assert found.savings.low == found.savings.likely == pytest.approx(4 * 730 * 0.2)
    assert {price.key for price in found.savings.prices} == {"extended-support.aurora-postgresql.year-3"}


@pytest.mark.parametrize(
    ("day", "likely", "high", "doubt"),
    [
        (datetime(2026, 11, 30, tzinfo=UTC), 0.1, 0.1, False),
        (datetime(2026, 12, 1, tzinfo=UTC), 0.1, 0.2, True),
        (datetime(2029, 6, 30, tzinfo=UTC), 0.1, 0.2, True),
    ],
)
def test_whether_aurora_mysql_has_a_third_years_rate_is_contradicted(day: datetime, likely: float, high: float, doubt: bool) -> None:
    """AWS's calendar says from December 2026; AWS's estimator and the Price List know none. Low and likely without, high with it."""
    found = waste(extended_support, _old("aurora-mysql", "5.7"), as_of=day)
    assert found.savings.low == found.savings.likely == pytest.approx(4 * 730 * likely)
    assert found.savings.high == pytest.approx(4 * 730 * high)
    assert ("third-year rate" in found.note) is doubt
    assert "extended-support.aurora-mysql.year-1" in {price.key for price in found.savings.prices}


def test_a_third_years_rate_in_the_price_list_settles_it() -> None:
    row = (0.19, "vCPU-hour", "the price list", "2026-12-02")
    known = Prices(
        REGION, lambda service, region: {"extended-support.aurora-mysql.year-3": row} if (service, region) == ("AmazonRDS", REGION) else {}
    )
    found = waste(extended_support, _old("aurora-mysql", "5.7"), known, as_of=datetime(2026, 12, 1, tzinfo=UTC))
    assert found.savings.low == found.savings.likely == found.savings.high == pytest.approx(4 * 730 * 0.19)
    assert "third-year rate" not in found.note


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (datetime(2027, 2, 28, tzinfo=UTC), ""),
        (datetime(2027, 3, 1, tzinfo=UTC), "disagree whether Extended Support ended on 2027-02-28 or ends on 2029-06-30"),
        (datetime(2029, 6, 30, tzinfo=UTC), "disagree whether Extended Support ended on 2027-02-28 or ends on 2029-06-30"),
        (datetime(2029, 7, 1, tzinfo=UTC), "Extended Support ended on 2029-06-30"),
    ],
)
def test_when_support_of_aurora_mysql_2_ends_is_contradicted_too(day: datetime, words: str) -> None:
    note = waste(extended_support, _old("aurora-mysql", "5.7"), as_of=day).note
    assert words in note if words else "Extended Support ended" not in note


SERVERLESS = (_member("r", "db.serverless"),)
"""One instance of Serverless v2."""


@pytest.mark.parametrize(
    ("members", "min_acu", "measured", "usd", "acu"),
    [
        (SERVERLESS, 0.5, None, 0.5 * 730 * 0.085, 0.5),
        (SERVERLESS, 0.5, [4.0, 8.0], 6 * 730 * 0.085, 6.0),
        (SERVERLESS, None, [4.0, 8.0], 6 * 730 * 0.085, 6.0),
        (SERVERLESS, 2.0, [], 2 * 730 * 0.085, 2.0),
        ((_member("w"), *SERVERLESS), 1.0, None, 2 * 730 * 0.1 + 730 * 0.085, 1.0),
        ((_member("w"), *SERVERLESS), None, None, 2 * 730 * 0.1, None),
        (SERVERLESS, None, None, None, None),
    ],
)
def test_serverless_v2_is_charged_by_the_capacity_unit(
    members: tuple[Member, ...], min_acu: float | None, measured: list[float] | None, usd: float | None, acu: float | None
) -> None:
    cluster = _old(members=members, min_acu=min_acu)
    if measured is not None:
        cluster.usage = usage(CAPACITY, daily(measured, 14))
    found = waste(extended_support, cluster)
    assert found.evidence["acu"] == acu
    assert (None if found.savings.unpriced else found.savings.likely) == (None if usd is None else pytest.approx(usd))
    if acu is None:
        assert "r (db.serverless)" in (found.savings.unpriced or found.savings.note)


def test_a_paused_serverless_cluster_is_charged_nothing() -> None:
    cluster = _old(members=SERVERLESS, min_acu=0.0)
    cluster.usage = usage(CAPACITY, daily([0.0] * 14, 14))
    assert waste(extended_support, cluster).savings.worthless


@pytest.mark.parametrize(
    ("changes", "asked"),
    [({}, 0), ({"members": SERVERLESS}, 1), ({"members": (_member("w"), *SERVERLESS)}, 1), ({"members": SERVERLESS, "support": None}, 0)],
)
def test_capacity_is_asked_for_where_serverless_v2_is_charged_for_and_once_an_instance(changes: dict[str, Any], asked: int) -> None:
    cluster = (
        _old(**{"min_acu": 1.0, **changes}) if "support" not in changes else replace(_old(members=SERVERLESS, min_acu=1.0), support=None)
    )
    wanted = Judge([(extended_support, extended_support.limits(NOW))], PRICES).wanted([cluster], at_first)  # type: ignore[list-item]  # checks of every class
    assert sum(len(metric.dimensions(cluster)) for _, metric, _ in wanted) == asked


def test_without_the_metric_it_is_judged_all_the_same() -> None:
    cluster = _old(members=SERVERLESS, min_acu=3.0)
    assert capacity(replace(cluster, usage=Usage())) == 3.0
    assert isinstance(judge(extended_support, cluster), Waste)


def test_the_most_is_never_less_than_what_is_likely() -> None:
    for (engine, _), lifecycle in CALENDAR.items():
        for year in range(2024, 2035):
            day = datetime(year, 12, 15, tzinfo=UTC)
            likely = rds_support.charge(engine, 4, lifecycle, day, PRICES).usd
            most = rds_support.at_most(engine, 4, lifecycle, day, PRICES).usd
            assert likely is not None
            assert most is not None
            assert likely <= most


@pytest.mark.parametrize(
    ("as_of", "found", "likely"),
    [
        (datetime(2026, 9, 1, tzinfo=UTC), False, 0.0),
        (datetime(2026, 9, 2, tzinfo=UTC), True, 0.0),
        (datetime(2027, 3, 1, tzinfo=UTC), True, 292.0),
    ],
)
def test_what_will_be_charged_is_told_half_a_year_before(as_of: datetime, found: bool, likely: float) -> None:
    cluster = _old(major="14")
    assert (judge(extended_support, cluster, as_of=as_of) is not None) is found
    if found:
        savings = waste(extended_support, cluster, as_of=as_of).savings
        assert (savings.likely, savings.high) == (likely, 292.0)


@pytest.mark.parametrize(("region", "usd", "instead"), [("eu-west-1", 0.112, None), ("xx-nowhere-1", 0.1, "xx-nowhere-1")])
def test_a_region_without_a_rate_takes_another_regions_and_says_so(region: str, usd: float, instead: str | None) -> None:
    found = waste(extended_support, _old(region=region), Prices(region))
    assert [(price.usd, price.fallback_for) for price in found.savings.prices] == [(usd, instead)]
