"""What a region and its partition cannot have: refused by its key where it was set, left off where it is a default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from cdk_app.settings import places
from cdk_app.settings.settings import DeploymentSettings, InvalidContext, parse

HOME, CHINA, GOVCLOUD, SOVEREIGN = "us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"
VPC = {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0000000a"]}
GOV_MODEL = "us-gov.anthropic.claude-3-haiku-20240307-v1:0"


def test_in_the_commercial_regions_nothing_is_left_off() -> None:
    assert places.fitted(parse({}), "eu-west-1") == DeploymentSettings()
    assert places.left_off(parse({}), "eu-west-1") == places.left_off(parse({}), "mars-north-1") == []


@pytest.mark.parametrize(
    ("region", "groups", "prices"), [(CHINA, 0, None), (GOVCLOUD, 0, None), (SOVEREIGN, 0, None), (HOME, 20, "rate(7 days)")]
)
def test_the_defaults_are_what_the_partition_has(region: str, groups: int, prices: str | None) -> None:
    """The default model is called through a profile of the commercial regions; the price book is in US dollars."""
    settings = places.fitted(parse({}), region)
    assert (settings.max_advice_groups, settings.prices_schedule) == (groups, prices)
    assert len(places.left_off(parse({}), region)) == (2 if region != HOME else 0)


@pytest.mark.parametrize(
    ("region", "given", "message"),
    [
        (CHINA, {"max_advice_groups": 5}, "max_advice_groups: Amazon Bedrock is not offered in China"),
        (CHINA, {"bedrock_model_id": "amazon.nova-lite-v1:0"}, "bedrock_model_id: Amazon Bedrock is not offered in China"),
        (CHINA, {"email_from": "a@example.com", "email_to": "b@example.com"}, "email_from: Amazon SES is not offered in China"),
        (CHINA, {"member_ous": ["r-ab12"]}, "member_ous: StackSets has no trusted access"),
        (CHINA, {"prices_schedule": "rate(7 days)"}, "prices_schedule: the Price List of China is in CNY"),
        (CHINA, {"vpc": {**VPC, "endpoints": ["bedrock-runtime"]}}, "vpc.endpoints: 'bedrock-runtime': Amazon Bedrock is not offered"),
        (CHINA, {"vpc": {**VPC, "endpoints": ["email"]}}, "vpc.endpoints: 'email': Amazon SES is not offered"),
        (CHINA, {"vpc": {**VPC, "endpoints": ["ce"]}}, "vpc.endpoints: 'ce' is asked in cn-northwest-1"),
        (GOVCLOUD, {"max_advice_groups": 5}, "max_advice_groups: global.anthropic.claude-haiku-5-5 is an inference profile of the part"),
        (GOVCLOUD, {"bedrock_model_id": "us.amazon.nova-lite-v1:0"}, "bedrock_model_id: us.amazon.nova-lite-v1:0 is an inference profile"),
        (GOVCLOUD, {"billing_account": "222222222222"}, "billing_account: Cost Explorer does not exist in GovCloud"),
        (GOVCLOUD, {"prices_schedule": "rate(7 days)"}, "prices_schedule: the Price List has no endpoint in GovCloud"),
        (GOVCLOUD, {"schedule_input": {"skip_regions_without_spend": True}}, "schedule_input.skip_regions_without_spend: Cost Explorer"),
        (GOVCLOUD, {"vpc": {**VPC, "endpoints": ["pricing.api"]}}, "vpc.endpoints: 'pricing.api': the Price List has no endpoint"),
        ("us-gov-east-1", {"vpc": {**VPC, "endpoints": ["organizations"]}}, "vpc.endpoints: 'organizations' is asked in us-gov-west-1"),
        (SOVEREIGN, {"prices_schedule": "rate(7 days)"}, "prices_schedule: the Price List of the European Sovereign Cloud is in EUR"),
        (
            "eu-west-1",
            {"bedrock_model_id": GOV_MODEL},
            f"bedrock_model_id: {GOV_MODEL} is an inference profile of the partition aws-us-gov",
        ),
    ],
)
def test_what_was_set_and_cannot_be_is_refused_by_its_key(region: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidContext) as refused:
        places.fitted(parse(given), region)
    assert f'context "finops": {message}' in str(refused.value)


@pytest.mark.parametrize(
    ("region", "given"),
    [
        (CHINA, {"max_advice_groups": 0, "bedrock_model_id": "amazon.nova-lite-v1:0"}),
        (CHINA, {"billing_account": "222222222222"}),
        ("cn-northwest-1", {"vpc": {**VPC, "endpoints": ["ce", "organizations"]}}),
        (GOVCLOUD, {"bedrock_model_id": GOV_MODEL}),
        (GOVCLOUD, {"bedrock_model_id": "anthropic.claude-3-haiku-20240307-v1:0"}),
        (GOVCLOUD, {"email_from": "a@example.com", "email_to": "b@example.com", "member_ous": ["r-ab12"]}),
        (SOVEREIGN, {"bedrock_model_id": "amazon.nova-lite-v1:0", "billing_account": "222222222222"}),
    ],
)
def test_what_the_partition_has_stays(region: str, given: dict[str, Any]) -> None:
    settings, fitted = parse(given), places.fitted(parse(given), region)
    assert {name: getattr(fitted, name) for name in given} == {name: getattr(settings, name) for name in given}


def test_all_that_cannot_be_is_said_at_once() -> None:
    with pytest.raises(InvalidContext, match=r"prices_schedule: .*; billing_account: "):
        places.fitted(parse({"prices_schedule": "rate(7 days)", "billing_account": "222222222222"}), GOVCLOUD)


def test_a_partition_that_nobody_has_looked_at_is_refused() -> None:
    with pytest.raises(InvalidContext, match=r"us-iso-east-1 is of the partition aws-iso; .*: aws, aws-cn, aws-us-gov, aws-eusc"):
        places.fitted(parse({}), "us-iso-east-1")


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By default, in each other partition."""
    return {
        region: synth(tmp_path_factory.mktemp(region) / "out", account="111111111111", region=region, bundle=False)
        for region in (CHINA, GOVCLOUD, SOVEREIGN)
    }


