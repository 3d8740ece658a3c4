"""Place is part of every price: whatever the type, what is in a Local Zone, a Wavelength Zone or on an Outpost is given no rate of the
region, and what is in another partition none of us-east-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.loaders import create_loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from functions.core import focus, registry
from functions.core.aws.clients import Aws
from functions.core.aws.partitions import partition
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.core.store.unit_objects import FINDING
from tests.functions import seeds
from tests.functions.paged import ACCOUNT, Answers
from tests.functions.places import Where

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LOADER = create_loader()
COLLECTORS = registry.collectors()
SESSION = boto3.Session("testing", "testing")
PLACED = [collector for collector in COLLECTORS if collector.placed_by]
TRIED = [one.resource_type for one in PLACED if seeds.exists(one.resource_type) and seeds.of(one.resource_type).somewhere]

REGION = "us-west-2"
OUTPOST = f"arn:aws:outposts:{REGION}:{ACCOUNT}:outpost/op-0123456789abcdef0"
LOCAL, WAVELENGTH = "us-west-2-lax-1a", "us-west-2-wl1-las-wlz-1"
HERE = Where(REGION, "us-west-2a", REGION)
ELSEWHERE = {
    LOCAL: Where(REGION, LOCAL, "us-west-2-lax-1"),
    WAVELENGTH: Where(REGION, WAVELENGTH, WAVELENGTH),
    OUTPOST: Where(REGION, "us-west-2a", REGION, OUTPOST),
}


@pytest.mark.parametrize("collector", PLACED, ids=lambda collector: collector.resource_type)
def test_each_type_with_a_place_is_tried_elsewhere(collector: registry.Collector[Resource]) -> None:
    assert collector.resource_type in TRIED, f"{seeds.module_for(collector.resource_type)} needs `somewhere` and PRICED_BY"


def collected(resource_type: str, at: Where) -> list[Resource]:
    aws = Aws(ACCOUNT, at.region, SESSION, NOW)
    reply = seeds.of(resource_type).somewhere
    assert reply is not None
    with Answers(reply(at)).everywhere():
        return list(registry.load(resource_type)[0](aws))


def given(resource_type: str, resource: Resource, prices: Prices) -> Prices:
    """The prices that the engine gives to a check of the resource."""
    seen: list[Prices] = []
    check = replace(registry.load(resource_type)[1][0], metrics=(), judge=lambda resource, limits, prices: seen.append(prices))
    Judge([(check, check.limits(NOW))], prices).findings(resource)
    (there,) = seen
    return there


@pytest.mark.parametrize("resource_type", TRIED)
def test_in_the_regions_own_zones_its_rates_hold(resource_type: str) -> None:
    service, key = seeds.of(resource_type).priced_by
    found = collected(resource_type, HERE)
    assert {resource.place for resource in found} == {""}
    for resource in found:
        assert given(resource_type, resource, Prices(REGION)).price(service, key) is not None


@pytest.mark.parametrize("resource_type", TRIED)
@pytest.mark.parametrize("place", ELSEWHERE)
def test_elsewhere_the_engine_knows_no_rate(resource_type: str, place: str) -> None:
    service, key = seeds.of(resource_type).priced_by
    at = ELSEWHERE[place]
    if resource_type == "ec2:address":  # an Outpost has addresses of its owner's, which are free, or of the region
        place = at.border_group if at.border_group != REGION else ""
    if at.outpost:  # of a snapshot AWS does not say on which Outpost it is, and there is no Aurora on any
        place = {"rds:db-snapshot": "outposts", "rds:db-cluster-snapshot": ""}.get(resource_type, place)
    found = collected(resource_type, at)
    assert {resource.place for resource in found} == {place}
    for resource in found:
        there = given(resource_type, resource, Prices(REGION))
        if place:
            assert (there.price(service, key), there.own(service, key)) == (None, None)
            assert there.hourly(service, key).formula == f"no price known for {service} {key} in {place}"


@pytest.mark.parametrize("resource_type", TRIED)
@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_in_each_partition_a_rate_is_its_own_and_so_are_arns(resource_type: str, region: str) -> None:
    service, key = seeds.of(resource_type).priced_by
    for resource in collected(resource_type, Where(region, f"{region}a", region)):
        assert resource.arn.startswith(f"arn:{partition(region)}:")
        assert resource.place == ""
        price = given(resource_type, resource, Prices(region)).price(service, key)
        if region == "eu-west-1":
            assert price is not None
        else:
            assert price is None or (price.region, price.fallback_for) == (region, None)


@pytest.mark.parametrize("region", ["cn-north-1", "eusc-de-east-1"])
def test_where_aws_bills_in_another_currency_a_finding_has_no_dollars(region: str) -> None:
    (volume,) = collected("ebs:volume", Where(region, f"{region}a", region))
    check = next(check for check in registry.load("ebs:volume")[1] if check.id == "ebs-gp2-to-gp3")
    (finding,) = Judge([(check, check.limits(NOW))], Prices(region)).findings(replace(volume, kind="gp2"))  # type: ignore[call-arg]
    row = focus.row(FINDING.dump_python(finding, mode="json"), "")
    assert (row["BillingCurrency"], row["x_MonthlySavingsLikely"]) == ("USD", None)
    assert row["x_UnpricedReason"] == f"no price known for AmazonEBS volume.gp3 in {region}"


def test_only_a_check_asks_what_judges_by_it_so_that_the_place_counts() -> None:
    asks = [path.name for path in (ROOT / "functions").rglob("*.py") if re.search(r"\.judge\(", path.read_text(encoding="utf-8"))]
    assert asks == ["declarations.py"]


SAYS_WHERE = re.compile(r"\.(Secondary)?AvailabilityZones?(\[\])?$|\.ZoneName$|Outpost|BorderGroup")


def leaves(shape: Shape, path: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The paths of what is no structure in a shape: ".Volumes[].AvailabilityZone"."""
    if isinstance(shape, StructureShape):
        if shape.name not in seen:
            for name, member in shape.members.items():
                yield from leaves(member, f"{path}.{name}", seen | {shape.name})
    elif isinstance(shape, ListShape):
        yield from leaves(shape.member, f"{path}[]", seen)
    else:
        yield path


def members(collector: registry.Collector[Resource]) -> list[str]:
    """All that a page of the collector's listing can say, by the model of the API."""
    service, operation = (collector.resumes or collector.iam[0]).split(":")
    shape = ServiceModel(LOADER.load_service_model(service, "service-2")).operation_model(operation).output_shape
    assert shape is not None
    return list(leaves(shape))


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.resource_type)
def test_each_type_reads_every_member_that_says_where_a_thing_is_or_has_none(collector: registry.Collector[Resource]) -> None:
    said = members(collector)
    declared = tuple(f".{member}" for member in collector.placed_by)
    assert [member for member in declared if not any(path.endswith(member) for path in said)] == [], "AWS says no such thing"
    assert [path for path in said if SAYS_WHERE.search(path) and not path.endswith(declared or ("?",))] == [], "these say where it is"
