"""The tags of load balancers and target groups: the listings do not carry them, and DescribeTags takes 20 at a time.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html (both generations of the API)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from functions.core import tags
from functions.core.aws.clients import Aws, unless_gone

TAGS_A_CALL = 20

Tagged = tuple[Mapping[str, Any], Mapping[str, str]]
"""An item of a listing, and its tags."""


def tagged(aws: Aws, items: Iterable[Mapping[str, Any]], key: str) -> Iterator[Tagged]:
    """Load balancers or target groups with their tags; `key` is the field with the ARN."""
    for batch in _batches(items):
        found: dict[str, dict[str, str]] = {}
        with unless_gone():
            answer = aws.call("elbv2", "DescribeTags", ResourceArns=[item[key] for item in batch])
            found = {described["ResourceArn"]: tags.from_list(described.get("Tags")) for described in answer["TagDescriptions"]}
        for item in batch:
            yield item, found.get(item[key], {})


def classic_tagged(aws: Aws, items: Iterable[Mapping[str, Any]]) -> Iterator[Tagged]:
    """Classic Load Balancers with their tags."""
    for batch in _batches(items):
        found: dict[str, dict[str, str]] = {}
        with unless_gone():
            answer = aws.call("elb", "DescribeTags", LoadBalancerNames=[item["LoadBalancerName"] for item in batch])
            found = {described["LoadBalancerName"]: tags.from_list(described.get("Tags")) for described in answer["TagDescriptions"]}
        for item in batch:
            yield item, found.get(item["LoadBalancerName"], {})


def _batches(items: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(items)
    while batch := list(islice(rest, TAGS_A_CALL)):
        yield batch
