"""What the tests of all scanners need of a resource type: a file beside the type's own test, functions/scanners/<service>/<type>_seed.py.

It is found by its name, and has

    seed(session)            makes one or more in an empty account of moto, with all that makes the collector call what it declares
    LISTED                   how AWS's own listings show them: each counts the things that its JMESPath finds on the pages
    PAGES                    what the listings answer, in pages as `paged.pages` makes them: for going on from a page, and for odd items
    somewhere(at)            what AWS replies, by operation, of one that is there (tests/functions/places.py), where the type has a place
    PRICED_BY                service and key of the book that its checks need, where it has one
    NEVER_MADE               optional, IAM action → why moto cannot bring the collector to call it
    unanswered(url, body)    optional, the body of the answer to a request that moto has no answer to; None for any other request
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]

from functions.core import registry
from tests.functions.paged import Given
from tests.functions.places import Where


@dataclass(slots=True, frozen=True)
class Listing:
    """A listing of AWS: `things` is the JMESPath of the resources on a page."""

    service: str
    operation: str
    things: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def count(self, client: Any) -> int:
        """How many there are, as a client of the service says."""
        if client.can_paginate(self.operation):
            pages = iter(client.get_paginator(self.operation).paginate(**self.parameters))
        else:
            pages = iter([getattr(client, self.operation)(**self.parameters)])
        return sum(len(jmespath.search(self.things, page) or ()) for page in pages)


@dataclass(slots=True, frozen=True)
class Seed:
    """What a type's seed file says."""

    seed: Callable[[boto3.Session], object]
    listed: tuple[Listing, ...]
    pages: Mapping[str, Given]
    never_made: Mapping[str, str]
    somewhere: Callable[[Where], dict[str, Any]] | None
    priced_by: tuple[str, str]
    unanswered: Callable[[str, str], str | None]


def module_for(resource_type: str) -> str:
    """The seed's module: tests.functions.scanners.elb.target_group_seed for "elb:target-group"."""
    return f"tests.{registry.module_for(resource_type)}_seed"


def exists(resource_type: str) -> bool:
    """Whether a type has a seed."""
    try:
        return importlib.util.find_spec(module_for(resource_type)) is not None
    except ModuleNotFoundError:  # nor has its service a folder
        return False


def of(resource_type: str) -> Seed:
    """The seed of a type. AssertionError with the name of the file, where there is none or something is not in it."""
    name = module_for(resource_type)
    file = name.replace(".", "/") + ".py"
    assert exists(resource_type), f"{resource_type} needs {file}: tests/functions/seeds.py says what is in it"
    module = importlib.import_module(name)
    missing = [word for word in ("seed", "LISTED") if not hasattr(module, word)]
    assert not missing, f"{file} needs {' and '.join(missing)}: see tests/functions/seeds.py"
    return Seed(
        module.seed,
        tuple(module.LISTED),
        getattr(module, "PAGES", {}),
        getattr(module, "NEVER_MADE", {}),
        getattr(module, "somewhere", None),
        getattr(module, "PRICED_BY", ("", "")),
        getattr(module, "unanswered", lambda url, body: None),
    )


def every() -> Iterator[Seed]:
    """The seeds that there are: a type without one fails in its own tests, not in those of all others."""
    return (of(resource_type) for resource_type in registry.resource_types() if exists(resource_type))
