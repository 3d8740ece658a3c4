"""Elastic IPs: what is read of them, which serve nothing, and that their money is counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.core import registry
from functions.core.aws.clients import Aws, iam_action
from functions.core.model import Action, Confidence, Finding, InsufficientData, Outcome, Unit, UnitOutcome
from functions.core.prices.book import Prices
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import Run, rank
from functions.core.registry import Verdict
from functions.core.scan import unit as scanning
from functions.core.scan.judge import Judge
from functions.core.store import ledger
from functions.core.usage import DAY_SECONDS, Series, Usage
from functions.scanners.ec2 import address as scanner
from functions.scanners.ec2.address import Address, addresses, on_stopped_instance, unassociated
from functions.scanners.ec2.instance.collector import Instance
from functions.scanners.ec2.instance.held import HeldVolume
from functions.scanners.ec2.instance.unused import stopped_instance
from functions.scanners.ec2.stop_date import StoppedInstance
from tests.functions import sweeps
from tests.functions.folder_bucket import FolderBucket
from tests.functions.lacking import lacking
from tests.functions.scanners.ec2 import address_seed
from tests.functions.scanners.ec2.instance.samples import ACCOUNT, NOW, SESSION, STOPPED, TODAY, US, ago, arn, as_waste
from tests.recorded import reply

MONTHLY = 0.005 * 730
"""https://aws.amazon.com/vpc/pricing/"""
FREE = Address(
    arn=arn("elastic-ip/eipalloc-1"),
    id="eipalloc-1",
    account=ACCOUNT,
    region="us-east-1",
    public_ip="203.0.113.7",
    allocated=True,
    association="",
    exempt="",
)
HALTED = StoppedInstance("i-1", ago(400), ago(60))
ON_HALTED = replace(FREE, association="eipassoc-1", stopped=HALTED)
ON_INTERFACE = replace(FREE, association="eipassoc-1", interface="eni-1")
LIMITS = on_stopped_instance.limits(NOW)


def free(address: Address, prices: Prices = US) -> Verdict:
    return unassociated(address, unassociated.limits(NOW), prices)


def halted(address: Address, prices: Prices = US) -> Verdict:
    return on_stopped_instance(address, LIMITS, prices)


def finding(check: Any, resource: Any) -> Finding:
    (one,) = Judge([(check, check.limits(NOW))], US).findings(resource)
    return one


# --- what is read -------------------------------------------------------------------------------------------------------------------

