"""Partitions: AWS's clouds that share nothing, each with regions, a currency and a console of its own.

Which regions a partition has, botocore knows: its partitions.json is read in 0.4 ms of CPU, where the session's own way, through all
endpoints of all services, takes 40. It does not know the consoles: those are in a table here.
"""

from __future__ import annotations

import re
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


@lru_cache(maxsize=1)
def regions() -> tuple[str, ...]:
    """The names of all regions of all partitions that botocore knows, sorted."""
    return tuple(sorted(name for one in _partitions() for name in one["regions"] if not name.endswith("-global")))


def global_region(region: str) -> str:
    """The region that answers for the whole partition of `region`: us-east-1, cn-northwest-1, us-gov-west-1, ….

    Its account cannot switch it off: it is enabled by default. That of "aws" where botocore knows no partition.
    """
    here = partition(region)
    return next(str(one["outputs"]["implicitGlobalRegion"]) for one in _partitions() if one["id"] == here)


def console(region: str) -> str:
    """The address of the console, without a path: "https://eu-west-1.console.aws.amazon.com"; "" where it is not known."""
    host = CONSOLES.get(_known(region), "")
    return f"https://{host.format(region=region)}" if host else ""
