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
    return _with_tags(aws, "elbv2", ("ResourceArns", "ResourceArn"), items, key)


def classic_tagged(aws: Aws, items: Iterable[Mapping[str, Any]]) -> Iterator[Tagged]:
    """Classic Load Balancers with their tags."""
    return _with_tags(aws, "elb", ("LoadBalancerNames", "LoadBalancerName"), items, "LoadBalancerName")


def _with_tags(aws: Aws, service: str, asks_answers: tuple[str, str], items: Iterable[Mapping[str, Any]], key: str) -> Iterator[Tagged]:
    """`asks_answers`: what the request calls the names, and what the answer calls the name. An item without a name has no tags."""
    asks, answers = asks_answers
    for batch in _batches(items):
        found: dict[str, dict[str, str]] = {}
        named = [(_name(item, key), item) for item in batch]
        names = [name for name, _ in named if name]
        with unless_gone():
            described = aws.call(service, "DescribeTags", **{asks: names})["TagDescriptions"] if names else ()
            found = dict(aws.readable(described, lambda one: (one[answers], tags.from_list(one.get("Tags"))), []))
        for name, item in named:
            yield item, found.get(name, {})


def _name(item: Mapping[str, Any], key: str) -> str:
    """Empty where it has none: whoever reads the item will see."""
    name = item.get(key) if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else ""


def _batches(items: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(items)
    while batch := list(islice(rest, TAGS_A_CALL)):
        yield batch