@pytest.fixture(scope="module")
def elsewhere(assemblies: dict[str, Path]) -> dict[str, tuple[str, Any]]:
    """The analyzer's templates there, as text and read."""
    texts = {region: (out / "FinOpsAnalyzer.template.json").read_text() for region, out in assemblies.items()}
    return {region: (text, json.loads(text)["Resources"]) for region, text in texts.items()}


@pytest.mark.parametrize("region", [CHINA, GOVCLOUD, SOVEREIGN])
def test_no_template_names_a_partition(elsewhere: dict[str, tuple[str, Any]], region: str) -> None:
    text, resources = elsewhere[region]
    assert "arn:aws" not in text
    assert "us-east-1" not in text
    schedules = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Scheduler::Schedule"]
    assert [one["Description"] for one in schedules] == ["FinOps Analyzer: a sweep"], "prices are not refreshed there"


@pytest.mark.parametrize(("region", "traced"), [(CHINA, False), (GOVCLOUD, True), (SOVEREIGN, True)])
def test_functions_are_traced_where_x_ray_traces_functions(elsewhere: dict[str, tuple[str, Any]], region: str, traced: bool) -> None:
    text, resources = elsewhere[region]
    functions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Function"]
    assert {one.get("TracingConfig", {}).get("Mode") for one in functions} == {"Active" if traced else None}
    assert ('"Sid": "Trace"' in text) is traced


def test_a_cloud_assembly_says_what_was_left_off(assemblies: dict[str, Path]) -> None:
    said = "".join(path.read_text() for path in assemblies[GOVCLOUD].glob("*.json"))
    assert "left off, prices_schedule: the Price List has no endpoint in GovCloud" in said
    assert "left off, max_advice_groups: global.anthropic.claude-haiku-5-5 is an inference profile" in said
