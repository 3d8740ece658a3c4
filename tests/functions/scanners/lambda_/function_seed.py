"""Functions for the tests of all scanners."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3

from tests.functions.paged import ACCOUNT, REGION, nothing, pages
from tests.functions.seeds import Listing

LISTED = (Listing("lambda", "list_functions", "Functions"),)


def seed(session: boto3.Session) -> None:
    """A function with a tag."""
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    role = session.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...")
    session.client("lambda").create_function(
        FunctionName="function", Runtime="python3.13", Role=role, Handler="main.handler", Code={"ZipFile": code.getvalue()}, Tags={"a": "b"}
    )


def unanswered(url: str, body: str) -> str | None:
    """moto knows no provisioned concurrency."""
    if url.partition("?")[0].endswith("/provisioned-concurrency"):
        return json.dumps({"ProvisionedConcurrencyConfigs": []})
    return None


def function(number: int) -> dict[str, Any]:
    """As ListFunctions says."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f{number}"
    return {"FunctionName": f"f{number}", "FunctionArn": arn, "MemorySize": 128, "LastModified": "2026-01-01T00:00:00+0000"}


PAGES = {
    "lambda:ListFunctions": pages("Functions", function),
    "lambda:GetFunctionConcurrency": nothing(),
    "lambda:ListProvisionedConcurrencyConfigs": nothing(ProvisionedConcurrencyConfigs=[]),
    "resourcegroupstaggingapi:GetResources": nothing(ResourceTagMappingList=[]),
}
