"""What AWS's replies about load balancers become, and how few calls it takes: moto, recorded replies, and pages that we inject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.scanners.elb.load_balancer.collector import ELSEWHERE, FIXED, REDIRECT, LoadBalancer, load_balancers
from functions.scanners.elb.load_balancer.unused import no_targets
from tests.functions.scanners.elb.samples import ACCOUNT, PREFIX, REGION, aws, candidate, days_ago
from tests.recorded import reply

TO_HTTPS = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
TO_ANOTHER = {"Type": "redirect", "RedirectConfig": {"Host": "new.example.com", "StatusCode": "HTTP_301"}}
NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    here = aws()
    ec2, v2, classic = (here.session.client(name, region_name=REGION) for name in ("ec2", "elbv2", "elb"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [("10.0.0.0/24", "us-east-1a"), ("10.0.1.0/24", "us-east-1b")]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"] for cidr, zone in zones]
    image = ec2.register_image(Name="any")["ImageId"]
    machines = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, SubnetId=subnets[0])["Instances"]
    running, stopped = (machine["InstanceId"] for machine in machines)

    def made(name: str, kind: str, scheme: str = "internal") -> str:
        tags = [{"Key": "team", "Value": name}]
        answer = v2.create_load_balancer(Name=name, Subnets=subnets, Scheme=scheme, Type=kind, Tags=tags)
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def behind(arn: str, name: str, protocol: str, *targets: str) -> None:
        answer = v2.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc, TargetType="instance")
        group = answer["TargetGroups"][0]["TargetGroupArn"]
        v2.create_listener(LoadBalancerArn=arn, Protocol=protocol, Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        for target in targets:
            v2.register_targets(TargetGroupArn=group, Targets=[{"Id": target}])

    behind(made("web", "application", "internet-facing"), "web", "HTTP", running, stopped)
    behind(made("empty", "application"), "empty", "HTTP")
    behind(made("stopped", "network"), "stopped", "TCP", stopped)
    v2.create_listener(LoadBalancerArn=made("redirect", "application"), Protocol="HTTP", Port=80, DefaultActions=[TO_HTTPS])
    made("bare", "network", "internet-facing")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    for name in ("old", "older"):
        tags = [{"Key": "team", "Value": name}]
        places = [zone for _, zone in zones]
        classic.create_load_balancer(LoadBalancerName=name, Listeners=[listener], AvailabilityZones=places, Tags=tags)
    classic.register_instances_with_load_balancer(LoadBalancerName="old", Instances=[{"InstanceId": running}, {"InstanceId": stopped}])

    ec2.stop_instances(InstanceIds=[stopped])

    found = {each.name: each for each in load_balancers(here)}

    assert {iam_action(*call.split(":")) for call in here.meter.calls} == set(load_balancers.iam)
    assert here.meter.calls == {
        "elbv2:DescribeTargetGroups": 1,
        "elbv2:DescribeLoadBalancers": 1,
        "elbv2:DescribeTags": 1,
        "elbv2:DescribeTargetHealth": 3,  # one a target group
        "elbv2:DescribeListeners": 2,  # of the two Application Load Balancers without a target
        "elbv2:DescribeRules": 1,  # of the one that forwards
        "elb:DescribeLoadBalancers": 1,
        "elb:DescribeTags": 1,
        "elb:DescribeInstanceHealth": 1,  # of the one with instances
    }
    assert {name: each.tags for name, each in found.items()} == {name: {"team": name} for name in found}
    assert {each.kind for each in found.values()} == {"application", "network", "classic"}
    assert {name for name, each in found.items() if each.empty} == {"empty", "bare"}
    assert {name for name, each in found.items() if each.down} == {"stopped"}
    assert dict(found["web"].targets) == {"healthy": 1, "stopped": 1}
    assert found["web"].suffix.startswith("app/web/")
    assert found["redirect"].answers == {REDIRECT}
    assert {name: each.addresses for name, each in found.items()} == {**dict.fromkeys(found, 0), "web": 2, "bare": 2, "old": 2, "older": 2}
    assert found["old"].instances == {running: "InService", stopped: "OutOfService"}
    assert found["older"].instances == {}
    assert found["old"].arn == f"{PREFIX}:loadbalancer/old"
    assert all(each.created is not None and each.account == ACCOUNT and each.region == REGION for each in found.values())


class Pretended:
    """Both APIs with replies that a test injects; the order is the order of asking."""

    def __init__(self, here: Aws) -> None:
        self.here = here
        self.v2, self.classic = Stubber(here.client("elbv2")), Stubber(here.client("elb"))

    def reply(self, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self.v2.add_response(operation, answer, asked)

    def listed(self, balancers: Sequence[dict[str, Any]], groups: Sequence[dict[str, Any]] = ()) -> None:
        self.reply("describe_target_groups", {"TargetGroups": list(groups)})
        self.reply("describe_load_balancers", {"LoadBalancers": list(balancers)})
        if balancers:
            self.reply("describe_tags", {"TagDescriptions": []}, ResourceArns=[each["LoadBalancerArn"] for each in balancers])

    def health(self, group: str, *states: str) -> None:
        described = [{"Target": {"Id": "i-1"}, "TargetHealth": {"State": state}} for state in states]
        self.reply("describe_target_health", {"TargetHealthDescriptions": described}, TargetGroupArn=_group_arn(group))

    def listeners(self, balancer: str, *defaults: list[dict[str, Any]]) -> None:
        described = [{"ListenerArn": f"listener-{index}", "DefaultActions": actions} for index, actions in enumerate(defaults)]
        self.reply("describe_listeners", {"Listeners": described}, LoadBalancerArn=_arn(balancer))

    def rules(self, listener: int, *rules: list[dict[str, Any]]) -> None:
        self.reply("describe_rules", {"Rules": [{"Actions": actions} for actions in rules]}, ListenerArn=f"listener-{listener}")

    def found(self) -> list[LoadBalancer]:
        self.classic.add_response("describe_load_balancers", {"LoadBalancerDescriptions": []}, {})
        return list(load_balancers(self.here))


@pytest.fixture
def pretended() -> Iterator[Pretended]:
    one = Pretended(aws())
    with one.v2, one.classic:
        yield one
        one.v2.assert_no_pending_responses()
        one.classic.assert_no_pending_responses()


def _arn(name: str) -> str:
    return f"{PREFIX}:loadbalancer/app/{name}/1"


def _group_arn(name: str) -> str:
    return f"{PREFIX}:targetgroup/{name}/1"


def _described(name: str, kind: str = "application", **more: Any) -> dict[str, Any]:
    """An internet-facing load balancer in two zones."""
    named = {"LoadBalancerArn": _arn(name), "LoadBalancerName": name, "Type": kind, "CreatedTime": days_ago(90)}
    return {**named, "Scheme": "internet-facing", "AvailabilityZones": [{"ZoneName": "a"}, {"ZoneName": "b"}], **more}


def _group(name: str, *balancers: str, kind: str = "instance") -> dict[str, Any]:
    attached = [_arn(each) for each in balancers]
    return {"TargetGroupArn": _group_arn(name), "TargetGroupName": name, "TargetType": kind, "LoadBalancerArns": attached}


FORWARD = {"Type": "forward", "TargetGroupArn": _group_arn("g")}


@pytest.mark.parametrize("state", ["healthy", "initial", "draining", "unhealthy.draining", "unavailable"])
def test_the_first_target_group_that_may_serve_settles_it(pretended: Pretended, state: str) -> None:
    pretended.listed([_described("web")], [_group("one", "web"), _group("two", "web"), _group("three", "web")])
    pretended.health("one", "unhealthy")
    pretended.health("two", "unhealthy", state)
    (web,) = pretended.found()
    assert (web.attached, [group.name for group in web.groups]) == (3, ["one", "two"])
    assert web.targets == Counter({"unhealthy": 2, state: 1})
    assert not web.empty
    assert not web.down


def test_without_a_target_group_the_default_actions_tell_all(pretended: Pretended) -> None:
    pretended.listed([_described("web")])
    pretended.listeners("web", [TO_HTTPS], [NOT_FOUND])
    (web,) = pretended.found()
    assert web.answers == {REDIRECT, FIXED}
    assert not web.empty


def test_without_any_listener_it_is_empty(pretended: Pretended) -> None:
    pretended.listed([_described("web")])
    pretended.listeners("web")
    assert [each.empty for each in pretended.found()] == [True]


def test_rules_are_read_only_until_one_redirects_to_another_host(pretended: Pretended) -> None:
    pretended.listed([_described("web")], [_group("g", "web")])
    pretended.health("g")
    pretended.listeners("web", [TO_HTTPS], [FORWARD], [NOT_FOUND])
    pretended.rules(0, [TO_HTTPS])
    pretended.rules(1, [FORWARD], [{"Type": "authenticate-oidc"}, TO_ANOTHER])
    (web,) = pretended.found()
    assert web.answers == {REDIRECT, ELSEWHERE, FIXED}
    assert not web.empty


def test_a_default_action_that_redirects_to_another_host_spares_the_rules(pretended: Pretended) -> None:
    pretended.listed([_described("web")], [_group("g", "web")])
    pretended.health("g")
    pretended.listeners("web", [FORWARD], [TO_ANOTHER])
    assert [each.empty for each in pretended.found()] == [False]


@pytest.mark.parametrize("kind", ["network", "gateway"])
def test_listeners_that_can_only_forward_are_not_asked_for(pretended: Pretended, kind: str) -> None:
    pretended.listed([_described("web", kind)], [_group("g", "web", kind="ip")])
    pretended.health("g")
    (web,) = pretended.found()
    assert web.empty
    assert web.addresses == (2 if kind == "network" else 0)


@pytest.mark.parametrize(
    ("more", "addresses"),
    [
        ({}, 2),
        ({"IpAddressType": "dualstack"}, 2),
        ({"IpAddressType": "dualstack-without-public-ipv4"}, 0),
        ({"Scheme": "internal"}, 0),
        ({"CustomerOwnedIpv4Pool": "ipv4pool-coip-1"}, 0),
        ({"IpamPools": {"Ipv4IpamPoolId": "ipam-pool-1"}}, 0),
    ],
)
def test_the_public_addresses_that_aws_bills(pretended: Pretended, more: dict[str, Any], addresses: int) -> None:
    pretended.listed([_described("web", "network", **more)])
    assert [each.addresses for each in pretended.found()] == [addresses]


def test_an_elastic_ip_is_not_one_that_aws_gave(pretended: Pretended) -> None:
    zones = [
        {"ZoneName": "us-east-1a", "LoadBalancerAddresses": [{"IpAddress": "203.0.113.1", "AllocationId": "eipalloc-1"}]},
        {"ZoneName": "us-east-1b", "LoadBalancerAddresses": []},
    ]
    pretended.listed([_described("web", "network", AvailabilityZones=zones)])
    assert [(each.addresses, each.elastic) for each in pretended.found()] == [(1, ("eipalloc-1",))]


def test_every_page_is_read_and_tags_are_asked_for_twenty_at_a_time_and_page_by_page(pretended: Pretended) -> None:
    names = [f"n{number}" for number in range(23)]
    balancers = [_described(name, "network") for name in names]
    pretended.reply("describe_target_groups", {"TargetGroups": [_group("one", "n0")], "NextMarker": "a"})
    pretended.reply("describe_target_groups", {"TargetGroups": [_group("two", "n20")]}, Marker="a")
    pretended.reply("describe_load_balancers", {"LoadBalancers": balancers[:21], "NextMarker": "b"})
    tagged = [{"ResourceArn": _arn("n3"), "Tags": [{"Key": "team", "Value": "red"}]}]
    pretended.reply("describe_tags", {"TagDescriptions": tagged}, ResourceArns=[_arn(name) for name in names[:20]])
    pretended.health("one", "healthy")
    pretended.reply("describe_tags", {"TagDescriptions": []}, ResourceArns=[_arn("n20")])
    pretended.health("two", "healthy")
    pretended.reply("describe_load_balancers", {"LoadBalancers": balancers[21:]}, Marker="b")
    pretended.reply("describe_tags", {"TagDescriptions": []}, ResourceArns=[_arn(name) for name in names[21:]])
    found = {each.name: each for each in pretended.found()}
    assert list(found) == names
    assert [name for name, each in found.items() if each.tags] == ["n3"]
    assert [name for name, each in found.items() if each.attached] == ["n0", "n20"]
    assert pretended.here.meter.pages == 5


def test_what_is_deleted_while_we_look_is_passed_over(pretended: Pretended) -> None:
    groups = [_group("gone", "n"), _group("there", "n")]
    pretended.reply("describe_target_groups", {"TargetGroups": groups})
    pretended.reply("describe_load_balancers", {"LoadBalancers": [_described("n", "network"), _described("a")]})
    pretended.v2.add_client_error("describe_tags", "LoadBalancerNotFound", http_status_code=400)
    pretended.v2.add_client_error("describe_target_health", "TargetGroupNotFound", http_status_code=400)
    pretended.health("there", "healthy")
    pretended.v2.add_client_error("describe_listeners", "LoadBalancerNotFound", http_status_code=400)
    assert [(each.name, dict(each.tags), [group.name for group in each.groups]) for each in pretended.found()] == [("n", {}, ["there"])]


def test_a_refused_call_names_the_permission(pretended: Pretended) -> None:
    pretended.listed([_described("web")], [_group("g", "web")])
    pretended.v2.add_client_error("describe_target_health", "AccessDenied", http_status_code=403)
    with pytest.raises(Denied, match="elasticloadbalancing:DescribeTargetHealth"):
        list(load_balancers(pretended.here))


def test_recorded_replies_of_application_load_balancers_with_empty_target_groups(pretended: Pretended) -> None:
    case = "test_appelb_target_group_filter"
    pretended.reply("describe_target_groups", reply(case, "elasticloadbalancing.DescribeTargetGroups_1"))
    pretended.reply("describe_load_balancers", described := reply(case, "elasticloadbalancing.DescribeLoadBalancers_1"))
    arns = [item["LoadBalancerArn"] for item in described["LoadBalancers"]]
    tagged = reply(case, "elasticloadbalancing.DescribeTags_1")
    assert tagged["TagDescriptions"][1].pop("Tags") == []  # AWS sends it so; the stub takes no empty list
    pretended.reply("describe_tags", tagged, ResourceArns=arns)
    health = reply(case, "elasticloadbalancing.DescribeTargetHealth_1")
    groups = [
        f"arn:aws:elasticloadbalancing:us-west-2:644160558196:targetgroup/{name}"
        for name in ("target-group-1/f9e509bf6804a101", "target-group-2/9c84115056e192c4")
    ]
    for arn in arns:
        for group in groups:
            pretended.reply("describe_target_health", health, TargetGroupArn=group)
        pretended.reply("describe_listeners", {"Listeners": []}, LoadBalancerArn=arn)
    found = pretended.found()
    assert [(each.name, dict(each.tags), each.addresses, each.attached) for each in found] == [
        ("alb-1", {"KEY1": "VALUE1", "KEY2": "VALUE2"}, 0, 2),
        ("alb-2", {}, 0, 2),
    ]
    assert [group.kind for group in found[0].groups] == ["instance", "instance"]  # replies of 2016 name no target type
    assert all(candidate(no_targets, each) for each in found)


def test_recorded_replies_of_classic_load_balancers_without_instances(pretended: Pretended) -> None:
    pretended.listed([])
    case = reply("test_healthcheck_protocol_mismatch", "elasticloadbalancing.DescribeLoadBalancers_1")
    names = [item["LoadBalancerName"] for item in case["LoadBalancerDescriptions"]]
    pretended.classic.add_response("describe_load_balancers", case, {})
    pretended.classic.add_response("describe_tags", {"TagDescriptions": []}, {"LoadBalancerNames": names})
    found = list(load_balancers(pretended.here))
    assert [(each.name, each.kind, dict(each.instances), each.addresses) for each in found] == [(name, "classic", {}, 0) for name in names]
    assert found[0].created is not None
    assert found[0].created.year == 2015
    assert not any(each.empty or each.down for each in found)


def test_an_instance_that_a_classic_load_balancer_does_not_describe_is_not_in_service(pretended: Pretended) -> None:
    pretended.listed([])
    instances = [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]
    described = {"LoadBalancerName": "old", "CreatedTime": days_ago(9), "Instances": instances, "AvailabilityZones": ["a"]}
    pretended.classic.add_response("describe_load_balancers", {"LoadBalancerDescriptions": [described]}, {})
    pretended.classic.add_response("describe_tags", {"TagDescriptions": []}, {"LoadBalancerNames": ["old"]})
    health = {"InstanceStates": [{"InstanceId": "i-1", "State": "InService"}]}
    pretended.classic.add_response("describe_instance_health", health, {"LoadBalancerName": "old"})
    (old,) = load_balancers(pretended.here)
    assert old.instances == {"i-1": "InService", "i-2": "Unknown"}