FREE_REPLY = {"PublicIp": "203.0.113.7", "AllocationId": "eipalloc-1", "Domain": "vpc", "PublicIpv4Pool": "amazon"}
ON_INSTANCE = {**FREE_REPLY, "AssociationId": "eipassoc-1", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"}
ON_ENI = {**FREE_REPLY, "AssociationId": "eipassoc-1", "NetworkInterfaceId": "eni-1", "NetworkInterfaceOwnerId": ACCOUNT}
STOPPED_REPLY = {
    "InstanceId": "i-1",
    "LaunchTime": ago(90),
    "State": {"Name": "stopped"},
    "StateTransitionReason": f"User initiated ({ago(60):%Y-%m-%d %H:%M:%S} GMT)",
}
LOOSE = {"NetworkInterfaceId": "eni-1", "Status": "available", "RequesterManaged": False, "InterfaceType": "interface"}


def collected(
    listed: Sequence[Mapping[str, Any]],
    instances: Sequence[Mapping[str, Any]] | None = None,
    interfaces: Sequence[Mapping[str, Any]] | None = None,
    account: str = ACCOUNT,
) -> list[Address]:
    """What the collector makes of these answers; None for what must not be asked for."""
    aws = Aws(account, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_addresses", {"Addresses": listed}, {})
        if instances is not None:
            only = [{"Name": "instance-state-name", "Values": ["stopped"]}]
            pages = {"Reservations": [{"Instances": instances}]}
            ec2.add_response("describe_instances", pages, {"Filters": only, "MaxResults": 1_000})
        if interfaces is not None:
            only = [{"Name": "status", "Values": ["available"]}]
            ec2.add_response("describe_network_interfaces", {"NetworkInterfaces": interfaces}, {"Filters": only, "MaxResults": 1_000})
        found = list(addresses(aws))
        ec2.assert_no_pending_responses()
    return found


def test_addresses_that_are_on_nothing_need_no_other_listing() -> None:
    tagged = {**FREE_REPLY, "Tags": [{"Key": "Name", "Value": "old-api"}], "NetworkBorderGroup": "us-east-1"}
    assert collected([tagged]) == [replace(FREE, name="old-api", tags={"Name": "old-api"})]
    assert collected([]) == []


def test_the_stopped_instance_of_an_address_is_known() -> None:
    group = [{"Key": "aws:autoscaling:groupName", "Value": "web"}]
    (one,) = collected([ON_INSTANCE], [STOPPED_REPLY, {**STOPPED_REPLY, "InstanceId": "i-2"}])
    assert (one.stopped, one.interface) == (StoppedInstance("i-1", ago(90), ago(60)), "")
    (one,) = collected([ON_INSTANCE], [{**STOPPED_REPLY, "StateTransitionReason": "", "Tags": group}])
    assert one.stopped == StoppedInstance("i-1", ago(90), None, "web")
    (one,) = collected([ON_INSTANCE], [])
    assert one.stopped is None


@pytest.mark.parametrize(
    ("changes", "loose"),
    [
        ({}, True),
        ({"Status": "in-use"}, False),
        ({"Status": "associated"}, False),
        ({"RequesterManaged": True}, False),
        ({"Operator": {"Managed": True, "Principal": "eks"}}, False),
        ({"Operator": {"Managed": False}}, True),
        ({"InterfaceType": "nat_gateway"}, False),
        ({"InterfaceType": "network_load_balancer"}, False),
        ({"NetworkInterfaceId": "eni-2"}, False),
    ],
)
def test_only_an_unattached_interface_of_no_service_is_one_of_ours(changes: dict[str, Any], loose: bool) -> None:
    (one,) = collected([ON_ENI], interfaces=[{**LOOSE, **changes}])
    assert (one.interface == "eni-1", one.stopped) == (loose, None)
    assert (halted(one) is not None) is loose


@pytest.mark.parametrize("on", [ON_INSTANCE, ON_ENI])
def test_what_is_on_an_interface_of_another_account_is_not_ours_to_judge(on: dict[str, Any]) -> None:
    (one,) = collected([{**on, "NetworkInterfaceOwnerId": "999999999999"}])
    assert (free(one), halted(one)) == (None, None)


EXEMPT = [
    {"ServiceManaged": "alb"},
    {"ServiceManaged": "nlb"},
    {"ServiceManaged": "rnat"},
    {"ServiceManaged": "rds"},
    {"PublicIpv4Pool": "ipv4pool-ec2-012345"},
    {"PublicIpv4Pool": "ipam-pool-012345"},
    {"CustomerOwnedIp": "198.51.100.3"},
    {"CarrierIp": "198.51.100.3"},
]


@pytest.mark.parametrize("changes", EXEMPT)
@pytest.mark.parametrize("on", [FREE_REPLY, ON_INSTANCE, ON_ENI])
def test_what_a_service_manages_or_amazon_does_not_bill_is_left_alone_and_costs_no_listing(
    on: dict[str, Any], changes: dict[str, Any]
) -> None:
    (one,) = collected([{**on, **changes}])
    assert one.exempt == next(iter(changes.values()))
    assert (free(one), halted(one)) == (None, None)


def test_a_carrier_address_has_no_public_one() -> None:
    (one,) = collected([{"AllocationId": "eipalloc-1", "CarrierIp": "198.51.100.3", "NetworkBorderGroup": "us-east-1-wl1-bos-wlz-1"}])
    assert (one.public_ip, one.exempt) == ("198.51.100.3", "198.51.100.3")


def test_in_ec2_classic_an_address_is_named_by_itself() -> None:
    (one,) = collected([{"PublicIp": "203.0.113.7", "Domain": "standard"}])
    assert (one.id, one.arn) == ("203.0.113.7", arn("elastic-ip/203.0.113.7"))
    assert "release-address --region us-east-1 --public-ip 203.0.113.7" in finding(unassociated, one).command
    (used,) = collected([{"PublicIp": "203.0.113.7", "Domain": "standard", "InstanceId": "i-1"}], [])
    assert free(used) is None


# --- ec2-unassociated-address -------------------------------------------------------------------------------------------------------


def test_an_address_on_nothing_saves_its_hours_and_says_what_it_does_not_know() -> None:
    waste = as_waste(free(FREE))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(MONTHLY)
    assert [price.key for price in waste.savings.prices] == ["public-ipv4.idle"]
    assert waste.evidence == {"public_ip": "203.0.113.7", "associated": False, "border_group": "us-east-1"}
    assert "since when" in waste.note
    one = finding(unassociated, FREE)
    assert (one.confidence, one.action) == (Confidence.LOW, Action.DELETE)
    assert one.command.splitlines()[-1] == (
        "aws ec2 release-address --region us-east-1 --allocation-id eipalloc-1 --network-border-group us-east-1"
    )


@pytest.mark.parametrize("one", [ON_HALTED, ON_INTERFACE, replace(FREE, association="eipassoc-1")])
def test_an_address_on_something_is_associated(one: Address) -> None:
    assert free(one) is None


@pytest.mark.parametrize("one", [FREE, ON_HALTED, ON_INTERFACE])
def test_the_rate_of_the_region_does_not_hold_in_a_local_zone(one: Address) -> None:
    there = replace(one, place="us-east-1-bos-1")
    waste = as_waste(free(there) or halted(there))
    assert waste.savings.unpriced == "no price known for AmazonVPC public-ipv4.idle in us-east-1-bos-1"
    assert waste.savings.likely == 0
    check = unassociated if one is FREE else on_stopped_instance
    assert finding(check, there).command.endswith("--network-border-group us-east-1-bos-1")


def test_a_region_that_borrows_the_rate_says_so() -> None:
    borrowed = lacking("public-ipv4.idle", region="eu-west-1")
    waste = as_waste(free(replace(FREE, region="eu-west-1"), borrowed))
    assert waste.savings.unpriced is None
    assert {price.fallback_for for price in waste.savings.prices} == {"eu-west-1"}


# --- ec2-address-on-stopped-instance ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "found"), [(0, False), (29, False), (29.99, False), (30, True), (30.01, True), (700, True)])
def test_its_instance_is_stopped_for_so_many_days(days: float, found: bool) -> None:
    verdict = halted(replace(ON_HALTED, stopped=StoppedInstance("i-1", ago(800), ago(days))))
    assert (verdict is not None) is found


def test_the_saving_is_the_address_and_never_the_instance() -> None:
    waste = as_waste(halted(ON_HALTED))
    assert waste.savings.likely == waste.savings.low == waste.savings.high == pytest.approx(MONTHLY)
    assert waste.evidence == {
        "public_ip": "203.0.113.7",
        "border_group": "us-east-1",
        "instance": "i-1",
        "stopped_days": 60,
        "stopped_since": ago(60).isoformat(),
        "stopped_since_source": "StateTransitionReason",
    }
    assert (waste.confidence, waste.note, waste.covers) == (Confidence.MEDIUM, "", ())


def test_it_is_disassociated_before_it_is_released() -> None:
    _, looked, first, then = finding(on_stopped_instance, ON_HALTED).command.split(" &&\n")
    assert "Name=ip-address,Values=203.0.113.7 Name=instance-state-name,Values=pending,running" in looked
    assert first == "aws ec2 disassociate-address --region us-east-1 --association-id eipassoc-1"
    assert then == "aws ec2 release-address --region us-east-1 --allocation-id eipalloc-1 --network-border-group us-east-1"


def without_date(last_day: int | None, started: float = 400) -> Address:
    """Its instance has no date; its last CPU datapoint begins so many days before today."""
    times = [] if last_day is None else [TODAY - timedelta(days=last_day + 1), TODAY - timedelta(days=last_day)]
    series = Series([1.0] * len(times), times, 90, DAY_SECONDS)
    return replace(ON_HALTED, stopped=StoppedInstance("i-1", ago(started)), usage=Usage({scanner.LAST_CPU: series}))


@pytest.mark.parametrize(("last_day", "found"), [(29, False), (30, False), (31, True), (60, True)])
def test_without_a_date_the_last_cpu_datapoint_tells(last_day: int, found: bool) -> None:
    """A daily datapoint covers its day, so a last one of 30 days ago is a stop of 29 to 30 days ago, plus the half day of NOW."""
    verdict = halted(without_date(last_day))
    assert (verdict is not None) is found
    if verdict is not None:
        evidence = as_waste(verdict).evidence
        assert evidence["stopped_since_source"] == "last CPUUtilization datapoint"
        assert (evidence["cpu_datapoints"], evidence["stopped_days"]) == (2, last_day - 1 + 0.5)


def test_without_date_and_datapoint_it_is_not_known_and_not_waste() -> None:
    assert halted(without_date(None)) == InsufficientData("stopped since unknown")
    assert halted(replace(ON_HALTED, stopped=StoppedInstance("i-1", ago(400)))) == InsufficientData("stopped since unknown")


@pytest.mark.parametrize(
    ("one", "candidate"),
    [
        (without_date(None), True),
        (without_date(None, started=30), True),
        (without_date(None, started=29.99), False),
        (ON_HALTED, False),
        (ON_INTERFACE, False),
        (FREE, False),
    ],
)
def test_cpu_is_asked_for_only_where_there_is_no_date(one: Address, candidate: bool) -> None:
    assert on_stopped_instance.candidate is not None
    assert on_stopped_instance.candidate(one, LIMITS) is candidate
    assert scanner.LAST_CPU.dimensions(without_date(None)) == {"InstanceId": "i-1"}


@pytest.mark.parametrize(("tags", "kept"), [({"team": "web"}, False), ({"legal-hold": "2020-01-01"}, True)])
def test_what_a_tag_of_its_instance_keeps_is_not_judged(tags: dict[str, str], kept: bool) -> None:
    verdict = halted(replace(ON_HALTED, stopped=replace(HALTED, tags=tags)))
    assert verdict is not None
    assert isinstance(verdict, InsufficientData) is kept


def test_what_was_started_lately_cannot_be_stopped_for_long() -> None:
    assert halted(without_date(None, started=29.99)) is None


def test_an_instance_of_a_group_may_be_its_warm_pool() -> None:
    waste = as_waste(halted(replace(ON_HALTED, stopped=replace(HALTED, group="web"))))
    assert waste.confidence is Confidence.LOW
    assert "web" in waste.note


def test_an_unattached_interface_has_no_date_and_says_so() -> None:
    waste = as_waste(halted(ON_INTERFACE))
    assert (waste.evidence["interface"], waste.evidence["interface_status"]) == ("eni-1", "available")
    assert waste.confidence is Confidence.LOW
    assert "since when" in waste.note
    assert waste.savings.likely == pytest.approx(MONTHLY)


@pytest.mark.parametrize("one", [FREE, replace(FREE, association="eipassoc-1")])
def test_an_address_on_what_runs_or_on_nothing_is_on_nothing_stopped(one: Address) -> None:
    assert halted(one) is None


@given(days=st.floats(0, 2000), more=st.floats(0, 2000))
def test_more_days_stopped_never_make_it_less_waste(days: float, more: float) -> None:
    stopped = StoppedInstance("i-1", ago(5000), ago(days))
    sooner = halted(replace(ON_HALTED, stopped=stopped))
    later = halted(replace(ON_HALTED, stopped=replace(stopped, stopped_at=ago(days) - timedelta(days=more))))
    assert sooner is None or later is not None


@given(association=st.sampled_from(["", "eipassoc-1"]), stopped=st.sampled_from([None, HALTED]), interface=st.sampled_from(["", "eni-1"]))
def test_an_address_is_never_waste_twice(association: str, stopped: StoppedInstance | None, interface: str) -> None:
    on = {"stopped": stopped, "interface": interface} if association else {}
    one = replace(FREE, association=association, **on)  # type: ignore[arg-type]  # the values are of either field's type
    assert free(one) is None or halted(one) is None


# --- counted once -------------------------------------------------------------------------------------------------------------------


def headlines(folder: Path, instance: Instance, *held: Address) -> tuple[dict[str, Any], float]:
    """The ranked findings on an instance and on addresses, by check and resource, and their sum in the headline."""
    bucket = FolderBucket(folder)
    found: list[tuple[str, Any, Any]] = [("ec2:instance", stopped_instance, instance)]
    found += [("ec2:address", on_stopped_instance, each) for each in held]
    units: dict[str, list[Finding]] = {}
    for resource_type, check, resource in found:
        units.setdefault(resource_type, []).append(finding(check, resource))
    for resource_type, findings in units.items():
        sweeps.write_unit(bucket, sweeps.unit(resource_type), findings)
    sweeps.write_plan(bucket, [sweeps.unit(resource_type) for resource_type in units])
    run_folder = sweeps.folder(bucket)
    rank(run_folder, Run.planned(sweeps.plan_output()), ledger.entries(run_folder, {}), [], Groups(0), sweeps.NO_BILL)
    lines = sweeps.lines_of(bucket, "ranked.jsonl.gz")
    return {each["resource_id"]: each for each in lines}, sum(each["savings"]["likely"] for each in lines if each["headline"])


def test_the_finding_on_a_stopped_instance_counts_its_address_and_ours_does_not(tmp_path: Path) -> None:
    disk = HeldVolume(arn("volume/vol-1"), "gp3", 100, 3000, 125)
    instance = replace(STOPPED, volumes=(disk,), addresses=(ON_HALTED.arn,))
    ranked, headline = headlines(tmp_path, instance, ON_HALTED)
    assert ranked["eipalloc-1"]["counted_by"] == ranked["i-1"]["finding_id"]
    assert (ranked["i-1"]["headline"], ranked["eipalloc-1"]["headline"]) == (True, False)
    assert headline == pytest.approx(100 * 0.08 + MONTHLY)


def test_an_address_that_the_instances_finding_does_not_cover_counts_itself(tmp_path: Path) -> None:
    other = replace(ON_HALTED, arn=arn("elastic-ip/eipalloc-2"), id="eipalloc-2")
    ranked, headline = headlines(tmp_path, replace(STOPPED, volumes=(), addresses=(ON_HALTED.arn,)), ON_HALTED, other)
    assert (ranked["eipalloc-1"]["headline"], ranked["eipalloc-2"]["headline"]) == (False, True)
    assert headline == pytest.approx(2 * MONTHLY)


# --- whole scans --------------------------------------------------------------------------------------------------------------------


def scan(aws: Aws) -> tuple[UnitOutcome, dict[tuple[str, str], Finding]]:
    unit = Unit(unit_id="u", account=aws.account, region=aws.region, resource_type="ec2:address", function="f")
    found: list[Finding] = []
    outcome = scanning.scan(unit, aws, Prices(aws.region), found.append)
    return outcome, {(one.check_id, one.resource_id): one for one in found}


@mock_aws
def test_a_scan_finds_what_was_planted_and_nothing_else() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    nobodys, of_stopped, of_interface = address_seed.seed(SESSION)
    ec2 = SESSION.client("ec2")
    running = ec2.run_instances(ImageId="ami-760aaa0f", InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.associate_address(InstanceId=running, AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
    outcome, found = scan(aws)
    assert set(found) == {
        ("ec2-unassociated-address", nobodys),
        ("ec2-address-on-stopped-instance", of_stopped),
        ("ec2-address-on-stopped-instance", of_interface),
    }
    assert (outcome.outcome, outcome.resources, outcome.insufficient, outcome.metrics) == (Outcome.OK, 4, {}, 0)
    assert {iam_action(*call.split(":")) for call in outcome.calls} == set(addresses.iam)


@mock_aws
@pytest.mark.parametrize(("last_day", "found"), [(40, True), (20, False), (None, False)])
def test_a_scan_asks_for_the_last_datapoint_where_aws_gives_no_date(last_day: int | None, found: bool) -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, datetime.now(UTC) + timedelta(days=60))
    _, of_stopped, _ = address_seed.seed(SESSION)
    instance = SESSION.client("ec2").describe_addresses(AllocationIds=[of_stopped])["Addresses"][0]["InstanceId"]
    if last_day:
        point = {"MetricName": "CPUUtilization", "Dimensions": [{"Name": "InstanceId", "Value": instance}], "Value": 3.0}
        moment = aws.as_of.replace(hour=1) - timedelta(days=last_day)
        SESSION.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=[{**point, "Timestamp": moment}])

    def forget(parsed: dict[str, Any], **_: object) -> None:
        for reservation in parsed["Reservations"]:
            for one in reservation["Instances"]:
                one["StateTransitionReason"] = ""

    aws.client("ec2").meta.events.register("after-call.ec2.DescribeInstances", forget)
    outcome, seen = scan(aws)
    assert (("ec2-address-on-stopped-instance", of_stopped) in seen) is found
    assert outcome.insufficient == ({"ec2-address-on-stopped-instance": 1} if last_day is None else {})
    assert outcome.metrics == 1
    assert {iam_action(*call.split(":")) for call in outcome.calls} == {*addresses.iam, registry.METRICS_IAM}


def test_recorded_replies_without_an_association() -> None:
    found = collected(reply("test_release_detached_vpc", "ec2.DescribeAddresses_1")["Addresses"])
    assert [(each.public_ip, each.id) for each in found] == [
        ("18.233.241.102", "eipalloc-38192131"),
        ("52.207.185.218", "eipalloc-bbaf95b2"),
    ]
    assert sum(as_waste(free(each)).savings.likely for each in found) == pytest.approx(7.30)


def test_recorded_replies_with_an_interface_whose_state_is_not_known() -> None:
    """35.173.59.255 is associated, and has no instance: its interface is not among the unattached ones."""
    listed = reply("test_norelease_attached_nif", "ec2.DescribeAddresses_2")["Addresses"]
    found = collected(listed, interfaces=[], account="644160558196")
    assert {each.public_ip: free(each) is not None for each in found} == {"34.195.179.143": True, "35.173.59.255": False}
    assert [halted(each) for each in found] == [None, None]
    assert [halted(each) for each in collected(listed)] == [None, None], "and in another account nothing is asked about it"


def test_the_interfaces_of_every_page_are_looked_at() -> None:
    aws = Aws(ACCOUNT, "us-east-1", SESSION, NOW)
    with Stubber(aws.client("ec2")) as ec2:
        ec2.add_response("describe_addresses", {"Addresses": [ON_ENI]}, {})
        first = {"NetworkInterfaces": [{**LOOSE, "NetworkInterfaceId": "eni-9"}], "NextToken": "more"}
        ec2.add_response("describe_network_interfaces", first, {"Filters": ANY, "MaxResults": ANY})
        ec2.add_response(
            "describe_network_interfaces", {"NetworkInterfaces": [LOOSE]}, {"Filters": ANY, "MaxResults": ANY, "NextToken": "more"}
        )
        (one,) = addresses(aws)
    assert one.interface == "eni-1"


def test_the_checks_are_registered_under_their_permanent_ids() -> None:
    collector, checks = registry.load("ec2:address")
    assert collector.resumes is None
    assert {check.id for check in checks} == {"ec2-unassociated-address", "ec2-address-on-stopped-instance"}
