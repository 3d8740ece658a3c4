"""Target groups: which are used by no load balancer, and what is read of them."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import iam_action
from functions.core.model import Confidence, Waste
from functions.core.money import HYGIENE
from functions.core.prices.book import Prices
from functions.core.scan.judge import Judge
from functions.core.usage import Usage
from functions.scanners.elb.target_group import REQUESTS, TargetGroup, orphan, target_groups
from tests.functions.scanners.elb.samples import ACCOUNT, NOW, PREFIX, REGION, aws, candidate, judged, series
from tests.recorded import reply


def _group(load_balancers: int, kind: str = "instance") -> TargetGroup:
    arn = f"{PREFIX}:targetgroup/web/73e2d6bc24d8a067"
    return TargetGroup(arn=arn, id="web", account=ACCOUNT, region=REGION, name="web", kind=kind, load_balancers=load_balancers)


@pytest.mark.parametrize(("load_balancers", "flagged"), [(0, True), (1, False), (2, False)])
@pytest.mark.parametrize("kind", ["instance", "ip", "lambda", "alb"])
def test_a_target_group_without_a_load_balancer_is_to_be_tidied_away(load_balancers: int, kind: str, flagged: bool) -> None:
    verdict = judged(orphan, _group(load_balancers, kind))
    assert (verdict is not None) == flagged
    if isinstance(verdict, Waste):
        assert verdict.savings is HYGIENE
        assert verdict.evidence == {"load_balancers": 0, "target_type": kind}


def test_it_is_told_although_it_saves_nothing_with_the_command_that_deletes_it() -> None:
    judge = Judge([(orphan, orphan.limits(NOW))], Prices(REGION))  # type: ignore[list-item]  # Judge holds checks of every resource class
    (finding,) = judge.findings(_group(0))
    assert finding.savings.worthless
    assert finding.confidence == Confidence.LOW
    assert finding.command.splitlines()[-1] == f"aws elbv2 delete-target-group --region {REGION} --target-group-arn {_group(0).arn}"
    assert "not known" in finding.note


@pytest.mark.parametrize(
    ("requests", "confidence"),
    [([0.0] * 32, Confidence.MEDIUM), ([], Confidence.LOW), ([0.0] * 31 + [1.0], None), ([1.0], None)],
)
def test_one_that_had_requests_within_the_month_waits_for_the_next_deployment(requests: list[float], confidence: Confidence | None) -> None:
    group = _group(0)
    group.usage = Usage({REQUESTS: series(requests, 32)})
    found = Judge([(orphan, orphan.limits(NOW))], Prices(REGION)).findings(group)  # type: ignore[list-item]  # as above
    assert [finding.confidence for finding in found] == ([confidence] if confidence else [])


def test_one_metric_is_asked_for_of_a_group_without_a_load_balancer() -> None:
    assert REQUESTS.dimensions(_group(0)) == {"TargetGroup": "targetgroup/web/73e2d6bc24d8a067"}
    assert [candidate(orphan, _group(count)) for count in (0, 1)] == [True, False]


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    here = aws()
    ec2, v2 = (here.session.client(name, region_name=REGION) for name in ("ec2", "elbv2"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    used, free = (
        v2.create_target_group(Name=name, Protocol="TCP", Port=80, VpcId=vpc, TargetType="ip", Tags=[{"Key": "team", "Value": name}])[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        for name in ("used", "free")
    )
    balancer = v2.create_load_balancer(Name="web", Subnets=[subnet], Type="network")["LoadBalancers"][0]["LoadBalancerArn"]
    v2.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": used}])
    found = {each.arn: each for each in target_groups(here)}
    assert {iam_action(*call.split(":")) for call in here.meter.calls} == set(target_groups.iam)
    assert here.meter.calls == {"elbv2:DescribeTargetGroups": 1, "elbv2:DescribeTags": 1}
    assert {arn: each.load_balancers for arn, each in found.items()} == {used: 1, free: 0}
    assert (found[free].id, found[free].kind, found[free].tags) == ("free", "ip", {"team": "free"})


def test_every_page_is_read() -> None:
    here = aws()
    pages = [[f"{PREFIX}:targetgroup/g{number}/1"] for number in range(3)]
    with Stubber(here.client("elbv2")) as stub:
        for number, arns in enumerate(pages):
            listed = {"TargetGroups": [{"TargetGroupArn": arn, "TargetGroupName": "g"} for arn in arns]}
            more = {"NextMarker": f"m{number + 1}"} if number < 2 else {}
            stub.add_response("describe_target_groups", {**listed, **more}, {"Marker": f"m{number}"} if number else {})
            stub.add_response("describe_tags", {"TagDescriptions": []}, {"ResourceArns": arns})
        assert [each.arn for each in target_groups(here)] == [arn for page in pages for arn in page]


def test_recorded_replies() -> None:
    here = aws("us-west-2")
    listed = reply("test_appelb_target_group_filter", "elasticloadbalancing.DescribeTargetGroups_1")
    arns = [item["TargetGroupArn"] for item in listed["TargetGroups"]]
    with Stubber(here.client("elbv2")) as stub:
        stub.add_response("describe_target_groups", listed, {})
        stub.add_response("describe_tags", {"TagDescriptions": []}, {"ResourceArns": arns})
        found = list(target_groups(here))
    assert [(each.name, each.kind, each.load_balancers) for each in found] == [
        ("target-group-1", "instance", 2),
        ("target-group-2", "instance", 2),
    ]
    assert [judged(orphan, each) for each in found] == [None, None]
