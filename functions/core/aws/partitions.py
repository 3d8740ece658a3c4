"""Partitions: AWS's clouds that share nothing, each with regions, a currency and a console of its own.

Which regions a partition has, and which of them answers for services without regions, botocore knows: its partitions.json is read in
0.4 ms of CPU, where the session's own way, through all endpoints of all services, takes 40. It does not know the consoles, nor what a
partition does without: those are in tables here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

CONSOLES = {
    "aws": "{region}.console.aws.amazon.com",  # https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
    # https://github.com/aws/aws-elastic-beanstalk-cli (its link to the logs in China)
    "aws-cn": "console.amazonaws.cn",
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-optimized_AMI.html (its links for GovCloud)
    "aws-us-gov": "console.amazonaws-us-gov.com",
    # https://github.com/aws/aws-cli (`aws console`, after the endpoints page of https://docs.aws.eu)
    "aws-eusc": "{region}.console.amazonaws-eusc.eu",
}
"""The console's host by partition. That of a partition which is not here is not known."""


class Feature(StrEnum):
    """What not every partition has; where it is one service, its name in botocore."""

    BEDROCK = "bedrock"
    BILL = "ce"
    MAIL = "sesv2"
    PRICES = "pricing"
    TRACES = "traces of functions"
    ORGANIZED_STACK_SETS = "stack sets for organizational units"


LACKS: Mapping[str, Mapping[Feature, str]] = {
    "aws": {},
    "aws-cn": {
        Feature.BEDROCK: "Amazon Bedrock is not offered in China",
        Feature.MAIL: "Amazon SES is not offered in China",
        Feature.PRICES: "the Price List of China is in CNY, and the price book in US dollars",
        # https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html
        Feature.TRACES: "X-Ray does not trace functions in China",
        # https://docs.amazonaws.cn/en_us/AWSCloudFormation/latest/UserGuide/stacksets-prereqs.html
        Feature.ORGANIZED_STACK_SETS: "StackSets has no trusted access to organizations in China",
    },
    "aws-us-gov": {
        # https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/usage-and-payment.html
        Feature.BILL: "Cost Explorer does not exist in GovCloud: an account's bill is in the standard account that it belongs to",
        Feature.PRICES: "the Price List has no endpoint in GovCloud",
    },
    "aws-eusc": {
        Feature.PRICES: "the Price List of the European Sovereign Cloud is in EUR, and the price book in US dollars",
    },
}
"""What a partition does without, and why. Those that are not here nobody has looked at. Which services have endpoints, botocore says, and a
test holds this table against it."""


@lru_cache(maxsize=1)
def _partitions() -> list[dict[str, Any]]:
    from botocore.loaders import create_loader

    found: list[dict[str, Any]] = create_loader().load_data("partitions")["partitions"]
    return found


@lru_cache(maxsize=128)
def _known(region: str) -> str:
    """The partition of a region, of one that is newer than botocore by the form of its name; "" where that fits none."""
    return next((one["id"] for one in _partitions() if region in one["regions"] or re.match(one["regionRegex"], region)), "")


def partition(region: str) -> str:
    """The partition of a region: "aws", "aws-cn", …

    Where botocore knows none it asks the endpoints of "aws", so that whatever answers is of that one.
    """
    return _known(region) or "aws"


def exists(region: str) -> bool:
    """Whether some partition has such a region, as far as botocore knows or its name tells."""
    return bool(_known(region))


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """The regions that botocore knows, of all partitions. Each partition's "…-global" is none: it stands for services without regions."""
    return frozenset(name for one in _partitions() for name in one["regions"] if not name.endswith("-global"))


def console(region: str) -> str:
    """The address of the console, without a path: "https://eu-west-1.console.aws.amazon.com"; "" where it is not known."""
    host = CONSOLES.get(_known(region), "")
    return f"https://{host.format(region=region)}" if host else ""


def home(region: str) -> str:
    """The region of its partition where the services without regions answer: Cost Explorer, Organizations, the Price List.

    "us-east-1" for those of "aws", "cn-northwest-1" for China's, …
    """
    of = partition(region)
    answers: str = next(one["outputs"]["implicitGlobalRegion"] for one in _partitions() if one["id"] == of)
    return answers


def lacks(region: str, feature: Feature) -> str:
    """Why the region's partition does without a feature; "" where it has it, or nobody has looked."""
    return LACKS.get(partition(region), {}).get(feature, "")
