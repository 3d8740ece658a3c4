"""Where the analyzer of the current credentials is, from the outputs of its CloudFormation stack: machine and bucket, circuit breaker."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping.sweep import Target
from functions.core.errors import FinOpsError
from functions.core.settings import Settings, parse

STACK = "FinOpsAnalyzer"


@dataclass(slots=True, frozen=True)
class Circuit:
    """The circuit breaker of a deployed analyzer: the table it is in, and the numbers that the analyze function goes by."""

    table: str
    dynamodb: Any
    model_id: str
    threshold: int
    recovery_seconds: float


@dataclass(slots=True, frozen=True)
class Pricing:
    """The function that refreshes the prices, and the bucket that it keeps them in."""

    function: str
    functions: Any
    bucket: str
    s3: Any


@dataclass(slots=True, frozen=True)
class KeptAnswers:
    """Where the answers of Cost Explorer are kept: the state table, and the bucket for the big ones."""

    table: str
    dynamodb: Any
    bucket: str
    s3: Any


PRICES_SECONDS = 910
"""As long as a function may run, and a moment more. No answer is no reason to start it again: no retries."""


def own_session() -> boto3.Session:
    """The current credentials, in AWS_REGION where that is set: boto3 itself looks only at AWS_DEFAULT_REGION and the profile."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def find_prices(stack: str = STACK) -> Pricing:
    """What refreshes the prices of the deployed analyzer. Ending (bad input) when there is none, or no usable credentials."""
    with aws_mistakes(f"looking for the stack {stack}"):
        session = own_session()
        bucket = outputs_of(session, stack, "BucketName")["BucketName"]
        patient = Config(read_timeout=PRICES_SECONDS, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 1})
        return Pricing(f"{stack}-prices", session.client("lambda", config=patient), bucket, session.client("s3"))


def find_costs(stack: str = STACK) -> KeptAnswers:
    """The kept answers of the deployed analyzer. Ending (bad input) when there is none, or no usable credentials."""
    with aws_mistakes(f"looking for the stack {stack}"):
        session = own_session()
        outputs = outputs_of(session, stack, "TableName", "BucketName")
        return KeptAnswers(outputs["TableName"], session.client("dynamodb"), outputs["BucketName"], session.client("s3"))


def find(stack: str = STACK) -> Target:
    """The deployed analyzer in the region of the current credentials. Ending (bad input) when there is none, or no usable credentials."""
    with aws_mistakes(f"looking for the stack {stack}"):
        session = own_session()
        outputs = outputs_of(session, stack, "StateMachineArn", "BucketName")
        return Target(
            machine_arn=outputs["StateMachineArn"],
            bucket=outputs["BucketName"],
            stepfunctions=session.client("stepfunctions"),
            s3=session.client("s3"),
        )


def find_circuit(stack: str = STACK) -> Circuit:
    """The circuit breaker of the deployed analyzer. Ending (bad input) when there is none, or no usable credentials."""
    with aws_mistakes(f"looking for the stack {stack}"):
        session = own_session()
        table = outputs_of(session, stack, "TableName")["TableName"]
        config = settings_of(session.client("lambda"), f"{stack}-analyze", "it has no circuit breaker")
        return Circuit(
            table=table,
            dynamodb=session.client("dynamodb"),
            model_id=config.bedrock_model_id,
            threshold=config.circuit_breaker_threshold,
            recovery_seconds=config.circuit_breaker_timeout_seconds,
        )


def settings_of(functions: Any, name: str, without: str) -> Settings:
    """The settings of a deployed function, read as it reads them itself. Ending (bad input) where there is none: then `without` is so."""
    try:
        found = functions.get_function_configuration(FunctionName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        absent = f"the stack has no function {name}, so {without}: deploy this version with `make deploy`"
        raise Ending(ExitCode.BAD_INPUT, absent) from None
    try:
        return parse({"AWS_REGION": functions.meta.region_name, **found.get("Environment", {}).get("Variables", {})})
    except FinOpsError as wrong:
        raise Ending(ExitCode.BAD_INPUT, f"the function {name} cannot run with its settings: {wrong}") from None


def outputs_of(session: boto3.Session, stack: str, *wanted: str) -> dict[str, str]:
    """The outputs of a stack; Ending (bad input) when it lacks a wanted one."""
    outputs = _described(session.client("cloudformation"), stack, session.region_name)
    if missing := [name for name in wanted if name not in outputs]:
        raise Ending(
            ExitCode.BAD_INPUT,
            f"the stack {stack} has no output {missing[0]}: it is not the analyzer's, name the right one with --stack",
        )
    return outputs


def _described(cloudformation: Any, stack: str, region: str | None) -> dict[str, str]:
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise Ending(
            ExitCode.BAD_INPUT,
            f"there is no stack {stack} in {region}: deploy it with `make deploy`, set AWS_REGION to where it is, "
            "name another one with --stack, or try `finops sweep --embedded`",
        ) from None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
