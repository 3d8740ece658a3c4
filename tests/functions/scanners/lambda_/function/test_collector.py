"""What AWS's replies about functions become: moto, recorded replies, and pages that we inject."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws, iam_action
from functions.core.errors import Denied
from functions.scanners.lambda_.function.collector import Provisioned, lambda_functions
from tests.functions.scanners.lambda_.samples import PREFIX, REGION, aws, function
from tests.recorded import reply

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SINCE = "2026-03-01T08:00:00+0000"


class Answer(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answer_provisioned(here: Aws, configs: dict[str, list[dict[str, Any]]]) -> None:
    """moto has no ListProvisionedConcurrencyConfigs: answer it, by function, where requests are sent and counted."""

    def answer(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        if not event_name.endswith(".ListProvisionedConcurrencyConfigs"):
            return None
        name = request.url.split("/functions/")[1].split("/")[0]
        body = json.dumps({"ProvisionedConcurrencyConfigs": configs.get(name, [])}).encode()
        return AWSResponse(request.url, 200, HTTPHeaders(), Answer(body))

    here.client("lambda").meta.events.register_first("before-send", answer)  # the first answer counts, and moto answers too


@mock_aws
def test_against_moto_it_makes_exactly_the_calls_that_it_declares() -> None:
    here = aws()
    role = here.session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("a.py", "def handler(event, context): ...")
    client = here.session.client("lambda", region_name=REGION)
    for name, architecture, tags in (("web", "x86_64", {"team": "red"}), ("paused", "arm64", {}), ("plain", "x86_64", {})):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="a.handler",
            Code={"ZipFile": packed.getvalue()},
            Architectures=[architecture],
            MemorySize=512,
            Tags=tags,
        )
    client.put_function_concurrency(FunctionName="web", ReservedConcurrentExecutions=50)
    client.put_function_concurrency(FunctionName="paused", ReservedConcurrentExecutions=0)
    arn = f"{PREFIX}:web:live"
    live = {"FunctionArn": arn, "AllocatedProvisionedConcurrentExecutions": 7, "Status": "READY", "LastModified": SINCE}
    answer_provisioned(here, {"web": [live]})

    found = {each.id: each for each in lambda_functions(here)}

    assert {iam_action(*call.split(":")) for call in here.meter.calls} == set(lambda_functions.iam)
    assert here.meter.calls == {
        "lambda:ListFunctions": 1,
        "resourcegroupstaggingapi:GetResources": 1,
        "lambda:GetFunctionConcurrency": 3,
        "lambda:ListProvisionedConcurrencyConfigs": 3,
    }
    assert {name: (each.reserved, each.architecture, dict(each.tags)) for name, each in found.items()} == {
        "web": (50, "x86_64", {"team": "red"}),
        "paused": (0, "arm64", {}),
        "plain": (None, "x86_64", {}),
    }
    web = found["web"]
    assert (web.arn, web.runtime, web.memory_mb, web.on_demand) == (f"{PREFIX}:web", "python3.13", 512, True)
    assert web.provisioned == (Provisioned("live", 7, datetime(2026, 3, 1, 8, tzinfo=UTC)),)
    assert web.last_modified.tzinfo is not None
    assert found["plain"].provisioned == ()


@mock_aws
def test_a_region_without_functions_takes_one_call() -> None:
    here = aws()
    assert list(lambda_functions(here)) == []
    assert here.meter.calls == {"lambda:ListFunctions": 1}


class Pretended:
    """Both APIs with replies that a test injects; the order is the order of asking."""

    def __init__(self, here: Aws) -> None:
        self.here = here
        self.functions, self.tags = Stubber(here.client("lambda")), Stubber(here.client("resourcegroupstaggingapi"))

    def reply(self, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self.functions.add_response(operation, answer, asked)

    def tagged(self, *mappings: dict[str, Any], more: str = "", after: str = "") -> None:
        answer = {"ResourceTagMappingList": list(mappings), "PaginationToken": more}
        asked = {"ResourceTypeFilters": ["lambda:function"], **({"PaginationToken": after} if after else {})}
        self.tags.add_response("get_resources", answer, asked)

    def concurrency(self, name: str, *configs: dict[str, Any], reserved: int | None = None) -> None:
        answer = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
        self.reply("get_function_concurrency", answer, FunctionName=name)
        self.reply("list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": list(configs)}, FunctionName=name)


@pytest.fixture
def pretended() -> Iterator[Pretended]:
    one = Pretended(aws())
    with one.functions, one.tags:
        yield one
        one.functions.assert_no_pending_responses()
        one.tags.assert_no_pending_responses()


def _listed(name: str, **more: Any) -> dict[str, Any]:
    modified = "2026-01-02T03:04:05.000+0000"
    return {"FunctionName": name, "FunctionArn": f"{PREFIX}:{name}", "MemorySize": 128, "LastModified": modified, **more}


def _config(qualifier: str, instances: int) -> dict[str, Any]:
    return {"FunctionArn": f"{PREFIX}:a:{qualifier}", "AllocatedProvisionedConcurrentExecutions": instances, "LastModified": SINCE}


def test_every_page_of_everything_is_read(pretended: Pretended) -> None:
    pretended.reply("list_functions", {"Functions": [_listed("a")], "NextMarker": "1"})
    pretended.tagged({"ResourceARN": f"{PREFIX}:a", "Tags": [{"Key": "team", "Value": "red"}]}, more="2")
    pretended.tagged({"ResourceARN": f"{PREFIX}:b", "Tags": [{"Key": "team", "Value": "blue"}]}, after="2")
    pretended.reply("get_function_concurrency", {}, FunctionName="a")
    first = {"ProvisionedConcurrencyConfigs": [_config("1", 3)], "NextMarker": "3"}
    pretended.reply("list_provisioned_concurrency_configs", first, FunctionName="a")
    second = {"ProvisionedConcurrencyConfigs": [_config("live", 4)]}
    pretended.reply("list_provisioned_concurrency_configs", second, FunctionName="a", Marker="3")
    pretended.reply("list_functions", {"Functions": [_listed("b")]}, Marker="1")
    pretended.concurrency("b", reserved=9)
    found = list(lambda_functions(pretended.here))
    assert [(each.id, each.tags["team"], each.reserved) for each in found] == [("a", "red", None), ("b", "blue", 9)]
    assert [(part.qualifier, part.instances) for part in found[0].provisioned] == [("1", 3), ("live", 4)]


def test_a_function_is_asked_about_only_when_its_turn_comes(pretended: Pretended) -> None:
    pretended.reply("list_functions", {"Functions": [_listed("a"), _listed("b")]})
    pretended.tagged()
    pretended.concurrency("a")
    reading = lambda_functions(pretended.here)
    assert next(reading).id == "a"
    pretended.functions.assert_no_pending_responses()  # and nothing was asked about b


def test_a_function_that_is_deleted_while_we_look_is_passed_over(pretended: Pretended) -> None:
    pretended.reply("list_functions", {"Functions": [_listed("gone"), _listed("there")]})
    pretended.tagged()
    pretended.functions.add_client_error("get_function_concurrency", "ResourceNotFoundException", http_status_code=404)
    pretended.reply("get_function_concurrency", {}, FunctionName="there")
    code = "ProvisionedConcurrencyConfigNotFoundException"
    pretended.functions.add_client_error("list_provisioned_concurrency_configs", code, http_status_code=404)
    assert [(each.id, each.provisioned) for each in lambda_functions(pretended.here)] == [("there", ())]


@pytest.mark.parametrize("operation", ["get_function_concurrency", "list_provisioned_concurrency_configs"])
def test_a_refused_call_names_the_permission(pretended: Pretended, operation: str) -> None:
    pretended.reply("list_functions", {"Functions": [_listed("a")]})
    pretended.tagged()
    if operation == "list_provisioned_concurrency_configs":
        pretended.reply("get_function_concurrency", {}, FunctionName="a")
    pretended.functions.add_client_error(operation, "AccessDeniedException", http_status_code=403)
    with pytest.raises(Denied, match="lambda:" + operation.title().replace("_", "")):
        list(lambda_functions(pretended.here))


def test_refused_tags_name_the_permission(pretended: Pretended) -> None:
    pretended.reply("list_functions", {"Functions": [_listed("a")]})
    pretended.tags.add_client_error("get_resources", "AccessDeniedException", http_status_code=400)
    with pytest.raises(Denied, match="tag:GetResources"):
        list(lambda_functions(pretended.here))


def test_a_function_on_a_capacity_provider_is_not_billed_by_the_second(pretended: Pretended) -> None:
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:aws:lambda:us-east-1:1:capacity-provider:p"}}
    pretended.reply("list_functions", {"Functions": [_listed("a", CapacityProviderConfig=provider), _listed("b")]})
    pretended.tagged()
    pretended.concurrency("a")
    pretended.concurrency("b")
    assert [each.on_demand for each in lambda_functions(pretended.here)] == [False, True]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("test_aws_lambda_set_concurrency_expr", [("envcheck", "python2.7", "x86_64", 128, 2016, 0)]),  # of 2018: no architecture yet
        ("test_lambda_resize", [("kapilt-assetdb-current-caches", "", "arm64", 1024, 2023, 2)]),  # a container image
        (
            "test_aws_lambda_edge_filter",
            [
                ("test-pratyush", "python3.9", "x86_64", 128, 2023, 3),
                ("c7n-lambda-edge-new", "nodejs14.x", "x86_64", 128, 2023, 1),
                ("test-python", "python3.8", "x86_64", 128, 2022, 2),
                ("test-lambda-edge", "nodejs14.x", "x86_64", 128, 2023, 1),
            ],
        ),
    ],
)
def test_recorded_replies(pretended: Pretended, case: str, expected: list[tuple[Any, ...]]) -> None:
    listed = reply(case, "lambda.ListFunctions_1")
    pretended.reply("list_functions", listed)
    pretended.tagged(*reply(case, "tagging.GetResources_1")["ResourceTagMappingList"])
    for item in listed["Functions"]:
        pretended.concurrency(item["FunctionName"])
    found = list(lambda_functions(pretended.here))
    facts = [(each.id, each.runtime, each.architecture, each.memory_mb, each.last_modified.year, len(each.tags)) for each in found]
    assert facts == expected
    assert all(each.last_modified.utcoffset() is not None for each in found)


@pytest.mark.parametrize(
    ("milliseconds", "memory_mb", "gb_seconds"), [(0, 1024, 0), (1_000, 1024, 1), (2_000, 128, 0.25), (500, 10_240, 5)]
)
def test_running_time_in_gb_seconds(milliseconds: float, memory_mb: int, gb_seconds: float) -> None:
    assert function(memory_mb=memory_mb).gb_seconds(milliseconds) == gb_seconds
