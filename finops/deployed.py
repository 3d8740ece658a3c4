"""Where the analyzer of the current credentials is: its state machine and bucket, from the outputs of its CloudFormation stack."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweep import Target

STACK = "FinOpsAnalyzer"
OUTPUTS = ("StateMachineArn", "BucketName")


def find(stack: str = STACK) -> Target:
    """The deployed analyzer in the region of the current credentials. Ending (bad input) when there is none, or no usable credentials."""
    with aws_mistakes(f"looking for the stack {stack}"):
        session = boto3.Session()
        outputs = _outputs(session.client("cloudformation"), stack, session.region_name)
        missing = [name for name in OUTPUTS if name not in outputs]
        if missing:
            raise Ending(
                ExitCode.BAD_INPUT,
                f"the stack {stack} has no output {missing[0]}: it is not the analyzer's, name the right one with --stack",
            )
        return Target(
            machine_arn=outputs["StateMachineArn"],
            bucket=outputs["BucketName"],
            stepfunctions=session.client("stepfunctions"),
            s3=session.client("s3"),
        )


def _outputs(cloudformation: Any, stack: str, region: str | None) -> dict[str, str]:
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
